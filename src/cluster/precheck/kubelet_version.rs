//! The version of every kubelet.

use super::command::{GET_NODES, aks_pool_upgrade, aks_show};
use super::facts::Kubelet;
use super::{Answer, Check, Date, Facts, Group};
use crate::istio::{MIN_KUBELET_MINOR, RUNS_SIDECARS};
use crate::k8s::KubernetesVersion;

pub(super) const CHECK: Check = Check { code: "kubelet-version", group: Group::Kubernetes, decides: true, answers };

fn answers(facts: &Facts, _: Date) -> Vec<Answer> {
    let mut answers: Vec<Answer> =
        facts.kubelets().filter(|kubelet| !kubelet.is_virtual).map(|kubelet| answer(facts, kubelet)).collect();
    if facts.has_unknown_nodes() {
        let text = "nodes come and go, and only the cluster knows them";
        answers.push(Answer::unknown("on", text).about("node auto-provisioning").fix(GET_NODES));
    }
    if answers.is_empty() {
        let ask = if facts.is_aks() { aks_show(facts) } else { GET_NODES.to_owned() };
        answers.push(Answer::unknown("", "the input has neither nodes nor node pools").fix(ask));
    }
    answers
}

fn answer(facts: &Facts, kubelet: Kubelet<'_>) -> Answer {
    let default = KubernetesVersion::of_minor(MIN_KUBELET_MINOR);
    let unknown = |text: &str, ask: String| Answer::unknown(kubelet.version, text).about(kubelet.subject()).fix(ask);
    let (answer, needed) = match kubelet.version() {
        None if kubelet.version.is_empty() => {
            let ask = if kubelet.is_pool { aks_show(facts) } else { GET_NODES.to_owned() };
            return unknown("no version: istiod treats it as too old", ask);
        }
        None => return unknown("not a valid version: istiod treats it as too old", GET_NODES.to_owned()),
        Some(version) if version < RUNS_SIDECARS => {
            let text = format!("native sidecars need {RUNS_SIDECARS}: their pods do not start here");
            (Answer::fail(kubelet.version, text), RUNS_SIDECARS)
        }
        Some(version) if version < default => {
            let text = format!("native sidecars run, but Istio makes them the default only from {default}");
            (Answer::warn(kubelet.version, text), default)
        }
        Some(_) => return Answer::ok(kubelet.version, "").about(kubelet.subject()),
    };
    let answer = answer.about(kubelet.subject());
    if kubelet.is_pool { answer.fix(aks_pool_upgrade(facts, kubelet.name, needed)) } else { answer }
}
