//! Candidates that speak.
