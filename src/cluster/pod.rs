//! A pod of a cluster: the fields that questions about it need.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::{at, is_true, items, number, strings, text, time};
use super::owners::OwnerRef;
use crate::istio::names::container::PROXY;
use crate::k8s::Time;

/// A pod.
#[derive(Clone, Debug, Default)]
pub struct Pod {
    /// `metadata.namespace`; empty if absent.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `metadata.uid`.
    pub uid: String,
    /// The labels.
    pub labels: BTreeMap<String, String>,
    /// The annotations that Istio reads or writes.
    pub annotations: BTreeMap<String, String>,
    /// The controller that owns it.
    pub owner: Option<OwnerRef>,
    /// `metadata.creationTimestamp`.
    pub created: Option<Time>,
    /// `metadata.deletionTimestamp`: when the grace period ends.
    pub deleted: Option<Time>,
    /// `metadata.deletionGracePeriodSeconds`.
    pub deletion_grace: Option<i64>,
    /// `spec.nodeName`.
    pub node: String,
    /// `spec.hostNetwork`.
    pub host_network: bool,
    /// `spec.terminationGracePeriodSeconds`.
    pub grace: Option<i64>,
    /// The init containers of the spec.
    pub init_containers: Vec<Container>,
    /// The containers of the spec.
    pub containers: Vec<Container>,
    /// `status.phase`.
    pub phase: String,
    /// `status.reason`, such as `Evicted`.
    pub reason: String,
    /// `status.conditions`.
    pub conditions: Vec<Condition>,
    /// `status.initContainerStatuses`, in their order.
    pub init_statuses: Vec<ContainerStatus>,
    /// `status.containerStatuses`, in their order.
    pub statuses: Vec<ContainerStatus>,
}

/// A container of a pod's spec.
#[derive(Clone, Debug, Default)]
pub struct Container {
    /// The name.
    pub name: String,
    /// The image.
    pub image: String,
    /// Whether `restartPolicy` is `Always`.
    pub always_restarts: bool,
}

/// A condition of a pod.
#[derive(Clone, Debug)]
pub struct Condition {
    /// `type`.
    pub kind: String,
    /// Whether `status` is `True`.
    pub is_true: bool,
    /// `reason`.
    pub reason: String,
    /// `lastTransitionTime`.
    pub since: Option<Time>,
}

/// The status of a container.
#[derive(Clone, Debug)]
pub struct ContainerStatus {
    /// The container's name.
    pub name: String,
    /// `ready`.
    pub ready: bool,
    /// `started`.
    pub started: bool,
    /// `restartCount`.
    pub restarts: i64,
    /// `state`.
    pub state: State,
    /// `lastState.terminated`.
    pub last: Option<Terminated>,
}

/// The state of a container.
#[derive(Clone, Debug)]
pub enum State {
    /// It waits.
    Waiting {
        /// `reason`; empty if absent.
        reason: String,
    },
    /// It runs.
    Running {
        /// `startedAt`.
        started: Option<Time>,
    },
    /// It ended.
    Terminated(Terminated),
    /// Not reported.
    Unknown,
}

/// How a container ended.
#[derive(Clone, Debug, Default)]
pub struct Terminated {
    /// `exitCode`.
    pub exit_code: i64,
    /// `signal`; 0 if absent.
    pub signal: i64,
    /// `reason`, such as `OOMKilled`; empty if absent.
    pub reason: String,
    /// `startedAt`.
    pub started: Option<Time>,
    /// `finishedAt`.
    pub finished: Option<Time>,
}

/// The proxy that a pod runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunningProxy {
    /// `istio-proxy` is an init container with `restartPolicy: Always`.
    Native,
    /// `istio-proxy` is an ordinary container, possibly next to a native one.
    Regular,
    /// `istio-proxy` is an init container without `restartPolicy: Always`: something removed the field.
    Stripped,
    /// There is no `istio-proxy`.
    None,
}

impl RunningProxy {
    /// The stable name. A stripped proxy counts as none.
    pub fn word(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Regular => "regular",
            Self::Stripped | Self::None => "none",
        }
    }
}

impl Pod {
    /// Reads a pod from its object.
    pub fn of(object: &Value) -> Self {
        let mut annotations = strings(object, &["metadata", "annotations"]);
        annotations.retain(|name, _| name.contains("istio.io/"));
        Self {
            namespace: text(object, &["metadata", "namespace"]),
            name: text(object, &["metadata", "name"]),
            uid: text(object, &["metadata", "uid"]),
            labels: strings(object, &["metadata", "labels"]),
            annotations,
            owner: OwnerRef::of(object),
            created: time(object, &["metadata", "creationTimestamp"]),
            deleted: time(object, &["metadata", "deletionTimestamp"]),
            deletion_grace: at(object, &["metadata", "deletionGracePeriodSeconds"]).as_i64(),
            node: text(object, &["spec", "nodeName"]),
            host_network: is_true(object, &["spec", "hostNetwork"]),
            grace: at(object, &["spec", "terminationGracePeriodSeconds"]).as_i64(),
            init_containers: items(object, &["spec", "initContainers"]).map(Container::of).collect(),
            containers: items(object, &["spec", "containers"]).map(Container::of).collect(),
            phase: text(object, &["status", "phase"]),
            reason: text(object, &["status", "reason"]),
            conditions: items(object, &["status", "conditions"]).map(Condition::of).collect(),
            init_statuses: items(object, &["status", "initContainerStatuses"]).map(ContainerStatus::of).collect(),
            statuses: items(object, &["status", "containerStatuses"]).map(ContainerStatus::of).collect(),
        }
    }

    /// The proxy that it runs. Images do not matter.
    pub fn proxy(&self) -> RunningProxy {
        let is_proxy = |container: &&Container| container.name == PROXY;
        match self.init_containers.iter().find(is_proxy) {
            _ if self.containers.iter().any(|container| container.name == PROXY) => RunningProxy::Regular,
            Some(proxy) if proxy.always_restarts => RunningProxy::Native,
            Some(_) => RunningProxy::Stripped,
            None => RunningProxy::None,
        }
    }

    /// The image of the proxy; empty if there is none.
    pub fn proxy_image(&self) -> &str {
        let mut all = self.containers.iter().chain(&self.init_containers);
        all.find(|container| container.name == PROXY).map_or("", |container| &container.image)
    }

    /// Whether its phase is final.
    pub fn is_finished(&self) -> bool {
        matches!(self.phase.as_str(), "Succeeded" | "Failed")
    }

    /// The condition of this type.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.kind == kind)
    }

    /// Whether the init container of this name always restarts.
    pub fn is_native(&self, name: &str) -> bool {
        self.init_containers.iter().any(|container| container.name == name && container.always_restarts)
    }
}

impl Container {
    pub(super) fn of(container: &Value) -> Self {
        Self {
            name: text(container, &["name"]),
            image: text(container, &["image"]),
            always_restarts: at(container, &["restartPolicy"]).as_str() == Some("Always"),
        }
    }
}

impl Condition {
    fn of(condition: &Value) -> Self {
        Self {
            kind: text(condition, &["type"]),
            is_true: at(condition, &["status"]).as_str() == Some("True"),
            reason: text(condition, &["reason"]),
            since: time(condition, &["lastTransitionTime"]),
        }
    }
}

impl ContainerStatus {
    fn of(status: &Value) -> Self {
        let state = at(status, &["state"]);
        let state = if let Some(terminated) = Terminated::of(at(state, &["terminated"])) {
            State::Terminated(terminated)
        } else if at(state, &["waiting"]).is_object() {
            State::Waiting { reason: text(state, &["waiting", "reason"]) }
        } else if at(state, &["running"]).is_object() {
            State::Running { started: time(state, &["running", "startedAt"]) }
        } else {
            State::Unknown
        };
        Self {
            name: text(status, &["name"]),
            ready: is_true(status, &["ready"]),
            started: is_true(status, &["started"]),
            restarts: number(status, &["restartCount"]),
            state,
            last: Terminated::of(at(status, &["lastState", "terminated"])),
        }
    }
}

impl Terminated {
    fn of(terminated: &Value) -> Option<Self> {
        terminated.is_object().then(|| Self {
            exit_code: number(terminated, &["exitCode"]),
            signal: number(terminated, &["signal"]),
            reason: text(terminated, &["reason"]),
            started: time(terminated, &["startedAt"]),
            finished: time(terminated, &["finishedAt"]),
        })
    }

    /// The reason; without one, the signal or exit code, as kubectl prints it.
    pub fn word(&self) -> String {
        match (self.reason.as_str(), self.signal) {
            ("", 0) => format!("ExitCode:{}", self.exit_code),
            ("", signal) => format!("Signal:{signal}"),
            (reason, _) => reason.to_owned(),
        }
    }
}
