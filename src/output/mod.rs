//! What a run prints and writes: manifests, diffs, patches, names, the report, files.

mod ci;
mod cleanup;
mod diff;
mod external_diff;
mod form;
mod identity;
mod json_list;
mod json_patch;
mod kustomize;
mod printable;
mod report;
mod spool;
mod staged;
mod summary;
mod write;

pub use diff::{Change, DIFF_CONTEXT, UnifiedDiff, changes, unified};
pub use external_diff::{ExternalDiff, ExternalDiffError, external_diff};
pub use form::{ANNOTATION_FORMS, Changed, Form, OUTPUT_FORMS, Pieces};
pub use identity::{is_same_file, stream_is};
pub use printable::{printable, printable_file};
pub use report::{
    About, By, Delivered, Entry, Keep, Level, Outcome, Reason, Remark, Report, SkippedPath, Warning, diagnostic_text,
};
pub use spool::Spool;
pub use summary::Summary;
pub use write::{PendingFile, WriteError, commit};
