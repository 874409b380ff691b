//! Makes ordinary sidecars of any vendor native, and native ones ordinary: a container moves between `containers` and
//! `initContainers` of a pod.
//!
//! This file moves the container. `judge` decides what does not survive the move, and `known` knows the sidecars of vendors.

mod container;
mod error;
mod judge;
mod known;
mod reason;
mod warning;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::istio::native::Mode;
use crate::k8s::KubernetesVersion;
use container::{Container, List, containers};

pub use error::{ConvertError, ConvertProblem};
pub use known::{KNOWN_SIDECARS, KnownSidecar, Trap};
pub use reason::Reason;
pub use warning::Warning;

/// Where converted containers go in their new list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Position {
    /// A native sidecar goes first, so that init containers can use it. An ordinary one goes last.
    #[default]
    Default,
    /// In front of this container.
    Before(String),
    /// Behind this container.
    After(String),
}

/// The conversion that a user requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// The names of the containers.
    pub containers: BTreeSet<String>,
    /// What they become: native sidecars or ordinary containers.
    pub to: Mode,
    /// The place in the new list.
    pub position: Position,
}

/// Facts about a workload that its pod template does not have.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// Whether it is a Job or a `CronJob`.
    pub is_job: bool,
    /// Whether another controller sets the images of its containers.
    pub images_filled_elsewhere: bool,
    /// The version of the API server, if known.
    pub kubernetes: Option<KubernetesVersion>,
}

/// What a conversion makes of one pod template.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The pod has none of the containers.
    Absent,
    /// These containers are in the requested list already.
    Already(Vec<String>),
    /// This container has no image: the pod template is a patch of another one.
    Partial(String),
    /// Containers moved.
    Converted(Box<Converted>),
}

/// A pod template with converted containers.
#[derive(Clone, Debug, PartialEq)]
pub struct Converted {
    /// The new `metadata` and `spec`.
    pub pod: Value,
    /// The names of the containers, in their order.
    pub names: Vec<String>,
    /// What was done, and what follows from it.
    pub reasons: Vec<Reason>,
    /// What does not survive the move.
    pub warnings: Vec<Warning>,
}

impl Conversion {
    /// Converts the pod template `pod`, its `metadata` and `spec`.
    pub fn of(&self, pod: &Value, facts: Facts) -> Result<Outcome, ConvertError> {
        let (moving, already) = self.find(pod)?;
        let (from, to) = self.lists();
        let old = containers(pod, from);
        let chosen: Vec<&Container<'_>> = moving.iter().filter_map(|index| old.get(*index)).collect();
        if chosen.is_empty() {
            return Ok(if already.is_empty() { Outcome::Absent } else { Outcome::Already(already) });
        }
        let has_image = |container: &&&Container<'_>| container.image().is_some() || facts.images_filled_elsewhere;
        if let Some(partial) = chosen.iter().find(|container| !has_image(container)) {
            return Ok(Outcome::Partial(partial.name.to_owned()));
        }
        for (container, index) in chosen.iter().zip(&moving) {
            self.check(container, (from, *index), old.len() == moving.len())?;
        }
        let names: Vec<String> = chosen.iter().map(|container| container.name.to_owned()).collect();
        let at = self.position(pod, &names)?;
        let mut new = pod.clone();
        self.move_containers(&mut new, &moving, at);
        let mut reasons = vec![Reason::moved(&names, self.to, &containers(&new, to))];
        let (more, warnings) = judge::judge(pod, &new, &names, self.to, facts);
        reasons.extend(more);
        if !already.is_empty() {
            reasons.push(Reason::Already { names: already, to: self.to });
        }
        Ok(Outcome::Converted(Box::new(Converted { pod: new, names, reasons, warnings })))
    }

    /// The list that containers leave, and the one that they enter.
    fn lists(&self) -> (List, List) {
        match self.to {
            Mode::Native => (List::Apps, List::Init),
            Mode::Regular => (List::Init, List::Apps),
        }
    }

    /// The positions of the containers to move, and the names of those that are in the requested list already.
    fn find(&self, pod: &Value) -> Result<(Vec<usize>, Vec<String>), ConvertError> {
        let (from, to) = self.lists();
        let (mut moving, mut already) = (Vec::new(), Vec::new());
        for name in &self.containers {
            let positions = |list: List| -> Vec<usize> {
                let named = containers(pod, list).into_iter().enumerate().filter(|(_, one)| one.name == name);
                named.map(|(index, _)| index).collect()
            };
            let refuse = |problem: ConvertProblem, list: List, index: usize| {
                Err(ConvertError { container: name.clone(), problem, list, index: Some(index) })
            };
            let is_sidecar = |index: usize| containers(pod, List::Init).get(index).is_some_and(Container::is_native);
            match (&positions(from)[..], &positions(to)[..]) {
                ([], []) => {}
                ([_, again, ..], _) => return refuse(ConvertProblem::Duplicate, from, *again),
                (_, [_, again, ..]) => return refuse(ConvertProblem::Duplicate, to, *again),
                ([_], [other]) => return refuse(ConvertProblem::InBothLists, to, *other),
                ([index], []) if from == List::Init && !is_sidecar(*index) => {
                    return refuse(ConvertProblem::RunsToCompletion, from, *index);
                }
                ([], [index]) if to == List::Init && !is_sidecar(*index) => {
                    return refuse(ConvertProblem::RunsToCompletion, to, *index);
                }
                ([index], []) => moving.push(*index),
                ([], [_]) => already.push(name.clone()),
            }
        }
        moving.sort_unstable();
        Ok((moving, already))
    }

    /// Checks that a container can leave its list. `is_all`: all containers of the list leave it.
    fn check(&self, container: &Container<'_>, at: (List, usize), is_all: bool) -> Result<(), ConvertError> {
        let (list, index) = at;
        let refuse =
            |problem| Err(ConvertError { container: container.name.to_owned(), problem, list, index: Some(index) });
        if self.to == Mode::Native && is_all {
            return refuse(ConvertProblem::LastContainer);
        }
        if self.to == Mode::Native && container.get("restartPolicyRules").is_some() {
            return refuse(ConvertProblem::RestartPolicyRules);
        }
        Ok(())
    }

    /// The position in the new list, among the containers that it has now.
    fn position(&self, pod: &Value, names: &[String]) -> Result<usize, ConvertError> {
        let (from, to) = self.lists();
        let there = containers(pod, to);
        let (flag, neighbor, offset) = match (&self.position, self.to) {
            (Position::Default, Mode::Native) => return Ok(0),
            (Position::Default, Mode::Regular) => return Ok(there.len()),
            (Position::Before(name), _) => ("--before", name, 0),
            (Position::After(name), _) => ("--after", name, 1),
        };
        if let Some(index) = there.iter().position(|container| container.name == neighbor) {
            return Ok(index + offset);
        }
        let elsewhere = containers(pod, from);
        let problem = if names.contains(neighbor) {
            ConvertProblem::NeighborMoves { flag, neighbor: neighbor.clone() }
        } else if elsewhere.iter().any(|container| container.name == neighbor) {
            ConvertProblem::NeighborElsewhere { flag, neighbor: neighbor.clone(), to: self.to }
        } else {
            let candidates = there.iter().map(|container| container.name.to_owned()).collect();
            ConvertProblem::NoNeighbor { flag, neighbor: neighbor.clone(), to: self.to, candidates }
        };
        Err(ConvertError { container: names.join(", "), problem, list: to, index: None })
    }

    /// Moves the containers at the positions `moving` to `at` in the other list.
    fn move_containers(&self, pod: &mut Value, moving: &[usize], at: usize) {
        let (from, to) = self.lists();
        let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) else { return };
        let Some(left) = spec.get_mut(from.key()).and_then(Value::as_array_mut) else { return };
        let mut moved = Vec::new();
        for index in moving.iter().rev().filter(|index| **index < left.len()).collect::<Vec<_>>() {
            moved.insert(0, left.remove(*index));
        }
        if left.is_empty() {
            spec.shift_remove(from.key());
        }
        for container in moved.iter_mut().filter_map(Value::as_object_mut) {
            self.set_restart_policy(container);
        }
        let entered = spec.entry(to.key()).or_insert(Value::Null);
        if !entered.is_array() {
            *entered = Value::Array(Vec::new());
        }
        if let Some(entered) = entered.as_array_mut() {
            let at = at.min(entered.len());
            entered.splice(at..at, moved);
        }
    }

    fn set_restart_policy(&self, container: &mut Map<String, Value>) {
        match self.to {
            Mode::Native => container.insert("restartPolicy".to_owned(), "Always".into()),
            Mode::Regular => container.shift_remove("restartPolicy"),
        };
    }
}

#[cfg(test)]
#[allow(clippy::needless_pass_by_value, reason = "tests pass literals")]
mod tests;
