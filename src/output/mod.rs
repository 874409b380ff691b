//! What a run prints and writes: manifests, diffs, patches, names, the report, files.

mod ci;
mod diff;
mod external_diff;
mod form;
mod json_list;
mod json_patch;
mod kustomize;
mod printable;
mod report;
mod spool;
mod staged;
mod write;

pub use diff::{Change, UnifiedDiff, changes, unified};
pub use external_diff::{ExternalDiff, external_diff};
pub use form::{Changed, Form};
pub use printable::printable;
pub use report::{About, By, Delivered, Entry, Level, Outcome, Problem, Report, SkippedPath};
pub use spool::Spool;
pub use write::{PendingFile, WriteError, commit};
