//! The candidate's side of a call.
