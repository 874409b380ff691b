//! Runs the program on the cases in `testdata/cli`, which has one folder per subject.
//!
//! A `.trycmd` file is a page of commands, run in a copy of the `.in` folder of the same name. Written files must equal
//! its `.out` folder, and the report its `.report.json`. A `.toml` file is one command with standard input.
//! `TRYCMD=overwrite cargo test --test cli` updates expected output. Add new files to `.out` by hand.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a page that cannot be read is a failure")]

mod folder;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A kubeconfig that does not exist: no cluster is asked.
const KUBECONFIG: &str = "/nonexistent/kubeconfig";

/// The width of clap's help without a terminal.
const COLUMNS: &str = "100";

#[test]
fn output_is_as_recorded() {
    trycmd::TestCases::new()
        .env("COLUMNS", COLUMNS)
        .env("KUBECONFIG", KUBECONFIG)
        .case("testdata/cli/*/*.trycmd")
        .case("testdata/cli/*/*.toml");
}

/// Files with this extension in the folders of all subjects.
fn pages(extension: &str) -> Vec<PathBuf> {
    let entries = |folder: &Path| fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect::<Vec<_>>();
    let subjects = entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cli"));
    let mut pages: Vec<PathBuf> = subjects.iter().flat_map(|subject| entries(subject)).collect();
    pages.retain(|page| page.extension().is_some_and(|e| e == extension));
    pages.sort();
    pages
}

/// Splits a command line into words. Words with spaces are in single quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words
}

/// All files below `folder` with their content and inode.
fn files(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, u64)> {
    let read = |file: PathBuf| {
        let (text, identity) = (fs::read(&file).unwrap(), identity(&file));
        (file, (text, identity))
    };
    folder::files(folder).into_iter().map(read).collect()
}

#[cfg(unix)]
fn identity(file: &Path) -> u64 {
    std::os::unix::fs::MetadataExt::ino(&fs::metadata(file).unwrap())
}

#[cfg(not(unix))]
fn identity(_: &Path) -> u64 {
    0
}

fn copy(from: &Path, to: &Path) {
    for (file, (text, _)) in files(from) {
        let file = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
}

/// Runs the commands of `page` in a copy of its folder, and adds what is wrong to `failures`.
fn check(page: &Path, failures: &mut Vec<String>) {
    // The folder in which the page runs.
    let folder = tempfile::tempdir().unwrap();
    let input = page.with_extension("in");
    if input.is_dir() {
        copy(&input, folder.path());
    }
    for line in fs::read_to_string(page).unwrap().lines().filter_map(|l| l.strip_prefix("$ kubectl-nativesidecar ")) {
        let before = files(folder.path());
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-nativesidecar"));
        let output = command.args(words(line)).current_dir(folder.path()).output().unwrap();
        // Exit code and streams.
        let mut fail = |what: &str| failures.push(format!("{}: {line}: {what}", page.display()));
        let failed = output.status.code().is_none_or(|code| code > 1);
        // These have nothing to withhold: they print what they know.
        let is_preview = line.starts_with("diff ") && line.contains(" --to");
        let is_question =
            is_preview || line.starts_with("explain ") || (line.starts_with("lint ") && !line.contains("--fix"));
        let keeps_going = is_question || line.contains("--keep-going") || line.contains("gone/report.json");
        if failed && !keeps_going && !output.stdout.is_empty() {
            fail("failed, but printed to standard output");
        }
        if output.status.success() && String::from_utf8_lossy(&output.stderr).contains("error") {
            fail("succeeded, but reports an error");
        }
        // Files.
        let writes = line.contains("--write") || line.contains(" -w");
        for (file, (text, identity)) in files(folder.path()) {
            let Some((old, was)) = before.get(&file) else { continue };
            let is_report = file.ends_with("report.json");
            if *old != text && (!writes || (failed && !keeps_going)) && !is_report {
                fail("changed a file");
            }
            if *old == text && *was != identity {
                fail("wrote a file without changing it");
            }
        }
    }
    // The report.
    let report = fs::read_to_string(folder.path().join("report.json"));
    let golden = page.with_extension("report.json");
    match report {
        Ok(report) if std::env::var_os("TRYCMD").is_some_and(|v| v == "overwrite") => {
            fs::write(golden, report).unwrap();
        }
        Ok(report) => {
            if fs::read_to_string(&golden).ok() != Some(report.clone()) {
                failures.push(format!("{} should be\n{report}", golden.display()));
            }
        }
        Err(_) if golden.exists() => failures.push(format!("{}: no report was written", golden.display())),
        Err(_) => {}
    }
}

#[test]
fn failed_runs_change_nothing_and_unchanged_files_are_not_written() {
    let mut failures = Vec::new();
    for page in pages("trycmd") {
        check(&page, &mut failures);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
