//! The object that carries a pod template, as far as an injection asks about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::pod::{part, text};
use crate::istio::names::annotation;
use crate::istio::{ClusterObjects, ContainerDefaults};

/// A workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// `apiVersion`.
    pub api_version: String,
    /// `kind`.
    pub kind: String,
    /// `metadata.name`; empty where the API server is to generate one.
    pub name: String,
    /// The namespace it will be in.
    pub namespace: String,
    /// Does something else fill in its containers' images (a `DeploymentConfig`, `OpenShift`'s image triggers)?
    pub images_filled_elsewhere: bool,
    /// The annotations of its namespace; none where they are not known.
    pub namespace_annotations: Option<BTreeMap<String, String>>,
    /// The default resources of containers in its namespace; none where no `LimitRange` is known.
    pub container_defaults: Option<Arc<ContainerDefaults>>,
    /// The names of the pull secrets of its pods' service account; empty where none are known.
    pub pull_secrets: Vec<String>,
}

impl Workload {
    /// A workload of which these four are known.
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

    /// Takes over what the objects of the cluster say about it and its pod template.
    pub fn set_cluster(&mut self, objects: &ClusterObjects, pod: &Value) {
        let namespace = objects.namespaces.get(&self.namespace);
        self.namespace_annotations = namespace.map(|namespace| namespace.annotations.clone());
        self.container_defaults = objects.limit_ranges.defaults(&self.namespace).cloned();
        self.pull_secrets = objects.service_accounts.pull_secrets_of_pod(&self.namespace, pod.get("spec")).to_vec();
    }

    /// Reads a workload from the whole object. `default_namespace` counts where it names none.
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
    fn objects_of_the_cluster_reach_the_workload() {
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
