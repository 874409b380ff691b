//! Processes a part of a List as an excerpt: the document with only these items.

use std::borrow::Cow;
use std::sync::Arc;

use super::batch::{Document, DocumentExtras, EditedBatch, Folded};
use super::document::{DocumentResults, InputDocument, WorkContext, work_on};
use super::fold::fold;
use super::shift::Shift;
use crate::input::{Batch, ListPart};
use crate::k8s::Objects;
use lossless_yaml::{Habits, Tree};

/// A part of a List after the work on it.
pub(super) struct EditedPart {
    pub list: ListPart,
    pub facts: ExcerptFacts,
}

/// The facts of an excerpt about its List.
#[derive(Default)]
pub(super) struct ExcerptFacts {
    /// How many items it must have.
    expected: usize,
    /// Whether the results are those of the whole document, unless that is written in another manner.
    pub is_alone: bool,
    /// How many objects there are, those in nested Lists included.
    pub objects: usize,
    /// How it is written.
    pub habits: Habits,
}

impl ExcerptFacts {
    /// Notes the facts of an excerpt.
    pub(super) fn look_at(&mut self, tree: &Tree<'_>, found: &Objects) {
        let items = tree.root().and_then(|root| tree.get(root, "items").ok().flatten());
        self.is_alone = items.is_some_and(|items| tree.items(items).count() == self.expected);
        self.objects = found.items;
        self.habits = Habits::of(tree);
    }
}

impl EditedBatch {
    /// Works on a part of a List.
    pub(super) fn of_part(
        name: &Arc<str>,
        batch: Batch,
        list: ListPart,
        context: WorkContext<'_>,
        extras: DocumentExtras,
    ) -> Self {
        let Batch { bytes, first: number, is_last, .. } = batch;
        let shift = Shift::default();
        let mut edited = Self { old: bytes, new: None, documents: Vec::new(), part: None, is_last, shift };
        let mut facts = ExcerptFacts { expected: list.count, ..ExcerptFacts::default() };
        let (mut results, mut folded) = (DocumentResults::default(), None);
        if let Some(items) = edited.old.get(list.items.clone()).and_then(|items| std::str::from_utf8(items).ok()) {
            let text = list.text(items);
            let (first, excerpt) = (list.frame.start, Some(list.excerpt()));
            let document = InputDocument { file: name, number, text: &text, first, excerpt };
            let new;
            (new, results) = work_on(document, context, &mut facts);
            if let Cow::Owned(new) = new {
                edited.new = list.items_of(&new).map(|items| edited.with_items(&list, items).into_bytes());
                facts.is_alone &= edited.new.is_some();
                folded = extras.fold.then(|| edited.fold(&list, &text, &new));
            }
        }
        let new = 0..edited.text().len();
        let old = 0..edited.old.len();
        edited.documents.push(Document { number, old, new, folded, changes: Vec::new(), results });
        // The lines of a List on one line are compared as a whole.
        if extras.changes && edited.new.is_some() && list.has_own_lines() {
            edited.find_changes(false);
        }
        edited.part = Some(EditedPart { list, facts });
        edited
    }

    /// The text of the part with other items.
    fn with_items(&self, list: &ListPart, items: &str) -> String {
        let around = [self.old.get(..list.items.start), self.old.get(list.items.end..)];
        let [before, after] = around.map(|text| String::from_utf8_lossy(text.unwrap_or_default()));
        [&before, items, &after].concat()
    }

    /// Both texts of an excerpt with sidecars folded.
    fn fold(&self, list: &ListPart, old: &str, new: &str) -> Folded {
        let fold = |text: &str, beside| {
            let folded = fold(text, beside);
            let (text, sidecars) = folded.map_or((text.to_owned(), String::new()), |fold| (fold.text, fold.sidecars));
            let mut part = self.with_items(list, list.items_of(&text).unwrap_or_default());
            if !sidecars.is_empty() && !part.ends_with('\n') {
                part.push('\n');
            }
            part + &sidecars
        };
        Folded { old: fold(old, new), new: fold(new, old) }
    }
}
