//! Stage: merges an overlay onto a pod, by Kubernetes' strategic merge.

use serde_json::Value;

use super::error::InjectError;
use super::pod_schema;
use strategicpatch::{self, Kind};

/// Merges `overlay` onto `pod`, both of the form `{"metadata": …, "spec": …}`.
pub(super) fn overlay(pod: Value, mut overlay: Value) -> Result<Value, InjectError> {
    pod_schema::drop_unwritten(&mut overlay, &pod, Kind::Pod.structure());
    strategicpatch::merge(pod, overlay, Kind::Pod).map_err(|error| InjectError::Merge(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_volume_without_settings_has_only_a_name() {
        let sidecar = json!({"spec": {"volumes": [{"name": "a", "emptyDir": null}, {"name": "b", "emptyDir": null}]}});
        let user = json!({"spec": {"volumes": [{"name": "mine", "emptyDir": null}, {"name": "b", "emptyDir": {}}]}});
        let expected = json!({"spec": {"volumes": [{"name": "a"}, {"name": "mine", "emptyDir": null}, {"name": "b"}]}});
        assert_eq!(overlay(user, sidecar.clone()).unwrap(), expected);
        let expected = json!({"spec": {"volumes": [{"name": "a"}, {"name": "b"}]}});
        assert_eq!(overlay(json!({"spec": {}}), sidecar).unwrap(), expected);
    }
}
