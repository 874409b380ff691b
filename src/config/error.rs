//! Why a project file cannot be used.

use std::path::{Path, PathBuf};

use super::bounds::OutOfBounds;
use crate::diagnostic::{Code, Diagnostic, ExitCode};

/// Why a project file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It is no project file.
    #[error("{}{place}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// `:line:column`, if that is known.
        place: String,
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// It, or its repository, belongs to another user.
    #[error("{}: {} belongs to another user", path.display(), what.as_deref().map_or("the file".into(), Path::to_string_lossy))]
    OtherOwner {
        /// The file.
        path: PathBuf,
        /// The repository's folder that does.
        what: Option<PathBuf>,
    },
    /// It was found, and names a file that it may not.
    #[error("{}: {key}: {problem}", path.display())]
    OutOfBounds {
        /// The file.
        path: PathBuf,
        /// The key that names the file.
        key: &'static str,
        /// Why the file is not read.
        problem: OutOfBounds,
    },
    /// A target is needed, or one was asked for that is not there.
    #[error("{}: {message}", path.display())]
    Target {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the targets there are.
        message: String,
    },
    /// A target is named, and there is no project file.
    #[error("--target names a mesh of the project file, and there is none")]
    NoProject,
}

impl From<&ConfigError> for Diagnostic {
    fn from(error: &ConfigError) -> Self {
        let code = match error {
            ConfigError::Target { .. } | ConfigError::NoProject => Code::UnknownTarget,
            _ => Code::ProjectFile,
        };
        Self { hint: error.hint().map(str::to_owned), ..Self::error(code, ExitCode::Usage, error.to_string()) }
    }
}

impl ConfigError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Invalid { hint, .. } => hint.as_deref(),
            Self::Target { .. } => Some("pass --target NAME"),
            Self::NoProject => Some("write a .nativesidecar.yaml, or pass --config FILE"),
            Self::OtherOwner { .. } => Some("pass --config FILE to use it, or --no-config"),
            Self::OutOfBounds { problem: OutOfBounds::Outside { .. }, .. } => {
                Some("pass --config FILE: a project file that is named may name any file")
            }
            Self::Unreadable { .. } | Self::OutOfBounds { .. } => None,
        }
    }
}
