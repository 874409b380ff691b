//! The decision about the proxy of a pod, as `explain` makes it, for manifests with mistakes too.

use serde_json::Value;

use super::context::{Decision, MeshSource};
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::explain::{ExplainError, Explanation, Proxy, Reason};
use crate::inject::{
    AnnotationChange, InjectError, Injector, InjectorChoice, Meshes, ProxyDecision, SkipReason, TemplateRole, Workload,
};
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
            let never_native = |reason: &Reason| matches!(reason, Reason::TemplateNeverNative { .. });
            Ok(Decision {
                proxy: explained.proxy,
                mesh: explained.injector.unwrap_or(first).mesh(),
                is_other_template: explained.reasons.iter().any(never_native),
            })
        }
        Err(ExplainError::Refused {
            error: error @ (InjectError::Malformed(_) | InjectError::Annotations(_)), ..
        }) => Err(Diagnostic::from(&error)),
        // Whether the values break what the mesh renders is for a rule to say.
        Err(ExplainError::Refused { injector, .. }) => Ok(incomplete(injector, &pod)),
        Err(ExplainError::UnknownTemplates { .. }) if source == MeshSource::Assumed => {
            Ok(Decision { proxy: Proxy::Depends, mesh: first.mesh(), is_other_template: true })
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
    Decision { proxy, mesh: injector.mesh(), is_other_template }
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
