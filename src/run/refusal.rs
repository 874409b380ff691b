//! The errors for workloads that a mesh refuses, with their places in manifests and templates.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::{TaskError, WorkloadNode};
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::inject::{AnnotationError, InjectError, Injector, Malformed, Meshes};
use crate::istio::ObjectError;
use crate::istio::mesh_file::File;
use crate::istio::names::annotation::PROXY_CONFIG;
use lossless_yaml::{NodeId, Step, Tree};

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

    /// The files.
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// The names of the `ConfigMap`s, one for each injector.
    pub fn maps(&self) -> &[String] {
        &self.maps
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
    /// The message about a line of one of the injector's templates, with the template's place if that is known.
    fn template_error(
        &self,
        meshes: &Meshes,
        injector: &Injector,
        template: &str,
        line: usize,
        message: &str,
    ) -> String {
        let number = meshes.injectors.iter().position(|one| std::ptr::eq(one, injector));
        debug_assert!(number.is_some(), "the injector is one of the meshes'");
        number.map_or_else(|| message.to_owned(), |number| self.error(number, template, line, message))
    }
}

/// The error for a workload that a mesh refuses.
pub(super) fn refused(
    sources: &TemplateSources,
    meshes: &Meshes,
    target: &WorkloadNode<'_, '_>,
    injector: &Injector,
    error: &InjectError,
) -> TaskError {
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
            Diagnostic { message: sources.template_error(meshes, injector, name, line, &problem.message), ..problem }
        }
        InjectError::Rendered { name, problem: rendered } => {
            let message =
                format!("template {name}, line {} of its output: istiod would refuse it: {rendered}", rendered.line);
            Diagnostic {
                message: sources.template_error(meshes, injector, name, 1, &message),
                excerpt: Some(rendered.excerpt.to_string()).filter(|excerpt| !excerpt.is_empty()),
                ..problem
            }
        }
        _ => problem,
    };
    let node = error.path().and_then(|path| path.node(target.tree, target.object.template));
    TaskError::Refused(vec![at_node(problem, target, node)])
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
