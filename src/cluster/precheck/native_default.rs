//! The mesh's default for a pod without the annotation.

use super::command::{GET_ISTIOD, GET_NODES};
use super::facts::{Istiod, Revision, Variable};
use super::{Answer, Check, Date, Facts, Group, Status, per_revision};
use crate::istio::names::env::ENABLE_NATIVE_SIDECARS;
use crate::istio::native::{Mode, ModeReason, default_mode};
use crate::istio::platform::{Aks, AksNodePool, IstiodFacts, NativeDefault, Rule};
use crate::istio::{MIN_KUBELET_MINOR, Node, Nodes, ReleaseChange};
use crate::k8s::KubernetesVersion;

pub(super) const CHECK: Check = Check { code: "native-default", group: Group::Istio, decides: true, answers };

fn answers(facts: &Facts, _: Date) -> Vec<Answer> {
    per_revision(facts, "no istiod is known", |revision| answer(facts, revision))
}

fn answer(facts: &Facts, revision: &Revision<'_>) -> Answer {
    let answer = match revision.istiod {
        Some(istiod) => by_istiod(facts, revision, istiod),
        None if revision.is_addon => by_aks(facts, &revision.name),
        None => {
            Answer::unknown("", "istiod's environment decides, and its Deployment is not in the input").fix(GET_ISTIOD)
        }
    };
    // An older release does not read the annotation.
    let is_read = revision.release.as_ref().is_some_and(|release| release.has(ReleaseChange::NativeAnnotation));
    match answer.status {
        Status::Warn if is_read => answer.fix("kubectl nativesidecar annotate -f k8s/ -R --write"),
        _ => answer,
    }
}

fn native(why: impl Into<String>) -> Answer {
    Answer::ok("native", why)
}

fn regular(why: impl Into<String>) -> Answer {
    Answer::warn("regular", why)
}

fn by_istiod(facts: &Facts, revision: &Revision<'_>, istiod: &Istiod) -> Answer {
    let variable = match &istiod.native {
        Variable::Elsewhere => {
            let text = format!("the value of istiod's {ENABLE_NATIVE_SIDECARS} is in another object");
            return Answer::unknown("", text).fix(GET_ISTIOD);
        }
        Variable::Value(value) => Some(value.as_str()),
        Variable::Absent => None,
    };
    if istiod.is_of_addon() && variable.is_none_or(str::is_empty) {
        return regular(rule(&Aks::default(), &revision.name, true).text);
    }
    let nodes = nodes(facts);
    let Some(release) = &revision.release else {
        return match variable.filter(|value| !value.is_empty()) {
            Some("true") => native(format!("istiod runs with {ENABLE_NATIVE_SIDECARS}=true")),
            Some(value) => regular(format!("istiod runs with {ENABLE_NATIVE_SIDECARS}={value}")),
            None => Answer::unknown("", "the release decides, and istiod's image has no version").fix(GET_ISTIOD),
        };
    };
    match default_mode(release, variable, &nodes) {
        (Some(Mode::Native), reason) if facts.has_unknown_nodes() && nodes_decide(&reason) => {
            Answer::unknown("depends", "the nodes decide, and those of node auto-provisioning are not known")
                .fix(GET_NODES)
        }
        (Some(Mode::Native), reason) => native(reason.to_string()),
        (Some(Mode::Regular), reason) => regular(reason.to_string()),
        (None, reason) => Answer::unknown("depends", reason.to_string()).fix(GET_NODES),
    }
}

fn nodes_decide(reason: &ModeReason) -> bool {
    matches!(reason, ModeReason::AllNodesNew { .. })
}

/// The nodes, or the node pools where none are known.
fn nodes(facts: &Facts) -> Nodes {
    let nodes: Vec<Node> =
        if facts.nodes.is_empty() { facts.pools().map(AksNodePool::node).collect() } else { facts.nodes.clone() };
    if nodes.is_empty() { Nodes::Unknown } else { Nodes::known(nodes) }
}

/// The answer by AKS's rules, if istiod's Deployment is not known.
fn by_aks(facts: &Facts, revision: &str) -> Answer {
    let kubernetes = facts.api_server().and_then(KubernetesVersion::read);
    let versions: Vec<_> = facts.pools().map(|pool| (pool, version_of(pool))).collect();
    let preview_flag = facts.azure.has_preview_flag();
    let unknown = |text: String| Answer::unknown("", text).fix(GET_ISTIOD);
    if !preview_flag {
        if kubernetes.is_none() {
            return unknown("AKS decides by the control plane's version, which is not in the input".to_owned());
        }
        if let Some((pool, _)) = versions.iter().find(|(_, version)| version.is_none()) {
            let name = &pool.name;
            return unknown(format!(
                "AKS decides by the versions of node pools, and that of {name} is not in the input"
            ));
        }
        if versions.is_empty() {
            return unknown("AKS decides by the versions of node pools, which are not in the input".to_owned());
        }
    }
    let enough = KubernetesVersion::of_minor(MIN_KUBELET_MINOR);
    let old_pool = versions.iter().find(|(_, version)| *version < Some(enough)).map(|(pool, _)| pool.name.clone());
    let seen = old_pool.as_ref().map(|name| format!("node pool {name} is below {enough}")).unwrap_or_default();
    let rule = rule(&Aks { kubernetes, preview_flag, old_pool, ..Aks::default() }, revision, false);
    match rule.default {
        NativeDefault::Native => native(rule.text),
        NativeDefault::Regular => regular(rule.text),
        NativeDefault::ReleaseDefault | NativeDefault::Unknown => Answer::unknown(seen, rule.text).fix(GET_ISTIOD),
    }
}

fn version_of(pool: &AksNodePool) -> Option<KubernetesVersion> {
    pool.kubelet_version.as_deref().and_then(KubernetesVersion::read)
}

/// AKS's rule about a revision.
fn rule(aks: &Aks, revision: &str, has_deployment: bool) -> &'static Rule {
    aks.ruling(IstiodFacts { revision, release: None, has_deployment }).rule
}
