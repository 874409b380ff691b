//! The nodes of a cluster, and their kubelets' versions.

use std::collections::HashMap;
use std::sync::Arc;

use super::kubelet::is_new_enough;

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

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The node's name; empty if only versions are known.
    pub name: String,
    /// The kubelet's version, such as `v1.33.2`.
    pub kubelet_version: String,
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
