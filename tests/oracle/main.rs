//! Cases with known answers, obtained from the real programs: each suite prints how many of them it gets right.
//!
//! They are not part of the package, so a plain `cargo test` leaves them out; `--include-ignored` runs them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a case that cannot be read is a failure, too")]

mod strategicpatch;

use std::path::PathBuf;

/// The folder with the cases of one subject.
fn folder(subject: &str) -> PathBuf {
    let oracle = std::env::var_os("NATIVESIDECAR_ORACLE")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/oracle"), PathBuf::from);
    let folder = oracle.join(subject);
    assert!(folder.is_dir(), "no folder {}: set NATIVESIDECAR_ORACLE to the folder of the cases", folder.display());
    folder
}
