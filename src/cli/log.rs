//! The program's own log: lines on standard error, as text or as JSON.
//! Sessions are named by their ids; nobody is named, and nothing that
//! somebody said or came in by stands in it.

use super::terminal;
use crate::config::LogFormat;
use tracing_subscriber::EnvFilter;

/// Libraries that log what goes over a wire, whole, if they are let.
const TALKATIVE: [&str; 4] = ["tungstenite", "tokio_tungstenite", "hyper", "ureq"];

/// Begins the log. `VIVA_LOG` says how much is told (`info`,
/// `viva::call=debug`, ...), warnings only by default; an engine that serves
/// also tells what happens.
pub(super) fn start(serves: bool, format: LogFormat) {
    let mut filter = EnvFilter::try_from_env("VIVA_LOG").unwrap_or_else(|_| {
        let quiet = "warn,whisper_rs=off,lopdf=off,pdf_extract=off";
        let served = if serves { ",viva::server=info" } else { "" };
        EnvFilter::new(format!("{quiet}{served}"))
    });
    for library in TALKATIVE {
        // Said last, so that no setting lets them tell more.
        if let Ok(directive) = format!("{library}=warn").parse() {
            filter = filter.add_directive(directive);
        }
    }
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| terminal::LogWriter);
    // A second start in one process (tests) keeps the first.
    let _ = match format {
        LogFormat::Text => log.with_ansi(terminal::log_has_colours()).try_init(),
        LogFormat::Json => log
            .with_ansi(false)
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .try_init(),
    };
}
