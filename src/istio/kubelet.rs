//! Kubelet versions, as istiod reads them, and whether they support native sidecars.

use std::collections::HashSet;
use std::fmt;

use super::nodes::{Node, NodeKind, Nodes};
use crate::k8s::KubernetesVersion;

/// The oldest kubelet minor version with which istiod chooses native by default (`DetectNativeSidecar`, istio 1.27).
pub const MIN_KUBELET_MINOR: u64 = 33;

/// The oldest kubelet that runs native sidecars by default (the feature gate `SidecarContainers` is on by default since
/// Kubernetes 1.29).
pub const RUNS_SIDECARS: KubernetesVersion = KubernetesVersion::of_minor(29);

/// The number of nodes that a warning names.
const NAMED: usize = 3;

/// Whether istiod chooses native by default with a kubelet of this version. It ignores the major version.
pub(super) fn is_new_enough(version: &str) -> bool {
    KubernetesVersion::read(version).is_some_and(|version| version.minor >= MIN_KUBELET_MINOR)
}

fn runs_sidecars(version: &str) -> bool {
    KubernetesVersion::read(version).is_none_or(|version| version >= RUNS_SIDECARS)
}

/// What to know about the node for which istiod chooses regular.
pub(super) fn old_node_note(kind: NodeKind, version: &str) -> Option<String> {
    match kind {
        NodeKind::Windows | NodeKind::WindowsPool | NodeKind::Virtual => {
            Some(format!("a {kind} decides although no sidecar runs there: istiod counts all nodes"))
        }
        NodeKind::Linux | NodeKind::Pool => {
            let version = KubernetesVersion::read(version).filter(|version| *version >= RUNS_SIDECARS)?;
            Some(format!(
                "kubelet {version} runs native sidecars too, but istiod uses them by default only if all kubelets are \
                 1.{MIN_KUBELET_MINOR} or later"
            ))
        }
    }
}

/// The nodes that a warning is about; the first few are named.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Listed {
    first: Vec<Node>,
    others: usize,
}

impl Listed {
    /// The nodes that `concerns` selects; none if there are no such nodes.
    fn of(nodes: &[Node], concerns: impl Fn(&Node) -> bool) -> Option<Self> {
        let mut chosen = nodes.iter().filter(|node| concerns(node));
        let first: Vec<Node> = chosen.by_ref().take(NAMED).cloned().collect();
        (!first.is_empty()).then(|| Self { first, others: chosen.count() })
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, Node { name, kubelet_version: version, kind }) in self.first.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            // Ordinary nodes need no word before their name.
            let kind = if *kind == NodeKind::Linux { String::new() } else { format!("{kind} ") };
            match (name.as_str(), version.as_str()) {
                ("", version) => write!(f, "{comma}{version}"),
                (name, "") => write!(f, "{comma}{kind}{name} (no version)"),
                (name, version) => write!(f, "{comma}{kind}{name} ({version})"),
            }?;
        }
        if self.others > 0 { write!(f, " and {} more", self.others) } else { Ok(()) }
    }
}

/// A warning about kubelets whose versions cannot be read, which istiod treats as too old.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableKubelets(Listed);

impl UnreadableKubelets {
    /// The warning; none if all versions can be read.
    pub fn of(nodes: &Nodes) -> Option<Self> {
        let Nodes::Known(nodes) = nodes else { return None };
        Listed::of(nodes.all(), |node| KubernetesVersion::read(&node.kubelet_version).is_none()).map(Self)
    }
}

impl fmt::Display for UnreadableKubelets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = &self.0;
        write!(
            f,
            "kubelet versions that cannot be read count as older than 1.{MIN_KUBELET_MINOR}, as in istiod: {nodes}"
        )
    }
}

/// The kubelets of a cluster in which some do not run native sidecars.
#[derive(Debug, Clone)]
pub struct OldKubelets {
    /// Why native sidecars would not start.
    pub problem: String,
    /// The nodes whose kubelets run native sidecars.
    newer: HashSet<String>,
}

impl OldKubelets {
    /// The kubelets of a cluster; none if all of them may run native sidecars.
    pub fn of(nodes: &Nodes) -> Option<Self> {
        let Nodes::Known(nodes) = nodes else { return None };
        let nodes = nodes.all();
        let old = Listed::of(nodes, |node| node.runs_sidecars() && !runs_sidecars(&node.kubelet_version))?;
        let newer = nodes.iter().filter(|node| runs_sidecars(&node.kubelet_version)).map(|node| node.name.clone());
        let problem =
            format!("native sidecars require kubelet {RUNS_SIDECARS} or later, and the pod would not start on: {old}");
        Some(Self { problem, newer: newer.filter(|name| !name.is_empty()).collect() })
    }

    /// Whether a pod may be scheduled to an old kubelet, which is so unless it is bound to a node with a newer one.
    pub fn concern(&self, node_name: Option<&str>) -> bool {
        !node_name.is_some_and(|name| self.newer.contains(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(versions: &[(&str, &str)]) -> Nodes {
        let node = |(name, version): &(&str, &str)| Node::new(*name, *version);
        Nodes::known(versions.iter().map(node).collect())
    }

    #[test]
    fn kubelet_versions_with_suffixes_are_read() {
        for version in ["v1.33.2-gke.1", "1.33", "v1.34.1+k3s1", "v1.33.0-rc.1", "1.40.0"] {
            assert!(is_new_enough(version), "{version}");
        }
        for version in ["", "v1.32.9", "v2.0.1", "latest", "v1", "v1.33.x"] {
            assert!(!is_new_enough(version), "{version}");
        }
    }

    #[test]
    fn versions_that_cannot_be_read_are_named() {
        let warning = |versions| UnreadableKubelets::of(&nodes(versions)).map(|warning| warning.to_string());
        assert_eq!(warning(&[("a", "v1.28.3"), ("", "v1.33.0+k3s1")]), None);
        let odd = [("a", "unknown"), ("b", ""), ("", "33"), ("c", "v1.33.2"), ("d", "?"), ("e", "v1.x")];
        assert_eq!(
            warning(&odd).as_deref(),
            Some(
                "kubelet versions that cannot be read count as older than 1.33, as in istiod: a (unknown), \
                 b (no version), 33 and 2 more"
            )
        );
        assert_eq!(UnreadableKubelets::of(&Nodes::Unknown), None);
    }

    #[test]
    fn kubelets_before_1_29_do_not_run_native_sidecars() {
        for fine in ["v1.29.0", "v1.30.2-eks-1", "v1.33.0", "v2.0.0", "unknown"] {
            assert!(OldKubelets::of(&nodes(&[("a", fine)])).is_none(), "{fine}");
        }
        let old = OldKubelets::of(&nodes(&[("a", "v1.28.3"), ("b", "v1.33.1"), ("", "v1.33.1")])).unwrap();
        assert!(old.problem.ends_with("the pod would not start on: a (v1.28.3)"), "{}", old.problem);
        assert!(old.concern(None) && old.concern(Some("a")) && old.concern(Some("elsewhere")) && old.concern(Some("")));
        assert!(!old.concern(Some("b")));
        // No sidecar runs on a virtual kubelet, nor on Windows.
        let mut windows = Node::new("win", "v1.28.3");
        windows.kind = NodeKind::Windows;
        let others = Nodes::known(vec![Node::new("aci", "v1.25.0-vk-azure-aci-1.6.2"), windows]);
        assert!(OldKubelets::of(&others).is_none());
    }
}
