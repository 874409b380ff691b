//! Errors about objects, with their places.

use std::fmt;

use crate::diagnostic::{Code, Diagnostic, ExitCode};
use lossless_yaml::{Place, YamlError};

/// Why an object or the files of a mesh cannot be used. The message never quotes values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ObjectError {
    /// The file's name; empty if the error is about several files.
    pub file: String,
    /// The place in the file.
    pub place: Option<Place>,
    /// The object and the key in it, such as `ConfigMap istio, key mesh`.
    pub about: String,
    /// The problem.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for ObjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if !self.file.is_empty() {
            let place = self.place.map_or_else(String::new, |place| format!(":{}:{}", place.line, place.column));
            parts.push(format!("{}{place}", self.file));
        }
        if !self.about.is_empty() {
            parts.push(self.about.clone());
        }
        parts.push(self.message.clone());
        f.write_str(&parts.join(": "))
    }
}

impl From<&ObjectError> for Diagnostic {
    fn from(error: &ObjectError) -> Self {
        let message =
            if error.about.is_empty() { error.message.clone() } else { format!("{}: {}", error.about, error.message) };
        let diagnostic = Self::error(Code::MeshFile, ExitCode::Mesh, message);
        Self { hint: error.hint.clone(), ..diagnostic.in_file(&*error.file).at(error.place) }
    }
}

impl ObjectError {
    /// An error about several files.
    pub(in crate::istio) fn new(message: impl Into<String>) -> Self {
        Self { file: String::new(), place: None, about: String::new(), message: message.into(), hint: None }
    }

    /// An error about the YAML of a file.
    pub(in crate::istio) fn of_text(file: &str, error: &YamlError) -> Self {
        Self {
            file: file.to_owned(),
            place: Some(error.place),
            hint: error.hint.clone(),
            ..Self::new(error.to_string())
        }
    }

    pub(in crate::istio) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
