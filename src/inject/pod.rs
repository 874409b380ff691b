//! A pod template as a JSON value: access to the fields that an injection reads and writes. [`check`] comes first, so that the
//! other functions cannot fail.

use std::collections::HashMap;

use serde_json::{Map, Value};

pub(super) use crate::k8s::small_map::field;

use crate::istio::names::container::PROXY;
use crate::istio::value::kind_of;
use crate::k8s::Path;
use lossless_yaml::Step;

/// One of the two lists of containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// `spec.containers`.
    Containers,
    /// `spec.initContainers`.
    InitContainers,
}

impl Group {
    /// Both lists, in the order in which istiod searches.
    pub const BOTH: [Self; 2] = [Self::Containers, Self::InitContainers];

    /// The key in the spec of the pod.
    pub fn key(self) -> &'static str {
        match self {
            Self::Containers => "containers",
            Self::InitContainers => "initContainers",
        }
    }
}

/// A pod template with a field of the wrong type, which the API server rejects.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} must be {expected}, found {found}", self.path_text())]
pub struct Malformed {
    /// The path in the pod template, such as `spec`, `containers`, 0, `env`.
    pub path: Path,
    /// The type that Kubernetes expects, such as `a list`.
    pub expected: &'static str,
    /// The type that was found.
    pub found: &'static str,
}

impl Malformed {
    fn path_text(&self) -> String {
        if self.path.is_empty() { "pod template".to_owned() } else { self.path.to_string() }
    }
}

/// Checks the types of all fields that an injection reads. `null` counts as absent.
pub(super) fn check(pod: &Value) -> Result<(), Malformed> {
    let object = |value: &Value, path: &[Step<'_>]| match value {
        Value::Object(_) | Value::Null => Ok(()),
        other => Err(malformed(path, "a mapping", other)),
    };
    object(pod, &[])?;
    let (metadata, spec) = (part(pod, "metadata"), part(pod, "spec"));
    object(metadata, &[Step::Key("metadata")])?;
    object(spec, &[Step::Key("spec")])?;
    for key in ["labels", "annotations"] {
        let map = part(metadata, key);
        let path = [Step::Key("metadata"), Step::Key(key)];
        object(map, &path)?;
        for (name, value) in map.as_object().into_iter().flatten() {
            if !value.is_string() && !value.is_null() {
                return Err(malformed(&[&path[..], &[Step::Key(name)]].concat(), "a string", value));
            }
        }
    }
    for key in Group::BOTH.map(Group::key) {
        for (i, container) in list(spec, key, &[Step::Key("spec")])?.iter().enumerate() {
            check_container(container, &[Step::Key("spec"), Step::Key(key), Step::Index(i)])?;
        }
    }
    for key in ["volumes", "imagePullSecrets"] {
        for (i, item) in list(spec, key, &[Step::Key("spec")])?.iter().enumerate() {
            object(item, &[Step::Key("spec"), Step::Key(key), Step::Index(i)])?;
        }
    }
    Ok(())
}

fn check_container(container: &Value, path: &[Step<'_>]) -> Result<(), Malformed> {
    let below = |steps: &[Step<'_>], expected, value: &Value| malformed(&[path, steps].concat(), expected, value);
    if !container.is_object() {
        return Err(below(&[], "a mapping", container));
    }
    for key in ["name", "image"] {
        let value = part(container, key);
        if !value.is_string() && !value.is_null() {
            return Err(below(&[Step::Key(key)], "a string", value));
        }
    }
    for key in ["env", "ports", "volumeMounts"] {
        for (i, item) in list(container, key, path)?.iter().enumerate() {
            if !item.is_object() {
                return Err(below(&[Step::Key(key), Step::Index(i)], "a mapping", item));
            }
            let (field, is_right, expected): (_, fn(&Value) -> bool, _) = match key {
                "env" => ("value", Value::is_string, "a string"),
                "ports" => ("containerPort", |value| value.is_i64(), "an integer"),
                _ => ("mountPath", Value::is_string, "a string"),
            };
            let value = part(item, field);
            if !is_right(value) && !value.is_null() {
                return Err(below(&[Step::Key(key), Step::Index(i), Step::Key(field)], expected, value));
            }
        }
    }
    for key in ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "securityContext", "resources"] {
        let value = part(container, key);
        if !value.is_object() && !value.is_null() {
            return Err(below(&[Step::Key(key)], "a mapping", value));
        }
    }
    Ok(())
}

/// The items under `key` of `value`, which is at `path`.
fn list<'a>(value: &'a Value, key: &str, path: &[Step<'_>]) -> Result<&'a [Value], Malformed> {
    match part(value, key) {
        Value::Array(items) => Ok(items),
        Value::Null => Ok(&[]),
        other => Err(malformed(&[path, &[Step::Key(key)]].concat(), "a list", other)),
    }
}

fn malformed(path: &[Step<'_>], expected: &'static str, found: &Value) -> Malformed {
    Malformed { path: path.iter().collect(), expected, found: kind_of(found) }
}

/// A field, `null` if absent.
pub(super) fn part<'a>(value: &'a Value, key: &str) -> &'a Value {
    value.as_object().and_then(|object| field(object, key)).unwrap_or(&Value::Null)
}

/// The text of a string; empty for `null`, as in Go.
pub(super) fn string(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

/// A string field, empty if absent.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    string(part(value, key))
}

/// The value of an annotation; `null` is empty, as in Go.
pub(super) fn annotation<'a>(pod: &'a Value, name: &str) -> Option<&'a str> {
    let annotations = part(part(pod, "metadata"), "annotations").as_object()?;
    field(annotations, name).map(string)
}

/// The value of a label.
pub(super) fn label<'a>(pod: &'a Value, name: &str) -> Option<&'a str> {
    let labels = part(part(pod, "metadata"), "labels").as_object()?;
    field(labels, name).map(string)
}

/// The containers of a group.
pub(super) fn containers(pod: &Value, group: Group) -> &[Value] {
    part(part(pod, "spec"), group.key()).as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn containers_mut(pod: &mut Value, group: Group) -> Option<&mut Vec<Value>> {
    pod.get_mut("spec")?.get_mut(group.key())?.as_array_mut()
}

/// The name of a container.
pub(super) fn name(container: &Value) -> &str {
    text(container, "name")
}

/// The container of that name in a group.
pub(super) fn find<'a>(pod: &'a Value, group: Group, container_name: &str) -> Option<&'a Value> {
    containers(pod, group).iter().find(|container| name(container) == container_name)
}

/// Up to so many items, a search is faster than an index.
const FEW: usize = 8;

/// Items by their names, for many lookups. The first of several items of a name is found.
pub(super) enum ByName<'a> {
    Few(&'a [Value]),
    Many(HashMap<&'a str, &'a Value>),
}

impl<'a> ByName<'a> {
    pub(super) fn new(items: &'a [Value]) -> Self {
        if items.len() <= FEW {
            return Self::Few(items);
        }
        let mut by_name = HashMap::with_capacity(items.len());
        for item in items {
            by_name.entry(name(item)).or_insert(item);
        }
        Self::Many(by_name)
    }

    pub(super) fn get(&self, item_name: &str) -> Option<&'a Value> {
        match self {
            Self::Few(items) => items.iter().find(|item| name(item) == item_name),
            Self::Many(by_name) => by_name.get(item_name).copied(),
        }
    }
}

/// Appends a container to a group.
pub(super) fn push_container(pod: &mut Value, group: Group, container: Value) {
    if let Some(list) = entry(pod, "spec").and_then(|spec| entry_list(spec, group.key())) {
        list.push(container);
    }
}

/// The proxy, in the first list that has one.
pub(super) fn proxy(pod: &Value) -> Option<&Value> {
    Group::BOTH.into_iter().find_map(|group| find(pod, group, PROXY))
}

pub(super) fn proxy_mut(pod: &mut Value) -> Option<&mut Value> {
    let group = Group::BOTH.into_iter().find(|group| find(pod, *group, PROXY).is_some())?;
    containers_mut(pod, group)?.iter_mut().find(|container| name(container) == PROXY)
}

/// The annotations, created if absent.
pub(super) fn annotations_mut(pod: &mut Value) -> Option<&mut Map<String, Value>> {
    entry(pod, "metadata").and_then(|metadata| entry(metadata, "annotations")).and_then(Value::as_object_mut)
}

/// The labels, created if absent.
pub(super) fn labels_mut(pod: &mut Value) -> Option<&mut Map<String, Value>> {
    entry(pod, "metadata").and_then(|metadata| entry(metadata, "labels")).and_then(Value::as_object_mut)
}

pub(super) fn set_annotation(pod: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(annotations) = annotations_mut(pod) {
        annotations.insert(name.to_owned(), value.into());
    }
}

/// Removes an annotation, and `annotations` if it was the only one.
pub(super) fn remove_annotation(pod: &mut Value, name: &str) {
    let Some(metadata) = pod.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) else { return };
    annotations.shift_remove(name);
    if annotations.is_empty() {
        metadata.shift_remove("annotations");
    }
}

/// The environment of a container, created if absent.
pub(super) fn env_mut(container: &mut Value) -> Option<&mut Vec<Value>> {
    entry_list(container, "env")
}

/// The literal value of an environment variable.
pub(super) fn env_value<'a>(container: &'a Value, variable: &str) -> Option<&'a str> {
    let env = container.get("env")?.as_array()?;
    env.iter().find(|entry| name(entry) == variable).map(|entry| text(entry, "value"))
}

/// The object under a key, created if absent or null.
pub(super) fn entry<'a>(value: &'a mut Value, key: &str) -> Option<&'a mut Value> {
    filled_entry(value, key, || Value::Object(Map::new()))
}

/// The list under a key, created if absent or null.
pub(super) fn entry_list<'a>(value: &'a mut Value, key: &str) -> Option<&'a mut Vec<Value>> {
    filled_entry(value, key, || Value::Array(Vec::new())).and_then(Value::as_array_mut)
}

fn filled_entry<'a>(value: &'a mut Value, key: &str, empty: fn() -> Value) -> Option<&'a mut Value> {
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    let slot = value.as_object_mut()?.entry(key).or_insert(Value::Null);
    if slot.is_null() {
        *slot = empty();
    }
    Some(slot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_wrong_type_is_reported_with_its_path() {
        let error = check(&json!({"metadata": {"annotations": {"a": true}}})).unwrap_err();
        assert_eq!(error.to_string(), "metadata.annotations.a must be a string, found a boolean");
        let error = check(&json!({"spec": {"containers": [{"name": "a", "env": [{"value": 1}]}]}})).unwrap_err();
        assert_eq!(error.to_string(), "spec.containers[0].env[0].value must be a string, found a number");
        let error = check(&json!({"spec": {"containers": {}}})).unwrap_err();
        assert_eq!(error.path_text(), "spec.containers");
        let fine = json!({"metadata": null, "spec": {"volumes": null, "containers": [{"name": "a", "env": null}]}});
        assert_eq!(check(&fine), Ok(()));
    }

    #[test]
    fn missing_parents_are_created() {
        let mut pod = json!({"metadata": null});
        set_annotation(&mut pod, "a", "b");
        push_container(&mut pod, Group::InitContainers, json!({"name": "c"}));
        assert_eq!(pod, json!({"metadata": {"annotations": {"a": "b"}}, "spec": {"initContainers": [{"name": "c"}]}}));
        remove_annotation(&mut pod, "a");
        assert_eq!(pod["metadata"], json!({}));
    }
}
