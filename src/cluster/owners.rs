//! Which workload a pod belongs to: from the pod upwards by the references of controllers.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::{is_true, items, text};
use crate::k8s::group;

/// The kind of an object, without its version.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKind {
    /// The API group; empty for the core group.
    pub group: String,
    /// The kind.
    pub kind: String,
}

impl GroupKind {
    /// The kind with these fields.
    pub fn new(api_version: &str, kind: &str) -> Self {
        Self { group: group(api_version).to_owned(), kind: kind.to_owned() }
    }

    /// The kind of an object or of a reference to one, by its `apiVersion` and `kind`.
    pub fn of(value: &Value) -> Self {
        Self::new(&text(value, &["apiVersion"]), &text(value, &["kind"]))
    }

    /// Whether it is this kind of this group.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.group == group && self.kind == kind
    }

    /// Whether the workload that a pod belongs to may be above an object of this kind.
    fn is_climbed(&self) -> bool {
        matches!(
            (self.group.as_str(), self.kind.as_str()),
            ("", "Pod" | "ReplicationController") | ("apps", "ReplicaSet") | ("batch", "Job")
        )
    }
}

/// An object of a namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// The namespace.
    pub namespace: String,
    /// The kind.
    pub kind: GroupKind,
    /// The name.
    pub name: String,
}

impl ObjectKey {
    /// Kind and name for people, as in `deployment/web`.
    pub fn display_name(&self) -> String {
        format!("{}/{}", self.kind.kind.to_lowercase(), self.name)
    }
}

/// The controller that owns an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerRef {
    /// The kind.
    pub kind: GroupKind,
    /// The name.
    pub name: String,
}

impl OwnerRef {
    /// The owner of an object. References without `controller: true` are only for garbage collection, and nodes, which
    /// own static pods, are not workloads.
    pub fn of(object: &Value) -> Option<Self> {
        let owner = items(object, &["metadata", "ownerReferences"]).find(|owner| is_true(owner, &["controller"]))?;
        let kind = GroupKind::of(owner);
        (!kind.is("", "Node")).then(|| Self { kind, name: text(owner, &["name"]) })
    }

    /// The owner as an object of this namespace.
    pub fn key(&self, namespace: &str) -> ObjectKey {
        ObjectKey { namespace: namespace.to_owned(), kind: self.kind.clone(), name: self.name.clone() }
    }
}

/// The owners of objects that may be between a pod and its workload.
pub type Owners = BTreeMap<ObjectKey, Option<OwnerRef>>;

/// The workload above `object`, which `owner` controls: the first that is not merely between a pod and its workload, that
/// no controller owns, or that is not among `known`.
pub fn workload(object: ObjectKey, owner: Option<&OwnerRef>, known: &Owners) -> ObjectKey {
    let (mut at, mut owner) = (object, owner);
    // References may form a circle.
    for _ in 0..8 {
        let Some(above) = owner.filter(|_| at.kind.is_climbed()) else { break };
        at = above.key(&at.namespace);
        owner = known.get(&at).and_then(Option::as_ref);
    }
    at
}
