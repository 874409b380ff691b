//! Rows of the check `webhooks` about policies that set the annotation, which run before webhooks.

use super::command::argument;
use super::{Answer, Facts};
use crate::istio::names::annotation::NATIVE_SIDECAR;
use crate::k8s::KubernetesVersion;

/// The Kubernetes version from which policies are in force without a feature gate.
const WITHOUT_GATE: KubernetesVersion = KubernetesVersion::of_minor(36);

pub(super) fn answers(facts: &Facts) -> impl Iterator<Item = Answer> {
    facts.setters.iter().map(|name| {
        let subject = format!("policy {name}");
        let sets = format!("the annotation {NATIVE_SIDECAR} of new pods may come from this MutatingAdmissionPolicy");
        let needs_gate =
            facts.api_server().and_then(KubernetesVersion::read).is_some_and(|version| version < WITHOUT_GATE);
        let answer = if !facts.bound_policies.contains(name) {
            let text = format!("{sets}; without a binding, it does nothing, and none was found");
            Answer::unknown("", text).fix("kubectl get mutatingadmissionpolicybindings -o yaml")
        } else if needs_gate {
            let text = format!("{sets}; before Kubernetes {WITHOUT_GATE}, it does nothing without its feature gate");
            let command = "kubectl get --raw /metrics | grep 'feature_enabled{name=\"MutatingAdmissionPolicy\"'";
            Answer::unknown("", text).fix(command)
        } else {
            let show = format!("kubectl get mutatingadmissionpolicy {} -o yaml", argument(name, "NAME"));
            Answer::ok("", sets).fix(show)
        };
        answer.about(subject)
    })
}
