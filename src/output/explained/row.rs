//! A workload as a row of cells.

use super::{joined, proxy_word};
use crate::explain::Reason;
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
    /// The cells with reasons in a few words.
    pub(super) fn new(entry: &Entry) -> Self {
        Self::with(entry, Reason::brief)
    }

    /// The cells with whole reasons and errors.
    pub(super) fn full(entry: &Entry) -> Self {
        let row = Self::with(entry, Reason::to_string);
        let error = entry.error.as_deref().filter(|_| entry.explained.is_none());
        Self { why: error.map_or(row.why, |error| printable(error).into_owned()), ..row }
    }

    fn with(entry: &Entry, text: fn(&Reason) -> String) -> Self {
        Self {
            namespace: printable(&entry.namespace).into_owned(),
            workload: entry.short_name(),
            proxy: proxy_word(entry),
            why: printable(&why(entry, text)).into_owned(),
            place: place(entry),
        }
    }
}

/// The reasons, or what kind of error there is.
fn why(entry: &Entry, text: fn(&Reason) -> String) -> String {
    let Some(explained) = &entry.explained else {
        return entry.error_code.map(|code| code.as_str().replace('-', " ")).unwrap_or_default();
    };
    let reasons = explained.reasons.iter().map(|located| text(&located.reason));
    let never = (explained.finishes == Some(false)).then(|| "never finishes".to_owned());
    joined(reasons.chain(never), "; ")
}

/// The place of the first reason in the manifest, or that of the workload.
fn place(entry: &Entry) -> String {
    let line = entry.explained.as_ref().and_then(|explained| explained.reasons.iter().find_map(|located| located.line));
    format!("{}:{}", printable_file(&entry.file), line.unwrap_or(entry.line))
}
