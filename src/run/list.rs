//! Joins the results of the parts of a List. They are valid if no item fails and if the whole document is written in the
//! same manner. Otherwise the parts, or the document as a whole, are processed again.

use super::batch::EditedBatch;
use lossless_yaml::{Habits, Manner};

/// How the parts of a List are processed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ListPass {
    /// The manner in which the document is written, if it is known.
    pub manner: Option<Manner>,
    /// Whether an item fails. Then the document passes through unchanged.
    pub has_failed: bool,
}

/// What to process again, because the results of a part are not valid.
#[derive(Clone, Copy, Debug)]
pub(super) enum Again {
    /// All parts.
    Parts(ListPass),
    /// The document as a whole.
    Whole,
}

/// The parts of a List that were taken so far.
pub(super) struct ListProgress {
    pass: ListPass,
    /// How many objects there are.
    objects: usize,
    /// How all parts together are written.
    habits: Habits,
    /// The manner of the first part, if all were the same.
    manner: Option<Manner>,
    is_first: bool,
}

impl ListProgress {
    pub(super) fn new(pass: ListPass) -> Self {
        Self { pass, objects: 0, habits: Habits::default(), manner: None, is_first: true }
    }

    /// Takes the next part. Its workloads get their numbers in the List.
    pub(super) fn take(&mut self, batch: &mut EditedBatch) -> Result<(), Again> {
        let Some(part) = &batch.part else { return Err(Again::Whole) };
        if !part.facts.is_alone {
            return Err(Again::Whole);
        }
        let results = batch.documents.iter_mut().map(|document| &mut document.results);
        for results in results {
            if !results.problems.is_empty() && !self.pass.has_failed {
                return Err(Again::Parts(ListPass { has_failed: true, ..self.pass }));
            }
            for item in results.entries.iter_mut().filter_map(|entry| entry.item.as_mut()) {
                *item += self.objects;
            }
        }
        self.objects += part.facts.objects;
        let manner = part.facts.habits.manner();
        self.manner = if std::mem::take(&mut self.is_first) || self.manner == manner { manner } else { None };
        self.habits.add(&part.facts.habits);
        if part.list.is_last { self.end() } else { Ok(()) }
    }

    /// Checks the conditions that need all parts.
    fn end(&self) -> Result<(), Again> {
        if self.pass.has_failed || self.pass.manner.is_some() {
            return Ok(());
        }
        match self.habits.manner() {
            None => Err(Again::Whole),
            manner if manner == self.manner => Ok(()),
            manner => Err(Again::Parts(ListPass { manner, ..self.pass })),
        }
    }
}
