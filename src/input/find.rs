//! Finds the files to read for the paths on the command line.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use ignore::gitignore::Gitignore;

use super::Source;
use super::error::FindError;
use super::inputs::{Collector, Inputs};
use super::patterns::patterns;
use super::walk::{self, Folder};

/// What to look for.
#[derive(Clone, Debug, Default)]
pub struct Find {
    /// Files, folders, or `-`; none means standard input.
    pub paths: Vec<PathBuf>,
    /// Whether folders are processed recursively.
    pub recursive: bool,
    /// Patterns in the syntax of `.gitignore` for files to skip in folders.
    pub exclude: Vec<String>,
}

/// Finds the inputs. An error is about the command line; unreadable files are listed in the inputs.
pub fn find(request: &Find) -> Result<Inputs, FindError> {
    let excludes = patterns(&request.exclude)?;
    let mut found = Collector::default();
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

fn add(path: &Path, recursive: bool, excludes: &Gitignore, found: &mut Collector) -> Result<(), FindError> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn unreadable_inputs_have_a_hint() {
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
