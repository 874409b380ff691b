//! What a conversion did to a pod, and what follows from it.

use std::fmt;

use super::container::Container;
use crate::istio::native::Mode;

/// A statement about a converted pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Containers moved.
    Moved {
        /// The names.
        names: Vec<String>,
        /// Where they are now.
        place: Place,
    },
    /// Containers are in the requested list already.
    Already {
        /// The names.
        names: Vec<String>,
        /// The list, as what they are.
        to: Mode,
    },
    /// The pod has none of the requested containers.
    NoContainer,
    /// Other containers wait for the startup probe of this one.
    Gates {
        /// The name.
        name: String,
    },
    /// The sidecar does not keep the Job from finishing.
    JobFinishes,
}

/// Where converted containers are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// First among the init containers, or alone.
    FirstInit,
    /// Behind this init container.
    Behind(String),
    /// Among the app containers.
    Apps,
}

impl Reason {
    /// The reason of a move. `list` is the new list, with the containers.
    pub(super) fn moved(names: &[String], to: Mode, list: &[Container<'_>]) -> Self {
        let first = names.first().map(String::as_str).unwrap_or_default();
        let index = list.iter().position(|container| container.name == first).unwrap_or_default();
        let before = index.checked_sub(1).and_then(|index| list.get(index));
        let place = match (to, before) {
            (Mode::Regular, _) => Place::Apps,
            (Mode::Native, None) => Place::FirstInit,
            (Mode::Native, Some(before)) => Place::Behind(before.name.to_owned()),
        };
        Self::Moved { names: names.to_vec(), place }
    }

    /// The code in the JSON report.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Moved { .. } => "container-moved",
            Self::Already { .. } => "container-already-converted",
            Self::NoContainer => "no-container",
            Self::Gates { .. } => "startup-probe-gates",
            Self::JobFinishes => "job-finishes",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moved { names, place } => {
                let verb = if names.len() == 1 { "is" } else { "are" };
                let list = names.join(", ");
                match (place, names.len()) {
                    (Place::FirstInit, 1) => write!(f, "{list} {verb} the first init container"),
                    (Place::FirstInit, _) => write!(f, "{list} {verb} the first init containers"),
                    (Place::Behind(name), 1) => write!(f, "{list} {verb} an init container after {name}"),
                    (Place::Behind(name), _) => write!(f, "{list} {verb} init containers after {name}"),
                    (Place::Apps, 1) => write!(f, "{list} {verb} an app container"),
                    (Place::Apps, _) => write!(f, "{list} {verb} app containers"),
                }
            }
            Self::Already { names, to } => {
                let kind = match (to, names.len()) {
                    (Mode::Native, 1) => "is a native sidecar",
                    (Mode::Native, _) => "are native sidecars",
                    (Mode::Regular, 1) => "is an app container",
                    (Mode::Regular, _) => "are app containers",
                };
                write!(f, "{} {kind} already", names.join(", "))
            }
            Self::NoContainer => f.write_str("no such container"),
            Self::Gates { name } => write!(f, "the containers after {name} wait for its startupProbe"),
            Self::JobFinishes => f.write_str("the Job finishes when its app containers have ended"),
        }
    }
}
