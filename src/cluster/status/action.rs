//! What to do so that the pods of a workload run the proxy that the mesh would inject now, and why.

use std::collections::BTreeMap;
use std::fmt;

use super::CountedPod;
use super::workload::WorkloadObject;
use crate::cluster::owners::ObjectKey;
use crate::cluster::pod::{Pod, RunningProxy, State};
use crate::explain::Proxy;
use crate::istio::names::container::PROXY;

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    None,
    /// `kubectl rollout restart`, or the equivalent for the kind.
    Restart,
    /// Delete the Job and create it again: its pod template cannot change.
    RecreateJob,
    /// Delete the pod and create it again.
    RecreatePod,
    /// Delete pods: their replacements are injected again.
    DeletePods,
    /// Resume the paused workload first.
    Unpause,
    /// Wait for the next run of the `CronJob`.
    NextRun,
    /// Not known.
    Unknown,
}

impl Action {
    /// All, in the order of the schema.
    pub const ALL: [Self; 8] = [
        Self::None,
        Self::Restart,
        Self::RecreateJob,
        Self::RecreatePod,
        Self::DeletePods,
        Self::Unpause,
        Self::NextRun,
        Self::Unknown,
    ];

    /// The stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Restart => "restart",
            Self::RecreateJob => "recreate-job",
            Self::RecreatePod => "recreate-pod",
            Self::DeletePods => "delete-pods",
            Self::Unpause => "unpause",
            Self::NextRun => "next-run",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the action is for the user to take.
    pub fn is_needed(self) -> bool {
        !matches!(self, Self::None | Self::NextRun)
    }
}

/// Why an action is the right one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionReason {
    /// No pod runs.
    NoPods,
    /// No pod has a proxy.
    NoProxy,
    /// The pods run what the mesh would inject now.
    UpToDate,
    /// The mesh would not inject the pods now, so that a restart would remove their proxies.
    NotInjected,
    /// A rollout replaces the pods of another kind.
    RolloutUnderWay {
        /// How many pods it replaces.
        wrong: usize,
    },
    /// A restart gives the pods the right proxy.
    Restart(Wrong),
    /// The workload is paused: it cannot be restarted.
    Paused(Wrong),
    /// The workload replaces pods only when they are deleted.
    OnDelete(Wrong),
    /// A rolling update does not reach pods below the partition.
    Partition(Wrong),
    /// The workload replaces pods that are deleted, and cannot be restarted.
    NoRestart(Wrong),
    /// The pod template of a Job cannot change.
    ImmutableTemplate(Wrong),
    /// A run that never ends keeps the next one from starting.
    HangingRun(Wrong),
    /// The next run gets the right proxy.
    LaterRun(Wrong),
    /// No controller replaces the pod.
    BarePod(Wrong),
    /// `istio-proxy` lost `restartPolicy: Always`, and a restart would not change that.
    RestartPolicyStripped,
    /// Native or regular depends on nodes that are not known.
    NodesUnknown,
    /// The mesh's decision is not known.
    Undecided {
        /// The cause.
        error: String,
    },
    /// The owner of the pods is not among the objects.
    OwnerMissing(Wrong),
    /// How to restart this kind of owner is not known.
    UnknownKind(Wrong),
}

/// The pods that the mesh would make differently now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The number of these pods.
    pub wrong: usize,
    /// The number of all pods of the workload.
    pub pods: usize,
    /// What is wrong with them.
    pub fault: Fault,
}

/// What is wrong with a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It has a regular proxy, and would get a native one.
    Regular,
    /// It has a native proxy, and would get a regular one.
    Native,
    /// Its proxy has another version or revision than it would get.
    Outdated,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (running, would) = match self.fault {
            Fault::Regular => ("a regular proxy", "a native one"),
            Fault::Native => ("a native proxy", "a regular one"),
            Fault::Outdated => ("an outdated proxy", "the current image or revision"),
        };
        match (self.wrong, self.pods) {
            (1, 1) => write!(f, "the pod runs {running}, and would get {would}"),
            (1, pods) => write!(f, "1 of {pods} pods runs {running}, and would get {would}"),
            (wrong, pods) => write!(f, "{wrong} of {pods} pods run {running}, and would get {would}"),
        }
    }
}

impl ActionReason {
    /// The stable names of all reasons, in the order of the schema.
    pub const CODES: [&str; 20] = [
        "no-pods",
        "no-proxy",
        "up-to-date",
        "not-injected",
        "rollout-under-way",
        "wrong-kind",
        "old-image",
        "paused",
        "on-delete",
        "partition",
        "no-restart",
        "immutable-template",
        "hanging-run",
        "later-run",
        "bare-pod",
        "restart-policy-stripped",
        "nodes-unknown",
        "undecided",
        "owner-missing",
        "unknown-kind",
    ];

    /// The stable name of the reason.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoPods => "no-pods",
            Self::NoProxy => "no-proxy",
            Self::UpToDate => "up-to-date",
            Self::NotInjected => "not-injected",
            Self::RolloutUnderWay { .. } => "rollout-under-way",
            Self::Restart(Wrong { fault: Fault::Outdated, .. }) => "old-image",
            Self::Restart(_) => "wrong-kind",
            Self::Paused(_) => "paused",
            Self::OnDelete(_) => "on-delete",
            Self::Partition(_) => "partition",
            Self::NoRestart(_) => "no-restart",
            Self::ImmutableTemplate(_) => "immutable-template",
            Self::HangingRun(_) => "hanging-run",
            Self::LaterRun(_) => "later-run",
            Self::BarePod(_) => "bare-pod",
            Self::RestartPolicyStripped => "restart-policy-stripped",
            Self::NodesUnknown => "nodes-unknown",
            Self::Undecided { .. } => "undecided",
            Self::OwnerMissing(_) => "owner-missing",
            Self::UnknownKind(_) => "unknown-kind",
        }
    }
}

impl fmt::Display for ActionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPods => f.write_str("no pod runs"),
            Self::NoProxy => f.write_str("no pod has a proxy"),
            Self::UpToDate => f.write_str("the pods run what the mesh would inject now"),
            Self::NotInjected => {
                f.write_str("the mesh would not inject the pods now: a restart would remove their proxies")
            }
            Self::RolloutUnderWay { wrong: 1 } => f.write_str("the rollout under way replaces the pod of another kind"),
            Self::RolloutUnderWay { wrong } => {
                write!(f, "the rollout under way replaces the {wrong} pods of another kind")
            }
            Self::Restart(wrong) => wrong.fmt(f),
            Self::Paused(wrong) => write!(f, "{wrong}; it is paused, so resume it first"),
            Self::OnDelete(wrong) => write!(f, "{wrong}; it replaces pods only when they are deleted (OnDelete)"),
            Self::Partition(wrong) => write!(f, "{wrong}; a restart does not reach pods below its partition"),
            Self::NoRestart(wrong) => {
                write!(f, "{wrong}; kubectl cannot restart this kind, but deleted pods are replaced")
            }
            Self::ImmutableTemplate(wrong) => write!(f, "{wrong}; the pod template of a Job cannot change"),
            Self::HangingRun(wrong) => {
                write!(
                    f,
                    "{wrong}; its proxy keeps the run alive, and concurrencyPolicy: Forbid keeps the next one from starting"
                )
            }
            Self::LaterRun(wrong) => write!(f, "{wrong}; the next run gets it"),
            Self::BarePod(wrong) => write!(f, "{wrong}; no controller replaces it"),
            Self::RestartPolicyStripped => {
                f.write_str("istio-proxy lost restartPolicy: Always: another webhook removed it, and would again")
            }
            Self::NodesUnknown => f.write_str("native or regular depends on the nodes, which are not known"),
            Self::Undecided { error } => write!(f, "what the mesh would inject is not known: {error}"),
            Self::OwnerMissing(wrong) => write!(f, "{wrong}; its own owner, if any, is not among the objects"),
            Self::UnknownKind(wrong) => write!(f, "{wrong}; how to restart this kind of owner is not known"),
        }
    }
}

/// A workload and its pods, for the choice of an action.
pub(super) struct Situation<'s> {
    /// The workload.
    pub(super) key: &'s ObjectKey,
    /// The object, if it is known.
    pub(super) object: Option<&'s WorkloadObject>,
    /// The pods that have not ended and are not being deleted.
    pub(super) pods: &'s [CountedPod<'s>],
    /// Whether pods were refused because `restartPolicy` had been removed.
    pub(super) refuses_stripped: bool,
    /// The revisions of a Deployment's `ReplicaSet`s by name.
    pub(super) revisions: &'s BTreeMap<String, i64>,
}

impl Situation<'_> {
    /// The action and its reason.
    pub(super) fn action(&self) -> (Action, ActionReason) {
        let wrong: Vec<&CountedPod<'_>> = self.pods.iter().filter(|pod| pod.fault.is_some()).collect();
        if self.refuses_stripped || self.pods.iter().any(|pod| pod.proxy == RunningProxy::Stripped) {
            return (Action::Unknown, ActionReason::RestartPolicyStripped);
        }
        // The wrong kind is worse than an old image.
        let is_of_wrong_kind = |pod: &&&CountedPod<'_>| pod.fault != Some(Fault::Outdated);
        let of_wrong_kind: Vec<&CountedPod<'_>> = wrong.iter().filter(is_of_wrong_kind).copied().collect();
        let wrong = if of_wrong_kind.is_empty() { wrong } else { of_wrong_kind };
        match wrong.first().and_then(|pod| pod.fault) {
            Some(fault) => self.replacement(&wrong, Wrong { wrong: wrong.len(), pods: self.pods.len(), fault }),
            None => self.nothing_wrong(),
        }
    }

    fn nothing_wrong(&self) -> (Action, ActionReason) {
        let with_proxy = || self.pods.iter().filter(|pod| pod.proxy != RunningProxy::None);
        if self.pods.is_empty() {
            return (Action::None, ActionReason::NoPods);
        }
        if with_proxy().next().is_none() {
            return (Action::None, ActionReason::NoProxy);
        }
        for pod in with_proxy() {
            match &pod.next.proxy {
                Err(error) => return (Action::Unknown, ActionReason::Undecided { error: error.clone() }),
                Ok(Proxy::Depends) => return (Action::Unknown, ActionReason::NodesUnknown),
                Ok(_) => {}
            }
        }
        if with_proxy().any(|pod| pod.next.proxy == Ok(Proxy::None)) {
            return (Action::None, ActionReason::NotInjected);
        }
        (Action::None, ActionReason::UpToDate)
    }

    /// How the wrong pods are replaced.
    fn replacement(&self, pods: &[&CountedPod<'_>], wrong: Wrong) -> (Action, ActionReason) {
        let object = self.object;
        let is = |has: fn(&WorkloadObject) -> bool| object.is_some_and(has);
        match (self.key.kind.group.as_str(), self.key.kind.kind.as_str()) {
            ("apps", "Deployment") | ("apps.openshift.io", "DeploymentConfig") if is(|object| object.is_paused) => {
                (Action::Unpause, ActionReason::Paused(wrong))
            }
            ("apps", "Deployment") if self.is_being_replaced(pods) => {
                (Action::None, ActionReason::RolloutUnderWay { wrong: wrong.wrong })
            }
            ("apps", "StatefulSet" | "DaemonSet") if is(|object| object.is_on_delete) => {
                (Action::DeletePods, ActionReason::OnDelete(wrong))
            }
            ("apps", "StatefulSet") if pods.iter().any(|pod| self.is_below_partition(pod.pod)) => {
                (Action::DeletePods, ActionReason::Partition(wrong))
            }
            ("apps", "Deployment" | "StatefulSet" | "DaemonSet")
            | ("argoproj.io", "Rollout")
            | ("apps.openshift.io", "DeploymentConfig") => (Action::Restart, ActionReason::Restart(wrong)),
            ("batch", "CronJob")
                if is(|object| object.forbids_concurrency) && pods.iter().any(|pod| hangs(pod.pod)) =>
            {
                (Action::RecreateJob, ActionReason::HangingRun(wrong))
            }
            ("batch", "CronJob") => (Action::NextRun, ActionReason::LaterRun(wrong)),
            ("", "Pod") => (Action::RecreatePod, ActionReason::BarePod(wrong)),
            ("apps", "ReplicaSet") | ("", "ReplicationController") | ("batch", "Job") if object.is_none() => {
                (Action::Unknown, ActionReason::OwnerMissing(wrong))
            }
            ("apps", "ReplicaSet") | ("", "ReplicationController") => {
                (Action::DeletePods, ActionReason::NoRestart(wrong))
            }
            ("batch", "Job") => (Action::RecreateJob, ActionReason::ImmutableTemplate(wrong)),
            _ => (Action::Unknown, ActionReason::UnknownKind(wrong)),
        }
    }

    /// Whether all wrong pods are of older `ReplicaSet`s, and the newest one has pods and none of them is wrong.
    fn is_being_replaced(&self, wrong: &[&CountedPod<'_>]) -> bool {
        let revision = |pod: &CountedPod<'_>| {
            let owner = pod.pod.owner.as_ref().filter(|owner| owner.kind.is("apps", "ReplicaSet"))?;
            self.revisions.get(&owner.name).copied()
        };
        let newest = self.revisions.values().copied().max();
        let has_pods = newest.is_some() && self.pods.iter().any(|pod| revision(pod) == newest);
        has_pods && wrong.iter().all(|pod| revision(pod).is_some_and(|revision| Some(revision) < newest))
    }

    fn is_below_partition(&self, pod: &Pod) -> bool {
        let ordinal = pod.name.rsplit_once('-').and_then(|(_, ordinal)| ordinal.parse::<i64>().ok());
        let first = self.object.map_or(0, |object| object.first_updated);
        ordinal.is_some_and(|ordinal| ordinal < first)
    }
}

/// Whether only the regular proxy keeps a pod of a Job alive.
pub(super) fn hangs(pod: &Pod) -> bool {
    let ended = |state: &State| matches!(state, State::Terminated(_));
    let (proxies, apps): (Vec<_>, Vec<_>) = pod.statuses.iter().partition(|status| status.name == PROXY);
    !apps.is_empty()
        && apps.iter().all(|status| ended(&status.state))
        && proxies.iter().any(|status| !ended(&status.state))
}
