//! Compares results with recorded answers of real systems.
//!
//! Tests on the sample in `testdata/oracle` run in a plain `cargo test`. All recorded answers are in
//! `../shared/oracle` or `$NATIVESIDECAR_ORACLE`. Tests on them are ignored in a plain `cargo test`, which must pass
//! without that folder. `.ci/run` runs them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a case that cannot be read is a failure"
)]

use std::path::{Path, PathBuf};

mod corpus;
#[path = "../folder/mod.rs"]
mod files;
mod istio;
mod live;
mod makers;
mod mesh_file;
#[path = "../../crates/lossless-yaml/tests/model/mod.rs"]
mod model;
mod owners;
#[path = "../pods/mod.rs"]
mod pods;
mod precheck;
mod printing;

/// The folder of a subject's sample in this repository.
fn sample(subject: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/oracle").join(subject)
}

/// The folder of a subject with all cases.
fn folder(subject: &str) -> PathBuf {
    oracle_suite::folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/oracle"), subject)
}
