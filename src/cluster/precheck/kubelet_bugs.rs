//! Patches of kubelets with known faults around native sidecars.

use super::command::{GET_NODES, aks_cluster, aks_pool_upgrade, aks_upgrade};
use super::facts::Kubelet;
use super::{Answer, Check, Date, Facts, Group};
use crate::k8s::KubernetesVersion;

pub(super) const CHECK: Check = Check { code: "kubelet-bugs", group: Group::Kubernetes, decides: false, answers };

/// A fault of kubelets.
struct Bug {
    /// The minor versions that have it, each with the first patch without it; none if no patch is.
    minors: &'static [(u64, Option<u64>)],
    /// The effect of the bug.
    text: &'static str,
    /// The issue of kubernetes/kubernetes.
    issue: u32,
    /// The pull request that fixed it, where known.
    fixed_by: Option<u32>,
}

/// Known faults, worst first. The patches are those that contain the cherry-pick.
const BUGS: [Bug; 4] = [
    Bug {
        minors: &[(35, Some(4))],
        text: "after a restart of the kubelet, crashed containers of pods with a native sidecar are not restarted",
        issue: 136_910,
        fixed_by: Some(137_885),
    },
    Bug {
        minors: &[(29, None), (30, None), (31, None), (32, None), (33, Some(6)), (34, Some(2))],
        text: "if the first start of a native sidecar fails in a pod with restartPolicy Never, its app never starts",
        issue: 132_826,
        fixed_by: Some(133_072),
    },
    Bug {
        minors: &[(30, None), (31, None)],
        text: "init containers can stay in state Created",
        issue: 126_543,
        fixed_by: None,
    },
    Bug {
        minors: &[(29, None)],
        text: "the status of a restarted native sidecar can stay wrong in pods that do not restart",
        issue: 123_323,
        fixed_by: None,
    },
];

/// The oldest minor version whose native sidecars are on.
const FIRST: KubernetesVersion = KubernetesVersion::of_minor(29);

fn answers(facts: &Facts, _: Date) -> Vec<Answer> {
    let kubelets = facts.kubelets().filter(|kubelet| !kubelet.is_virtual);
    let mut answers: Vec<Answer> = kubelets.map(|kubelet| answer(facts, kubelet)).collect();
    if answers.is_empty() {
        answers.push(Answer::unknown("", "the input has neither nodes nor node pools").fix(GET_NODES));
    }
    answers
}

fn answer(facts: &Facts, kubelet: Kubelet<'_>) -> Answer {
    let seen = kubelet.version;
    let with_fix = |answer: Answer| {
        if kubelet.is_pool { answer.fix(upgrade(facts, kubelet)) } else { answer }
    };
    let answer = match kubelet.version() {
        None => Answer::unknown(seen, "the patch is not known").fix(GET_NODES),
        Some(version) if version < FIRST => with_fix(Answer::warn(seen, "native sidecars are off or unfinished")),
        Some(version) => {
            let bugs = bugs_of(version);
            if !bugs.is_empty() {
                with_fix(Answer::warn(seen, bugs.join("; ")))
            } else if version.patch.is_none() {
                Answer::unknown(seen, "the patch is not known").fix(GET_NODES)
            } else {
                Answer::ok(seen, "")
            }
        }
    };
    answer.about(kubelet.subject())
}

/// The command that upgrades a pool to a patch without known faults. The control plane comes first.
fn upgrade(facts: &Facts, pool: Kubelet<'_>) -> String {
    let Some(server) = facts.api_server().and_then(KubernetesVersion::read).filter(|version| *version >= FIRST) else {
        return aks_pool_upgrade(facts, pool.name, FIRST);
    };
    match (&facts.cluster, first_good(server)) {
        (Some(cluster), Some(good)) if server < good => {
            format!("{} --kubernetes-version {good}", aks_cluster(Some(cluster), "upgrade"))
        }
        (Some(cluster), None) => aks_upgrade(cluster),
        _ => aks_pool_upgrade(facts, pool.name, server),
    }
}

/// The first patch of a version's minor without known faults; none if all have one.
fn first_good(version: KubernetesVersion) -> Option<KubernetesVersion> {
    let of_minor = |bug: &Bug| bug.minors.iter().find(|(minor, _)| *minor == version.minor).map(|(_, fixed)| *fixed);
    let patches: Option<Vec<u64>> = BUGS.iter().filter_map(of_minor).collect();
    Some(KubernetesVersion { patch: Some(patches?.into_iter().max().unwrap_or(0)), ..version })
}

/// The known faults of a kubelet version. Without a patch, only those of every patch.
fn bugs_of(version: KubernetesVersion) -> Vec<String> {
    let has = |bug: &&Bug| {
        let of_minor = bug.minors.iter().find(|(minor, _)| (1, *minor) == (version.major, version.minor));
        of_minor.is_some_and(|(_, fixed)| match (fixed, version.patch) {
            (None, _) => true,
            (Some(fixed), Some(patch)) => patch < *fixed,
            (Some(_), None) => false,
        })
    };
    BUGS.iter().filter(has).map(|bug| format!("{} ({})", bug.text, bug.source())).collect()
}

impl Bug {
    /// Where it was reported, and what fixes it: `kubernetes#132826, fixed by #133072 in 1.33.6, 1.34.2 and later`.
    fn source(&self) -> String {
        let issue = format!("kubernetes#{}", self.issue);
        let Some(fixed_by) = self.fixed_by else { return issue };
        let patch = |(minor, fixed): &(u64, Option<u64>)| fixed.map(|fixed| format!("1.{minor}.{fixed}"));
        let patches: Vec<String> = self.minors.iter().filter_map(patch).collect();
        format!("{issue}, fixed by #{fixed_by} in {} and later", patches.join(", "))
    }
}
