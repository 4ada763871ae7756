//! A session that others follow and steer: what it tells them, and what they
//! may do to it.

use super::live::{Live, Progress, Update, Watcher};
use super::session::Session;
use crate::clock::SessionTime;
use crate::event::{Event, Input, Steer};
use crate::protocol::ServerMessage;
use crate::record::RecordError;
use std::sync::Arc;

impl Session {
    /// Lets others follow from now on. Those who follow already are put on
    /// the log, and the candidate is told of them.
    pub(super) fn attach(&mut self, live: Arc<Live>) -> Result<Vec<ServerMessage>, RecordError> {
        let watchers = live.standing().watchers;
        self.live = Some(live);
        let at = self.writer.last_at();
        self.progress(at);
        for watcher in &watchers {
            self.note(watcher, true)?;
        }
        Ok(if watchers.is_empty() {
            Vec::new()
        } else {
            vec![self.listening()]
        })
    }

    /// Somebody came or went: it stands on the log, and the candidate is told.
    pub(super) fn watcher(
        &mut self,
        watcher: &Watcher,
        present: bool,
    ) -> Result<Vec<ServerMessage>, RecordError> {
        self.note(watcher, present)?;
        Ok(vec![self.listening()])
    }

    fn note(&mut self, watcher: &Watcher, present: bool) -> Result<(), RecordError> {
        self.append(Event::Watcher {
            by: watcher.by.clone(),
            role: watcher.role.clone(),
            present,
        })?;
        Ok(())
    }

    fn listening(&self) -> ServerMessage {
        let roles = self
            .live
            .as_ref()
            .map_or_else(Vec::new, |live| live.roles());
        ServerMessage::Listening { roles }
    }

    /// Steers the interview. What has no place is refused in one sentence
    /// and not put on the log.
    pub(super) fn steer(
        &mut self,
        by: &str,
        act: Steer,
    ) -> Result<Result<Vec<ServerMessage>, String>, RecordError> {
        if let Err(refused) = self.interview.may_steer(by, &act) {
            return Ok(Err(refused.to_string()));
        }
        let by = by.to_owned();
        Ok(Ok(self.input(Input::Steer { by, act })?))
    }

    /// Shows something that is not logged; consent comes first.
    pub(super) fn show(&self, update: impl FnOnce(SessionTime, u64) -> Update) {
        if let Some(live) = self.live.as_ref().filter(|_| self.recording) {
            let now = self.from + self.clock.now().since(self.began);
            live.show(update(now, self.acknowledged));
        }
    }

    /// Shows where the interview stands.
    pub(super) fn progress(&self, at: SessionTime) {
        if let Some(live) = &self.live {
            live.progress(Progress::of(&self.interview, at));
        }
    }
}
