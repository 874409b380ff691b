//! What can be wrong with a YAML text, or with an edit of one, and where.

use std::fmt;

/// A place in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// The text is not YAML, or not the YAML that Kubernetes takes.
    Syntax,
    /// Well-formed, and read by Kubernetes' reader, but not by this one.
    Unsupported,
    /// A key on the way stands twice in its mapping.
    DuplicateKey,
    /// A node on the way has another type than the edit needs.
    WrongType,
    /// The edit asks for something that is not there: an index beyond the end.
    Missing,
    /// A limit of this program: depth, size, alias expansion.
    Limit,
    /// An edit that cannot be written where it goes.
    Edit,
    /// A value that JSON, and so Kubernetes, cannot represent.
    Value,
    /// A bug in this crate.
    Internal,
}

/// An error of the YAML room: what, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct YamlError {
    /// What kind of error it is.
    pub kind: YamlErrorKind,
    /// Where in the file.
    pub place: Place,
    /// Path of keys and indices to the node, `spec.containers[0]`; empty for errors of syntax.
    pub path: String,
    /// What is wrong: a lower-case fragment.
    pub message: String,
    /// What to do about it, if that shows.
    pub hint: Option<String>,
}

impl YamlError {
    /// Whether the text may be well-formed nevertheless.
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

    pub(crate) fn new(kind: YamlErrorKind, place: Place, message: impl Into<String>) -> Self {
        Self { kind, place, path: String::new(), message: message.into(), hint: None }
    }

    pub(crate) fn with_path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// The same error with a hint: what to do about it.
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
