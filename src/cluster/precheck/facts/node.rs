//! The kubelets of nodes and node pools.

use crate::istio::platform::AksNodePool;
use crate::istio::{Node, NodeKind};
use crate::k8s::KubernetesVersion;

/// The kubelets of a node or a node pool.
#[derive(Debug, Clone, Copy)]
pub(in crate::cluster::precheck) struct Kubelet<'f> {
    pub name: &'f str,
    /// As written; empty if it is not known.
    pub version: &'f str,
    pub is_pool: bool,
    pub is_windows: bool,
    pub is_virtual: bool,
}

impl<'f> Kubelet<'f> {
    pub(super) fn of_node(node: &'f Node) -> Self {
        let Node { name, kubelet_version, kind } = node;
        let (is_windows, is_virtual) = (*kind == NodeKind::Windows, *kind == NodeKind::Virtual);
        Self { name, version: kubelet_version, is_pool: false, is_windows, is_virtual }
    }

    pub(super) fn of_pool(pool: &'f AksNodePool) -> Self {
        Self {
            name: &pool.name,
            version: pool.kubelet_version.as_deref().unwrap_or_default(),
            is_pool: true,
            is_windows: pool.os.as_deref().is_some_and(|os| os.eq_ignore_ascii_case("Windows")),
            is_virtual: false,
        }
    }

    /// `node NAME` or `node pool NAME`.
    pub(in crate::cluster::precheck) fn subject(&self) -> String {
        format!("{} {}", if self.is_pool { "node pool" } else { "node" }, self.name)
    }

    pub(in crate::cluster::precheck) fn version(&self) -> Option<KubernetesVersion> {
        KubernetesVersion::read(self.version)
    }
}
