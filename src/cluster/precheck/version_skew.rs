//! Whether kubelets are within the versions that the API server supports.

use super::command::{GET_NODES, aks_pool_upgrade, aks_show, aks_upgrade};
use super::{Answer, Check, Date, Facts, Group};
use crate::k8s::KubernetesVersion;

pub(super) const CHECK: Check = Check { code: "version-skew", group: Group::Kubernetes, decides: false, answers };

/// How many minor versions a kubelet may be behind (Kubernetes version skew policy, since 1.28).
const BEHIND: u64 = 3;

fn answers(facts: &Facts, _: Date) -> Vec<Answer> {
    let server = facts.api_server().and_then(KubernetesVersion::read);
    let ask = || if facts.is_aks() { aks_show(facts) } else { "kubectl version -o json".to_owned() };
    let mut answers = Vec::new();
    for kubelet in facts.kubelets().filter(|kubelet| !kubelet.is_virtual) {
        let answer = match (server, kubelet.version()) {
            (None, _) => Answer::unknown(kubelet.version, "the API server's version is not known").fix(ask()),
            (_, None) => Answer::unknown(kubelet.version, "the kubelet's version is not known"),
            (Some(server), Some(version)) => {
                let seen = format!("{} on {}.{}", kubelet.version, server.major, server.minor);
                let minors = |version: KubernetesVersion| (version.major, version.minor);
                let upgrade = |answer: Answer| {
                    if kubelet.is_pool { answer.fix(aks_pool_upgrade(facts, kubelet.name, version)) } else { answer }
                };
                if minors(version) > minors(server) {
                    let answer = Answer::warn(seen, "newer than the API server, which Kubernetes does not support");
                    match &facts.cluster {
                        Some(cluster) => answer.fix(aks_upgrade(cluster)),
                        None => answer,
                    }
                } else if version.major < server.major || server.minor - version.minor > BEHIND {
                    upgrade(Answer::warn(seen, format!("more than {BEHIND} minor versions behind the API server")))
                } else {
                    Answer::ok(seen, "")
                }
            }
        };
        answers.push(answer.about(kubelet.subject()));
    }
    if answers.is_empty() {
        let ask = if facts.is_aks() { ask() } else { GET_NODES.to_owned() };
        answers.push(Answer::unknown("", "the input has neither nodes nor node pools").fix(ask));
    }
    answers
}
