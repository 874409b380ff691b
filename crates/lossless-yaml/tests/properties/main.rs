//! Properties of all documents and all edits.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "what cannot be read is a failure, which proptest shows"
)]

mod edits;
mod known;
#[path = "../model/mod.rs"]
mod model;
mod text;

use std::borrow::Cow;

use lossless_yaml::{Draft, Tree, YamlError, same, split};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::Value;

use edits::{plans, turns};
use model::lines::{lost_comments, lost_lines};
use model::{Edit, Part, at, edited, path, read, steps, without_empty};
use text::{documents, values};

/// Cases per property. All properties together take less than 15 seconds without optimization.
const CASES: u32 = 800;

/// The same cases each time. To try more:
/// `PROPTEST_CASES=20000 PROPTEST_RNG_SEED=$RANDOM cargo test -p lossless-yaml --test properties`.
fn config() -> ProptestConfig {
    let is_set = |name| std::env::var_os(name).is_some();
    let mut config = ProptestConfig::default();
    if !is_set("PROPTEST_CASES") {
        config.cases = CASES;
    }
    if !is_set("PROPTEST_RNG_SEED") {
        config.rng_seed = RngSeed::Fixed(1);
    }
    // A file of failures is no fixture: what is found is put down as a test of its own.
    config.failure_persistence = None;
    config
}

/// The result, or the failure of the case with its text.
fn ok<T>(result: Result<T, YamlError>, text: &str) -> Result<T, TestCaseError> {
    result.map_err(|error| TestCaseError::fail(format!("line {}: {error}\n{text}", error.place.line)))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn documents_have_the_data_they_were_written_for(document in documents(true)) {
        prop_assert_eq!(split(document.text.as_bytes()).len(), 1);
        let read = ok(read(&document.text), &document.text)?;
        prop_assert!(same(&read, &document.value), "{}\n{read}", document.text);
    }

    #[test]
    fn a_draft_without_edits_changes_no_byte(document in documents(true)) {
        let tree = Tree::parse(&document.text, 1).unwrap();
        let edited = Draft::new(&tree).finish().unwrap();
        prop_assert!(matches!(edited.text, Cow::Borrowed(_)));
        prop_assert_eq!(&edited.text, &document.text);
    }

    #[test]
    fn setting_existing_data_changes_nothing(document in documents(true), turns in turns()) {
        let path = path(&turns, &document.value);
        let value = at(&mut document.value.clone(), &path).unwrap().clone();
        let tree = Tree::parse(&document.text, 1).unwrap();
        let mut draft = Draft::new(&tree);
        draft.set(&steps(&path), value, None).unwrap();
        let edited = draft.finish().unwrap();
        prop_assert!(matches!(edited.text, Cow::Borrowed(_)), "{}", edited.text);
    }

    #[test]
    fn edits_have_the_expected_data(document in documents(true), plans in prop::collection::vec(plans(), 1..5)) {
        let mut model = document.value.clone();
        let mut edits = Vec::new();
        for plan in plans {
            if let Some(edit) = plan.edit(&model) {
                edit.on_data(&mut model);
                edits.push(edit);
            }
        }
        let edited = ok(edited(&document.text, &edits), &document.text)?;
        let read = ok(read(&edited), &edited)?;
        prop_assert!(same(&without_empty(&read), &without_empty(&model)), "{edited}");
    }

    #[test]
    fn setting_twice_equals_setting_once(document in documents(true), turns in turns(), value in values()) {
        let path = path(&turns, &document.value);
        if path.is_empty() {
            return Ok(());
        }
        let edit = [Edit::Set { path, value, before: None }];
        let once = ok(edited(&document.text, &edit), &document.text)?;
        prop_assert_eq!(ok(edited(&once, &edit), &once)?, once);
    }

    #[test]
    fn an_edit_leaves_other_lines_alone(document in documents(false), plan in plans()) {
        let Some(edit) = plan.edit(&document.value) else { return Ok(()) };
        let edited = ok(edited(&document.text, std::slice::from_ref(&edit)), &document.text)?;
        let lost = lost_lines(document.view(), &edit, &edited);
        prop_assert!(lost.is_empty(), "{edit:?} lost {lost:?}\n{}---- became\n{edited}", document.text);
    }

    #[test]
    fn setting_and_inserting_keep_own_line_comments(document in documents(true), plan in plans()) {
        let Some(edit @ (Edit::Set { .. } | Edit::Insert { .. })) = plan.edit(&document.value) else { return Ok(()) };
        let edited = ok(edited(&document.text, std::slice::from_ref(&edit)), &document.text)?;
        let lost = lost_comments(document.view(), &edit, &edited);
        prop_assert!(lost.is_empty(), "{edit:?} lost {lost:?}\n{}---- became\n{edited}", document.text);
    }

    #[test]
    fn no_text_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        try_all(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn no_yaml_like_text_makes_it_panic(
        parts in prop::collection::vec(prop::sample::select(&PARTS[..]), 0..25),
    ) {
        try_all(&parts.concat())?;
    }

    #[test]
    fn no_slip_of_the_pen_makes_it_panic(
        document in documents(true),
        slips in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(&PARTS[..]), 0..3usize), 1..4),
    ) {
        let mut text = document.text;
        for (place, part, gone) in slips {
            let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            let at = place.index(starts.len());
            let end = starts.get(at + gone).copied().unwrap_or(text.len());
            text.replace_range(starts[at]..end, part);
        }
        try_all(&text)?;
    }
}

/// Fragments of YAML.
const PARTS: [&str; 40] = [
    "a",
    "b: ",
    "key:",
    ": ",
    "- ",
    "-",
    "? ",
    "\n",
    "\n  ",
    "\n    ",
    "\n- ",
    " ",
    "\t",
    "\r\n",
    "\r",
    "{",
    "}",
    "[",
    "]",
    ", ",
    ",",
    "'",
    "\"",
    "\\",
    "#",
    " # c\n",
    "|",
    ">-\n",
    "|2\n",
    "&x ",
    "*x",
    "!!str ",
    "! ",
    "<<: ",
    "%YAML 1.1\n",
    "---",
    "...\n",
    "\u{feff}",
    "é",
    "\u{85}",
];

/// Reads and edits `text`. If that succeeds, the result must have the expected data.
fn try_all(text: &str) -> Result<(), TestCaseError> {
    let chunks = split(text.as_bytes());
    let joined: String = chunks.iter().map(|c| &text[c.range.clone()]).collect();
    prop_assert_eq!(joined, text);
    for chunk in chunks {
        let text = &text[chunk.range];
        if known::odd_text(text) {
            continue;
        }
        let Ok(tree) = Tree::parse(text, chunk.start) else { continue };
        let Some(root) = tree.root() else { continue };
        let _ = (tree.duplicate_keys(root), tree.path(root), tree.place(root), tree.key(root));
        let Ok(Value::Object(mut map)) = tree.value(root) else { continue };
        let mut draft = Draft::new(&tree);
        let path = vec![Part::Key("new".to_owned())];
        if draft.set(&steps(&path), Value::from("value"), None).is_err() {
            continue;
        }
        map.insert("new".to_owned(), Value::from("value"));
        let Ok(edited) = draft.finish() else { continue };
        let read = ok(read(&edited.text), &format!("{text:?} became {:?}", edited.text))?;
        prop_assert!(same(&read, &Value::Object(map)), "{text:?} became {:?}", edited.text);
    }
    Ok(())
}
