//! Objects with a pod template, and where it is.

use super::api_group::group;
use super::path::Path;
use lossless_yaml::{NodeId, Tree};

/// An object with a pod template.
#[derive(Clone, Debug)]
pub struct Object {
    /// The object.
    pub node: NodeId,
    /// Its pod template: the object itself if it is a Pod. Where [`Object::pod_metadata`] is given, what that is in.
    pub template: NodeId,
    /// The key of the metadata of its pods, where the object has no pod template but only that.
    pub pod_metadata: Option<String>,
    /// Path of the pod template from the document's root.
    pub path: Path,
    /// Position among the items of the document's list, counted from 0 over all lists in it; none outside of lists.
    pub item: Option<usize>,
    /// `apiVersion`.
    pub api_version: String,
    /// `kind`.
    pub kind: String,
    /// `metadata.name`; empty where there is none.
    pub name: String,
    /// `metadata.generateName`.
    pub generate_name: Option<String>,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
}

impl Object {
    /// The name that people know it by: `metadata.name`, or else `metadata.generateName`.
    pub fn display_name(&self) -> &str {
        if self.name.is_empty() { self.generate_name.as_deref().unwrap_or_default() } else { &self.name }
    }

    /// The API group of its kind; empty for the core group.
    pub fn group(&self) -> &str {
        group(&self.api_version)
    }

    /// The key in [`Object::template`] of the metadata of its pods.
    pub fn metadata_key(&self) -> &str {
        self.pod_metadata.as_deref().unwrap_or("metadata")
    }

    /// Whether the object is a bare Pod.
    pub fn is_pod(&self) -> bool {
        self.node == self.template
    }

    /// Kind and name of the controller that made the object, if one did (`ownerReferences` with `controller: true`).
    pub fn controller(&self, tree: &Tree<'_>) -> Option<(String, String)> {
        let metadata = tree.get(self.node, "metadata").ok()??;
        let owners = tree.get_last(metadata, "ownerReferences").ok()??;
        let owners = tree.value(owners).ok()?;
        let owner = owners.as_array()?.iter().find(|owner| owner.get("controller") == Some(&true.into()))?;
        let text = |key: &str| owner.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        Some((text("kind"), text("name")))
    }

    /// Labels of the object itself, as far as they are strings.
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
