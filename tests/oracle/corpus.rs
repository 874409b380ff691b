//! Reads and edits real manifests.

use std::path::{Path, PathBuf};

use lossless_yaml::{Tree, same, split};
use nativesidecar::inject::ModeRequest;
use nativesidecar::input::{Inputs, Source};
use nativesidecar::istio::native::Mode;
use nativesidecar::k8s::{Kinds, objects, plainly_without_templates};
use nativesidecar::output::{Keep, RunInfo};
use nativesidecar::run::{Annotate, AnnotationAction, Job, OutputRequest, Selection, run};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::folder;
use crate::model::{Plan, edited, read, without_empty};
use oracle_suite::{Tally, print};

/// The files in those folders of the corpus that `choose` accepts.
fn files(choose: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let root = folder("../corpus");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(root).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() && choose(entry.file_name().to_str().unwrap()) {
            files.extend(std::fs::read_dir(entry.path()).unwrap().map(|f| f.unwrap().path()));
        }
    }
    files.sort();
    files
}

fn is_manifest_folder(name: &str) -> bool {
    !matches!(name, "not-yaml" | "template-parses" | "broken" | "yaml-yaml-test-suite")
}

fn name(path: &Path) -> String {
    path.iter().rev().take(2).map(|p| p.to_str().unwrap()).collect::<Vec<_>>().join(" in ")
}

#[test]
#[ignore = "needs the corpus"]
fn manifests_can_be_parsed() {
    let mut tally = Tally::new("corpus: manifests read");
    for path in files(is_manifest_folder) {
        let text = std::fs::read_to_string(&path).unwrap();
        let read = |chunk: lossless_yaml::Chunk| {
            Tree::parse(&text[chunk.range], chunk.start).map(drop).map_err(|e| format!("line {}: {e}", e.place.line))
        };
        tally.count(&name(&path), split(text.as_bytes()).into_iter().try_for_each(read));
    }
    tally.finish();
}

/// Runs `annotate` on a file like the binary. Returns its output and the report.
fn annotate(path: &Path) -> (String, Value) {
    let change = AnnotationAction::Set(ModeRequest::Set { mode: Mode::Native, keep_existing: false });
    let task = Annotate { include_uninjected: true, ..Annotate::new(change) };
    let (selection, kinds) = (Selection::default(), Kinds::default());
    let job = Job { task: &task, selection: &selection, kinds: &kinds };
    let inputs = Inputs { sources: vec![Source::File(path.to_owned())], ..Inputs::default() };
    let info = RunInfo { keep: Keep::Json, ..RunInfo::default() };
    let request = OutputRequest { keep_going: true, ..OutputRequest::default() };
    let mut finished = run(&inputs, &job, request, info, &mut |_| {});
    let (mut new, mut report) = (Vec::new(), Vec::new());
    finished.stdout.write_to(&mut new).unwrap();
    finished.report.write_json(&mut report).unwrap();
    (String::from_utf8_lossy(&new).into_owned(), serde_json::from_slice(&report).unwrap())
}

/// The errors in a report.
fn problems(report: &Value) -> Vec<String> {
    let text = |p: &Value| format!("{}:{}: {}: {} {}", p["line"], p["column"], p["path"], p["message"], p["hint"]);
    report["errors"].as_array().unwrap().iter().map(text).collect()
}

/// Only the lines of the annotation and of its missing parents may differ.
#[test]
#[ignore = "needs the corpus"]
fn annotating_changes_no_other_line() {
    let mut tally = Tally::new("corpus: annotated");
    let (mut workloads, mut added, mut removed) = (0, 0, 0);
    for path in files(is_manifest_folder) {
        let old = std::fs::read_to_string(&path).unwrap();
        let (new, report) = annotate(&path);
        let refused: Vec<String> = problems(&report);
        // The only errors in real manifests are duplicate keys and merge keys on the path.
        if !refused.is_empty() {
            let by_rule = refused.iter().all(|r| r.contains("appears twice") || r.contains("a merge key takes"));
            tally.count(&name(&path), if by_rule { Ok(()) } else { Err(refused.concat()) });
            continue;
        }
        workloads += report["workloads"].as_array().unwrap().len();
        let diff = TextDiff::from_lines(&old, &new);
        let mut wrong = Vec::new();
        for change in diff.iter_all_changes() {
            let line = change.value().trim();
            let is_ours = line.contains("sidecar.istio.io/nativeSidecar");
            let is_parent = matches!(
                line.trim_end_matches(['{', ' ']),
                "annotations:" | "metadata:" | "\"annotations\":" | "\"metadata\":"
            );
            let closes = matches!(line, "}" | "},");
            match change.tag() {
                ChangeTag::Equal => {}
                ChangeTag::Insert => {
                    added += 1;
                    if !(is_ours || is_parent || closes || changes_end(line, &old)) {
                        wrong.push(format!("+{line}"));
                    }
                }
                ChangeTag::Delete => {
                    removed += 1;
                    if !(is_ours
                        || line.contains("annotations: {}")
                        || line.contains("annotations: null")
                        || changes_end(line, &new))
                    {
                        wrong.push(format!("-{line}"));
                    }
                }
            }
        }
        tally.count(&name(&path), if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) });
    }
    print(&format!("corpus: {workloads} pod templates, {added} lines added, {removed} removed"));
    tally.finish();
}

/// Whether the other text has the line with another comma or line end, or the line has a flow mapping.
fn changes_end(line: &str, other: &str) -> bool {
    let line = line.trim_end_matches(',');
    other.lines().any(|l| l.trim().trim_end_matches(',') == line) || line.contains('{')
}

/// Templates and broken files give errors with a place.
#[test]
#[ignore = "needs the corpus"]
fn templates_and_broken_files_are_refused() {
    let mut tally = Tally::new("corpus: refused");
    for path in files(|folder| matches!(folder, "not-yaml" | "template-parses" | "broken")) {
        let (new, report) = annotate(&path);
        let text = problems(&report).join("\n");
        let is_template = !path.iter().any(|part| part == "broken");
        let result = match report["errors"].get(0) {
            // Other documents of the file may be valid.
            None => Err(format!("accepted: {new}")),
            Some(problem) if problem["line"].as_u64().unwrap_or_default() == 0 => Err(format!("no place: {text}")),
            Some(_) if is_template && !text.contains("template") => Err(format!("does not mention templates: {text}")),
            Some(_) => Ok(()),
        };
        tally.count(&name(&path), result);
    }
    tally.finish();
}

/// The YAML test suite has no workloads, so its files are never changed.
#[test]
#[ignore = "needs the corpus"]
fn the_yaml_test_suite_is_unchanged() {
    let mut tally = Tally::new("corpus: YAML test suite");
    for path in files(|folder| folder == "yaml-yaml-test-suite") {
        let (new, _) = annotate(&path);
        tally.count(
            &name(&path),
            if new == std::fs::read_to_string(&path).unwrap() { Ok(()) } else { Err("edited".to_owned()) },
        );
    }
    tally.finish();
}

/// A reproducible generator of pseudo-random numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n.max(1)
    }
}

fn new_value(random: &mut Random) -> Value {
    let values = [
        serde_json::json!("plain"),
        serde_json::json!("1"),
        serde_json::json!(7),
        serde_json::json!({"name": "new", "value": "yes"}),
        serde_json::json!({"a": {"b": ["c", {"d": "e: f"}]}, "text": "one\ntwo\n"}),
        serde_json::json!(["x", "y y", "- z"]),
        serde_json::json!("line\nline"),
        serde_json::json!("{\"a\": 1}"),
        serde_json::json!([{"name": "n"}, {"name": "m", "list": [1, 2]}]),
        serde_json::json!(true),
    ];
    values[random.below(values.len())].clone()
}

/// A random operation.
fn plan(random: &mut Random) -> Plan {
    let byte = |random: &mut Random| u8::try_from(random.below(256)).unwrap();
    let kind = u8::try_from(random.below(5)).unwrap();
    let turns = (0..random.below(8)).map(|_| byte(random)).collect();
    let key = ["new", "name", "metadata", "a b"][random.below(4)].to_owned();
    Plan { kind, turns, index: byte(random), key, value: new_value(random) }
}

/// Applies random edits to the text and to its data, and compares them.
fn edit(text: &str, random: &mut Random) -> Result<(), String> {
    let Ok(mut model) = read(text) else { return Ok(()) };
    let mut edits = Vec::new();
    for _ in 0..=random.below(4) {
        if let Some(edit) = plan(random).edit(&model) {
            edit.on_data(&mut model);
            edits.push(edit);
        }
    }
    let show = |what: &str| if text.len() < 3000 { format!("{edits:?}\n{text}\n{what}") } else { what.to_owned() };
    let edited = match edited(text, &edits) {
        Ok(edited) => edited,
        // Duplicate keys and some merge keys are refused.
        Err(error) if error.message.contains("twice") || text.contains("<<:") => return Ok(()),
        Err(error) => return Err(show(&error.to_string())),
    };
    let got = read(&edited).map_err(|e| show(&format!("line {}: {e}\n---- became\n{edited}", e.place.line)))?;
    if same(&without_empty(&got), &without_empty(&model)) || text.contains("<<:") {
        Ok(())
    } else {
        Err(show(&format!("---- became\n{edited}\n{got}\nexpected {model}")))
    }
}

#[test]
#[ignore = "needs the corpus"]
fn random_edits_give_the_expected_data() {
    let mut tally = Tally::new("corpus: random edits");
    for (number, path) in files(is_manifest_folder).into_iter().enumerate() {
        let text = std::fs::read_to_string(&path).unwrap();
        if text.len() > 100_000 {
            continue;
        }
        let mut random = Random(number as u64 + 1);
        for chunk in split(text.as_bytes()) {
            for _ in 0..20 {
                tally.count(&name(&path), edit(&text[chunk.range.clone()], &mut random));
            }
        }
    }
    tally.finish();
}

/// Text that people and programs insert by mistake.
const MISTAKES: [&str; 22] = [
    " ", "  ", "-", "- ", ":", ": ", "#", " #", "'", "\"", "\n", "\t", "|", "a", "{", "---\n", "\\", ",", "]",
    "[a, b]", "{a: b}", "\n    ",
];

/// A document, and variants of it with one mistake each.
fn with_mistakes(original: &str, count: usize, random: &mut Random) -> Vec<String> {
    let mut documents = vec![original.to_owned()];
    for _ in 1..count {
        let mut document = original.to_owned();
        let at = (random.below(document.len() + 1)..=document.len()).find(|at| document.is_char_boundary(*at)).unwrap();
        let end = (at + random.below(3)..=document.len()).find(|at| document.is_char_boundary(*at)).unwrap_or(at);
        document.replace_range(at..end, MISTAKES[random.below(MISTAKES.len())]);
        if split(document.as_bytes()).len() == 1 {
            documents.push(document);
        }
    }
    documents
}

/// The reader for simple documents gives the same trees as the full parser.
#[test]
#[ignore = "needs the corpus"]
fn simple_documents_are_read_like_by_the_parser() {
    let mut tally = Tally::new("corpus: read as simple documents");
    let mut random = Random(11);
    let (mut documents, mut plain, mut of_originals) = (0, 0, 0);
    // The texts of the corpus and the oracle.
    let oracle = crate::files::files(&folder("."));
    let oracle = oracle.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    let mut texts: Vec<(String, String)> = Vec::new();
    for path in files(|_| true).into_iter().chain(oracle) {
        if let Ok(text) = std::fs::read_to_string(&path) {
            texts.push((name(&path), text));
        }
    }
    for (name, text) in texts {
        // Compare both readers.
        let mut wrong = Vec::new();
        for chunk in split(text.as_bytes()) {
            for (i, document) in with_mistakes(&text[chunk.range], 30, &mut random).iter().enumerate() {
                documents += 1;
                let Some(tree) = Tree::parse_simple(document, 1) else { continue };
                plain += 1;
                of_originals += usize::from(i == 0);
                match Tree::parse_by_grammar(document, 1) {
                    Ok(grammar) if grammar.is_same(&tree) => {}
                    Ok(_) => wrong.push(format!("different trees for\n{document}")),
                    Err(error) => wrong.push(format!("{error}\n{document}")),
                }
            }
        }
        wrong.sort_by_key(String::len);
        wrong.truncate(1);
        tally.count(&name, wrong.pop().map_or(Ok(()), Err));
    }
    print(&format!("corpus: {plain} of {documents} documents read as simple ones, {of_originals} without a mistake"));
    assert!(of_originals > 1000, "{of_originals}");
    tally.finish();
}

#[test]
#[ignore = "needs the corpus"]
fn documents_skipped_without_parsing_have_no_workloads() {
    let mut tally = Tally::new("corpus: skipped without parsing");
    let kinds = Kinds::default();
    let (mut documents, mut plain) = (0, 0);
    let mut random = Random(7);
    for path in files(|_| true) {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let mut wrong = Vec::new();
        for chunk in split(text.as_bytes()) {
            let original = &text[chunk.range];
            for document in with_mistakes(original, 30, &mut random) {
                documents += 1;
                if !plainly_without_templates(&document, &kinds) {
                    continue;
                }
                plain += 1;
                let found = Tree::parse(&document, 1).and_then(|tree| objects(&tree, &kinds));
                match found {
                    Ok(found) if found.workloads.is_empty() && found.unhandled.is_empty() => {}
                    other => wrong.push(format!("{other:?}\n{document}")),
                }
            }
        }
        tally.count(&name(&path), if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) });
    }
    print(&format!("corpus: {plain} of {documents} documents skipped without parsing"));
    assert!(plain > 1000, "{plain}");
    tally.finish();
}
