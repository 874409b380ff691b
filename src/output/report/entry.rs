//! What became of one workload.

use std::sync::Arc;

use super::reason::{Reason, Warning};
use super::remark::Remark;
use crate::istio::native::Mode;
use crate::k8s::qualified_kind;
use crate::output::{printable, printable_file};

/// What became of a workload. The order is that of the totals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The sidecar was added.
    Injected,
    /// The annotation was set, changed or repaired.
    Annotated,
    /// The annotation was removed.
    Removed,
    /// Nothing had to change.
    Unchanged,
    /// The annotation is one of the other mode, or neither, and stays.
    Kept,
    /// It is left alone, for a reason.
    Skipped,
    /// It was not selected.
    NotChosen,
    /// It could not be done.
    Error,
}

impl Outcome {
    /// The word in the JSON report. These are published.
    pub fn word(self) -> &'static str {
        match self {
            Self::Injected => "injected",
            Self::Annotated => "annotated",
            Self::Removed => "removed",
            Self::Unchanged | Self::Kept => "unchanged",
            Self::Skipped | Self::NotChosen => "skipped",
            Self::Error => "error",
        }
    }

    /// The words for people, in lines and totals.
    pub fn label(self) -> &'static str {
        match self {
            Self::Injected => "injected",
            Self::Annotated => "annotated",
            Self::Removed => "unannotated",
            Self::Unchanged => "up to date",
            Self::Kept => "kept",
            Self::Skipped => "skipped",
            Self::NotChosen => "not selected",
            Self::Error => "failed",
        }
    }

    /// Whether the manifest changed.
    pub fn is_change(self) -> bool {
        matches!(self, Self::Injected | Self::Annotated | Self::Removed)
    }
}

/// One object with a pod template.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The file, as people name it.
    pub file: Arc<str>,
    /// What its document was rendered from.
    pub source: Option<Arc<str>>,
    /// The document in it, counted from 1.
    pub document: usize,
    /// Position in the document's list, counted from 0.
    pub item: Option<usize>,
    /// Line of the object, counted from 1.
    pub line: usize,
    /// The API group of `kind`; empty for the core group.
    pub group: String,
    /// `kind`.
    pub kind: String,
    /// The namespace it will be in.
    pub namespace: String,
    /// `metadata.name` or `generateName`.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The kind of proxy it has, or will have.
    pub mode: Option<Mode>,
    /// The mesh that it is injected by.
    pub by: Option<InjectedBy>,
    /// Why.
    pub reasons: Vec<Reason>,
    /// What deserves a second look.
    pub warnings: Vec<Warning>,
    /// A warning that is given once a run, however many workloads it concerns.
    pub run_warning: Option<Remark>,
    /// Only a person can settle what is reported: `--check` ends with exit code 1, and `-q` shows it.
    pub is_undecided: bool,
    /// What went wrong.
    pub error: Option<String>,
}

/// The mesh that a workload is injected by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InjectedBy {
    /// Istio's version.
    pub istio: String,
    /// The revision.
    pub revision: String,
}

impl Entry {
    /// A workload to which nothing has happened: the first line of the first document of `file`, in no namespace.
    pub fn new(file: Arc<str>, group: &str, kind: &str, name: &str) -> Self {
        Self {
            file,
            source: None,
            document: 1,
            item: None,
            line: 1,
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: String::new(),
            name: name.to_owned(),
            outcome: Outcome::Unchanged,
            mode: None,
            by: None,
            reasons: Vec::new(),
            warnings: Vec::new(),
            run_warning: None,
            is_undecided: false,
            error: None,
        }
    }

    /// The reasons as one text.
    pub fn reasons_text(&self) -> String {
        self.reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }

    /// `deployment/web`, on one line whatever the workload is called.
    pub fn short_name(&self) -> String {
        printable(&format!("{}/{}", self.kind.to_lowercase(), self.name)).into_owned()
    }

    /// `deployment.apps/web`, as kubectl prints and takes names; on one line too.
    pub fn qualified_name(&self) -> String {
        printable(&format!("{}/{}", qualified_kind(&self.kind.to_lowercase(), &self.group), self.name)).into_owned()
    }

    /// `k8s/web.yaml:14: deployment/web`, on one line.
    pub(super) fn place(&self) -> String {
        let source = printable(&rendered_from(self.source.as_deref())).into_owned();
        format!("{}:{}{source}: {}", printable_file(&self.file), self.line, self.short_name())
    }
}

/// What follows a place in a manifest that was rendered from `source`: ` (shop/templates/web.yaml)`.
pub(super) fn rendered_from(source: Option<&str>) -> String {
    source.map_or_else(String::new, |source| format!(" ({source})"))
}
