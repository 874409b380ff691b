//! Values that may be secret: those of environment variables and of the headers of probes, and the commands of the
//! application's containers; also in the annotation with the pod's own settings of the proxy.

use serde_json::Value;

use crate::istio::names::{annotation, container};
use crate::k8s::FieldPath;

/// What is shown instead.
const HIDDEN: &str = "(hidden)";

/// Hides what may be secret in the value of a field.
pub(super) fn hide(path: &FieldPath, value: &mut Value) {
    let words = path.words();
    // spec, containers, NAME, FIELD…
    let shows_commands = words.get(2).is_some_and(|name| container::INJECTED.contains(name));
    let field = words.get(3..).unwrap_or_default();
    if words.last() == Some(&annotation::OVERRIDES) {
        return hide_in_json(value);
    }
    match field {
        ["env", _, "value"] => *value = HIDDEN.into(),
        ["env", _] => hide_value(value),
        _ if !shows_commands && field.iter().any(|key| is_command(key)) => *value = HIDDEN.into(),
        _ => hide_in(words.last().copied().unwrap_or_default(), value, shows_commands),
    }
}

/// Hides what may be secret in a text with containers as JSON.
fn hide_in_json(text: &mut Value) {
    let mut containers: Value = text.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(HIDDEN.into());
    hide_in("", &mut containers, false);
    *text = containers.as_str().map_or_else(|| containers.to_string(), str::to_owned).into();
}

fn is_command(key: &str) -> bool {
    ["args", "command"].contains(&key)
}

/// Hides the value of a variable or a header. A reference stays.
fn hide_value(variable: &mut Value) {
    if let Some(value) = variable.get_mut("value") {
        *value = HIDDEN.into();
    }
}

/// Hides what may be secret below a field of this name.
fn hide_in(key: &str, value: &mut Value, shows_commands: bool) {
    match value {
        Value::Array(named) if ["env", "httpHeaders"].contains(&key) => named.iter_mut().for_each(hide_value),
        value if is_command(key) && !shows_commands => *value = HIDDEN.into(),
        Value::Array(items) => items.iter_mut().for_each(|item| hide_in("", item, shows_commands)),
        Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| hide_in(key, value, shows_commands)),
        _ => {}
    }
}
