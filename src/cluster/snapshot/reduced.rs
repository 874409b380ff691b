//! Objects without what changes by itself, what is secret, and what does not bear on injection.

use serde_json::{Map, Value, json};

use super::Kind;
use crate::cluster::fields::{at, items, text};
use crate::istio::mesh_file::injector_revision;

/// The keys of a `ConfigMap` that hold a configuration. Others repeat it.
const CONFIGURATIONS: [&str; 4] = ["config", "values", "mesh", "meshNetworks"];

/// The labels of nodes that decide where pods with a sidecar may run.
const NODE_LABELS: [&str; 4] = ["kubernetes.io/arch", "kubernetes.io/os", "type", "kubernetes.azure.com/agentpool"];

/// The beginning of the annotations of namespaces that bear on injection: the ranges of users and groups of `OpenShift`.
const NAMESPACE_ANNOTATIONS: &str = "openshift.io/";

/// Parts of the names of variables whose values may be secret.
const SECRET_WORDS: [&str; 9] =
    ["CREDENTIAL", "DSN", "JWT", "PASS", "PRIVATE_KEY", "PWD", "SECRET", "TOKEN", "API_KEY"];

/// The object as a snapshot has it; `None` if it does not bear on injection.
pub(super) fn object(kind: Kind, object: &Value) -> Option<Value> {
    let mut reduced = Map::new();
    for key in ["apiVersion", "kind"] {
        reduced.insert(key.to_owned(), at(object, &[key]).clone());
    }
    let labels = ("labels", at(object, &["metadata", "labels"]).clone());
    let mut metadata = vec![labels];
    let mut put = |key: &str, value: Value| drop(reduced.insert(key.to_owned(), value));
    match kind {
        Kind::ConfigMap => put("data", configuration(object)?),
        Kind::Deployment => put("spec", istiod(object)?),
        Kind::Istio => {
            // The oldest one is in charge.
            metadata.push(("creationTimestamp", at(object, &["metadata", "creationTimestamp"]).clone()));
            put("spec", at(object, &["spec"]).clone());
        }
        Kind::MutatingWebhookConfiguration => put("webhooks", items(object, &["webhooks"]).map(webhook).collect()),
        Kind::Namespace => metadata.push(("annotations", namespace_annotations(object))),
        Kind::ProxyConfig => {
            // The oldest one applies.
            metadata.push(("creationTimestamp", at(object, &["metadata", "creationTimestamp"]).clone()));
            put("spec", at(object, &["spec"]).clone());
        }
        Kind::LimitRange => put("spec", at(object, &["spec"]).clone()),
        Kind::ServiceAccount => {
            let secrets: Value = items(object, &["imagePullSecrets"]).cloned().collect();
            if secrets.as_array().is_some_and(Vec::is_empty) {
                return None;
            }
            metadata.clear();
            put("imagePullSecrets", secrets);
        }
        Kind::Node => {
            let mut labels = Map::new();
            for name in NODE_LABELS {
                labels.insert(name.to_owned(), at(object, &["metadata", "labels", name]).clone());
            }
            metadata = vec![("labels", without_nothing(labels))];
            let info = |name: &str| at(object, &["status", "nodeInfo", name]).clone();
            let info = json!({"kubeletVersion": info("kubeletVersion"), "operatingSystem": info("operatingSystem")});
            put("status", json!({"nodeInfo": info}));
        }
    }
    let named = ["name", "namespace"].map(|key| (key, at(object, &["metadata", key]).clone()));
    let entries = named.into_iter().chain(metadata).map(|(key, value)| (key.to_owned(), value));
    reduced.insert("metadata".to_owned(), without_nothing(entries.collect()));
    Some(without_nulls(Value::Object(reduced)))
}

/// The data of a `ConfigMap` that configures the mesh or its injector.
fn configuration(object: &Value) -> Option<Value> {
    let (name, data) = (text(object, &["metadata", "name"]), at(object, &["data"]));
    let has = |key: &str| data.get(key).is_some_and(Value::is_string);
    let is_injector = injector_revision(&name).is_some() && has("config");
    let is_mesh = name.starts_with("istio") && has("mesh");
    let keep = |key: &str| Some((key.to_owned(), data.get(key)?.clone()));
    (is_injector || is_mesh).then(|| CONFIGURATIONS.into_iter().filter_map(keep).collect())
}

/// The spec of an istiod's Deployment: its image and environment.
fn istiod(object: &Value) -> Option<Value> {
    let template = at(object, &["spec", "template"]);
    let discovery = items(template, &["spec", "containers"]).find(|one| text(one, &["name"]) == "discovery")?;
    let env: Value = items(discovery, &["env"]).filter(|entry| !is_secret(entry)).cloned().collect();
    let container = json!({"name": "discovery", "image": at(discovery, &["image"]), "env": env});
    let labels = at(template, &["metadata", "labels"]);
    Some(json!({"template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}}))
}

/// Whether a variable may have a secret as its value. A reference to a Secret is not secret.
fn is_secret(entry: &Value) -> bool {
    let (name, value) = (text(entry, &["name"]).to_ascii_uppercase(), text(entry, &["value"]));
    SECRET_WORDS.iter().any(|word| name.contains(word)) && at(entry, &["value"]).is_string() || has_credentials(&value)
}

/// Whether a text has a URL with a user and a password.
fn has_credentials(text: &str) -> bool {
    let authority = |(_, after): (&str, &str)| after.split(['/', '?', '#']).next().map(str::to_owned);
    text.split_once("://").and_then(authority).is_some_and(|authority| authority.contains('@'))
}

/// A webhook without its certificate.
fn webhook(webhook: &Value) -> Value {
    let mut webhook = webhook.clone();
    if let Some(client) = webhook.get_mut("clientConfig").and_then(Value::as_object_mut) {
        client.shift_remove("caBundle");
    }
    webhook
}

fn namespace_annotations(object: &Value) -> Value {
    let annotations = at(object, &["metadata", "annotations"]).as_object().cloned().unwrap_or_default();
    without_nothing(annotations.into_iter().filter(|(name, _)| name.starts_with(NAMESPACE_ANNOTATIONS)).collect())
}

/// The entries that are not absent or empty.
fn without_nothing(mut map: Map<String, Value>) -> Value {
    map.retain(|_, value| !value.is_null() && value.as_object().is_none_or(|map| !map.is_empty()));
    if map.is_empty() { Value::Null } else { Value::Object(map) }
}

/// The value without entries that are null.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let entries = map.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(entries.map(|(key, value)| (key, without_nulls(value))).collect())
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        scalar => scalar,
    }
}
