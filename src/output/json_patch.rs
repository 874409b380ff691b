//! `-o jsonpatch`: for each changed workload a JSON patch (RFC 6902) and its target.

use std::ops::Range;

use serde_json::{Map, Value, json};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::form::{Changed, Form, Layout, Pieces, pretty};

/// The keys that identify a list's item. The first one that an item has counts.
const IDENTITY_KEYS: [&str; 3] = ["name", "mountPath", "containerPort"];

/// A list of JSON patches, each with its target.
#[derive(Debug)]
pub(super) struct JsonPatch;

impl Form for JsonPatch {
    fn name(&self) -> &'static str {
        "jsonpatch"
    }

    fn help(&self) -> &'static str {
        "A list of JSON patches (RFC 6902), each with its target"
    }

    fn layout(&self) -> Layout {
        Layout::JSON_LIST
    }

    fn pieces(&self) -> Pieces {
        Pieces::Changes { piece: entry, of_each_template: false, needs_name: true }
    }
}

/// The patch of one workload.
fn entry(changed: &Changed<'_>) -> String {
    let mut operations = Vec::new();
    diff_values(changed.old, changed.new, "", &mut operations);
    pretty(&json!({"target": changed.target(), "patch": operations}), "    ")
}

/// Adds the operations that turn `old` into `new`. `at` is their JSON pointer.
fn diff_values(old: &Value, new: &Value, at: &str, operations: &mut Vec<Value>) {
    match (old, new) {
        _ if old == new => {}
        (Value::Object(old), Value::Object(new)) => diff_objects(old, new, at, operations),
        (Value::Array(old), Value::Array(new)) => diff_lists(old, new, at, operations),
        _ => operations.push(json!({"op": "replace", "path": at, "value": new})),
    }
}

fn diff_objects(old: &Map<String, Value>, new: &Map<String, Value>, at: &str, operations: &mut Vec<Value>) {
    let below = |key: &str| format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
    for key in old.keys().filter(|key| !new.contains_key(*key)) {
        operations.push(json!({"op": "remove", "path": below(key)}));
    }
    for (key, new) in new {
        match old.get(key) {
            Some(old) => diff_values(old, new, &below(key), operations),
            None => operations.push(json!({"op": "add", "path": below(key), "value": new})),
        }
    }
}

/// Matches items by identity. Works backwards, which keeps the indexes of earlier items valid.
fn diff_lists(old: &[Value], new: &[Value], at: &str, operations: &mut Vec<Value>) {
    let identities = |list: &[Value]| list.iter().map(identity).collect::<Vec<_>>();
    let ops = capture_diff_slices(Algorithm::Myers, &identities(old), &identities(new));
    for op in ops.iter().rev() {
        let (removed, added) = (op.old_range(), op.new_range());
        if let DiffOp::Equal { .. } = op {
            for (index, (old, new)) in removed.clone().zip(part(old, removed).iter().zip(part(new, added))).rev() {
                diff_values(old, new, &format!("{at}/{index}"), operations);
            }
            continue;
        }
        let start = removed.start;
        for index in removed.rev() {
            operations.push(json!({"op": "remove", "path": format!("{at}/{index}")}));
        }
        for (index, item) in (start..).zip(part(new, added)) {
            operations.push(json!({"op": "add", "path": format!("{at}/{index}"), "value": item}));
        }
    }
}

fn part(list: &[Value], range: Range<usize>) -> &[Value] {
    let part = list.get(range);
    debug_assert!(part.is_some(), "the diff gave a range outside of the list");
    part.unwrap_or_default()
}

/// The identity of a list's item: its first identity key and value, otherwise the whole item.
fn identity(item: &Value) -> String {
    let keyed = IDENTITY_KEYS.iter().find_map(|key| Some(json!([key, item.get(key)?])));
    keyed.as_ref().unwrap_or(item).to_string()
}

#[cfg(test)]
#[path = "../../tests/patches/apply.rs"]
mod apply;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn operations(old: &Value, new: &Value) -> Vec<Value> {
        let mut operations = Vec::new();
        diff_values(old, new, "", &mut operations);
        operations
    }

    #[test]
    fn a_new_first_item_leaves_the_others_in_place() {
        let old = json!({"spec": {"containers": [{"name": "a", "image": "a:1"}, {"name": "b"}]}});
        let new = json!({"spec": {"containers": [{"name": "p"}, {"name": "a", "image": "a:2"}]}, "x/y~": null});
        let expected = json!([
            {"op": "remove", "path": "/spec/containers/1"},
            {"op": "replace", "path": "/spec/containers/0/image", "value": "a:2"},
            {"op": "add", "path": "/spec/containers/0", "value": {"name": "p"}},
            {"op": "add", "path": "/x~1y~0", "value": null},
        ]);
        assert_eq!(json!(operations(&old, &new)), expected);
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![Just(Value::Null), any::<u8>().prop_map(Value::from), "[a-c]".prop_map(Value::from)];
        leaf.prop_recursive(5, 40, 5, |below| {
            let key = prop::sample::select(vec!["a", "b/c", "~", "name", ""]);
            prop_oneof![
                prop::collection::vec(below.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((key.prop_map(str::to_owned), below), 0..5)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_patched_value_is_the_new_one(old in any_value(), new in any_value()) {
            let mut patched = old.clone();
            super::apply::operations(&mut patched, &operations(&old, &new));
            prop_assert_eq!(patched, new);
        }
    }
}
