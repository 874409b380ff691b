//! What holds for every document and every edit of one.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "what cannot be read is a failure, which proptest shows"
)]

mod edits;
mod text;

use std::borrow::Cow;
use std::ops::RangeInclusive;

use nativesidecar::yaml::{Draft, Tree, YamlError, same, split};
use proptest::prelude::*;
use serde_json::Value;

use edits::{Edit, Part, Plan, at, edited, path, plans, read, steps, turns, without_empty};
use text::{Document, documents, values};

/// Cases of a property: all of them together stay below 15 seconds without optimisation.
const CASES: u32 = 400;

fn config() -> ProptestConfig {
    // A file of failures is no fixture: what is found is put down as a test of its own.
    ProptestConfig {
        cases: std::env::var("CASES").map_or(CASES, |c| c.parse().unwrap()),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// What came out, or the failure of the case, with the text at fault.
fn ok<T>(result: Result<T, YamlError>, text: &str) -> Result<T, TestCaseError> {
    result.map_err(|error| TestCaseError::fail(format!("line {}: {error}\n{text}", error.place.line)))
}

/// Known: a list or mapping that takes the place of an anchored scalar in a list stays on the line of the anchor, as in
/// `- &a - x`, where the anchor becomes the first entry's.
fn is_known(edited: &str) -> bool {
    edited.lines().filter_map(|line| line.split_once("- &a")).any(|(_, behind)| {
        let first = behind.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
        !first.starts_with(['[', '{']) && (first.starts_with("- ") || first.contains(": ") || first.ends_with(':'))
    })
}

/// The one operation of `plan`, if it means one on `document`.
fn single(plan: Plan, document: &Document) -> Option<Edit> {
    plan.edit(&document.value)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn documents_are_read_as_they_are_meant(document in documents(true)) {
        prop_assert_eq!(split(document.text.as_bytes()).len(), 1);
        let read = ok(read(&document.text), &document.text)?;
        prop_assert!(same(&read, &document.value), "{}\n{read}", document.text);
    }

    #[test]
    fn without_an_edit_not_a_byte_changes(document in documents(true)) {
        let tree = Tree::parse(&document.text, 1).unwrap();
        let edited = Draft::new(&tree).finish().unwrap();
        prop_assert!(matches!(edited.text, Cow::Borrowed(_)));
        prop_assert_eq!(&edited.text, &document.text);
    }

    #[test]
    fn setting_what_is_there_changes_nothing(document in documents(true), turns in turns()) {
        let path = path(&turns, &document.value);
        let value = at(&mut document.value.clone(), &path).unwrap().clone();
        let tree = Tree::parse(&document.text, 1).unwrap();
        let mut draft = Draft::new(&tree);
        draft.set(&steps(&path), value, None).unwrap();
        let edited = draft.finish().unwrap();
        prop_assert!(matches!(edited.text, Cow::Borrowed(_)), "{}", edited.text);
    }

    #[test]
    fn edits_mean_what_they_say(document in documents(true), plans in prop::collection::vec(plans(), 1..5)) {
        let mut model = document.value.clone();
        let mut edits = Vec::new();
        for plan in plans {
            if let Some(edit) = plan.edit(&model) {
                edit.on_data(&mut model);
                edits.push(edit);
            }
        }
        let edited = ok(edited(&document.text, &edits), &document.text)?;
        prop_assume!(!is_known(&edited));
        let read = ok(read(&edited), &edited)?;
        prop_assert!(same(&without_empty(&read), &without_empty(&model)), "{edited}");
    }

    #[test]
    fn setting_twice_is_setting_once(document in documents(true), turns in turns(), value in values()) {
        let path = path(&turns, &document.value);
        prop_assume!(!path.is_empty());
        let edit = [Edit::Set { path, value, before: None }];
        let once = ok(edited(&document.text, &edit), &document.text)?;
        prop_assume!(!is_known(&once));
        prop_assert_eq!(ok(edited(&once, &edit), &once)?, once);
    }

    #[test]
    fn an_edit_leaves_other_lines_alone(document in documents(false), plan in plans()) {
        let Some(edit) = single(plan, &document) else { return Ok(()) };
        let edited = ok(edited(&document.text, std::slice::from_ref(&edit)), &document.text)?;
        let lost = lost_lines(&document, &edit, &edited);
        prop_assert!(lost.is_empty(), "{edit:?} lost {lost:?}\n{}---- became\n{edited}", document.text);
    }

    #[test]
    fn setting_and_inserting_keep_own_line_comments(document in documents(true), plan in plans()) {
        let Some(edit @ (Edit::Set { .. } | Edit::Insert { .. })) = single(plan, &document) else { return Ok(()) };
        let edited = ok(edited(&document.text, std::slice::from_ref(&edit)), &document.text)?;
        let comments = |text: &str, gone: RangeInclusive<usize>| -> Vec<String> {
            let lines = text.lines().enumerate().filter(|(index, _)| !gone.contains(&(index + 1)));
            lines.map(|(_, line)| line.trim()).filter(|l| l.starts_with("# comment")).map(str::to_owned).collect()
        };
        let inside = if takes_away(&document, &edit) { touched(&document, &edit) } else { NONE };
        let (before, after) = (comments(&document.text, inside), comments(&edited, NONE));
        prop_assert!(is_subsequence(&before, &after), "{edit:?}\n{}---- became\n{edited}", document.text);
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

/// What YAML is made of.
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

/// Reads and edits `text`; where that works, what comes of it must mean what it should.
fn try_all(text: &str) -> Result<(), TestCaseError> {
    let chunks = split(text.as_bytes());
    let joined: String = chunks.iter().map(|c| &text[c.range.clone()]).collect();
    prop_assert_eq!(joined, text);
    for chunk in chunks {
        let text = &text[chunk.range];
        // Known: a carriage return of its own ends a line for the parser, but not for edits.
        if text.replace("\r\n", "").contains('\r') {
            continue;
        }
        let Ok(tree) = Tree::parse(text, chunk.line) else { continue };
        let Some(root) = tree.root() else { continue };
        let _ = (tree.check_duplicate_keys(root), tree.path(root), tree.place(root), tree.key(root));
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

/// No lines.
#[allow(clippy::reversed_empty_ranges, reason = "it is meant")]
const NONE: RangeInclusive<usize> = 1..=0;

/// Whether an edit takes something away, so that comments inside go with it.
fn takes_away(document: &Document, edit: &Edit) -> bool {
    fn keeps(old: &Value, new: &Value) -> bool {
        match (old, new) {
            (Value::Object(old), Value::Object(new)) => {
                !old.is_empty() && old.iter().all(|(key, old)| new.get(key).is_some_and(|new| keeps(old, new)))
            }
            (Value::Array(old), Value::Array(new)) => {
                !old.is_empty() && old.len() <= new.len() && old.iter().zip(new).all(|(old, new)| keeps(old, new))
            }
            (Value::Object(_) | Value::Array(_), _) => false,
            _ => true,
        }
    }
    let Edit::Set { path, value, .. } = edit else { return false };
    at(&mut document.value.clone(), path).is_some_and(|old| !keeps(old, value))
}

fn is_subsequence<T: PartialEq>(part: &[T], whole: &[T]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|p| whole.any(|w| w == p))
}

/// A line without what an edit of its neighbour may change: a dash before it, a comma behind it, its indentation.
fn core(line: &str) -> &str {
    line.trim_start_matches([' ', '-']).trim_end_matches([',', ' ', '\r'])
}

/// Lines of `document` that are not about what `edit` changes, and that are not in `edited` any more.
fn lost_lines(document: &Document, edit: &Edit, edited: &str) -> Vec<String> {
    let touched = touched(document, edit);
    let line = |(index, line): (usize, &str)| (!touched.contains(&(index + 1))).then(|| core(line).to_owned());
    let mut after = edited.lines().map(core);
    let untouched = document.text.lines().enumerate().filter_map(line).filter(|l| !l.is_empty());
    untouched.filter(|line| !after.any(|a| a == line)).collect()
}

/// Lines, counted from 1, that an edit may change.
fn touched(document: &Document, edit: &Edit) -> RangeInclusive<usize> {
    let tree = Tree::parse(&document.text, 1).unwrap();
    // The node at a path, and the line of its key.
    let find = |path: &[Part]| {
        let mut at = (tree.root().unwrap(), 1);
        for part in path {
            at = match part {
                Part::Key(key) => {
                    let (key, value) = tree.entries(at.0).find(|&(k, _)| tree.key(k).unwrap() == *key)?;
                    (value, tree.place(key).line)
                }
                Part::Index(index) => {
                    let item = tree.items(at.0).nth(*index)?;
                    (item, tree.place(item).line.min(line_of_dash(&document.text, tree.span(item).start)))
                }
            };
        }
        Some(at)
    };
    let (path, value) = match edit {
        Edit::Set { path, .. } | Edit::Remove { path } => (&path[..], &document.value),
        Edit::Insert { list, .. } | Edit::Move { list, .. } => (&list[..], &document.value),
    };
    let mut path = path;
    let is_removal = matches!(edit, Edit::Remove { .. });
    // What becomes empty goes too; a list or mapping in one line changes that line; so does one that is empty.
    while let Some((_, parents)) = path.split_last() {
        let parent = at(&mut value.clone(), parents).unwrap().clone();
        let count = parent.as_object().map_or_else(|| parent.as_array().unwrap().len(), serde_json::Map::len);
        let missing = find(path).is_none();
        let (node, _) = find(parents).unwrap();
        let in_line = document.text[tree.span(node)].starts_with(['{', '[']);
        if (is_removal && count == 1) || (missing && count == 0) || in_line {
            path = parents;
        } else {
            break;
        }
    }
    let whole = matches!(edit, Edit::Move { .. });
    match find(path) {
        Some((node, line)) => {
            let span = tree.span(node);
            let is_block = !document.text[span.clone()].starts_with(['{', '[']);
            let is_full =
                at(&mut value.clone(), path).and_then(|v| v.as_array().map(|a| !a.is_empty())).unwrap_or(false);
            if matches!(edit, Edit::Insert { .. }) && is_block && is_full {
                return NONE;
            }
            let _ = whole;
            line..=document.text[..span.end].trim_end().lines().count().max(line)
        }
        None => NONE,
    }
}

/// The line of the dash before the item that begins at `start`.
fn line_of_dash(text: &str, start: usize) -> usize {
    let before = text[..start].rfind('-').map_or(start, |at| at);
    text[..before].matches('\n').count() + 1
}
