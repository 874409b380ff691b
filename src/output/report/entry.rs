//! One workload in the report.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::reason::{Reason, Warning};
use super::remark::Remark;
use crate::diagnostic::Code;
use crate::explain::{Details, Explained};
use crate::istio::native::Mode;
use crate::k8s::qualified_kind;
use crate::output::{Compared, PodPreview, printable, printable_file};

/// What happened to a workload, in the order of the totals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The sidecar was added.
    Injected,
    /// A sidecar of any vendor was moved: it is native or regular now.
    Converted,
    /// The annotation was set, changed or repaired.
    Annotated,
    /// The annotation was removed.
    Removed,
    /// The sidecar was removed.
    Uninjected,
    /// It was up to date.
    Unchanged,
    /// The annotation has another value than requested, and was kept.
    Kept,
    /// It was skipped, for a reason that the entry gives.
    Skipped,
    /// It was not selected.
    NotChosen,
    /// It failed.
    Error,
}

impl Outcome {
    /// The outcome in the JSON report. These words are published and stable.
    pub fn word(self) -> &'static str {
        match self {
            // A consumer that knows the published words reads what happened: a sidecar was written, native or regular.
            Self::Injected | Self::Converted => "injected",
            Self::Annotated => "annotated",
            Self::Removed | Self::Uninjected => "removed",
            Self::Unchanged | Self::Kept => "unchanged",
            Self::Skipped | Self::NotChosen => "skipped",
            Self::Error => "error",
        }
    }

    /// The outcome in the text report.
    pub fn label(self) -> &'static str {
        match self {
            Self::Injected => "injected",
            Self::Converted => "converted",
            Self::Annotated => "annotated",
            Self::Removed => "unannotated",
            Self::Uninjected => "uninjected",
            Self::Unchanged => "up to date",
            Self::Kept => "kept",
            Self::Skipped => "skipped",
            Self::NotChosen => "not selected",
            Self::Error => "failed",
        }
    }

    /// Whether the manifest changed, or would change.
    pub fn is_change(self) -> bool {
        matches!(self, Self::Injected | Self::Converted | Self::Annotated | Self::Removed | Self::Uninjected)
    }
}

/// One object with a pod template.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The file, as the user named it.
    pub file: Arc<str>,
    /// The template its document was rendered from, if the manifest names one.
    pub source: Option<Arc<str>>,
    /// The number of the document in the file, counted from 1.
    pub document: usize,
    /// The index in the document's list, counted from 0.
    pub item: Option<usize>,
    /// The object's first line, counted from 1.
    pub line: usize,
    /// The API group of `kind`; empty for the core group.
    pub group: String,
    /// `kind`.
    pub kind: String,
    /// The namespace it will be created in.
    pub namespace: String,
    /// `metadata.name` or `generateName`.
    pub name: String,
    /// What happened to it.
    pub outcome: Outcome,
    /// The mode of the proxy that it has or will get, or of the converted sidecars.
    pub mode: Option<Mode>,
    /// The names of the converted sidecars.
    pub converted: Vec<String>,
    /// The mesh that injects it.
    pub by: Option<InjectedBy>,
    /// Reasons for the outcome and the mode.
    pub reasons: Vec<Reason>,
    /// Warnings about it.
    pub warnings: Vec<Warning>,
    /// A warning that is shown once per run, for any number of workloads.
    pub run_warning: Option<Remark>,
    /// Whether a warning needs a decision by the user. `--check` then fails, and `--quiet` shows the warning.
    pub is_undecided: bool,
    /// The error if it failed.
    pub error: Option<String>,
    /// The code of the first problem if it failed.
    pub error_code: Option<Code>,
    /// What a mesh does to it, if the command explains that.
    pub explained: Option<Box<Explained>>,
    /// The containers, resources and settings, if the command shows them.
    pub details: Option<Box<Details>>,
    /// What each of several meshes does to it, if the command compares them.
    pub compared: Vec<Compared>,
    /// What a change of the mesh changes in its pods, if the command previews that.
    pub preview: Option<Box<PodPreview>>,
    /// Whether it is listed in the output of a command that explains.
    pub is_listed: bool,
}

/// The mesh that injects a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InjectedBy {
    /// The Istio version.
    pub istio: String,
    /// The revision.
    pub revision: String,
}

impl Entry {
    /// An unchanged workload in the first line of the first document of `file`, without a namespace.
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
            converted: Vec::new(),
            by: None,
            reasons: Vec::new(),
            warnings: Vec::new(),
            run_warning: None,
            is_undecided: false,
            error: None,
            error_code: None,
            explained: None,
            details: None,
            compared: Vec::new(),
            preview: None,
            is_listed: true,
        }
    }

    /// The place and the names, with which a workload begins in all forms of JSON.
    pub(in crate::output) fn json_place(&self) -> Map<String, Value> {
        let fields = [
            ("file", json!(*self.file)),
            ("source", json!(self.source.as_deref())),
            ("document", json!(self.document)),
            ("item", json!(self.item)),
            ("line", json!(self.line)),
            ("kind", json!(self.kind)),
            ("namespace", json!(self.namespace)),
            ("name", json!(self.name)),
        ];
        fields.map(|(key, value)| (key.to_owned(), value)).into_iter().collect()
    }

    /// The workload as JSON: its place and names, then the fields of `rest`, an object.
    pub(in crate::output) fn json_item(&self, rest: Value) -> Map<String, Value> {
        debug_assert!(rest.is_object(), "{rest}");
        let mut item = self.json_place();
        if let Value::Object(rest) = rest {
            item.extend(rest);
        }
        item
    }

    /// Records that the workload is skipped, and why.
    pub fn skip(&mut self, reason: Reason) {
        self.outcome = Outcome::Skipped;
        self.reasons.push(reason);
    }

    /// The reasons, separated by semicolons.
    pub fn reasons_text(&self) -> String {
        self.reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }

    /// `deployment/web`, escaped to fit on one line.
    pub fn short_name(&self) -> String {
        printable(&format!("{}/{}", self.kind.to_lowercase(), self.name)).into_owned()
    }

    /// `deployment.apps/web` as kubectl prints and accepts names, escaped to fit on one line.
    pub fn qualified_name(&self) -> String {
        printable(&format!("{}/{}", qualified_kind(&self.kind.to_lowercase(), &self.group), self.name)).into_owned()
    }

    /// `k8s/web.yaml:14: deployment/web`, escaped to fit on one line.
    pub(super) fn place(&self) -> String {
        let source = printable(&rendered_from(self.source.as_deref())).into_owned();
        format!("{}:{}{source}: {}", printable_file(&self.file), self.line, self.short_name())
    }
}

/// The suffix of a place in a manifest that was rendered from `source`: ` (shop/templates/web.yaml)`.
pub(super) fn rendered_from(source: Option<&str>) -> String {
    source.map_or_else(String::new, |source| format!(" ({source})"))
}
