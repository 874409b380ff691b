//! Commands that rows print, with their arguments quoted for a shell.

use std::borrow::Cow;

use super::Facts;
use crate::istio::MIN_KUBELET_MINOR;
use crate::istio::names::DEFAULT_REVISION;
use crate::istio::platform::{AKS_NAMESPACE, AksCluster};
use crate::k8s::{KubernetesVersion, shell_word};

/// Shows all nodes.
pub(super) const GET_NODES: &str = "kubectl get nodes -o yaml";
/// Shows all istiods.
pub(super) const GET_ISTIOD: &str = "kubectl get deployments -A -l app=istiod -o yaml";

/// Shows the configuration of an injector of the mesh.
pub(super) fn get_injector(facts: &Facts) -> String {
    let revisions = facts.revisions();
    let (namespace, name) = match revisions.last() {
        Some(revision) if revision.is_addon => (AKS_NAMESPACE, format!("istio-sidecar-injector-{}", revision.name)),
        Some(revision) if revision.name != DEFAULT_REVISION => {
            ("istio-system", format!("istio-sidecar-injector-{}", revision.name))
        }
        _ => ("istio-system", "istio-sidecar-injector".to_owned()),
    };
    format!("kubectl get configmap -n {namespace} {} -o yaml", argument(&name, "istio-sidecar-injector"))
}

/// `--resource-group` and `--name` or `--cluster-name` of a cluster.
fn of_cluster(cluster: Option<&AksCluster>, name_flag: &str) -> String {
    let (group, name) = cluster.map_or(("", ""), |cluster| (&*cluster.resource_group, &*cluster.name));
    format!("--resource-group {} {name_flag} {}", argument(group, "RESOURCE_GROUP"), argument(name, "CLUSTER"))
}

/// An `az aks` command about a cluster.
pub(super) fn aks_cluster(cluster: Option<&AksCluster>, verb: &str) -> String {
    format!("az aks {verb} {}", of_cluster(cluster, "--name"))
}

/// Prints the document of the cluster.
pub(super) fn aks_show(facts: &Facts) -> String {
    format!("{} --output json", aks_cluster(facts.cluster.as_ref(), "show"))
}

/// Upgrades the control plane to the oldest version with the default, one minor version at a time.
pub(super) fn aks_upgrade(cluster: &AksCluster) -> String {
    let version = cluster.kubernetes.as_deref().and_then(KubernetesVersion::read);
    let next = version.map_or(MIN_KUBELET_MINOR, |version| version.minor.saturating_add(1));
    format!("{} --control-plane-only --kubernetes-version 1.{next}", aks_cluster(Some(cluster), "upgrade"))
}

/// An `az aks nodepool` command about a pool.
pub(super) fn aks_pool(facts: &Facts, verb: &str, pool: &str) -> String {
    let cluster = of_cluster(facts.cluster.as_ref(), "--cluster-name");
    format!("az aks nodepool {verb} {cluster} --name {}", argument(pool, "POOL"))
}

/// Upgrades a pool to the version of the control plane, if that is at least `needed`; else the control plane comes first.
pub(super) fn aks_pool_upgrade(facts: &Facts, pool: &str, needed: KubernetesVersion) -> String {
    match (facts.api_server().and_then(KubernetesVersion::read), &facts.cluster) {
        (Some(version), Some(cluster)) if version < needed => aks_upgrade(cluster),
        (Some(version), _) => format!("{} --kubernetes-version {version}", aks_pool(facts, "upgrade", pool)),
        (None, _) => format!("{} --kubernetes-version {needed}", aks_pool(facts, "upgrade", pool)),
    }
}

/// An argument for a shell. Text that is not safe to paste becomes `placeholder`.
pub(super) fn argument<'a>(text: &'a str, placeholder: &'a str) -> Cow<'a, str> {
    let is_visible = |c: char| c.is_alphanumeric() || (c.is_ascii() && !c.is_control());
    if text.is_empty() || text.starts_with('-') || !text.chars().all(is_visible) {
        Cow::Borrowed(placeholder)
    } else {
        shell_word(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_version_is_in_range() {
        let command =
            |version: &str| aks_upgrade(&AksCluster { kubernetes: Some(version.to_owned()), ..AksCluster::default() });
        assert!(command("1.32.9").ends_with(" 1.33"));
        assert!(command("1.18446744073709551615").ends_with(" 1.18446744073709551615"));
    }

    #[test]
    fn arguments_are_quoted_or_replaced() {
        for (text, expected) in [
            ("rg-shop", "rg-shop"),
            ("rg (prod)", "'rg (prod)'"),
            ("it's; rm -rf ~", "'it'\\''s; rm -rf ~'"),
            ("größe", "'größe'"),
            ("-o", "NAME"),
            ("", "NAME"),
            ("a\u{1b}[2J", "NAME"),
            ("a\u{202e}b", "NAME"),
            ("a\nb", "NAME"),
        ] {
            assert_eq!(argument(text, "NAME"), expected, "{text:?}");
        }
    }
}
