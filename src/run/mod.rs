//! The pipeline that all manifest commands share. All cores work on documents; results are collected in input order, and
//! printed or written once all of them are known.

mod annotate;
mod batch;
mod collector;
mod compare;
mod convert;
mod document;
mod explain;
mod fold;
mod hidden;
mod inject;
mod lint;
mod list;
mod live;
mod mesh;
mod objects;
mod original;
mod part;
mod pieces;
mod policy;
mod pool;
mod precheck;
mod prediction;
mod preview;
mod project;
mod refusal;
mod saved;
mod select;
mod shift;
mod snapshot;
mod status;
mod stream;
mod timeline;
mod uninject;
mod verify;

pub use annotate::{Annotate, AnnotationAction};
pub use collector::{DiffStyle, ExitRule, OutputRequest, Print};
pub use compare::Compare;
pub use convert::Convert;
pub use document::EditedDocument;
pub use explain::Explain;
pub use fold::fold_sidecars;
pub use hidden::Hidden;
pub use inject::Inject;
pub use lint::{Lint, LintRequest, verdict, with_lint};
pub use live::LiveReader;
pub use mesh::{MeshUse, ResolvedMesh, resolve};
pub use objects::{ScanError, Scanned, cluster_objects};
pub use policy::{PolicyCluster, policy_cluster};
pub use precheck::{live_facts, live_probe};
pub use preview::{DiffedGroups, Preview};
pub use project::{PathRequests, default_namespace, kinds, mode_request, report_project};
pub use refusal::TemplateSources;
pub use saved::saved_objects;
pub use select::{Names, Selection, Words};
pub use snapshot::{UnusedInput, live_snapshot, snapshot};
pub use status::{LiveStatus, StatusRequest, status};
pub use stream::{Progress, run};
pub use timeline::{LiveTimelines, timelines};
pub use uninject::Uninject;
pub use verify::{VerifyBy, VerifyRequest, live_verify, verify};

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::inject::ChoiceError;
use crate::k8s::{Kinds, Object, Path, Unhandled};
use crate::lint::Finding;
use crate::output::{Delivered, Entry, ExternalDiff, PendingFile, PreviewGroups, Remark, Report, Spool, commit};
use lossless_yaml::{Draft, Place, Tree, YamlError};

/// What a command does to one workload.
pub trait Task: Sync {
    /// Edits the workload's pod template and records the outcome in its entry.
    fn apply(
        &self,
        target: &WorkloadNode<'_, '_>,
        draft: &mut Draft<'_, '_>,
        entry: &mut Entry,
    ) -> Result<(), TaskError>;

    /// Edits the text of a document again, after the edits of its data. `entries` are those of its workloads. `None` if
    /// that changes nothing.
    fn edit_text(&self, _edited: &EditedDocument<'_>, _entries: &[Entry]) -> Result<Option<String>, YamlError> {
        Ok(None)
    }

    /// Whether it processes workloads one by one. Otherwise it processes whole documents.
    fn is_by_workload(&self) -> bool {
        true
    }

    /// Processes a whole document instead of its workloads. `None` for a task by workload.
    fn document(&self, _document: WholeDocument<'_>) -> Option<DocumentOutcome> {
        None
    }

    /// Flags of the task that match nothing in all workloads, with their values, when the run has ended.
    fn unmatched(&self) -> Vec<String> {
        Vec::new()
    }

    /// Notes about the run as a whole, when it has ended.
    fn notes(&self) -> Vec<Remark> {
        Vec::new()
    }
}

/// A document, for tasks that process whole documents.
#[derive(Clone, Copy, Debug)]
pub struct WholeDocument<'d> {
    /// The file or stream.
    pub file: &'d Arc<str>,
    /// Its text.
    pub text: &'d str,
    /// Where it begins.
    pub first: Place,
}

/// The result of a task for a whole document.
#[derive(Debug, Default)]
pub struct DocumentOutcome {
    /// The new text; `None` if nothing changed.
    pub text: Option<String>,
    /// What is wrong in it, by position.
    pub findings: Vec<Finding>,
    /// How many findings were fixed.
    pub fixed: usize,
    /// What could not be done.
    pub problems: Vec<Diagnostic>,
    /// Objects that pass through although workloads are created from them.
    pub unhandled: Vec<Unhandled>,
    /// Positions of the given template paths that led to a pod template.
    pub used: BTreeSet<usize>,
    /// How many workloads were chosen.
    pub chosen: usize,
}

/// A workload and its place in a document.
pub struct WorkloadNode<'t, 'a> {
    /// The document.
    pub tree: &'t Tree<'a>,
    /// All workloads of the document.
    pub workloads: &'t [Object],
    /// The workload.
    pub object: &'t Object,
    /// Its namespace, or the default.
    pub namespace: &'t str,
    /// The groups of a preview of which the unit of work has made a diff.
    pub diffed: &'t DiffedGroups,
}

impl WorkloadNode<'_, '_> {
    /// `spec.nodeName` of the pod template.
    fn node_name(&self) -> Option<String> {
        let node = Path::of_keys(["spec", "nodeName"]).node(self.tree, self.object.template)?;
        self.tree.value(node).ok()?.as_str().map(str::to_owned)
    }
}

/// Why a task failed for a workload.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// Its text cannot be read or edited.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// The mesh would refuse it, or it cannot be rendered. Problems without a place are about the workload as a whole.
    #[error("{}", .0.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; "))]
    Refused(Vec<Diagnostic>),
}

impl From<ChoiceError> for TaskError {
    fn from(error: ChoiceError) -> Self {
        Self::Refused(vec![Diagnostic::from(&error)])
    }
}

/// One run over manifests.
pub struct Job<'j> {
    /// The task for each workload.
    pub task: &'j dyn Task,
    /// The workloads to work on.
    pub selection: &'j Selection,
    /// Where pod templates are in objects.
    pub kinds: &'j Kinds,
}

/// The result of a run. Nothing is printed or written yet.
pub struct Finished {
    /// The text for standard output.
    pub stdout: Spool,
    /// The diff to show by another program.
    pub external: Option<ExternalDiff>,
    /// The workloads whose pods change, where a change of the mesh is previewed.
    pub groups: Option<PreviewGroups>,
    /// The report.
    pub report: Report,
    /// What a task that looks for findings found, in input order.
    pub findings: Vec<Finding>,
    /// How many findings were fixed.
    pub fixed: usize,
    /// The exit code.
    pub code: ExitCode,
    /// Complete new files that replace old ones in [`Finished::commit`].
    pending: Vec<PendingFile>,
}

impl Finished {
    /// Takes the text for standard output out.
    pub fn take_stdout(&mut self) -> Spool {
        std::mem::replace(&mut self.stdout, Spool::new(0))
    }

    /// Replaces the files that changed. Returns whether that succeeded.
    pub fn commit(&mut self) -> bool {
        let committed = commit(std::mem::take(&mut self.pending));
        if let Err(error) = &committed {
            self.failed(error.to_string());
        }
        committed.is_ok()
    }

    /// Records that the output failed. No file is replaced.
    pub fn give_up(&mut self, message: &str) {
        let unchanged = if self.pending.is_empty() { "" } else { "; no file was changed" };
        self.pending.clear();
        self.failed(format!("{message}{unchanged}"));
    }

    fn failed(&mut self, message: String) {
        self.report.problem(&output_problem(message));
        self.report.delivered = Delivered::Incomplete;
        self.code = self.report.first_code().unwrap_or(ExitCode::Output);
    }
}

/// The diagnostic of output that cannot be printed or written.
fn output_problem(message: String) -> Diagnostic {
    Diagnostic::error(Code::OutputFailed, ExitCode::Output, message)
}
