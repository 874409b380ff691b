//! Settings of Istio's own values, as a user says them on top of what a mesh has: laid over an installation's values or
//! over a mesh's own configuration, with what the chart would make of them there.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::release::Release;
use super::value::{at, merge, text};
use super::values::{chart_mesh_config, compatibility};

/// Values to lay over those of a mesh.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    values: Value,
}

impl Default for Settings {
    fn default() -> Self {
        Self { values: Value::Object(Map::new()) }
    }
}

/// A mesh's configuration, with settings laid over it.
#[derive(Debug, PartialEq)]
pub(super) struct Laid {
    pub config: Value,
    pub values: Value,
    pub mesh: Value,
}

impl Settings {
    /// Settings of the istiod chart's values, `meshConfig` among them.
    pub fn new(values: Value) -> Self {
        Self { values }
    }

    /// The values, as the chart takes them.
    pub fn values(&self) -> &Value {
        &self.values
    }

    /// The variables of istiod's environment among them.
    pub(super) fn pilot_env(&self) -> BTreeMap<String, String> {
        let env = at(&self.values, &["pilot", "env"]).and_then(Value::as_object);
        env.into_iter().flatten().map(|(name, value)| (name.clone(), text(Some(value)))).collect()
    }

    /// Lays them over what a mesh has: its values, what the chart derives from these in the mesh configuration, and in
    /// the injector's.
    pub(super) fn over(&self, release: &Release, config: &Value, values: &Value, mesh: &Value) -> Laid {
        let mut laid = Laid { config: config.clone(), values: values.clone(), mesh: mesh.clone() };
        let Some(own) = self.values.as_object().filter(|own| !own.is_empty()) else { return laid };
        let mut above = own.clone();
        let mesh_config = above.shift_remove("meshConfig");
        let version = text(above.shift_remove("compatibilityVersion").as_ref());
        merge(&mut laid.values, &compatibility(release, &version));
        let above = Value::Object(above);
        merge(&mut laid.values, &above);
        if let Some(derived) = changes(&chart_mesh_config(values), &chart_mesh_config(&laid.values)) {
            merge(&mut laid.mesh, &derived);
        }
        if let Some(mesh_config) = mesh_config.filter(Value::is_object) {
            merge(&mut laid.mesh, &mesh_config);
        }
        if let Some(policy) = at(&above, &["global", "proxy", "autoInject"]) {
            merge(&mut laid.config, &serde_json::json!({"policy": text(Some(policy))}));
        }
        for key in
            ["alwaysInjectSelector", "neverInjectSelector", "injectedAnnotations", "defaultTemplates", "templates"]
        {
            if let Some(value) = at(&above, &["sidecarInjectorWebhook", key]) {
                merge(&mut laid.config, &Value::Object(Map::from_iter([(key.to_owned(), value.clone())])));
            }
        }
        laid
    }
}

/// What makes `after` of `before`: `null` for what is gone; none if they are the same.
fn changes(before: &Value, after: &Value) -> Option<Value> {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let gone = before.keys().filter(|key| !after.contains_key(*key)).map(|key| (key.clone(), Value::Null));
            let new = after.iter().filter_map(|(key, value)| {
                let old = before.get(key).unwrap_or(&Value::Null);
                Some((key.clone(), changes(old, value)?))
            });
            let changed: Map<String, Value> = gone.chain(new).collect();
            (!changed.is_empty()).then_some(Value::Object(changed))
        }
        (before, after) if before == after => None,
        (_, after) => Some(after.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn over(settings: Value) -> Laid {
        let release = "1.30.3".parse().unwrap();
        let values = json!({"global": {"istioNamespace": "istio-system", "proxy": {"logLevel": "warning"}}});
        let mesh = json!({"defaultConfig": {"discoveryAddress": "elsewhere:15012", "concurrency": 2}});
        let config = json!({"policy": "enabled", "templates": {"sidecar": "x"}});
        Settings::new(settings).over(&release, &config, &values, &mesh)
    }

    #[test]
    fn values_and_mesh_configuration_are_laid_over() {
        let laid = over(json!({"global": {"proxy": {"logLevel": "debug"}}, "meshConfig": {"trustDomain": "a"}}));
        assert_eq!(laid.values["global"]["proxy"], json!({"logLevel": "debug"}));
        let expected = json!({
            "defaultConfig": {"discoveryAddress": "elsewhere:15012", "concurrency": 2}, "trustDomain": "a"
        });
        assert_eq!(laid.mesh, expected);
    }

    #[test]
    fn what_the_chart_derives_follows() {
        let laid = over(json!({
            "global": {"meshID": "m", "variant": "distroless", "proxy": {"autoInject": "disabled"}},
            "sidecarInjectorWebhook": {"templates": {"more": "y"}, "neverInjectSelector": [{"matchLabels": {"a": "b"}}]},
            "compatibilityVersion": "1.26",
        }));
        let expected = json!({
            "discoveryAddress": "elsewhere:15012", "concurrency": 2, "meshId": "m", "image": {"imageType": "distroless"}
        });
        assert_eq!(laid.mesh["defaultConfig"], expected);
        assert_eq!(laid.config["policy"], "disabled");
        assert_eq!(laid.config["templates"], json!({"sidecar": "x", "more": "y"}));
        assert_eq!(laid.config["neverInjectSelector"], json!([{"matchLabels": {"a": "b"}}]));
        assert_eq!(laid.values["pilot"]["env"]["ENABLE_NATIVE_SIDECARS"], "false");
    }
}
