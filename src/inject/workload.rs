//! The object that carries a pod template, as far as an injection asks about it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::pod::{part, text};
use crate::istio::names::annotation;

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
        }
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
