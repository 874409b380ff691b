//! Reads fields of objects leniently: a field of another type than expected counts as absent.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::k8s::Time;

/// The value at a path of keys; `null` if there is none.
pub(super) fn at<'v>(value: &'v Value, path: &[&str]) -> &'v Value {
    path.iter().try_fold(value, |value, key| value.get(key)).unwrap_or(&Value::Null)
}

/// The string at a path; empty if there is none.
pub(super) fn text(value: &Value, path: &[&str]) -> String {
    at(value, path).as_str().unwrap_or_default().to_owned()
}

/// The time at a path.
pub(super) fn time(value: &Value, path: &[&str]) -> Option<Time> {
    Time::parse(at(value, path).as_str()?)
}

/// The number at a path; 0 if there is none.
pub(super) fn number(value: &Value, path: &[&str]) -> i64 {
    at(value, path).as_i64().unwrap_or_default()
}

/// Whether the boolean at a path is true.
pub(super) fn is_true(value: &Value, path: &[&str]) -> bool {
    at(value, path).as_bool() == Some(true)
}

/// The items of the list at a path.
pub(super) fn items<'v>(value: &'v Value, path: &[&str]) -> impl Iterator<Item = &'v Value> + use<'v> {
    at(value, path).as_array().into_iter().flatten()
}

/// The entries of the mapping at a path whose values are strings.
pub(super) fn strings(value: &Value, path: &[&str]) -> BTreeMap<String, String> {
    let entries = at(value, path).as_object().into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}
