//! Edits of documents as a careful person makes them, byte for byte: each folder of `testdata/edits` holds a document
//! before and after, and the operations between.

#![allow(clippy::panic, clippy::indexing_slicing, clippy::unwrap_used, reason = "a case of another form fails, too")]

use std::fs;
use std::path::{Path, PathBuf};

use nativesidecar::yaml::{Draft, Step, Tree, YamlError};
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

/// The data of `text`, or what is wrong with it.
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
fn documents_come_out_as_a_careful_person_edits_them() {
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
