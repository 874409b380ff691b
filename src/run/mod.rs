//! The pipeline that all manifest commands share. All cores work on documents; results are collected in input order, and
//! printed or written once all of them are known.

mod annotate;
mod batch;
mod collector;
mod document;
mod fold;
mod inject;
mod mesh;
mod objects;
mod pieces;
mod pool;
mod prediction;
mod project;
mod revision;
mod select;
mod stream;

pub use annotate::{Annotate, AnnotationAction};
pub use collector::{DiffStyle, ExitRule, OutputRequest, Print};
pub use fold::fold_sidecars;
pub use inject::{Inject, TemplateSources};
pub use mesh::{ResolvedMesh, resolve};
pub use objects::{ScanError, Scanned, cluster_objects};
pub use project::{default_namespace, kinds, mode_request, project_note};
pub use revision::Meshes;
pub use select::{Selection, Words};
pub use stream::{Progress, run};

use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::k8s::{Kinds, Object};
use crate::output::{Delivered, Entry, ExternalDiff, PendingFile, Report, Spool, commit};
use lossless_yaml::{Draft, Tree, YamlError};

/// What a command does to one workload.
pub trait Task: Sync {
    /// Edits the workload's pod template and records the outcome in its entry.
    fn apply(
        &self,
        target: &WorkloadNode<'_, '_>,
        draft: &mut Draft<'_, '_>,
        entry: &mut Entry,
    ) -> Result<(), TaskError>;
}

/// A workload and its place in a document.
pub struct WorkloadNode<'t, 'a> {
    /// The document.
    pub tree: &'t Tree<'a>,
    /// The workload.
    pub object: &'t Object,
    /// Its namespace, or the default for documents that name none.
    pub namespace: &'t str,
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
    /// The diff for another program to show.
    pub external: Option<ExternalDiff>,
    /// The report.
    pub report: Report,
    /// The exit code.
    pub code: ExitCode,
    /// Complete new files that replace old ones in [`Finished::commit`].
    pending: Vec<PendingFile>,
}

impl Finished {
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
