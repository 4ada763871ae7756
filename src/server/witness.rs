//! Time stamps on what an engine seals, where an authority is configured.

use super::Engine;
use crate::clock::unix_millis;
use crate::record::{Authority, Roots, sessions_dir, stamp};

/// Who is asked to witness when a record was sealed.
#[derive(Clone, Debug)]
pub struct Witness {
    /// The authority.
    pub authority: Authority,
    /// What it must chain to, where that is known.
    pub roots: Option<Roots>,
}

impl Witness {
    /// Gets a stamp in the background. A failure is logged, and can be made
    /// good by hand later: the seal does not depend on it.
    pub(super) fn stamp_later(&self, engine: &Engine, session: &str) {
        // Statements about a record stand in the data folder only.
        if engine.sessions_dir() != sessions_dir(&engine.data_dir) {
            return;
        }
        let (witness, session) = (self.clone(), session.to_owned());
        let data_dir = engine.data_dir.clone();
        tokio::task::spawn_blocking(move || {
            let Self { authority, roots } = witness;
            let (by, now) = (crate::PROGRAM, unix_millis());
            match stamp(&data_dir, &session, &authority, roots.as_ref(), by, now) {
                Ok(stamp) => {
                    tracing::info!(session, signer = stamp.signer, "record time-stamped");
                }
                Err(error) => tracing::warn!(
                    session,
                    %error,
                    "no time stamp was had; again with: viva sessions timestamp"
                ),
            }
        });
    }
}
