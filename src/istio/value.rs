//! Small helpers over `serde_json::Value`: paths, merges as in Helm, and text as Go's templates print it.

use gostd::strconv::{BitSize, format_float};
use serde_json::{Map, Value};

/// The value at a path of keys; absent and `null` are the same.
pub(crate) fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.get(key)).filter(|value| !value.is_null())
}

/// The type of a value, for messages. They never quote the value: it may be a secret.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

/// The message about a value of the wrong type.
pub(crate) fn wrong_type(expected: &str, found: &Value) -> String {
    format!("must be {expected}, found {}", kind_of(found))
}

/// A float as an integer, if it is whole.
#[expect(clippy::cast_possible_truncation, reason = "the range was checked before")]
pub(crate) fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}

/// A float as Go's JSON writes it: without a fraction of zero.
pub(crate) fn json_number(number: f64) -> Value {
    whole(number).map_or_else(|| number.into(), Value::from)
}

/// Whether a value is true in Go's templates: not absent, false, zero or empty.
pub(crate) fn truthy(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(yes)) => *yes,
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(map)) => !map.is_empty(),
    }
}

/// A scalar as Go's templates print it, where numbers are floats. Absent values are empty.
pub(crate) fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number
            .as_f64()
            .map_or_else(|| number.to_string(), |number| format_float(number, b'g', None, BitSize::Bits64)),
        Some(other) => other.to_string(),
    }
}

/// Merges one value into another: mappings are merged by key, `null` removes a key, and any other value replaces.
pub(crate) fn merge(below: &mut Value, above: &Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (key, value) in above {
                if value.is_null() {
                    below.shift_remove(key);
                } else if let Some(old) = below.get_mut(key) {
                    merge(old, value);
                } else {
                    below.insert(key.clone(), without_nulls(value));
                }
            }
        }
        (below, above) => *below = above.clone(),
    }
}

/// Merges one tree into another: maps merge by key, anything else replaces, `null` too. So Helm merges its values files,
/// where `null` removes a default later.
pub(crate) fn merge_keeping_nulls(below: &mut Value, above: Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (key, value) in above {
                merge_keeping_nulls(below.entry(key).or_insert(Value::Null), value);
            }
        }
        (below, above) => *below = above,
    }
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), without_nulls(v)));
            Value::Object(kept.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// Removes nulls at any depth and collections that this empties; collections that were empty stay (`omitNil`, istio
/// 1.28.6).
pub(crate) fn omit_nil(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(map) => {
            let kept: Map<_, _> = map.iter().filter_map(|(k, v)| omit_nil(v).map(|v| (k.clone(), v))).collect();
            (map.is_empty() || !kept.is_empty()).then_some(Value::Object(kept))
        }
        Value::Array(items) => {
            let kept: Vec<_> = items.iter().filter_map(omit_nil).collect();
            (items.is_empty() || !kept.is_empty()).then_some(Value::Array(kept))
        }
        scalar => Some(scalar.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn merges_are_deep_and_null_removes() {
        let mut values = json!({"a": {"b": 1, "c": 2}, "l": [1, 2], "x": 1});
        merge(&mut values, &json!({"a": {"c": null, "d": 3}, "l": [3], "n": {"m": null}}));
        assert_eq!(values, json!({"a": {"b": 1, "d": 3}, "l": [3], "x": 1, "n": {}}));
    }

    #[test]
    fn nulls_are_removed_with_the_collections_they_empty() {
        let value = json!({"limits": null, "requests": {"cpu": null}, "claims": []});
        assert_eq!(omit_nil(&value), Some(json!({"claims": []})));
        assert_eq!(omit_nil(&json!({"limits": {"cpu": null}})), None);
    }

    #[test]
    fn numbers_print_as_go_prints_floats() {
        assert_eq!(text(Some(&json!(15020))), "15020");
        assert_eq!(text(Some(&json!(0.5))), "0.5");
        assert_eq!(text(Some(&json!(1_000_000))), "1e+06");
        assert_eq!(text(Some(&json!(1_234_567))), "1.234567e+06");
        assert_eq!(text(Some(&json!("x"))), "x");
        assert_eq!(text(None), "");
    }
}
