//! The original of an injected workload, kept in an annotation: `inject --reversible` records it, `uninject` restores it.
//!
//! The record has what differs between the text of the workload before and after the injection, so that every byte comes
//! back. It refers to the workload's own text: other documents, and other items of a List, may change. While the record is
//! computed, the annotation has the value [`PENDING`].

mod delta;
mod record;

use std::ops::Range;

use super::EditedDocument;
use crate::k8s::{Element, Object};
use crate::output::Entry;
use delta::{Delta, Misfit, text_at};
use lossless_yaml::{Draft, NodeId, Step, Tree, YamlError, YamlErrorKind};
use record::Record;

/// The annotation on the workload's own metadata. Pods do not get it, unless the workload is a bare Pod.
pub(super) const ORIGINAL: &str = "nativesidecar.dev/original";

/// The value of the annotation until the record is known.
const PENDING: &str = "v1.pending";

/// Adds the annotation to the draft. [`seal`] sets its value.
pub(super) fn reserve(tree: &Tree<'_>, object: &Object, draft: &mut Draft<'_, '_>) -> Result<(), YamlError> {
    draft.set(&annotation_path(tree, object), PENDING.into(), None)
}

/// The path of the annotation from the root of the document, or of an excerpt.
pub(super) fn annotation_path<'t>(tree: &Tree<'_>, object: &'t Object) -> Vec<Step<'t>> {
    // The path of the pod template leads over the object.
    let mut at = tree.root();
    let to_object = object.path.iter().take_while(|element| {
        let is_above = at != Some(object.node);
        at = at.and_then(|node| element.node(tree, node));
        is_above
    });
    to_object.map(Element::step).chain(["metadata", "annotations", ORIGINAL].map(Step::Key)).collect()
}

/// Whether a workload has a record.
pub(super) fn is_recorded(tree: &Tree<'_>, object: NodeId) -> Result<bool, YamlError> {
    Ok(annotation(tree, object)?.is_some())
}

/// Writes the records of workloads that were changed, in the text after the edits. Returns that text.
pub(super) fn seal(edited: &EditedDocument<'_>, entries: &[Entry]) -> Result<Option<String>, YamlError> {
    if !entries.iter().any(|entry| entry.outcome.is_change()) {
        return Ok(None);
    }
    let after = edited.parse()?;
    let found = edited.objects(&after)?;
    let mut new = Splices::new(edited.text);
    let mut last = None;
    for (index, ((old, object), entry)) in edited.workloads.iter().zip(&found).zip(entries).enumerate() {
        // An object may have several pod templates.
        if !entry.outcome.is_change() || last.replace(old.node) == Some(old.node) {
            continue;
        }
        let region = region(edited.before, edited.workloads, index);
        let (text, original);
        match Annotation::of(edited.before, old.node, &region)? {
            None => original = text_at(edited.before.text(), &region),
            Some(earlier) => {
                text = earlier.original(edited.before)?.map_err(|misfit| earlier.misfit(edited.before, misfit))?;
                original = &text.text;
            }
        }
        let region = self::region(&after, &found, index);
        let Some(annotation) = Annotation::of(&after, object.node, &region)? else { continue };
        let delta = Delta::between(annotation.region, original, annotation.end);
        let value = record::encode(&delta, delta.replaced_part(annotation.region, original)).map_err(|error| {
            let message = format!("--reversible: {error}");
            let hint = "leave out --reversible for this workload, and keep its original in version control";
            edited.before.node_error(YamlErrorKind::Limit, old.node, message, Some(hint.to_owned()))
        })?;
        new.replace(annotation.value, &value);
    }
    Ok(Some(new.finish()))
}

/// Replaces the workloads that are restored by their originals, in the text after the edits. Returns that text.
pub(super) fn restore(
    edited: &EditedDocument<'_>,
    is_restored: impl Fn(&Entry) -> bool,
    entries: &[Entry],
) -> Result<Option<String>, YamlError> {
    if !entries.iter().any(&is_restored) {
        return Ok(None);
    }
    let after = edited.parse()?;
    let found = edited.objects(&after)?;
    let mut new = Splices::new(edited.text);
    let mut last = None;
    for (index, (object, entry)) in found.iter().zip(entries).enumerate() {
        if !is_restored(entry) || last.replace(object.node) == Some(object.node) {
            continue;
        }
        let region = region(&after, &found, index);
        if let Some(annotation) = Annotation::of(&after, object.node, &region)? {
            let original = annotation.original(&after)?.map_err(|misfit| annotation.misfit(&after, misfit))?;
            new.replace(region, &original.text);
        }
    }
    let new = new.finish();
    // A record that was made to fit could restore anything.
    let restored = edited.document.parse(&new)?;
    let names = |objects: &[Object]| -> Vec<(String, String)> {
        objects.iter().map(|object| (object.kind.clone(), object.display_name().to_owned())).collect()
    };
    if names(&edited.objects(&restored)?) != names(&found) {
        let message = format!("annotation {ORIGINAL} restores other objects than those that have it");
        return Err(YamlError::missing(edited.document.first, message));
    }
    Ok(Some(new))
}

/// The original of a workload.
#[derive(Debug)]
pub(super) struct Original {
    /// Its text, up to the next object.
    pub text: String,
    /// Whether the workload was edited since it was injected. The edits are kept.
    pub is_edited: bool,
}

/// What a record leads to.
#[derive(Debug)]
pub(super) enum Recorded {
    /// The original.
    Original(Original),
    /// The text was rewritten since: nothing that the record replaces is there.
    Rewritten,
}

/// What the record of a workload leads to; `None` if it has none.
pub(super) fn recorded(tree: &Tree<'_>, workloads: &[Object], object: NodeId) -> Result<Option<Recorded>, YamlError> {
    let Some(index) = workloads.iter().position(|workload| workload.node == object) else { return Ok(None) };
    let region = region(tree, workloads, index);
    let Some(annotation) = Annotation::of(tree, object, &region)? else { return Ok(None) };
    match annotation.original(tree)? {
        Ok(original) => Ok(Some(Recorded::Original(original))),
        Err(Misfit::Everything) => Ok(Some(Recorded::Rewritten)),
        Err(misfit) => Err(annotation.misfit(tree, misfit)),
    }
}

/// The text of a workload: up to the next object, or the end of the document.
fn region(tree: &Tree<'_>, workloads: &[Object], index: usize) -> Range<usize> {
    let own = workloads.get(index).map(|object| object.node);
    let start = own.map_or(0, |node| tree.head(node));
    let next = workloads.iter().skip(index + 1).find(|object| Some(object.node) != own);
    let end = next.map_or(tree.text().len(), |object| tree.head(object.node));
    start..end.max(start)
}

fn annotation(tree: &Tree<'_>, object: NodeId) -> Result<Option<NodeId>, YamlError> {
    let mut node = object;
    for key in ["metadata", "annotations", ORIGINAL] {
        match tree.get(node, key)? {
            Some(value) => node = value,
            None => return Ok(None),
        }
    }
    Ok(Some(node))
}

/// The annotation of a workload, and its text.
struct Annotation<'a> {
    node: NodeId,
    /// Where the value is in the document.
    value: Range<usize>,
    /// The text of the workload.
    region: &'a str,
    /// Where the text begins in the document.
    start: usize,
    /// Where the workload ends in its text. Comments may follow.
    end: usize,
}

impl<'a> Annotation<'a> {
    fn of(tree: &Tree<'a>, object: NodeId, region: &Range<usize>) -> Result<Option<Self>, YamlError> {
        let Some(node) = annotation(tree, object)? else { return Ok(None) };
        let span = tree.span(node);
        if tree.kind(node).is_collection() || span.start < region.start || span.end > region.end {
            let message = "must be a string that is written at this place";
            return Err(tree.node_error(YamlErrorKind::WrongType, node, message, None));
        }
        let quotes = usize::from(text_at(tree.text(), &span).starts_with(['"', '\'']));
        let value = span.start + quotes..(span.end - quotes).max(span.start + quotes);
        let end = tree.span(object).end.clamp(region.start, region.end) - region.start;
        Ok(Some(Self { node, value, region: text_at(tree.text(), region), start: region.start, end }))
    }

    /// The original, or why the record does not lead to it.
    fn original(&self, tree: &Tree<'_>) -> Result<Result<Original, Misfit>, YamlError> {
        let record = Record::decode(text_at(tree.text(), &self.value)).map_err(|error| {
            let hint = "restore the annotation, or remove it to remove the sidecar by istiod's own records";
            tree.node_error(YamlErrorKind::Value, self.node, error.to_string(), Some(hint.to_owned()))
        })?;
        let within = self.value.start - self.start..self.value.end - self.start;
        let mut pending = Splices::new(self.region);
        pending.replace(within, PENDING);
        let pending = pending.finish();
        let end = (self.end + PENDING.len()).saturating_sub(self.value.len());
        if let Some(text) = record.delta.apply(&pending, end)
            && record.is_of(record.delta.replaced_part(&pending, &text))
        {
            return Ok(Ok(Original { text, is_edited: false }));
        }
        Ok(record.delta.apply_to_edited(&pending, end).map(|text| Original { text, is_edited: true }))
    }

    fn misfit(&self, tree: &Tree<'_>, misfit: Misfit) -> YamlError {
        let message = match misfit {
            Misfit::Everything => "the workload was rewritten since it was injected",
            Misfit::Something => "what the injection added was edited since, or is there more than once",
        };
        let hint = "undo that edit, or remove this annotation to remove the sidecar by istiod's own records";
        tree.node_error(YamlErrorKind::Edit, self.node, message, Some(hint.to_owned()))
    }
}

/// A text with parts replaced, from first to last.
struct Splices<'t> {
    text: &'t str,
    new: String,
    at: usize,
}

impl<'t> Splices<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, new: String::with_capacity(text.len()), at: 0 }
    }

    fn replace(&mut self, range: Range<usize>, by: &str) {
        self.new.push_str(text_at(self.text, &(self.at..range.start)));
        self.new.push_str(by);
        self.at = range.end;
    }

    fn finish(mut self) -> String {
        self.new.push_str(text_at(self.text, &(self.at..self.text.len())));
        self.new
    }
}
