//! The failure that every room reports: the problem, its place and a hint; the exit codes; and the name that a hint suggests.
//!
//! Each room converts its typed errors by `From`. `output` renders them.

mod code;
mod exit_code;
mod nearest;

use std::sync::Arc;

use lossless_yaml::{Place, YamlError, YamlErrorKind};

pub use code::Code;
pub use exit_code::ExitCode;
pub use nearest::{nearest, nearest_ignoring_case};

/// How serious a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Something could not be done.
    Error,
    /// Something was done and deserves a second look.
    Warning,
}

/// A problem, its place, and a hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How serious it is.
    pub severity: Severity,
    /// What kind of failure it is, for programs.
    pub code: Code,
    /// How a command ends because of it.
    pub exit_code: ExitCode,
    /// The file or stream, as the user named it; empty if it is about none.
    pub file: String,
    /// Line and column in it.
    pub place: Option<Place>,
    /// What the document was rendered from, such as the template of a chart.
    pub source: Option<Arc<str>>,
    /// The path of keys to the node, as in `spec.containers[0].image`; empty if it is about none.
    pub path: String,
    /// What is wrong: a fragment in lower case, without a full stop.
    pub message: String,
    /// Related source lines.
    pub excerpt: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// Other places that have to do with it, in the same file.
    pub related: Vec<Related>,
}

/// Another place that has to do with a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub place: Place,
    /// What is there.
    pub message: String,
}

impl Severity {
    /// The word before the message.
    pub fn label(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Diagnostic {
    /// An error about no place.
    pub fn error(code: Code, exit_code: ExitCode, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            exit_code,
            file: String::new(),
            place: None,
            source: None,
            path: String::new(),
            message: message.into(),
            excerpt: None,
            hint: None,
            related: Vec::new(),
        }
    }

    /// An error in the command line.
    pub fn usage(message: impl Into<String>, hint: Option<String>) -> Self {
        Self { hint, ..Self::error(Code::Usage, ExitCode::Usage, message) }
    }

    /// The same, in this file or stream.
    #[must_use]
    pub fn in_file(self, file: impl Into<String>) -> Self {
        Self { file: file.into(), ..self }
    }

    /// The same, at this place.
    #[must_use]
    pub fn at(self, place: Option<Place>) -> Self {
        Self { place, ..self }
    }

    /// The same with a hint.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The path and the message.
    pub fn text(&self) -> String {
        if self.path.is_empty() { self.message.clone() } else { format!("{}: {}", self.path, self.message) }
    }
}

impl From<&YamlError> for Diagnostic {
    fn from(error: &YamlError) -> Self {
        let exit = if error.kind == YamlErrorKind::Internal { ExitCode::Internal } else { ExitCode::Input };
        let code = match error.kind {
            YamlErrorKind::Syntax => Code::YamlSyntax,
            YamlErrorKind::Unsupported => Code::YamlUnsupported,
            YamlErrorKind::Limit => Code::YamlLimit,
            YamlErrorKind::DuplicateKey => Code::DuplicateKey,
            YamlErrorKind::WrongType => Code::WrongType,
            YamlErrorKind::Missing => Code::MissingField,
            YamlErrorKind::Edit => Code::EditRefused,
            YamlErrorKind::Value => Code::InvalidValue,
            YamlErrorKind::Internal => Code::Internal,
        };
        Self {
            place: Some(error.place),
            path: error.path.clone(),
            hint: error.hint.clone(),
            related: error
                .first_key
                .map(|place| Related { place, message: "the first key".to_owned() })
                .into_iter()
                .collect(),
            ..Self::error(code, exit, error.message.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lossless_yaml::Tree;

    #[test]
    fn a_duplicate_key_comes_with_the_place_of_the_first() {
        let tree = Tree::parse("a: 1\nb: 2\na: 3\n", 1).unwrap();
        let diagnostic = Diagnostic::from(&tree.get(tree.root().unwrap(), "a").unwrap_err());
        assert_eq!((diagnostic.code, diagnostic.place.unwrap().line), (Code::DuplicateKey, 3));
        let first = Related { place: Place { line: 1, column: 1 }, message: "the first key".to_owned() };
        assert_eq!(diagnostic.related, [first]);
    }
}
