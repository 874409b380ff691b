//! A workload as a row of cells.

use super::{joined, proxy_word};
use crate::diagnostic::Code;
use crate::explain::{Explained, Reason};
use crate::output::{Entry, printable, printable_file};

/// Separates the cells of a spooled row. Control characters are escaped in all cells.
pub(in crate::output) const SEPARATOR: char = '\0';

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
        let explained = entry.explained.as_deref();
        let why = explained.map_or_else(|| error_words(entry.error_code), |explained| reasons(explained, text));
        Self {
            namespace: printable(&entry.namespace).into_owned(),
            workload: entry.short_name(),
            proxy: proxy_word(entry),
            why: printable(&why).into_owned(),
            place: place(entry, explained.and_then(Explained::line)),
        }
    }
}

/// The reasons in a few words.
pub(in crate::output) fn why(explained: &Explained) -> String {
    reasons(explained, Reason::brief)
}

/// The reasons, and what follows for a Job.
fn reasons(explained: &Explained, text: fn(&Reason) -> String) -> String {
    let reasons = explained.reasons.iter().map(|located| text(&located.reason));
    let never = (explained.finishes == Some(false)).then(|| "never finishes".to_owned());
    joined(reasons.chain(never), "; ")
}

/// An error in a few words. The report has the message.
pub(in crate::output) fn error_words(code: Option<Code>) -> String {
    code.map(|code| code.as_str().replace('-', " ")).unwrap_or_default()
}

/// A line of the workload's file: this one, or its first.
pub(in crate::output) fn place(entry: &Entry, line: Option<usize>) -> String {
    format!("{}:{}", printable_file(&entry.file), line.unwrap_or(entry.line))
}
