//! Merges mesh configurations from `ConfigMap`s, as istiod does.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::istio::proxy_config::KEPT_HEADERS;
use crate::istio::schema::camel_case;

/// Converts the names of fields to camel case. If a field has both names, the one in camel case takes precedence.
pub(super) fn with_usual_names(fields: Map<String, Value>) -> Map<String, Value> {
    let mut named = Map::new();
    for (field, value) in fields {
        let name = camel_case(&field);
        if name == field || !named.contains_key(&name) {
            named.insert(name, value);
        }
    }
    named
}

/// Applies a mesh configuration to another: fields are replaced, except those that are merged by key or name.
pub(super) fn lay_over(below: &mut Map<String, Value>, above: Map<String, Value>) {
    for (field, value) in above {
        if value.is_null() {
            continue;
        }
        match (field.as_str(), below.get_mut(&field), value) {
            ("defaultConfig", Some(Value::Object(below)), Value::Object(above)) => proxy_config(below, above),
            ("defaultProviders", Some(Value::Object(below)), Value::Object(above)) => below.extend(above),
            ("extensionProviders", Some(Value::Array(below)), Value::Array(above)) => providers(below, above),
            ("trustDomainAliases", Some(Value::Array(below)), Value::Array(above)) => aliases(below, above),
            (_, _, value) => drop(below.insert(field, value)),
        }
    }
}

/// Fields are replaced; metadata is merged by key, and some headers stay if they are set only in `below`.
fn proxy_config(below: &mut Map<String, Value>, above: Map<String, Value>) {
    for (field, mut value) in with_usual_names(above) {
        if value.is_null() {
            continue;
        }
        match (field.as_str(), below.get_mut(&field), &mut value) {
            ("proxyMetadata", Some(Value::Object(below)), Value::Object(above)) => {
                below.extend(std::mem::take(above));
                continue;
            }
            ("proxyHeaders", Some(Value::Object(below)), Value::Object(above)) => {
                for name in KEPT_HEADERS {
                    if let Some(kept) = below.get(name).filter(|_| !above.contains_key(name)) {
                        above.insert(name.to_owned(), kept.clone());
                    }
                }
            }
            _ => {}
        }
        below.insert(field, value);
    }
}

/// A provider replaces the one of the same name.
fn providers(below: &mut Vec<Value>, above: Vec<Value>) {
    let name = |provider: &Value| provider.get("name").and_then(Value::as_str).map(str::to_owned);
    let mut places: HashMap<_, _> =
        below.iter().enumerate().rev().map(|(place, provider)| (name(provider), place)).collect();
    for provider in above {
        let place = *places.entry(name(&provider)).or_insert(below.len());
        match below.get_mut(place) {
            Some(known) => *known = provider,
            None => below.push(provider),
        }
    }
}

/// The union, sorted.
fn aliases(below: &mut Vec<Value>, above: Vec<Value>) {
    below.extend(above);
    below.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    below.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_merged_or_replaced() {
        let object = |value: Value| match value {
            Value::Object(map) => map,
            _ => panic!("no object"),
        };
        let mut below = object(json!({
            "trustDomain": "a", "trustDomainAliases": ["y", "b"], "enableTracing": true,
            "defaultConfig": {"proxyMetadata": {"A": "1", "B": "1"}, "tracing": {"sampling": 1}, "statusPort": 1},
            "extensionProviders": [{"name": "x", "zipkin": {}}, {"name": "y"}],
        }));
        let above = object(json!({
            "trust_domain": "b", "trustDomainAliases": ["a", "b"],
            "defaultConfig": {"proxy_metadata": {"B": "2"}, "tracing": {"zipkin": {}}},
            "extensionProviders": [{"name": "x", "datadog": {}}, {"name": "z"}],
        }));
        lay_over(&mut below, with_usual_names(above));
        let expected = json!({
            "trustDomain": "b", "trustDomainAliases": ["a", "b", "y"], "enableTracing": true,
            "defaultConfig": {"proxyMetadata": {"A": "1", "B": "2"}, "tracing": {"zipkin": {}}, "statusPort": 1},
            "extensionProviders": [{"name": "x", "datadog": {}}, {"name": "y"}, {"name": "z"}],
        });
        assert_eq!(Value::Object(below), expected);
    }
}
