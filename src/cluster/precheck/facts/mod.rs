//! The facts about a cluster in saved documents that checks need. Little is kept: of 10,000 pods, only those of
//! Jobs that hang.
//!
//! Kinds that only one check reads are read in that check's file.

mod injector;
mod istiod;
mod node;
mod revision;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::cni::DaemonSet;
use super::namespace_labels::Namespace;
use super::permissions::Access;
use super::quota::LimitRange;
use super::stuck_jobs::StuckPod;
use super::webhook_probe::Probe;
use super::webhooks::{Configuration, Stripped};
use crate::cluster::saved::SavedObject;
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::istio::platform::{AksCluster, AksDocuments, AksNodePool, KymaResource};
use crate::istio::value::at;
use crate::istio::{Node, ObjectError, Quota};
use crate::policy::{MUTATING_BINDING, MUTATING_POLICY, POLICY_GROUP, bound_policy, setter_name};
use lossless_yaml::Place;

pub(super) use injector::Injector;
pub(super) use istiod::{Istiod, Variable};
pub(super) use node::Kubelet;
pub(super) use revision::Revision;

/// The label of AKS's nodes.
const AKS_NODE: &str = "kubernetes.azure.com/cluster";

/// The kinds that are named of a file that has nothing to read.
const NAMED_KINDS: usize = 3;

/// What is known of a cluster.
#[derive(Debug, Default)]
pub struct Facts {
    pub(super) azure: AksDocuments,
    /// The cluster among those of `azure`.
    pub(super) cluster: Option<AksCluster>,
    /// The API server's version, as `kubectl version` prints it.
    server_version: Option<String>,
    pub(super) nodes: Vec<Node>,
    has_aks_nodes: bool,
    istiods: Vec<Istiod>,
    pub(super) injectors: Vec<Injector>,
    pub(super) kyma: Vec<KymaResource>,
    pub(super) webhooks: Vec<Configuration>,
    /// The policies that set the annotation.
    pub(super) setters: BTreeSet<String>,
    /// The policies with a binding.
    pub(super) bound_policies: BTreeSet<String>,
    pub(super) namespaces: Vec<Namespace>,
    pub(super) limit_ranges: Vec<LimitRange>,
    /// With their namespaces.
    pub(super) quotas: Vec<(String, Quota)>,
    pub(super) daemon_sets: Vec<DaemonSet>,
    /// By namespace and name of the Job.
    pub(super) stuck_jobs: BTreeMap<(String, String), StuckPod>,
    pub(super) stripped: BTreeSet<Stripped>,
    pub(super) probes: Vec<Probe>,
    /// The kinds of which objects were read, or of which there are none.
    pub(super) known: BTreeSet<Known>,
    pub(super) access: Access,
    files: BTreeMap<String, FileContent>,
}

/// Kinds whose absence from files does not mean that the cluster has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Known {
    Pods,
    DaemonSets,
    /// `LimitRange`s and `ResourceQuota`s.
    Limits,
}

/// What was found in a file.
#[derive(Debug, Default)]
struct FileContent {
    has_facts: bool,
    /// The first few other kinds.
    others: BTreeSet<String>,
}

/// Why documents are not about one cluster.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactsError {
    /// The documents describe several clusters.
    #[error("the input describes {} clusters: {}", .0.len(), .0.join(", "))]
    SeveralClusters(Vec<String>),
    /// None of them has this name.
    #[error("no cluster in the input has the name {name:?}")]
    NoSuchCluster {
        /// The name.
        name: String,
        /// The names of those in the input.
        known: Vec<String>,
    },
}

impl From<&FactsError> for Diagnostic {
    fn from(error: &FactsError) -> Self {
        let hint = match error {
            FactsError::SeveralClusters(names) => {
                let first = names.first().map_or("NAME", String::as_str);
                let are_same = names.iter().all(|name| name == first);
                Some(if are_same {
                    "pass one document of the cluster: these differ".to_owned()
                } else {
                    format!("choose one: --name {first}")
                })
            }
            FactsError::NoSuchCluster { known, .. } if known.is_empty() => {
                Some("--name is for the output of az aks list".to_owned())
            }
            FactsError::NoSuchCluster { known, .. } => Some(format!("it has {}", known.join(", "))),
        };
        Self::usage(error.to_string(), hint)
    }
}

/// The text at a path; empty if there is none.
pub(super) fn text<'v>(value: &'v Value, path: &[&str]) -> &'v str {
    at(value, path).and_then(Value::as_str).unwrap_or_default()
}

/// The items of the list at a path.
pub(super) fn items<'v>(value: &'v Value, path: &[&str]) -> &'v [Value] {
    at(value, path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

impl Facts {
    /// Reads an object.
    pub fn take(&mut self, object: &SavedObject<'_>) -> Result<(), Diagnostic> {
        let has_facts = if text(&object.value, &["apiVersion"]).is_empty() {
            self.take_document(object)?
        } else {
            self.take_object(object)
        };
        let file = self.files.entry(object.file.to_owned()).or_default();
        file.has_facts |= has_facts;
        if !has_facts && file.others.len() < NAMED_KINDS {
            let kind = if object.kind().is_empty() { "a document of another form" } else { object.kind() };
            file.others.insert(kind.to_owned());
        }
        Ok(())
    }

    /// Reads a document that is not a Kubernetes object.
    fn take_document(&mut self, object: &SavedObject<'_>) -> Result<bool, Diagnostic> {
        if object.is_kubectl_version() {
            let version = text(&object.value, &["serverVersion", "gitVersion"]);
            if !version.is_empty() {
                self.server_version = Some(version.to_owned());
            }
            return Ok(true);
        }
        let unrecognized = self.azure.unrecognized.len();
        let place = Place { line: object.line, column: 1 };
        let read = self.azure.take(&object.value, object.file, place);
        read.map_err(|error: ObjectError| Diagnostic {
            exit_code: ExitCode::Input,
            code: Code::InvalidValue,
            ..Diagnostic::from(&error)
        })?;
        Ok(self.azure.unrecognized.len() == unrecognized)
    }

    /// Reads a Kubernetes object.
    fn take_object(&mut self, object: &SavedObject<'_>) -> bool {
        let value = &object.value;
        match (object.group(), object.kind()) {
            ("", "Node") => {
                self.has_aks_nodes |= !text(value, &["metadata", "labels", AKS_NODE]).is_empty();
                self.nodes.push(Node::of_object(value));
            }
            ("", "Namespace") => self.namespaces.push(Namespace::of(value)),
            ("", "LimitRange") => {
                self.known.insert(Known::Limits);
                self.limit_ranges.push(LimitRange::of(value));
            }
            ("", "ResourceQuota") => {
                self.known.insert(Known::Limits);
                let namespace = text(value, &["metadata", "namespace"]).to_owned();
                self.quotas.extend(Quota::of(value).map(|quota| (namespace, quota)));
            }
            ("", "ConfigMap") => match Injector::of(value) {
                Some(injector) => self.injectors.push(injector),
                None => return Injector::is_beside(text(value, &["metadata", "name"])),
            },
            ("", "Pod") => {
                if let Some(probe) = Probe::of(value) {
                    self.probes.push(probe);
                    return true;
                }
                self.known.insert(Known::Pods);
                if let Some(stuck) = StuckPod::of(value) {
                    self.stuck_jobs.entry((stuck.namespace.clone(), stuck.job.clone())).or_insert(stuck);
                }
            }
            ("" | "events.k8s.io", "Event") => self.stripped.extend(Stripped::of(value)),
            ("apps", "Deployment") => match Istiod::of(value) {
                Some(istiod) => self.istiods.push(istiod),
                None => return false,
            },
            ("apps", "DaemonSet") => {
                self.known.insert(Known::DaemonSets);
                self.daemon_sets.extend(DaemonSet::of(value));
            }
            // Hanging Jobs are found by their pods.
            ("batch", "Job") => {}
            ("admissionregistration.k8s.io", "MutatingWebhookConfiguration") => {
                self.webhooks.push(Configuration::of(value));
            }
            (POLICY_GROUP, MUTATING_POLICY) => self.setters.extend(setter_name(value).map(str::to_owned)),
            (POLICY_GROUP, MUTATING_BINDING) => self.bound_policies.extend(bound_policy(value).map(str::to_owned)),
            (KymaResource::GROUP, "Istio") => self.kyma.push(KymaResource::of(value)),
            _ => return false,
        }
        true
    }

    /// Notes that a cluster listed all objects of a kind, even if there are none.
    pub fn note_listed(&mut self, resource: &str) {
        self.known.extend(match resource {
            "pods" => Some(Known::Pods),
            "daemonsets" => Some(Known::DaemonSets),
            "limitranges" | "resourcequotas" => Some(Known::Limits),
            _ => None,
        });
    }

    /// Notes what became of a pod that the cluster was asked to create in a dry run.
    pub fn note_probe(&mut self, probe: Probe) {
        self.probes.push(probe);
    }

    /// Notes that the facts come from a cluster, and which rights were missing.
    pub fn note_live(&mut self, missing: BTreeSet<String>) {
        self.access = Access::Live { missing };
    }

    /// Ends the reading: chooses the cluster of this name, or the only one.
    pub fn choose_cluster(&mut self, name: Option<&str>) -> Result<(), FactsError> {
        let mut clusters = std::mem::take(&mut self.azure.clusters);
        // Clusters of different resource groups may have the same name.
        let full_name = |cluster: &AksCluster| format!("{}/{}", cluster.resource_group, cluster.name);
        let names = |clusters: &[AksCluster]| -> Vec<String> {
            let count = |name: &str| clusters.iter().filter(|cluster| cluster.name == name).count();
            let name = |cluster: &AksCluster| {
                if count(&cluster.name) > 1 { full_name(cluster) } else { cluster.name.clone() }
            };
            clusters.iter().map(name).collect()
        };
        if let Some(name) = name {
            let known = names(&clusters);
            clusters.retain(|cluster| cluster.name == name || full_name(cluster) == name);
            if clusters.is_empty() {
                return Err(FactsError::NoSuchCluster { name: name.to_owned(), known });
            }
        }
        // The same cluster may be there twice.
        clusters.dedup();
        if clusters.len() > 1 {
            return Err(FactsError::SeveralClusters(names(&clusters)));
        }
        self.cluster = clusters.pop();
        self.webhooks.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(())
    }

    /// What a file has instead of facts; none if it has some.
    pub fn unread(&self, file: &str) -> Option<Vec<&str>> {
        match self.files.get(file) {
            None => Some(Vec::new()),
            Some(content) if content.has_facts => None,
            Some(content) => Some(content.others.iter().map(String::as_str).collect()),
        }
    }

    /// The API server's version.
    pub(super) fn api_server(&self) -> Option<&str> {
        let of_azure = || self.cluster.as_ref().and_then(|cluster| cluster.kubernetes.as_deref());
        self.server_version.as_deref().or_else(of_azure)
    }

    /// The node pools. Those that `az aks nodepool list` prints are newer than those of their cluster.
    pub(super) fn pools(&self) -> impl Iterator<Item = &AksNodePool> {
        let listed = &self.azure.pools;
        let of_cluster = self.cluster.iter().filter_map(|cluster| cluster.pools.as_ref()).flatten();
        of_cluster.filter(|pool| !listed.iter().any(|other| other.name == pool.name)).chain(listed)
    }

    /// The kubelets of nodes and node pools.
    pub(super) fn kubelets(&self) -> impl Iterator<Item = Kubelet<'_>> {
        self.pools().map(Kubelet::of_pool).chain(self.nodes.iter().map(Kubelet::of_node))
    }

    /// Whether nodes come that only the cluster knows.
    pub(super) fn has_unknown_nodes(&self) -> bool {
        self.nodes.is_empty() && self.cluster.as_ref().is_some_and(|cluster| cluster.provisions_nodes)
    }

    /// The istiods that inject sidecars. AKS's application routing runs one that does not.
    pub(super) fn istiods(&self) -> impl Iterator<Item = &Istiod> {
        let has_no_addon = self.cluster.as_ref().is_some_and(|cluster| cluster.revisions.is_empty());
        self.istiods.iter().filter(move |istiod| !(istiod.is_of_addon() && has_no_addon))
    }

    /// The revisions of the mesh.
    pub(super) fn revisions(&self) -> Vec<Revision<'_>> {
        Revision::all(self)
    }

    /// Whether the cluster is one of AKS.
    pub(super) fn is_aks(&self) -> bool {
        let azure = &self.azure;
        self.cluster.is_some()
            || !azure.pools.is_empty()
            || !azure.offered.is_empty()
            || azure.preview_flag.is_some()
            || self.has_aks_nodes
            || self.istiods.iter().any(Istiod::is_of_addon)
            || self.injectors.iter().any(Injector::is_of_addon)
    }

    /// Whether a mesh is known that is not AKS's add-on.
    pub(super) fn has_own_mesh(&self) -> bool {
        self.revisions().iter().any(|revision| !revision.is_addon)
    }
}
