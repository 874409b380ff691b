//! The objects that own pods: how they replace pods, and their pod template.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::cluster::fields::{at, is_true, items, number, strings, text};
use crate::cluster::owners::{GroupKind, ObjectKey, OwnerRef};
use crate::cluster::pod::{Container, Pod};
use crate::istio::names::{annotation, container};

/// The label that Flux puts on the objects that it applies.
const FLUX_LABEL: &str = "kustomize.toolkit.fluxcd.io/name";

/// An object that owns pods.
#[derive(Clone, Debug, Default)]
pub(super) struct WorkloadObject {
    /// The controller that owns it.
    pub(super) owner: Option<OwnerRef>,
    /// The labels.
    pub(super) labels: BTreeMap<String, String>,
    /// The pod template.
    pub(super) template: Option<Template>,
    /// The object whose pod template it uses (a Rollout with `workloadRef`).
    pub(super) template_of: Option<ObjectKey>,
    /// `spec.paused`.
    pub(super) is_paused: bool,
    /// Whether its update strategy is `OnDelete`.
    pub(super) is_on_delete: bool,
    /// The lowest ordinal that a rolling update of a `StatefulSet` reaches.
    pub(super) first_updated: i64,
    /// Whether a `CronJob` starts no run while another is active.
    pub(super) forbids_concurrency: bool,
    /// The revision of a Deployment's `ReplicaSet`.
    pub(super) revision: i64,
}

impl WorkloadObject {
    /// Reads an object. `None` if it is of an unknown kind and has no pod template.
    pub(super) fn of(object: &Value, key: &ObjectKey) -> Option<Self> {
        let spec = at(object, &["spec"]);
        let is_cron_job = key.kind.is("batch", "CronJob");
        let template =
            if is_cron_job { at(spec, &["jobTemplate", "spec", "template"]) } else { at(spec, &["template"]) };
        let template = at(template, &["spec"]).is_object().then(|| Template::of(template));
        let template_of = at(spec, &["workloadRef"]).is_object().then(|| {
            let kind = GroupKind::of(at(spec, &["workloadRef"]));
            ObjectKey { namespace: key.namespace.clone(), kind, name: text(spec, &["workloadRef", "name"]) }
        });
        if template.is_none() && !is_workload(&key.kind) {
            return None;
        }
        let ordinal = number(spec, &["ordinals", "start"]);
        let partition = number(spec, &["updateStrategy", "rollingUpdate", "partition"]);
        let revision = text(object, &["metadata", "annotations", "deployment.kubernetes.io/revision"]);
        Some(Self {
            owner: OwnerRef::of(object),
            labels: strings(object, &["metadata", "labels"]),
            template,
            template_of,
            is_paused: is_true(spec, &["paused"]),
            is_on_delete: text(spec, &["updateStrategy", "type"]) == "OnDelete",
            first_updated: ordinal.saturating_add(partition),
            forbids_concurrency: text(spec, &["concurrencyPolicy"]) == "Forbid",
            revision: revision.parse().unwrap_or_default(),
        })
    }

    /// Whether Flux applies it, with the labels of its Kustomization.
    pub(super) fn is_applied_by_flux(&self) -> bool {
        self.labels.contains_key(FLUX_LABEL)
    }
}

/// Whether pods are created by objects of this kind.
pub(super) fn is_workload(kind: &GroupKind) -> bool {
    matches!(
        (kind.group.as_str(), kind.kind.as_str()),
        ("", "ReplicationController")
            | ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet")
            | ("apps.openshift.io", "DeploymentConfig")
            | ("argoproj.io", "Rollout")
            | ("batch", "CronJob" | "Job")
    )
}

/// The parts of a pod template that the mesh's decision depends on.
#[derive(Clone, Debug, Default)]
pub(super) struct Template {
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    host_network: bool,
    init_containers: Vec<Container>,
    containers: Vec<Container>,
}

impl Template {
    fn of(template: &Value) -> Self {
        Self {
            labels: strings(template, &["metadata", "labels"]),
            annotations: strings(template, &["metadata", "annotations"]),
            host_network: is_true(template, &["spec", "hostNetwork"]),
            init_containers: items(template, &["spec", "initContainers"]).map(Container::of).collect(),
            containers: items(template, &["spec", "containers"]).map(Container::of).collect(),
        }
    }

    /// The template that a pod was probably created from: the pod without its injection.
    pub(super) fn of_pod(pod: &Pod) -> Self {
        let without = |containers: &[Container]| -> Vec<Container> {
            let is_own = |own: &&Container| !container::INJECTED.contains(&own.name.as_str());
            containers.iter().filter(is_own).cloned().collect()
        };
        let containers = without(&pod.containers);
        let mut annotations = pod.annotations.clone();
        annotations.remove(annotation::STATUS);
        Self {
            labels: pod.labels.clone(),
            annotations,
            host_network: pod.host_network,
            init_containers: without(&pod.init_containers),
            // A gateway has no other container.
            containers: if containers.is_empty() { pod.containers.clone() } else { containers },
        }
    }

    /// The annotation that selects native or regular.
    pub(super) fn annotated(&self) -> Option<&String> {
        self.annotations.get(annotation::NATIVE_SIDECAR)
    }

    /// The same template with another value of this annotation.
    pub(super) fn with_annotation(&self, value: &str) -> Self {
        let mut template = self.clone();
        template.annotations.insert(annotation::NATIVE_SIDECAR.to_owned(), value.to_owned());
        template
    }

    /// The template as a value that an injector takes.
    pub(super) fn value(&self) -> Value {
        let containers = |containers: &[Container]| -> Value {
            let one = |container: &Container| json!({"name": container.name, "image": container.image});
            containers.iter().map(one).collect()
        };
        let strings = |strings: &BTreeMap<String, String>| -> Value {
            let entries = strings.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str())));
            Value::Object(entries.collect::<Map<_, _>>())
        };
        let mut spec = json!({"containers": containers(&self.containers)});
        if let Some(spec) = spec.as_object_mut() {
            if self.host_network {
                spec.insert("hostNetwork".to_owned(), true.into());
            }
            if !self.init_containers.is_empty() {
                spec.insert("initContainers".to_owned(), containers(&self.init_containers));
            }
        }
        json!({"metadata": {"labels": strings(&self.labels), "annotations": strings(&self.annotations)}, "spec": spec})
    }
}
