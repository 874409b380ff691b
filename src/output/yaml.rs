//! Data as YAML text.

use serde_json::Value;

use lossless_yaml::{Draft, Step, Tree, YamlError};

/// A mapping as YAML.
pub(super) fn yaml(mapping: &Value) -> String {
    let write = || {
        // Edits are written in the style of the document, so this one starts as a block mapping.
        let tree = Tree::parse("apiVersion: null\n", 1)?;
        let mut draft = Draft::new(&tree);
        if mapping.get("apiVersion").is_none() {
            draft.remove(&[Step::Key("apiVersion")])?;
        }
        for (key, value) in mapping.as_object().into_iter().flatten() {
            draft.set(&[Step::Key(key)], value.clone(), None)?;
        }
        draft.finish().map(|edited| edited.text.into_owned())
    };
    let written: Result<String, YamlError> = write();
    debug_assert!(written.is_ok(), "a mapping can be written: {written:?}");
    // JSON is YAML, too.
    written.unwrap_or_else(|_| mapping.to_string())
}
