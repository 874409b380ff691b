//! Why a container cannot be converted.

use std::fmt;

use super::container::List;
use crate::diagnostic::nearest;
use crate::istio::native::Mode;

/// The failure of a conversion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvertError {
    /// The name of the container, or several.
    pub container: String,
    /// The problem.
    pub problem: ConvertProblem,
    /// The list that the failure is about.
    pub(super) list: List,
    /// The position of the container in it; none if the failure is about the list.
    pub(super) index: Option<usize>,
}

/// What is wrong with a container, or with the place where it would go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConvertProblem {
    /// A list has two containers of this name.
    Duplicate,
    /// Both lists have a container of this name.
    InBothLists,
    /// The container is an init container, but not a sidecar.
    RunsToCompletion,
    /// The pod has no other app container.
    LastContainer,
    /// Rules decide whether it is restarted (Kubernetes 1.34).
    RestartPolicyRules,
    /// The container that `flag` names moves itself.
    NeighborMoves {
        /// The flag.
        flag: &'static str,
        /// The name that it has.
        neighbor: String,
    },
    /// The container that `flag` names is in the list that the converted one leaves.
    NeighborElsewhere {
        /// The flag.
        flag: &'static str,
        /// The name that it has.
        neighbor: String,
        /// The direction.
        to: Mode,
    },
    /// No container has the name that is passed with `flag`.
    NoNeighbor {
        /// The flag.
        flag: &'static str,
        /// The name that it has.
        neighbor: String,
        /// The direction.
        to: Mode,
        /// The names that would do.
        candidates: Vec<String>,
    },
}

/// What containers of the list are called that a conversion to `to` ends in.
fn kind(to: Mode) -> &'static str {
    match to {
        Mode::Native => "init container",
        Mode::Regular => "app container",
    }
}

impl ConvertError {
    /// The key of the list that the failure is about, and the position of the container in it, if there is one.
    pub fn place(&self) -> (&'static str, Option<usize>) {
        (self.list.key(), self.index)
    }

    /// What the user can do.
    pub fn hint(&self) -> String {
        let name = &self.container;
        match &self.problem {
            ConvertProblem::Duplicate | ConvertProblem::InBothLists => "remove or rename one of them".to_owned(),
            ConvertProblem::RunsToCompletion => {
                "init containers run one after the other, each until it ends; only those with restartPolicy: Always are \
                 sidecars"
                    .to_owned()
            }
            ConvertProblem::LastContainer => "leave the container that does the work under containers".to_owned(),
            ConvertProblem::RestartPolicyRules => {
                format!("remove restartPolicyRules from {name}: native sidecars are always restarted")
            }
            ConvertProblem::NeighborMoves { flag, .. } => {
                format!("omit {flag}: converted containers keep their order")
            }
            ConvertProblem::NeighborElsewhere { flag, neighbor, to: Mode::Native } => format!(
                "app containers start after all init containers; omit {flag}, or pass --container {neighbor} to convert it, \
                 too"
            ),
            ConvertProblem::NeighborElsewhere { flag, to: Mode::Regular, .. } => {
                format!("init containers start before all app containers; omit {flag}")
            }
            ConvertProblem::NoNeighbor { flag, neighbor, to, candidates } => match nearest(neighbor, candidates) {
                Some(nearest) => format!("did you mean {flag} {nearest}?"),
                None => format!("omit {flag}: the pod has no {}s", kind(*to)),
            },
        }
    }
}

impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, list) = (&self.container, self.list.key());
        match &self.problem {
            ConvertProblem::Duplicate => write!(f, "two {list} are named {name}"),
            ConvertProblem::InBothLists => write!(f, "containers and initContainers both have {name}"),
            ConvertProblem::RunsToCompletion => write!(f, "init container {name} is not a sidecar"),
            ConvertProblem::LastContainer => {
                write!(f, "{name} cannot move to initContainers: a pod needs at least one other app container")
            }
            ConvertProblem::RestartPolicyRules => write!(f, "{name} has restartPolicyRules"),
            ConvertProblem::NeighborMoves { flag, neighbor } => {
                write!(f, "{flag} {neighbor}: this container is converted itself")
            }
            ConvertProblem::NeighborElsewhere { flag, neighbor, to } => {
                write!(f, "{flag} {neighbor}: this container is not an {}", kind(*to))
            }
            ConvertProblem::NoNeighbor { flag, neighbor, to, .. } => {
                write!(f, "{flag} {neighbor}: the pod has no such {}", kind(*to))
            }
        }
    }
}

impl std::error::Error for ConvertError {}
