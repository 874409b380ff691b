//! The `kubectl-nativesidecar` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    nativesidecar::cli::main(std::env::args_os())
}
