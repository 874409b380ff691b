//! Reads from a live cluster what questions about it need.

use std::collections::BTreeSet;

use serde_json::Value;

use super::MeshUse;
use crate::cluster::client::{Client, ClientError, Query, Resource};
use crate::cluster::saved::SavedObject;
use crate::cluster::snapshot::Snapshot;
use crate::istio::mesh_file;
use crate::output::Remark;
use crate::policy::POLICY_GROUP;

/// The name of istiod's Deployments by their labels.
pub(super) const ISTIOD: &str = "app=istiod";

/// Where the mesh is if its istiods cannot be found.
const ISTIO_SYSTEM: &str = "istio-system";

/// `ProxyConfig`s.
const PROXY_CONFIGS: Resource = Resource::namespaced("networking.istio.io", "v1beta1", "proxyconfigs");

/// The resources of Kyma's Istio module.
const KYMA_ISTIOS: Resource = Resource::namespaced("operator.kyma-project.io", "v1alpha2", "istios");

/// The policies that may set the annotation, and their bindings. A server has one of the versions.
const SETTERS: [Resource; 4] = [
    Resource::of_cluster(POLICY_GROUP, "v1", "mutatingadmissionpolicies"),
    Resource::of_cluster(POLICY_GROUP, "v1", "mutatingadmissionpolicybindings"),
    Resource::of_cluster(POLICY_GROUP, "v1beta1", "mutatingadmissionpolicies"),
    Resource::of_cluster(POLICY_GROUP, "v1beta1", "mutatingadmissionpolicybindings"),
];

/// Reads lists of objects, and keeps in mind what may not be read.
pub struct LiveReader<'c> {
    client: &'c Client,
    /// The rights that are missing: `list nodes`.
    pub missing: BTreeSet<String>,
}

impl<'c> LiveReader<'c> {
    /// Reads with this client.
    pub fn new(client: &'c Client) -> Self {
        Self { client, missing: BTreeSet::new() }
    }

    /// Calls `take` with each object of a list. Of kinds that the cluster does not have, and of what may not be read, there
    /// are none. Returns whether the list could be read.
    pub fn list(&mut self, query: &Query, take: &mut dyn FnMut(SavedObject<'_>)) -> Result<bool, ClientError> {
        match self.client.list(query, take) {
            Ok(()) | Err(ClientError::NotFound { .. }) => Ok(true),
            Err(ClientError::Forbidden { right }) => {
                self.missing.insert(right);
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// The log of a container; `None` if there is none, or it may not or cannot be read.
    pub fn log(&mut self, namespace: &str, pod: &str, container: &str) -> Result<Option<String>, ClientError> {
        match self.client.log(namespace, pod, container) {
            Ok(log) => Ok(Some(log)),
            // The container has not started, or its node does not answer.
            Err(ClientError::NotFound { .. } | ClientError::Refused { .. }) => Ok(None),
            Err(ClientError::Forbidden { right }) => {
                self.missing.insert(right);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Calls `take` with each object that decides what the mesh injects: istiods and their configuration, webhooks,
    /// namespaces, nodes.
    pub fn list_mesh(&mut self, take: &mut dyn FnMut(SavedObject<'_>)) -> Result<(), ClientError> {
        let mut namespaces = BTreeSet::new();
        self.list(&Query::all(Resource::DEPLOYMENTS).with_labels(ISTIOD), &mut |object| {
            let namespace = object.value.pointer("/metadata/namespace").and_then(Value::as_str);
            namespaces.extend(namespace.map(str::to_owned));
            take(object);
        })?;
        if namespaces.is_empty() {
            namespaces.insert(ISTIO_SYSTEM.to_owned());
        }
        for namespace in &namespaces {
            let of_istio = &mut |object: SavedObject<'_>| {
                let name = object.value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
                if name.starts_with("istio") {
                    take(object);
                }
            };
            self.list(&Query::all(Resource::CONFIG_MAPS).in_namespace(Some(namespace)), of_istio)?;
        }
        for resource in [Resource::MUTATING_WEBHOOKS, Resource::NAMESPACES, Resource::NODES, PROXY_CONFIGS, KYMA_ISTIOS]
        {
            self.list(&Query::all(resource), take)?;
        }
        Ok(())
    }

    /// Calls `take` with each `MutatingAdmissionPolicy`, and with its bindings.
    pub fn list_setters(&mut self, take: &mut dyn FnMut(SavedObject<'_>)) -> Result<(), ClientError> {
        SETTERS.iter().try_for_each(|resource| self.list(&Query::all(*resource), take).map(drop))
    }

    /// A warning for each right that is missing.
    pub fn warnings(&self) -> impl Iterator<Item = Remark> {
        let warning = |right: &String| Remark::new("no-right", format!("no right to {right}: the answer lacks them"));
        self.missing.iter().map(warning)
    }

    /// What decides injection in the cluster, and for sidecars also what they depend on.
    pub fn snapshot(&mut self, purpose: MeshUse) -> Result<Snapshot, ClientError> {
        let mut snapshot = Snapshot::default();
        let mut take = |object: SavedObject<'_>| {
            snapshot.take(&object.value);
        };
        self.list_mesh(&mut take)?;
        if purpose == MeshUse::Sidecars {
            for resource in [Resource::LIMIT_RANGES, Resource::SERVICE_ACCOUNTS] {
                self.list(&Query::all(resource), &mut take)?;
            }
        }
        Ok(snapshot)
    }

    /// The mesh of the cluster: a snapshot in memory.
    pub fn mesh_file(&mut self, purpose: MeshUse) -> Result<mesh_file::File, ClientError> {
        let text = self.snapshot(purpose)?.text();
        let context = self.client.context();
        let name = context.map_or_else(|| "the cluster".to_owned(), |context| format!("context {context}"));
        Ok(mesh_file::File { name, text })
    }
}
