//! Where two pods differ: in labels, annotations and spec. Items of lists are matched by what identifies them, and values
//! are equal if Kubernetes treats them as equal.

use std::cmp::Ordering;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use serde_json::{Map, Value};

use super::quantity::compare_resources;

/// A step of the path to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A field.
    Key(String),
    /// The item of a list that this identifies: a name, or a port and its protocol.
    Item(String),
}

/// The path to a field of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldPath(Vec<Step>);

impl FieldPath {
    fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The keys and items, as texts.
    pub(crate) fn words(&self) -> Vec<&str> {
        let word = |step| match step {
            &Step::Key(ref word) | &Step::Item(ref word) => word.as_str(),
        };
        self.0.iter().map(word).collect()
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                // Keys of labels and annotations have dots.
                Step::Key(key) if key.contains(['.', '/']) => write!(f, "[{key}]")?,
                Step::Key(key) if index == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Item(item) => write!(f, "[{item}]")?,
            }
        }
        Ok(())
    }
}

/// A field with different values in two pods.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FieldChange {
    pub path: FieldPath,
    /// The value in the first pod; `None` if it lacks the field.
    pub from: Option<Value>,
    /// The value in the second pod; `None` if it lacks the field.
    pub to: Option<Value>,
}

/// Parts of a pod whose fields are compared one by one, also where one of the pods lacks the part.
const PARTS: [&[&str]; 4] = [&["metadata"], &["metadata", "labels"], &["metadata", "annotations"], &["spec"]];

/// Booleans that are absent if they are false: in Go, they are not pointers.
const FALSE_IS_ABSENT: [&str; 7] = ["hostIPC", "hostNetwork", "hostPID", "readOnly", "stdin", "stdinOnce", "tty"];

/// Fields whose values are quantities.
const QUANTITIES: [&str; 4] = ["limits", "requests", "sizeLimit", "divisor"];

/// The differences between two pods, in the order of their fields.
pub(crate) fn pod_changes(from: &Value, to: &Value) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    for part in ["metadata", "spec"] {
        let path = FieldPath(vec![Step::Key(part.to_owned())]);
        compare(&path, from.get(part), to.get(part), &mut changes);
    }
    changes.retain(|change| {
        let words = change.path.words();
        words.first() == Some(&"spec") || matches!(words.get(1), Some(&("labels" | "annotations")))
    });
    changes
}

fn compare(path: &FieldPath, from: Option<&Value>, to: Option<&Value>, changes: &mut Vec<FieldChange>) {
    let words = path.words();
    let is_there = |value: &&Value| !is_absent(&words, value);
    let (from, to) = (from.filter(is_there), to.filter(is_there));
    let nothing = Value::Null;
    match (from, to) {
        (None, None) => {}
        (Some(from), Some(to)) if is_same(&words, from, to) => {}
        (Some(Value::Object(from)), Some(Value::Object(to))) => fields(path, from, to, changes),
        (one, other) if PARTS.contains(&&*words) => {
            let map = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
            fields(path, &map(one), &map(other), changes);
        }
        (one, other) => match list_key(&words) {
            Some(key) => items(path, key, one.unwrap_or(&nothing), other.unwrap_or(&nothing), changes),
            None => {
                changes.push(FieldChange { path: path.clone(), from: one.cloned(), to: other.cloned() });
            }
        },
    }
}

fn fields(path: &FieldPath, from: &Map<String, Value>, to: &Map<String, Value>, changes: &mut Vec<FieldChange>) {
    let only_to = to.keys().filter(|key| !from.contains_key(*key));
    for key in from.keys().chain(only_to) {
        compare(&path.with(Step::Key(key.clone())), from.get(key), to.get(key), changes);
    }
}

/// The differences between two versions of a container. `list` is the field of the pod with containers that has it.
pub(crate) fn container_changes(list: &str, name: &str, from: &Value, to: &Value) -> Vec<FieldChange> {
    let steps = [Step::Key("spec".to_owned()), Step::Key(list.to_owned()), Step::Item(name.to_owned())];
    let mut changes = Vec::new();
    compare(&FieldPath(steps.into()), Some(from), Some(to), &mut changes);
    changes
}

fn list_items(list: &Value) -> &[Value] {
    list.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Compares lists whose items `key` identifies.
fn items(path: &FieldPath, key: &str, from: &Value, to: &Value, changes: &mut Vec<FieldChange>) {
    let (from, to) = (list_items(from), list_items(to));
    let mut by_identity: BTreeMap<String, VecDeque<usize>> = BTreeMap::new();
    for (index, item) in to.iter().enumerate() {
        by_identity.entry(identity(key, item)).or_default().push_back(index);
    }
    let mut matched = Vec::new();
    for item in from {
        let name = identity(key, item);
        let index = by_identity.get_mut(&name).and_then(VecDeque::pop_front);
        matched.extend(index);
        let to = index.and_then(|index| to.get(index));
        compare(&path.with(Step::Item(name)), Some(item), to, changes);
    }
    let missing: Vec<usize> = by_identity.into_values().flatten().collect();
    for item in missing.iter().filter_map(|index| to.get(*index)) {
        compare(&path.with(Step::Item(identity(key, item))), None, Some(item), changes);
    }
    // Containers start in their order.
    if path.words().last().is_some_and(|list| list.ends_with("ontainers")) && !matched.is_sorted() {
        let names = |indexes: &mut dyn Iterator<Item = usize>| -> Value {
            indexes.filter_map(|index| Some(Value::from(identity(key, to.get(index)?)))).collect()
        };
        let from = names(&mut matched.iter().copied());
        matched.sort_unstable();
        let path = path.with(Step::Item("order".to_owned()));
        changes.push(FieldChange { path, from: Some(from), to: Some(names(&mut matched.into_iter())) });
    }
}

/// The key that identifies the items of a list of a pod; empty if they are compared as a whole.
fn list_key(words: &[&str]) -> Option<&'static str> {
    Some(match words.last().copied()? {
        "containers" | "initContainers" | "ephemeralContainers" | "env" | "volumes" | "imagePullSecrets" => "name",
        "volumeMounts" => "mountPath",
        "volumeDevices" => "devicePath",
        "ports" => "containerPort",
        "tolerations" => "",
        _ => return None,
    })
}

fn identity(key: &str, item: &Value) -> String {
    let text = |key: &str| match item.get(key) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    match key {
        "" => {
            let parts = ["key", "operator", "value", "effect", "tolerationSeconds"].map(text);
            parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")
        }
        "containerPort" => match text("protocol").as_str() {
            "" | "TCP" => text(key),
            protocol => format!("{}/{protocol}", text(key)),
        },
        key => text(key),
    }
}

/// Whether Kubernetes treats a value as an absent field.
fn is_absent(words: &[&str], value: &Value) -> bool {
    match value {
        Value::Null => true,
        // An empty label is not an absent one.
        Value::String(text) => text.is_empty() && words.first() != Some(&"metadata"),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.iter().all(|(key, value)| is_absent(&[words, &[key.as_str()]].concat(), value)),
        Value::Bool(value) => !value && words.last().is_some_and(|last| FALSE_IS_ABSENT.contains(last)),
        Value::Number(number) => words.last() == Some(&"initialDelaySeconds") && number.as_i64() == Some(0),
    }
}

fn is_same(words: &[&str], from: &Value, to: &Value) -> bool {
    if from == to {
        return true;
    }
    let of_quantities = words.iter().rev().take(2).any(|word| QUANTITIES.contains(word));
    let quantity = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if of_quantities && compare_resources(&quantity(from), &quantity(to)) == Some(Ordering::Equal) {
        return true;
    }
    // Annotations and variables with JSON.
    let json = |value: &Value| {
        let text = value.as_str().filter(|text| text.starts_with(['{', '[']))?;
        serde_json::from_str::<Value>(text).ok()
    };
    json(from).is_some_and(|from| Some(from) == json(to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The differences as `PATH: FROM, TO`.
    fn changed(actual: &Value, expected: &Value) -> Vec<String> {
        let text = |value: Option<Value>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
        let line = |change: FieldChange| format!("{}: {}, {}", change.path, text(change.from), text(change.to));
        pod_changes(actual, expected).into_iter().map(line).collect()
    }

    #[test]
    fn what_kubernetes_treats_as_equal_is_equal() {
        let actual = json!({"spec": {"hostNetwork": false, "securityContext": {"sysctls": []}, "containers": [{
            "name": "a", "resources": {"limits": {"cpu": "2", "memory": "1Gi"}}, "ports": [{"containerPort": 80, "protocol": "TCP"}],
            "env": [{"name": "A"}, {"name": "J", "value": "{\"a\": [1]}"}],
            "volumeMounts": [{"mountPath": "/b"}, {"mountPath": "/a", "readOnly": false}],
        }]}, "status": {"phase": "Running"}});
        let expected = json!({"metadata": {"labels": {}}, "spec": {"containers": [{
            "name": "a", "resources": {"limits": {"cpu": "2000m", "memory": "1024Mi"}}, "ports": [{"containerPort": 80, "protocol": "TCP"}],
            "env": [{"name": "A", "value": ""}, {"name": "J", "value": "{\"a\":[1]}"}],
            "volumeMounts": [{"mountPath": "/a"}, {"mountPath": "/b"}], "command": null,
        }]}});
        assert_eq!(changed(&actual, &expected), [""; 0]);
    }

    #[test]
    fn differences_have_the_path_of_what_differs() {
        let actual = json!({"metadata": {"name": "web-1", "labels": {"a.b/c": "1", "empty": ""}}, "spec": {
            "tolerations": [{"key": "k", "operator": "Exists"}],
            "containers": [{"name": "a", "env": [{"name": "A", "value": "1"}]}, {"name": "b"}],
        }});
        let expected = json!({"metadata": {"labels": {"a.b/c": "2"}}, "spec": {
            "containers": [{"name": "a", "env": [{"name": "A", "value": "2"}]}], "volumes": [{"name": "v", "emptyDir": {}}],
        }});
        assert_eq!(
            changed(&actual, &expected),
            [
                "metadata.labels[a.b/c]: \"1\", \"2\"",
                "metadata.labels.empty: \"\", -",
                "spec.tolerations[k Exists]: {\"key\":\"k\",\"operator\":\"Exists\"}, -",
                "spec.containers[a].env[A].value: \"1\", \"2\"",
                "spec.containers[b]: {\"name\":\"b\"}, -",
                "spec.volumes[v]: -, {\"name\":\"v\",\"emptyDir\":{}}",
            ]
        );
    }

    #[test]
    fn the_order_of_containers_matters() {
        let pod = |names: &[&str]| {
            let containers: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
            json!({"spec": {"initContainers": containers}})
        };
        let found = changed(&pod(&["b", "x", "a"]), &pod(&["a", "b"]));
        assert_eq!(
            found,
            ["spec.initContainers[x]: {\"name\":\"x\"}, -", "spec.initContainers[order]: [\"b\",\"a\"], [\"a\",\"b\"]"]
        );
    }
}
