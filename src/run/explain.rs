//! The task of `explain`: records what a mesh does to each workload, and changes nothing.

use std::sync::atomic::{AtomicBool, Ordering};

use super::annotate::existing;
use super::mesh::ResolvedMesh;
use super::prediction::kubelet_warning;
use super::refusal::{TemplateSources, refused};
use super::{Task, TaskError, WorkloadNode};
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::explain::{ExplainError, Explained, Explanation, Proxy};
use crate::inject::Meshes;
use crate::istio::Quotas;
use crate::istio::native::Mode;
use crate::output::{DetailsOf, Entry, RunInfo, Warning};
use lossless_yaml::Draft;

/// Explains what a mesh does to workloads.
pub struct Explain {
    meshes: Meshes,
    sources: TemplateSources,
    /// The workloads whose sidecars are rendered, to record their details.
    pub details: DetailsOf,
    /// Whether the details of one workload are taken.
    has_one: AtomicBool,
    /// The proxy that all workloads with a proxy must have. If set, only the others are listed.
    pub required: Option<Mode>,
}

impl Explain {
    /// Explains by a resolved mesh. Also returns what to report about the mesh.
    pub fn by(mesh: ResolvedMesh, api_defaults: bool) -> (Self, RunInfo) {
        let ResolvedMesh { meshes, sources, info, .. } = mesh.with_api_defaults(api_defaults);
        (Self { meshes, sources, details: DetailsOf::None, has_one: AtomicBool::new(false), required: None }, info)
    }
}

impl Explain {
    /// The quotas of the namespaces.
    pub fn quotas(&self) -> &Quotas {
        &self.meshes.objects.quotas
    }
}

/// What a mesh of `meshes` decides about a workload. Records warnings in its entry.
pub(super) fn explained_by(
    meshes: &Meshes,
    sources: &TemplateSources,
    target: &WorkloadNode<'_, '_>,
    entry: &mut Entry,
) -> Result<Explained, TaskError> {
    // Fails with a place for duplicate keys and wrong types on the path to the annotation.
    existing(target)?;
    let explained = Explained::of(meshes, (target.tree, target.object), target.namespace, false);
    let (explained, _, explanation) = explained.map_err(|error| unexplained(sources, meshes, target, &error))?;
    record_warnings(&explained, &explanation, target, entry);
    Ok(explained)
}

/// Records the warnings about a decision.
pub(super) fn record_warnings(
    explained: &Explained,
    explanation: &Explanation<'_>,
    target: &WorkloadNode<'_, '_>,
    entry: &mut Entry,
) {
    entry.warnings.extend(explanation.warning.clone().map(Warning::Revision));
    if let Some(injector) = explanation.injector.filter(|_| explained.proxy == Proxy::Native) {
        // The decision is still the mesh's: the pod is native, and does not start.
        entry.run_warning = kubelet_warning(injector, target.node_name().as_deref());
    }
}

/// The error for a workload that cannot be explained.
pub(super) fn unexplained(
    sources: &TemplateSources,
    meshes: &Meshes,
    target: &WorkloadNode<'_, '_>,
    error: &ExplainError<'_>,
) -> TaskError {
    let problem = match error {
        ExplainError::Yaml(error) => return error.clone().into(),
        ExplainError::Choice(error) => Diagnostic::from(error),
        ExplainError::Refused { injector, error } => return refused(sources, meshes, target, injector, error),
        ExplainError::UnknownTemplates { .. } => {
            let problem = Diagnostic::error(Code::TemplateNotBuiltIn, ExitCode::Input, error.to_string());
            problem.with_hint("pass --mesh-file to use your mesh's own templates")
        }
        ExplainError::Undecided => Diagnostic::error(Code::Internal, ExitCode::Internal, error.to_string()),
    };
    TaskError::Refused(vec![problem])
}

impl Task for Explain {
    fn apply(
        &self,
        target: &WorkloadNode<'_, '_>,
        _draft: &mut Draft<'_, '_>,
        entry: &mut Entry,
    ) -> Result<(), TaskError> {
        // Fails with a place for duplicate keys and wrong types on the path to the annotation.
        existing(target)?;
        let with_details = match self.details {
            DetailsOf::None => false,
            DetailsOf::One => !self.has_one.swap(true, Ordering::Relaxed),
            DetailsOf::All => true,
        };
        let place = (target.tree, target.object);
        let explained = Explained::of(&self.meshes, place, target.namespace, with_details);
        let (explained, details, explanation) = match explained {
            Ok(explained) => explained,
            Err(error) => {
                let as_written = || Explained::as_written(&self.meshes, place, target.namespace).ok().flatten();
                entry.details = with_details.then(as_written).flatten().map(Box::new);
                return Err(unexplained(&self.sources, &self.meshes, target, &error));
            }
        };
        entry.details = details.map(Box::new);
        record_warnings(&explained, &explanation, target, entry);
        let required = self.required.map(Proxy::from);
        let is_required = |required| [required, Proxy::None].contains(&explained.proxy);
        entry.is_undecided = required.is_some_and(|required| !is_required(required));
        entry.is_listed = !required.is_some_and(is_required);
        entry.explained = Some(Box::new(explained));
        Ok(())
    }
}
