//! The decision about the proxy of a pod: that of `explain`, but also for manifests with mistakes that rules report.

use serde_json::Value;

use super::context::{Decision, MeshSource, Seen, SelectedBy};
use super::rules::has_unsafe_value;
use crate::explain::{ExplainError, Explanation, Proxy, Reason};
use crate::inject::{
    AnnotationChange, InjectError, Injector, InjectorChoice, Meshes, ProxyDecision, SkipReason, TemplateRole, Workload,
};
use crate::istio::names::annotation::NATIVE_SIDECAR;
use crate::istio::native::ModeReason;
use crate::k8s::{Object, pod_value};
use lossless_yaml::{Tree, YamlError};

/// The decision for the pod template of a workload. Fails where `explain` does, except for mistakes that rules report.
pub(super) fn decide<'m>(
    meshes: &'m Meshes,
    source: MeshSource,
    tree: &Tree<'_>,
    object: &Object,
    namespace: &str,
) -> Result<Decision<'m>, ExplainError<'m>> {
    let first = meshes.injectors.first().ok_or(ExplainError::Undecided)?;
    check_annotation(tree, object)?;
    let mut pod = pod_value(tree, object.template)?;
    strings_only(&mut pod);
    let mut workload = Workload::of(tree, object, namespace)?;
    workload.set_cluster(&meshes.objects, &pod);
    let explained = match Explanation::of_pod(meshes, &workload, &pod) {
        Ok(explained) => explained,
        Err(ExplainError::Refused { injector, .. }) if has_unsafe_value(injector.mesh(), &pod) => {
            return Ok(incomplete(injector, &pod));
        }
        // The real mesh may have these templates.
        Err(
            ExplainError::UnknownTemplates { .. }
            | ExplainError::Refused {
                error: InjectError::UnknownTemplate { .. } | InjectError::TemplateNotBuiltIn { .. },
                ..
            },
        ) if source == MeshSource::Assumed => {
            return Ok(Decision { is_other_template: true, ..of_reasons(first, Proxy::Depends, [].into_iter()) });
        }
        Err(error) => return Err(error),
    };
    let is_partial = |reason: &Reason| matches!(reason, Reason::Skipped(SkipReason::Partial(_)));
    if explained.reasons.iter().any(is_partial)
        && let Ok(InjectorChoice::Injector(injector, _)) = meshes.choose(&workload, &pod)
    {
        return Ok(incomplete(injector, &pod));
    }
    let injector = explained.injector.unwrap_or(first);
    let never_native = |reason: &Reason| matches!(reason, Reason::TemplateNeverNative { .. });
    let modes = explained.reasons.iter().filter_map(|reason| match reason {
        Reason::Mode(reason) => Some(reason),
        _ => None,
    });
    Ok(Decision {
        without_annotation: explained.without_annotation,
        why_not_injected: why_not_injected(explained.proxy, &explained.reasons),
        is_other_template: explained.reasons.iter().any(never_native),
        seen: Some(Seen { workload, pod }),
        ..of_reasons(injector, explained.proxy, modes)
    })
}

/// Fails for duplicate keys and wrong types on the path to the annotation that selects the proxy.
fn check_annotation(tree: &Tree<'_>, object: &Object) -> Result<(), YamlError> {
    let mut at = object.template;
    for key in [object.metadata_key(), "annotations", NATIVE_SIDECAR] {
        let Some(node) = tree.get(at, key)? else { break };
        at = node;
    }
    Ok(())
}

/// The decision about a pod template that cannot be rendered: by its annotations and its node.
fn incomplete<'m>(injector: &'m Injector, pod: &Value) -> Decision<'m> {
    let decision: ProxyDecision = injector.decide_incomplete(pod, AnnotationChange::None);
    let is_other_template = !matches!(decision.templates, TemplateRole::Follow);
    let proxy = decision.answer().map_or(Proxy::Depends, Proxy::from);
    let without_annotation = decision.answer_without_annotation().map(Proxy::from);
    let of_reasons = of_reasons(injector, proxy, decision.decision.reasons.iter());
    Decision { without_annotation, is_other_template, ..of_reasons }
}

/// A decision with these reasons.
fn of_reasons<'m, 'r>(
    injector: &'m Injector,
    proxy: Proxy,
    mut reasons: impl Iterator<Item = &'r ModeReason>,
) -> Decision<'m> {
    let by = reasons.find_map(|reason| match reason {
        ModeReason::Annotation(_) | ModeReason::AnnotationOdd { .. } => Some(SelectedBy::Annotation),
        ModeReason::Env(_) | ModeReason::EnvOdd { .. } => Some(SelectedBy::Environment),
        ModeReason::NodesUnknown => Some(SelectedBy::UnknownNodes),
        _ => None,
    });
    Decision {
        proxy,
        injector,
        without_annotation: None,
        by: by.unwrap_or(SelectedBy::Other),
        seen: None,
        is_other_template: false,
        why_not_injected: None,
    }
}

/// Why a pod is not injected; `None` for objects without a pod template.
fn why_not_injected(proxy: Proxy, reasons: &[Reason]) -> Option<String> {
    let reason = reasons.first().filter(|reason| !matches!(reason, Reason::PodMetadataOnly { .. }))?;
    (proxy == Proxy::None).then(|| reason.to_string())
}

/// The decision for a pod that cannot be decided: it counts as not injected.
pub(super) fn undecided(meshes: &Meshes) -> Option<Decision<'_>> {
    Some(of_reasons(meshes.injectors.first()?, Proxy::None, [].into_iter()))
}

/// Converts values of labels and annotations to strings. A rule reports the others.
fn strings_only(pod: &mut Value) {
    let metadata = pod.get_mut("metadata").and_then(Value::as_object_mut);
    for (key, map) in metadata.into_iter().flatten() {
        let (true, Some(map)) = (matches!(key.as_str(), "labels" | "annotations"), map.as_object_mut()) else {
            continue;
        };
        map.retain(|_, value| !value.is_array() && !value.is_object());
        for value in map.values_mut().filter(|value| value.is_boolean() || value.is_number()) {
            *value = value.to_string().into();
        }
    }
}
