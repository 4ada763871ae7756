//! The `viva` program.

fn main() {}
