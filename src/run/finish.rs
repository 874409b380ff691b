//! The end of a run: what is printed, what is written, and the exit code.

use std::fmt::Write as _;
use std::path::{Component, PathBuf};

use super::{CODE_OUTPUT, Processed};
use crate::input::Source;
use crate::output::{PendingFile, Problem, Report, WriteError, commit, printable, unified};

/// What to do with the manifests of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line, and they combine")]
pub struct Deliver {
    /// Show a diff in the place of the manifests.
    pub diff: bool,
    /// Write changed files in place.
    pub write: bool,
    /// Only tell which files would change.
    pub check: bool,
    /// Only name the workloads that change.
    pub names: bool,
    /// What succeeded is delivered although something failed.
    pub keep_going: bool,
}

/// What a run comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Finished {
    /// For standard output.
    pub stdout: String,
    /// The exit code.
    pub code: u8,
}

/// Delivers the manifests of a run. Nothing is printed or written if something failed, unless that was asked for.
pub fn finish(files: &[Processed], report: &mut Report, deliver: Deliver) -> Finished {
    let failed = report.problems.first().map(|p| p.code);
    if let (Some(code), false) = (failed, deliver.keep_going) {
        report.withheld = true;
        return Finished { stdout: String::new(), code };
    }
    let changes = files.iter().any(|f| f.new.is_some());
    let mut stdout = String::new();
    if deliver.diff {
        for file in files {
            let new = file.new.as_deref().unwrap_or(&file.old);
            stdout.push_str(&unified(&diff_name(&file.source), &file.old, new));
        }
    } else if deliver.check {
        for file in files.iter().filter(|f| f.new.is_some()) {
            let _ = writeln!(stdout, "{}", printable(&file.source.to_string()));
        }
    } else if deliver.names {
        for name in files.iter().flat_map(|f| &f.changed) {
            let _ = writeln!(stdout, "{name}");
        }
    } else if !deliver.write {
        stdout = stream(files);
    }
    let mut code = failed.unwrap_or_default();
    if deliver.write
        && !deliver.check
        && let Err(error) = write(files)
    {
        report.problems.push(problem(&error));
        code = if failed.is_some() { code } else { CODE_OUTPUT };
    }
    if code == 0 && changes && (deliver.check || (deliver.diff && !deliver.write)) {
        code = 1;
    }
    Finished { stdout, code }
}

/// A relative name for the headers of a diff.
fn diff_name(source: &Source) -> String {
    match source {
        Source::File(path) => {
            let named = path.components().filter(|c| matches!(c, Component::Normal(_)));
            named.collect::<PathBuf>().display().to_string()
        }
        Source::Stdin => "stdin".to_owned(),
    }
}

/// All manifests as one stream: byte for byte, with a marker between files that have none.
fn stream(files: &[Processed]) -> String {
    let text = |file: &Processed| file.new.as_deref().unwrap_or(&file.old).len();
    let mut stream = String::with_capacity(files.iter().map(text).sum::<usize>() + 8 * files.len());
    for file in files {
        let text = file.new.as_deref().unwrap_or(&file.old);
        if stream.is_empty() {
            stream.push_str(text);
        } else {
            let text = text.trim_start_matches('\u{feff}');
            if !stream.ends_with('\n') {
                stream.push('\n');
            }
            if !text.starts_with("---") && !text.starts_with('%') {
                stream.push_str("---\n");
            }
            stream.push_str(text);
        }
    }
    stream
}

fn write(files: &[Processed]) -> Result<(), WriteError> {
    let mut pending = Vec::new();
    for file in files {
        if let (Source::File(path), Some(new)) = (&file.source, &file.new) {
            pending.push(PendingFile::prepare(path, &file.old, new)?);
        }
    }
    commit(pending)
}

fn problem(error: &WriteError) -> Problem {
    Problem {
        file: String::new(),
        place: None,
        path: String::new(),
        message: error.to_string(),
        hint: None,
        code: CODE_OUTPUT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Processed {
        Processed { source: Source::File("a.yaml".into()), old: text.to_owned(), new: None, changed: Vec::new() }
    }

    #[test]
    fn files_become_one_stream() {
        assert_eq!(stream(&[file("a: 1"), file("b: 2\n"), file("---\nc: 3\n")]), "a: 1\n---\nb: 2\n---\nc: 3\n");
        assert_eq!(stream(&[file("\u{feff}a: 1\n"), file("\u{feff}b: 2\n")]), "\u{feff}a: 1\n---\nb: 2\n");
    }
}
