//! The text of `proxy.istio.io/config`: YAML as Kubernetes reads it.

use serde_json::Value;

use lossless_yaml::Tree;

/// Reads the annotation's text; an empty one is `null`.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    let message = |error: lossless_yaml::YamlError| format!("cannot be read as YAML: {error}");
    let tree = Tree::parse(text, 1).map_err(message)?;
    tree.root().map_or(Ok(Value::Null), |root| tree.value(root).map_err(message))
}
