//! The pieces of a document, for output forms that consist of pieces. They are made from the edited text.

use serde_json::Value;

use super::document::{DocumentResults, InputDocument};
use crate::k8s::{Kinds, objects, pod_value};
use crate::output::{Changed, Form, Outcome, Pieces};
use lossless_yaml::{NodeId, Tree, YamlError, YamlErrorKind};

/// Adds the pieces of a document to its results. `edited` is its text after the edits.
pub(super) fn pieces(
    form: &dyn Form,
    document: InputDocument<'_>,
    edited: &str,
    kinds: &Kinds,
    results: &mut DocumentResults,
) -> Result<(), YamlError> {
    if let Pieces::Workloads(piece) = form.pieces() {
        let listed = results.entries.iter().filter(|entry| entry.is_listed && entry.outcome != Outcome::NotChosen);
        results.pieces = listed.map(piece).collect();
        return Ok(());
    }
    if !results.problems.is_empty() {
        return Ok(());
    }
    let (piece, of_each_template, needs_name) = match form.pieces() {
        Pieces::Workloads(_) => return Ok(()),
        Pieces::Documents(pieces) => {
            let new = document.parse(edited)?;
            let value = new.root().map(|root| new.value(root)).transpose()?;
            results.pieces = pieces(value.unwrap_or(Value::Null));
            return Ok(());
        }
        Pieces::Changes { piece, of_each_template, needs_name } => (piece, of_each_template, needs_name),
    };
    if !results.entries.iter().any(|entry| entry.outcome.is_change()) {
        return Ok(());
    }
    let new = document.parse(edited)?;
    let old = document.parse(document.text)?;
    let workloads = |tree| objects(tree, kinds).map(|found| found.workloads);
    let mut last = None;
    for ((before, after), entry) in workloads(&old)?.iter().zip(&workloads(&new)?).zip(&results.entries) {
        let is_same_object = last.replace(before.node) == Some(before.node);
        if !entry.outcome.is_change() || (is_same_object && !of_each_template) {
            continue;
        }
        if before.name.is_empty() && needs_name {
            let message = "cannot make a patch for an object without a name";
            let error = old.node_error(YamlErrorKind::Missing, before.node, message, None);
            return Err(error.with_hint("-o yaml prints the whole stream"));
        }
        let changed = Changed {
            entry,
            line: entry.line + equal_lines(text_of(&old, before.node), text_of(&new, after.node)),
            object: before,
            old: &old.value(before.node)?,
            new: &new.value(after.node)?,
            pods: [&pod_value(&old, before.template)?, &pod_value(&new, after.template)?],
        };
        results.pieces.push(piece(&changed));
    }
    Ok(())
}

/// The text of a node, with its anchor and tag.
fn text_of<'a>(tree: &Tree<'a>, node: NodeId) -> &'a str {
    tree.text().get(tree.head(node)..tree.span(node).end).unwrap_or_default()
}

/// How many lines precede the first one that differs; 0 if none does.
fn equal_lines(old: &str, new: &str) -> usize {
    if old == new { 0 } else { old.lines().zip(new.lines()).take_while(|(old, new)| old == new).count() }
}
