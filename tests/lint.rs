//! Runs `lint` on the cases in `testdata/lint`, which has a folder for each rule, and checks that no rule lacks one of its
//! three parts: its file, its line in the registry, and its cases.
//!
//! A case is a folder: `in.yaml`; `args`, one argument of the command line on each line; `findings.json`, all that is
//! found; `fixed.yaml`, what `--fix` prints (if absent: the input); `fixed-unsafe.yaml`, what `--fix --unsafe-fixes` prints
//! (if absent: as `--fix`); and files that the arguments name.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a case that cannot be read is a failure")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use nativesidecar::lint::{RULES, Severity, rule};
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// The folders of all cases.
fn cases() -> Vec<PathBuf> {
    folders(&root().join("testdata/lint")).iter().flat_map(|rule| folders(rule)).collect()
}

fn run(case: &Path, more: &[&str]) -> Output {
    let args = fs::read_to_string(case.join("args")).unwrap();
    let args = args.lines().filter(|line| !line.is_empty());
    Command::new(env!("CARGO_BIN_EXE_kubectl-nativesidecar"))
        .args(["lint", "--no-config", "-f", "in.yaml"])
        .args(args)
        .args(more)
        .current_dir(case)
        .output()
        .unwrap()
}

/// A finding as cases list it.
fn listed(finding: &Value) -> (String, u64, u64, String, String) {
    let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let file = text("file");
    let file = if file.is_empty() { "in.yaml".to_owned() } else { file };
    (file, finding["line"].as_u64().unwrap(), finding["column"].as_u64().unwrap(), text("rule"), text("name"))
}

#[test]
fn findings_and_fixes_are_as_recorded() {
    let mut wrong = Vec::new();
    for case in cases() {
        let name = case.strip_prefix(root()).unwrap().display().to_string();
        let expected: Value = serde_json::from_slice(&fs::read(case.join("findings.json")).unwrap()).unwrap();
        let mut expected: Vec<_> = expected.as_array().unwrap().iter().map(listed).collect();
        expected.sort();
        let output = run(&case, &["-o", "json"]);
        let printed: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{name}: {}", String::from_utf8_lossy(&output.stderr)));
        let mut found: Vec<_> = printed["findings"].as_array().unwrap().iter().map(listed).collect();
        found.sort();
        if found != expected {
            wrong.push(format!("{name}: found {found:#?}\nexpected {expected:#?}"));
        }
        let fails = expected.iter().any(|(_, _, _, name, _)| rule(name).unwrap().severity != Severity::Info);
        if output.status.code() != Some(i32::from(fails)) {
            wrong.push(format!("{name}: exit code {:?}", output.status.code()));
        }
        let mut text = fs::read_to_string(case.join("in.yaml")).unwrap();
        for (file, flags) in [("fixed.yaml", &["--fix"][..]), ("fixed-unsafe.yaml", &["--fix", "--unsafe-fixes"])] {
            text = fs::read_to_string(case.join(file)).unwrap_or(text);
            let output = run(&case, flags);
            let printed = String::from_utf8_lossy(&output.stdout);
            if printed != text {
                let stderr = String::from_utf8_lossy(&output.stderr);
                wrong.push(format!("{name}: {file} is not what is printed:\n{printed}\n{stderr}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_rule_has_a_file_a_registry_line_and_a_case() {
    let files: BTreeSet<String> = fs::read_dir(root().join("src/lint/rules"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|file| Some(file.strip_suffix(".rs")?.replace('_', "-")))
        .filter(|name| name != "mod")
        .collect();
    let registered: BTreeSet<String> = RULES.iter().map(|rule| rule.name.to_owned()).collect();
    assert_eq!(registered.len(), RULES.len(), "a name is used twice");
    assert_eq!(files, registered, "the files of src/lint/rules, and the rules in its mod.rs");
    for name in &registered {
        let folder = root().join("testdata/lint").join(name);
        let found = |case: &PathBuf| {
            fs::read_to_string(case.join("findings.json")).unwrap().contains(&format!("\"rule\": \"{name}\""))
        };
        let has_case = folder.is_dir() && folders(&folder).iter().any(found);
        assert!(has_case, "testdata/lint/{name} has no case with a finding of the rule");
    }
}

#[test]
fn every_rule_has_a_manual_page() {
    for rule in RULES {
        let page = rule.manual();
        let summary = rule.summary();
        assert!((20..=120).contains(&summary.len()), "{}: the summary has {} characters", rule.name, summary.len());
        for section in ["## Why", "## Example", "## Fix", "## Source"] {
            assert!(page.contains(section), "{}: the manual page has no section {section:?}", rule.name);
        }
    }
}

/// The page of the documentation about all rules.
fn rules_page() -> String {
    let mut page =
        "# The rules of lint\n\nWhat each rule of [lint](lint.md) finds, why, and how it is fixed. `lint --rule NAME` prints the \
                    same for one rule.\n\n| rule | severity | finds |\n|---|---|---|\n"
            .to_owned();
    for rule in RULES {
        let selected = if rule.is_default { "" } else { ", only if selected" };
        let (name, severity) = (rule.name, rule.severity.label());
        let row = format!("| [{name}](#{name}) | {severity}{selected} | {} |\n", rule.summary());
        page.push_str(&row);
    }
    for rule in RULES {
        let manual = rule.manual().replace("\n## ", "\n### ");
        page.extend(["\n## ", rule.name, "\n\n", manual.trim_end(), "\n"]);
    }
    page
}

/// `OVERWRITE=1 cargo test --test lint` writes the page.
#[test]
fn the_page_of_the_rules_is_up_to_date() {
    let path = root().join("docs/reference/rules.md");
    if std::env::var_os("OVERWRITE").is_some() {
        fs::write(&path, rules_page()).unwrap();
    }
    let page = fs::read_to_string(&path).unwrap_or_default();
    assert!(page == rules_page(), "docs/reference/rules.md is out of date: run OVERWRITE=1 cargo test --test lint");
}
