//! What a killed process left unsent.

use super::super::link::{Address, Link, LinkError, Received};
use super::super::spool::{Spool, Unsent, end_of, last_sample, number_of};
use super::{SILENT, WireSettings, within};
use crate::event::ClientFacts;
use crate::protocol::{ClientMessage, Has, Resume, ServerMessage, VERSION};

/// Sends what a killed process left of a session, before another one goes on
/// with it. Whatever happens, the spool stays until the engine has it.
///
/// # Errors
///
/// Where the engine cannot be reached or refuses the session.
pub async fn deliver_left(
    address: &Address,
    settings: &WireSettings,
    client: ClientFacts,
    session: &str,
) -> Result<usize, LinkError> {
    let dir = settings.spool.join(session);
    let left =
        Spool::left(&dir).map_err(|e| LinkError::Spool(format!("{}: {e}", dir.display())))?;
    if left.is_empty() {
        return Ok(0);
    }
    let mut link = Link::open(address).await?;
    let samples = last_sample(&left);
    let hello = ClientMessage::Hello {
        protocol: VERSION,
        client,
        setup: Box::default(),
        resume: Some(Resume {
            session: session.to_owned(),
            has: Some(Has {
                outputs: u64::MAX,
                samples,
            }),
        }),
    };
    let ServerMessage::Welcome {
        resumed: Some(resumed),
        ..
    } = link.hello(&hello).await?
    else {
        let text = "its welcome does not say how the session stands";
        return Err(LinkError::Broken(text.into()));
    };
    let mut sent = 0;
    let mut last = 0;
    for piece in &left {
        match piece {
            Unsent::Text(text) => {
                let number = number_of(text).unwrap_or(0);
                if number > resumed.heard {
                    last = number;
                    within(link.pass_text(text)).await?;
                    sent += 1;
                }
            }
            Unsent::Audio(bytes) => {
                if end_of(bytes).is_some_and(|end| end > resumed.kept) {
                    within(link.pass_audio(bytes)).await?;
                    sent += 1;
                }
            }
        }
    }
    // The answers come after everything before them was taken. A message's is
    // the engine's own; a sign of life, where there was only sound, may be
    // that of something in between.
    within(link.ask()).await?;
    let answered = async {
        loop {
            match link.receive_any().await? {
                Received::Message(ServerMessage::Ack { seq }) if seq >= last => break,
                Received::Sign if last == 0 => break,
                Received::Message(ServerMessage::Error {
                    code,
                    message,
                    fatal: true,
                }) => return Err(LinkError::Refused { code, message }),
                _ => {}
            }
        }
        Ok::<_, LinkError>(())
    };
    tokio::time::timeout(SILENT, answered)
        .await
        .map_err(|_| LinkError::Broken("no answer to what was sent again".into()))??;
    link.close().await;
    Spool::new(dir).remove();
    Ok(sent)
}
