//! Documents folded from a record.
