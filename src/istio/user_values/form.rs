//! The forms in which values are written: those of the istiod chart, also below `values` or `istiod`, and the objects that
//! carry them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::check::elsewhere;
use super::{UserValuesError, resource, spec};
use crate::istio::schema::{self, Key};
use crate::istio::value::{at, merge, text, truthy};

/// What a document says, in the chart's own form.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ValuesDocument {
    pub values: Value,
    /// Variables of istiod's environment that do not go through the values.
    pub env: BTreeMap<String, String>,
    /// The version that it names beside the values.
    pub version: Option<String>,
    /// The same where it is a range.
    pub version_range: Option<String>,
    /// How it was understood.
    pub notes: Vec<String>,
    /// What it says and is not followed.
    pub warnings: Vec<String>,
    /// Values that come from fields with other paths: the value's, and the field's.
    pub renamed: Vec<(&'static str, &'static str)>,
}

impl ValuesDocument {
    /// The path in the document of a value's.
    pub(super) fn in_document(&self, path: Vec<String>) -> Vec<String> {
        let whole = path.join(".");
        let field = self.renamed.iter().find(|(value, _)| *value == whole);
        field.map_or(path, |(_, field)| field.split('.').map(str::to_owned).collect())
    }
}

/// A field must be a mapping, if it is there.
pub(super) fn must_be_a_mapping(spec: Option<&Value>, field: &str) -> Result<(), UserValuesError> {
    match spec.and_then(|spec| spec.get(field)) {
        None | Some(Value::Null | Value::Object(_)) => Ok(()),
        Some(_) => {
            let path = vec!["spec".to_owned(), field.to_owned()];
            Err(UserValuesError::WrongType { path, expected: "a mapping", hint: None })
        }
    }
}

/// Reads a document of values.
pub(super) fn read(document: Value) -> Result<ValuesDocument, UserValuesError> {
    let field = |key: &str| document.get(key).and_then(Value::as_str);
    match (field("apiVersion").unwrap_or_default(), field("kind")) {
        (_, Some("IstioOperator")) => operator(&document),
        ("", _) | (_, None) => chart(document),
        (version, Some(kind)) => match (version.split('/').next().unwrap_or_default(), kind) {
            ("helm.toolkit.fluxcd.io", "HelmRelease") => resource::helm_release(&document),
            ("argoproj.io", "Application") => resource::application(&document),
            ("sailoperator.io", "Istio" | "IstioRevision") => resource::sail(&document),
            _ => Err(UserValuesError::Object(resource::name(&document))),
        },
    }
}

/// Values as the istiod chart takes them.
pub(super) fn chart(document: Value) -> Result<ValuesDocument, UserValuesError> {
    let mut map = match document {
        Value::Null => Map::new(),
        Value::Object(map) => map,
        _ => return Err(UserValuesError::NotAMapping),
    };
    let below = map.shift_remove("values").filter(Value::is_object);
    let mut notes = Vec::new();
    if let Some(Value::Object(_)) = map.get("istiod") {
        let known = |key: &&String| key.as_str() != "istiod" && schema::key(&[key.as_str()]) != Key::Unknown;
        if let Some(other) = map.keys().find(known) {
            return Err(UserValuesError::ParentChart { other: other.clone() });
        }
        let others: Vec<&str> = map.keys().map(String::as_str).filter(|key| *key != "istiod").collect();
        let rest = if others.is_empty() { String::new() } else { format!(", and {} left out", others.join(", ")) };
        notes.push(format!("read as the values of a parent chart: those under istiod count{rest}"));
        if let Some(Value::Object(istiod)) = map.shift_remove("istiod") {
            map = istiod;
        }
    }
    let mut values = Value::Object(map);
    if let Some(below) = below {
        merge(&mut values, &below);
    }
    Ok(ValuesDocument { values, notes, ..ValuesDocument::default() })
}

/// What a profile of an `IstioOperator` or of the Sail operator sets in the chart's values, and whether it installs the
/// CNI node agent (`manifests/profiles`, istio 1.24 and later). The chart itself has no profile for `OpenShift`.
pub(super) fn installer_profile(name: &str) -> (Value, bool) {
    match name {
        "" | "default" | "minimal" | "empty" => (json!({}), false),
        "openshift" => (json!({"global": {"platform": "openshift"}}), true),
        "openshift-ambient" => (json!({"profile": "ambient", "global": {"platform": "openshift"}}), true),
        "ambient" => (json!({"profile": "ambient"}), true),
        name => (json!({"profile": name}), false),
    }
}

/// The fields of an `IstioOperator` that become values: the value's path, and the field's.
const OPERATOR_FIELDS: [(&str, &str); 4] = [
    ("global.hub", "spec.hub"),
    ("revision", "spec.revision"),
    ("compatibilityVersion", "spec.compatibilityVersion"),
    ("pilot.cni.enabled", "spec.components.cni.enabled"),
];

/// An `IstioOperator`: values, mesh configuration, and what its own fields make of the values.
fn operator(document: &Value) -> Result<ValuesDocument, UserValuesError> {
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
    // istioctl tells istiod of the CNI component.
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
    let mut form = ValuesDocument { values, renamed, ..ValuesDocument::default() };
    form.warnings.extend(unknown);
    if truthy(spec(&["unvalidatedValues"])) {
        form.warnings.push("spec.unvalidatedValues is not followed: put those values under spec.values".to_owned());
    }
    let env = spec(&["components", "pilot", "k8s", "env"]).and_then(Value::as_array);
    form.warnings.extend(elsewhere(env, "components.pilot.k8s.env"));
    for entry in env.into_iter().flatten() {
        if let (Some(name), Some(value)) = (entry.get("name").and_then(Value::as_str), entry.get("value")) {
            form.env.insert(name.to_owned(), text(Some(value)));
        }
    }
    Ok(form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_charts_own_form() {
        let form = read(json!({"env": {"A": "1"}, "pilot": {"env": {"B": "2"}}, "values": {"global": {"hub": "h"}}}));
        let expected = json!({"env": {"A": "1"}, "pilot": {"env": {"B": "2"}}, "global": {"hub": "h"}});
        assert_eq!(form.unwrap().values, expected);
        assert_eq!(read(Value::Null).unwrap().values, json!({}));
        assert_eq!(read(json!([])), Err(UserValuesError::NotAMapping));
    }

    #[test]
    fn values_of_a_parent_chart_count_where_nothing_else_is_meant() {
        let form = read(json!({"istiod": {"global": {"hub": "h"}}, "kiali": {"x": 1}})).unwrap();
        assert_eq!(form.values, json!({"global": {"hub": "h"}}));
        assert_eq!(form.notes, ["read as the values of a parent chart: those under istiod count, and kiali left out"]);
        let error = read(json!({"istiod": {"global": {"hub": "h"}}, "global": {"hub": "x"}})).unwrap_err();
        assert_eq!(error, UserValuesError::ParentChart { other: "global".to_owned() });
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
            "profile": "demo", "global": {"hub": "h", "tag": "u"}, "revision": "canary",
            "pilot": {"cni": {"enabled": true}}, "cni": {"excludeNamespaces": []}, "meshConfig": {"trustDomain": "a"},
        });
        assert_eq!(form.values, expected);
        assert_eq!(form.env["A"], "1");
    }

    #[test]
    fn values_from_an_operators_fields_keep_the_paths_of_these() {
        let path = |spec: Value| {
            let form = read(json!({"kind": "IstioOperator", "spec": spec})).unwrap();
            form.in_document(vec!["pilot".to_owned(), "cni".to_owned(), "enabled".to_owned()]).join(".")
        };
        assert_eq!(path(json!({"components": {"cni": {"enabled": "true"}}})), "spec.components.cni.enabled");
        assert_eq!(path(json!({"values": {"pilot": {"cni": {"enabled": "true"}}}})), "pilot.cni.enabled");
        let error = read(json!({"kind": "IstioOperator", "spec": {"values": "global"}})).unwrap_err();
        assert_eq!(error.to_string(), "spec.values must be a mapping: istiod cannot load it");
    }

    #[test]
    fn an_operators_profiles_are_istioctls() {
        let values = |spec: Value| read(json!({"kind": "IstioOperator", "spec": spec})).unwrap().values;
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
