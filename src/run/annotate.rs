//! The task of `annotate`: sets or removes one annotation on each pod template.

use serde_json::Value;

use super::explain::unexplained;
use super::prediction::{Forecast, Prediction};
use super::project::PathRequests;
use super::refusal::TemplateSources;
use super::{Task, TaskError, WorkloadNode};
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::explain::{Explanation, Proxy};
use crate::inject::{AnnotationChange, ExistingMode, Meshes, ModeRequest, annotation_value};
use crate::istio::names::annotation::NATIVE_SIDECAR;
use crate::istio::native::Mode;
use crate::k8s::{Element, metadata_goes_before};
use crate::output::{Entry, Outcome, Reason, Warning};
use lossless_yaml::{Draft, NodeId, Step, Tree, YamlErrorKind};

/// What to do with the annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnnotationAction {
    /// Set it as requested.
    Set(ModeRequest),
    /// Remove it where it has this mode or is invalid; with `None`, remove any.
    Remove(Option<Mode>),
    /// Where it is absent, set it to the mesh's decision.
    Pin,
}

impl AnnotationAction {
    /// The action for a request. With `remove`, the value that the request would set is removed; with `all`, any value.
    pub fn of(request: ModeRequest, remove: bool, all: bool) -> Result<Self, Diagnostic> {
        match request {
            _ if all => Ok(Self::Remove(None)),
            _ if !remove => Ok(Self::Set(request)),
            ModeRequest::NativeIfAbsent => Ok(Self::Remove(Some(Mode::Native))),
            ModeRequest::Set { mode, .. } => Ok(Self::Remove(Some(mode))),
            ModeRequest::Mesh => {
                let message = "--remove removes what --mode would have set, and --mode mesh sets nothing";
                let hint = "pass --mode native or --mode regular, or --all to remove any value";
                Err(Diagnostic::usage(message, Some(hint.to_owned())))
            }
        }
    }
}

/// Sets, checks or removes the annotation `sidecar.istio.io/nativeSidecar`.
pub struct Annotate {
    /// The action.
    pub action: AnnotationAction,
    /// The meshes that inject; `None` if no mesh is given.
    pub meshes: Option<Meshes>,
    /// Whether to annotate workloads that opt out of injection or have a controller, too.
    pub include_uninjected: bool,
    /// What to set instead in some files.
    pub paths: PathRequests,
}

impl Annotate {
    /// Takes this action without knowing a mesh.
    pub fn new(action: AnnotationAction) -> Self {
        Self { action, meshes: None, include_uninjected: false, paths: PathRequests::default() }
    }
}

impl Annotate {
    /// The request for the proxy that the mesh gives the workload now. `None` if it gives it none: then the
    /// workload is skipped.
    fn pinned(
        &self,
        existing: &ExistingMode,
        target: &WorkloadNode<'_, '_>,
        entry: &mut Entry,
    ) -> Result<Option<ModeRequest>, TaskError> {
        // Another value decides already, also if it is misspelt.
        let (true, Some(meshes)) = (matches!(existing, ExistingMode::Absent | ExistingMode::Empty), &self.meshes)
        else {
            return Ok(Some(ModeRequest::Mesh));
        };
        let explanation = Explanation::of(meshes, target.tree, target.object, target.namespace)
            .map_err(|error| unexplained(&TemplateSources::default(), meshes, target, &error))?;
        if let Some(ruling) = explanation.unknown_istiod() {
            let message = "--pin cannot record what depends on istiod's environment, which is not known";
            let problem = Diagnostic::error(Code::IstiodUnknown, ExitCode::Input, message);
            let missing = if ruling.missing.is_empty() { String::new() } else { format!("{}; or ", ruling.missing) };
            let hint = format!(
                "pass {missing}--istiod-env ENABLE_NATIVE_SIDECARS=true; or a mesh file with istiod's Deployment"
            );
            return Err(TaskError::Refused(vec![problem.with_hint(hint)]));
        }
        let mode = match explanation.proxy {
            Proxy::Native => Mode::Native,
            Proxy::Regular => Mode::Regular,
            Proxy::Depends => {
                let message = "--pin cannot record what depends on the cluster's nodes, and none are known";
                let problem = Diagnostic::error(Code::NodesUnknown, ExitCode::Input, message);
                let hint =
                    "pass --node-version or --istiod-env ENABLE_NATIVE_SIDECARS=true, or a mesh file with the nodes";
                return Err(TaskError::Refused(vec![problem.with_hint(hint)]));
            }
            Proxy::None => {
                entry.outcome = Outcome::Skipped;
                entry.reasons.extend(explanation.reasons.into_iter().map(Reason::from));
                return Ok(None);
            }
        };
        entry.reasons.extend(explanation.reasons.into_iter().map(Reason::from));
        Ok(Some(ModeRequest::Set { mode, keep_existing: false }))
    }
}

impl Task for Annotate {
    fn apply(
        &self,
        target: &WorkloadNode<'_, '_>,
        draft: &mut Draft<'_, '_>,
        entry: &mut Entry,
    ) -> Result<(), TaskError> {
        if let Some((kind, name)) = target.object.controller(target.tree).filter(|_| !self.include_uninjected) {
            entry.skip(Reason::Controlled { kind, name });
            return Ok(());
        }
        let prediction = Prediction::new(target);
        let forecast = prediction.forecast(self.meshes.as_ref(), self.include_uninjected);
        if let Forecast::NotInjected { reason, is_skipped: true } = forecast {
            entry.skip(reason);
            return Ok(());
        }
        let existing = existing(target)?;
        match self.action {
            AnnotationAction::Remove(only) => remove(&existing, only, target, draft, entry)?,
            AnnotationAction::Pin => {
                if let Some(request) = self.pinned(&existing, target, entry)? {
                    let change = set(request, &existing, target, draft, entry)?;
                    prediction.record(&forecast, request, &change, &existing, entry);
                }
            }
            AnnotationAction::Set(request) => {
                let request = self.paths.request(&entry.file).unwrap_or(request);
                let change = set(request, &existing, target, draft, entry)?;
                prediction.record(&forecast, request, &change, &existing, entry);
            }
        }
        Ok(())
    }
}

/// Records that the annotation has another mode than requested, and is kept.
fn keep(mode: Mode, entry: &mut Entry) {
    entry.outcome = Outcome::Kept;
    entry.reasons.push(Reason::AnnotationKept { value: format!("{:?}", annotation_value(mode)) });
}

/// The path of the annotation from the document's root.
fn annotation_path<'t>(target: &'t WorkloadNode<'_, '_>) -> Vec<Step<'t>> {
    let template = target.object.path.iter().map(Element::step);
    template.chain([target.object.metadata_key(), "annotations", NATIVE_SIDECAR].map(Step::Key)).collect()
}

fn set(
    request: ModeRequest,
    existing: &ExistingMode,
    target: &WorkloadNode<'_, '_>,
    draft: &mut Draft<'_, '_>,
    entry: &mut Entry,
) -> Result<AnnotationChange, TaskError> {
    let change = AnnotationChange::of(request, existing);
    if let Some(mode) = change.written() {
        let keys = keys(target.tree, target.object.template);
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let is_placed = keys.contains(&"metadata") || target.object.pod_metadata.is_some();
        let before = if is_placed { None } else { metadata_goes_before(&keys) };
        draft.set(&annotation_path(target), Value::String(annotation_value(mode).to_owned()), before)?;
        entry.outcome = Outcome::Annotated;
    }
    match &change {
        AnnotationChange::None => {
            if let ExistingMode::Misspelt { was, .. } | ExistingMode::Unclear { was } = existing {
                entry.is_undecided = true;
                entry.warnings.push(Warning::AnnotationUnclear { was: was.clone(), is_kept: false });
            }
        }
        AnnotationChange::Already(_) | AnnotationChange::Added(_) => {}
        AnnotationChange::Kept(mode) => keep(*mode, entry),
        AnnotationChange::Replaced { was, .. } => entry.reasons.push(Reason::AnnotationReplaced { was: was.clone() }),
        AnnotationChange::Repaired { was, mode } => {
            entry.reasons.push(Reason::AnnotationRepaired { was: was.clone(), mode: *mode });
        }
        AnnotationChange::Unclear { was } => {
            entry.outcome = Outcome::Kept;
            entry.reasons.push(Reason::AnnotationKept { value: was.clone() });
            entry.is_undecided = true;
            entry.warnings.push(Warning::AnnotationUnclear { was: was.clone(), is_kept: true });
        }
    }
    Ok(change)
}

fn remove(
    existing: &ExistingMode,
    only: Option<Mode>,
    target: &WorkloadNode<'_, '_>,
    draft: &mut Draft<'_, '_>,
    entry: &mut Entry,
) -> Result<(), TaskError> {
    match existing {
        ExistingMode::Absent => {}
        ExistingMode::Valid(mode) if only.is_some_and(|only| only != *mode) => {
            entry.mode = Some(*mode);
            keep(*mode, entry);
        }
        _ => {
            let path = annotation_path(target);
            if !draft.remove(&path)? {
                entry.outcome = Outcome::Kept;
                entry.is_undecided = true;
                entry.warnings.push(Warning::AnnotationMerged);
                return Ok(());
            }
            entry.outcome = Outcome::Removed;
            // If the pod template has nothing else, it stays, although empty.
            if target.tree.entries(target.object.template).count() == 1 {
                draft.keep(path.get(..path.len() - 2).unwrap_or_default())?;
            }
        }
    }
    Ok(())
}

fn keys(tree: &Tree<'_>, map: NodeId) -> Vec<String> {
    tree.entries(map).filter_map(|(key, _)| tree.key(key).ok().map(std::borrow::Cow::into_owned)).collect()
}

/// The annotation on the pod template.
pub(super) fn existing(target: &WorkloadNode<'_, '_>) -> Result<ExistingMode, TaskError> {
    let tree = target.tree;
    let mut at = target.object.template;
    for key in [target.object.metadata_key(), "annotations", NATIVE_SIDECAR] {
        match tree.get(at, key)? {
            Some(node) => at = node,
            None => return Ok(ExistingMode::Absent),
        }
    }
    if tree.scalar_value(at)?.is_none() {
        let message = "must be a string, found a list or mapping";
        return Err(tree.node_error(YamlErrorKind::WrongType, at, message, None).into());
    }
    Ok(ExistingMode::of(Some(&tree.value(at)?)))
}
