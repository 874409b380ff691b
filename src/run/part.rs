//! A part of a source, worked on: its text before and after, and what is to be said of it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::document::document;
use super::{Job, fold_sidecars};
use crate::diagnostic::Diagnostic;
use crate::input::{Batch, not_utf8};
use crate::k8s::Unhandled;
use crate::output::{Change, Entry, Form, changes};

/// Some documents of a source.
pub(super) struct Part {
    /// Their text before.
    pub old: Vec<u8>,
    /// Their text now; none if nothing changed.
    pub new: Option<Vec<u8>>,
    /// Each of them.
    pub documents: Vec<Document>,
    /// Whether the source ends here.
    pub is_last: bool,
}

/// One document, worked on.
pub(super) struct Document {
    /// Its position in the source, counted from 1.
    pub number: usize,
    /// Its bytes in the old text of the part, for diffs: with those of the documents behind it that share a line with it,
    /// which then have none.
    pub old: Range<usize>,
    /// Its bytes in the new text, or in the old one if the part has no new text, likewise.
    pub new: Range<usize>,
    /// The texts that a diff shows in the place of its own, if they are others.
    pub folded: Option<Folded>,
    /// The lines of what is shown that changed, from the start of the document, if that was asked for.
    pub changes: Vec<Change>,
    pub entries: Vec<Entry>,
    pub problems: Vec<Diagnostic>,
    pub unhandled: Vec<Unhandled>,
    /// What it was rendered from.
    pub source: Option<Arc<str>>,
    /// Which of the paths that were added led to a pod template, by their positions.
    pub used: BTreeSet<usize>,
    /// What is printed of it, if that was asked for in a form that is made of pieces.
    pub pieces: Vec<String>,
}

/// A document before and now, each sidecar in it as one line.
pub(super) struct Folded {
    pub old: String,
    pub new: String,
}

impl Folded {
    fn new(old: &str, new: &str) -> Self {
        let fold = |text: &str, beside| fold_sidecars(text, beside).unwrap_or_else(|| text.to_owned());
        Self { old: fold(old, new), new: fold(new, old) }
    }
}

/// What is wanted of each document beside its text.
#[derive(Clone, Copy, Default)]
pub(super) struct Wanted {
    /// The lines that changed.
    pub changes: bool,
    /// Sidecars as one line each.
    pub fold: bool,
    /// Pieces of this form.
    pub form: Option<&'static dyn Form>,
}

impl Part {
    /// Works on `batch` of the source that people know as `name`.
    pub(super) fn work(name: &Arc<str>, batch: Batch, job: &Job<'_>, wanted: Wanted) -> Self {
        let mut documents = Vec::with_capacity(batch.documents.len());
        let mut new: Option<Vec<u8>> = None;
        for (index, chunk) in batch.documents.into_iter().enumerate() {
            let bytes = batch.bytes.get(chunk.range.clone()).unwrap_or_default();
            let number = batch.first + index;
            let mut done = Document {
                number,
                old: chunk.range.clone(),
                new: 0..0,
                folded: None,
                changes: Vec::new(),
                entries: Vec::new(),
                problems: Vec::new(),
                unhandled: Vec::new(),
                source: None,
                used: BTreeSet::new(),
                pieces: Vec::new(),
            };
            let mut text = Cow::Borrowed(bytes);
            match std::str::from_utf8(bytes) {
                Ok(old) => {
                    let outcome = document(name, number, old, chunk.start, job, wanted.form);
                    (done.entries, done.problems, done.unhandled) =
                        (outcome.entries, outcome.problems, outcome.unhandled);
                    (done.used, done.source, done.pieces) = (outcome.used, outcome.source, outcome.pieces);
                    if let Cow::Owned(new) = outcome.text {
                        text = Cow::Owned(new.into_bytes());
                    }
                }
                Err(_) => done.problems.push(Diagnostic::from(&not_utf8(bytes, chunk.start)).in_file(&**name)),
            }
            if matches!(text, Cow::Owned(_)) && new.is_none() {
                new = Some(batch.bytes.get(..chunk.range.start).unwrap_or_default().to_vec());
            }
            done.new = match &mut new {
                Some(new) => {
                    let start = new.len();
                    new.extend_from_slice(&text);
                    start..new.len()
                }
                None => chunk.range,
            };
            documents.push(done);
        }
        let mut part = Self { old: batch.bytes, new, documents, is_last: batch.is_last };
        if wanted.changes && part.new.is_some() {
            part.find_changes(wanted.fold);
        }
        part
    }

    /// Finds the lines that changed, with sidecars folded if `folds` says so. Documents that share a line, as JSON objects may,
    /// are one there.
    fn find_changes(&mut self, folds: bool) {
        let (old, new) = (&self.old, self.new.as_deref().unwrap_or(&self.old));
        let mut documents = self.documents.iter_mut().peekable();
        while let Some(first) = documents.next() {
            while let Some(next) = documents.next_if(|next| {
                let begins_line = |text: &[u8], at: usize| at == 0 || text.get(at - 1) == Some(&b'\n');
                !begins_line(old, next.old.start) || !begins_line(new, next.new.start)
            }) {
                first.old.end = next.old.end;
                first.new.end = next.new.end;
                next.old.start = next.old.end;
                next.new.start = next.new.end;
            }
            let before = old.get(first.old.clone()).unwrap_or_default();
            let after = new.get(first.new.clone()).unwrap_or_default();
            if before == after {
                continue;
            }
            let [was, now] = [before, after].map(|text| std::str::from_utf8(text).ok());
            first.folded = was.zip(now).filter(|_| folds).map(|(old, new)| Folded::new(old, new));
            first.changes = match &first.folded {
                Some(Folded { old, new }) => changes(old.as_bytes(), new.as_bytes()),
                None => changes(before, after),
            };
        }
    }

    /// The text now.
    pub(super) fn text(&self) -> &[u8] {
        self.new.as_deref().unwrap_or(&self.old)
    }
}
