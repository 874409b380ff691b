//! What is printed of a document in a form that is made of pieces: read back from the text that was edited.

use super::document::Outcome;
use crate::k8s::{Kinds, objects, pod_value};
use crate::output::{Changed, Form, changes};
use lossless_yaml::{Place, Tree, YamlError, YamlErrorKind};

/// Fills in the pieces of the document that was `text` before, and began at `first`.
pub(super) fn pieces(
    form: Form,
    text: &str,
    first: Place,
    kinds: &Kinds,
    outcome: &mut Outcome<'_>,
) -> Result<(), YamlError> {
    let is_changed = outcome.entries.iter().any(|entry| entry.outcome.is_change());
    if !outcome.problems.is_empty() || (form.is_of_changes() && !is_changed) {
        return Ok(());
    }
    let new = Tree::parse(&outcome.text, first)?;
    if !form.is_of_changes() {
        let document = new.root().map(|root| new.value(root)).transpose()?;
        outcome.pieces = form.of_document(document.unwrap_or_default());
        return Ok(());
    }
    let old = Tree::parse(text, first)?;
    let workloads = |tree| objects(tree, kinds).map(|found| found.workloads);
    let lines = changed_lines(text, &outcome.text, first.line);
    let mut last = None;
    for ((before, after), entry) in workloads(&old)?.iter().zip(&workloads(&new)?).zip(&outcome.entries) {
        // An object with several templates is told of once.
        let is_told = last.replace(before.node) == Some(before.node) && !form.is_of_templates();
        if !entry.outcome.is_change() || is_told {
            continue;
        }
        if before.name.is_empty() && form.needs_names() {
            let message = "it has no name: no patch can be for it";
            let error = old.node_error(YamlErrorKind::Missing, before.node, message, None);
            return Err(error.with_hint("-o yaml prints the whole stream"));
        }
        let changed = Changed {
            entry,
            line: lines.iter().copied().find(|&line| line >= entry.line).unwrap_or(entry.line),
            object: before,
            old: &old.value(before.node)?,
            new: &new.value(after.node)?,
            pods: [&pod_value(&old, before.template)?, &pod_value(&new, after.template)?],
        };
        outcome.pieces.extend(form.of_change(&changed));
    }
    Ok(())
}

/// The lines of the file at which something changes.
fn changed_lines(old: &str, new: &str, first: usize) -> Vec<usize> {
    let mut lines = Vec::new();
    let (mut at, mut line) = (0, first);
    for change in changes(old.as_bytes(), new.as_bytes()) {
        let between = old.as_bytes().get(at..change.old.start).unwrap_or_default();
        line += memchr::memchr_iter(b'\n', between).count();
        at = change.old.start;
        lines.push(line);
    }
    lines
}
