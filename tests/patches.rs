//! Applying the patches of each output form gives the same objects as the manifests that the program prints. Patches are
//! applied here by the project's own merge and by the rules of RFC 6902, and in tests/clients by the real tools.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a patch that cannot be applied is a failure"
)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lossless_yaml::{Tree, split};
use serde_json::Value;
use strategicpatch::{Kind, merge};

#[path = "patches/apply.rs"]
mod apply;

/// Manifests from fixtures for which all commands succeed.
fn manifests() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut folders: Vec<PathBuf> = vec![root.join("shop")];
    for subject in ["cli/inject", "cli/forms"] {
        folders.extend(std::fs::read_dir(root.join(subject)).unwrap().map(|entry| entry.unwrap().path()));
    }
    folders.retain(|folder| folder.is_dir());
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let files = files.map(|entry| entry.unwrap().path()).filter(|f| f.extension().is_some_and(|e| e == "yaml"));
    files.map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

/// Runs the program and returns its standard output. `None` if it fails.
fn run(args: &[&str], input: &str) -> Option<String> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubectl-nativesidecar"))
        .args(args)
        .args(["-q", "--no-config"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

fn read(text: &str) -> Value {
    let tree = Tree::parse(text, 1).unwrap();
    tree.value(tree.root().unwrap()).unwrap()
}

/// The objects of a stream.
fn objects(stream: &str) -> Vec<Value> {
    let list = run(&["annotate", "--mode", "mesh", "-o", "json"], stream).unwrap();
    serde_json::from_str::<Value>(&list).unwrap()["items"].as_array().unwrap().clone()
}

/// The object that a patch is for.
fn target<'o>(objects: &'o mut [Value], target: &Value) -> &'o mut Value {
    let found = objects.iter_mut().find(|object| {
        let is = |key: &str| target.get(key).is_none_or(|value| *value == object["metadata"][key]);
        object["kind"] == target["kind"] && is("name") && is("namespace")
    });
    found.unwrap()
}

/// Removes nulls and empty annotations, as the API server does.
fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, value| !(value.is_null() || key == "annotations" && *value == serde_json::json!({})));
            map.values_mut().for_each(without_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

/// Applies a JSON merge patch (RFC 7396) without removals, as kustomize does for custom kinds.
fn merge_json(value: &mut Value, patch: Value) {
    match (value, patch) {
        (Value::Object(value), Value::Object(patch)) => {
            for (key, change) in patch {
                merge_json(value.entry(key).or_insert(Value::Null), change);
            }
        }
        (value @ Value::Null, Value::Object(patch)) => {
            *value = Value::Object(serde_json::Map::new());
            merge_json(value, Value::Object(patch));
        }
        (value, patch) => *value = patch,
    }
}

/// Checks that all output forms of `command` give the same objects. Returns how many objects changed.
fn check(command: &[&str], input: &str) -> usize {
    let form = |form| run(&[command, &["-o", form]].concat(), input);
    let Some(json) = form("json") else { return 0 };
    let (Some(operations), Some(merges)) = (form("jsonpatch"), form("kustomize")) else {
        assert!(input.contains("generateName"), "{command:?}: no patch for\n{input}");
        return 0;
    };
    let mut expected = serde_json::from_str::<Value>(&json).unwrap()["items"].as_array().unwrap().clone();
    assert!(
        expected == objects(&run(command, input).unwrap()),
        "{command:?}: -o json differs from the printed manifests\n{json}"
    );
    // The JSON patches.
    let before = objects(input);
    let mut by_operations = before.clone();
    let entries: Value = serde_json::from_str(&operations).unwrap();
    for entry in entries.as_array().unwrap() {
        let object = target(&mut by_operations, &entry["target"]);
        apply::operations(object, entry["patch"].as_array().unwrap());
    }
    assert!(by_operations == expected, "{command:?}\n{operations}");
    // The strategic merge patches.
    let mut by_merge = before;
    for entry in read(&merges)["patches"].as_array().unwrap() {
        let patch = read(entry["patch"].as_str().unwrap());
        let named = &patch["metadata"];
        let object = by_merge.iter_mut().find(|object| {
            let is = |key: &str| object["metadata"][key] == named[key];
            object["kind"] == patch["kind"] && is("name") && is("namespace")
        });
        let object = object.unwrap();
        match Kind::of(object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap()) {
            Some(kind) => *object = merge(object.take(), patch, kind).unwrap(),
            None => merge_json(object, patch),
        }
    }
    by_merge.iter_mut().chain(&mut expected).for_each(without_nulls);
    assert!(by_merge == expected, "{command:?}\n{merges}");
    entries.as_array().unwrap().len()
}

#[test]
fn patched_objects_equal_printed_objects() {
    let mut changed = 0;
    for manifest in manifests() {
        changed += check(&["annotate", "--remove"], &manifest);
        changed += check(&["annotate", "--mode", "regular"], &manifest);
        for mode in ["native", "regular"] {
            changed += check(&["inject", "--mode", mode], &manifest);
        }
        // Switch injected manifests to the other mode.
        if let Some(regular) = run(&["inject", "--mode", "regular"], &manifest) {
            changed += check(&["inject", "--mode", "native"], &regular);
        }
    }
    assert!(changed > 50, "only {changed} objects changed");
}

#[test]
fn kustomize_patches_are_one_document() {
    let patches = run(&["inject", "-o", "kustomize"], &manifests()[0]).unwrap();
    assert_eq!(split(patches.as_bytes()).len(), 1);
}
