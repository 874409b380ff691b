//! istiod's Deployments, with their revisions and environment.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::istio::names::{DEFAULT_REVISION, label};
use crate::istio::object::Object;
use crate::istio::value::at;
use crate::istio::{Release, image_tag};

/// The name of istiod's container.
const DISCOVERY: &str = "discovery";
/// The variable with istiod's revision.
const REVISION: &str = "REVISION";

/// An istiod, as its Deployment describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Istiod {
    pub revision: String,
    pub namespace: String,
    /// The variables with values in the Deployment.
    pub env: BTreeMap<String, String>,
    /// The variables with references to values elsewhere (`valueFrom`).
    pub elsewhere: Vec<String>,
    /// The release in the tag of its image, if there is one.
    pub release: Option<Release>,
    /// The version in its labels; empty if there is none.
    pub version_label: String,
}

impl Istiod {
    /// Reads a Deployment; none if it does not run istiod.
    pub(super) fn read(object: &Object<'_>) -> Option<Self> {
        let containers = at(&object.value, &["spec", "template", "spec", "containers"]).and_then(Value::as_array)?;
        let is_istiod = |container: &&Value| container.get("name").and_then(Value::as_str) == Some(DISCOVERY);
        let container = containers.iter().find(is_istiod)?;
        let entries = container.get("env").and_then(Value::as_array);
        let (mut env, mut elsewhere) = (BTreeMap::new(), Vec::new());
        for entry in entries.into_iter().flatten() {
            let Some(name) = entry.get("name").and_then(Value::as_str) else { continue };
            match entry.get("value") {
                Some(Value::String(value)) => drop(env.insert(name.to_owned(), value.clone())),
                _ if entry.get("valueFrom").is_some() => elsewhere.push(name.to_owned()),
                _ => drop(env.insert(name.to_owned(), String::new())),
            }
        }
        let labelled = |path: &[&str]| match object.text(path) {
            "" => None,
            revision => Some(revision.to_owned()),
        };
        let revision = env
            .get(REVISION)
            .filter(|revision| !revision.is_empty())
            .cloned()
            .or_else(|| labelled(&["metadata", "labels", label::REVISION]))
            .or_else(|| labelled(&["spec", "template", "metadata", "labels", label::REVISION]));
        let namespace = object.text(&["metadata", "namespace"]).to_owned();
        let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
        Some(Self {
            revision: revision.unwrap_or_else(|| DEFAULT_REVISION.to_owned()),
            namespace,
            env,
            elsewhere,
            release: image_tag(image).and_then(Release::of_tag),
            version_label: object.text(&["metadata", "labels", label::APP_VERSION]).to_owned(),
        })
    }
}
