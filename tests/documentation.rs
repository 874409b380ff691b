//! The documentation's pages link to what exists and name files that exist, docs/README.md lists them all, and the page of
//! the project file has all its settings. `OVERWRITE=1 cargo test --test documentation` writes their table.

#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a page that cannot be read is a failure")]

mod folder;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex_automata::meta::Regex;
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The pages at the root and below `docs`.
fn pages() -> Vec<PathBuf> {
    let at_root = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    let all = at_root.chain(folder::files(&root().join("docs")));
    all.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

/// Text without fenced blocks, where brackets are code.
fn prose(text: &str) -> String {
    text.split("\n```").step_by(2).collect()
}

/// The targets of links and pictures.
fn links(page: &Path) -> Vec<String> {
    let text = prose(&fs::read_to_string(page).unwrap());
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    link.captures_iter(&text).map(|found| text[found.get_group(1).unwrap().range()].to_owned()).collect()
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(page: &Path) -> BTreeSet<String> {
    let text = prose(&fs::read_to_string(page).unwrap());
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let anchor = |heading: &str| -> String {
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
        kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn links_lead_somewhere() {
    let mut count = 0;
    for page in pages() {
        for link in links(&page).iter().filter(|link| !link.contains("://")) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            assert!(target.exists(), "{}: {link}", page.display());
            if !anchor.is_empty() && target.extension().is_some_and(|extension| extension == "md") {
                assert!(anchors(&target).contains(anchor), "{}: {link}", page.display());
            }
            count += 1;
        }
    }
    assert!(count > 100, "only {count} links were found");
}

#[test]
fn the_index_lists_all_pages() {
    let index = root().join("docs/README.md");
    let listed: BTreeSet<PathBuf> =
        links(&index).iter().filter_map(|link| root().join("docs").join(link).canonicalize().ok()).collect();
    for page in folder::files(&root().join("docs")) {
        if page != index && page.extension().is_some_and(|extension| extension == "md") {
            assert!(listed.contains(&page.canonicalize().unwrap()), "docs/README.md does not list {}", page.display());
        }
    }
}

/// A reader chooses a link by its label, which therefore names a thing and not a file.
#[test]
fn labels_of_links_are_no_file_names() {
    let label = Regex::new(r"\[[\w./-]*[a-z]\.(md|json)\]\(").unwrap();
    let mut found = Vec::new();
    for page in pages() {
        let text = prose(&fs::read_to_string(&page).unwrap());
        found.extend(label.find_iter(&text).map(|label| format!("{}: {}", page.display(), &text[label.range()])));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn pages_begin_with_what_they_are_about() {
    let is_sentence = |text: &str| {
        let starts = |c: char| c.is_alphanumeric() || "`[*".contains(c);
        text.starts_with(starts) && !text.starts_with("```")
    };
    let begins_well = |page: &PathBuf| {
        let text = fs::read_to_string(page).unwrap();
        text.split_once("\n\n").is_some_and(|(title, rest)| title.starts_with("# ") && is_sentence(rest))
    };
    let in_docs = |page: &PathBuf| page.starts_with(root().join("docs"));
    let found: Vec<PathBuf> = pages().into_iter().filter(|page| in_docs(page) && !begins_well(page)).collect();
    assert!(found.is_empty(), "{found:?} do not begin with a title and a sentence");
}

/// Files in the text of the pages for developers, by their whole path or the end of it.
#[test]
fn files_that_developers_are_sent_to_exist() {
    const FOLDERS: [&str; 9] =
        ["src/", "tests/", "crates/", "testdata/", "benches/", "plugin/", "docs/", "fuzz/", ".ci/"];
    const PLACEHOLDERS: [&str; 4] = ["NAME", "CODE", "CASE", "NN"];
    let span = Regex::new(r"`[\w./-]+`").unwrap();
    let sources: Vec<PathBuf> =
        ["src", "crates", "tests", "fuzz/src"].iter().flat_map(|folder| folder::files(&root().join(folder))).collect();
    let more = ["CONTRIBUTING.md", "fuzz/README.md"].map(|page| root().join(page));
    let (mut count, mut missing) = (0, Vec::new());
    for page in folder::files(&root().join("docs/dev")).into_iter().chain(more) {
        let text = prose(&fs::read_to_string(&page).unwrap());
        for path in span.find_iter(&text).map(|found| text[found.range()].trim_matches('`')) {
            let is_file = FOLDERS.iter().any(|folder| path.starts_with(folder))
                || Path::new(path).extension().is_some_and(|extension| extension == "rs");
            if is_file && !PLACEHOLDERS.iter().any(|word| path.contains(word)) {
                count += 1;
                if !root().join(path).exists() && !sources.iter().any(|source| source.ends_with(path)) {
                    missing.push(format!("{}: {path}", page.display()));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(count > 50, "only {count} files were found");
}

/// The rows of a table about the settings in a schema.
fn settings(schema: &Value, prefix: &str, rows: &mut String) {
    for (key, schema) in schema["properties"].as_object().into_iter().flatten() {
        let name = format!("{prefix}{key}");
        let (kind, below) = kind(schema, &name);
        let default = schema.get("default").map(|value| format!(", `{value}` if absent")).unwrap_or_default();
        let meaning = schema["description"].as_str().unwrap();
        rows.extend(["| `", &name, "` | ", &kind, &default, " | ", meaning.trim_end_matches('.'), " |\n"]);
        if let Some((prefix, schema)) = below {
            settings(schema, &prefix, rows);
        }
    }
}

/// The type of a setting, and the settings below it.
fn kind<'s>(schema: &'s Value, name: &str) -> (String, Option<(String, &'s Value)>) {
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values.iter().map(|value| format!("`{}`", value.as_str().unwrap())).collect();
        return (values.join(" or "), None);
    }
    let each = &schema["additionalProperties"];
    match schema["type"].as_str().or_else(|| schema["type"].get(0)?.as_str()).unwrap() {
        "array" => (format!("list of {}s", kind(&schema["items"], name).0), None),
        "object" if each["properties"].is_object() => ("mapping".to_owned(), Some((format!("{name}.*."), each))),
        "object" if each["type"] == "string" => ("mapping of names to strings".to_owned(), None),
        "object" if each.is_object() => (format!("mapping of patterns to {}", kind(each, name).0), None),
        "object" => ("mapping".to_owned(), Some((format!("{name}."), schema))),
        other => (other.to_owned(), None),
    }
}

#[test]
fn all_settings_of_the_project_file_are_on_its_page() {
    let schema = root().join("docs/reference/schemas/project-file.schema.json");
    let mut schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    // A target has settings of the top, with the same meaning.
    let top = schema["properties"].clone();
    let target = schema.pointer_mut("/properties/targets/additionalProperties").unwrap();
    for (key, schema) in target["properties"].as_object().unwrap() {
        assert_eq!(schema, &top[key], "targets.*.{key} differs from {key}");
    }
    let keys: Vec<String> = target["properties"].as_object().unwrap().keys().map(|key| format!("`{key}`")).collect();
    *target = serde_json::json!({"properties": {}});
    let mut table = "| key | type | meaning |\n|---|---|---|\n".to_owned();
    settings(&schema, "", &mut table);
    let row = |name: &str| table.lines().any(|line| line.starts_with(&format!("| `{name}` |")));
    assert!(["istio", "lint.paths.*.ignore", "targets"].into_iter().all(row), "{table}");
    let expected = format!("{table}\nA target has {}.\n", keys.join(", "));

    let path = root().join("docs/reference/project-file.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once("\n## Settings\n\n").unwrap();
    let (_, after) = rest.split_once("\nAn unknown key").unwrap();
    let expected = format!("{before}\n## Settings\n\n{expected}\nAn unknown key{after}");
    if std::env::var_os("OVERWRITE").is_some() {
        fs::write(&path, &expected).unwrap();
    } else {
        assert!(page == expected, "{} is out of date: run OVERWRITE=1 cargo test --test documentation", path.display());
    }
}

/// Pages that the program's output refers to, in the repository's web view.
#[test]
fn links_of_the_program_lead_somewhere() {
    let program = |args: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.yaml"), "a: b\n").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-nativesidecar"));
        let output = command.args(args).current_dir(folder.path()).output().unwrap();
        let project = fs::read_to_string(folder.path().join(".nativesidecar.yaml")).unwrap_or_default();
        String::from_utf8(output.stdout).unwrap() + &project
    };
    let link = Regex::new(concat!(env!("CARGO_PKG_REPOSITORY"), r#"/(?:blob|raw)/main/([^"\s]+)"#)).unwrap();
    for args in [&["lint", "-o", "sarif", "a.yaml"][..], &["init"]] {
        let output = program(args);
        let links: Vec<&str> =
            link.captures_iter(&output).map(|found| &output[found.get_group(1).unwrap().range()]).collect();
        assert!(!links.is_empty(), "{args:?} prints no link: {output}");
        for link in links {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let page = root().join(path);
            assert!(page.exists() && (anchor.is_empty() || anchors(&page).contains(anchor)), "{link}");
        }
    }
}
