//! `-o kustomize`: for each workload that changed, a strategic merge patch as an item of `patches:`.
//!
//! An item has no `target`: its name and namespace would be regular expressions, and one without a namespace would
//! choose objects of any. Without it kustomize looks for the object that the patch itself names, and fails if there is
//! none.
//!
//! kustomize tells items of lists apart by keys for the kinds of Kubernetes, and replaces the lists of all others.

use serde_json::{Map, Value, json};

use super::form::{Changed, Form, Layout, Pieces};
use lossless_yaml::{Draft, Step, Tree, YamlError};
use strategicpatch::{Kind, diff};

/// The `patches:` of a kustomization.
#[derive(Debug)]
pub(super) struct Kustomize;

impl Form for Kustomize {
    fn name(&self) -> &'static str {
        "kustomize"
    }

    fn help(&self) -> &'static str {
        "The patches of a kustomization, also for Flux"
    }

    fn layout(&self) -> Layout {
        Layout { head: "patches:", first: "\n", empty: " []\n", ..Layout::LINES }
    }

    fn pieces(&self) -> Pieces {
        Pieces::Changes { piece: entry, of_each_template: false, needs_name: true }
    }
}

/// The item for one workload.
fn entry(changed: &Changed<'_>) -> String {
    let object = changed.object;
    let mut metadata = json!({"name": object.name});
    if let (Some(metadata), Some(namespace)) = (metadata.as_object_mut(), &object.namespace) {
        metadata.insert("namespace".to_owned(), json!(namespace));
    }
    let mut patch = json!({"apiVersion": object.api_version, "kind": object.kind, "metadata": metadata});
    lay_over(&mut patch, diff(changed.old, changed.new, Kind::of(&object.api_version, &object.kind)));
    replace_own_metadata(&mut patch, changed.new);
    format!("- patch: |\n{}", indented(&yaml(&patch)))
}

/// In an object's own labels and annotations kustomize takes null for the text `null`, and overlooks it in their place:
/// where some go, all are said.
fn replace_own_metadata(patch: &mut Value, new: &Value) {
    for map in ["/metadata/labels", "/metadata/annotations"] {
        let Some(patch) = patch.pointer_mut(map) else { continue };
        let directive = |what: &str| ("$patch".to_owned(), json!(what));
        match new.pointer(map).and_then(Value::as_object) {
            None => *patch = [directive("delete")].into_iter().collect(),
            Some(new) if patch.as_object().is_some_and(|patch| patch.values().any(Value::is_null)) => {
                let all = new.iter().map(|(key, value)| (key.clone(), value.clone()));
                *patch = std::iter::once(directive("replace")).chain(all).collect();
            }
            Some(_) => {}
        }
    }
}

/// What changes goes to what names the object.
fn lay_over(value: &mut Value, changes: Value) {
    match (value, changes) {
        (Value::Object(value), Value::Object(changes)) => {
            for (key, change) in changes {
                lay_over(value.entry(key).or_insert_with(|| Value::Object(Map::new())), change);
            }
        }
        (value, changes) => *value = changes,
    }
}

/// A mapping as YAML.
fn yaml(value: &Value) -> String {
    let Value::Object(map) = value else { return String::new() };
    // The writer of edits writes it, into a document of its first key.
    let first = map.keys().next().map(|key| format!("{key}: null\n")).unwrap_or_default();
    let write = || {
        let tree = Tree::parse(&first, 1)?;
        let mut draft = Draft::new(&tree);
        for (key, value) in map {
            draft.set(&[Step::Key(key)], value.clone(), None)?;
        }
        draft.finish().map(|edited| edited.text.into_owned())
    };
    write().unwrap_or_else(|_: YamlError| value.to_string())
}

/// The lines of `text`, four blanks to the right; without a line end.
fn indented(text: &str) -> String {
    let lines = text.lines().map(|line| if line.is_empty() { String::new() } else { format!("    {line}") });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::k8s::{Kinds, objects};
    use crate::output::{Entry, Outcome};

    #[test]
    fn a_patch_names_its_object_as_the_manifest_does() {
        let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: '${APP}.v2', namespace: '${NS}'}\n";
        let tree = Tree::parse(text, 1).unwrap();
        let found = objects(&tree, &Kinds::default()).unwrap();
        let old = tree.value(tree.root().unwrap()).unwrap();
        let mut new = old.clone();
        new["metadata"]["annotations"] = json!({"a": "x\n\ny\n", "b": "1"});
        let known = Entry { outcome: Outcome::Annotated, ..Entry::new("a.yaml".into(), "", "Pod", "${APP}.v2") };
        let changed =
            Changed { entry: &known, line: 1, object: &found.workloads[0], old: &old, new: &new, pods: [&old, &new] };
        let expected = "- patch: |\n    apiVersion: v1\n    kind: Pod\n    metadata:\n      name: ${APP}.v2\n      \
                        namespace: ${NS}\n      annotations:\n        a: |\n          x\n\n          y\n        b: \"1\"";
        assert_eq!(entry(&changed), expected);
    }
}
