//! Turns what was named on the command line into the files to read: folders are walked, charts' templates left out.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ignore::WalkBuilder;
use ignore::overrides::OverrideBuilder;

use super::Source;
use super::read::{Batches, Opened, open};

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
    /// Folders of chart templates that were left out.
    pub skipped_charts: Vec<PathBuf>,
    /// What was named and cannot be read, each with the number of sources before it.
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

/// Why the inputs cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// A URL was named.
    #[error("{0} is a URL, which is not read here")]
    Url(String),
    /// Nothing was named, and standard input is a terminal.
    #[error("no input: name files or folders, or pipe manifests in")]
    NoInput,
    /// An exclude pattern is no glob.
    #[error("--exclude {pattern}: {error}")]
    BadGlob {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        error: ignore::Error,
    },
    /// A path cannot be read.
    #[error("{}", io_text(error))]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A folder cannot be walked.
    #[error("{0}")]
    Walk(#[from] ignore::Error),
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

impl FindError {
    /// What to do instead.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Url(url) => format!("fetch it and pipe it in: curl -sSL {url} | kubectl nativesidecar …"),
            Self::Empty(_) => "-R goes down into folders; .gitignore, --exclude and dot files are left out".to_owned(),
            Self::ChartTemplate(_) | Self::ChartTemplates(_) => {
                "run helm template and pipe its output in: helm template RELEASE CHART | kubectl nativesidecar …"
                    .to_owned()
            }
            Self::NoInput | Self::BadGlob { .. } | Self::Unreadable { .. } | Self::Walk(_) => return None,
        })
    }

    /// The file or folder that it is about, where the text does not name it.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Unreadable { path, .. }
            | Self::Empty(path)
            | Self::ChartTemplate(path)
            | Self::ChartTemplates(path) => Some(path),
            Self::Url(_) | Self::NoInput | Self::BadGlob { .. } | Self::Walk(_) => None,
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
    let mut inputs = Collected::default();
    inputs.inputs.named_one_by_one = !request.paths.is_empty();
    if request.paths.is_empty() {
        if std::io::stdin().is_terminal() {
            return Err(FindError::NoInput);
        }
        inputs.push(Source::Stdin);
    }
    for path in &request.paths {
        if path.as_os_str() == "-" {
            inputs.push(Source::Stdin);
            inputs.inputs.named_one_by_one = false;
            continue;
        }
        if let Some(url) = path.to_str().filter(|p| p.starts_with("http://") || p.starts_with("https://")) {
            return Err(FindError::Url(url.to_owned()));
        }
        match add(path, request, &mut inputs) {
            Err(error) if !error.is_usage() => {
                let before = inputs.inputs.sources.len();
                inputs.inputs.unusable.push((before, error));
            }
            added => added?,
        }
    }
    Ok(inputs.inputs)
}

fn add(path: &Path, request: &Find, inputs: &mut Collected) -> Result<(), FindError> {
    let unreadable = |error| FindError::Unreadable { path: path.to_owned(), error };
    let is_folder = std::fs::metadata(path).map_err(unreadable)?.is_dir();
    let absolute = std::path::absolute(path).map_err(unreadable)?;
    let in_chart = absolute.ancestors().any(is_templates_of_chart);
    match (is_folder, in_chart) {
        (true, true) => Err(FindError::ChartTemplates(path.to_owned())),
        (true, false) => {
            inputs.inputs.named_one_by_one = false;
            walk(path, request, inputs)
        }
        (false, true) => Err(FindError::ChartTemplate(path.to_owned())),
        (false, false) => {
            inputs.push(Source::File(path.to_owned()));
            Ok(())
        }
    }
}

#[derive(Default)]
struct Collected {
    inputs: Inputs,
    seen: HashSet<Source>,
}

impl Collected {
    fn push(&mut self, source: Source) {
        if self.seen.insert(source.clone()) {
            self.inputs.sources.push(source);
        }
    }
}

fn walk(folder: &Path, request: &Find, collected: &mut Collected) -> Result<(), FindError> {
    let mut overrides = OverrideBuilder::new(folder);
    for pattern in &request.exclude {
        // What is wrong is told of the pattern as it was given.
        let add = |glob: &str| OverrideBuilder::new(folder).add(glob).map(drop);
        add(pattern).map_err(|error| FindError::BadGlob { pattern: pattern.clone(), error })?;
        overrides.add(&format!("!{pattern}"))?;
    }
    let walk = WalkBuilder::new(folder)
        .max_depth((!request.recursive).then_some(1))
        .overrides(overrides.build()?)
        .require_git(false)
        .sort_by_file_name(Ord::cmp)
        .build();
    let mut found = false;
    // A folder is left out by its path: its files come right after it.
    let mut chart: Option<PathBuf> = None;
    for entry in walk {
        let entry = entry?;
        let path = entry.path();
        if chart.as_ref().is_some_and(|templates| path.starts_with(templates)) {
            continue;
        }
        if entry.file_type().is_some_and(|t| t.is_dir()) {
            if is_templates_of_chart(path) {
                found = true;
                collected.inputs.skipped_charts.push(path.to_owned());
                chart = Some(path.to_owned());
            }
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json") && path.is_file() {
            found = true;
            collected.push(Source::File(path.to_owned()));
        }
    }
    if found { Ok(()) } else { Err(FindError::Empty(folder.to_owned())) }
}

fn is_templates_of_chart(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| name == "templates")
        && folder.parent().is_some_and(|chart| chart.join("Chart.yaml").is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("b.yaml", ""),
            ("a.yml", ""),
            ("c.json", ""),
            ("readme.md", ""),
            (".hidden.yaml", ""),
            ("sub/d.yaml", ""),
            ("sub/ignored.yaml", ""),
            ("sub/.gitignore", "ignored.yaml\n"),
            ("chart/Chart.yaml", ""),
            ("chart/values.yaml", ""),
            ("chart/templates/deployment.yaml", ""),
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn names(folder: &Path, request: &Find) -> Vec<String> {
        let name = |source: &Source| match source {
            Source::File(path) => path.strip_prefix(folder).unwrap().display().to_string(),
            Source::Stdin | Source::Text(_) => "-".to_owned(),
        };
        find(request).unwrap().sources.iter().map(name).collect()
    }

    #[test]
    fn a_folder_means_its_own_manifests() {
        let folder = folder();
        let request = Find { paths: vec![folder.path().to_owned()], ..Find::default() };
        assert_eq!(names(folder.path(), &request), ["a.yml", "b.yaml", "c.json"]);
    }

    #[test]
    fn recursion_leaves_out_what_is_ignored_and_charts_templates() {
        let folder = folder();
        let paths = vec![folder.path().to_owned()];
        let request = Find { paths, recursive: true, exclude: vec!["*.json".to_owned()] };
        let found = names(folder.path(), &request);
        assert_eq!(found, ["a.yml", "b.yaml", "chart/Chart.yaml", "chart/values.yaml", "sub/d.yaml"]);
        assert_eq!(find(&request).unwrap().skipped_charts.len(), 1);
    }

    #[test]
    fn what_cannot_be_read_says_what_to_do() {
        let folder = folder();
        let found = |path: PathBuf| find(&Find { paths: vec![path], ..Find::default() });
        let error = |path: PathBuf| found(path).unwrap().unusable.pop().unwrap().1;
        for template in ["chart/templates/deployment.yaml", "chart/templates"] {
            assert!(error(folder.path().join(template)).hint().unwrap().contains("helm template"));
        }
        assert!(found("https://example.com/a.yaml".into()).unwrap_err().is_usage());
        fs::create_dir(folder.path().join("empty")).unwrap();
        assert!(matches!(error(folder.path().join("empty")), FindError::Empty(_)));
        assert!(matches!(error(folder.path().join("none.yaml")), FindError::Unreadable { .. }));
    }
}
