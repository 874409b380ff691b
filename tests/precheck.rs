//! Runs the checks of `precheck` on the cases in `testdata/precheck`, which has a folder for each check, and fails if a
//! check lacks one of its three parts: its file, its line in the registry, and its cases.
//!
//! A case is a file with documents, and a `.rows` file with the rows of the folder's check.
//! `OVERWRITE=1 cargo test --test precheck` writes the latter.

#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a case that cannot be read is a failure")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use nativesidecar::cluster::precheck::{Answer, CHECKS, Facts, Report, precheck};
use nativesidecar::cluster::saved::SavedDocument;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}

fn report(case: &Path) -> Report {
    let text = fs::read_to_string(case).unwrap();
    let mut facts = Facts::default();
    for chunk in lossless_yaml::split(text.as_bytes()) {
        let document = SavedDocument { file: "case", line: chunk.start.line, text: &text[chunk.range] };
        document.objects(&mut |object| facts.take(&object).unwrap()).unwrap();
    }
    facts.choose_cluster(None).unwrap();
    precheck(&facts, "2026-05-31".parse().unwrap())
}

fn line(answer: &Answer) -> String {
    let Answer { status, subject, seen, text, fix } = answer;
    let subject = subject.as_deref().unwrap_or("-");
    let fix = fix.as_ref().map_or_else(String::new, |fix| format!("  $ {fix}\n"));
    format!("{}: {subject}: {seen}: {text}\n{fix}", status.as_str())
}

#[test]
fn rows_are_as_recorded() {
    let mut wrong = Vec::new();
    for check in &CHECKS {
        let cases = entries(&root().join("testdata/precheck").join(check.code));
        for case in cases.iter().filter(|case| case.extension().is_some_and(|extension| extension == "yaml")) {
            let rows = report(case).rows;
            let found: String = rows.iter().filter(|row| row.code == check.code).map(|row| line(&row.answer)).collect();
            let golden = case.with_extension("rows");
            if std::env::var_os("OVERWRITE").is_some() {
                fs::write(&golden, &found).unwrap();
            } else if fs::read_to_string(&golden).ok().as_ref() != Some(&found) {
                wrong.push(format!("{} should be\n{found}", golden.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_check_has_a_file_a_line_in_the_registry_and_cases() {
    let registered: BTreeSet<String> = CHECKS.iter().map(|check| check.code.to_owned()).collect();
    assert_eq!(registered.len(), CHECKS.len(), "a code is there twice");
    let files: BTreeSet<String> = entries(&root().join("src/cluster/precheck"))
        .into_iter()
        .filter(|file| file.is_file() && fs::read_to_string(file).unwrap().contains("const CHECK: Check"))
        .map(|file| stem(&file).replace('_', "-"))
        .collect();
    assert_eq!(files, registered, "files of checks, and the registry");
    let folders = entries(&root().join("testdata/precheck"));
    let folders: BTreeSet<String> =
        folders.iter().filter(|folder| folder.is_dir()).map(|folder| stem(folder)).collect();
    assert_eq!(folders, registered, "folders of cases, and the registry");
    for check in &CHECKS {
        let cases = entries(&root().join("testdata/precheck").join(check.code));
        assert!(
            cases.iter().any(|case| case.extension().is_some_and(|extension| extension == "yaml")),
            "{}",
            check.code
        );
    }
}

#[test]
fn checks_are_documented_in_their_order() {
    let page = fs::read_to_string(root().join("docs/reference/precheck.md")).unwrap();
    let table = page.split("\n## Checks\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let documented: Vec<&str> =
        table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |").map(|(code, _)| code)).collect();
    let registered: Vec<&str> = CHECKS.iter().map(|check| check.code).collect();
    assert_eq!(documented, registered, "the table in docs/reference/precheck.md");
}
