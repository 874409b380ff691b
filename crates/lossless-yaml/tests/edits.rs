//! Edits compared byte for byte with what a careful person would write. Each folder of `testdata/edits` has a document
//! before and after, and the operations.

#![allow(clippy::panic, clippy::indexing_slicing, clippy::unwrap_used, reason = "a case of another form fails, too")]

use std::fs;
use std::path::{Path, PathBuf};

use lossless_yaml::{Draft, Step, Tree, YamlError};
use serde_json::Value;

fn steps(path: &Value) -> Vec<Step<'_>> {
    let elements = path.as_array().unwrap().iter();
    elements.map(|e| e.as_str().map_or_else(|| Step::Index(position(e)), Step::Key)).collect()
}

fn position(index: &Value) -> usize {
    usize::try_from(index.as_u64().unwrap()).unwrap()
}

fn edited(text: &str, operations: &Value) -> Result<String, YamlError> {
    let tree = Tree::parse(text, 1)?;
    let mut draft = Draft::new(&tree);
    for operation in operations.as_array().unwrap() {
        let path = |name: &str| steps(&operation[name]);
        let value = || operation["value"].clone();
        let before = operation["before"].as_str();
        match operation["op"].as_str().unwrap() {
            "set" => draft.set(&path("path"), value(), before)?,
            "insert" => draft.insert(&path("path"), position(&operation["index"]), value(), before)?,
            "remove" => draft.remove(&path("path")).map(drop)?,
            "move" => draft.move_item(&path("from"), &path("to"), position(&operation["index"]), before)?,
            other => panic!("no operation {other}"),
        }
    }
    Ok(draft.finish()?.text.into_owned())
}

/// The data of `text`, or the error of reading it.
fn data(text: &str) -> Result<Value, YamlError> {
    let tree = Tree::parse(text, 1)?;
    tree.root().map_or(Ok(Value::Null), |root| tree.value(root))
}

fn check(case: &Path) -> Result<(), String> {
    let read = |file: &str| fs::read_to_string(case.join(file)).map_err(|e| format!("{file}: {e}"));
    let (before, operations) = (read("in.yaml")?, read("ops.json")?);
    let operations = serde_json::from_str(&operations).map_err(|e| format!("ops.json: {e}"))?;
    let got = edited(&before, &operations).map_err(|e| format!("line {}: {e}", e.place.line))?;
    let want = read("out.yaml")?;
    if got != want {
        let show = |text: &str| text.replace('\r', "␍").replace('\t', "␉");
        return Err(format!("wanted\n{}⏎\ngot\n{}⏎", show(&want), show(&got)));
    }
    data(&got).map_err(|e| format!("the output is not YAML: {e}"))?;
    Ok(())
}

#[test]
fn edits_look_as_if_a_careful_person_made_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/edits");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty(), "there are no cases");
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| check(case).err().map(|e| format!("---- {}\n{e}", case.file_name().unwrap().display())))
        .collect();
    assert!(failures.is_empty(), "{} of {} cases failed\n{}", failures.len(), cases.len(), failures.join("\n"));
}

#[test]
fn every_file_of_a_case_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/edits");
    for case in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        for file in fs::read_dir(&case).unwrap().map(|entry| entry.unwrap().file_name()) {
            let is_read = matches!(file.to_str(), Some("in.yaml" | "ops.json" | "out.yaml" | "err.txt"));
            assert!(is_read, "no test reads {}", case.join(file).display());
        }
    }
}

/// Removes the key at `path` from `text`, keeping `keep`. Returns whether it was removed, and the text.
fn removed(text: &str, path: &[&str], keep: &[&str]) -> (bool, String) {
    let tree = Tree::parse(text, 1).unwrap();
    let mut draft = Draft::new(&tree);
    let path: Vec<Step<'_>> = path.iter().copied().map(Step::Key).collect();
    let keep: Vec<Step<'_>> = keep.iter().copied().map(Step::Key).collect();
    let is_gone = draft.remove(&path).unwrap();
    draft.keep(&keep).unwrap();
    (is_gone, draft.finish().unwrap().text.into_owned())
}

#[test]
fn a_key_that_a_merge_key_also_adds_is_not_removed() {
    for text in [
        "m:\n  <<: {x: 1}\n  x: 2\n",
        "m:\n  x: 2\n  <<: {x: 1}\n",
        "m:\n  <<: [{y: 1}, {<<: {x: 1}}]\n  x: 2\n",
        "b: &b {<<: {x: 1}, x: 2}\nm: *b\n",
        "m: {<<: {x: 1}}\n",
    ] {
        assert_eq!(removed(text, &["m", "x"], &[]), (false, text.to_owned()));
    }
    let other = "m:\n  <<: {y: 1}\n  x: 2\n";
    assert_eq!(removed(other, &["m", "x"], &[]), (true, "m:\n  <<: {y: 1}\n".to_owned()));
}

#[test]
fn emptied_collections_can_be_kept() {
    let gone = |text: &str| removed(text, &["a", "b", "c", "d"], &["a", "b"]);
    assert_eq!(gone("a: {b: {c: {d: 1}}}\n"), (true, "a: {b: {}}\n".to_owned()));
    assert_eq!(gone("a:\n  b: # why\n    c:\n      d: 1\n"), (true, "a:\n  b: {} # why\n".to_owned()));
    assert_eq!(gone("x: &x {c: {d: 1}}\na:\n  b: *x\n"), (true, "x: &x {c: {d: 1}}\na:\n  b: {}\n".to_owned()));
    assert_eq!(gone("a: {b: {c: {d: 1}, e: 1}}\n"), (true, "a: {b: {e: 1}}\n".to_owned()));
}

#[test]
fn the_last_of_equal_keys_is_used_on_request() {
    let text = "a: 1\nl:\n- x\na: 2 # last\nl:\n- y\n";
    let edit = |takes_last: bool, change: fn(&mut Draft<'_, '_>) -> Result<(), YamlError>| {
        let tree = Tree::parse(text, 1).unwrap();
        let mut draft = Draft::new(&tree);
        if takes_last {
            draft.take_last_of_equal_keys();
        }
        change(&mut draft).map(|()| draft.finish().unwrap().text.into_owned())
    };
    let set = |draft: &mut Draft<'_, '_>| draft.set(&[Step::Key("a")], 3.into(), None);
    let error = edit(false, set).unwrap_err();
    assert_eq!(
        (error.place.line, error.message),
        (4, "key \"a\" appears twice in its mapping, first on line 1".into())
    );
    assert_eq!(edit(true, set).unwrap(), text.replace("2 # last", "3 # last"));
    let insert = edit(true, |draft| draft.insert(&[Step::Key("l")], 0, "z".into(), None));
    assert_eq!(insert.unwrap(), text.replace("- y", "- z\n- y"));
    // No earlier value is revealed.
    let remove = edit(true, |draft| draft.remove(&[Step::Key("a")]).map(drop));
    assert_eq!(remove.unwrap(), "l:\n- x\nl:\n- y\n");
    let empty = edit(true, |draft| draft.remove(&[Step::Key("l"), Step::Index(0)]).map(drop));
    assert_eq!(empty.unwrap(), "a: 1\nl:\n- x\na: 2 # last\nl: []\n");
}
