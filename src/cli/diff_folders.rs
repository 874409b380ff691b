//! `DIR DIR diff`: how kubectl runs an external diff, with the folders first. Files can have any name.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::output_error;
use super::print::{print_diff, stdout_result};
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::output::{Spool, printable_file, unified};
use crate::run::fold_sidecars;

/// The two folders, if the arguments have this form.
pub(super) fn folders(args: &[OsString]) -> Option<[PathBuf; 2]> {
    let [_, old, new, command, ..] = args else { return None };
    let folder = |arg: &OsString| Some(PathBuf::from(arg)).filter(|p| p.is_dir());
    (command == "diff").then(|| Some([folder(old)?, folder(new)?])).flatten()
}

/// Prints the differences between the files of two folders. A missing file counts as empty. Injected sidecars are folded
/// into a line: they are always missing in the manifests that a cluster is compared with.
pub(super) fn diff([old, new]: &[PathBuf; 2]) -> Result<ExitCode, Diagnostic> {
    let mut names = BTreeSet::new();
    for folder in [old, new] {
        let entries = std::fs::read_dir(folder).map_err(|e| failure(folder, &e))?;
        for entry in entries {
            let entry = entry.map_err(|e| failure(folder, &e))?;
            if entry.path().is_file() {
                names.insert(entry.file_name());
            }
        }
    }
    let mut diffs = Spool::new(1 << 20);
    let mut changed = false;
    let kept = |error| failure(Path::new("a temporary file"), &error);
    for name in names {
        let (old, new) = (read(&old.join(&name))?, read(&new.join(&name))?);
        if old == new {
            continue;
        }
        changed = true;
        let name = name.to_string_lossy();
        let diff = unified(&name, &folded(&old, &new), &folded(&new, &old));
        if diff.is_empty() {
            let name = printable_file(&name);
            let _ = writeln!(std::io::stderr(), "{name}: only the injected sidecar differs, which is not shown");
        }
        diffs.push(&diff).map_err(kept)?;
    }
    stdout_result(print_diff(diffs, None)).map_err(output_error)?;
    Ok(if changed { ExitCode::Differences } else { ExitCode::Success })
}

/// The text with injected sidecars folded. `beside` is the text that it is compared with.
fn folded<'t>(text: &'t [u8], beside: &[u8]) -> Cow<'t, [u8]> {
    let beside = std::str::from_utf8(beside).unwrap_or_default();
    match std::str::from_utf8(text).ok().and_then(|text| fold_sidecars(text, beside)) {
        Some(folded) => Cow::Owned(folded.into_bytes()),
        None => Cow::Borrowed(text),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(failure(path, &error)),
    }
}

fn failure(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(Code::Unreadable, ExitCode::Input, error.to_string()).in_file(path.display().to_string())
}
