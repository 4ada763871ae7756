//! The embedding model of the suites that can use one.

use std::path::{Path, PathBuf};
use viva::meaning::Installed;

/// The model's folder; `None`, and a line that says so, where it is not here.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/models/minilm");
    if Installed::at(&folder).is_ok() {
        return Some(folder);
    }
    eprintln!("skipped: no embedding model in {}", folder.display());
    None
}
