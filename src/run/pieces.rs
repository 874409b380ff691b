//! The pieces of a document in a form of output that is made of pieces. They are made from the edited text.

use serde_json::Value;

use super::document::DocumentResults;
use crate::k8s::{Kinds, objects, pod_value};
use crate::output::{Changed, Form, Outcome, Pieces, changes};
use lossless_yaml::{Place, Tree, YamlError, YamlErrorKind};

/// Adds the pieces of a document to its results. The texts are those before and after the edits; they begin at `first`.
pub(super) fn pieces(
    form: &dyn Form,
    [text, edited]: [&str; 2],
    first: Place,
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
            let new = Tree::parse(edited, first)?;
            let document = new.root().map(|root| new.value(root)).transpose()?;
            results.pieces = pieces(document.unwrap_or(Value::Null));
            return Ok(());
        }
        Pieces::Changes { piece, of_each_template, needs_name } => (piece, of_each_template, needs_name),
    };
    if !results.entries.iter().any(|entry| entry.outcome.is_change()) {
        return Ok(());
    }
    let new = Tree::parse(edited, first)?;
    let old = Tree::parse(text, first)?;
    let workloads = |tree| objects(tree, kinds).map(|found| found.workloads);
    let lines = changed_lines(text, edited, first.line);
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
            line: lines.iter().copied().find(|&line| line >= entry.line).unwrap_or(entry.line),
            object: before,
            old: &old.value(before.node)?,
            new: &new.value(after.node)?,
            pods: [&pod_value(&old, before.template)?, &pod_value(&new, after.template)?],
        };
        results.pieces.push(piece(&changed));
    }
    Ok(())
}

/// The lines of the file, from `first` on, at which something changes.
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
