//! Finds keys of the user's values that do not affect sidecars.

use serde_json::Value;

use crate::istio::chart::matters;
use crate::istio::schema::{Key, key};
use crate::istio::value::at;

/// A key that does not affect sidecars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusedKey {
    /// The key's path.
    pub path: Vec<String>,
    /// Why it has no effect.
    pub why: WhyUnused,
}

/// Why a key does not affect sidecars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyUnused {
    /// The istiod chart uses it for another purpose.
    NoEffect,
    /// The istiod chart does not have it.
    Unknown,
    /// The istiod chart does not have it, but has this similar key.
    Meant(String),
}

/// The keys of values that do not affect sidecars, in order, without the keys below them.
pub(super) fn unused_keys(values: &Value) -> Vec<UnusedKey> {
    let mut found = Vec::new();
    walk(values, &mut Vec::new(), &mut found);
    found
}

fn walk(value: &Value, path: &mut Vec<String>, found: &mut Vec<UnusedKey>) {
    let Value::Object(map) = value else { return };
    for (name, value) in map {
        if found.len() == MAX_FINDINGS {
            return;
        }
        path.push(name.clone());
        let parts: Vec<&str> = path.iter().map(String::as_str).collect();
        match key(&parts) {
            Key::Applied if value.is_object() && path.len() < MAX_PATH => walk(value, path, found),
            Key::Applied => {}
            Key::NoEffect => found.push(UnusedKey { path: path.clone(), why: WhyUnused::NoEffect }),
            Key::Unknown => found.push(UnusedKey { path: path.clone(), why: WhyUnused::Unknown }),
            Key::Meant(meant) => found.push(UnusedKey { path: path.clone(), why: WhyUnused::Meant(meant) }),
        }
        path.pop();
    }
}

/// Warnings about variables of istiod's environment with references to values (`valueFrom`), if they affect sidecars.
/// `list` is at `path`.
pub(super) fn unresolved_variables(list: Option<&Vec<Value>>, path: &str) -> Vec<String> {
    let entries = list.into_iter().flatten().filter(|entry| entry.get("valueFrom").is_some());
    let names = entries.filter_map(|entry| entry.get("name")?.as_str()).filter(|name| matters(name));
    names
        .map(|name| {
            format!("{path}: the value of {name} is not given here, so it is treated as unset (pass --istiod-env)")
        })
        .collect()
}

/// The same warnings for values.
pub(super) fn unresolved_in(values: &Value) -> Vec<String> {
    let paths: [&[&str]; 2] = [&["envVarFrom"], &["pilot", "envVarFrom"]];
    let lists =
        paths.iter().map(|path| unresolved_variables(at(values, path).and_then(Value::as_array), &path.join(".")));
    lists.flatten().collect()
}

/// The maximum number of keys that are reported.
const MAX_FINDINGS: usize = 1_000;

/// The maximum depth of known keys.
const MAX_PATH: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_looked_up_at_each_level() {
        let values = json!({
            "global": {"proxy": {"resources": {"limits": {"cpu": "1"}}, "imge": "x"}, "istiod": {"enableAnalysis": true}},
            "pilot": {"env": {"A": "1"}, "autoscaleMin": 2, "hub": "h", "resources": {}}, "meshConfig": {"a": {"b": 1}},
            "kiali": {"x": 1},
        });
        let found: Vec<(String, WhyUnused)> =
            unused_keys(&values).into_iter().map(|f| (f.path.join("."), f.why)).collect();
        let expected = [
            ("global.proxy.imge", WhyUnused::Meant("global.proxy.image".to_owned())),
            ("global.istiod", WhyUnused::NoEffect),
            ("pilot.autoscaleMin", WhyUnused::NoEffect),
            ("pilot.hub", WhyUnused::NoEffect),
            ("pilot.resources", WhyUnused::NoEffect),
            ("meshConfig.a", WhyUnused::Unknown),
            ("kiali", WhyUnused::Unknown),
        ];
        assert_eq!(found, expected.map(|(path, what)| (path.to_owned(), what)));
    }

    #[test]
    fn references_are_reported_for_variables_that_matter() {
        let entry = |name: &str| json!({"name": name, "valueFrom": {"secretKeyRef": {"name": "x", "key": "y"}}});
        let values =
            json!({"pilot": {"envVarFrom": [entry("ENABLE_NATIVE_SIDECARS"), entry("PILOT_ENABLE_ANALYSIS")]}});
        let found = unresolved_in(&values);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("pilot.envVarFrom: the value of ENABLE_NATIVE_SIDECARS is not given here"),
            "{found:?}"
        );
    }
}
