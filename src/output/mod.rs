//! Output of a run: manifests, diffs, patches, names, the report, and files.

mod ci;
mod cleanup;
mod compared;
mod diff;
mod explained;
mod external_diff;
mod findings;
mod fleet;
mod form;
mod json_list;
mod json_patch;
mod kustomize;
mod precheck;
mod preview;
mod printable;
mod report;
mod same_file;
mod spool;
mod staged;
mod status;
mod structured;
mod summary;
mod table;
mod timeline;
mod verified;
mod write;

pub use compared::{
    COMPARED_JSON, COMPARED_MATRIX, COMPARED_TABLE, COMPARED_YAML, Compared, ComparedColumn, ComparedForm, ComparedRun,
    ComparedTotals, Comparison, Flip,
};
pub use diff::{ChangedRange, DIFF_CONTEXT, UnifiedDiff, changes, diff_style, unified};
pub use explained::{DetailsOf, EXPLAIN_FORMS, ExplainForm, ExplainedRun, describe, table, table_or_describe};
pub use external_diff::{ExternalDiff, ExternalDiffError, external_diff};
pub use findings::{Checked, Fixed, Look, concise, full, github, gitlab, json, sarif, totals};
use fleet::text as fleet_text;
pub use form::{ANNOTATION_FORMS, Changed, Form, OUTPUT_FORMS, Pieces};
pub use precheck::precheck_text;
pub use preview::{
    PodPreview, PreviewGroups, PreviewKeep, PreviewMark, PreviewRun, pod_diff, preview_json, preview_text,
};
pub use printable::{printable, printable_file};
pub use report::{
    Delivered, Entry, InjectedBy, Keep, Level, Outcome, ProxyTotals, Reason, Remark, Report, ReportMark, RunInfo,
    SkippedPath, Warning, diagnostic_text, plural,
};
pub use same_file::{is_same_file, stream_is};
pub use spool::{Spool, SpoolMark};
pub use status::{RestartScript, status_names, status_notes, status_table, status_value};
pub use structured::{json_text, yaml_text};
pub use summary::Summary;
pub use timeline::{timeline_svg, timeline_text, timeline_value};
pub use verified::{verified_notes, verified_table, verified_value};
pub use write::{PendingFile, WriteError, commit};
