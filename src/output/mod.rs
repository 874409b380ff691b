//! What a run prints and writes: manifests, diffs, names, the report, files.

mod diff;
mod external_diff;
mod printable;
mod report;
mod staged;
mod write;

pub use diff::unified;
pub use external_diff::{Pair, external_diff, run_external_diff};
pub use printable::printable;
pub use report::{Entry, Level, Outcome, Problem, Report};
pub use write::{PendingFile, WriteError, commit};
