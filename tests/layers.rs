//! Holds the rooms of the library to their table: who may use whom (docs/architecture.md), and how long a file may be.

#![allow(clippy::unwrap_used, reason = "a file that cannot be read is a failure")]

use std::fs;
use std::path::{Path, PathBuf};

/// Each room of the root package, and what it may use beside `diagnostic`: other rooms, and the packages below `crates`.
const ROOMS: [(&str, &[&str]); 11] = [
    ("diagnostic", &["lossless_yaml"]),
    ("k8s", &["lossless_yaml"]),
    ("input", &["lossless_yaml", "k8s"]),
    ("istio", &["gostd", "lossless_yaml", "k8s"]),
    ("inject", &["istio", "k8s", "gostd", "lossless_yaml", "gotemplate", "strategicpatch"]),
    ("lint", &["inject", "istio", "k8s", "lossless_yaml"]),
    ("config", &["istio", "k8s", "lossless_yaml", "lint"]),
    ("output", &["lossless_yaml", "k8s", "istio", "inject", "strategicpatch", "lint"]),
    ("cluster", &["istio", "k8s", "lossless_yaml", "inject"]),
    (
        "run",
        &["config", "input", "lossless_yaml", "k8s", "istio", "inject", "strategicpatch", "lint", "cluster", "output"],
    ),
    ("cli", &["run", "config", "input", "lossless_yaml", "k8s", "istio", "inject", "lint", "cluster", "output"]),
];

/// The packages below `crates` that rooms may use. Cargo sees to it that they do not use the root package.
const CRATES: [&str; 4] = ["gostd", "gotemplate", "lossless_yaml", "strategicpatch"];

/// No file is longer than this, unless a program wrote it and says so in its first line.
const MAX_LINES: usize = 1000;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn source() -> PathBuf {
    root().join("src")
}

/// All Rust files below `folder`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// What is wrong with one line of a room's file: `depth` is how many `super::` lead from it to the crate.
fn wrong(line: &str, room: &str, allowed: &[&str], depth: usize) -> Option<String> {
    for after in line.split("crate::").skip(1) {
        let used = after.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        if used.is_empty() {
            return Some("one `use crate::ROOM` a line, so that this test can read it".to_owned());
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
    (highest >= depth).then(|| format!("super:: leads out of {room}: write crate::"))
}

#[test]
fn rooms_use_only_what_they_may() {
    let mut found = Vec::new();
    for entry in fs::read_dir(source()).unwrap().map(Result::unwrap).filter(|e| e.path().is_dir()) {
        let name = entry.file_name().into_string().unwrap();
        let Some((room, allowed)) = ROOMS.iter().find(|(room, _)| *room == name) else {
            found.push(format!("src/{name} is no room of the table in tests/layers.rs"));
            continue;
        };
        for file in files(&entry.path()) {
            let inside = file.strip_prefix(source()).unwrap();
            let mut depth = inside.components().count() - usize::from(file.ends_with("mod.rs"));
            for (index, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
                // A module inside the file, as its tests are, is one deeper.
                depth += usize::from(line.starts_with("mod ") && line.ends_with('{'));
                let code = line.split_once("//").map_or(line, |(code, _)| code);
                if let Some(wrong) = wrong(code, room, allowed, depth) {
                    found.push(format!("src/{}:{}: {wrong}", inside.display(), index + 1));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn escapes_are_seen() {
    let wrong = |line, depth| wrong(line, "input", &["k8s", "lossless_yaml"], depth);
    assert!(wrong("use crate::istio::names;", 2).unwrap().contains("input may not use istio"));
    assert!(wrong("use gotemplate::Template;", 2).unwrap().contains("input may not use gotemplate"));
    assert!(wrong("use crate::k8s::Kinds; use lossless_yaml::Tree;", 2).is_none());
    assert!(wrong("use crate::{istio, k8s};", 2).is_some());
    assert!(wrong("use super::tree::Tree;", 2).is_none());
    assert!(wrong("use super::super::istio;", 2).is_some());
    assert!(wrong("fn f(a: super::super::Tree) -> super::Node;", 3).is_none());
    assert!(wrong("use super::istio;", 1).is_some());
}

#[test]
fn no_file_is_too_long() {
    let mut long = Vec::new();
    for file in files(&source()).into_iter().chain(files(&root().join("crates"))) {
        let text = fs::read_to_string(&file).unwrap();
        let lines = text.lines().count();
        if lines > MAX_LINES && !text.lines().next().unwrap_or_default().contains("@generated") {
            long.push(format!("{}: {lines} lines, {MAX_LINES} are the most", file.display()));
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}
