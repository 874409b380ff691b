//! The `kubectl-nativesidecar` binary.

use std::process::ExitCode;

/// Parsing manifests makes many small allocations on many threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    nativesidecar::cli::main(std::env::args_os())
}
