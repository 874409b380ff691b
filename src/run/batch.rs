//! A batch of documents after the work on it: its text before and after, and the results.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::document::{DocumentResults, InputDocument, WorkContext, work_on};
use super::list::ListPass;
use super::part::{EditedPart, ExcerptFacts};
use super::preview::DiffedGroups;
use super::shift::Shift;
use super::{Job, fold_sidecars};
use crate::diagnostic::Diagnostic;
use crate::input::{Batch, not_utf8};
use crate::output::{ChangedRange, Form, changes};

/// Documents of a source that follow each other.
pub(super) struct EditedBatch {
    /// The text before.
    pub old: Vec<u8>,
    /// The new text; `None` if nothing changed.
    pub new: Option<Vec<u8>>,
    /// The documents, or only the part of a List.
    pub documents: Vec<Document>,
    /// The part of a List, if it is one.
    pub part: Option<EditedPart>,
    /// Whether the source ends here.
    pub is_last: bool,
    /// How far what follows moves.
    pub shift: Shift,
}

/// One document of the batch.
pub(super) struct Document {
    /// Its position in the source, counted from 1.
    pub number: usize,
    /// Its bytes in the old text. For diffs, documents that share a line are joined: the first has the bytes of all, the
    /// others have none.
    pub old: Range<usize>,
    /// The same for the new text, or the old one if nothing changed.
    pub new: Range<usize>,
    /// The texts for the diff, with sidecars folded.
    pub folded: Option<Folded>,
    /// The changed lines for the diff, from the start of the document.
    pub changes: Vec<ChangedRange>,
    pub results: DocumentResults,
}

/// A document before and after, with each sidecar as one line.
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

/// The results that are needed apart from the new text.
#[derive(Clone, Copy, Default)]
pub(super) struct DocumentExtras {
    /// The changed lines.
    pub changes: bool,
    /// The texts with sidecars folded.
    pub fold: bool,
    /// The pieces of this form.
    pub form: Option<&'static dyn Form>,
}

impl EditedBatch {
    /// Works on a batch of the source `name`. `pass` is for parts of a List, `diffed` is about the unit of work.
    pub(super) fn work(
        name: &Arc<str>,
        mut batch: Batch,
        job: &Job<'_>,
        extras: DocumentExtras,
        pass: ListPass,
        diffed: &DiffedGroups,
    ) -> Self {
        let context = WorkContext { job, form: extras.form, pass, diffed };
        match batch.list.take() {
            Some(list) => Self::of_part(name, batch, list, context, extras),
            None => Self::of_documents(name, batch, context, extras),
        }
    }

    fn of_documents(name: &Arc<str>, batch: Batch, context: WorkContext<'_>, extras: DocumentExtras) -> Self {
        let mut documents = Vec::with_capacity(batch.documents.len());
        // The documents after the work, and how long they are.
        let (mut texts, mut length): (Vec<Cow<'_, [u8]>>, usize) = (Vec::with_capacity(batch.documents.len()), 0);
        let mut shift = Shift::default();
        for (index, chunk) in batch.documents.iter().enumerate() {
            let bytes = batch.text(chunk);
            let number = batch.first + index;
            let (text, mut results) = if let Ok(old) = std::str::from_utf8(bytes) {
                let document = InputDocument { file: name, number, text: old, first: chunk.start, excerpt: None };
                let (text, results) = work_on(document, context, &mut ExcerptFacts::default());
                let text = match text {
                    Cow::Borrowed(_) => Cow::Borrowed(bytes),
                    Cow::Owned(new) => Cow::Owned(new.into_bytes()),
                };
                (text, results)
            } else {
                let problem = Diagnostic::from(&not_utf8(bytes, chunk.start)).in_file(&**name);
                (Cow::Borrowed(bytes), DocumentResults { problems: vec![problem], ..DocumentResults::default() })
            };
            shift.apply(&mut results.findings, chunk.start);
            if matches!(text, Cow::Owned(_)) || shift != Shift::default() {
                shift.add(chunk.start, bytes, &text);
            }
            let old = chunk.range.clone();
            let new = length..length + text.len();
            length = new.end;
            texts.push(text);
            documents.push(Document { number, old, new, folded: None, changes: Vec::new(), results });
        }
        let has_changed = texts.iter().any(|text| matches!(text, Cow::Owned(_)));
        let new = has_changed.then(|| joined(texts));
        let mut edited = Self { old: batch.bytes, new, documents, part: None, is_last: batch.is_last, shift };
        if extras.changes && edited.new.is_some() {
            edited.find_changes(extras.fold);
        }
        edited
    }

    /// Finds the changed lines, with sidecars folded if `folds`. Documents that share a line, as JSON objects can, are
    /// joined.
    pub(super) fn find_changes(&mut self, folds: bool) {
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
            if let Some((old, new)) = was.zip(now).filter(|_| folds) {
                first.folded = Some(Folded::new(old, new));
            }
            first.changes = match &first.folded {
                Some(Folded { old, new }) => changes(old.as_bytes(), new.as_bytes()),
                None => changes(before, after),
            };
        }
    }

    /// The text after the work.
    pub(super) fn text(&self) -> &[u8] {
        self.new.as_deref().unwrap_or(&self.old)
    }
}

/// The texts in one piece. A single one may be huge, and is not copied.
fn joined(mut texts: Vec<Cow<'_, [u8]>>) -> Vec<u8> {
    match texts.pop() {
        Some(only) if texts.is_empty() => only.into_owned(),
        last => {
            texts.extend(last);
            texts.concat()
        }
    }
}
