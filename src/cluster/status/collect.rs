//! Collects the objects that `status` needs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::workload::WorkloadObject;
use crate::cluster::event::Event;
use crate::cluster::fields::text;
use crate::cluster::owners::{GroupKind, ObjectKey, Owners};
use crate::cluster::pod::Pod;
use crate::istio::Node;
use crate::policy::{MUTATING_BINDING, MUTATING_POLICY, POLICY_GROUP, bound_policy, setter_name};

/// The objects of a cluster, reduced to the needed fields.
#[derive(Debug, Default)]
pub struct Collected {
    /// The pods. Of two with the same name, the later one counts.
    pub(super) pods: BTreeMap<ObjectKey, Pod>,
    /// Objects with a pod template.
    pub(super) workloads: BTreeMap<ObjectKey, WorkloadObject>,
    /// The events about pods that cannot be created.
    pub(super) failures: Vec<Event>,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// The policies that set the annotation of pods.
    setters: BTreeSet<String>,
    /// The policies with a binding.
    bound_policies: BTreeSet<String>,
    /// Whether Kyma manages the mesh.
    pub(super) has_kyma: bool,
}

impl Collected {
    /// Adds an object. Those that do not matter are ignored. `default_namespace` is for objects without one. Returns
    /// whether the object is one that people save for this command.
    pub fn take(&mut self, object: &Value, default_namespace: &str) -> bool {
        let kind = GroupKind::of(object);
        let (group, name) = (kind.group.as_str(), text(object, &["metadata", "name"]));
        let mut namespace = text(object, &["metadata", "namespace"]);
        if namespace.is_empty() {
            default_namespace.clone_into(&mut namespace);
        }
        match (group, kind.kind.as_str()) {
            ("", "Pod") => {
                let pod = Pod { namespace: namespace.clone(), ..Pod::of(object) };
                self.pods.insert(ObjectKey { namespace, kind, name }, pod);
            }
            ("", "Node") => self.nodes.push(Node::of_object(object)),
            ("" | "events.k8s.io", "Event") => {
                self.failures.extend(Event::of(object).filter(|event| event.reason == "FailedCreate"));
            }
            ("operator.kyma-project.io", "Istio") => self.has_kyma = true,
            (POLICY_GROUP, MUTATING_POLICY) => self.setters.extend(setter_name(object).map(str::to_owned)),
            (POLICY_GROUP, MUTATING_BINDING) => self.bound_policies.extend(bound_policy(object).map(str::to_owned)),
            ("", "Namespace") => {}
            _ => {
                let key = ObjectKey { namespace, kind, name };
                let Some(workload) = WorkloadObject::of(object, &key) else { return false };
                self.workloads.insert(key, workload);
            }
        }
        true
    }

    /// The policies that may have set the annotation of pods. Bindings may be missing from saved objects.
    pub(super) fn setters(&self) -> Vec<String> {
        let is_bound = |name: &&String| self.bound_policies.is_empty() || self.bound_policies.contains(*name);
        self.setters.iter().filter(is_bound).cloned().collect()
    }

    /// The owners of all objects.
    pub(super) fn owners(&self) -> Owners {
        let pods = self.pods.iter().map(|(key, pod)| (key.clone(), pod.owner.clone()));
        let workloads = self.workloads.iter().map(|(key, workload)| (key.clone(), workload.owner.clone()));
        pods.chain(workloads).collect()
    }
}
