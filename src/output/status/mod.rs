//! The answers of `status`: a table for people, JSON for programs, and a script that restarts workloads.

mod commands;
mod json;
mod text;

pub use commands::RestartScript;
pub use json::status_value;
pub use text::{status_names, status_notes, status_table};
