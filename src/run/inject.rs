//! The task of `inject` and `diff`: the pod template as the mesh's istiod would make it.

use super::annotate::{Annotation, check_strings, find};
use super::{Target, Task, TaskError};
use crate::inject::{AnnotationChange, InjectError, ModeRequest, Outcome as Injection, Workload, inject};
use crate::istio::Mesh;
use crate::istio::names::annotation::{IMAGE_TRIGGERS, NATIVE_SIDECAR};
use crate::k8s::{Element, pod_value, update_pod};
use crate::output::{Entry, Outcome};
use crate::yaml::{Draft, Step};

/// Injects the sidecar of a mesh.
pub struct Inject {
    /// The mesh.
    pub mesh: Mesh,
    /// Which mode the workloads are to have.
    pub request: ModeRequest,
}

impl Task for Inject {
    fn apply(&self, target: &Target<'_, '_>, draft: &mut Draft<'_, '_>, entry: &mut Entry) -> Result<(), TaskError> {
        let (tree, object) = (target.tree, target.object);
        tree.check_duplicate_keys(object.template)?;
        if self.request == ModeRequest::Mesh {
            check_strings(target)?;
        }
        let pod = pod_value(tree, object.template)?;
        let mut asked = pod.clone();
        if let Annotation::Invalid(what) = find(target)? {
            // What is no string would be refused; as a text it is nobody's valid decision, and replaced as such.
            let annotation = asked.pointer_mut("/metadata/annotations").and_then(|a| a.get_mut(NATIVE_SIDECAR));
            if let Some(annotation) = annotation.filter(|a| !a.is_string()) {
                *annotation = what.into();
            }
        }
        let mut workload = Workload::new(&object.api_version, &object.kind, &object.name, target.namespace);
        workload.images_filled_elsewhere |= has_image_triggers(target)?;
        let injected = match inject(&workload, &asked, &self.mesh, self.request).map_err(|e| refused(&e))? {
            Injection::Skipped(reason) => {
                entry.outcome = Outcome::Skipped;
                entry.reasons.push(reason.to_string());
                return Ok(());
            }
            Injection::Injected(injected) => {
                entry.outcome = Outcome::Injected;
                injected
            }
            Injection::Unchanged(injected) => injected,
        };
        entry.mode = Some(injected.mode);
        entry.reasons.extend(annotation_reason(&injected.annotation));
        entry.reasons.extend(injected.reasons.iter().map(ToString::to_string));
        entry.warnings.extend(injected.warnings.iter().map(ToString::to_string));
        if entry.outcome == Outcome::Injected {
            let base: Vec<Step<'_>> = object.path.iter().map(Element::step).collect();
            update_pod(draft, &base, &pod, &injected.pod)?;
        }
        Ok(())
    }
}

fn has_image_triggers(target: &Target<'_, '_>) -> Result<bool, TaskError> {
    let tree = target.tree;
    let metadata = tree.get(target.object.node, "metadata")?;
    let annotations = metadata.map(|m| tree.get(m, "annotations")).transpose()?.flatten();
    Ok(annotations.map(|a| tree.get(a, IMAGE_TRIGGERS)).transpose()?.flatten().is_some())
}

fn annotation_reason(change: &AnnotationChange) -> Option<String> {
    match change {
        AnnotationChange::Replaced { was, mode } => {
            Some(format!("annotation {NATIVE_SIDECAR} was {was:?}, now it says {mode}"))
        }
        AnnotationChange::Kept(mode) => Some(format!("annotation {NATIVE_SIDECAR} says {mode}: it stays")),
        AnnotationChange::None | AnnotationChange::Already | AnnotationChange::Set(_) => None,
    }
}

fn refused(error: &InjectError) -> TaskError {
    let hint = match error {
        InjectError::DependsOnNodes => Some(
            "say which nodes there are with --node-version, set the mode with --mode, or set istiod's environment with \
             --istiod-env ENABLE_NATIVE_SIDECARS=true"
                .to_owned(),
        ),
        _ => None,
    };
    TaskError::Refused { message: error.to_string(), hint }
}
