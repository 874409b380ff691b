//! The task of `uninject`: removes what an injection added.

use super::original::{self, Recorded, annotation_path};
use super::{EditedDocument, Task, TaskError, WorkloadNode};
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::inject::{Removal, SidecarRemover, Workload};
use crate::istio::names::annotation::{NATIVE_SIDECAR, STATUS};
use crate::k8s::{Element, Path, pod_value, update_pod};
use crate::output::{Entry, Outcome, Reason, Warning};
use lossless_yaml::{Draft, YamlError};
use serde_json::{Value, json};

/// Removes sidecars, by the record of the original where a workload has one, else by istiod's own records.
#[derive(Debug, Default)]
pub struct Uninject {
    remover: SidecarRemover,
}

impl Uninject {
    /// Removes the sidecar by istiod's own records.
    fn remove(
        &self,
        target: &WorkloadNode<'_, '_>,
        draft: &mut Draft<'_, '_>,
        entry: &mut Entry,
    ) -> Result<(), TaskError> {
        let (tree, object) = (target.tree, target.object);
        draft.take_last_of_equal_keys();
        let mut pod = pod_value(tree, object.template)?;
        let job_template = job_template_of_kube_inject(target, &pod);
        if let (Some((_, metadata)), Some(pod)) = (&job_template, pod.as_object_mut()) {
            pod.insert("metadata".to_owned(), metadata.clone());
        }
        let workload = Workload::of(tree, object, target.namespace)?;
        let removal = self.remover.remove(&workload, &pod).map_err(|error| {
            let problem = Diagnostic::error(Code::InvalidAnnotation, ExitCode::Input, error.to_string());
            TaskError::Refused(vec![
                problem.with_hint("nothing was removed: restore the annotation, or remove the sidecar by hand"),
            ])
        })?;
        let Some(Removal { pod: before, mode, unrecorded, kept }) = removal else {
            entry.outcome = Outcome::Unchanged;
            entry.reasons.push(Reason::NoSidecar);
            return Ok(());
        };
        entry.outcome = Outcome::Uninjected;
        entry.mode = mode;
        if !unrecorded.is_empty() {
            entry.reasons.push(Reason::RemovedUnrecorded { names: unrecorded });
        }
        if !kept.is_empty() {
            entry.warnings.push(Warning::KeptUnrecorded { names: kept });
        }
        if before.pointer("/metadata/annotations").is_some_and(|annotations| annotations.get(NATIVE_SIDECAR).is_some())
        {
            entry.reasons.push(Reason::ModeAnnotationKept);
        }
        let Some((job_template, _)) = job_template else {
            update_pod(draft, &object.path.steps(), pod, before)?;
            return Ok(());
        };
        for (path, key) in [(&object.path, "spec"), (&job_template, "metadata")] {
            let part = |pod: &Value| pod.get(key).map_or_else(|| json!({}), |value| json!({key: value}));
            update_pod(draft, &path.steps(), part(&pod), part(&before))?;
        }
        Ok(())
    }
}

/// The path and metadata of the job template of a `CronJob` that has the records of the injection. `istioctl kube-inject`
/// reads and writes the metadata there instead of in the pod template.
fn job_template_of_kube_inject(target: &WorkloadNode<'_, '_>, pod: &Value) -> Option<(Path, Value)> {
    let (tree, object) = (target.tree, target.object);
    let has_status = |metadata: &Value| metadata.get("annotations").is_some_and(|all| all.get(STATUS).is_some());
    if object.kind != "CronJob" || pod.get("metadata").is_some_and(has_status) {
        return None;
    }
    let to_template = object.path.iter().rposition(|element| *element == Element::Key("jobTemplate".to_owned()))?;
    let path: Path = object.path.iter().take(to_template + 1).cloned().collect();
    let node = path.node(tree, tree.root()?)?;
    let metadata = tree.value(tree.get(node, "metadata").ok()??).ok()?;
    has_status(&metadata).then_some((path, metadata))
}

impl Task for Uninject {
    fn apply(
        &self,
        target: &WorkloadNode<'_, '_>,
        draft: &mut Draft<'_, '_>,
        entry: &mut Entry,
    ) -> Result<(), TaskError> {
        let (tree, object) = (target.tree, target.object);
        if let Some(key) = &object.pod_metadata {
            entry.skip(Reason::PodMetadataOnly { key: key.clone() });
            return Ok(());
        }
        match original::recorded(tree, target.workloads, object.node)? {
            Some(Recorded::Original(original)) => {
                entry.outcome = Outcome::Uninjected;
                entry.reasons.push(Reason::Restored { is_edited: original.is_edited });
                Ok(())
            }
            Some(Recorded::Rewritten) => {
                entry.warnings.push(Warning::OriginalRewritten);
                self.remove(target, draft, entry)?;
                draft.remove(&annotation_path(tree, object))?;
                Ok(())
            }
            None => self.remove(target, draft, entry),
        }
    }

    fn edit_text(&self, edited: &EditedDocument<'_>, entries: &[Entry]) -> Result<Option<String>, YamlError> {
        original::restore(edited, |entry| matches!(entry.reasons.first(), Some(Reason::Restored { .. })), entries)
    }
}
