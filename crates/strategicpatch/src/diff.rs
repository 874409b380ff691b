//! The patch that turns one object into another.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::schema::{Field, Fields, Strategy, find};
use super::value::{Key, PATCH, as_new};

/// Lists whose items have one merge key here and two elsewhere in Kubernetes (`x-kubernetes-list-map-keys`). Two items may
/// share the first, and programs differ in how they apply a patch then.
const TWO_KEYS: [&str; 2] = ["ports", "topologySpreadConstraints"];

/// The patch that turns `original` into `modified`. Empty if they are equal.
pub(super) fn objects(
    original: &Map<String, Value>,
    modified: &Map<String, Value>,
    fields: Fields,
) -> Map<String, Value> {
    let mut patch = Map::new();
    for (key, new) in modified {
        let field = find(fields, key).ok();
        match original.get(key) {
            None | Some(Value::Null) => {
                if let Some(new) = as_new(new.clone()).filter(|new| !new.is_null()) {
                    patch.insert(key.clone(), new);
                }
            }
            Some(old) if old == new => {}
            Some(Value::Object(old)) if let Value::Object(new) = new => {
                let below = objects(old, new, field.and_then(|field| field.fields));
                if !below.is_empty() {
                    patch.insert(key.clone(), Value::Object(below));
                }
            }
            Some(Value::Array(old)) if let Value::Array(new) = new => lists(&mut patch, key, old, new, field),
            Some(_) => {
                patch.insert(key.clone(), new.clone());
            }
        }
    }
    for (key, old) in original {
        if !old.is_null() && !modified.contains_key(key) {
            patch.insert(key.clone(), Value::Null);
        }
    }
    patch
}

/// Adds the change of a list to the patch, under `key`.
fn lists(patch: &mut Map<String, Value>, key: &str, old: &[Value], new: &[Value], field: Option<&Field>) {
    let merge_key = match field.map(|field| field.strategy) {
        None | Some(Strategy::Replace) => {
            patch.insert(key.to_owned(), json!(new));
            return;
        }
        Some(Strategy::Merge { key: None }) => return scalars(patch, key, old, new),
        Some(Strategy::Merge { key: Some(merge_key) }) => merge_key,
    };
    let fields = field.and_then(|field| field.fields);
    let items = match (identities(old, merge_key), identities(new, merge_key)) {
        (Some(old), Some(new)) if !TWO_KEYS.contains(&key) => items(&old, &new, merge_key, fields),
        _ => std::iter::once(json!({PATCH: "replace"})).chain(new.iter().cloned()).collect(),
    };
    patch.insert(key.to_owned(), Value::Array(items));
}

type Identified<'v> = Vec<(Key<'v>, &'v Map<String, Value>)>;

/// The items of a list with their keys. `None` unless all have distinct keys.
fn identities<'v>(list: &'v [Value], merge_key: &'static str) -> Option<Identified<'v>> {
    let mut seen = HashSet::new();
    list.iter()
        .map(|item| {
            let key = Key::of(item.get(merge_key)?);
            let is_plain = matches!(key, Key::String(_) | Key::Integer(_));
            (is_plain && seen.insert(key)).then_some((key, item.as_object()?))
        })
        .collect()
}

/// The items of the new list in order, existing ones with their changes only, and then the removed ones.
fn items<'a>(old: &Identified<'a>, new: &Identified<'a>, merge_key: &str, fields: Fields) -> Vec<Value> {
    let by_key = |list: &Identified<'a>| list.iter().copied().collect::<HashMap<_, _>>();
    let (old_by_key, new_by_key) = (by_key(old), by_key(new));
    let named = |item: &Map<String, Value>| {
        Map::from_iter(item.get_key_value(merge_key).map(|(key, value)| (key.clone(), value.clone())))
    };
    let mut items = Vec::with_capacity(new.len());
    for (key, item) in new {
        let item = match old_by_key.get(key) {
            Some(old) => {
                let mut patched = named(item);
                patched.extend(objects(old, item, fields));
                patched
            }
            None => match as_new(Value::Object((*item).clone())) {
                Some(Value::Object(item)) => item,
                _ => continue,
            },
        };
        items.push(Value::Object(item));
    }
    for (key, item) in old {
        if !new_by_key.contains_key(key) {
            let mut gone = named(item);
            gone.insert(PATCH.to_owned(), json!("delete"));
            items.push(Value::Object(gone));
        }
    }
    items
}

/// Adds the change of a list of scalars, which is merged as an ordered set.
fn scalars(patch: &mut Map<String, Value>, key: &str, old: &[Value], new: &[Value]) {
    let without = |list: &[Value], other: &[Value]| -> Vec<Value> {
        let other: HashSet<&Value> = other.iter().collect();
        list.iter().filter(|item| !other.contains(item)).cloned().collect()
    };
    let (gone, added) = (without(old, new), without(new, old));
    patch.insert(format!("$setElementOrder/{key}"), json!(new));
    if !added.is_empty() {
        patch.insert(key.to_owned(), Value::Array(added));
    }
    if !gone.is_empty() {
        patch.insert(format!("$deleteFromPrimitiveList/{key}"), Value::Array(gone));
    }
}
