//! The decision about the proxy of a pod, as `explain` makes it, for manifests with mistakes too.

use serde_json::Value;

use super::context::{Decision, MeshSource};
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::explain::{ExplainError, Explanation, Proxy, Reason};
use crate::inject::{
    AnnotationChange, InjectError, Injector, InjectorChoice, Meshes, ProxyDecision, SkipReason, TemplateRole, Workload,
};
use crate::istio::native::ModeReason;
use crate::k8s::{Object, pod_value};
use lossless_yaml::Tree;

/// The decision for the pod template of a workload.
pub(super) fn decide<'m>(
    meshes: &'m Meshes,
    source: MeshSource,
    tree: &Tree<'_>,
    object: &Object,
    namespace: &str,
) -> Result<Decision<'m>, Diagnostic> {
    let at_object = |diagnostic: Diagnostic| match diagnostic.place {
        Some(_) => diagnostic,
        None => diagnostic.at(Some(tree.place(object.node))),
    };
    let no_mesh = || Diagnostic::error(Code::Internal, ExitCode::Internal, "there is no mesh to decide by");
    let first = meshes.injectors.first().ok_or_else(no_mesh)?;
    let read = |error: &lossless_yaml::YamlError| Diagnostic::from(error);
    let mut pod = pod_value(tree, object.template).map_err(|error| read(&error))?;
    strings_only(&mut pod);
    let mut workload = Workload::of(tree, object, namespace).map_err(|error| read(&error))?;
    workload.set_cluster(&meshes.objects, &pod);
    let decided = match Explanation::of_pod(meshes, &workload, &pod) {
        Ok(explained) => {
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
                ..of_reasons(injector, explained.proxy, modes)
            })
        }
        Err(ExplainError::Refused {
            error: error @ (InjectError::Malformed(_) | InjectError::Annotations(_)), ..
        }) => Err(Diagnostic::from(&error)),
        // Whether the values break what the mesh renders is for a rule to say.
        Err(ExplainError::Refused { injector, .. }) => Ok(incomplete(injector, &pod)),
        Err(ExplainError::UnknownTemplates { .. }) if source == MeshSource::Assumed => {
            Ok(Decision { is_other_template: true, ..of_reasons(first, Proxy::Depends, [].into_iter()) })
        }
        Err(ExplainError::Yaml(error)) => Err(Diagnostic::from(&error)),
        Err(ExplainError::Choice(error)) => Err(Diagnostic::from(&error)),
        Err(error @ (ExplainError::UnknownTemplates { .. } | ExplainError::Undecided)) => {
            Err(Diagnostic::error(Code::TemplateNotBuiltIn, ExitCode::Input, error.to_string()))
        }
    };
    decided.map_err(at_object)
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
    mut reasons: impl Iterator<Item = &'r ModeReason> + Clone,
) -> Decision<'m> {
    let is_annotation =
        |reason: &ModeReason| matches!(reason, ModeReason::Annotation(_) | ModeReason::AnnotationOdd { .. });
    Decision {
        proxy,
        injector,
        without_annotation: None,
        is_annotated: reasons.clone().any(is_annotation),
        is_by_environment: reasons.any(|reason| matches!(reason, ModeReason::Env(_) | ModeReason::EnvOdd { .. })),
        is_other_template: false,
        why_not_injected: None,
    }
}

/// Why a pod is not injected. Objects without a pod template are not looked at.
fn why_not_injected(proxy: Proxy, reasons: &[Reason]) -> Option<String> {
    let reason = reasons.first().filter(|reason| !matches!(reason, Reason::PodMetadataOnly { .. }))?;
    (proxy == Proxy::None).then(|| reason.to_string())
}

/// The decision for a pod about which nothing can be decided: as if it were not injected.
pub(super) fn undecided(meshes: &Meshes) -> Option<Decision<'_>> {
    Some(of_reasons(meshes.injectors.first()?, Proxy::None, [].into_iter()))
}

/// Makes labels and annotations strings, as they are meant: a rule reports that they are not.
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
