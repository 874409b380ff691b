//! Turns what was named on the command line into the files to read.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::Source;
use super::gitignore::IgnoreFileError;
use super::read::{Batches, Opened, open};
use super::walk::{self, Excludes, Folder, Skipped};
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use lossless_yaml::Place;

/// What to look for.
#[derive(Clone, Debug, Default)]
pub struct Find {
    /// Files, folders, or `-`; none means standard input.
    pub paths: Vec<PathBuf>,
    /// Folders inside folders too.
    pub recursive: bool,
    /// Globs, in the manner of `.gitignore`, of what folders leave out.
    pub exclude: Vec<String>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Inputs {
    /// In the order of the command line, folders in the order of names. Nothing comes twice.
    pub sources: Vec<Source>,
    /// What was left out of folders and may hold manifests.
    pub skipped: Vec<Skipped>,
    /// What cannot be read, each with the number of sources before it.
    pub unusable: Vec<(usize, FindError)>,
    /// Sources that can be read once only, and were read already.
    pub replays: Replays,
    /// All are files that were named one by one.
    pub named_one_by_one: bool,
    /// Files that are read beside the sources: the mesh's, the project's.
    pub beside: Vec<PathBuf>,
}

/// What was read already, to be read again, once: by the position of the source.
#[derive(Default)]
pub struct Replays(BTreeMap<usize, Mutex<Option<Box<dyn Read + Send>>>>);

impl fmt::Debug for Replays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Replays").field(&self.0.keys()).finish()
    }
}

impl Inputs {
    /// The source at this position was read, and this gives it again.
    pub fn replay(&mut self, position: usize, again: Box<dyn Read + Send>) {
        self.replays.0.insert(position, Mutex::new(Some(again)));
    }

    /// Opens the source at this position.
    pub fn open(&self, position: usize) -> io::Result<Opened> {
        let source = self.sources.get(position).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let again = self.replays.0.get(&position).and_then(|replay| replay.lock().ok()?.take());
        again.map_or_else(|| open(source), |again| Ok(Batches::new(again)))
    }
}

/// Why inputs cannot be found or read.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// A URL was named.
    #[error("{0} is a URL, which is not read here")]
    Url(String),
    /// Nothing was named, and standard input is a terminal.
    #[error("no input: name files or folders, or pipe manifests in")]
    NoInput,
    /// An exclude pattern cannot be used.
    #[error("--exclude {}: {problem}", walk::shortened(pattern))]
    BadGlob {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A path cannot be read.
    #[error("{}", io_text(error))]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A `.gitignore` cannot be used.
    #[error(transparent)]
    IgnoreFile(#[from] IgnoreFileError),
    /// A folder without manifests.
    #[error("no .yaml, .yml or .json file in this folder")]
    Empty(PathBuf),
    /// A chart's template was named.
    #[error("this is a template of a Helm chart")]
    ChartTemplate(PathBuf),
    /// A folder of a chart's templates was named.
    #[error("these are the templates of a Helm chart")]
    ChartTemplates(PathBuf),
}

impl From<&FindError> for Diagnostic {
    fn from(error: &FindError) -> Self {
        let code = match error {
            FindError::Url(_) => Code::Url,
            FindError::NoInput => Code::NoInput,
            FindError::BadGlob { .. } => Code::InvalidExclude,
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
                "-R processes folders recursively; dot files, and what .gitignore or --exclude matches, are left out"
                    .to_owned()
            }
            Self::ChartTemplate(_) | Self::ChartTemplates(_) => {
                "run helm template and pipe its output in: helm template RELEASE CHART | kubectl nativesidecar …"
                    .to_owned()
            }
            Self::IgnoreFile(error) => return error.hint().map(str::to_owned),
            Self::NoInput | Self::BadGlob { .. } | Self::Unreadable { .. } => return None,
        })
    }

    /// The file or folder that it is about, where the text does not name it.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Unreadable { path, .. }
            | Self::Empty(path)
            | Self::ChartTemplate(path)
            | Self::ChartTemplates(path) => Some(path),
            Self::IgnoreFile(error) => Some(&error.path),
            Self::Url(_) | Self::NoInput | Self::BadGlob { .. } => None,
        }
    }

    /// Where in the file it is.
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::IgnoreFile(error) => Some(Place { line: error.line?, column: 1 }),
            _ => None,
        }
    }

    /// Whether the command line is wrong, rather than what it names.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Url(_) | Self::NoInput | Self::BadGlob { .. })
    }
}

/// What the system says of a file, without its number.
pub fn io_text(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

/// Finds the inputs. An error is about the command line; what cannot be read is among the inputs.
pub fn find(request: &Find) -> Result<Inputs, FindError> {
    let excludes = Excludes::new(&request.exclude)?;
    let mut found = Found::default();
    found.inputs.named_one_by_one = !request.paths.is_empty();
    if request.paths.is_empty() {
        if std::io::stdin().is_terminal() {
            return Err(FindError::NoInput);
        }
        found.source(Source::Stdin);
    }
    for path in &request.paths {
        if path.as_os_str() == "-" {
            found.source(Source::Stdin);
            found.inputs.named_one_by_one = false;
            continue;
        }
        if let Some(url) = path.to_str().filter(|p| p.starts_with("http://") || p.starts_with("https://")) {
            return Err(FindError::Url(url.to_owned()));
        }
        add(path, request.recursive, &excludes, &mut found).unwrap_or_else(|error| found.unusable(error));
    }
    Ok(found.inputs)
}

fn add(path: &Path, recursive: bool, excludes: &Excludes, found: &mut Found) -> Result<(), FindError> {
    let unreadable = |error| FindError::Unreadable { path: path.to_owned(), error };
    let is_folder = std::fs::metadata(path).map_err(unreadable)?.is_dir();
    let absolute = std::path::absolute(path).map_err(unreadable)?;
    let in_chart = absolute.ancestors().any(walk::is_templates_of_chart);
    match (is_folder, in_chart) {
        (true, true) => Err(FindError::ChartTemplates(path.to_owned())),
        (true, false) => {
            found.inputs.named_one_by_one = false;
            let real = std::fs::canonicalize(path).map_err(unreadable)?;
            Folder { name: path, real: &real, recursive, excludes }.walk(found);
            Ok(())
        }
        (false, true) => Err(FindError::ChartTemplate(path.to_owned())),
        (false, false) => {
            found.source(Source::File(path.to_owned()));
            Ok(())
        }
    }
}

/// What was found so far.
#[derive(Default)]
pub(super) struct Found {
    inputs: Inputs,
    seen: HashSet<Source>,
}

impl Found {
    pub(super) fn source(&mut self, source: Source) {
        if self.seen.insert(source.clone()) {
            self.inputs.sources.push(source);
        }
    }

    pub(super) fn unusable(&mut self, error: impl Into<FindError>) {
        self.inputs.unusable.push((self.inputs.sources.len(), error.into()));
    }

    pub(super) fn skipped(&mut self, skipped: Skipped) {
        self.inputs.skipped.push(skipped);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_cannot_be_read_comes_with_a_hint() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("chart/templates")).unwrap();
        fs::create_dir(folder.path().join("empty")).unwrap();
        for file in ["chart/Chart.yaml", "chart/templates/deployment.yaml"] {
            fs::write(folder.path().join(file), "").unwrap();
        }
        let found = |path: PathBuf| find(&Find { paths: vec![path], ..Find::default() });
        let error = |path: &str| found(folder.path().join(path)).unwrap().unusable.pop().unwrap().1;
        for template in ["chart/templates/deployment.yaml", "chart/templates"] {
            assert!(error(template).hint().unwrap().contains("helm template"));
        }
        assert!(found("https://example.com/a.yaml".into()).unwrap_err().is_usage());
        assert!(matches!(error("empty"), FindError::Empty(_)));
        assert!(matches!(error("none.yaml"), FindError::Unreadable { .. }));
    }
}
