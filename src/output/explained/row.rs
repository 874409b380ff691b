//! A workload as a row of cells.

use super::{joined, proxy_word};
use crate::output::{Entry, printable, printable_file};

/// Separates the cells of a spooled row. Control characters are escaped in all cells.
pub(super) const SEPARATOR: char = '\0';

/// The cells of a workload that all tables have.
pub(super) struct Row {
    pub(super) namespace: String,
    pub(super) workload: String,
    pub(super) proxy: &'static str,
    pub(super) why: String,
    pub(super) place: String,
}

impl Row {
    pub(super) fn new(entry: &Entry) -> Self {
        Self {
            namespace: printable(&entry.namespace).into_owned(),
            workload: entry.short_name(),
            proxy: proxy_word(entry),
            why: printable(&why(entry)).into_owned(),
            place: place(entry),
        }
    }
}

/// The reasons in a few words.
fn why(entry: &Entry) -> String {
    let Some(explained) = &entry.explained else { return entry.error.clone().unwrap_or_default() };
    let reasons = explained.reasons.iter().map(|located| located.reason.brief());
    let never = (explained.finishes == Some(false)).then(|| "never finishes".to_owned());
    joined(reasons.chain(never), "; ")
}

/// The place of the first reason in the manifest, or that of the workload.
fn place(entry: &Entry) -> String {
    let line = entry.explained.as_ref().and_then(|explained| explained.reasons.iter().find_map(|located| located.line));
    format!("{}:{}", printable_file(&entry.file), line.unwrap_or(entry.line))
}
