//! The version of the API server.

use super::command::{aks_show, aks_upgrade};
use super::{Answer, Check, Date, Facts, Group};
use crate::istio::{MIN_KUBELET_MINOR, RUNS_SIDECARS};
use crate::k8s::KubernetesVersion;

pub(super) const CHECK: Check = Check { code: "api-server-version", group: Group::Kubernetes, decides: true, answers };

fn answers(facts: &Facts, _: Date) -> Vec<Answer> {
    let ask = if facts.is_aks() { aks_show(facts) } else { "kubectl version -o json".to_owned() };
    let Some(seen) = facts.api_server() else {
        return vec![Answer::unknown("", "the version of the API server is not in the input").fix(ask)];
    };
    let answer = match KubernetesVersion::read(seen) {
        None => return vec![Answer::unknown(seen, "not a valid version").fix(ask)],
        Some(version) if version < RUNS_SIDECARS => Answer::fail(
            seen,
            format!("native sidecars need {RUNS_SIDECARS}; from 1.{MIN_KUBELET_MINOR}, they can be the default"),
        ),
        Some(version) if version < KubernetesVersion::of_minor(MIN_KUBELET_MINOR) => {
            Answer::warn(seen, format!("native sidecars run, and can be the default from 1.{MIN_KUBELET_MINOR}"))
        }
        Some(_) => return vec![Answer::ok(seen, "native sidecars can be the default")],
    };
    vec![match &facts.cluster {
        Some(cluster) => answer.fix(aks_upgrade(cluster)),
        None => answer,
    }]
}
