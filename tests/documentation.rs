//! The documentation's pages link to what exists, and docs/README.md lists them all.

#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a page that cannot be read is a failure")]

mod folder;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex_automata::meta::Regex;

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
