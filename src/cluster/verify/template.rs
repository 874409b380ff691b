//! The template that a pod was made of: that of its owner among the objects, or the pod itself without its injection.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};

use crate::cluster::fields::{at, text};
use crate::cluster::owners::{GroupKind, ObjectKey, OwnerRef, Owners};
use crate::cluster::timeline::Target;
use crate::inject::Workload;
use crate::istio::names::label;

/// What a pod is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateSource {
    /// The template of an object above it.
    Owner {
        /// The object.
        key: ObjectKey,
        /// Whether its template cannot have changed since it made the pod.
        is_exact: bool,
    },
    /// The pod itself, without its injection.
    Pod,
    /// A rendered manifest.
    Expected(ObjectKey),
}

impl TemplateSource {
    /// The kind of the pod's owner; `Pod` if it has none.
    pub(super) fn kind(&self) -> &str {
        match self {
            Self::Owner { key, .. } | Self::Expected(key) => &key.kind.kind,
            Self::Pod => "Pod",
        }
    }
}

impl fmt::Display for TemplateSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner { key, .. } | Self::Expected(key) => f.write_str(&key.display_name()),
            Self::Pod => f.write_str("pod"),
        }
    }
}

/// An object with a pod template.
#[derive(Clone, Debug)]
struct Template {
    api_version: String,
    /// `metadata` and `spec`.
    pod: Value,
}

/// The pods and templates among objects.
#[derive(Clone, Debug, Default)]
pub struct Collected {
    /// The pods, without their status.
    pub pods: BTreeMap<ObjectKey, Value>,
    templates: BTreeMap<ObjectKey, Template>,
    owners: Owners,
}

impl Collected {
    /// Adds an object. Returns whether it is a pod or has a pod template. `default_namespace` is for objects that name
    /// none.
    pub fn take(&mut self, object: Value, default_namespace: &str) -> bool {
        let key = key_of(&object, default_namespace);
        let is_pod = key.kind.is("", "Pod");
        let template = if is_pod { None } else { template_in(&object, &key.kind) };
        if !is_pod && template.is_none() {
            return false;
        }
        self.owners.insert(key.clone(), OwnerRef::of(&object));
        match template {
            Some(pod) => {
                drop(self.templates.insert(key, Template { api_version: text(&object, &["apiVersion"]), pod }));
            }
            None => drop(self.pods.insert(key, without_state(object))),
        }
        true
    }

    /// The pods of a target.
    pub fn chosen<'c>(&'c self, target: &'c Target) -> impl Iterator<Item = (&'c ObjectKey, &'c Value)> {
        self.pods.iter().filter(move |(key, pod)| {
            let in_namespace = target.namespace.as_ref().is_none_or(|only| *only == key.namespace);
            in_namespace && target.is_of(key, OwnerRef::of(pod).as_ref(), &self.owners)
        })
    }

    /// The template of a pod, and the workload that it belongs to.
    pub(super) fn template(&self, key: &ObjectKey, pod: &Value) -> (TemplateSource, Workload, Value) {
        let above = self.above(key, pod);
        let found = above.iter().find_map(|key| Some((key, self.templates.get(key)?)));
        let Some((owner, template)) = found else {
            let workload = Workload::new("v1", "Pod", &key.name, &key.namespace);
            return (TemplateSource::Pod, workload, pod.clone());
        };
        let workload = Workload::new(&template.api_version, &owner.kind.kind, &owner.name, &key.namespace);
        let is_exact = matches!(owner.kind.kind.as_str(), "ReplicaSet" | "Job");
        (TemplateSource::Owner { key: owner.clone(), is_exact }, workload, template.pod.clone())
    }

    /// What the pod may have been made of, nearest first: its owner, and the owner of that, by references or by names.
    fn above(&self, key: &ObjectKey, pod: &Value) -> Vec<ObjectKey> {
        let Some(owner) = OwnerRef::of(pod) else { return Vec::new() };
        let nearest = owner.key(&key.namespace);
        let known = self.owners.get(&nearest).and_then(Option::as_ref);
        let next = known.map(|above| above.key(&key.namespace)).or_else(|| by_name(&nearest, pod));
        std::iter::once(nearest).chain(next).collect()
    }
}

/// The object above an owner, by the names that controllers give.
fn by_name(owner: &ObjectKey, pod: &Value) -> Option<ObjectKey> {
    let (group, kind, name) = match (owner.kind.group.as_str(), owner.kind.kind.as_str()) {
        ("apps", "ReplicaSet") => {
            let without = |hash: &str| {
                let hash = text(pod, &["metadata", "labels", hash]);
                owner.name.strip_suffix(hash.as_str())?.strip_suffix('-')
            };
            match without(label::ROLLOUTS_POD_TEMPLATE_HASH) {
                Some(rollout) => ("argoproj.io", "Rollout", rollout),
                None => ("apps", "Deployment", without(label::POD_TEMPLATE_HASH)?),
            }
        }
        ("batch", "Job") => {
            let (name, time) = owner.name.rsplit_once('-')?;
            (!time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit())).then_some(())?;
            ("batch", "CronJob", name)
        }
        _ => return None,
    };
    let kind = GroupKind { group: group.to_owned(), kind: kind.to_owned() };
    Some(ObjectKey { namespace: owner.namespace.clone(), kind, name: name.to_owned() })
}

/// The pods of rendered manifests.
#[derive(Clone, Debug, Default)]
pub struct ExpectedPods {
    /// Objects that name no namespace have an empty one.
    pods: BTreeMap<ObjectKey, Value>,
}

impl ExpectedPods {
    /// Adds an object. Returns whether it is a pod or has a pod template.
    pub fn take(&mut self, object: &Value) -> bool {
        let key = key_of(object, "");
        let pod = if key.kind.is("", "Pod") { Some(object.clone()) } else { template_in(object, &key.kind) };
        let is_taken = pod.is_some();
        self.pods.extend(pod.map(|pod| (key, pod)));
        is_taken
    }

    /// What is expected of a pod, by its own name or that of an object above it.
    pub(super) fn of(
        &self,
        collected: &Collected,
        key: &ObjectKey,
        pod: &Value,
    ) -> (TemplateSource, Workload, Option<Value>) {
        let mut candidates = vec![key.clone()];
        candidates.extend(collected.above(key, pod));
        let anywhere = |key: &ObjectKey| ObjectKey { namespace: String::new(), ..key.clone() };
        let found = candidates.iter().find_map(|one| {
            let pod = self.pods.get(one).or_else(|| self.pods.get(&anywhere(one)))?;
            Some((one, pod.clone()))
        });
        let top = found.as_ref().map(|(key, _)| *key).or(candidates.last()).unwrap_or(key).clone();
        let workload = Workload::new("", &top.kind.kind, &top.display_name(), &key.namespace);
        (TemplateSource::Expected(top), workload, found.map(|(_, pod)| pod))
    }
}

fn key_of(object: &Value, default_namespace: &str) -> ObjectKey {
    let mut namespace = text(object, &["metadata", "namespace"]);
    if namespace.is_empty() {
        default_namespace.clone_into(&mut namespace);
    }
    let kind = GroupKind::new(&text(object, &["apiVersion"]), &text(object, &["kind"]));
    ObjectKey { namespace, kind, name: text(object, &["metadata", "name"]) }
}

/// The pod template of an object.
fn template_in(object: &Value, kind: &GroupKind) -> Option<Value> {
    let path: &[&str] =
        if kind.is("batch", "CronJob") { &["spec", "jobTemplate", "spec", "template"] } else { &["spec", "template"] };
    let template = at(object, path);
    at(template, &["spec", "containers"]).is_array().then(|| {
        json!({"metadata": template.get("metadata").cloned().unwrap_or_else(|| json!({})), "spec": template.get("spec")})
    })
}

/// A pod without its status and what only the API server reads.
fn without_state(pod: Value) -> Value {
    let Value::Object(mut pod) = pod else { return Value::Null };
    pod.retain(|key, _| ["metadata", "spec"].contains(&key.as_str()));
    if let Some(metadata) = pod.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.shift_remove("managedFields");
    }
    Value::Object(Map::from_iter(pod))
}
