//! Why inputs cannot be found or read.

use std::path::{Path, PathBuf};

use super::gitignore::IgnoreFileError;
use super::io_text::io_text;
use super::patterns::PatternError;
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use lossless_yaml::Place;

/// Why inputs cannot be found or read.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// A path is a URL.
    #[error("{0} is a URL, which cannot be read")]
    Url(String),
    /// No paths are given, and standard input is a terminal.
    #[error("no input: pass files or folders, or pipe manifests in")]
    NoInput,
    /// An exclude pattern cannot be used.
    #[error("--exclude {0}")]
    BadExclude(#[from] PatternError),
    /// A path cannot be read.
    #[error("{}", io_text(error))]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// The error of the operating system.
        error: std::io::Error,
    },
    /// A `.gitignore` cannot be used.
    #[error(transparent)]
    IgnoreFile(#[from] IgnoreFileError),
    /// A folder without manifests.
    #[error("no .yaml, .yml or .json file in this folder")]
    Empty(PathBuf),
    /// The path of a chart's template.
    #[error("this is a template of a Helm chart")]
    ChartTemplate(PathBuf),
    /// The path of a folder with a chart's templates.
    #[error("these are the templates of a Helm chart")]
    ChartTemplates(PathBuf),
}

impl From<&FindError> for Diagnostic {
    fn from(error: &FindError) -> Self {
        let code = match error {
            FindError::Url(_) => Code::Url,
            FindError::NoInput => Code::NoInput,
            FindError::BadExclude(_) => Code::InvalidExclude,
            FindError::Unreadable { .. } => Code::Unreadable,
            FindError::IgnoreFile(_) => Code::InvalidGitignore,
            FindError::Empty(_) => Code::EmptyFolder,
            FindError::ChartTemplate(_) | FindError::ChartTemplates(_) => Code::ChartTemplate,
        };
        let file = error.path().map_or_else(String::new, |path| path.display().to_string());
        Self {
            hint: error.hint(),
            ..Self::error(code, ExitCode::Input, error.to_string()).in_file(file).at(error.place())
        }
    }
}

impl FindError {
    /// What to do instead.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Url(url) => format!("fetch it and pipe it in: curl -sSL {url} | kubectl nativesidecar …"),
            Self::Empty(_) => {
                "pass -R to process folders recursively; dot files, and files that match .gitignore or --exclude, are skipped"
                    .to_owned()
            }
            Self::ChartTemplate(_) | Self::ChartTemplates(_) => {
                "run helm template and pipe its output in: helm template RELEASE CHART | kubectl nativesidecar …"
                    .to_owned()
            }
            Self::IgnoreFile(error) => return error.hint().map(str::to_owned),
            Self::NoInput | Self::BadExclude(_) | Self::Unreadable { .. } => return None,
        })
    }

    /// The file or folder, if the message does not name it.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Unreadable { path, .. }
            | Self::Empty(path)
            | Self::ChartTemplate(path)
            | Self::ChartTemplates(path) => Some(path),
            Self::IgnoreFile(error) => Some(&error.path),
            Self::Url(_) | Self::NoInput | Self::BadExclude(_) => None,
        }
    }

    /// The place in the file.
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::IgnoreFile(error) => Some(Place { line: error.line?, column: 1 }),
            _ => None,
        }
    }

    /// Whether the command line is wrong, rather than an input.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Url(_) | Self::NoInput | Self::BadExclude(_))
    }
}
