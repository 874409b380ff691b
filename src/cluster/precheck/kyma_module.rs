//! Kyma: the state of the Istio module.

use super::command::{GET_ISTIOD, argument};
use super::{Answer, Check, Date, Facts, Group};
use crate::istio::platform::KymaResource;
use crate::k8s::KubernetesVersion;

pub(super) const CHECK: Check = Check { code: "kyma-module", group: Group::Istio, decides: false, answers };

/// The first version of the module in which `compatibilityMode` has no effect on sidecars.
const IGNORES_COMPATIBILITY: u64 = 25;

fn answers(facts: &Facts, _: Date) -> Vec<Answer> {
    let Some(in_charge) = KymaResource::in_charge(&facts.kyma) else { return Vec::new() };
    let module = facts.istiods().map(|istiod| istiod.version_label.as_str()).find(|version| !version.is_empty());
    let answer = |resource: &KymaResource| {
        let answer = if resource == in_charge { of(resource, module) } else { of_second(resource) };
        answer.about(format!("istio {}", resource.name))
    };
    facts.kyma.iter().map(answer).collect()
}

/// The command that shows a resource.
fn show(resource: &KymaResource) -> String {
    let (namespace, name) = resource.name.split_once('/').unwrap_or(("", &resource.name));
    format!(
        "kubectl get istios.operator.kyma-project.io -n {} {} -o yaml",
        argument(namespace, "kyma-system"),
        argument(name, "default")
    )
}

/// The answer about the resource in charge.
fn of(resource: &KymaResource, module: Option<&str>) -> Answer {
    let state = resource.state.as_str();
    let seen = match module {
        Some(version) if state.is_empty() => format!("module {version}"),
        Some(version) => format!("{state}, module {version}"),
        None => state.to_owned(),
    };
    // The label has the form of a Kubernetes version.
    let version = module.and_then(KubernetesVersion::read);
    let is_old = version.is_some_and(|version| version < KubernetesVersion::of_minor(IGNORES_COMPATIBILITY));
    if state.eq_ignore_ascii_case("Error") {
        Answer::fail(seen, "the module failed: see its status").fix(show(resource))
    } else if state.eq_ignore_ascii_case("Warning") {
        Answer::warn(seen, "the module needs attention, such as pods that it cannot restart: see its status")
            .fix(show(resource))
    } else if resource.compatibility_mode && is_old {
        let text =
            format!("compatibilityMode makes sidecars regular before version 1.{IGNORES_COMPATIBILITY} of the module");
        Answer::warn(seen, text).fix(show(resource))
    } else if version.is_none() {
        Answer::unknown(seen, "the module's version is a label of istiod's Deployment, which is not in the input")
            .fix(GET_ISTIOD)
    } else if state.eq_ignore_ascii_case("Ready") {
        Answer::ok(seen, "")
    } else {
        Answer::unknown(seen, "the module is not ready: check again later").fix(show(resource))
    }
}

/// The answer about an additional resource.
fn of_second(resource: &KymaResource) -> Answer {
    if resource.state.eq_ignore_ascii_case("Error") {
        return Answer::fail("Error", "not the oldest resource, and failed").fix(show(resource));
    }
    Answer::warn(&resource.state, "a second resource, which has no effect: the oldest counts").fix(show(resource))
}
