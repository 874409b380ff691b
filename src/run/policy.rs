//! `policy`: asks a cluster for what a policy depends on.

use std::collections::BTreeSet;

use serde_json::Value;

use super::LiveReader;
use super::live::ISTIOD;
use crate::cluster::client::{Client, ClientError, Query, Resource};
use crate::k8s::KubernetesVersion;

/// What a policy depends on in a cluster.
#[derive(Clone, Debug)]
pub struct PolicyCluster {
    /// The version of the API server; `None` if it has another form than those of Kubernetes.
    pub kubernetes: Option<KubernetesVersion>,
    /// The namespaces with istiods.
    pub mesh_namespaces: BTreeSet<String>,
    /// The rights that are missing.
    pub missing: Vec<String>,
}

/// Asks a cluster.
pub fn policy_cluster(client: &Client) -> Result<PolicyCluster, ClientError> {
    let version = client.server_version()?;
    let text = version.get("gitVersion").and_then(Value::as_str).unwrap_or_default();
    let kubernetes = KubernetesVersion::read(text);
    let mut reader = LiveReader::new(client);
    let mut mesh_namespaces = BTreeSet::new();
    reader.list(&Query::all(Resource::DEPLOYMENTS).with_labels(ISTIOD), &mut |object| {
        let namespace = object.value.pointer("/metadata/namespace").and_then(Value::as_str);
        mesh_namespaces.extend(namespace.map(str::to_owned));
    })?;
    Ok(PolicyCluster { kubernetes, mesh_namespaces, missing: reader.missing.into_iter().collect() })
}
