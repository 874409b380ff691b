//! Errors of reading and editing YAML, with their places.

use std::fmt;

/// A position in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line in the file, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
}

impl From<usize> for Place {
    /// The start of a line.
    fn from(line: usize) -> Self {
        Self { line, column: 1 }
    }
}

/// Why a text could not be read or edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum YamlErrorKind {
    /// The text is not YAML, or not the YAML that Kubernetes accepts.
    Syntax,
    /// Kubernetes reads the text, but this crate does not.
    Unsupported,
    /// A key on the path appears twice in its mapping.
    DuplicateKey,
    /// A node on the path has another type than the edit needs.
    WrongType,
    /// The edit needs something that does not exist, such as an index beyond the end.
    Missing,
    /// A limit of this program: depth, size, alias expansion.
    Limit,
    /// An edit that cannot be written without changing other data.
    Edit,
    /// A value that JSON, and so Kubernetes, cannot represent.
    Value,
    /// A bug in this crate.
    Internal,
}

/// An error of reading or editing: what, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct YamlError {
    /// Lets callers distinguish errors without reading the message.
    pub kind: YamlErrorKind,
    /// Where the node, or the text that is not YAML, begins.
    pub place: Place,
    /// Path to the node, such as `spec.containers[0]`; empty for syntax errors.
    pub path: String,
    /// A lower-case fragment.
    pub message: String,
    /// What to do about it, if that is known.
    pub hint: Option<String>,
    /// The place of the first of two equal keys.
    pub first_key: Option<Place>,
}

impl YamlError {
    /// Whether the document may be valid for Kubernetes nevertheless.
    pub fn may_be_well_formed(&self) -> bool {
        match self.kind {
            YamlErrorKind::Unsupported | YamlErrorKind::Limit | YamlErrorKind::DuplicateKey => true,
            YamlErrorKind::Syntax
            | YamlErrorKind::WrongType
            | YamlErrorKind::Missing
            | YamlErrorKind::Edit
            | YamlErrorKind::Value
            | YamlErrorKind::Internal => false,
        }
    }

    /// The error of a caller that needs something which does not exist.
    pub fn missing(place: Place, message: impl Into<String>) -> Self {
        Self::new(YamlErrorKind::Missing, place, message)
    }

    pub(crate) fn new(kind: YamlErrorKind, place: Place, message: impl Into<String>) -> Self {
        Self { kind, place, path: String::new(), message: message.into(), hint: None, first_key: None }
    }

    pub(crate) fn with_path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// The same error with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}
