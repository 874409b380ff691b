//! A document of values, in the form of the istiod chart.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::UserValuesError;
use crate::istio::schema::{self, Key};
use crate::istio::value::merge;

/// The contents of a document, in the form of the istiod chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ValuesDocument {
    pub values: Value,
    /// Variables of istiod's environment that are not among the values.
    pub env: BTreeMap<String, String>,
    /// The version next to the values.
    pub version: Option<String>,
    /// The version range next to the values.
    pub version_range: Option<String>,
    /// Notes about how the document was read.
    pub notes: Vec<String>,
    /// Warnings about parts that are not read.
    pub warnings: Vec<String>,
    /// Paths of values, with the paths of the fields that they come from if they differ.
    pub renamed: Vec<(&'static str, &'static str)>,
}

impl ValuesDocument {
    /// The path in the document of a value.
    pub(super) fn in_document(&self, path: Vec<String>) -> Vec<String> {
        let whole = path.join(".");
        let field = self.renamed.iter().find(|(value, _)| *value == whole);
        field.map_or(path, |(_, field)| field.split('.').map(str::to_owned).collect())
    }
}

/// Checks that a field of `spec` is a mapping if it is set.
pub(super) fn must_be_a_mapping(spec: Option<&Value>, field: &str) -> Result<(), UserValuesError> {
    match spec.and_then(|spec| spec.get(field)) {
        None | Some(Value::Null | Value::Object(_)) => Ok(()),
        Some(_) => {
            let path = vec!["spec".to_owned(), field.to_owned()];
            Err(UserValuesError::WrongType { path, expected: "a mapping", hint: None })
        }
    }
}

/// Values of the istiod chart, possibly under `values` or `istiod`.
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
        let rest = if others.is_empty() { String::new() } else { format!(", ignoring {}", others.join(", ")) };
        notes.push(format!("read as the values of a parent chart: using those under istiod{rest}"));
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

/// The values of a profile of an `IstioOperator` or of the Sail operator, and whether it installs the CNI node agent
/// (`manifests/profiles`, istio 1.24 and later). The chart itself has no profile for `OpenShift`.
pub(super) fn installer_profile(name: &str) -> (Value, bool) {
    match name {
        "" | "default" | "minimal" | "empty" => (json!({}), false),
        "openshift" => (json!({"global": {"platform": "openshift"}}), true),
        "openshift-ambient" => (json!({"profile": "ambient", "global": {"platform": "openshift"}}), true),
        "ambient" => (json!({"profile": "ambient"}), true),
        name => (json!({"profile": name}), false),
    }
}
