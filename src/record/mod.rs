//! The session folder.
