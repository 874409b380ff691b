//! Objects with a pod template, and its path.

use super::api_group::group;
use super::path::Path;
use lossless_yaml::{NodeId, Tree};

/// An object with a pod template.
#[derive(Clone, Debug)]
pub struct Object {
    /// The object.
    pub node: NodeId,
    /// The pod template, or the object itself if it is a Pod. If [`Object::pod_metadata`] is set, the mapping that
    /// contains that key.
    pub template: NodeId,
    /// The key of the pods' metadata, for objects without a pod template.
    pub pod_metadata: Option<String>,
    /// The path of the pod template from the document's root.
    pub path: Path,
    /// The index among the items of all Lists in the document; none outside of Lists.
    pub item: Option<usize>,
    /// `apiVersion`.
    pub api_version: String,
    /// `kind`.
    pub kind: String,
    /// `metadata.name`; empty if absent.
    pub name: String,
    /// `metadata.generateName`.
    pub generate_name: Option<String>,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
}

impl Object {
    /// The name for messages: `metadata.name` or, if absent, `metadata.generateName`.
    pub fn display_name(&self) -> &str {
        if self.name.is_empty() { self.generate_name.as_deref().unwrap_or_default() } else { &self.name }
    }

    /// The API group of its kind; empty for the core group.
    pub fn group(&self) -> &str {
        group(&self.api_version)
    }

    /// The key of the pods' metadata in [`Object::template`].
    pub fn metadata_key(&self) -> &str {
        self.pod_metadata.as_deref().unwrap_or("metadata")
    }

    /// Whether `metadata.namespace` is not a string, which the API server refuses. It counts as absent.
    pub fn has_odd_namespace(&self, tree: &Tree<'_>) -> bool {
        let value = || {
            let metadata = tree.get(self.node, "metadata").ok()??;
            tree.value(tree.get_last(metadata, "namespace").ok()??).ok()
        };
        self.namespace.is_none() && value().is_some_and(|value| !value.is_null())
    }

    /// Whether the object is a bare Pod.
    pub fn is_pod(&self) -> bool {
        self.node == self.template
    }

    /// Whether the object is a Job or a `CronJob`.
    pub fn is_job(&self) -> bool {
        matches!(self.kind.as_str(), "Job" | "CronJob") && self.group() == "batch"
    }

    /// Kind and name of the controller that owns the object, if any (`ownerReferences` with `controller: true`).
    pub fn controller(&self, tree: &Tree<'_>) -> Option<(String, String)> {
        let metadata = tree.get(self.node, "metadata").ok()??;
        let owners = tree.get_last(metadata, "ownerReferences").ok()??;
        let owners = tree.value(owners).ok()?;
        let owner = owners.as_array()?.iter().find(|owner| owner.get("controller") == Some(&true.into()))?;
        let text = |key: &str| owner.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        Some((text("kind"), text("name")))
    }

    /// The labels of the object that are strings.
    pub fn labels(&self, tree: &Tree<'_>) -> Vec<(String, String)> {
        let metadata = tree.get(self.node, "metadata").ok().flatten();
        let labels = metadata.and_then(|m| tree.get(m, "labels").ok().flatten());
        labels
            .and_then(|labels| tree.value(labels).ok())
            .and_then(|labels| match labels {
                serde_json::Value::Object(map) => Some(map),
                _ => None,
            })
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key, value.as_str()?.to_owned())))
            .collect()
    }
}
