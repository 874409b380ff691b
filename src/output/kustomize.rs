//! `-o kustomize`: for each changed workload a strategic merge patch as an item of `patches:`.
//!
//! Items have no `target`. The name and namespace of a target are regular expressions, and a target without a namespace
//! selects objects in all of them. Without a target, kustomize patches the object that the patch names, and fails if
//! that does not exist.
//!
//! kustomize merges lists by key for the built-in kinds of Kubernetes, and replaces the lists of all other kinds.

use serde_json::{Value, json};

use super::form::{Changed, Form, Layout, Pieces};
use crate::istio::value::merge_keeping_nulls;
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
        "Patches for a kustomization, also for Flux"
    }

    fn layout(&self) -> Layout {
        Layout { head: "patches:", first: "\n", empty: " []\n", ..Layout::LINES }
    }

    fn pieces(&self) -> Pieces {
        Pieces::Changes { piece: entry, of_each_template: false, needs_name: true }
    }
}

/// The patch of one workload.
fn entry(changed: &Changed<'_>) -> String {
    let object = changed.object;
    let mut metadata = json!({"name": object.name});
    if let (Some(metadata), Some(namespace)) = (metadata.as_object_mut(), &object.namespace) {
        metadata.insert("namespace".to_owned(), json!(namespace));
    }
    let mut patch = json!({"apiVersion": object.api_version, "kind": object.kind, "metadata": metadata});
    merge_keeping_nulls(&mut patch, diff(changed.old, changed.new, Kind::of(&object.api_version, &object.kind)));
    replace_own_metadata(&mut patch, changed.new);
    format!("- patch: |\n{}", indented(&yaml(&patch)))
}

/// Works around two quirks of kustomize in an object's own labels and annotations: it writes a null value as the text
/// `null`, and ignores null for the whole mapping. If entries are removed, the patch replaces all of them.
fn replace_own_metadata(patch: &mut Value, new: &Value) {
    for map in ["/metadata/labels", "/metadata/annotations"] {
        let Some(patch) = patch.pointer_mut(map) else { continue };
        let directive = |value: &str| ("$patch".to_owned(), json!(value));
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

/// A patch as YAML.
fn yaml(patch: &Value) -> String {
    let write = || {
        // Edits are written in the style of the document, so this one starts as a block mapping.
        let tree = Tree::parse("apiVersion: null\n", 1)?;
        let mut draft = Draft::new(&tree);
        for (key, value) in patch.as_object().into_iter().flatten() {
            draft.set(&[Step::Key(key)], value.clone(), None)?;
        }
        draft.finish().map(|edited| edited.text.into_owned())
    };
    let written: Result<String, YamlError> = write();
    debug_assert!(written.is_ok(), "a patch is a mapping that can be written: {written:?}");
    // JSON is YAML, too.
    written.unwrap_or_else(|_| patch.to_string())
}

/// `text` indented by four spaces, without the final newline.
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
    fn a_patch_uses_the_manifests_name_and_namespace() {
        let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: '${APP}.v2', namespace: '${NS}'}\n";
        let tree = Tree::parse(text, 1).unwrap();
        let found = objects(&tree, &Kinds::default()).unwrap();
        let old = tree.value(tree.root().unwrap()).unwrap();
        let mut new = old.clone();
        new["metadata"]["annotations"] = json!({"a": "x\n\ny\n", "b": "1"});
        let entry_of_pod = Entry { outcome: Outcome::Annotated, ..Entry::new("a.yaml".into(), "", "Pod", "${APP}.v2") };
        let changed = Changed {
            entry: &entry_of_pod,
            line: 1,
            object: &found.workloads[0],
            old: &old,
            new: &new,
            pods: [&old, &new],
        };
        let expected = "- patch: |\n    apiVersion: v1\n    kind: Pod\n    metadata:\n      name: ${APP}.v2\n      \
                        namespace: ${NS}\n      annotations:\n        a: |\n          x\n\n          y\n        b: \"1\"";
        assert_eq!(entry(&changed), expected);
    }
}
