//! The task of `lint`: finds what is wrong in documents.

use super::{DocumentOutcome, Task, TaskError, WholeDocument, WorkloadNode};
use crate::diagnostic::Diagnostic;
use crate::k8s::plainly_without_templates;
use crate::lint::Linter;
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
