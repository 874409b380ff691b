//! What the real tools answered, case by case (`../shared/oracle`, or `$NATIVESIDECAR_ORACLE`).
//!
//! Each test is ignored in a plain `cargo test`, which must pass without that folder; `.ci/run` runs them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a case that cannot be read is a failure"
)]

use std::path::{Path, PathBuf};

mod corpus;
mod istio;
mod live;
mod makers;
mod mesh_file;
#[path = "../../crates/lossless-yaml/tests/model/mod.rs"]
mod model;
#[path = "../pods.rs"]
mod pods;

/// The folder of one subject.
fn folder(subject: &str) -> PathBuf {
    oracle_suite::folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/oracle"), subject)
}
