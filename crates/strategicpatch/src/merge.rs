//! Merges two objects field by field, with the directives that apply to a whole object.

use std::collections::HashSet;
use std::mem;

use serde_json::{Map, Value};

use super::error::{PatchError, Problem};
use super::lists::{Purpose, merge_lists};
use super::order::{Arrangement, Ranks};
use super::schema::{Fields, Strategy, list_field, object_field};
use super::value::{JsonType, Key, PATCH, as_new, drop_directed_items, has_directive};

const RETAIN_KEYS: &str = "$retainKeys";
const SET_ELEMENT_ORDER: &str = "$setElementOrder";
const DELETE_FROM_PRIMITIVE_LIST: &str = "$deleteFromPrimitiveList";

/// Merges a patch into an object whose type has these fields.
///
/// The recursion is limited by the depth of the schema, since it ends where both documents and the schema do.
pub(super) fn merge_objects(
    mut original: Map<String, Value>,
    mut patch: Map<String, Value>,
    fields: Fields,
) -> Result<Map<String, Value>, PatchError> {
    // Most patches have no directives.
    if patch.keys().any(|key| key.starts_with('$')) {
        if let Some(directive) = patch.shift_remove(PATCH) {
            return match directive.as_str() {
                Some("replace") => Ok(patch),
                Some("delete") => Ok(Map::new()),
                _ => Err(Problem::UnknownDirective { found: directive.to_string() }.into()),
            };
        }
        if let Some(retained) = patch.shift_remove(RETAIN_KEYS) {
            retain_keys(&mut original, &patch, &retained).map_err(|problem| at(RETAIN_KEYS, problem))?;
        }
        // Apply orders first: a list may have both an order and deletions.
        let orders: Vec<String> = patch.keys().filter(|key| key.starts_with(SET_ELEMENT_ORDER)).cloned().collect();
        for key in orders {
            // An order for a list of this name may have taken it.
            let order = patch.shift_remove(&key).unwrap_or(Value::Null);
            let field = directive_field(&key, SET_ELEMENT_ORDER)?;
            let Value::Array(order) = order else { return Err(at(&key, wrong_type("a list", &order))) };
            merge_in_order(&mut original, &mut patch, field, &order, fields).map_err(|error| error.under_key(field))?;
        }
    }
    for (key, value) in patch {
        merge_field(&mut original, &key, value, fields).map_err(|error| error.under_key(&key))?;
    }
    Ok(original)
}

fn at(key: &str, problem: Problem) -> PatchError {
    PatchError::from(problem).under_key(key)
}

fn wrong_type(expected: &'static str, found: &Value) -> Problem {
    Problem::WrongType { expected, found: JsonType::of(found).name() }
}

/// The field after the slash in the key of a directive.
fn directive_field<'a>(key: &'a str, directive: &'static str) -> Result<&'a str, Problem> {
    key.strip_prefix(directive)
        .and_then(|rest| rest.strip_prefix('/'))
        .ok_or_else(|| Problem::DirectiveWithoutList { key: key.to_owned(), directive })
}

/// Checks that `$retainKeys` lists all fields that the patch sets, and drops the fields that it does not list.
fn retain_keys(original: &mut Map<String, Value>, patch: &Map<String, Value>, retained: &Value) -> Result<(), Problem> {
    let list = retained.as_array().ok_or_else(|| wrong_type("a list", retained))?;
    let retained: HashSet<Key> = list.iter().map(|field| Key::of(field).comparable()).collect::<Result<_, _>>()?;
    for (key, value) in patch {
        let is_parallel_list = key.starts_with(SET_ELEMENT_ORDER) || key.starts_with(DELETE_FROM_PRIMITIVE_LIST);
        if !value.is_null() && !is_parallel_list && !retained.contains(&Key::String(key)) {
            return Err(Problem::NotRetained { field: key.clone() });
        }
    }
    original.retain(|key, _| retained.contains(&Key::String(key)));
    Ok(())
}

/// Merges an entry of the patch.
fn merge_field(original: &mut Map<String, Value>, key: &str, patch: Value, fields: Fields) -> Result<(), PatchError> {
    let (key, purpose) = if key.starts_with(DELETE_FROM_PRIMITIVE_LIST) {
        match directive_field(key, DELETE_FROM_PRIMITIVE_LIST)? {
            // For Kubernetes, a directive with an empty name is a field.
            "" => (key, Purpose::Deletion),
            field => (field, Purpose::Deletion),
        }
    } else {
        (key, Purpose::Content)
    };
    if patch.is_null() {
        original.shift_remove(key);
        return Ok(());
    }
    let Some(slot) = original.get_mut(key) else {
        if let (Purpose::Content, Some(value)) = (purpose, as_new(patch)) {
            original.insert(key.to_owned(), value);
        }
        return Ok(());
    };
    match (mem::take(slot), patch) {
        (Value::Object(old), Value::Object(new)) => {
            *slot = Value::Object(merge_objects(old, new, object_field(fields, key)?)?);
        }
        (Value::Array(old), Value::Array(new)) => {
            *slot = Value::Array(merge_lists(old, new, list_field(fields, key)?, purpose)?.into_list());
        }
        (old, new) if purpose == Purpose::Content || JsonType::of(&old) == JsonType::of(&new) => match as_new(new) {
            Some(new) => *slot = new,
            None => drop(original.shift_remove(key)),
        },
        (old, _) => *slot = old,
    }
    Ok(())
}

/// Merges the list `key` and orders it by its `$setElementOrder` list.
fn merge_in_order(
    original: &mut Map<String, Value>,
    patch: &mut Map<String, Value>,
    key: &str,
    order: &[Value],
    fields: Fields,
) -> Result<(), PatchError> {
    let field = list_field(fields, key)?;
    let merge_key = match field.strategy {
        Strategy::Merge { key } => key,
        Strategy::Replace => None,
    };
    let old = original.get_mut(key).map(take_list).transpose()?;
    let new = patch.shift_remove(key).map(|mut value| take_list(&mut value)).transpose()?;
    check_order(new.as_deref().unwrap_or(&[]), order, merge_key)?;
    if old.is_none() && new.is_none() {
        return Ok(());
    }
    let item_type = JsonType::of_items(old.as_deref().unwrap_or(&[]), new.as_deref().unwrap_or(&[]))?;

    let mut list = match (old, new) {
        (Some(old), Some(new)) => merge_lists(old, new, field, Purpose::Content)?,
        (Some(old), None) => Arrangement::unchanged(old),
        (None, Some(mut new)) => {
            drop_directed_items(&mut new);
            Arrangement::replaced(Vec::new(), new)
        }
        (None, None) => return Ok(()),
    };
    if item_type == JsonType::Object && merge_key.is_none() && !(order.is_empty() && list.live.is_empty()) {
        return Err(Problem::NoMergeKeyDeclared.into());
    }
    let live = Ranks::new(list.select(&list.live), merge_key)?;
    list.sequence = list.arranged(&Ranks::new(order, merge_key)?, &live)?;
    original.insert(key.to_owned(), Value::Array(list.into_list()));
    Ok(())
}

fn take_list(value: &mut Value) -> Result<Vec<Value>, Problem> {
    match value {
        Value::Array(items) => Ok(mem::take(items)),
        other => Err(wrong_type("a list", other)),
    }
}

/// Checks that the items of the patch, except those it deletes, are in the order's list in the same order.
fn check_order(patch: &[Value], order: &[Value], merge_key: Option<&'static str>) -> Result<(), Problem> {
    if patch.is_empty() || order.is_empty() {
        return Ok(());
    }
    let mut rest = order.iter();
    for item in patch {
        if merge_key.is_some() {
            if !item.is_object() {
                return Err(wrong_type("an object", item));
            }
            if has_directive(item, "delete") {
                continue;
            }
        }
        if rest.as_slice().is_empty() {
            return Err(Problem::OrderMismatch);
        }
        if item.get(PATCH).is_some() {
            continue;
        }
        let key = Key::of_item(item, merge_key)?;
        loop {
            let Some(other) = rest.next() else { return Err(Problem::OrderMismatch) };
            if key.equals(Key::of_item(other, merge_key)?)? {
                break;
            }
        }
    }
    Ok(())
}
