//! The forms in which values are written: those of the istiod chart, the same below `values`, and `IstioOperator`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::istio::value::{at, merge, text};

/// What a document says, in the chart's own form.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Form {
    pub values: Value,
    /// Variables of istiod's environment that do not go through the values.
    pub env: BTreeMap<String, String>,
    /// What it says and is not followed.
    pub notes: Vec<String>,
}

/// Reads a document of values; none if it is no mapping.
pub(super) fn read(document: Value) -> Option<Form> {
    match document {
        Value::Null => Some(Form { values: Value::Object(Map::new()), ..Form::default() }),
        Value::Object(_) if document.get("kind").and_then(Value::as_str) == Some("IstioOperator") => {
            Some(operator(&document))
        }
        Value::Object(mut map) => {
            let below = map.shift_remove("values").filter(Value::is_object);
            let mut values = Value::Object(map);
            hoist(&mut values);
            if let Some(below) = below {
                merge(&mut values, &below);
            }
            Some(Form { values, ..Form::default() })
        }
        _ => None,
    }
}

/// The chart takes istiod's own settings at the top too: of those, a sidecar reads these two.
fn hoist(values: &mut Value) {
    let Value::Object(map) = values else { return };
    let mut pilot = Map::new();
    if let Some(env) = map.get("env").filter(|env| env.is_object()).cloned() {
        map.shift_remove("env");
        pilot.insert("env".to_owned(), env);
    }
    if let Some(Value::Object(cni)) = map.get_mut("cni") {
        let read = ["enabled", "provider"].iter().filter_map(|key| cni.shift_remove_entry(*key));
        let read: Map<String, Value> = read.collect();
        if cni.is_empty() {
            map.shift_remove("cni");
        }
        if !read.is_empty() {
            pilot.insert("cni".to_owned(), Value::Object(read));
        }
    }
    if pilot.is_empty() {
        return;
    }
    let mut top = json!({"pilot": pilot});
    merge(&mut top, values);
    *values = top;
}

/// An `IstioOperator`: values, mesh configuration, and what its own fields make of the values.
fn operator(document: &Value) -> Form {
    let spec = |path: &[&str]| document.get("spec").and_then(|spec| at(spec, path));
    let mut form = Form { values: json!({}), ..Form::default() };
    for (field, key) in [("hub", "hub"), ("tag", "tag")] {
        if let Some(value) = spec(&[field]) {
            merge(&mut form.values, &json!({"global": {key: value}}));
        }
    }
    for field in ["revision", "compatibilityVersion"] {
        if let Some(value) = spec(&[field]) {
            merge(&mut form.values, &json!({field: value}));
        }
    }
    if let Some(enabled) = spec(&["components", "cni", "enabled"]) {
        merge(&mut form.values, &json!({"pilot": {"cni": {"enabled": enabled}}}));
    }
    if let Some(values) = spec(&["values"]).filter(|values| values.is_object()) {
        merge(&mut form.values, values);
    }
    if let Some(mesh_config) = spec(&["meshConfig"]).filter(|mesh_config| mesh_config.is_object()) {
        merge(&mut form.values, &json!({"meshConfig": mesh_config}));
    }
    let env = spec(&["components", "pilot", "k8s", "env"]).and_then(Value::as_array);
    for entry in env.into_iter().flatten() {
        if let (Some(name), Some(value)) = (entry.get("name").and_then(Value::as_str), entry.get("value")) {
            form.env.insert(name.to_owned(), text(Some(value)));
        }
    }
    let profile = text(spec(&["profile"]));
    if !matches!(profile.as_str(), "" | "default") {
        form.notes.push(format!("profile {profile:?} is not looked up: only what the file itself says is laid over"));
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_charts_own_form_with_what_it_takes_at_the_top() {
        let form = read(json!({
            "env": {"A": "1"}, "cni": {"enabled": true, "hub": "x"}, "pilot": {"env": {"B": "2"}},
            "values": {"global": {"hub": "h"}}
        }))
        .unwrap();
        let expected = json!({
            "pilot": {"env": {"A": "1", "B": "2"}, "cni": {"enabled": true}}, "cni": {"hub": "x"}, "global": {"hub": "h"}
        });
        assert_eq!(form.values, expected);
        assert_eq!(read(json!([])), None);
    }

    #[test]
    fn an_operators_fields_become_values() {
        let form = read(json!({
            "apiVersion": "install.istio.io/v1alpha1", "kind": "IstioOperator",
            "spec": {
                "hub": "h", "tag": "t", "revision": "canary", "profile": "demo", "meshConfig": {"trustDomain": "a"},
                "values": {"global": {"tag": "u"}, "cni": {"excludeNamespaces": []}},
                "components": {"cni": {"enabled": true}, "pilot": {"k8s": {"env": [{"name": "A", "value": "1"}]}}},
            }
        }))
        .unwrap();
        let expected = json!({
            "global": {"hub": "h", "tag": "u"}, "revision": "canary", "pilot": {"cni": {"enabled": true}},
            "cni": {"excludeNamespaces": []}, "meshConfig": {"trustDomain": "a"},
        });
        assert_eq!(form.values, expected);
        assert_eq!((form.env["A"].as_str(), form.notes.len()), ("1", 1));
    }
}
