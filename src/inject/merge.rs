//! The one place where an overlay meets a pod: Kubernetes' strategic merge.

use serde_json::Value;

use super::error::InjectError;
use super::pod;
use crate::strategicpatch::{self, Kind};

/// Merges `overlay` onto `pod`, both of the form `{"metadata": …, "spec": …}`.
pub(super) fn overlay(pod: Value, overlay: Value) -> Result<Value, InjectError> {
    // A new item of a list keeps the nulls of its patch. Reading the result as a typed pod would take them out; the nulls
    // that a user wrote are left alone.
    let bare = bare_volumes(&overlay);
    let mut merged =
        strategicpatch::merge(pod, overlay, Kind::Pod).map_err(|error| InjectError::Merge(error.to_string()))?;
    if !bare.is_empty() {
        let volumes = merged.get_mut("spec").and_then(|spec| spec.get_mut("volumes")).and_then(Value::as_array_mut);
        for volume in volumes.into_iter().flatten().filter_map(Value::as_object_mut) {
            let is_bare = volume.get("name").and_then(Value::as_str).is_some_and(|name| bare.iter().any(|b| b == name));
            if is_bare && volume.get(EMPTY_DIR).is_some_and(Value::is_null) {
                volume.shift_remove(EMPTY_DIR);
            }
        }
    }
    Ok(merged)
}

const EMPTY_DIR: &str = "emptyDir";

/// The names of an overlay's volumes that have a null for their settings.
fn bare_volumes(overlay: &Value) -> Vec<String> {
    let volumes = pod::part(pod::part(overlay, "spec"), "volumes").as_array();
    let bare = volumes.into_iter().flatten().filter(|volume| volume.get(EMPTY_DIR).is_some_and(Value::is_null));
    bare.map(|volume| pod::name(volume).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_volume_without_settings_is_only_a_name() {
        let sidecar = json!({"spec": {"volumes": [{"name": "a", "emptyDir": null}, {"name": "b", "emptyDir": null}]}});
        let user = json!({"spec": {"volumes": [{"name": "mine", "emptyDir": null}, {"name": "b", "emptyDir": {}}]}});
        let expected = json!({"spec": {"volumes": [{"name": "a"}, {"name": "mine", "emptyDir": null}, {"name": "b"}]}});
        assert_eq!(overlay(user, sidecar.clone()).unwrap(), expected);
        let expected = json!({"spec": {"volumes": [{"name": "a"}, {"name": "b"}]}});
        assert_eq!(overlay(json!({"spec": {}}), sidecar).unwrap(), expected);
    }
}
