//! `precheck`: whether a cluster is ready for native sidecars, and what blocks it. [`Facts`] reads saved documents, and each check
//! answers one question about them.
//!
//! A check is one file with a [`Check`], its line in [`CHECKS`] and its cases in `testdata/precheck`. If the documents do not
//! have the answer, it is [`Status::Unknown`], with the command to run.

mod api_server_version;
mod cni;
mod command;
mod date;
mod facts;
mod injector_template;
mod istio_version;
mod kubelet_bugs;
mod kubelet_version;
mod kyma_module;
mod mesh_installed;
mod namespace_labels;
mod native_default;
mod node_pool_state;
mod permissions;
mod preview_flag;
mod quota;
mod report;
mod revision_supported;
mod setters;
mod stuck_jobs;
mod version_skew;
mod virtual_nodes;
mod webhook_probe;
mod webhooks;
mod windows_nodes;

pub use date::{Date, DateError};
pub use facts::{Facts, FactsError};
pub use report::{Answer, Report, Row, Status, Verdict};
pub use webhook_probe::Probe;

use facts::Revision;

/// The answer about each revision of the mesh, with its name if there are several. If there are none, the answer is
/// unknown for the reason `unknown`.
fn per_revision(facts: &Facts, unknown: &str, answer: impl Fn(&Revision<'_>) -> Answer) -> Vec<Answer> {
    let revisions = facts.revisions();
    if revisions.is_empty() {
        return vec![Answer::unknown("", unknown).fix(command::GET_ISTIOD)];
    }
    let is_only = revisions.len() == 1;
    let about = |revision: &Revision<'_>| {
        let answer = answer(revision);
        if is_only { answer } else { answer.about(revision.subject()) }
    };
    revisions.iter().map(about).collect()
}

/// The part of a cluster that a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The API server and the nodes.
    Kubernetes,
    /// The mesh.
    Istio,
    /// What else changes or refuses pods.
    Admission,
    /// What runs.
    Workloads,
    /// What could be read.
    Access,
}

impl Group {
    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Kubernetes => "Kubernetes",
            Self::Istio => "Istio",
            Self::Admission => "Admission",
            Self::Workloads => "Workloads",
            Self::Access => "Access",
        }
    }
}

/// A check.
#[derive(Debug)]
pub struct Check {
    /// The stable name.
    pub code: &'static str,
    /// The group.
    pub group: Group,
    /// Whether the verdict depends on its answer.
    pub decides: bool,
    /// Answers; none if the question makes no sense for the cluster.
    answers: fn(&Facts, Date) -> Vec<Answer>,
}

/// All checks, in the order of the output.
pub const CHECKS: [Check; 21] = [
    api_server_version::CHECK,
    kubelet_version::CHECK,
    node_pool_state::CHECK,
    version_skew::CHECK,
    kubelet_bugs::CHECK,
    windows_nodes::CHECK,
    virtual_nodes::CHECK,
    mesh_installed::CHECK,
    istio_version::CHECK,
    revision_supported::CHECK,
    native_default::CHECK,
    preview_flag::CHECK,
    kyma_module::CHECK,
    injector_template::CHECK,
    cni::CHECK,
    webhooks::CHECK,
    webhook_probe::CHECK,
    namespace_labels::CHECK,
    quota::CHECK,
    stuck_jobs::CHECK,
    permissions::CHECK,
];

/// Runs all checks. `today` is for support periods.
pub fn precheck(facts: &Facts, today: Date) -> Report {
    let rows = |check: &Check| {
        let code = check.code;
        (check.answers)(facts, today).into_iter().map(move |answer| Row { code, answer })
    };
    Report { rows: CHECKS.iter().flat_map(rows).collect() }
}
