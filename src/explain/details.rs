//! What follows from the decision about a workload: its containers, its resources, its settings of the sidecar, and notes.

use serde_json::{Map, Value};

use super::note::{Note, notes};
use super::workaround::Workaround;
use super::{Explanation, Proxy};
use crate::inject::{Injected, Workload, uninject};
use crate::istio::names::{annotation, container};
use crate::istio::native::Mode;
use crate::k8s::{EffectiveResources, Element, Object, Path, effective_resources, is_native_sidecar};
use lossless_yaml::Tree;

/// What follows from the decision about a workload.
#[derive(Clone, Debug, PartialEq)]
pub struct Details {
    /// The containers in the order in which they start. Those of `containers` start together.
    pub containers: Vec<Container>,
    /// The grace period that the containers share when the pod stops, in seconds.
    pub grace_period: i64,
    /// The effective resources of the pod as written.
    pub before: EffectiveResources,
    /// The same with the sidecar; `None` if the sidecar is not known.
    pub after: Option<EffectiveResources>,
    /// How many pods the workload runs according to its manifest.
    pub replicas: u64,
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
    /// Whether it starts after the proxy and waits for it, so that its traffic goes through the proxy.
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

/// Annotations of the sidecar's domain that say nothing about how it is made.
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

impl Details {
    /// The details of a workload with this pod template. `injected` is the injected one, if it could be rendered.
    pub fn of(
        explanation: &Explanation<'_>,
        injected: Option<&Injected>,
        (tree, object): (&Tree<'_>, &Object),
        workload: &Workload,
        pod: &Value,
    ) -> Self {
        let mut details = Self::as_written((tree, object), workload, pod);
        let made = match (explanation.proxy, injected) {
            (Proxy::None, _) => Some(pod),
            (_, injected) => injected.map(|injected| &injected.pod),
        };
        details.after = made.map(|made| effective_resources(made, workload.admission()));
        if let Some(made) = made {
            details.containers = containers(made);
        }
        details.notes = notes(explanation, &details, injected, object, pod);
        details
    }

    /// The details that do not depend on the decision.
    pub fn as_written((tree, object): (&Tree<'_>, &Object), workload: &Workload, pod: &Value) -> Self {
        Self {
            containers: containers(pod),
            grace_period: pod.pointer("/spec/terminationGracePeriodSeconds").and_then(Value::as_i64).unwrap_or(30),
            before: effective_resources(pod, workload.admission()),
            after: None,
            replicas: replicas(tree, object),
            settings: settings(tree, object, pod),
            injected_with: injected_with(pod),
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

fn list<'p>(pod: &'p Value, key: &str) -> impl Iterator<Item = &'p Value> {
    pod.get("spec").and_then(|spec| spec.get(key)).and_then(Value::as_array).into_iter().flatten()
}

fn name(container: &Value) -> &str {
    container.get("name").and_then(Value::as_str).unwrap_or_default()
}

/// The containers of a pod in the order in which they start.
fn containers(pod: &Value) -> Vec<Container> {
    let status = status(pod);
    let is_added = |key: &str, name: &str| {
        let names = status.as_ref().and_then(|status| status.get(key)?.as_array());
        names.is_some_and(|names| names.iter().any(|added| added == name))
    };
    let mut behind_proxy = false;
    let mut containers = Vec::new();
    for (key, is_app) in [("initContainers", false), ("containers", true)] {
        for container in list(pod, key) {
            let name = name(container);
            let role = match (is_app, is_native_sidecar(container)) {
                (true, _) => Role::App,
                (false, true) => Role::Sidecar,
                (false, false) => Role::Init,
            };
            let injected = is_added(key, name);
            containers.push(Container { name: name.to_owned(), role, injected, behind_proxy });
            behind_proxy |= role == Role::Sidecar && name == container::PROXY;
        }
    }
    containers
}

/// The record of an injection on the pod.
fn status(pod: &Value) -> Option<Map<String, Value>> {
    let text = pod.get("metadata")?.get("annotations")?.get(annotation::STATUS)?.as_str()?;
    serde_json::from_str(text).ok()
}

fn injected_with(pod: &Value) -> Option<InjectedWith> {
    let (mode, image) = uninject(pod)?.proxy?;
    let revision = status(pod).and_then(|status| status.get("revision")?.as_str().map(str::to_owned));
    Some(InjectedWith { mode, image, revision })
}

/// The settings of the sidecar in a pod template: annotations, then the user's own containers of it.
fn settings(tree: &Tree<'_>, object: &Object, pod: &Value) -> Vec<Setting> {
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
    let status = status(pod);
    for key in ["initContainers", "containers"] {
        let is_added = |name: &str| {
            let added = status.as_ref().and_then(|status| status.get(key)?.as_array());
            added.is_some_and(|added| added.iter().any(|added| added == name))
        };
        for (index, own) in list(pod, key).enumerate() {
            if !container::INJECTED.contains(&name(own)) || is_added(name(own)) {
                continue;
            }
            let fields = own.as_object().into_iter().flatten().map(|(field, _)| field.as_str());
            let fields: Vec<&str> = fields.filter(|field| *field != "name").collect();
            let mut path = Path::of_keys(["spec", key]);
            path.push(Element::Index(index));
            let name = format!("container {}", name(own));
            settings.push(Setting { name, value: fields.join(", "), line: line(path) });
        }
    }
    settings
}

/// The number of pods that the workload runs at once according to its manifest.
fn replicas(tree: &Tree<'_>, object: &Object) -> u64 {
    let number = |key: &str| {
        let node = Path::of_keys(["spec", key]).node(tree, object.node)?;
        tree.value(node).ok()?.as_u64()
    };
    match object.kind.as_str() {
        "Job" => number("parallelism").unwrap_or(1),
        "Pod" | "CronJob" | "DaemonSet" => 1,
        _ => number("replicas").unwrap_or(1),
    }
}
