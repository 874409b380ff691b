//! Keeps phrases out of messages, hints and help that users of kubectl and ruff would have to read twice.

#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a file that cannot be read is a failure")]

use std::fs;
use std::path::{Path, PathBuf};

use regex_automata::meta::Regex;

/// Phrases to avoid, as regular expressions, and what to write instead.
const PHRASES: [(&str, &str); 18] = [
    (r"\bstands?\b", "is"),
    (r"\b(is|are|was|be) (said|told)\b", "is given, is reported, is known"),
    (r"\b(say|says) (-|`)", "pass"),
    (r"\bcannot be told\b", "is not known"),
    (r"\bwants?\b", "requires, needs"),
    (r"\bmends?\b", "fixes"),
    (r"\bblanks\b", "spaces"),
    (r"\b(as decided|already so)\b", "kept, up to date"),
    (r"\bgo(es)? down into\b", "processes recursively"),
    (r"\bgive one like\b", "expected"),
    (r"\b(is|are) to be\b", "must be, will be"),
    (r"\bmay be repeated\b", "can be repeated"),
    (r"\bpassed over\b", "ignored"),
    (r"\bstands in the way\b", "prevents"),
    (r"\btakes? (it|them|this) for\b", "reads it as"),
    (r"\banew\b", "again, or a verb with re-"),
    (r"\bfor ever\b", "without a limit"),
    (r"\b(somebody|whoever|whatever)\b", "the user, regardless of"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn expression(phrase: &str) -> Regex {
    Regex::new(&format!("(?-u){phrase}")).unwrap()
}

/// All files below `folder` with this extension.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = entries.flat_map(|path| if path.is_dir() { files(&path, extension) } else { vec![path] });
    below.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}

/// The lines of a source file outside of comments and tests, each reduced to its string literals. A literal over several
/// lines is taken line by line, so that a line may also have code in it.
fn literals(source: &str) -> impl Iterator<Item = (usize, String)> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let mut is_open = false;
    code.lines().enumerate().filter_map(move |(index, line)| {
        if !is_open && line.trim_start().starts_with("//") {
            return None;
        }
        let mut literal = String::new();
        let line = if is_open { line.to_owned() } else { line.replace("'\"'", "").replace("'\\\"'", "") };
        let mut characters = line.chars();
        while let Some(character) = characters.next() {
            match character {
                '\\' if is_open => drop(characters.next()),
                '"' => is_open = !is_open,
                character if is_open => literal.push(character),
                _ => {}
            }
        }
        Some((index + 1, literal)).filter(|(_, literal)| !literal.is_empty())
    })
}

#[test]
fn messages_are_plain_english() {
    let sources =
        [root().join("src"), root().join("crates/lossless-yaml/src"), root().join("crates/strategicpatch/src")];
    let mut found = Vec::new();
    let expressions: Vec<(Regex, &str)> =
        PHRASES.iter().map(|(phrase, instead)| (expression(phrase), *instead)).collect();
    let mut check = |file: &Path, line: usize, text: &str| {
        for (expression, instead) in &expressions {
            if let Some(phrase) = expression.find(text) {
                let (file, phrase) = (file.strip_prefix(root()).unwrap().display(), &text[phrase.range()]);
                found.push(format!("{file}:{line}: write {instead:?} instead of {phrase:?}"));
            }
        }
    };
    for file in sources.iter().flat_map(|folder| files(folder, "rs")) {
        for (line, text) in literals(&fs::read_to_string(&file).unwrap()) {
            check(&file, line, &text);
        }
    }
    // The help, which clap makes of comments, and whatever else the program prints.
    for file in files(&root().join("testdata/cli"), "trycmd") {
        for (index, text) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            check(&file, index + 1, text);
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn phrases_are_found_in_literals_only() {
    let source = "'\"' // it stands\n// what stands there\nlet text = \"a mapping stands here\";\nf(stands, \"ok\");\n\"one \\\n  stands two\";\n";
    let stands = expression(PHRASES[0].0);
    let lines: Vec<usize> = literals(source).filter(|(_, text)| stands.is_match(text)).map(|(line, _)| line).collect();
    assert_eq!(lines, [3, 6]);
}
