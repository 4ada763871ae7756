//! The engine's side of a call.
