//! A List that is worked on in parts gives what it gives as a whole: the same bytes, the same reports, the same errors.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a case that cannot be read fails"
)]

use std::cell::Cell;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use lossless_yaml::{Tree, split};
use nativesidecar::inject::{Injector, ModeRequest};
use nativesidecar::input::{Inputs, ListSizes, Source};
use nativesidecar::istio::Mesh;
use nativesidecar::istio::native::Mode;
use nativesidecar::k8s::Kinds;
use nativesidecar::output::{ANNOTATION_FORMS, Keep, Level, OUTPUT_FORMS, RunInfo};
use nativesidecar::run::{
    Annotate, AnnotationAction, DiffStyle, ExitRule, Inject, Job, OutputRequest, Print, Selection, Task, run,
};
use oracle_suite::Tally;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

/// What a run prints, writes and returns.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Outcome {
    code: String,
    stdout: String,
    text_report: String,
    json_report: String,
    /// The file after the run, if it may be written.
    file: Option<String>,
}

/// Runs a task over standard input, or over a file if that may be written. Also returns how many batches there were.
fn outcome(text: &str, task: &dyn Task, request: &OutputRequest, list_sizes: ListSizes) -> (Outcome, usize) {
    let file = request.write.then(|| {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        file.into_temp_path()
    });
    let source =
        file.as_ref().map_or_else(|| Source::Text(text.as_bytes().into()), |file| Source::File(file.to_path_buf()));
    let inputs = Inputs { sources: vec![source], list_sizes, ..Inputs::default() };
    let (selection, kinds) = (Selection::default(), Kinds::default());
    let job = Job { task, selection: &selection, kinds: &kinds };
    let info = RunInfo { keep: Keep::Json, level: Level::Verbose, ..RunInfo::default() };
    let mut batches = 0;
    let mut finished = run(&inputs, &job, request.clone(), info, &mut |_| batches += 1);
    finished.commit();
    let (mut stdout, mut json_report, mut text_report) = (Vec::new(), Vec::new(), Vec::new());
    finished.stdout.copy_to(&mut stdout).unwrap();
    finished.report.write_json(&mut json_report).unwrap();
    finished.report.write_text(&mut text_report).unwrap();
    let name = file.as_ref().map_or("", |file| file.to_str().unwrap());
    let [stdout, json_report, text_report] = [stdout, json_report, text_report].map(|bytes| {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if name.is_empty() { text } else { text.replace(name, "FILE") }
    });
    let file = file.as_ref().map(|file| fs::read_to_string(file).unwrap());
    (Outcome { code: format!("{:?}", finished.code), stdout, text_report, json_report, file }, batches)
}

fn tasks() -> [Box<dyn Task>; 3] {
    let mesh = Mesh::install("1.30".parse().unwrap(), &Value::Null).unwrap();
    let native = ModeRequest::Set { mode: Mode::Native, keep_existing: false };
    [
        Box::new(Annotate::new(AnnotationAction::Set(native))),
        Box::new(Annotate::new(AnnotationAction::Remove(None))),
        Box::new(Inject::new(Injector::new(mesh).unwrap(), ModeRequest::default())),
    ]
}

fn requests() -> Vec<OutputRequest> {
    let mut prints = vec![Print::Manifests, Print::ChangedWorkloads, Print::Diff(DiffStyle::default())];
    prints.extend(OUTPUT_FORMS.iter().chain(&ANNOTATION_FORMS).map(|&form| Print::Pieces(form)));
    let request =
        |print: &Print, keep_going| OutputRequest { print: print.clone(), keep_going, ..OutputRequest::default() };
    let mut requests: Vec<_> = prints.iter().flat_map(|print| [request(print, false), request(print, true)]).collect();
    requests.push(OutputRequest { exit_rule: ExitRule::Check, ..request(&Print::ChangedFiles, false) });
    let written = OutputRequest { write: true, ..request(&Print::Nothing, false) };
    requests.extend([OutputRequest { keep_going: true, ..written.clone() }, written]);
    requests
}

/// Compares both ways of working on `text`. Returns whether it was worked on in parts.
fn compare(text: &str, task: &dyn Task, request: &OutputRequest) -> bool {
    compared(text, task, request).unwrap_or_else(|difference| panic!("{difference}\nof\n{text}"))
}

/// The same, or how the two differ.
fn compared(text: &str, task: &dyn Task, request: &OutputRequest) -> Result<bool, String> {
    let (whole, _) = outcome(text, task, request, ListSizes { whole: usize::MAX, part: usize::MAX });
    let mut in_parts = false;
    for part in [1, 1500] {
        let (mut parts, batches) = outcome(text, task, request, ListSizes { whole: 0, part });
        in_parts |= batches > 1;
        let mut whole = whole.clone();
        if parts.stdout != whole.stdout && matches!(request.print, Print::Diff(_)) {
            // A change can have several diffs, and the algorithm does not find the shortest one of long texts.
            for outcome in [&mut parts, &mut whole] {
                outcome.stdout = patched(text, &outcome.stdout);
            }
        }
        if parts != whole {
            return Err(format!("{request:?}, parts of {part} bytes: {parts:#?}\nas a whole: {whole:#?}"));
        }
    }
    Ok(in_parts)
}

/// The text after a unified diff.
fn patched(text: &str, diff: &str) -> String {
    let (mut lines, mut taken, mut new) = (text.split_inclusive('\n'), 0, String::new());
    for line in diff.split_inclusive('\n').skip(2) {
        let (sign, rest) = line.split_at(1);
        match sign {
            "@" => {
                let (start, length) =
                    rest[3..].split_once(' ').map(|(old, _)| old.split_once(',').unwrap_or((old, "1"))).unwrap();
                let before = start.parse::<usize>().unwrap() - usize::from(length != "0");
                new.extend(lines.by_ref().take(before - taken));
                taken = before;
            }
            "+" => new += rest,
            "\\" => new.truncate(new.len() - 1),
            _ => {
                new += lines.next().filter(|_| sign == " ").unwrap_or_default();
                taken += 1;
            }
        }
    }
    new.extend(lines);
    new
}

fn in_testdata(subject: &str) -> PathBuf {
    oracle_suite::folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/oracle"), subject)
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The cases of the suite `lossless`.
fn documents() -> Vec<String> {
    let files = files_in(&in_testdata("lossless"));
    block_mappings(files.iter().filter(|file| file.to_string_lossy().ends_with(".in.yaml")))
}

/// The documents of files that are block mappings, without markers.
fn block_mappings<'f>(files: impl Iterator<Item = &'f PathBuf>) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        let Ok(text) = fs::read_to_string(file) else { continue };
        for chunk in split(text.as_bytes()) {
            let is_marker = |line: &&str| ["---", "...", "%", "\u{feff}"].iter().any(|marker| line.starts_with(marker));
            let document: String = text[chunk.range].split_inclusive('\n').filter(|line| !is_marker(line)).collect();
            let is_block = Tree::parse(&document, 1).is_ok_and(|tree| {
                tree.root().is_some_and(|root| tree.kind(root).is_map()) && !document.trim_start().starts_with('{')
            });
            found.extend(Some(document).filter(|_| is_block));
        }
    }
    found
}

/// The texts that a run compares: the List in block style, with either line end, and in JSON, on many lines and on one.
fn lists(documents: &[&str], indent: usize, is_kind_last: bool) -> Vec<String> {
    let block = block_list(documents, indent, is_kind_last);
    let mut texts = vec![block.replace("\r\n", "\n").replace('\n', "\r\n"), block];
    if let Some(list) = json_list(documents) {
        texts.extend([list.to_string(), serde_json::to_string_pretty(&list).unwrap() + "\n"]);
    }
    texts
}

/// A List of documents in block style, with its dashes in column `indent`.
fn block_list(documents: &[&str], indent: usize, is_kind_last: bool) -> String {
    let kind = "kind: List\nmetadata:\n  resourceVersion: \"\"\n";
    let mut list = format!("apiVersion: v1\n{}items:\n", if is_kind_last { "" } else { kind });
    for document in documents {
        for (number, line) in document.split_inclusive('\n').enumerate() {
            let dash = if number == 0 { "- " } else { "  " };
            let is_blank = line.trim().is_empty() && number > 0;
            let _ = write!(list, "{}{line}", if is_blank { String::new() } else { " ".repeat(indent) + dash });
        }
        if !list.ends_with('\n') {
            list.push('\n');
        }
    }
    list + if is_kind_last { kind } else { "" }
}

/// The same in JSON; `None` if a document has data that JSON cannot represent.
fn json_list(documents: &[&str]) -> Option<Value> {
    let value = |text: &&str| {
        let tree = Tree::parse(text, 1).ok()?;
        tree.value(tree.root()?).ok()
    };
    let items: Option<Vec<Value>> = documents.iter().map(value).collect();
    Some(json!({"apiVersion": "v1", "items": items?, "kind": "List", "metadata": {"resourceVersion": ""}}))
}

#[test]
fn a_list_in_parts_has_the_same_result() {
    let (documents, tasks, requests) = (documents(), tasks(), requests());
    let strategy = (
        prop::collection::vec(any::<Index>(), 2..9),
        prop::sample::select(vec![0, 2]),
        any::<bool>(),
        prop::collection::vec(any::<Index>(), 6),
    );
    let (cut, all) = (Cell::new(0), Cell::new(0));
    let mut runner = TestRunner::new_with_rng(
        Config { cases: 10, failure_persistence: None, ..Config::default() },
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let result = runner.run(&strategy, |(chosen, indent, is_kind_last, forms)| {
        let chosen: Vec<&str> = chosen.iter().map(|index| index.get(&documents).as_str()).collect();
        for (text, form) in lists(&chosen, indent, is_kind_last).iter().zip(&forms) {
            for task in &tasks {
                cut.set(cut.get() + usize::from(compare(text, &**task, form.get(&requests))));
                all.set(all.get() + 1);
            }
        }
        Ok(())
    });
    result.unwrap();
    let (cut, all) = (cut.get(), all.get());
    assert!(cut * 10 > all * 9, "{cut} of {all} Lists were worked on in parts");
}

/// Text that breaks a List, or changes what its lines mean.
const MISTAKES: [&str; 20] = [
    "", " ", "  ", "- ", "\n- ", ": ", "\"", "'", "[", "]", "{", "}", ",", "\n", "\r\n", "#", "&a ", "*a", "\n---\n",
    "|+\n",
];

#[test]
fn parts_of_a_list_with_a_mistake_give_what_the_whole_gives() {
    let (documents, tasks, requests) = (documents(), tasks(), requests());
    let mistake = (any::<Index>(), 0..3_usize, prop::sample::select(MISTAKES.to_vec()));
    let strategy = (
        prop::collection::vec(any::<Index>(), 2..5),
        prop::sample::select(vec![0, 2]),
        any::<bool>(),
        prop::collection::vec((mistake, any::<Index>()), 4),
    );
    let mut runner = TestRunner::new_with_rng(
        Config { cases: 40, failure_persistence: None, ..Config::default() },
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let result = runner.run(&strategy, |(chosen, indent, is_kind_last, mistakes)| {
        let chosen: Vec<&str> = chosen.iter().map(|index| index.get(&documents).as_str()).collect();
        for (mut text, ((at, length, inserted), form)) in lists(&chosen, indent, is_kind_last).into_iter().zip(mistakes)
        {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            let at = at.index(places.len());
            let end = places.get(at + length).copied().unwrap_or(text.len());
            text.replace_range(places[at]..end, inserted);
            for task in &tasks {
                compare(&text, &**task, form.get(&requests));
            }
        }
        Ok(())
    });
    result.unwrap();
}

#[test]
#[ignore = "needs the corpus"]
fn lists_of_real_manifests_give_in_parts_what_the_whole_gives() {
    let (tasks, requests) = (tasks(), requests());
    let root = oracle_suite::folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/oracle"), "../corpus");
    let mut tally = Tally::new("corpus: Lists in parts");
    let mut cut = 0;
    for (number, folder) in files_in(&root).iter().filter(|path| path.is_dir()).enumerate() {
        let files = files_in(folder);
        // Lists of a few documents: a failure shows which.
        for (chunk_number, chunk) in block_mappings(files.iter()).chunks(8).enumerate() {
            let documents: Vec<&str> = chunk.iter().map(String::as_str).filter(|text| text.len() < 100_000).collect();
            for (form, text) in lists(&documents, 2 * (number % 2), number % 3 == 0).iter().enumerate() {
                let chosen = number + chunk_number + form;
                let result = compared(text, &*tasks[chosen % tasks.len()], &requests[chosen % requests.len()]);
                cut += usize::from(result.as_ref().is_ok_and(|in_parts| *in_parts));
                let case = format!("{}, Lists {chunk_number}, form {form}", folder.display());
                tally.count(&case, result.map(|_| ()));
            }
        }
    }
    oracle_suite::print(&format!("corpus: {cut} Lists were worked on in parts"));
    tally.finish();
}

/// A Pod as an item in block style.
const POD: &str = "- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: a\n  spec:\n    containers:\n    - name: a\n";

/// Lists that can be cut, and what stands for their items.
fn cut_lists() -> Vec<String> {
    let list = |items: &str| format!("apiVersion: v1\nkind: List\nitems:\n{items}");
    let json_pod = |name: &str| {
        format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{{\"name\":\"{name}\"}},\"spec\":{{\"containers\":[]}}}}"
        )
    };
    let application =
        || "{\"apiVersion\":\"argoproj.io/v1alpha1\",\"kind\":\"Application\",\"metadata\":{\"name\":\"c\"}}";
    let deployment = |spec: &str| {
        format!("- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {{name: d}}\n  spec:\n    template:\n{spec}")
    };
    vec![
        list(&POD.repeat(3)),
        list(&POD.repeat(3)) + "metadata: {}\n",
        list(&POD.repeat(3)).replace('\n', "\r\n"),
        format!("\u{feff}# Source: a/b.yaml\n---\n{}", list(&POD.repeat(2))),
        list(POD.repeat(3).trim_end()),
        list(&format!("# first\n{POD}\n  # of the first\n# of the second\n\n{POD}# last\n")),
        // Workloads that fail, and kinds of their own.
        list(&format!("{POD}{}{POD}", POD.replace("name: a\n  spec", "name: a\n    annotations: [x]\n  spec"))),
        list(&format!("{POD}{}{POD}", POD.replace("- name: a\n", "- name: 3\n"))),
        list(&format!("{POD}{}{POD}", deployment("      metadata: 3\n"))),
        list(&format!("- kind: Cron\n  apiVersion: a/b\n  spec: {{template: {{spec: {{containers: [{{name: a}}]}}}}}}\n{POD}")),
        format!("apiVersion: v1\nkind: PodList\nitems:\n{}", POD.replace("apiVersion: v1\n  kind: Pod\n  ", "").repeat(3)),
        format!("apiVersion: v1\nkind: PodList\nitems:\n{POD}- apiVersion: v1\n  kind: Service\n"),
        // Lists in Lists, and items that are none.
        list(&format!("{POD}- apiVersion: v1\n  kind: List\n  items:\n  {0}  {0}{POD}", POD.replace('\n', "\n  ").trim_end_matches(' '))),
        list(&format!("{POD}-\n{POD}- null\n{POD}")),
        list(&format!("{POD}{POD}- text\n")),
        // Other ways to write lists: some, most, as many.
        list(&format!("{POD}{}", deployment("      metadata:\n        labels:\n          a: b\n      spec:\n        containers:\n          -   name: a\n              ports:\n                -   containerPort: 1\n").repeat(3))),
        list(&format!("{POD}{}", deployment("      spec:\n        containers:\n          - name: a\n"))),
        // An item whose neighbors show how to indent it.
        list(&format!("{POD}- apiVersion: v1\n  kind: Pod\n  spec: {{containers: []}}\n{}", POD.replace("  spec:\n    ", "  spec:\n      "))),
        list(&format!("- {{apiVersion: v1, kind: Pod, metadata: {{name: a}}, spec: {{containers: [{{name: a, image: b}}]}}}}\n{POD}")),
        // Texts that go on behind a line that looks like an item, and anchors.
        list(&format!("{POD}{}{POD}", POD.replace("name: a\n  spec", "name: \"a\n\n- b\"\n  spec"))),
        list(&format!("{POD}{}{POD}", POD.replace("    name: a\n  spec", "    name: a\n    annotations:\n      a: |+\n        b\n\n  spec"))),
        list(&format!("{}{POD}", POD.replace("- name: a\n", "- name: a\n      args: &a [b]\n      command: *a\n"))),
        list(&format!("{}{POD}{}", POD.replace("    name: a\n", "    name: &a a\n"), POD.replace("    name: a\n", "    name: *a\n"))),
        list(&format!("{}{}", POD.replace("  metadata:\n", "  metadata: &m\n"), POD.replace("    name: a\n  spec", "    <<: *m\n  spec"))),
        list(&format!("{POD}{}", POD.replace("name: a\n", "name: é\n"))),
        list(&format!("{POD}- {{\n{POD}")),
        list(&format!("{POD}{POD}  spec: {{}}\n")),
        // JSON: broken off, of several manners, with two lists.
        format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{}, {},{}]}}", json_pod("a"), json_pod("b"), json_pod("ü")),
        format!("{{\"items\":[{},{}],\"kind\":\"List\",\"apiVersion\":\"v1\"}}\n{}\n", json_pod("a"), json_pod("b"), json_pod("c")),
        format!("{{\"items\": [\n{},\n{},\n  {}\n], \"kind\": \"List\", \"apiVersion\": \"v1\"}}\n---\n{{}}\n", json_pod("a"), json_pod("b"), json_pod("c")),
        format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{},{},{}", json_pod("a"), json_pod("b"), json_pod("c")),
        format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[\n{},\n{}\n],\"items\":[]}}", json_pod("a"), json_pod("b")),
        format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[\n{},\n{},\nnull\n]}}", json_pod("a"), json_pod("b")),
        format!("{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [\n{},\n{}\n]}}", json_pod("a"), json_pod("b").replace("\":", "\": ")),
        // Objects that pass through, on the line of those that do not.
        format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{0},{1},{0},{0},{2}]}}", application(), json_pod("a"), json_pod("b")),
        // Two lists, no list, and other documents around one.
        list(&POD.repeat(2)) + "items:\n" + POD,
        "apiVersion: v1\nkind: List\nitems: null\n".to_owned(),
        format!("{}---\n{}---\n{POD}", list(&POD.repeat(3)), list(&POD.repeat(2))),
        format!("apiVersion: a/b\nkind: Other\nitems:\n{}", POD.repeat(3)),
    ]
}

#[test]
fn odd_lists_in_parts_have_the_same_result() {
    let (tasks, requests) = (tasks(), requests());
    for text in cut_lists() {
        for task in &tasks {
            for request in &requests {
                compare(&text, &**task, request);
            }
        }
    }
}
