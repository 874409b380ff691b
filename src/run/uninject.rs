//! The task of `uninject`: removes what an injection added.

use super::original::{self, Recorded, annotation_path};
use super::{EditedDocument, Task, TaskError, WorkloadNode};
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::inject::{Removal, SidecarRemover, Workload};
use crate::istio::names::annotation::NATIVE_SIDECAR;
use crate::k8s::{pod_value, update_pod};
use crate::output::{Entry, Outcome, Reason, Warning};
use lossless_yaml::{Draft, YamlError};

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
        let pod = pod_value(tree, object.template)?;
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
        update_pod(draft, &object.path.steps(), pod, before)?;
        Ok(())
    }
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
            entry.outcome = Outcome::Skipped;
            entry.reasons.push(Reason::PodMetadataOnly { key: key.clone() });
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
