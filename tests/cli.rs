//! The program as people call it: `testdata/cli`, one folder a subject.
//!
//! A `.trycmd` file is a page of commands, run in the `.in` folder of the same name; what is written must come out as in
//! its `.out` folder, and the report as in its `.report.json`. A `.toml` file is one command with standard input.
//! `TRYCMD=overwrite cargo test --test cli` writes down what the program says now; new files in `.out` are put there by
//! hand.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a page that cannot be read is a failure")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// As wide as clap's help is where there is no terminal.
const COLUMNS: &str = "100";

#[test]
fn the_program_says_what_is_written_down() {
    trycmd::TestCases::new().env("COLUMNS", COLUMNS).case("testdata/cli/*/*.trycmd").case("testdata/cli/*/*.toml");
}

/// Files with the extension `extension` in the subjects' folders.
fn pages(extension: &str) -> Vec<PathBuf> {
    let entries = |folder: &Path| fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect::<Vec<_>>();
    let subjects = entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cli"));
    let mut pages: Vec<PathBuf> = subjects.iter().flat_map(|subject| entries(subject)).collect();
    pages.retain(|page| page.extension().is_some_and(|e| e == extension));
    pages.sort();
    pages
}

/// Words of a command line, with single quotes around those that have blanks.
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

/// All files below `folder`: their text, and what the system knows them by.
fn files(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, u64)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        if entry.is_dir() {
            found.extend(files(&entry));
        } else {
            let text = fs::read(&entry).unwrap();
            found.insert(entry.clone(), (text, identity(&entry)));
        }
    }
    found
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

/// Runs the commands of `page` in a copy of its folder, and says what is wrong.
fn check(page: &Path, wrong: &mut Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let input = page.with_extension("in");
    if input.is_dir() {
        copy(&input, folder.path());
    }
    for line in fs::read_to_string(page).unwrap().lines().filter_map(|l| l.strip_prefix("$ kubectl-nativesidecar ")) {
        let before = files(folder.path());
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-nativesidecar"));
        let output = command.args(words(line)).current_dir(folder.path()).output().unwrap();
        let mut complain = |what: &str| wrong.push(format!("{}: {line}: {what}", page.display()));
        let failed = output.status.code().is_none_or(|code| code > 1);
        let goes_on = line.contains("--keep-going") || line.contains("gone/report.json");
        if failed && !goes_on && !output.stdout.is_empty() {
            complain("it failed, and something is on standard output");
        }
        if output.status.success() && String::from_utf8_lossy(&output.stderr).contains("error") {
            complain("it succeeded, and speaks of an error");
        }
        let writes = line.contains("--write") || line.contains(" -w");
        for (file, (text, identity)) in files(folder.path()) {
            let Some((old, was)) = before.get(&file) else { continue };
            let is_report = file.ends_with("report.json");
            if *old != text && (!writes || (failed && !goes_on)) && !is_report {
                complain("a file changed");
            }
            if *old == text && *was != identity {
                complain("a file was written although it does not change");
            }
        }
    }
    let report = fs::read_to_string(folder.path().join("report.json"));
    let golden = page.with_extension("report.json");
    match report {
        Ok(report) if std::env::var_os("TRYCMD").is_some_and(|v| v == "overwrite") => {
            fs::write(golden, report).unwrap();
        }
        Ok(report) => {
            if fs::read_to_string(&golden).ok() != Some(report.clone()) {
                wrong.push(format!("{} should be\n{report}", golden.display()));
            }
        }
        Err(_) if golden.exists() => wrong.push(format!("{}: no report is written", golden.display())),
        Err(_) => {}
    }
}

#[test]
fn failures_leave_everything_alone_and_success_only_what_does_not_change() {
    let mut wrong = Vec::new();
    for page in pages("trycmd") {
        check(&page, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
