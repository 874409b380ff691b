//! The nodes of a cluster, and their kubelets' versions.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::kubelet::is_new_enough;
use super::value::at;

/// What is known of a cluster's nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nodes {
    /// Nothing is known.
    Unknown,
    /// All nodes are assumed to be new enough for native sidecars.
    AssumedNew,
    /// All nodes are known. The revisions of a mesh share them.
    Known(Arc<NodeList>),
}

impl Nodes {
    /// Nodes that are all known.
    pub fn known(nodes: Vec<Node>) -> Self {
        Self::Known(Arc::new(NodeList::new(nodes)))
    }
}

/// A node, or a pool of nodes of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The node's name; empty if only versions are known.
    pub name: String,
    /// The kubelet's version, such as `v1.33.2`.
    pub kubelet_version: String,
    /// What kind of node it is.
    pub kind: NodeKind,
}

/// Kinds of nodes, as far as native sidecars depend on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// An ordinary node.
    Linux,
    /// A node with Windows, which runs no sidecars of Istio.
    Windows,
    /// A virtual kubelet, which runs pods elsewhere.
    Virtual,
    /// A pool of ordinary nodes.
    Pool,
    /// A pool of nodes with Windows.
    WindowsPool,
}

impl Node {
    /// A node of this name with a kubelet of this version.
    pub fn new(name: impl Into<String>, kubelet_version: impl Into<String>) -> Self {
        let kubelet_version = kubelet_version.into();
        let kind = if kubelet_version.contains("-vk-") { NodeKind::Virtual } else { NodeKind::Linux };
        Self { name: name.into(), kubelet_version, kind }
    }

    /// Reads an object of kind `Node`.
    pub fn of_object(object: &Value) -> Self {
        let text = |path: &[&str]| at(object, path).and_then(Value::as_str).unwrap_or_default();
        let mut node = Self::new(text(&["metadata", "name"]), text(&["status", "nodeInfo", "kubeletVersion"]));
        let os = [["metadata", "labels", "kubernetes.io/os"], ["status", "nodeInfo", "operatingSystem"]];
        if text(&["metadata", "labels", "type"]) == "virtual-kubelet" {
            node.kind = NodeKind::Virtual;
        } else if os.iter().any(|path| text(path) == "windows") {
            node.kind = NodeKind::Windows;
        }
        node
    }

    /// Whether pods with a sidecar may run there.
    pub fn runs_sidecars(&self) -> bool {
        matches!(self.kind, NodeKind::Linux | NodeKind::Pool)
    }
}

impl fmt::Display for NodeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Linux => "node",
            Self::Windows => "Windows node",
            Self::Virtual => "virtual node",
            Self::Pool => "node pool",
            Self::WindowsPool => "Windows node pool",
        })
    }
}

/// All nodes of a cluster, prepared for the decisions about many pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeList {
    nodes: Vec<Node>,
    /// The index of the first node of each name.
    by_name: HashMap<String, usize>,
    /// The index of the first node whose kubelet is too old for istiod to choose native.
    first_too_old: Option<usize>,
}

impl NodeList {
    fn new(nodes: Vec<Node>) -> Self {
        let mut by_name = HashMap::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate().filter(|(_, node)| !node.name.is_empty()) {
            by_name.entry(node.name.clone()).or_insert(index);
        }
        let first_too_old = nodes.iter().position(|node| !is_new_enough(&node.kubelet_version));
        Self { nodes, by_name, first_too_old }
    }

    /// All nodes, in the order of the input.
    pub fn all(&self) -> &[Node] {
        &self.nodes
    }

    /// The first node of this name.
    pub(super) fn named(&self, name: &str) -> Option<&Node> {
        self.by_name.get(name).and_then(|&index| self.nodes.get(index))
    }

    /// The first node whose kubelet is too old for istiod to choose native.
    pub(super) fn first_too_old(&self) -> Option<&Node> {
        self.first_too_old.and_then(|index| self.nodes.get(index))
    }
}
