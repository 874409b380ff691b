//! Facts about a mesh in the vendors' own documents, which complete the user's settings.

use super::{AKS_NAMESPACE, Aks, AksDocuments, AksRevision, Kyma, KymaResource, ModuleVersion, Platform};
use crate::istio::kubelet::is_new_enough;
use crate::istio::{Node, Nodes};
use crate::k8s::KubernetesVersion;

/// The vendors' documents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlatformDocuments {
    /// Documents of `az`.
    pub aks: AksDocuments,
    /// The Istio resources of Kyma's module, in the order of the files.
    pub kyma: Vec<KymaResource>,
}

/// The facts of an istiod or its configuration that identify the vendor.
#[derive(Clone, Copy, Debug)]
pub struct Installed<'a> {
    /// The namespace.
    pub namespace: &'a str,
    /// The version in its labels (`app.kubernetes.io/version`).
    pub version_label: &'a str,
}

impl PlatformDocuments {
    /// The platform of the documents and these istiods, completed by what is `given`; none if nothing indicates
    /// one.
    pub fn platform(&self, given: Option<&Platform>, istiods: &[Installed<'_>]) -> Option<Platform> {
        match given {
            Some(Platform::Aks(aks)) => Some(Platform::Aks(self.complete_aks(aks))),
            Some(Platform::Kyma(kyma)) => Some(Platform::Kyma(self.complete_kyma(kyma, istiods))),
            Some(Platform::OpenShift) => Some(Platform::OpenShift),
            // Application routing runs an istiod in the same namespace, without the add-on.
            None if self.has_addon().unwrap_or_else(|| istiods.iter().any(|it| it.namespace == AKS_NAMESPACE)) => {
                Some(Platform::Aks(self.complete_aks(&Aks::default())))
            }
            None if !self.kyma.is_empty() => Some(Platform::Kyma(self.complete_kyma(&Kyma::default(), istiods))),
            None => None,
        }
    }

    /// Whether an istiod in this namespace injects sidecars. That of AKS's application routing does not.
    pub(in crate::istio) fn injects(&self, namespace: &str) -> bool {
        namespace != AKS_NAMESPACE || self.has_addon() != Some(false)
    }

    /// Whether the add-on is on; none if no cluster is described.
    fn has_addon(&self) -> Option<bool> {
        let cluster = self.aks.clusters.first()?;
        Some(!cluster.revisions.is_empty())
    }

    fn complete_aks(&self, given: &Aks) -> Aks {
        let cluster = self.aks.clusters.first();
        let only = cluster.filter(|cluster| cluster.revisions.len() == 1);
        let old_pool = self
            .aks
            .all_pools()
            .find(|pool| pool.kubelet_version.as_deref().is_some_and(|version| !is_new_enough(version)));
        Aks {
            revision: given.revision.or_else(|| AksRevision::of_name(only?.revisions.first()?)),
            kubernetes: given.kubernetes.or_else(|| KubernetesVersion::read(cluster?.kubernetes.as_deref()?)),
            preview_flag: given.preview_flag || self.aks.has_preview_flag(),
            old_pool: old_pool.map(|pool| pool.name.clone()),
            install: given.install,
            long_term: cluster.is_some_and(super::AksCluster::has_long_term_support),
        }
    }

    fn complete_kyma(&self, given: &Kyma, istiods: &[Installed<'_>]) -> Kyma {
        let resource = KymaResource::in_charge(&self.kyma);
        let label = || istiods.iter().find_map(|istiod| ModuleVersion::read(istiod.version_label).ok());
        Kyma {
            module: given.module.or_else(label),
            compatibility_mode: given.compatibility_mode || resource.is_some_and(|it| it.compatibility_mode),
        }
    }

    /// The nodes of the pools; unknown if there are none, or if more nodes may come that decide.
    pub fn nodes(&self) -> Nodes {
        let nodes: Vec<Node> = self.aks.all_pools().map(super::AksNodePool::node).collect();
        let may_grow = self.aks.clusters.iter().any(|cluster| cluster.provisions_nodes);
        let is_decided = nodes.iter().any(|node| !is_new_enough(&node.kubelet_version));
        if nodes.is_empty() || (may_grow && !is_decided) { Nodes::Unknown } else { Nodes::known(nodes) }
    }
}
