//! The input of rules: an object, or a pod template with the decision about its proxy.

use std::cell::OnceCell;

use serde_json::Value;

use super::commands::{self, Commands};
use super::facts::Facts;
use super::finding::Found;
use super::fix::{Edit, Fix, Grade};
use super::keys::meant;
use super::node::{Entry, Node};
use crate::explain::Proxy;
use crate::inject::{Group, Injector, Workload};
use crate::istio::names::annotation::NATIVE_SIDECAR;
use crate::istio::names::container;
use crate::k8s::{Object, Path, metadata_goes_before};
use lossless_yaml::{NodeId, Scalar, Step};

/// The proxies of injected pods.
pub const INJECTED: &[Proxy] = &[Proxy::Native, Proxy::Regular, Proxy::Depends];
/// Any proxy, or none.
pub const ANY: &[Proxy] = &Proxy::ALL;

/// Whether the mesh is given or assumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeshSource {
    /// The newest built-in release is assumed, with native proxies unless an annotation selects a regular one.
    Assumed,
    /// Flags or the project file describe it.
    Given,
}

/// The decision about the proxy of a pod.
#[derive(Clone, Debug)]
pub struct Decision<'c> {
    /// The proxy.
    pub proxy: Proxy,
    /// The injector of the mesh that applies to the pod.
    pub injector: &'c Injector,
    /// The proxy without the annotation; `None` if that is unknown.
    pub without_annotation: Option<Proxy>,
    /// What selects the proxy.
    pub by: SelectedBy,
    /// Why the pod gets no proxy; `None` if it gets one.
    pub why_not_injected: Option<String>,
    /// The input of an injection; `None` if the pod template is incomplete.
    pub seen: Option<Seen>,
    /// Whether the pod asks for a template that never makes a native sidecar, such as `gateway`.
    pub is_other_template: bool,
}

/// A workload and its pod template, for an injection.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The workload.
    pub workload: Workload,
    /// `metadata` and `spec` of the pod template.
    pub pod: Value,
}

/// What selects the proxy of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectedBy {
    /// The pod's annotation.
    Annotation,
    /// istiod's environment.
    Environment,
    /// The nodes, which are unknown.
    UnknownNodes,
    /// Something else, such as known nodes or the release.
    Other,
}

/// Facts about the whole run.
#[derive(Clone, Copy)]
pub struct Knowledge<'c> {
    /// Whether the mesh is given or assumed.
    pub source: MeshSource,
    /// Facts from other documents of the input.
    pub facts: &'c Facts,
    /// The revision of the AKS add-on, empty if unknown; `None` for another mesh.
    pub aks_revision: Option<&'c str>,
}

/// An object, with or without a pod template.
pub struct LintedObject<'c> {
    /// The object.
    pub node: Node<'c>,
    /// `apiVersion`.
    pub api_version: &'c str,
    /// `kind`.
    pub kind: &'c str,
    /// `metadata.name`.
    pub name: &'c str,
    /// The namespace, or the default one.
    pub namespace: &'c str,
    /// Facts about the whole run.
    pub known: Knowledge<'c>,
}

impl<'c> LintedObject<'c> {
    /// Whether the object is a Namespace.
    pub fn is_namespace(&self) -> bool {
        self.api_version == "v1" && self.kind == "Namespace"
    }

    /// The labels of the object itself.
    pub fn labels(&self) -> Vec<Entry<'c>> {
        self.node.at(&["metadata", "labels"]).map_or_else(Vec::new, |labels| labels.entries())
    }
}

/// A pod template.
pub struct Pod<'c> {
    /// The object that carries it.
    pub workload: &'c Object,
    /// The node of that object.
    pub object: Node<'c>,
    /// The pod template: the mapping with `metadata` and `spec`. A bare Pod is its own.
    pub template: Node<'c>,
    /// The namespace of the pods.
    pub namespace: &'c str,
    /// The decision about the proxy.
    pub decision: Decision<'c>,
    /// Facts about the whole run.
    pub known: Knowledge<'c>,
    pub(super) commands: OnceCell<Vec<Commands<'c>>>,
}

/// A container of a pod template.
#[derive(Clone)]
pub struct Container<'c> {
    /// The item of the list.
    pub node: Node<'c>,
    /// The list.
    pub list: Group,
    /// The name; empty if absent.
    pub name: &'c str,
}

impl Container<'_> {
    /// Whether it is one of the containers that Istio adds, or an override of one.
    pub fn is_istios(&self) -> bool {
        container::INJECTED.contains(&self.name)
    }
}

impl<'c> Pod<'c> {
    /// What the user's containers run.
    pub(super) fn commands(&self) -> &[Commands<'c>] {
        self.commands.get_or_init(|| commands::commands(self))
    }

    /// The pods' `spec`.
    pub fn spec(&self) -> Option<Node<'c>> {
        self.template.get("spec")
    }

    /// The pods' `metadata`.
    pub fn metadata(&self) -> Option<Node<'c>> {
        // Kinds without a pod template may have the pods' metadata under another key.
        self.template.get(self.workload.metadata_key())
    }

    /// The annotations of the pods; no entries if there are none.
    pub fn annotations(&self) -> Vec<Entry<'c>> {
        self.metadata().and_then(|metadata| metadata.get("annotations")).map_or_else(Vec::new, |node| node.entries())
    }

    /// The labels of the pods.
    pub fn labels(&self) -> Vec<Entry<'c>> {
        self.metadata().and_then(|metadata| metadata.get("labels")).map_or_else(Vec::new, |node| node.entries())
    }

    /// An annotation of the pods.
    pub fn annotation(&self, name: &str) -> Option<Entry<'c>> {
        self.metadata()?.get("annotations")?.entry(name)
    }

    /// A label of the pods.
    pub fn label(&self, name: &str) -> Option<Entry<'c>> {
        self.metadata()?.get("labels")?.entry(name)
    }

    /// The containers, init containers first.
    pub fn containers(&self) -> Vec<Container<'c>> {
        let Some(spec) = self.spec() else { return Vec::new() };
        let mut containers = Vec::new();
        for list in [Group::InitContainers, Group::Containers] {
            for node in spec.get(list.key()).iter().flat_map(Node::items) {
                let name = node.get("name").and_then(|name| name.text()).unwrap_or_default();
                containers.push(Container { node, list, name });
            }
        }
        containers
    }

    /// Whether the workload's selector names a label of its pods.
    pub fn selects(&self, label: &str) -> bool {
        let Some(selector) = self.object.at(&["spec", "selector"]) else { return false };
        let labels = selector.get("matchLabels").unwrap_or(selector);
        labels.entry(label).is_some()
    }

    /// Whether the pod template's annotation is `"true"`: the proxy is native in every mesh that reads it.
    pub fn is_native_by_annotation(&self) -> bool {
        self.annotation(NATIVE_SIDECAR).is_some_and(|entry| entry.value.scalar() == Some(Scalar::Str("true")))
    }

    /// Whether the annotation that selects the proxy has a wrong name or place. The fix of that may change the proxy.
    pub fn has_misplaced_mode(&self) -> bool {
        let is_mode = |entry: &Entry<'_>| entry.name == NATIVE_SIDECAR || meant(&entry.name) == Some(NATIVE_SIDECAR);
        let elsewhere = [self.object.get("metadata"), self.object.at(&["spec", "jobTemplate", "metadata"])];
        let metadata = elsewhere.into_iter().chain([self.metadata()]).flatten();
        let maps = metadata.flat_map(|metadata| ["labels", "annotations"].map(|map| metadata.get(map))).flatten();
        self.annotation(NATIVE_SIDECAR).is_none() && maps.flat_map(|map| map.entries()).any(|entry| is_mode(&entry))
    }

    /// Adds the fix of a workaround, whose grade is `own` at best: unsafe if only the mesh makes the proxy native. None is
    /// offered if the mesh is assumed, or if another fix may change the proxy.
    pub fn fix_workaround(&self, found: &mut Found, own: Grade, edit: Edit) {
        let grade = match self.known.source {
            _ if self.has_misplaced_mode() => Err("for a fix, correct the misplaced or misspelt annotation first"),
            _ if self.is_native_by_annotation() => Ok(own),
            MeshSource::Given => Ok(Grade::Unsafe),
            MeshSource::Assumed => Err("for a fix, annotate the workload, or pass --istio and --node-version"),
        };
        match grade {
            Ok(grade) => found.fix(Fix { grade, edits: vec![edit] }),
            Err(advice) => found.for_a_fix(advice),
        };
    }

    /// The node for a finding about the workload as a whole: the key `template`, or `metadata` of a bare Pod.
    pub fn head(&self) -> NodeId {
        let steps = self.workload.path.steps();
        let (parent, key) = match steps.get(self.object.path().len()..) {
            Some([above @ .., Step::Key(key)]) => (self.object.follow(above), *key),
            _ => (Some(self.object.clone()), "metadata"),
        };
        parent.and_then(|parent| parent.entry(key)).map_or(self.template.id(), |entry| entry.key)
    }

    /// The path of a label or annotation of the pods, which need not exist, and the key that new parents go before.
    pub fn metadata_path(&self, map: &str, name: &str) -> (Path, Option<String>) {
        let keys = self.template.entries();
        let keys: Vec<&str> = keys.iter().map(|entry| &*entry.name).collect();
        let metadata = self.workload.metadata_key();
        let before = if keys.contains(&metadata) { None } else { metadata_goes_before(&keys).map(str::to_owned) };
        (self.template.path_to([metadata, map, name].map(Step::Key)), before)
    }
}
