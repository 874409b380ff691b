//! Errors: of parsing, of execution, and of functions.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::limits::Limit;

/// Why a template could not be parsed or executed.
///
/// Its text ([`fmt::Display`]) is that of Go, where Go has the error.
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

/// The stage of an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The text could not be parsed.
    Parse,
    /// The execution failed.
    Execute,
    /// The execution exceeded a limit.
    Limit(Limit),
}

/// The position of an [`Error`].
#[derive(Debug, Clone)]
pub(super) struct Position {
    /// The name that the text was parsed under.
    pub(super) template: Arc<str>,
    /// Counted from 1.
    pub(super) line: Option<usize>,
    /// Bytes from the line's start, counted from 0, as Go does.
    pub(super) column: Option<usize>,
    /// Bytes of the text.
    pub(super) span: Option<Range<usize>>,
}

impl Error {
    pub(super) fn new(kind: ErrorKind, message: String, position: Position) -> Self {
        let Position { template, line, column, span } = position;
        Self(Box::new(Details { kind, message, template, line, column, span }))
    }

    /// The stage.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The name that the faulty text was parsed under.
    pub fn template(&self) -> &str {
        &self.0.template
    }

    /// The line of the error, counted from 1.
    pub fn line(&self) -> Option<usize> {
        self.0.line
    }

    /// The column of the error in bytes, counted from 0.
    pub fn column(&self) -> Option<usize> {
        self.0.column
    }

    /// The bytes of the template's text that the error refers to.
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

/// Why a function failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FunctionError {
    /// The function's own error. The template's error puts `error calling NAME: ` before it.
    #[error("{0}")]
    Message(String),
    /// The function would exceed a limit.
    #[error("{0}")]
    Limit(Limit),
}

/// What a function of a template returns.
pub(super) type FunctionResult<T> = Result<T, FunctionError>;

impl FunctionError {
    /// An error of the function's own.
    pub fn new(message: impl Into<String>) -> Self {
        Self::Message(message.into())
    }
}

impl FunctionError {
    /// A fault of this crate: a value that earlier checks rule out.
    pub(super) fn internal(what: &str) -> Self {
        debug_assert!(false, "{what}");
        Self::Message(format!("internal error: {what}"))
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
