//! Edits of any document give the expected data, and keep all other bytes.

#![no_main]

use std::borrow::Cow;
use std::sync::LazyLock;

use arbitrary::Unstructured;
use fuzz::input::{self, GENERATED, NO_WORDS, has_merge_keys, parts, plans, same_but_empty};
use fuzz::model::lines::{self, lost_comments, lost_lines};
use fuzz::model::text::Document;
use fuzz::model::{Edit, Plan, at, edited, read};
use libfuzzer_sys::{Corpus, fuzz_target};
use lossless_yaml::{Draft, Place, Tree, YamlErrorKind, same, split};
use nativesidecar::k8s::{Kinds, objects, plainly_without_templates};
use serde_json::Value;

/// `REFUSALS=fail`: whether an edit that is refused because its text would have other data is a failure.
static REFUSALS_FAIL: LazyLock<bool> = LazyLock::new(|| std::env::var("REFUSALS").is_ok_and(|word| word == "fail"));

fuzz_target!(|data: &[u8]| -> Corpus {
    if let Some((&GENERATED, data)) = data.split_first() {
        return check_generated(Unstructured::new(data));
    }
    let Some((stream, mut program)) = parts(data) else { return Corpus::Reject };
    let plans = plans(&mut program, &NO_WORDS, 5);
    let chunks = split(stream.as_bytes());
    let mut end = 0;
    for chunk in chunks {
        assert_eq!(chunk.range.start, end, "the chunks of a stream cover it");
        end = chunk.range.end;
        check_document(&stream[chunk.range], chunk.start, &plans);
    }
    assert_eq!(end, stream.len(), "the chunks of a stream cover it");
    Corpus::Keep
});

/// Checks a generated document, whose data is known.
fn check_generated(mut bytes: Unstructured<'_>) -> Corpus {
    let Ok(Document { text, value }) = input::document(&mut bytes) else { return Corpus::Reject };
    let plans = plans(&mut bytes, &NO_WORDS, 4);
    let read = read(&text).unwrap_or_else(|error| panic!("{error}: {text:?}\n{text}"));
    assert!(same(&read, &value), "{read}\ninstead of {value}: {text:?}\n{text}");
    check_document(&text, 1.into(), &plans);
    Corpus::Keep
}

/// Checks both readers, then the edits: all of them, and the first alone.
fn check_document(text: &str, first: Place, plans: &[Plan]) {
    if let Some(tree) = Tree::parse_simple(text, first) {
        let grammar = Tree::parse_by_grammar(text, first).expect("a simple document is YAML");
        assert!(grammar.is_same(&tree), "a simple document has another tree: {text:?}");
    }
    let tree = Tree::parse(text, first);
    if plainly_without_templates(text, &Kinds::default()) {
        let found = tree.as_ref().map(|tree| objects(tree, &Kinds::default()));
        let is_so = matches!(&found, Ok(Ok(found)) if found.workloads.is_empty() && found.unhandled.is_empty());
        assert!(is_so, "skipped without parsing, but {found:?}: {text:?}\n{text}");
    }
    let Ok(tree) = tree else { return };
    let untouched = Draft::new(&tree).finish().expect("there are no edits");
    assert!(matches!(untouched.text, Cow::Borrowed(same) if same == text), "no edit, no byte changed");
    let Some(root) = tree.root() else { return };
    let Ok(model) = tree.value(root) else { return };
    let is_clear = tree.duplicate_keys(root).is_ok_and(|found| found.is_empty());

    let mut data = model.clone();
    let edits: Vec<Edit> = plans
        .iter()
        .filter_map(|plan| {
            let edit = plan.clone().edit(&data)?;
            edit.on_data(&mut data);
            Some(edit)
        })
        .collect();
    check_edits(&tree, &edits, &model, &data, is_clear);
    if let [first, _, ..] = &edits[..] {
        let mut data = model.clone();
        first.on_data(&mut data);
        check_edits(&tree, std::slice::from_ref(first), &model, &data, is_clear);
    }
}

/// Checks `edits`, which turn the data `old` into `new`.
fn check_edits(tree: &Tree<'_>, edits: &[Edit], old: &Value, new: &Value, is_clear: bool) {
    let text = tree.text();
    let merges = has_merge_keys(tree);
    // The data of the draft.
    let mut draft = Draft::new(tree);
    for edit in edits {
        if let Err(error) = edit.on_draft(&mut draft) {
            assert!(!is_clear || merges || error.kind == YamlErrorKind::Limit, "{edit:?}: {error}\n{text}");
            return;
        }
    }
    // Removed keys may still come from a merge key, so the data is not known.
    let is_data_known = is_clear && !(merges && edits.iter().any(|edit| matches!(edit, Edit::Remove { .. })));
    let now = draft.get(&[]).expect("the data can be read").unwrap_or_default();
    assert!(!is_data_known || same_but_empty(&now, new), "{edits:?} make {now}\ninstead of {new}\nof\n{text}");
    // The data of the new text.
    let out = match draft.finish() {
        Ok(edited) => edited.text,
        Err(error) => {
            let is_refused = error.kind == YamlErrorKind::Edit && !*REFUSALS_FAIL;
            assert!(is_refused || error.message.contains("carriage return"), "{edits:?}: {error}\n{text:?}\n{text}");
            return;
        }
    };
    let show = || format!("{edits:?}\nof {text:?}\nmake {out:?}\n{text}\n---- becomes\n{out}");
    let got = read(&out).unwrap_or_else(|error| panic!("line {}: {error}\n{}", error.place.line, show()));
    assert_eq!(split(out.as_bytes()).len(), 1, "one document stays one: {}", show());
    assert!(!is_data_known || same_but_empty(&got, new), "{got}\ninstead of {new}: {}", show());
    if !is_data_known {
        return;
    }
    // The same edits again change nothing.
    if edits.iter().all(|edit| matches!(edit, Edit::Set { .. })) {
        let last = |edit: &&Edit| match edit {
            Edit::Set { path, value, .. } => at(&mut new.clone(), path).is_some_and(|now| now == value),
            _ => false,
        };
        let again: Vec<Edit> = edits.iter().filter(last).cloned().collect();
        let twice = edited(&out, &again).unwrap_or_else(|error| panic!("{error}: {}", show()));
        assert_eq!(twice, out, "setting twice equals setting once: {}", show());
    }
    // Other lines and comments are kept.
    let [edit] = edits else { return };
    let view = lines::Document { text, value: old };
    let has_anchors = text.contains(['&', '*']);
    // The header of a block scalar at the end of a text without a final newline changes if lines are added after it.
    let ends_in_block_scalar = !text.ends_with('\n') && text.contains(['|', '>']);
    if !has_anchors && !ends_in_block_scalar {
        let lost = lost_lines(view, edit, &out);
        assert!(lost.is_empty(), "lost {lost:?}: {}", show());
    }
    if matches!(edit, Edit::Set { .. } | Edit::Insert { .. }) {
        let lost = lost_comments(view, edit, &out);
        assert!(lost.is_empty(), "lost {lost:?}: {}", show());
    }
}
