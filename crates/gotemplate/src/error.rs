//! What can go wrong: while a template is parsed, while it runs, and inside a function that it calls.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::limits::Limit;

/// A template that could not be parsed, or stopped while it ran.
///
/// Its text ([`fmt::Display`]) is Go's, where Go has one.
#[derive(Debug, Clone)]
pub struct Error(Box<Details>);

#[derive(Debug, Clone)]
struct Details {
    kind: ErrorKind,
    message: String,
    template: Arc<str>,
    line: Option<usize>,
    column: Option<usize>,
    span: Option<Range<usize>>,
}

/// At which stage an [`Error`] arose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The text is not a template.
    Parse,
    /// The template failed while it ran.
    Execute,
    /// The template asked for more than a limit allows.
    Limit(Limit),
}

/// Where an [`Error`] arose.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The name under which the text was parsed.
    pub(super) template: Arc<str>,
    /// Counted from 1.
    pub(super) line: Option<usize>,
    /// Bytes from the line's start, counted from 0, as Go does.
    pub(super) column: Option<usize>,
    /// Bytes of the text.
    pub(super) span: Option<Range<usize>>,
}

impl Error {
    pub(super) fn new(kind: ErrorKind, message: String, place: Place) -> Self {
        let Place { template, line, column, span } = place;
        Self(Box::new(Details { kind, message, template, line, column, span }))
    }

    /// At which stage it arose.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The name under which the text with the fault was parsed.
    pub fn template(&self) -> &str {
        &self.0.template
    }

    /// The line of the fault in its template, counted from 1.
    pub fn line(&self) -> Option<usize> {
        self.0.line
    }

    /// The column of the fault: bytes from the start of its line, counted from 0.
    pub fn column(&self) -> Option<usize> {
        self.0.column
    }

    /// The bytes of the template's text that the fault is about.
    pub fn span(&self) -> Option<Range<usize>> {
        self.0.span.clone()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {}

/// Why a function did not return a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FunctionError {
    /// The function's own error; the template's says `error calling NAME: ` before it.
    #[error("{0}")]
    Message(String),
    /// The function would pass a limit.
    #[error("{0}")]
    Limit(Limit),
}

impl FunctionError {
    /// The function's own error.
    pub fn new(message: impl Into<String>) -> Self {
        Self::Message(message.into())
    }
}

impl From<Limit> for FunctionError {
    fn from(limit: Limit) -> Self {
        Self::Limit(limit)
    }
}

impl From<String> for FunctionError {
    fn from(message: String) -> Self {
        Self::Message(message)
    }
}

impl From<&str> for FunctionError {
    fn from(message: &str) -> Self {
        Self::Message(message.to_owned())
    }
}
