//! Edits of lists and nested values, and moves, compared with what a careful person would write.

use std::path::Path;

use lossless_yaml::{Draft, Step, Tree, YamlError, split};
use serde_json::Value;

use oracle_suite::Tally;

use crate::folder;

fn steps(path: &Value) -> Vec<Step<'_>> {
    path.as_array().unwrap().iter().map(step).collect()
}

fn step(element: &Value) -> Step<'_> {
    match element {
        Value::String(key) => Step::Key(key),
        index => Step::Index(usize::try_from(index.as_u64().unwrap()).unwrap()),
    }
}

fn run(text: &str, operations: &Value) -> Result<String, YamlError> {
    let chunks = split(text.as_bytes());
    assert_eq!(chunks.len(), 1, "cases have one document");
    let tree = Tree::parse(text, 1)?;
    let mut draft = Draft::new(&tree);
    for operation in operations.as_array().unwrap() {
        let value = || operation["value"].clone();
        let before = operation["before"].as_str();
        let index = || usize::try_from(operation["index"].as_u64().unwrap()).unwrap();
        match operation["op"].as_str().unwrap() {
            "set" => draft.set(&steps(&operation["path"]), value(), before)?,
            "insert" => draft.insert(&steps(&operation["path"]), index(), value(), before)?,
            "remove" => draft.remove(&steps(&operation["path"])).map(drop)?,
            "move" => draft.move_item(&steps(&operation["from"]), &steps(&operation["to"]), index(), before)?,
            other => panic!("operation {other}"),
        }
    }
    Ok(draft.finish()?.text.into_owned())
}

fn check(folder: &Path, case: &str) -> Result<(), String> {
    let read = |end: &str| std::fs::read_to_string(folder.join(format!("{case}.{end}")));
    let text = read("in.yaml").unwrap();
    let operations: Value = serde_json::from_str(&read("ops.json").unwrap()).unwrap();
    match (run(&text, &operations), read("out.yaml")) {
        (Ok(got), Ok(want)) if got == want => Ok(()),
        (Ok(got), Ok(want)) => Err(format!("\n--- want\n{want}--- got\n{got}---")),
        (Ok(got), Err(_)) => {
            (got == text && read("err.txt").is_err()).then_some(()).ok_or_else(|| format!("no error:\n{got}"))
        }
        (Err(error), Err(_)) if error.place.line > 0 => Ok(()),
        (Err(error), _) => Err(error.to_string()),
    }
}

#[test]
fn edits() {
    let folder = folder("edits");
    let mut tally = Tally::new("edits");
    for line in std::fs::read_to_string(folder.join("cases.tsv")).unwrap().lines().skip(1) {
        let case = line.split('\t').next().unwrap();
        tally.count(case, check(&folder, case));
    }
    tally.finish();
}
