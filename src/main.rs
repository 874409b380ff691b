//! The `kubectl-nativesidecar` binary.

fn main() {}
