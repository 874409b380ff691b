//! Walks a folder for manifests, in the order of names, without files that `.gitignore` or `--exclude` match, dot
//! files, and templates of Helm charts. Links to folders are not followed, and links to files only if their target is
//! in the folder.

use std::path::Path;

use ignore::gitignore::Gitignore;
use walkdir::{DirEntry, WalkDir};

use super::Source;
use super::error::FindError;
use super::gitignore::IgnoreFiles;
use super::inputs::{Collector, Skipped, WhySkipped};

/// A folder to walk.
pub(super) struct Folder<'a> {
    /// The path as it was given.
    pub(super) name: &'a Path,
    /// The path without links.
    pub(super) real: &'a Path,
    /// Whether folders in it are walked too.
    pub(super) recursive: bool,
    /// The patterns of `--exclude`, relative to each folder that is walked.
    pub(super) excludes: &'a Gitignore,
}

/// What to do with an entry of a folder.
enum Verdict {
    /// Walk the folder.
    Enter,
    /// Read the manifest.
    Read,
    /// Ignore it.
    Pass,
    Skip(WhySkipped),
}

impl Folder<'_> {
    /// Adds the manifests in the folder.
    pub(super) fn walk(&self, found: &mut Collector) {
        let mut errors = Vec::new();
        let mut ignore_files = IgnoreFiles::above(self.real, &mut errors);
        let mut is_empty = true;
        let depth = if self.recursive { usize::MAX } else { 1 };
        let mut entries = WalkDir::new(self.name).max_depth(depth).sort_by_file_name().into_iter();
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let path = error.path().unwrap_or(self.name).to_owned();
                    is_empty = false;
                    found.unusable(FindError::Unreadable { path, error: error.into() });
                    continue;
                }
            };
            let below = entry.path().strip_prefix(self.name).unwrap_or(Path::new(""));
            let (real, is_folder) = (self.real.join(below), entry.file_type().is_dir());
            let is_left_out =
                || self.excludes.matched(below, is_folder).is_ignore() || ignore_files.leave_out(&real, is_folder);
            let verdict = match entry.depth() {
                0 => Verdict::Enter,
                _ if is_left_out() => Verdict::Pass,
                _ if is_folder => self.folder(&entry),
                _ => self.file(&entry),
            };
            if is_folder && entry.depth() > 0 && !matches!(verdict, Verdict::Enter) {
                entries.skip_current_dir();
            }
            match verdict {
                Verdict::Enter => {
                    ignore_files.enter(&real, entry.path(), &mut errors);
                    is_empty &= errors.is_empty();
                    errors.drain(..).for_each(|error| found.unusable(error));
                }
                Verdict::Read => {
                    is_empty = false;
                    found.source(Source::File(entry.into_path()));
                }
                Verdict::Pass => {}
                Verdict::Skip(why) => {
                    is_empty &= why != WhySkipped::ChartTemplates;
                    found.skipped(Skipped { path: entry.into_path(), why });
                }
            }
        }
        if is_empty {
            found.unusable(FindError::Empty(self.name.to_owned()));
        }
    }

    fn folder(&self, entry: &DirEntry) -> Verdict {
        if is_templates_of_chart(entry.path()) {
            Verdict::Skip(WhySkipped::ChartTemplates)
        } else if !self.recursive || entry.file_name() == ".git" {
            Verdict::Pass
        } else if is_dotted(entry) {
            Verdict::Skip(WhySkipped::DotFolder)
        } else {
            Verdict::Enter
        }
    }

    fn file(&self, entry: &DirEntry) -> Verdict {
        let path = entry.path();
        let is_manifest = path.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json");
        if is_dotted(entry) {
            return Verdict::Pass;
        }
        if !entry.path_is_symlink() {
            return if is_manifest && entry.file_type().is_file() { Verdict::Read } else { Verdict::Pass };
        }
        // A broken link has no manifest.
        let Ok(target) = std::fs::canonicalize(path) else { return Verdict::Pass };
        match target.starts_with(self.real) {
            true if is_manifest && target.is_file() => Verdict::Read,
            false if is_manifest || (self.recursive && target.is_dir()) => Verdict::Skip(WhySkipped::LinkOut),
            _ => Verdict::Pass,
        }
    }
}

fn is_dotted(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// Whether a folder contains the templates of a Helm chart.
pub(super) fn is_templates_of_chart(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| name == "templates")
        && folder.parent().is_some_and(|chart| chart.join("Chart.yaml").is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Find, Inputs, find};
    use std::fs;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn walk(folder: &Path, recursive: bool, exclude: &[&str]) -> Inputs {
        let exclude = exclude.iter().map(ToString::to_string).collect();
        find(&Find { paths: vec![folder.to_owned()], recursive, exclude }).unwrap()
    }

    fn sources(folder: &Path, inputs: &Inputs) -> Vec<String> {
        let name = |source: &Source| match source {
            Source::File(path) => path.strip_prefix(folder).unwrap().display().to_string(),
            Source::Stdin | Source::Text(_) => "-".to_owned(),
        };
        inputs.sources.iter().map(name).collect()
    }

    fn skipped(folder: &Path, inputs: &Inputs) -> Vec<(String, WhySkipped)> {
        let relative = |path: &Path| path.strip_prefix(folder).unwrap().display().to_string();
        inputs.skipped.iter().map(|skipped| (relative(&skipped.path), skipped.why)).collect()
    }

    const FILES: [(&str, &str); 13] = [
        ("b.yaml", ""),
        ("a.yml", ""),
        ("c.json", ""),
        ("readme.md", ""),
        (".hidden.yaml", ""),
        (".github/d.yaml", ""),
        (".git/config.yaml", ""),
        ("sub/d.yaml", ""),
        ("sub/ignored.yaml", ""),
        ("sub/.gitignore", "ignored.yaml\n"),
        ("chart/Chart.yaml", ""),
        ("chart/values.yaml", ""),
        ("chart/templates/deployment.yaml", ""),
    ];

    #[test]
    fn a_folder_is_read_without_its_subfolders() {
        let folder = folder(&FILES);
        let inputs = walk(folder.path(), false, &[]);
        assert_eq!(sources(folder.path(), &inputs), ["a.yml", "b.yaml", "c.json"]);
        assert_eq!(skipped(folder.path(), &inputs), []);
    }

    #[test]
    fn recursion_reports_skipped_paths() {
        let folder = folder(&FILES);
        let inputs = walk(folder.path(), true, &["*.json"]);
        let expected = ["a.yml", "b.yaml", "chart/Chart.yaml", "chart/values.yaml", "sub/d.yaml"];
        assert_eq!(sources(folder.path(), &inputs), expected);
        let expected =
            [(".github".to_owned(), WhySkipped::DotFolder), ("chart/templates".to_owned(), WhySkipped::ChartTemplates)];
        assert_eq!(skipped(folder.path(), &inputs), expected);
    }

    #[test]
    fn gitignore_alone_hides_files_and_folders() {
        let folder = folder(&[
            (".git/info/exclude", "b.yaml\n"),
            (".ignore", "b.yaml\n"),
            (".gitignore", "/k8s/a.yaml\nout/\n.argo/\n"),
            ("k8s/a.yaml", ""),
            ("k8s/b.yaml", ""),
            ("k8s/.argo/c.yaml", ""),
            ("k8s/out/.gitignore", "!d.yaml"),
            ("k8s/out/d.yaml", ""),
        ]);
        for (named, expected) in [("k8s", ["b.yaml"]), ("k8s/out", ["d.yaml"])] {
            let named = folder.path().join(named);
            let inputs = walk(&named, true, &[]);
            assert_eq!(sources(&named, &inputs), expected);
            assert!(inputs.skipped.is_empty() && inputs.unusable.is_empty());
        }
    }

    #[test]
    fn files_beside_an_unusable_ignore_file_are_found() {
        let folder = folder(&[("k8s/a.yaml", ""), ("k8s/sub/.gitignore/x", ""), ("k8s/sub/b.yaml", "")]);
        let inputs = walk(folder.path(), true, &[]);
        assert_eq!(sources(folder.path(), &inputs), ["k8s/a.yaml", "k8s/sub/b.yaml"]);
        let [(1, error)] = &inputs.unusable[..] else { panic!("{:?}", inputs.unusable) };
        assert_eq!(error.path(), Some(&*folder.path().join("k8s/sub/.gitignore")));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_only_to_files_in_the_folder() {
        use std::os::unix::fs::symlink;
        let folder = folder(&[("in/a.yaml", ""), ("in/.data/b.yaml", ""), ("in/sub/c.yaml", ""), ("out/o.yaml", "")]);
        let named = folder.path().join("in");
        for (target, link) in [
            ("../out/o.yaml", "out.yaml"),
            ("../out", "out"),
            ("../out/o.yaml", "readme.md"),
            ("..", "sub/up"),
            (".", "sub/self"),
            (".data/b.yaml", "inside.yaml"),
            ("out.yaml", "twice.yaml"),
            ("gone.yaml", "gone.yaml"),
            ("/dev/zero", "zero.yaml"),
        ] {
            symlink(target, named.join(link)).unwrap();
        }
        symlink("in", folder.path().join("named")).unwrap();
        for named in [named, folder.path().join("named")] {
            let inputs = walk(&named, true, &[]);
            assert_eq!(sources(&named, &inputs), ["a.yaml", "inside.yaml", "sub/c.yaml"]);
            let out = skipped(&named, &inputs).into_iter().filter(|(_, why)| *why == WhySkipped::LinkOut);
            let out: Vec<String> = out.map(|(path, _)| path).collect();
            assert_eq!(out, ["out", "out.yaml", "twice.yaml", "zero.yaml"]);
        }
    }
}
