//! What a run prints and writes: manifests, diffs, names, the report, files.

mod diff;
mod external_diff;
mod report;
mod spool;
mod write;

pub use diff::{Change, UnifiedDiff, changes, unified};
pub use external_diff::{ExternalDiff, external_diff};
pub use report::{About, Entry, Level, Outcome, Problem, Report};
pub use spool::Spool;
pub use write::{PendingFile, WriteError, commit};
