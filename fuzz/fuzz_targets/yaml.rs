//! Edits of any document: what comes out means what it should, and says the rest in the same bytes.

#![no_main]

use std::borrow::Cow;
use std::sync::LazyLock;

use arbitrary::Unstructured;
use fuzz::input::{self, MADE, NO_WORDS, has_merge_keys, parts, plans, same_but_empty};
use fuzz::model::lines::{self, lost_comments, lost_lines};
use fuzz::model::text::Document;
use fuzz::model::{Edit, Plan, at, edited, read};
use libfuzzer_sys::{Corpus, fuzz_target};
use lossless_yaml::{Draft, Place, Tree, YamlErrorKind, same, split};
use nativesidecar::k8s::{Kinds, objects, plainly_without_templates};
use serde_json::Value;

/// Whether an edit that is refused, since its text would say something else, is a failure too: `REFUSALS=fail`.
static REFUSALS_FAIL: LazyLock<bool> = LazyLock::new(|| std::env::var("REFUSALS").is_ok_and(|word| word == "fail"));

fuzz_target!(|data: &[u8]| -> Corpus {
    if let Some((&MADE, data)) = data.split_first() {
        return made(Unstructured::new(data));
    }
    let Some((stream, mut program)) = parts(data) else { return Corpus::Reject };
    let plans = plans(&mut program, &NO_WORDS, 5);
    let chunks = split(stream.as_bytes());
    let mut end = 0;
    for chunk in chunks {
        assert_eq!(chunk.range.start, end, "the chunks of a stream cover it");
        end = chunk.range.end;
        document(&stream[chunk.range], chunk.start, &plans);
    }
    assert_eq!(end, stream.len(), "the chunks of a stream cover it");
    Corpus::Keep
});

/// A document of one of many styles, whose data is known.
fn made(mut bytes: Unstructured<'_>) -> Corpus {
    let Ok(Document { text, value }) = input::document(&mut bytes) else { return Corpus::Reject };
    let plans = plans(&mut bytes, &NO_WORDS, 4);
    let read = read(&text).unwrap_or_else(|error| panic!("{error}: {text:?}\n{text}"));
    assert!(same(&read, &value), "{read}\nand not {value}: {text:?}\n{text}");
    document(&text, 1.into(), &plans);
    Corpus::Keep
}

fn document(text: &str, first: Place, plans: &[Plan]) {
    if let Some(tree) = Tree::parse_simple(text, first) {
        let grammar = Tree::parse_by_grammar(text, first).expect("the plain form is YAML");
        assert!(grammar.is_same(&tree), "the plain form is read to another tree: {text:?}");
    }
    let tree = Tree::parse(text, first);
    if plainly_without_templates(text, &Kinds::default()) {
        let found = tree.as_ref().map(|tree| objects(tree, &Kinds::default()));
        let is_so = matches!(&found, Ok(Ok(found)) if found.workloads.is_empty() && found.unhandled.is_empty());
        assert!(is_so, "left alone at a glance, and {found:?}: {text:?}\n{text}");
    }
    let Ok(tree) = tree else { return };
    let untouched = Draft::new(&tree).finish().expect("nothing is to be done");
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
    check(&tree, &edits, &model, &data, is_clear);
    if let [first, _, ..] = &edits[..] {
        let mut data = model.clone();
        first.on_data(&mut data);
        check(&tree, std::slice::from_ref(first), &model, &data, is_clear);
    }
}

/// Makes `edits`, which turn the data `old` into `new`.
fn check(tree: &Tree<'_>, edits: &[Edit], old: &Value, new: &Value, is_clear: bool) {
    let text = tree.text();
    let merges = has_merge_keys(tree);
    let mut draft = Draft::new(tree);
    for edit in edits {
        if let Err(error) = edit.on_draft(&mut draft) {
            assert!(!is_clear || merges || error.kind == YamlErrorKind::Limit, "{edit:?}: {error}\n{text}");
            return;
        }
    }
    // What a merge key brings stays, or comes to light again.
    let is_told = is_clear && !(merges && edits.iter().any(|edit| matches!(edit, Edit::Remove { .. })));
    let now = draft.get(&[]).expect("the data can be read").unwrap_or_default();
    assert!(!is_told || same_but_empty(&now, new), "{edits:?} make {now}\nand not {new}\nof\n{text}");
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
    assert!(!is_told || same_but_empty(&got, new), "{got}\nand not {new}: {}", show());
    if !is_told {
        return;
    }
    if edits.iter().all(|edit| matches!(edit, Edit::Set { .. })) {
        let last = |edit: &&Edit| match edit {
            Edit::Set { path, value, .. } => at(&mut new.clone(), path).is_some_and(|now| now == value),
            _ => false,
        };
        let again: Vec<Edit> = edits.iter().filter(last).cloned().collect();
        let twice = edited(&out, &again).unwrap_or_else(|error| panic!("{error}: {}", show()));
        assert_eq!(twice, out, "setting twice is setting once: {}", show());
    }
    let [edit] = edits else { return };
    let view = lines::Document { text, value: old };
    let has_anchors = text.contains(['&', '*']);
    // A block scalar at the end of a text without a final line end gets another header when lines follow it.
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
