//! Checks which module of the library uses which (docs/dev/architecture.md), and the length of files.

#![allow(clippy::unwrap_used, reason = "a file that cannot be read is a failure")]

mod folder;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room of the root package, and the rooms and packages that it may use besides `diagnostic`.
const ROOMS: [(&str, &[&str]); 14] = [
    ("diagnostic", &["lossless_yaml"]),
    ("k8s", &["lossless_yaml"]),
    ("input", &["lossless_yaml", "k8s"]),
    ("istio", &["gostd", "lossless_yaml", "k8s"]),
    ("inject", &["istio", "k8s", "gostd", "lossless_yaml", "gotemplate", "strategicpatch"]),
    ("explain", &["inject", "istio", "k8s", "lossless_yaml"]),
    ("convert", &["istio", "k8s"]),
    ("policy", &["inject", "istio", "k8s"]),
    ("lint", &["convert", "explain", "inject", "istio", "k8s", "lossless_yaml"]),
    ("config", &["istio", "k8s", "lossless_yaml", "lint"]),
    ("output", &["lossless_yaml", "k8s", "istio", "inject", "explain", "convert", "cluster", "strategicpatch", "lint"]),
    ("cluster", &["explain", "inject", "istio", "k8s", "lossless_yaml", "policy"]),
    (
        "run",
        &[
            "config",
            "input",
            "lossless_yaml",
            "k8s",
            "istio",
            "inject",
            "explain",
            "convert",
            "strategicpatch",
            "lint",
            "cluster",
            "policy",
            "output",
        ],
    ),
    (
        "cli",
        &[
            "run",
            "config",
            "input",
            "lossless_yaml",
            "k8s",
            "istio",
            "inject",
            "explain",
            "convert",
            "lint",
            "cluster",
            "policy",
            "output",
        ],
    ),
];

/// The packages in `crates` that rooms may use. Cargo ensures that they do not use the root package.
const CRATES: [&str; 4] = ["gostd", "gotemplate", "lossless_yaml", "strategicpatch"];

/// The longest that a file may be, unless its first line says that it is generated.
const MAX_LINES: usize = 1000;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn source() -> PathBuf {
    root().join("src")
}

/// All Rust files below `folder`.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = folder::files(folder);
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    files
}

/// Why a line of a room's file is not allowed. `depth` is the number of `super::` that lead from it to the crate.
fn violation(line: &str, room: &str, allowed: &[&str], depth: usize) -> Option<String> {
    for after in line.split("crate::").skip(1) {
        let used = after.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        if used.is_empty() {
            return Some("write one `use crate::ROOM` per line: this test reads lines".to_owned());
        }
        if used != room && used != "diagnostic" && !allowed.contains(&used) {
            return Some(format!("{room} may not use {used}"));
        }
    }
    for used in CRATES.iter().filter(|name| line.contains(&format!("{name}::"))) {
        if !allowed.contains(used) {
            return Some(format!("{room} may not use {used}"));
        }
    }
    let (mut climbed, mut highest) = (0, 0);
    for between in line.split("super::").skip(1) {
        climbed += 1;
        highest = highest.max(climbed);
        climbed = if between.is_empty() { climbed } else { 0 };
    }
    (highest >= depth).then(|| format!("super:: leads out of {room}: use crate::"))
}

#[test]
fn rooms_use_only_allowed_rooms() {
    let mut found = Vec::new();
    for entry in fs::read_dir(source()).unwrap().map(Result::unwrap).filter(|e| e.path().is_dir()) {
        let name = entry.file_name().into_string().unwrap();
        let Some((room, allowed)) = ROOMS.iter().find(|(room, _)| *room == name) else {
            found.push(format!("src/{name} is not in the table of rooms in tests/layers.rs"));
            continue;
        };
        for file in rust_files(&entry.path()) {
            let inside = file.strip_prefix(source()).unwrap();
            let mut depth = inside.components().count() - usize::from(file.ends_with("mod.rs"));
            for (index, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
                // A module inside the file, such as its tests, is one level deeper.
                depth += usize::from(line.starts_with("mod ") && line.ends_with('{'));
                let code = line.split_once("//").map_or(line, |(code, _)| code);
                if let Some(violation) = violation(code, room, allowed, depth) {
                    found.push(format!("src/{}:{}: {violation}", inside.display(), index + 1));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The last two rooms may use almost everything, and their rows say so in words.
#[test]
fn the_table_of_rooms_is_that_of_the_architecture() {
    let page = fs::read_to_string(root().join("docs/dev/architecture.md")).unwrap();
    for (room, allowed) in &ROOMS {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{room}` | ")));
        let row = row.unwrap_or_else(|| panic!("docs/dev/architecture.md has no row for {room}"));
        let documented = row
            .trim_end_matches(" |")
            .rsplit(" | ")
            .next()
            .unwrap_or_default()
            .replace("lossless-yaml", "lossless_yaml");
        if !documented.starts_with("all") {
            let sorted = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
            assert_eq!(sorted(documented.split(", ").collect()), sorted(allowed.to_vec()), "the row for {room}");
        }
    }
}

#[test]
fn violations_are_detected() {
    let violation = |line, depth| violation(line, "input", &["k8s", "lossless_yaml"], depth);
    assert!(violation("use crate::istio::names;", 2).unwrap().contains("input may not use istio"));
    assert!(violation("use gotemplate::Template;", 2).unwrap().contains("input may not use gotemplate"));
    assert!(violation("use crate::k8s::Kinds; use lossless_yaml::Tree;", 2).is_none());
    assert!(violation("use crate::{istio, k8s};", 2).is_some());
    assert!(violation("use super::tree::Tree;", 2).is_none());
    assert!(violation("use super::super::istio;", 2).is_some());
    assert!(violation("fn f(a: super::super::Tree) -> super::Node;", 3).is_none());
    assert!(violation("use super::istio;", 1).is_some());
}

#[test]
fn no_file_is_too_long() {
    let mut long = Vec::new();
    for file in rust_files(&source()).into_iter().chain(rust_files(&root().join("crates"))) {
        let text = fs::read_to_string(&file).unwrap();
        let lines = text.lines().count();
        if lines > MAX_LINES && !text.lines().next().unwrap_or_default().contains("@generated") {
            long.push(format!("{}: {lines} lines, the limit is {MAX_LINES}", file.display()));
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}
