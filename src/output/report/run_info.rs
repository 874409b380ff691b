//! What a report knows about the run before it starts.

use serde_json::Value;

use super::Remark;
use crate::istio::Quotas;
use crate::output::Comparison;

/// How much of the text report is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// Problems only (`--quiet`).
    Quiet,
    /// Changed, skipped and failed workloads, and totals.
    #[default]
    Normal,
    /// Every workload with all its reasons (`--verbose`).
    Verbose,
}

/// What a report knows about the run before it starts, and how it is shown.
#[derive(Clone, Debug, Default)]
pub struct RunInfo {
    /// The mesh, as the JSON report shows it. `None` if the command needs no mesh.
    pub mesh: Option<Value>,
    /// Assumptions made for settings that were not given.
    pub assumed: Vec<Remark>,
    /// Whether `--quiet` still shows assumptions, because the output is meant to be applied.
    pub warns_of_assumed: bool,
    /// Warnings about the mesh or the whole run.
    pub warnings: Vec<Remark>,
    /// Notes about settings that were given but have no effect.
    pub notes: Vec<Remark>,
    /// The comparison of several meshes, if the command makes one.
    pub comparison: Option<Comparison>,
    /// The quotas to compare requests with, if the totals show what the pods request together.
    pub quotas: Option<Quotas>,
    /// Whether to omit the totals of workloads, because the run is about something else.
    pub without_totals: bool,
    /// How much of the text report is shown.
    pub level: Level,
    /// What to keep for other uses than the text report.
    pub keep: Keep,
    /// Whether the text report has colours.
    pub styled: bool,
    /// The terminal's width in characters. `None` if the output is not a terminal.
    pub width: Option<usize>,
}

impl RunInfo {
    /// Adds a note, unless it is there already.
    pub fn note(&mut self, note: Option<Remark>) {
        self.notes.extend(note.filter(|note| !self.notes.contains(note)));
    }
}

/// What a report keeps in addition to its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// Nothing.
    #[default]
    Text,
    /// JSON items, for [`Report::write_json`](super::Report::write_json).
    Json,
    /// The entries, for [`Report::take_entries`](super::Report::take_entries).
    Entries,
}

/// What happened to the changed manifests. Decides whether the report says "annotated" or "would be annotated".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// They were printed or written.
    Manifests,
    /// Only a preview was printed: names, a diff or patches.
    Preview,
    /// Nothing was to change: workloads were explained.
    Explanations,
    /// Nothing was printed or written because of a problem.
    Nothing,
    /// Printing or writing failed part-way.
    Incomplete,
}
