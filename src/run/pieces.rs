//! What is printed of a document in a form that is made of pieces: read back from the text that was edited.

use super::document::Outcome;
use crate::k8s::{Kinds, objects};
use crate::output::{Changed, Form};
use crate::yaml::{Tree, YamlError, YamlErrorKind};

/// Fills in the pieces of the document that was `text` before, and began at `line`.
pub(super) fn pieces(
    form: Form,
    text: &str,
    line: usize,
    kinds: &Kinds,
    outcome: &mut Outcome<'_>,
) -> Result<(), YamlError> {
    let is_changed = outcome.entries.iter().any(|entry| entry.outcome.is_change());
    if !outcome.problems.is_empty() || (form.is_patch() && !is_changed) {
        return Ok(());
    }
    let new = Tree::parse(&outcome.text, line)?;
    if !form.is_patch() {
        let document = new.root().map(|root| new.value(root)).transpose()?;
        outcome.pieces = form.of_document(document.unwrap_or_default());
        return Ok(());
    }
    let old = Tree::parse(text, line)?;
    let workloads = |tree| objects(tree, kinds).map(|found| found.workloads);
    let mut last = None;
    for ((before, after), entry) in workloads(&old)?.iter().zip(&workloads(&new)?).zip(&outcome.entries) {
        // An object with several templates is told of once.
        if !entry.outcome.is_change() || last.replace(before.node) == Some(before.node) {
            continue;
        }
        if before.name.is_empty() {
            let error =
                old.node_error(YamlErrorKind::Missing, before.node, "it has no name: no patch can be for it", None);
            return Err(error.with_hint("-o yaml prints the whole stream"));
        }
        let (before_value, after_value) = (old.value(before.node)?, new.value(after.node)?);
        let changed = Changed { object: before, old: &before_value, new: &after_value };
        outcome.pieces.extend(form.of_change(&changed));
    }
    Ok(())
}
