//! The task of `inject` and `diff`: makes the pod template what istiod would make of it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::annotate::existing;
use super::mesh::ResolvedMesh;
use super::prediction::kubelet_warning;
use super::{Task, TaskError, WorkloadNode};
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::inject::{
    AnnotationChange, AnnotationError, InjectError, Injected, Injection, Injector, InjectorChoice, Malformed, Meshes,
    ModeRequest, Warning as PodWarning, Workload,
};
use crate::istio::ObjectError;
use crate::istio::mesh_file::File;
use crate::istio::names::annotation::PROXY_CONFIG;
use crate::istio::names::env::ENABLE_NATIVE_SIDECARS;
use crate::istio::native::{Mode, ModeReason};
use crate::k8s::{pod_value, update_pod};
use crate::output::{Entry, InjectedBy, Outcome, Reason, Remark, RunInfo, Warning};
use lossless_yaml::{Draft, NodeId, Step, Tree};

/// Injects the sidecar of a mesh.
pub struct Inject {
    /// The meshes that can inject.
    pub meshes: Meshes,
    /// The mode that is requested for the workloads.
    pub request: ModeRequest,
    /// The files of the mesh's own templates.
    pub sources: TemplateSources,
    /// Whether the sidecar is only shown. Then there is no warning about what the webhook does to a written one.
    pub is_preview: bool,
}

/// Where a mesh's own templates are, for errors in them.
#[derive(Debug, Default)]
pub struct TemplateSources {
    files: Vec<File>,
    /// The `ConfigMap` of each injector.
    maps: Vec<String>,
    /// Places that were looked up. A template that fails mostly fails for all workloads.
    known: Mutex<BTreeMap<(usize, String, usize), Option<ObjectError>>>,
}

impl TemplateSources {
    /// Templates in `ConfigMap`s of these files, one for each injector.
    pub fn new(files: Vec<File>, maps: Vec<String>) -> Self {
        Self { files, maps, known: Mutex::default() }
    }

    /// The message about a line of an injector's template, with its place in the files if it is found there.
    fn error(&self, injector: usize, template: &str, line: usize, message: &str) -> String {
        let Some(map) = self.maps.get(injector) else { return message.to_owned() };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let placed = known
            .entry((injector, template.to_owned(), line))
            .or_insert_with(|| ObjectError::of_template(&self.files, map, template, line, ""));
        match placed {
            Some(placed) => ObjectError { message: message.to_owned(), ..placed.clone() }.to_string(),
            None => message.to_owned(),
        }
    }
}

impl Inject {
    /// Injects by a resolved mesh. With `api_defaults`, pods first get the defaults that the API server sets. Also returns
    /// what to report of the mesh.
    pub fn by(mesh: ResolvedMesh, request: ModeRequest, api_defaults: bool) -> (Self, RunInfo) {
        let ResolvedMesh { mut meshes, sources, info, .. } = mesh;
        if !api_defaults {
            meshes.injectors = meshes.injectors.into_iter().map(Injector::without_api_defaults).collect();
        }
        (Self { meshes, request, sources, is_preview: false }, info)
    }

    /// Injects by one mesh in all namespaces.
    pub fn new(injector: Injector, request: ModeRequest) -> Self {
        Self { meshes: Meshes::only(injector), request, sources: TemplateSources::default(), is_preview: false }
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
            skip(Reason::PodMetadataOnly { key: key.clone() }, entry);
            return Ok(());
        }
        draft.take_last_of_equal_keys();
        let duplicates = tree.duplicate_keys(object.template)?;
        // Fails with a place for duplicate keys and wrong types on the path to the annotation.
        existing(target)?;
        let pod = pod_value(tree, object.template)?;
        let mut workload = Workload::of(tree, object, target.namespace)?;
        workload.set_cluster(&self.meshes.objects, &pod);
        let (injector, warning) = match self.meshes.choose(&workload, &pod)? {
            InjectorChoice::Injector(injector, warning) => (injector, warning),
            InjectorChoice::Skipped(reason) => {
                skip(Reason::Skipped(reason), entry);
                return Ok(());
            }
            InjectorChoice::NoWebhook(warning) => {
                skip(Reason::NoWebhook(warning), entry);
                return Ok(());
            }
        };
        let injected =
            match injector.inject(&workload, &pod, self.request).map_err(|e| self.refused(target, injector, &e))? {
                Injection::Skipped(reason) => {
                    skip(Reason::Skipped(reason), entry);
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
            let node = injected.pod.pointer("/spec/nodeName").and_then(Value::as_str);
            kubelet_warning(injector, node)
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
        }
        Ok(())
    }
}

/// Records that the workload is skipped.
fn skip(reason: Reason, entry: &mut Entry) {
    entry.outcome = Outcome::Skipped;
    entry.reasons.push(reason);
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
    Some(Remark::new(reason.code(), format!("istiod takes {name}={value} as false; set it to true or false")))
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

impl Inject {
    /// The error for an injection that failed.
    fn refused(&self, target: &WorkloadNode<'_, '_>, injector: &Injector, error: &InjectError) -> TaskError {
        let problem = Diagnostic::from(error);
        let problem = match error {
            InjectError::Annotations(errors) => {
                return TaskError::Refused(errors.iter().map(|error| invalid_annotation(target, error)).collect());
            }
            InjectError::Malformed(malformed) => match malformed.path.node(target.tree, target.object.template) {
                // The path of the diagnostic names the field.
                Some(node) => Diagnostic {
                    message: format!("must be {}, found {}", malformed.expected, malformed.found),
                    hint: string_hint(target.tree, node, malformed),
                    ..problem
                },
                None => problem,
            },
            InjectError::Template { name, error } => {
                let line = error.line().unwrap_or(1);
                Diagnostic { message: self.template_error(injector, name, line, &problem.message), ..problem }
            }
            InjectError::Rendered { name, problem: rendered } => {
                let message = format!(
                    "template {name}, line {} of what it renders: istiod would refuse it: {rendered}",
                    rendered.line
                );
                Diagnostic {
                    message: self.template_error(injector, name, 1, &message),
                    excerpt: Some(rendered.excerpt.to_string()).filter(|excerpt| !excerpt.is_empty()),
                    ..problem
                }
            }
            _ => problem,
        };
        let node = error.path().and_then(|path| path.node(target.tree, target.object.template));
        TaskError::Refused(vec![at_node(problem, target, node)])
    }

    /// The message about a line of one of the injector's templates, with the template's place if that is known.
    fn template_error(&self, injector: &Injector, template: &str, line: usize, message: &str) -> String {
        let number = self.meshes.injectors.iter().position(|one| std::ptr::eq(one, injector));
        debug_assert!(number.is_some(), "the injector is one of the meshes'");
        number.map_or_else(|| message.to_owned(), |number| self.sources.error(number, template, line, message))
    }
}

/// A value that istiod refuses.
fn invalid_annotation(target: &WorkloadNode<'_, '_>, error: &AnnotationError) -> Diagnostic {
    let problem = &error.problem;
    let message = match error.annotation {
        // It may hold variables with secret values.
        PROXY_CONFIG => format!("invalid value: {problem}"),
        _ => format!("invalid value {:?}: {}", shortened(&error.value), shortened(&problem.to_string())),
    };
    let diagnostic = Diagnostic::error(Code::InvalidAnnotation, ExitCode::Input, message);
    at_node(diagnostic, target, error.path().node(target.tree, target.object.template))
}

/// The diagnostic with the place and path of a node.
fn at_node(diagnostic: Diagnostic, target: &WorkloadNode<'_, '_>, node: Option<NodeId>) -> Diagnostic {
    match node {
        Some(node) => {
            Diagnostic { place: Some(target.tree.place(node)), path: target.tree.path(node).to_string(), ..diagnostic }
        }
        None => diagnostic,
    }
}

/// The text, shortened if it is long.
fn shortened(text: &str) -> Cow<'_, str> {
    const MOST: usize = 200;
    match text.split_at_checked(text.floor_char_boundary(MOST)) {
        Some((start, rest)) if !rest.is_empty() => Cow::Owned(format!("{start}…")),
        _ => Cow::Borrowed(text),
    }
}

/// The hint for a number or boolean instead of a string. Only values of labels and annotations are shown: those of
/// variables may be secret.
fn string_hint(tree: &Tree<'_>, node: NodeId, malformed: &Malformed) -> Option<String> {
    let written = tree.scalar(tree.resolve_alias(node));
    if malformed.expected != "a string" || written.is_empty() {
        return None;
    }
    let is_metadata = malformed.path.first().is_some_and(|first| first.step() == Step::Key("metadata"));
    Some(if is_metadata { format!("quote it: \"{written}\"") } else { "quote it".to_owned() })
}
