//! What an injection needs to know of a workload: the object that carries a pod template.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::pod::{part, text};
use crate::istio::names::annotation;
use crate::istio::{ClusterObjects, ContainerDefaults};
use crate::k8s::defaults::Admission;
use crate::k8s::{Object, pod_value};
use lossless_yaml::{Tree, YamlError};

/// A workload: an object that carries a pod template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// `apiVersion`.
    pub api_version: String,
    /// `kind`.
    pub kind: String,
    /// `metadata.name`; empty if the API server generates one.
    pub name: String,
    /// The namespace.
    pub namespace: String,
    /// Another controller sets the images of its containers (a `DeploymentConfig`, `OpenShift`'s image triggers).
    pub images_filled_elsewhere: bool,
    /// The annotations of its namespace, if known.
    pub namespace_annotations: Option<BTreeMap<String, String>>,
    /// The default resources of containers in its namespace, if a `LimitRange` is known.
    pub container_defaults: Option<Arc<ContainerDefaults>>,
    /// The pull secrets of its pods' service account, if known.
    pub pull_secrets: Vec<String>,
}

impl Workload {
    /// A workload of which only these four are known.
    pub fn new(api_version: &str, kind: &str, name: &str, namespace: &str) -> Self {
        Self {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            images_filled_elsewhere: kind == "DeploymentConfig",
            namespace_annotations: None,
            container_defaults: None,
            pull_secrets: Vec::new(),
        }
    }

    /// The workload of an object in a document. `namespace` is the object's own, or the one that it will be created in.
    pub fn of(tree: &Tree<'_>, object: &Object, namespace: &str) -> Result<Self, YamlError> {
        let mut workload = Self::new(&object.api_version, &object.kind, &object.name, namespace);
        let metadata = tree.get(object.node, "metadata")?;
        let annotations = metadata.map(|metadata| tree.get(metadata, "annotations")).transpose()?.flatten();
        let triggers = annotations.map(|annotations| tree.get(annotations, annotation::IMAGE_TRIGGERS)).transpose()?;
        workload.images_filled_elsewhere |= triggers.flatten().is_some();
        Ok(workload)
    }

    /// The workload of an object in a document and its pod template, with the facts of the cluster's objects.
    pub fn with_pod(
        tree: &Tree<'_>,
        object: &Object,
        namespace: &str,
        objects: &ClusterObjects,
    ) -> Result<(Self, Value), YamlError> {
        let pod = pod_value(tree, object.template)?;
        let mut workload = Self::of(tree, object, namespace)?;
        workload.set_cluster(objects, &pod);
        Ok((workload, pod))
    }

    /// Adds the facts of the cluster's objects: its namespace, limits and pull secrets.
    pub fn set_cluster(&mut self, objects: &ClusterObjects, pod: &Value) {
        let namespace = objects.namespaces.get(&self.namespace);
        self.namespace_annotations = namespace.map(|namespace| namespace.annotations.clone());
        self.container_defaults = objects.limit_ranges.defaults(&self.namespace).cloned();
        self.pull_secrets = objects.service_accounts.pull_secrets_of_pod(&self.namespace, pod.get("spec")).to_vec();
    }

    /// What admission plugins fill in from objects of the workload's namespace.
    pub fn admission(&self) -> Admission<'_> {
        let defaults = self.container_defaults.as_deref();
        Admission {
            limits: defaults.map(|defaults| &defaults.limits),
            requests: defaults.map(|defaults| &defaults.requests),
            pull_secrets: &self.pull_secrets,
        }
    }

    /// Reads a workload from its object. `default_namespace` is used if it has none.
    pub fn from_object(object: &Value, default_namespace: &str) -> Self {
        let metadata = part(object, "metadata");
        let namespace = match text(metadata, "namespace") {
            "" => default_namespace,
            namespace => namespace,
        };
        let mut workload =
            Self::new(text(object, "apiVersion"), text(object, "kind"), text(metadata, "name"), namespace);
        workload.images_filled_elsewhere |= part(metadata, "annotations").get(annotation::IMAGE_TRIGGERS).is_some();
        workload
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::istio::Document;
    use serde_json::json;

    #[test]
    fn a_workload_gets_the_facts_of_its_namespace() {
        let text = "apiVersion: v1\nkind: LimitRange\nmetadata: {name: a, namespace: shop}\nspec:\n  limits: [{type: \
                    Container, max: {cpu: 2}}]\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: \
                    shop}\nimagePullSecrets: [{name: b}]\n";
        let mut objects = ClusterObjects::default();
        assert!(objects.read(Document { file: "", line: 1, text }, "default").is_empty());
        let pod = json!({"spec": {"serviceAccountName": "web"}});
        let mut web = Workload::new("apps/v1", "Deployment", "web", "shop");
        web.set_cluster(&objects, &pod);
        assert_eq!(web.container_defaults.unwrap().limits["cpu"], 2);
        assert_eq!(web.pull_secrets, ["b"]);
        let mut other = Workload::new("apps/v1", "Deployment", "web", "pay");
        other.set_cluster(&objects, &pod);
        assert_eq!(other, Workload::new("apps/v1", "Deployment", "web", "pay"));
    }
}
