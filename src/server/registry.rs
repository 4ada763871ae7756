//! Where live sessions are registered, and where records rest: two of three
//! seams (the third: [`super::FanOut`]). The defaults: a map in this process,
//! a folder on this machine.

use super::live::Live;
use crate::record::{RecordError, SessionSummary, check_id, list};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Which sessions are live.
pub trait Registry: Send + Sync {
    /// Adds a session; one of the same id is replaced.
    fn add(&self, live: Arc<Live>);
    /// The session of an id.
    fn find(&self, session: &str) -> Option<Arc<Live>>;
    /// Takes a session away; whoever follows it is told that it is over.
    fn remove(&self, session: &str);
    /// All of them, oldest first.
    fn all(&self) -> Vec<Arc<Live>>;
}

/// The default: a map in this process.
#[derive(Default)]
pub struct Map(Mutex<BTreeMap<String, Arc<Live>>>);

impl Registry for Map {
    fn add(&self, live: Arc<Live>) {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.insert(live.session().to_owned(), live);
    }

    fn find(&self, session: &str) -> Option<Arc<Live>> {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.get(session).cloned()
    }

    fn remove(&self, session: &str) {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.remove(session);
    }

    fn all(&self) -> Vec<Arc<Live>> {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.values().cloned().collect()
    }
}

/// Where records rest.
pub trait Shelf: Send + Sync {
    /// Which records there are, oldest first.
    ///
    /// # Errors
    /// Where that cannot be found out.
    fn list(&self) -> Result<Vec<SessionSummary>, RecordError>;

    /// A folder of this machine with the record in it. A shelf that is
    /// elsewhere brings it here first.
    ///
    /// # Errors
    /// [`RecordError::BadId`], [`RecordError::NotFound`].
    fn folder(&self, session: &str) -> Result<PathBuf, RecordError>;
}

/// The default: a folder on this machine.
#[derive(Clone, Debug)]
pub struct LocalFolder(pub PathBuf);

impl Shelf for LocalFolder {
    fn list(&self) -> Result<Vec<SessionSummary>, RecordError> {
        list(&self.0)
    }

    fn folder(&self, session: &str) -> Result<PathBuf, RecordError> {
        check_id(session)?;
        let dir = self.0.join(session);
        if dir.is_dir() {
            Ok(dir)
        } else {
            Err(RecordError::NotFound { path: dir })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_is_a_path_names_no_record() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("keys")).unwrap();
        let shelf = LocalFolder(home.path().join("sessions"));
        for id in [
            "../keys",
            "..",
            "",
            "/etc",
            "01J8Z3Y6Q7V8W9X0ABCDEFGHJK/..",
            "01j8z3y6q7v8w9x0abcdefghjk",
        ] {
            let refused = shelf.folder(id).unwrap_err();
            assert!(
                matches!(refused, RecordError::BadId { .. }),
                "{id}: {refused}"
            );
        }
        let refused = shelf.folder("01J8Z3Y6Q7V8W9X0ABCDEFGHJK").unwrap_err();
        assert!(matches!(refused, RecordError::NotFound { .. }));
    }
}
