//! Small JSON files that change: replaced whole, one writer at a time, their
//! owner's alone.

use super::{Accounts, AccountsError};
use crate::record::{RecordError, lock_file, private_dirs, read_json, replace_private};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::File;

const LOCK: &str = "accounts.lock";

impl Accounts {
    /// Reads a file of the data folder; its empty value where it is not there.
    pub(super) fn read<T: DeserializeOwned + Default>(
        &self,
        name: &str,
    ) -> Result<T, AccountsError> {
        Ok(read_json(&self.data_dir.join(name))?.unwrap_or_default())
    }

    /// Changes a file of the data folder, while nobody else does.
    pub(super) fn change<T, R>(
        &self,
        name: &str,
        change: impl FnOnce(&mut T) -> Result<R, AccountsError>,
    ) -> Result<R, AccountsError>
    where
        T: DeserializeOwned + Serialize + Default,
    {
        let _locked = self.lock()?;
        let mut value: T = self.read(name)?;
        let result = change(&mut value)?;
        self.put(name, &value)?;
        Ok(result)
    }

    /// Writes a file of the data folder whole. Whoever changes what others
    /// may change too holds the lock.
    pub(super) fn put<T: Serialize>(&self, name: &str, value: &T) -> Result<(), AccountsError> {
        let path = self.data_dir.join(name);
        let dir = path.parent().unwrap_or(&self.data_dir);
        private_dirs(true)
            .create(dir)
            .map_err(|e| RecordError::io("create", dir, e))?;
        let mut bytes = serde_json::to_vec_pretty(value).map_err(|e| RecordError::Unstorable {
            what: e.to_string(),
        })?;
        bytes.push(b'\n');
        let file = name.rsplit('/').next().unwrap_or(name);
        Ok(replace_private(dir, file, &bytes)?)
    }

    /// Keeps every other writer away until the file is dropped.
    pub(super) fn lock(&self) -> Result<File, AccountsError> {
        private_dirs(true)
            .create(&self.data_dir)
            .map_err(|e| RecordError::io("create", &self.data_dir, e))?;
        Ok(lock_file(&self.data_dir.join(LOCK))?)
    }
}
