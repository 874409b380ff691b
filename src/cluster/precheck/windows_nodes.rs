//! Nodes with Windows, where Istio has no sidecars.

use super::command::GET_NODES;
use super::{Answer, Check, Date, Facts, Group};

pub(super) const CHECK: Check = Check { code: "windows-nodes", group: Group::Kubernetes, decides: false, answers };

fn answers(facts: &Facts, _: Date) -> Vec<Answer> {
    if facts.kubelets().next().is_none() {
        return vec![Answer::unknown("", "the input has neither nodes nor node pools").fix(GET_NODES)];
    }
    let windows = facts.kubelets().filter(|kubelet| kubelet.is_windows);
    let text = "Istio has no sidecars for Windows: pods here are not part of the mesh";
    let answers: Vec<Answer> = windows.map(|kubelet| Answer::warn("Windows", text).about(kubelet.subject())).collect();
    if answers.is_empty() { vec![Answer::ok("none", "")] } else { answers }
}
