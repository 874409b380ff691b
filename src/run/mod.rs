//! The pipeline that every manifest command shares: documents in input order, worked on by all cores; what came of them
//! is put together, and printed or written only when all of it is known.

mod annotate;
mod deliver;
mod document;
mod fold;
mod inject;
mod mesh;
mod objects;
mod outlook;
mod part;
mod pieces;
mod pool;
mod project;
mod revision;
mod select;
mod stream;

pub use annotate::{Annotate, Change};
pub use deliver::{Asks, Deliver, DiffStyle, Print};
pub use fold::fold_sidecars;
pub use inject::{Inject, TemplateSources};
pub use mesh::{Remarks, ResolvedMesh, resolve};
pub use objects::{ScanError, Scanned, cluster_objects};
pub use project::{default_namespace, kinds, mode_request};
pub use revision::Meshes;
pub use select::Selection;
pub use stream::{Progress, run};

use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::k8s::{Kinds, Object};
use crate::output::{Delivered, Entry, ExternalDiff, PendingFile, Report, Spool, commit};
use lossless_yaml::{Draft, Tree, YamlError};

/// What a command does to one workload.
pub trait Task: Sync {
    /// Edits the workload's pod template, and fills in what became of it.
    fn apply(&self, target: &Target<'_, '_>, draft: &mut Draft<'_, '_>, entry: &mut Entry) -> Result<(), TaskError>;
}

/// A workload, and where it stands.
pub struct Target<'t, 'a> {
    /// The document.
    pub tree: &'t Tree<'a>,
    /// The workload in it.
    pub object: &'t Object,
    /// The namespace it will be in.
    pub namespace: &'t str,
}

/// Why a workload could not be worked on.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// Its text stands in the way.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// The mesh would refuse it, or it cannot be rendered. Has everything that is wrong; what has no place is about the
    /// workload as a whole.
    #[error("{}", .0.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; "))]
    Refused(Vec<Diagnostic>),
}

/// One run over manifests.
pub struct Job<'j> {
    /// What to do.
    pub task: &'j dyn Task,
    /// With which workloads.
    pub selection: &'j Selection,
    /// Where pod templates are.
    pub kinds: &'j Kinds,
}

/// What a run comes to. Nothing is printed or put in place yet.
pub struct Finished {
    /// For standard output.
    pub stdout: Spool,
    /// The diff that another program is to show.
    pub external: Option<ExternalDiff>,
    /// What was done.
    pub report: Report,
    /// How the command ends.
    pub code: ExitCode,
    /// New files that are complete and wait to be put in the places of the old ones.
    pending: Vec<PendingFile>,
}

impl Finished {
    /// Puts changed files in place; returns whether that went well.
    pub fn commit(&mut self) -> bool {
        let committed = commit(std::mem::take(&mut self.pending));
        if let Err(error) = &committed {
            self.failed(error.to_string());
        }
        committed.is_ok()
    }

    /// What was to be put out cannot be: files that wait for it stay as they were.
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

/// A result that cannot be printed or written.
fn output_problem(message: String) -> Diagnostic {
    Diagnostic::error(Code::OutputFailed, ExitCode::Output, message)
}
