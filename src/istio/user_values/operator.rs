//! Reads an `IstioOperator`: its values, its mesh configuration, and fields that become values.

use serde_json::{Value, json};

use super::document::{ValuesDocument, installer_profile, must_be_a_mapping};
use super::unused::unresolved_variables;
use super::{UserValuesError, spec};
use crate::istio::value::{at, merge, text, truthy};

/// The fields of an `IstioOperator` that become values: the value's path, and the field's.
const OPERATOR_FIELDS: [(&str, &str); 4] = [
    ("global.hub", "spec.hub"),
    ("revision", "spec.revision"),
    ("compatibilityVersion", "spec.compatibilityVersion"),
    ("pilot.cni.enabled", "spec.components.cni.enabled"),
];

/// The values of an `IstioOperator`.
pub(super) fn operator(document: &Value) -> Result<ValuesDocument, UserValuesError> {
    let unknown = spec::check(&spec::OPERATOR, document.get("spec"))?;
    for field in ["components", "meshConfig", "values"] {
        must_be_a_mapping(document.get("spec"), field)?;
    }
    let spec = |path: &[&str]| document.get("spec").and_then(|spec| at(spec, path));
    let (mut values, installs_cni) = installer_profile(&text(spec(&["profile"])));
    for (field, key) in [("hub", "hub"), ("tag", "tag")] {
        if let Some(value) = spec(&[field]) {
            merge(&mut values, &json!({"global": {key: value}}));
        }
    }
    for field in ["revision", "compatibilityVersion"] {
        if let Some(value) = spec(&[field]) {
            merge(&mut values, &json!({field: value}));
        }
    }
    // istioctl derives this value from the CNI component.
    let cni = spec(&["components", "cni", "enabled"]).cloned().or_else(|| installs_cni.then_some(Value::Bool(true)));
    if let Some(enabled) = cni {
        merge(&mut values, &json!({"pilot": {"cni": {"enabled": enabled}}}));
    }
    if let Some(own) = spec(&["values"]).filter(|own| own.is_object()) {
        merge(&mut values, own);
    }
    if let Some(mesh_config) = spec(&["meshConfig"]).filter(|mesh_config| mesh_config.is_object()) {
        merge(&mut values, &json!({"meshConfig": mesh_config}));
    }
    let is_a_value = |path: &str| path.split('.').try_fold(spec(&["values"])?, |value, key| value.get(key));
    let renamed = OPERATOR_FIELDS.into_iter().filter(|(value, _)| is_a_value(value).is_none()).collect();
    let mut read = ValuesDocument { values, renamed, ..ValuesDocument::default() };
    read.warnings.extend(unknown);
    if truthy(spec(&["unvalidatedValues"])) {
        read.warnings.push("spec.unvalidatedValues is not read: put those values under spec.values".to_owned());
    }
    let env = spec(&["components", "pilot", "k8s", "env"]).and_then(Value::as_array);
    read.warnings.extend(unresolved_variables(env, "components.pilot.k8s.env"));
    for entry in env.into_iter().flatten() {
        if let (Some(name), Some(value)) = (entry.get("name").and_then(Value::as_str), entry.get("value")) {
            read.env.insert(name.to_owned(), text(Some(value)));
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(document: &Value) -> Result<ValuesDocument, UserValuesError> {
        operator(document)
    }

    #[test]
    fn an_operators_fields_become_values() {
        let document = read(&json!({
            "apiVersion": "install.istio.io/v1alpha1", "kind": "IstioOperator",
            "spec": {
                "hub": "h", "tag": "t", "revision": "canary", "profile": "demo", "meshConfig": {"trustDomain": "a"},
                "values": {"global": {"tag": "u"}, "cni": {"excludeNamespaces": []}},
                "components": {"cni": {"enabled": true}, "pilot": {"k8s": {"env": [{"name": "A", "value": "1"}]}}},
            }
        }))
        .unwrap();
        let expected = json!({
            "profile": "demo", "global": {"hub": "h", "tag": "u"}, "revision": "canary",
            "pilot": {"cni": {"enabled": true}}, "cni": {"excludeNamespaces": []}, "meshConfig": {"trustDomain": "a"},
        });
        assert_eq!(document.values, expected);
        assert_eq!(document.env["A"], "1");
    }

    #[test]
    fn errors_name_the_operators_field() {
        let path = |spec: Value| {
            let document = read(&json!({"kind": "IstioOperator", "spec": spec})).unwrap();
            document.in_document(vec!["pilot".to_owned(), "cni".to_owned(), "enabled".to_owned()]).join(".")
        };
        assert_eq!(path(json!({"components": {"cni": {"enabled": "true"}}})), "spec.components.cni.enabled");
        assert_eq!(path(json!({"values": {"pilot": {"cni": {"enabled": "true"}}}})), "pilot.cni.enabled");
        let error = read(&json!({"kind": "IstioOperator", "spec": {"values": "global"}})).unwrap_err();
        assert_eq!(error.to_string(), "spec.values must be a mapping: istiod cannot load it");
    }

    #[test]
    fn profiles_are_those_of_istioctl() {
        let values = |spec: Value| read(&json!({"kind": "IstioOperator", "spec": spec})).unwrap().values;
        let ambient = json!({
            "profile": "ambient", "global": {"platform": "openshift"}, "pilot": {"cni": {"enabled": true}}
        });
        assert_eq!(values(json!({"profile": "openshift-ambient"})), ambient);
        let off = json!({"profile": "ambient", "components": {"cni": {"enabled": false}}});
        assert_eq!(values(off)["pilot"]["cni"]["enabled"], false);
        assert_eq!(values(json!({"profile": "minimal"})), json!({}));
        assert_eq!(values(json!({"profile": "demo", "values": {"profile": "stable"}})), json!({"profile": "stable"}));
    }
}
