//! What a change of the mesh changes in the pods of workloads: `diff --to`. Workloads that change alike are one group.
//!
//! | file | job |
//! |---|---|
//! | `groups` | collects the groups, in input order |
//! | `pod_diff` | the diff of a pod |
//! | `words` | the changes of a group in words |
//! | `text`, `json` | the forms of output |

mod groups;
mod json;
mod pod_diff;
mod text;
mod words;

pub use self::groups::{PodPreview, PreviewGroups, PreviewKeep, PreviewMark};
pub use self::json::preview_json;
pub use self::pod_diff::pod_diff;
pub use self::text::preview_text;
use super::Comparison;

/// What the forms show about the run.
#[derive(Clone, Copy, Debug)]
pub struct PreviewRun<'r> {
    /// The meshes before and after the change.
    pub comparison: &'r Comparison,
    /// Whether to leave out the diffs.
    pub summary_only: bool,
    /// Whether to use color.
    pub styled: bool,
}
