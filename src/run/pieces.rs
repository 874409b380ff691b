//! The pieces of a document, for output forms that consist of pieces. They are made from the edited text.

use serde_json::Value;

use super::document::{DocumentResults, InputDocument};
use crate::k8s::{Kinds, objects, pod_value};
use crate::output::{Changed, Entry, Form, Outcome, Pieces, changes};
use lossless_yaml::{YamlError, YamlErrorKind};

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
    let lines = changed_lines(document, edited);
    let mut last = None;
    for (index, ((before, after), entry)) in
        workloads(&old)?.iter().zip(&workloads(&new)?).zip(&results.entries).enumerate()
    {
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
            line: lines.iter().find(|change| change.is_of(entry, index)).map_or(entry.line, |change| change.line),
            object: before,
            old: &old.value(before.node)?,
            new: &new.value(after.node)?,
            pods: [&pod_value(&old, before.template)?, &pod_value(&new, after.template)?],
        };
        results.pieces.push(piece(&changed));
    }
    Ok(())
}

/// A line of the file at which something changes.
struct ChangedLine {
    line: usize,
    /// Whether lines are only added before it.
    is_insertion: bool,
}

impl ChangedLine {
    /// Whether the change may be one of the workload with this position in the document: lines that are added before its
    /// first line are the last ones of the workload before it.
    fn is_of(&self, entry: &Entry, index: usize) -> bool {
        if self.is_insertion && index > 0 { self.line > entry.line } else { self.line >= entry.line }
    }
}

fn changed_lines(document: InputDocument<'_>, edited: &str) -> Vec<ChangedLine> {
    // Only the items of an excerpt change.
    let (head, first) = document.excerpt.map_or((0, document.first), |excerpt| (excerpt.head, excerpt.place));
    let [old, new] = [document.text, edited].map(|text| text.as_bytes().get(head..).unwrap_or_default());
    let mut lines = Vec::new();
    let (mut at, mut line) = (0, first.line);
    for change in changes(old, new) {
        let between = old.get(at..change.old.start).unwrap_or_default();
        line += memchr::memchr_iter(b'\n', between).count();
        at = change.old.start;
        lines.push(ChangedLine { line, is_insertion: change.old.is_empty() });
    }
    lines
}
