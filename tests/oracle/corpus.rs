//! Real manifests: what we read, what we leave alone, and what edits do to them.

use std::path::{Path, PathBuf};

use nativesidecar::input::{Inputs, Source};
use nativesidecar::istio::Mesh;
use nativesidecar::istio::native::Mode;
use nativesidecar::k8s::{Element, Kinds, objects, plainly_without_templates};
use nativesidecar::output::About;
use nativesidecar::run::{Annotate, Change, Deliver, Job, Selection, run};
use nativesidecar::yaml::{Draft, Step, Tree, split};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::{Tally, folder, say};

/// All files of the corpus, below folders that `choose` takes.
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
fn manifests_are_read() {
    let mut tally = Tally::new("corpus: manifests read");
    for path in files(is_manifest_folder) {
        let text = std::fs::read_to_string(&path).unwrap();
        let read = |chunk: nativesidecar::yaml::Chunk| {
            Tree::parse(&text[chunk.range], chunk.line).map(drop).map_err(|e| format!("line {}: {e}", e.place.line))
        };
        tally.count(&name(&path), split(text.as_bytes()).into_iter().try_for_each(read));
    }
    tally.finish();
}

/// Runs `annotate` over one file, as the binary does.
fn annotate(path: &Path) -> (String, Value) {
    let mesh = Mesh::install("1.30".parse().unwrap(), &Value::Null).unwrap();
    let change = Change::Set { mode: Mode::Native, keep_valid: false };
    let task = Annotate { change, injector: mesh.injector };
    let (selection, kinds) = (Selection::default(), Kinds::default());
    let job = Job { task: &task, selection: &selection, kinds: &kinds };
    let inputs = Inputs { sources: vec![Source::File(path.to_owned())], ..Inputs::default() };
    let about = About { json: true, ..About::default() };
    let deliver = Deliver { keep_going: true, ..Deliver::default() };
    let finished = run(&inputs, &job, deliver, about, &mut |_| {});
    let (mut new, mut report) = (Vec::new(), Vec::new());
    finished.stdout.write_to(&mut new).unwrap();
    finished.report.write(&mut std::io::sink(), Some(&mut report)).unwrap();
    (String::from_utf8_lossy(&new).into_owned(), serde_json::from_slice(&report).unwrap())
}

/// What a report says is wrong.
fn problems(report: &Value) -> Vec<String> {
    let text = |p: &Value| format!("{}:{}: {}: {} {}", p["line"], p["column"], p["path"], p["message"], p["hint"]);
    report["errors"].as_array().unwrap().iter().map(text).collect()
}

/// Only the annotation's lines, and those of the parents it lacked, may differ.
#[test]
#[ignore = "needs the corpus"]
fn annotating_adds_no_other_line() {
    let mut tally = Tally::new("corpus: annotated");
    let (mut workloads, mut added, mut removed) = (0, 0, 0);
    for path in files(is_manifest_folder) {
        let old = std::fs::read_to_string(&path).unwrap();
        let (new, report) = annotate(&path);
        let refused: Vec<String> = problems(&report);
        // Duplicate keys on the way, and nothing else, are refused in real manifests.
        if !refused.is_empty() {
            let by_rule = refused.iter().all(|r| r.contains("stands twice") || r.contains("a merge key takes"));
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
    say(&format!("corpus: {workloads} pod templates, {added} lines added, {removed} taken away"));
    tally.finish();
}

/// A line that stands in the other text too, but for a comma, a final line end, or entries of braces on one line.
fn changes_end(line: &str, other: &str) -> bool {
    let line = line.trim_end_matches(',');
    other.lines().any(|l| l.trim().trim_end_matches(',') == line) || line.contains('{')
}

/// Templates and broken files are errors with a place, and are never edited.
#[test]
#[ignore = "needs the corpus"]
fn what_is_no_manifest_is_refused() {
    let mut tally = Tally::new("corpus: refused");
    for path in files(|folder| matches!(folder, "not-yaml" | "template-parses" | "broken")) {
        let (new, report) = annotate(&path);
        let text = problems(&report).join("\n");
        let is_template = !path.iter().any(|part| part == "broken");
        let result = match report["errors"].get(0) {
            // Other documents of the file may be fine.
            None => Err(format!("taken: {new}")),
            Some(problem) if problem["line"].as_u64().unwrap_or_default() == 0 => Err(format!("no place: {text}")),
            Some(_) if is_template && !text.contains("template") => Err(format!("does not say template: {text}")),
            Some(_) => Ok(()),
        };
        tally.count(&name(&path), result);
    }
    tally.finish();
}

/// The YAML test suite holds no manifests: bytes come back, or an error does.
#[test]
#[ignore = "needs the corpus"]
fn the_test_suite_of_yaml_comes_back_unchanged() {
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

/// A small generator of numbers, so that a run can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n.max(1)
    }
}

fn steps(path: &[Element]) -> Vec<Step<'_>> {
    path.iter().map(Element::step).collect()
}

fn at<'v>(value: &'v mut Value, path: &[Element]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, element| match element {
        Element::Key(key) => value.get_mut(key),
        Element::Index(index) => value.get_mut(index),
    })
}

/// A random path into `value`.
fn path(random: &mut Random, value: &Value) -> Vec<Element> {
    let mut path = Vec::new();
    let mut value = value;
    while random.below(6) > 0 {
        value = match value {
            Value::Object(map) if !map.is_empty() => {
                let (key, value) = map.iter().nth(random.below(map.len())).unwrap();
                path.push(Element::Key(key.clone()));
                value
            }
            Value::Array(items) if !items.is_empty() => {
                let index = random.below(items.len());
                path.push(Element::Index(index));
                &items[index]
            }
            _ => break,
        };
    }
    path
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

/// Empty collections and nulls go: an edit may take them away, or leave a bare key.
fn without_empty(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().map(|(k, v)| (k.clone(), without_empty(v))).filter(|(_, v)| !v.is_null());
            let map: serde_json::Map<_, _> = kept.collect();
            if map.is_empty() { Value::Null } else { Value::Object(map) }
        }
        Value::Array(items) if items.is_empty() => Value::Null,
        Value::Array(items) => Value::Array(items.iter().map(without_empty).collect()),
        other => other.clone(),
    }
}

/// Makes a few random edits, and the same to the data.
fn edit(text: &str, random: &mut Random) -> Result<(), String> {
    let tree = Tree::parse(text, 1).map_err(|e| e.to_string())?;
    let Some(mut model) = tree.root().and_then(|root| tree.value(root).ok()) else { return Ok(()) };
    let mut draft = Draft::new(&tree);
    let mut log = Vec::new();
    for _ in 0..=random.below(4) {
        let path = path(random, &model);
        let target = at(&mut model, &path).unwrap();
        let result = match (random.below(4), target) {
            (0, Value::Object(map)) => {
                let (key, value) = (["new", "name", "metadata", "a b"][random.below(4)], new_value(random));
                log.push(format!("set {path:?} {key} {value}"));
                let before = map.keys().nth(random.below(map.len() + 1)).cloned();
                map.insert(key.to_owned(), value.clone());
                let mut path = steps(&path);
                path.push(Step::Key(key));
                draft.set(&path, value, before.as_deref())
            }
            (0 | 1, Value::Array(items)) => {
                let (index, value) = (random.below(items.len() + 1), new_value(random));
                log.push(format!("insert {path:?} {index} {value}"));
                items.insert(index, value.clone());
                draft.insert(&steps(&path), index, value, None)
            }
            (2, _) if !path.is_empty() => {
                log.push(format!("remove {path:?}"));
                let parent = at(&mut model, &path[..path.len() - 1]).unwrap();
                match (parent, path.last().unwrap()) {
                    (Value::Object(map), Element::Key(key)) => drop(map.shift_remove(key)),
                    (Value::Array(items), Element::Index(index)) => drop(items.remove(*index)),
                    _ => {}
                }
                draft.remove(&steps(&path)).map(drop)
            }
            (3, Value::Array(items)) if items.len() > 1 => {
                let (from, to) = (random.below(items.len()), random.below(items.len()));
                log.push(format!("move {path:?} {from} {to}"));
                let item = items.remove(from);
                items.insert(to, item);
                let mut item = steps(&path);
                item.push(Step::Index(from));
                draft.move_item(&item, &steps(&path), to, None)
            }
            (_, target) if !path.is_empty() => {
                let value = new_value(random);
                log.push(format!("set {path:?} {value}"));
                *target = value.clone();
                draft.set(&steps(&path), value, None)
            }
            _ => Ok(()),
        };
        if let Err(error) = result {
            // Duplicate keys are refused, merge keys in odd places too.
            return if error.message.contains("twice") || text.contains("<<:") {
                Ok(())
            } else {
                Err(format!("{}\n{error}", log.join("\n")))
            };
        }
    }
    let edited = draft.finish().map_err(|e| format!("{}\n{e}", log.join("\n")))?.text;
    let log = log.join("\n");
    let show = || if edited.len() < 3000 { format!("{log}\n{text}\n---- became\n{edited}") } else { log.clone() };
    let again = Tree::parse(&edited, 1).map_err(|e| format!("line {}: {e}\n{}", e.place.line, show()))?;
    let got = again.root().map_or(Ok(Value::Null), |root| again.value(root)).map_err(|e| e.to_string())?;
    let (got, want) = (without_empty(&got), without_empty(&model));
    if nativesidecar::yaml::same(&got, &want) || text.contains("<<:") {
        Ok(())
    } else {
        Err(format!("{}\n{got}\nWANT {want}", show()))
    }
}

#[test]
#[ignore = "needs the corpus"]
fn random_edits_say_what_they_should() {
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

/// Documents that are left alone at a glance are well-formed and hold no workload, also with a slip in them.
#[test]
#[ignore = "needs the corpus"]
fn a_glance_never_contradicts_the_parser() {
    const SLIPS: [&str; 16] =
        [" ", "  ", "-", "- ", ":", ": ", "#", " #", "'", "\"", "\n", "\t", "|", "a", "{", "---\n"];
    let mut tally = Tally::new("corpus: left alone at a glance");
    let kinds = Kinds::default();
    let (mut documents, mut plain) = (0, 0);
    let mut random = Random(7);
    for path in files(|_| true) {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let mut wrong = Vec::new();
        for chunk in split(text.as_bytes()) {
            let original = &text[chunk.range];
            for slip in 0..30 {
                let mut document = original.to_owned();
                if slip > 0 {
                    let at = (random.below(document.len() + 1)..=document.len())
                        .find(|at| document.is_char_boundary(*at))
                        .unwrap();
                    let end =
                        (at + random.below(3)..=document.len()).find(|at| document.is_char_boundary(*at)).unwrap_or(at);
                    document.replace_range(at..end, SLIPS[random.below(SLIPS.len())]);
                    if split(document.as_bytes()).len() > 1 {
                        continue;
                    }
                }
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
    say(&format!("corpus: {plain} of {documents} documents left alone at a glance"));
    assert!(plain > 1000, "{plain}");
    tally.finish();
}
