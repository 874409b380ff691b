//! The task of `lint`: finds what is wrong in documents.

use super::prediction::{Forecast, Prediction};
use super::{DocumentOutcome, Meshes, Task, TaskError, WholeDocument, WorkloadNode};
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::inject::Injector;
use crate::istio::native::{Answer, Mode, PodFacts, decide};
use crate::k8s::{Object, plainly_without_templates};
use crate::lint::{Decide, Decision, Linter, MeshSource, Proxy};
use crate::output::Entry;
use lossless_yaml::{Draft, Tree, YamlError};

/// Finds what is wrong in documents.
pub struct Lint<'l> {
    /// Looks at documents.
    pub linter: Linter<'l>,
}

impl Task for Lint<'_> {
    fn apply(&self, _: &WorkloadNode<'_, '_>, _: &mut Draft<'_, '_>, _: &mut Entry) -> Result<(), TaskError> {
        debug_assert!(false, "lint works on whole documents");
        Ok(())
    }

    fn document(&self, document: WholeDocument<'_>) -> Option<DocumentOutcome> {
        Some(self.lint(document).unwrap_or_else(|error| DocumentOutcome {
            problems: vec![Diagnostic::from(&error).in_file(&**document.file)],
            ..DocumentOutcome::default()
        }))
    }
}

impl Lint<'_> {
    fn lint(&self, document: WholeDocument<'_>) -> Result<DocumentOutcome, YamlError> {
        let WholeDocument { file, text, first } = document;
        let mut outcome = DocumentOutcome::default();
        if plainly_without_templates(text, self.linter.kinds) {
            return Ok(outcome);
        }
        let tree = Tree::parse(text, first)?;
        let linted = self.linter.lint(file, &tree)?;
        outcome.findings = linted.findings;
        outcome.problems = linted.undecided;
        Ok(outcome)
    }
}

/// Decides by the meshes of a run.
pub struct MeshDecider {
    /// The meshes.
    pub meshes: Meshes,
    /// Where the knowledge about them comes from.
    pub source: MeshSource,
}

impl Decide for MeshDecider {
    fn decide(&self, tree: &Tree<'_>, object: &Object, namespace: &str) -> Result<Decision<'_>, Diagnostic> {
        let target = WorkloadNode { tree, object, namespace };
        let prediction = Prediction::new(&target);
        let bug = || Diagnostic::error(Code::Internal, ExitCode::Internal, "there is no mesh to decide by");
        let first = self.meshes.injectors.first().ok_or_else(bug)?;
        let (proxy, injector) = match prediction.forecast(Some(&self.meshes), false) {
            Forecast::NotInjected { .. } => (Proxy::None, first),
            Forecast::Unknown(Some(warning)) => {
                let undecided = Diagnostic::error(Code::RevisionUnknown, ExitCode::Input, warning.to_string());
                return Err(undecided.at(Some(tree.place(object.node))));
            }
            Forecast::Unknown(None) => (self.proxy(prediction.annotation(), prediction.node_name(), first), first),
            Forecast::Injected(injector, _) => {
                (self.proxy(prediction.annotation(), prediction.node_name(), injector), injector)
            }
        };
        let is_other_template = prediction.is_never_native() && proxy != Proxy::None;
        let proxy = if is_other_template { Proxy::Regular } else { proxy };
        Ok(Decision { proxy, mesh: injector.mesh(), is_other_template })
    }

    fn source(&self) -> MeshSource {
        self.source
    }
}

impl MeshDecider {
    fn proxy(&self, annotation: Option<&str>, node_name: Option<&str>, injector: &Injector) -> Proxy {
        if self.source == MeshSource::Assumed {
            return if annotation == Some("false") { Proxy::Regular } else { Proxy::Native };
        }
        match decide(injector.mesh(), PodFacts { annotation, node_name }).answer {
            Answer::Mode(Mode::Native) => Proxy::Native,
            Answer::Mode(Mode::Regular) => Proxy::Regular,
            Answer::DependsOnNodes => Proxy::Depends,
        }
    }
}
