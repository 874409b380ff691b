//! What the fuzz targets share: how an input is read, a model of edits, and a run of one task over a manifest.

#[path = "../../crates/lossless-yaml/tests/model/mod.rs"]
pub mod model;

pub mod input;
pub mod manifest;
