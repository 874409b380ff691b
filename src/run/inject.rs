//! The task of `inject` and `diff`: injects pod templates as istiod would.

use serde_json::Value;

use super::annotate::existing;
use super::mesh::ResolvedMesh;
use super::original;
use super::prediction::kubelet_warning;
use super::project::PathRequests;
use super::refusal::{TemplateSources, refused};
use super::{EditedDocument, Task, TaskError, WorkloadNode};
use crate::inject::{
    AnnotationChange, Injected, Injection, Injector, InjectorChoice, Meshes, ModeRequest, Warning as PodWarning,
    Workload,
};
use crate::istio::names::env::ENABLE_NATIVE_SIDECARS;
use crate::istio::native::{Mode, ModeReason};
use crate::k8s::update_pod;
use crate::output::{Entry, InjectedBy, Outcome, Reason, Remark, RunInfo, Warning};
use lossless_yaml::{Draft, NodeId, Tree, YamlError};

/// Injects the sidecar of a mesh.
pub struct Inject {
    /// The meshes that can inject.
    pub meshes: Meshes,
    /// The mode that is requested for the workloads.
    pub request: ModeRequest,
    /// Requests for the workloads of some files.
    pub paths: PathRequests,
    /// The files of the mesh's own templates.
    pub sources: TemplateSources,
    /// Whether the sidecar is only shown. Then there is no warning that the webhook would change a written one.
    pub is_preview: bool,
    /// Whether the original is recorded in an annotation of the workload.
    pub is_reversible: bool,
}

impl Inject {
    /// Injects by a resolved mesh. With `api_defaults`, pods first get the defaults that the API server sets. Also returns
    /// what to report about the mesh.
    pub fn by(mesh: ResolvedMesh, request: ModeRequest, api_defaults: bool) -> (Self, RunInfo) {
        let ResolvedMesh { meshes, sources, info, .. } = mesh.with_api_defaults(api_defaults);
        let paths = PathRequests::default();
        (Self { meshes, request, paths, sources, is_preview: false, is_reversible: false }, info)
    }

    /// Injects by one mesh in all namespaces.
    pub fn new(injector: Injector, request: ModeRequest) -> Self {
        Self {
            meshes: Meshes::only(injector),
            request,
            paths: PathRequests::default(),
            sources: TemplateSources::default(),
            is_preview: false,
            is_reversible: false,
        }
    }
}

impl Task for Inject {
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
        draft.take_last_of_equal_keys();
        let duplicates = tree.duplicate_keys(object.template)?;
        // Fails with a place for duplicate keys and wrong types on the path to the annotation.
        existing(target)?;
        let (workload, pod) = Workload::with_pod(tree, object, target.namespace, &self.meshes.objects)?;
        let (injector, warning) = match self.meshes.choose(&workload, &pod)? {
            InjectorChoice::Injector(injector, warning) => (injector, warning),
            InjectorChoice::Skipped(reason) => {
                entry.skip(Reason::Skipped(reason));
                return Ok(());
            }
            InjectorChoice::NoWebhook(warning) => {
                entry.skip(Reason::NoWebhook(warning));
                return Ok(());
            }
        };
        let injected = match injector
            .inject(&workload, &pod, self.paths.request(&entry.file).unwrap_or(self.request))
            .map_err(|e| refused(&self.sources, &self.meshes, target, injector, &e))?
        {
            Injection::Skipped(reason) => {
                entry.skip(Reason::Skipped(reason));
                return Ok(());
            }
            Injection::Injected(injected) => {
                entry.outcome = Outcome::Injected;
                injected
            }
            Injection::Unchanged(injected) => injected,
        };
        entry.mode = Some(injected.mode);
        if let AnnotationChange::Unclear { .. } = injected.annotation {
            entry.is_undecided = true;
        }
        entry.run_warning = if injected.mode == Mode::Native {
            kubelet_warning(injector, injected.pod.pointer("/spec/nodeName").and_then(Value::as_str))
        } else {
            injected.reasons.iter().find_map(odd_env_warning)
        };
        let mesh = injector.mesh();
        entry.by = Some(InjectedBy { istio: mesh.release.to_string(), revision: mesh.revision.clone() });
        entry.warnings.extend(duplicate_warnings(tree, &duplicates));
        entry.warnings.extend(warning.map(Warning::Revision));
        entry.reasons.extend(reasons(&injected));
        entry.reasons.extend(injected.objects.iter().map(|object| Reason::Applies { object: object.clone() }));
        let is_shown =
            |warning: &&PodWarning| !(self.is_preview && matches!(warning, PodWarning::WebhookUndoes { .. }));
        entry.warnings.extend(injected.warnings.iter().filter(is_shown).cloned().map(Warning::Pod));
        if entry.outcome == Outcome::Injected {
            update_pod(draft, &object.path.steps(), pod, injected.pod)?;
        } else if self.is_reversible && !original::is_recorded(tree, object.node)? {
            // Without a record, uninject would remove a sidecar that was there before.
            entry.outcome = Outcome::Annotated;
        }
        if self.is_reversible && entry.outcome.is_change() {
            original::reserve(tree, object, draft)?;
        }
        Ok(())
    }

    fn edit_text(&self, edited: &EditedDocument<'_>, entries: &[Entry]) -> Result<Option<String>, YamlError> {
        if self.is_reversible { original::seal(edited, entries) } else { Ok(None) }
    }
}

/// The warnings about duplicate keys.
fn duplicate_warnings(tree: &Tree<'_>, duplicates: &[(NodeId, NodeId)]) -> impl Iterator<Item = Warning> {
    const MOST: usize = 20;
    let warning = |&(key, earlier): &(NodeId, NodeId)| Warning::DuplicateKey {
        path: tree.path(key).to_string(),
        earlier: tree.line(earlier),
        line: tree.line(key),
    };
    let rest = duplicates.len().saturating_sub(MOST);
    let more = (rest > 0).then_some(Warning::MoreDuplicateKeys(rest));
    duplicates.iter().take(MOST).map(warning).chain(more)
}

/// The warning about a misspelt `ENABLE_NATIVE_SIDECARS`.
fn odd_env_warning(reason: &ModeReason) -> Option<Remark> {
    let ModeReason::EnvOdd { value } = reason else { return None };
    let name = ENABLE_NATIVE_SIDECARS;
    Some(Remark::new(reason.code(), format!("istiod reads {name}={value} as false; set it to true or false")))
}

/// Why a proxy has its mode. A change of the annotation is reported instead of its value.
fn reasons(injected: &Injected) -> impl Iterator<Item = Reason> {
    let change = match &injected.annotation {
        AnnotationChange::None | AnnotationChange::Already(_) | AnnotationChange::Unclear { .. } => None,
        change => Some(Reason::Annotation(change.clone())),
    };
    let is_set = change.is_some();
    let others = injected.reasons.iter().filter(move |reason| !(is_set && matches!(reason, ModeReason::Annotation(_))));
    change.into_iter().chain(others.cloned().map(Reason::Mode))
}
