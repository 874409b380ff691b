//! Collects what `timeline` needs, and finds the pods of a target.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Timeline;
use super::log::LogMoment;
use crate::cluster::event::Event;
use crate::cluster::fields::text;
use crate::cluster::owners::{GroupKind, ObjectKey, OwnerRef, Owners, workload};
use crate::cluster::pod::Pod;
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::k8s::{KindNames, Time};

/// The most pods that are shown at once.
const MAX_PODS: usize = 20;

/// Pods, their events, and lines of logs.
#[derive(Debug, Default)]
pub struct Collected {
    pods: BTreeMap<ObjectKey, Pod>,
    events: Vec<Event>,
    owners: Owners,
    /// Lines of logs.
    pub logs: Vec<LogMoment>,
}

/// What to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The kind in lower case; `pod` if none is given.
    pub kind: Option<String>,
    /// The name; none for the only pod that there is.
    pub name: Option<String>,
    /// The namespace; none for all.
    pub namespace: Option<String>,
}

impl std::str::FromStr for Target {
    type Err = &'static str;

    /// Reads `NAME` or `KIND/NAME`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, name) = match text.split_once('/') {
            Some((kind, name)) => (Some(kind.to_lowercase()), name),
            None => (None, text),
        };
        if name.is_empty() || name.contains('/') || kind.as_deref() == Some("") {
            return Err("expected a pod's name or KIND/NAME");
        }
        Ok(Self { kind, name: Some(name.to_owned()), namespace: None })
    }
}

impl Target {
    /// The name of the pod, if the target is a single one; none for the pods of a workload, or all.
    pub fn pod_name(&self) -> Option<&str> {
        let is_pod = matches!(self.kind.as_deref(), None | Some("pod" | "pods" | "po"));
        self.name.as_deref().filter(|_| is_pod)
    }

    /// Whether it is the pod of this name, or a workload above the pod. The namespace does not matter.
    pub fn is_of(&self, pod: &ObjectKey, owner: Option<&OwnerRef>, owners: &Owners) -> bool {
        let Some(name) = &self.name else { return true };
        if let Some(name) = self.pod_name() {
            return pod.name == name;
        }
        match self.kind.as_deref() {
            None => false,
            Some(kind) => {
                let kinds = KindNames::from_iter([kind.to_owned()]);
                let is = |key: &ObjectKey| key.name == *name && kinds.has(&key.kind.kind, &key.kind.group);
                owner.is_some_and(|owner| {
                    is(&workload(pod.clone(), Some(owner), owners)) || is(&owner.key(&pod.namespace))
                })
            }
        }
    }
}

/// Why no pods are shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The target is not among the objects.
    #[error("{target} is not among the objects")]
    NotFound {
        /// The target: `pod web-1`.
        target: String,
        /// Workloads of the name, if a pod is asked for: `deployment/web`.
        workloads: Vec<String>,
    },
    /// There are no pods.
    #[error("no pod is among the objects")]
    Nothing,
    /// There are too many pods.
    #[error("{count} pods match, but at most {MAX_PODS} can be shown")]
    TooMany {
        /// How many there are.
        count: usize,
    },
}

impl From<&TargetError> for Diagnostic {
    fn from(error: &TargetError) -> Self {
        let failure = Self::error(Code::NoInput, ExitCode::Input, error.to_string());
        match error {
            TargetError::TooMany { .. } => failure.with_hint("pass the name of a pod, and -n for its namespace"),
            TargetError::NotFound { workloads, .. } if !workloads.is_empty() => {
                failure.with_hint(format!("for the pods of a workload, pass {}", workloads.join(" or ")))
            }
            TargetError::NotFound { .. } | TargetError::Nothing => failure,
        }
    }
}

impl Collected {
    /// Adds the pods of `before` that are gone, as they were last.
    pub fn keep_gone(&mut self, before: Self) {
        for (key, pod) in before.pods {
            self.pods.entry(key).or_insert(pod);
        }
        for (key, owner) in before.owners {
            self.owners.entry(key).or_insert(owner);
        }
    }

    /// Adds an object. Those that do not matter are ignored. `default_namespace` is for objects without one.
    pub fn take(&mut self, object: &Value, default_namespace: &str) {
        let kind = GroupKind::of(object);
        if let Some(event) = Event::of(object) {
            self.events.extend(Some(event).filter(|event| event.object.kind.is("", "Pod")));
            return;
        }
        let (mut namespace, name) = (text(object, &["metadata", "namespace"]), text(object, &["metadata", "name"]));
        if namespace.is_empty() {
            default_namespace.clone_into(&mut namespace);
        }
        let key = ObjectKey { namespace, kind, name };
        self.owners.insert(key.clone(), OwnerRef::of(object));
        if key.kind.is("", "Pod") {
            let pod = Pod { namespace: key.namespace.clone(), ..Pod::of(object) };
            self.pods.insert(key, pod);
        }
    }

    /// The lives of the pods of a target, at the time `now`.
    pub fn timelines(&self, target: &Target, now: Time) -> Result<Vec<Timeline>, TargetError> {
        let in_namespace = |namespace: &str| target.namespace.as_ref().is_none_or(|only| only == namespace);
        let mut chosen: Vec<(&ObjectKey, Option<&Pod>)> = self
            .pods
            .iter()
            .map(|(key, pod)| (key, Some(pod)))
            .filter(|(key, pod)| in_namespace(&key.namespace) && self.is_chosen(key, *pod, target))
            .collect();
        // Pods of which only events are left.
        let gone: BTreeSet<&ObjectKey> = self.events.iter().map(|event| &event.object).collect();
        let gone = gone.into_iter().filter(|key| !self.pods.contains_key(*key) && in_namespace(&key.namespace));
        chosen.extend(gone.filter(|key| self.is_chosen(key, None, target)).map(|key| (key, None)));
        match (chosen.len(), &target.name) {
            (0, None) => return Err(TargetError::Nothing),
            (0, Some(name)) => {
                let (target, workloads) = match target.kind.as_deref() {
                    None | Some("pod" | "pods" | "po") => (format!("pod {name}"), self.workloads(name, &in_namespace)),
                    Some(kind) => (format!("a pod of {kind}/{name}"), Vec::new()),
                };
                return Err(TargetError::NotFound { target, workloads });
            }
            (count, _) if count > MAX_PODS => return Err(TargetError::TooMany { count }),
            _ => {}
        }
        let is_only = chosen.len() == 1;
        Ok(chosen.into_iter().map(|(key, pod)| self.timeline(key, pod, is_only, now)).collect())
    }

    /// The workloads of this name that own pods, as `deployment/web`.
    fn workloads(&self, name: &str, in_namespace: &dyn Fn(&str) -> bool) -> Vec<String> {
        let pods = self.pods.iter().filter(|(key, _)| in_namespace(&key.namespace));
        let above = pods.map(|(key, pod)| workload(key.clone(), pod.owner.as_ref(), &self.owners));
        let named: BTreeSet<String> =
            above.filter(|key| key.name == name && !key.kind.is("", "Pod")).map(|key| key.display_name()).collect();
        named.into_iter().collect()
    }

    fn is_chosen(&self, key: &ObjectKey, pod: Option<&Pod>, target: &Target) -> bool {
        target.is_of(key, pod.and_then(|pod| pod.owner.as_ref()), &self.owners)
    }

    fn timeline(&self, key: &ObjectKey, pod: Option<&Pod>, is_only: bool, now: Time) -> Timeline {
        // A pod of the same name may have lived before.
        let is_of_pod = |event: &&Event| {
            let uid = pod.map_or("", |pod| pod.uid.as_str());
            event.object == *key && (uid.is_empty() || event.uid.is_empty() || event.uid == uid)
        };
        let mut events: Vec<&Event> = self.events.iter().filter(is_of_pod).collect();
        if events.is_empty() {
            // Tools that copy objects may change uids.
            events = self.events.iter().filter(|event| event.object == *key).collect();
        }
        let is_of_log = |log: &&LogMoment| log.pod.as_ref().map_or(is_only, |pod| *pod == key.name);
        let logs: Vec<&LogMoment> = self.logs.iter().filter(is_of_log).collect();
        // Events do not have the order of containers.
        let nothing = Pod { namespace: key.namespace.clone(), name: key.name.clone(), ..Pod::default() };
        Timeline::of(pod.unwrap_or(&nothing), &events, &logs, now)
    }
}
