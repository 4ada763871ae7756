//! The `viva` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    viva::cli::main()
}
