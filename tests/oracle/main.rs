//! Recorded answers of real systems, case by case.
//!
//! A sample of them is in `testdata/oracle`: tests over it run in a plain `cargo test`. All of them are in
//! `../shared/oracle`, or `$NATIVESIDECAR_ORACLE`: tests over these are ignored in a plain `cargo test`, which must pass
//! without that folder; `.ci/run` runs them.

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

/// The sample of one subject in this repository.
fn sample(subject: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/oracle").join(subject)
}

/// The folder of one subject.
fn folder(subject: &str) -> PathBuf {
    oracle_suite::folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/oracle"), subject)
}
