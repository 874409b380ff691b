//! Edits of a pod template's text: how the items of its lists are identified, and where new keys go.

use std::collections::HashSet;

use serde_json::Value;

use super::containers::{container_name, pod_containers};
use lossless_yaml::{Draft, Hints, NodeId, Step, Tree, YamlError};

/// Lists of a pod, with the key that identifies their items (Kubernetes API reference, `patchMergeKey`).
const IDENTITIES: [(&str, &str); 9] = [
    ("containers", "name"),
    ("initContainers", "name"),
    ("ephemeralContainers", "name"),
    ("volumes", "name"),
    ("env", "name"),
    ("volumeMounts", "mountPath"),
    ("volumeDevices", "devicePath"),
    ("imagePullSecrets", "name"),
    ("hostAliases", "ip"),
];

/// Hints for a pod template, or a bare Pod.
struct PodHints;

impl Hints for PodHints {
    fn identity(&self, path: &[Step<'_>]) -> Option<&str> {
        let Some(Step::Key(list)) = path.last() else { return None };
        IDENTITIES.iter().find(|(name, _)| name == list).map(|&(_, key)| key)
    }

    fn before<'k>(&self, path: &[Step<'_>], key: &str, keys: &[&'k str]) -> Option<&'k str> {
        let named = |name: &str| keys.iter().copied().find(|k| *k == name);
        match (path, key) {
            ([], "metadata") => metadata_goes_before(keys),
            ([Step::Key("spec")], "initContainers") => named("containers"),
            ([Step::Key("spec")], "volumes") => {
                let containers = keys.iter().position(|k| *k == "containers")?;
                keys.get(containers + 1).copied()
            }
            _ => None,
        }
    }
}

/// The key before which a template's new `metadata` goes: the first one, or `spec` in a bare Pod.
pub fn metadata_goes_before<'k>(keys: &[&'k str]) -> Option<&'k str> {
    let is_pod = keys.contains(&"kind");
    keys.iter().copied().find(|k| !is_pod || *k == "spec")
}

/// Changes the `metadata` and `spec` of the pod template at `base` from `old` to `new`. The text of a container that
/// moves to the other list moves with it.
pub fn update_pod(
    draft: &mut Draft<'_, '_>,
    base: &[Step<'_>],
    mut old: Value,
    mut new: Value,
) -> Result<(), YamlError> {
    labels_first(&old, &mut new);
    for (from, to) in [("containers", "initContainers"), ("initContainers", "containers")] {
        move_containers(draft, base, &mut old, &new, [from, to])?;
    }
    draft.update(base, &old, new, &PodHints)
}

/// If `metadata` is new, puts the labels first, as people write them.
fn labels_first(old: &Value, new: &mut Value) {
    let is_new = old.get("metadata").is_none_or(Value::is_null);
    let metadata = new.get_mut("metadata").and_then(Value::as_object_mut).filter(|_| is_new);
    if let Some((metadata, labels)) = metadata.and_then(|m| m.shift_remove("labels").map(|labels| (m, labels))) {
        metadata.shift_insert(0, "labels".to_owned(), labels);
    }
}

fn move_containers(
    draft: &mut Draft<'_, '_>,
    base: &[Step<'_>],
    old: &mut Value,
    new: &Value,
    [from, to]: [&str; 2],
) -> Result<(), YamlError> {
    let names = |pod: &Value, list: &str| -> Vec<String> {
        pod_containers(pod, list).map(|container| container_name(container).to_owned()).collect()
    };
    let new_to = names(new, to);
    let stay: HashSet<String> = names(new, from).into_iter().collect();
    let arrive: HashSet<&String> = new_to.iter().collect();
    for name in names(old, from) {
        let changes_list = !stay.contains(&name) && arrive.contains(&name) && !names(old, to).contains(&name);
        if !changes_list || name.is_empty() {
            continue;
        }
        let (old_from, old_to) = (names(old, from), names(old, to));
        let Some(index) = old_from.iter().position(|n| *n == name) else { continue };
        let before = new_to.iter().take_while(|n| **n != name);
        let at = before.filter(|n| old_to.contains(n)).count();
        let list = |key| [base, &[Step::Key("spec"), Step::Key(key)]].concat();
        let mut item = list(from);
        item.push(Step::Index(index));
        draft.move_item(&item, &list(to), at, (to == "initContainers").then_some("containers"))?;
        // Move the container in the data too.
        let Some(spec) = old.get_mut("spec").and_then(Value::as_object_mut) else { continue };
        let Some(moved) = spec.get_mut(from).and_then(Value::as_array_mut).map(|items| items.remove(index)) else {
            continue;
        };
        let target = spec.entry(to).or_insert_with(|| Value::Array(Vec::new()));
        if target.is_null() {
            *target = Value::Array(Vec::new());
        }
        if let Some(items) = target.as_array_mut() {
            items.insert(at.min(items.len()), moved);
        }
    }
    Ok(())
}

/// The `metadata` and `spec` of a pod template. Of duplicate keys `spec`, the last is used; duplicate `metadata` is an
/// error.
pub fn pod_value(tree: &Tree<'_>, template: NodeId) -> Result<Value, YamlError> {
    let mut pod = serde_json::Map::new();
    for (key, node) in [("metadata", tree.get(template, "metadata")?), ("spec", tree.get_last(template, "spec")?)] {
        if let Some(node) = node {
            pod.insert(key.to_owned(), tree.value(node)?);
        }
    }
    Ok(Value::Object(pod))
}
