//! Recorded cases: edits as a careful person writes them, and texts as Kubernetes' own reader reads them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a case that cannot be read is a failure"
)]

mod edits;
mod yaml;

use std::path::{Path, PathBuf};

fn folder(subject: &str) -> PathBuf {
    oracle_suite::folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/oracle"), subject)
}
