//! Why a project file cannot be used.

use std::path::{Path, PathBuf};

use super::bounds::OutOfBounds;
use crate::diagnostic::{Code, Diagnostic, ExitCode};

/// Why a project file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        error: std::io::Error,
    },
    /// The file is not a valid project file.
    #[error("{}{place}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// `:line:column`, or empty if unknown.
        place: String,
        /// The problem.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// The file or its repository belongs to another user.
    #[error("{}: {} belongs to another user", path.display(), what.as_deref().map_or("the file".into(), Path::to_string_lossy))]
    OtherOwner {
        /// The file.
        path: PathBuf,
        /// The repository's folder, if that belongs to another user.
        what: Option<PathBuf>,
    },
    /// The file was found, and names a file that it may not.
    #[error("{}: {key}: {problem}", path.display())]
    OutOfBounds {
        /// The file.
        path: PathBuf,
        /// The key that names the file.
        key: &'static str,
        /// Why the file is not read.
        problem: OutOfBounds,
    },
    /// A target is required, or the requested one does not exist.
    #[error("{}: {message}", path.display())]
    Target {
        /// The file.
        path: PathBuf,
        /// The problem, with the available targets.
        message: String,
        /// What to do about it.
        hint: String,
    },
    /// A target is requested, but there is no project file.
    #[error("--target requires a project file, and there is none")]
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
            Self::Target { hint, .. } => Some(hint),
            Self::NoProject => Some("write a .nativesidecar.yaml, or pass --config FILE"),
            Self::OtherOwner { .. } => Some("pass --config FILE to use it, or --no-config"),
            Self::OutOfBounds { problem: OutOfBounds::Outside { .. }, .. } => {
                Some("pass --config FILE: then it may refer to any file")
            }
            Self::Unreadable { .. } | Self::OutOfBounds { .. } => None,
        }
    }
}
