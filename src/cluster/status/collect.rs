//! Collects the objects that `status` needs.

use std::collections::BTreeMap;

use serde_json::Value;

use super::workload::WorkloadObject;
use crate::cluster::event::Event;
use crate::cluster::fields::text;
use crate::cluster::owners::{GroupKind, ObjectKey, Owners};
use crate::cluster::pod::Pod;
use crate::istio::Node;

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
            ("", "Namespace") => {}
            _ => {
                let key = ObjectKey { namespace, kind, name };
                let Some(workload) = WorkloadObject::of(object, &key) else { return false };
                self.workloads.insert(key, workload);
            }
        }
        true
    }

    /// The owners of all objects.
    pub(super) fn owners(&self) -> Owners {
        let pods = self.pods.iter().map(|(key, pod)| (key.clone(), pod.owner.clone()));
        let workloads = self.workloads.iter().map(|(key, workload)| (key.clone(), workload.owner.clone()));
        pods.chain(workloads).collect()
    }
}
