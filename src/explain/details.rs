//! What follows from the decision about a workload: its containers, its resources, its settings of the sidecar, and notes.

use serde_json::Value;

use super::injection_record::InjectionRecord;
use super::note::{Note, notes};
use super::replicas::Replicas;
use super::workaround::Workaround;
use super::{Explanation, Proxy};
use crate::inject::{Injected, Workload, uninject};
use crate::istio::ClusterObjects;
use crate::istio::names::{annotation, container};
use crate::istio::native::Mode;
use crate::k8s::{
    EffectiveResources, Element, Object, Path, container_name, effective_resources, is_native_sidecar, pod_containers,
};
use lossless_yaml::Tree;

/// What follows from the decision about a workload.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details {
    /// The containers in the order in which they start. Those of `containers` start together.
    pub containers: Vec<Container>,
    /// The grace period that the containers share when the pod stops, in seconds. `None` if the manifest has another value
    /// than a whole number, which the API server refuses.
    pub grace_period: Option<i64>,
    /// The effective resources of the pod in the manifest.
    pub before: EffectiveResources,
    /// The same with the sidecar; `None` if the sidecar is not known.
    pub after: Option<EffectiveResources>,
    /// How many pods the workload runs.
    pub replicas: Replicas,
    /// The kind of the object that controls it, in a live export.
    pub controller: Option<String>,
    /// The settings of the sidecar that the pod template has.
    pub settings: Vec<Setting>,
    /// What the manifest was injected with.
    pub injected_with: Option<InjectedWith>,
    /// What is worth knowing.
    pub notes: Vec<Note>,
}

/// A container of the pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// What it does in the life of the pod.
    pub role: Role,
    /// Whether the injection adds it.
    pub injected: bool,
    /// Whether it starts after a native proxy has started: its traffic goes through the proxy.
    pub behind_proxy: bool,
}

/// What a container does in the life of the pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// An init container that ends before the next one starts.
    Init,
    /// An init container with `restartPolicy: Always`, which keeps running.
    Sidecar,
    /// A container under `containers`.
    App,
}

impl Role {
    /// The stable name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Sidecar => "sidecar",
            Self::App => "app",
        }
    }
}

/// A setting of the sidecar in the pod template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The annotation, or `container istio-proxy` for settings of the proxy's container.
    pub name: String,
    /// Its value; for a container, the fields that it sets.
    pub value: String,
    /// Its line in the manifest, counted from 1.
    pub line: Option<usize>,
}

/// What a manifest was injected with before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InjectedWith {
    /// Native or regular.
    pub mode: Mode,
    /// The image of the proxy.
    pub image: String,
    /// The revision that its status annotation names.
    pub revision: Option<String>,
}

/// Annotations of these domains that are not settings of the sidecar.
const NO_SETTINGS: [&str; 4] =
    [annotation::STATUS, annotation::OVERRIDES, annotation::NATIVE_SIDECAR, annotation::INJECT];

/// The domains of annotations that are settings of the sidecar.
const DOMAINS: [&str; 6] = [
    "sidecar.istio.io/",
    "proxy.istio.io/",
    "traffic.sidecar.istio.io/",
    "readiness.status.sidecar.istio.io/",
    "status.sidecar.istio.io/",
    "inject.istio.io/",
];

/// The grace period of a pod that sets none, in seconds.
const DEFAULT_GRACE_PERIOD: i64 = 30;

impl Details {
    /// The details of a workload with this pod template. `injected` is the injected one, if it could be rendered.
    pub fn of(
        explanation: &Explanation<'_>,
        injected: Option<&Injected>,
        (tree, object): (&Tree<'_>, &Object),
        workload: &Workload,
        pod: &Value,
        objects: &ClusterObjects,
    ) -> Self {
        let mut details = Self::as_written((tree, object), workload, pod, objects);
        let made = match (explanation.proxy, injected) {
            (Proxy::None, _) => Some(pod),
            (_, injected) => injected.map(|injected| &injected.pod),
        };
        details.after = made.map(|made| effective_resources(made, workload.admission()));
        if let Some(made) = made {
            details.containers = containers(made, &InjectionRecord::of(made));
        }
        details.notes = notes(explanation, &details, injected, object, pod, workload.admission());
        details
    }

    /// The details that do not depend on the decision.
    pub fn as_written(
        (tree, object): (&Tree<'_>, &Object),
        workload: &Workload,
        pod: &Value,
        objects: &ClusterObjects,
    ) -> Self {
        let record = InjectionRecord::of(pod);
        Self {
            containers: containers(pod, &record),
            grace_period: grace_period(pod),
            before: effective_resources(pod, workload.admission()),
            after: None,
            replicas: Replicas::of(tree, object, &workload.namespace, objects),
            controller: object.controller(tree).map(|(kind, _)| kind),
            settings: settings(tree, object, pod, &record),
            injected_with: injected_with(pod, &record),
            notes: Vec::new(),
        }
    }
}

impl Details {
    /// The step of the start at which each container starts, from 1. The containers of the last step start together.
    pub fn start_steps(&self) -> Vec<usize> {
        let is_app = |container: &Container| container.role == Role::App;
        let init = self.containers.iter().filter(|container| !is_app(container)).count();
        self.containers
            .iter()
            .enumerate()
            .map(|(at, container)| if is_app(container) { init + 1 } else { at + 1 })
            .collect()
    }

    /// The names of the containers in the order in which they get SIGTERM when the pod stops: those of `containers`
    /// together, then each native sidecar when all behind it have ended.
    pub fn stop_order(&self) -> Vec<Vec<&str>> {
        let named = |role: Role| self.containers.iter().filter(move |c| c.role == role).map(|c| c.name.as_str());
        let apps: Vec<&str> = named(Role::App).collect();
        let sidecars: Vec<&str> = named(Role::Sidecar).collect();
        let apps = (!apps.is_empty()).then_some(apps);
        apps.into_iter().chain(sidecars.into_iter().rev().map(|name| vec![name])).collect()
    }
}

/// Whether the pods of a Job or `CronJob` end when their work is done; `None` for other kinds, and if it depends on nodes.
pub(super) fn finishes(proxy: Proxy, object: &Object, pod: &Value) -> Option<bool> {
    if !object.is_job() {
        return None;
    }
    match proxy {
        Proxy::Native | Proxy::None => Some(true),
        Proxy::Regular => Some(Workaround::of(pod).is_some()),
        Proxy::Depends => None,
    }
}

/// `terminationGracePeriodSeconds`, or its default.
fn grace_period(pod: &Value) -> Option<i64> {
    match pod.pointer("/spec/terminationGracePeriodSeconds") {
        None | Some(Value::Null) => Some(DEFAULT_GRACE_PERIOD),
        Some(period) => period.as_i64(),
    }
}

/// The containers of a pod in the order in which they start. `record` is the one of its injection.
fn containers(pod: &Value, record: &InjectionRecord) -> Vec<Container> {
    let mut behind_proxy = false;
    let mut containers = Vec::new();
    for (key, is_app) in [("initContainers", false), ("containers", true)] {
        for container in pod_containers(pod, key) {
            let name = container_name(container);
            let role = match (is_app, is_native_sidecar(container)) {
                (true, _) => Role::App,
                (false, true) => Role::Sidecar,
                (false, false) => Role::Init,
            };
            let injected = record.added(key).any(|added| added == name);
            containers.push(Container { name: name.to_owned(), role, injected, behind_proxy });
            behind_proxy |= role == Role::Sidecar && name == container::PROXY;
        }
    }
    containers
}

fn injected_with(pod: &Value, record: &InjectionRecord) -> Option<InjectedWith> {
    let (mode, image) = uninject(pod)?.proxy?;
    Some(InjectedWith { mode, image, revision: record.revision().map(str::to_owned) })
}

/// The settings of the sidecar in a pod template: annotations, then the user's own containers of it.
fn settings(tree: &Tree<'_>, object: &Object, pod: &Value, record: &InjectionRecord) -> Vec<Setting> {
    let line = |path: Path| path.node(tree, object.template).map(|node| tree.line(node));
    let annotations = pod.pointer("/metadata/annotations").and_then(Value::as_object);
    let is_setting = |name: &str| DOMAINS.iter().any(|domain| name.starts_with(domain)) && !NO_SETTINGS.contains(&name);
    let annotations = annotations.into_iter().flatten().filter(|(name, _)| is_setting(name));
    let mut settings: Vec<Setting> = annotations
        .map(|(name, value)| Setting {
            name: name.clone(),
            value: value.as_str().map_or_else(|| value.to_string(), str::to_owned),
            line: line(Path::of_keys(["metadata", "annotations", name])),
        })
        .collect();
    for key in ["initContainers", "containers"] {
        for (index, own) in pod_containers(pod, key).enumerate() {
            let name = container_name(own);
            if !container::INJECTED.contains(&name) || record.added(key).any(|added| added == name) {
                continue;
            }
            let fields = own.as_object().into_iter().flatten().map(|(field, _)| field.as_str());
            let fields: Vec<&str> = fields.filter(|field| *field != "name").collect();
            let mut path = Path::of_keys(["spec", key]);
            path.push(Element::Index(index));
            let name = format!("container {name}");
            settings.push(Setting { name, value: fields.join(", "), line: line(path) });
        }
    }
    settings
}
