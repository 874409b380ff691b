//! Fails if a file under `testdata` is not read by any test.

#![allow(clippy::unwrap_used, reason = "a folder that cannot be read is a failure")]

mod folder;

use std::fs;
use std::path::{Path, PathBuf};

use folder::files;
use nativesidecar::output::{ANNOTATION_FORMS, OUTPUT_FORMS};

/// A folder of `testdata`, and the test that reads it.
struct Subject {
    folder: &'static str,
    test: &'static str,
    /// Whether the test reads a file. The path is relative to the folder.
    reads: fn(&Path) -> bool,
}

const SUBJECTS: [Subject; 13] = [
    Subject { folder: "cli", test: "tests/cli.rs", reads: is_cli_file },
    Subject { folder: "docs", test: "tests/clients/pages.rs", reads: is_file_of_a_page },
    Subject {
        folder: "istio",
        test: "src/istio/schema/mod.rs",
        reads: |file| file == Path::new("chart-values-1.30.txt"),
    },
    Subject { folder: "lint", test: "tests/lint.rs", reads: |file| file.components().count() == 3 },
    Subject { folder: "oracle/istio", test: "tests/oracle/istio.rs", reads: is_istio_file },
    Subject { folder: "oracle/live", test: "tests/oracle/live.rs", reads: is_live_file },
    Subject { folder: "oracle/lossless", test: "tests/lossless.rs", reads: is_lossless_file },
    Subject { folder: "oracle/owners", test: "tests/oracle/owners.rs", reads: is_owners_file },
    Subject { folder: "oracle/policy", test: "tests/cluster/policy.rs", reads: is_policy_file },
    Subject {
        folder: "oracle/printing",
        test: "tests/oracle/printing.rs",
        reads: |file| ["README.md", "pods.jsonl", "durations.jsonl"].map(Path::new).contains(&file),
    },
    Subject { folder: "precheck", test: "tests/precheck.rs", reads: is_precheck_file },
    Subject { folder: "releases", test: "tests/releases.rs", reads: is_release_file },
    Subject { folder: "shop", test: "tests/report_schema.rs", reads: |file| file == Path::new("shop.yaml") },
];

/// Whether the file is in the folder of a guide.
fn is_file_of_a_page(file: &Path) -> bool {
    let page = file.components().next().map(|folder| Path::new(folder.as_os_str()).with_extension("md"));
    page.is_some_and(|page| root().join("../docs/how-to").join(page).exists())
}

/// Whether the file belongs to a case in the table, or is the table or the README.
fn is_lossless_file(file: &Path) -> bool {
    let Some(name) = file.to_str() else { return false };
    let table = fs::read_to_string(root().join("oracle/lossless/cases.tsv")).unwrap();
    let listed = |case: &str| table.lines().skip(1).any(|line| line.split('\t').next() == Some(case));
    matches!(name, "README.md" | "cases.tsv") || name.split_once('.').is_some_and(|(case, _)| listed(case))
}

/// Whether the file is an input or result in a release's table of cases, a table, or the README.
fn is_istio_file(file: &Path) -> bool {
    let folder = root().join("oracle/istio");
    let tables = || {
        let releases = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path().join("cases.json"));
        releases.filter(|table| table.is_file())
    };
    // The expected result of re-injecting a manifest is that of its original case.
    let fresh = |result: &str| match result.split_once("/reinject-") {
        Some((folder, case)) => {
            let (case, mode) = (case.split_once("-from-").unwrap().0, case.split_once('.').unwrap().1);
            format!("{folder}/{case}.{mode}")
        }
        None => result.to_owned(),
    };
    let is_listed = |table: PathBuf| {
        let cases: Vec<serde_json::Value> = serde_json::from_slice(&fs::read(table).unwrap()).unwrap();
        let text = |case: &serde_json::Value, key: &str| case[key].as_str().unwrap().to_owned();
        cases
            .iter()
            .any(|case| file == Path::new(&text(case, "input")) || file == Path::new(&fresh(&text(case, "expected"))))
    };
    file == Path::new("README.md") || tables().any(|table| folder.join(file) == table) || tables().any(is_listed)
}

/// Whether the file belongs to a case, or is about all.
fn is_policy_file(file: &Path) -> bool {
    match &file.iter().map(|part| part.to_str().unwrap()).collect::<Vec<_>>()[..] {
        ["README.md" | "namespaces.yaml"] => true,
        ["cases", _, name] => matches!(*name, "answer.json" | "patch.yaml" | "request.yaml" | "stored.yaml"),
        _ => false,
    }
}

/// Whether the file belongs to a case, or is the README.
fn is_live_file(file: &Path) -> bool {
    match &file.iter().map(|part| part.to_str().unwrap()).collect::<Vec<_>>()[..] {
        ["README.md"] => true,
        ["cases", _, name] => matches!(*name, "in.yaml" | "expected.json" | "case.json"),
        _ => false,
    }
}

/// Whether the file belongs to a case, or is the README.
fn is_owners_file(file: &Path) -> bool {
    match &file.iter().map(|part| part.to_str().unwrap()).collect::<Vec<_>>()[..] {
        ["README.md"] => true,
        [_, name] => matches!(*name, "objects.yaml" | "expected.json"),
        _ => false,
    }
}

/// Whether the file is a case, or has the rows of one.
fn is_precheck_file(file: &Path) -> bool {
    let case = root().join("precheck").join(file).with_extension("yaml");
    file.components().count() == 2
        && case.is_file()
        && file.extension().is_some_and(|extension| extension == "yaml" || extension == "rows")
}

/// Whether the file is the fixture of a release.
fn is_release_file(file: &Path) -> bool {
    file.components().count() == 1
        && file.extension().is_some_and(|extension| extension == "yaml" || extension == "diff")
}

/// Whether the file is a page, a command, or belongs to one.
fn is_cli_file(file: &Path) -> bool {
    let [subject, name, inside @ ..] = &file.iter().map(|p| p.to_str().unwrap()).collect::<Vec<_>>()[..] else {
        return false;
    };
    let Some((stem, extension)) = name.split_once('.') else { return false };
    let has_sibling = |extension: &str| root().join("cli").join(subject).join(format!("{stem}.{extension}")).is_file();
    match extension {
        "trycmd" | "toml" => inside.is_empty(),
        "in" | "out" => !inside.is_empty() && (has_sibling("trycmd") || has_sibling("toml")),
        "report.json" => inside.is_empty() && has_sibling("trycmd"),
        "stdin" | "stdout" | "stderr" => inside.is_empty() && has_sibling("toml"),
        _ => false,
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

#[test]
fn every_fixture_is_read_by_a_test() {
    let mut unread = Vec::new();
    for file in files(&root()) {
        let inside = file.strip_prefix(root()).unwrap();
        let subject = SUBJECTS.iter().find(|subject| inside.starts_with(subject.folder));
        let is_read = subject.is_some_and(|s| (s.reads)(inside.strip_prefix(s.folder).unwrap()));
        if !is_read {
            unread.push(inside.display().to_string());
        }
    }
    assert!(unread.is_empty(), "no test reads these under testdata: {}", unread.join(", "));
}

#[test]
fn every_subject_has_its_test() {
    for Subject { folder, test, .. } in SUBJECTS {
        let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(test)).unwrap();
        assert!(source.contains(&format!("testdata/{folder}")), "{test} does not read testdata/{folder}");
    }
}

#[test]
fn each_form_of_output_has_a_recorded_run() {
    let pages: String = files(&root().join("cli"))
        .into_iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "trycmd"))
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let flags = OUTPUT_FORMS.iter().map(|form| format!("-o {}", form.name()));
    for flag in flags.chain(ANNOTATION_FORMS.iter().map(|form| format!("--annotations {}", form.name()))) {
        assert!(pages.contains(&flag), "no page under testdata/cli runs the program with {flag}");
    }
}
