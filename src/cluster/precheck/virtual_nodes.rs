//! Virtual kubelets, which run pods without init containers.

use super::command::{GET_NODES, aks_show};
use super::{Answer, Check, Date, Facts, Group};
use crate::istio::NodeKind;

pub(super) const CHECK: Check = Check { code: "virtual-nodes", group: Group::Kubernetes, decides: false, answers };

fn answers(facts: &Facts, _: Date) -> Vec<Answer> {
    if facts.cluster.is_none() && facts.nodes.is_empty() {
        let ask = if facts.is_aks() { aks_show(facts) } else { GET_NODES.to_owned() };
        return vec![Answer::unknown("", "the input has neither the cluster nor its nodes").fix(ask)];
    }
    let mut answers = Vec::new();
    if let Some(cluster) = facts.cluster.as_ref().filter(|cluster| cluster.has_virtual_nodes) {
        let text = "pods on virtual nodes have no init containers, so they cannot have a native sidecar";
        answers.push(Answer::warn("virtual nodes are on", text).about(format!("cluster {}", cluster.name)));
    }
    for node in facts.nodes.iter().filter(|node| node.kind == NodeKind::Virtual) {
        let text = "a virtual kubelet runs no native sidecars, and where nodes decide, it makes the whole mesh regular";
        answers.push(Answer::warn(&node.kubelet_version, text).about(format!("node {}", node.name)));
    }
    if answers.is_empty() { vec![Answer::ok("none", "")] } else { answers }
}
