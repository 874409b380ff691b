//! `-o jsonpatch`: for each workload that changed, what it is, and the operations of RFC 6902 that change it so.

use std::ops::Range;

use serde_json::{Map, Value, json};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::form::{Changed, Form, Layout, Pieces, pretty};

/// A list's item is told from others by the first of these that it has.
const NAMES: [&str; 3] = ["name", "mountPath", "containerPort"];

/// A list of patches (RFC 6902), each with its target.
#[derive(Debug)]
pub(super) struct JsonPatch;

impl Form for JsonPatch {
    fn name(&self) -> &'static str {
        "jsonpatch"
    }

    fn help(&self) -> &'static str {
        "A list of patches (RFC 6902), each with its target"
    }

    fn layout(&self) -> Layout {
        Layout::JSON_LIST
    }

    fn pieces(&self) -> Pieces {
        Pieces::Changes { piece: entry, of_each_template: false, needs_name: true }
    }
}

/// The item for one workload.
fn entry(changed: &Changed<'_>) -> String {
    let mut operations = Vec::new();
    values(changed.old, changed.new, "", &mut operations);
    pretty(&json!({"target": changed.target(), "patch": operations}), "    ")
}

/// The operations that make `old`, at the pointer `at`, say `new`.
fn values(old: &Value, new: &Value, at: &str, operations: &mut Vec<Value>) {
    match (old, new) {
        _ if old == new => {}
        (Value::Object(old), Value::Object(new)) => objects(old, new, at, operations),
        (Value::Array(old), Value::Array(new)) => lists(old, new, at, operations),
        _ => operations.push(json!({"op": "replace", "path": at, "value": new})),
    }
}

fn objects(old: &Map<String, Value>, new: &Map<String, Value>, at: &str, operations: &mut Vec<Value>) {
    let below = |key: &str| format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
    for key in old.keys().filter(|key| !new.contains_key(*key)) {
        operations.push(json!({"op": "remove", "path": below(key)}));
    }
    for (key, new) in new {
        match old.get(key) {
            Some(old) => values(old, new, &below(key), operations),
            None => operations.push(json!({"op": "add", "path": below(key), "value": new})),
        }
    }
}

/// Items that stay are found by their names. From the end to the start, so that positions before a change still hold.
fn lists(old: &[Value], new: &[Value], at: &str, operations: &mut Vec<Value>) {
    let names = |list: &[Value]| list.iter().map(name).collect::<Vec<_>>();
    let ops = capture_diff_slices(Algorithm::Myers, &names(old), &names(new));
    for op in ops.iter().rev() {
        let (gone, came) = (op.old_range(), op.new_range());
        if let DiffOp::Equal { .. } = op {
            for (index, (old, new)) in gone.clone().zip(part(old, gone).iter().zip(part(new, came))).rev() {
                values(old, new, &format!("{at}/{index}"), operations);
            }
            continue;
        }
        let start = gone.start;
        for index in gone.rev() {
            operations.push(json!({"op": "remove", "path": format!("{at}/{index}")}));
        }
        for (index, item) in (start..).zip(part(new, came)) {
            operations.push(json!({"op": "add", "path": format!("{at}/{index}"), "value": item}));
        }
    }
}

fn part(list: &[Value], range: Range<usize>) -> &[Value] {
    list.get(range).unwrap_or_default()
}

/// What an item is found by: its name, or all of it.
fn name(item: &Value) -> String {
    let named = NAMES.iter().find_map(|key| Some(json!([key, item.get(key)?])));
    named.as_ref().unwrap_or(item).to_string()
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
        values(old, new, "", &mut operations);
        operations
    }

    #[test]
    fn an_item_that_comes_first_moves_no_other() {
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
        fn operations_lead_from_one_value_to_the_other(old in any_value(), new in any_value()) {
            let mut patched = old.clone();
            super::apply::operations(&mut patched, &operations(&old, &new));
            prop_assert_eq!(patched, new);
        }
    }
}
