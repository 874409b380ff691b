//! Shared by the fuzz targets: reading an input, a model of edits, and running a task on a manifest.

#[path = "../../crates/lossless-yaml/tests/model/mod.rs"]
pub mod model;

pub mod input;
pub mod manifest;
