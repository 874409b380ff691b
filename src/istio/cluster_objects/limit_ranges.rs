//! Default resources of containers, from `LimitRange` objects. The admission plugin `LimitRanger` sets them in pods
//! before webhooks are called (kubernetes API reference, `LimitRange`).

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value};

use super::fields::{Field, Remark, Wrong};
use crate::k8s::quantity::is_quantity;

/// The fields of an item of `spec.limits`.
const ITEM: [&str; 6] = ["type", "max", "min", "default", "defaultRequest", "maxLimitRequestRatio"];

/// The resources of a container that does not set them. Quantities are as they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerDefaults {
    /// The default `resources.limits`.
    pub limits: Map<String, Value>,
    /// The default `resources.requests`.
    pub requests: Map<String, Value>,
}

impl ContainerDefaults {
    /// Reads the items of a `LimitRange` for containers. The default limit defaults to the maximum, and the default
    /// request to the default limit or the minimum (defaults of `LimitRangeItem`, core/v1).
    fn read(object: &Value, remarks: &mut Vec<Remark>) -> Result<Self, Wrong> {
        let mut defaults = Self::default();
        let Some(spec) = Field::root(object).get("spec")? else { return Ok(defaults) };
        spec.unknown(&["limits"], remarks)?;
        for item in spec.items("limits")? {
            item.unknown(&ITEM, remarks)?;
            if item.text("type")? != Some("Container") {
                continue;
            }
            let mut limits = quantities(&item, "default")?;
            add_missing(&mut limits, &quantities(&item, "max")?);
            let mut requests = quantities(&item, "defaultRequest")?;
            add_missing(&mut requests, &limits);
            add_missing(&mut requests, &quantities(&item, "min")?);
            defaults.limits.extend(limits);
            defaults.requests.extend(requests);
        }
        Ok(defaults)
    }
}

/// The quantities at a key of an item, by resource.
fn quantities(item: &Field<'_>, key: &str) -> Result<Map<String, Value>, Wrong> {
    let Some(field) = item.get(key)? else { return Ok(Map::new()) };
    let map = field.map()?;
    for (resource, value) in map {
        let is_right = value.is_number() || value.as_str().is_some_and(is_quantity);
        if !is_right {
            return Err(Wrong::because(field.path_to(resource), "must be a quantity such as 100m or 1Gi"));
        }
    }
    Ok(map.clone())
}

/// Adds the resources of `more` that are missing.
fn add_missing(resources: &mut Map<String, Value>, more: &Map<String, Value>) {
    for (resource, quantity) in more {
        if !resources.contains_key(resource) {
            resources.insert(resource.clone(), quantity.clone());
        }
    }
}

/// The default resources of each namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitRanges(BTreeMap<String, InNamespace>);

/// The `LimitRange`s of a namespace by name, and their defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct InNamespace {
    by_name: BTreeMap<String, ContainerDefaults>,
    /// Computed on first use.
    merged: OnceLock<Option<Arc<ContainerDefaults>>>,
}

impl LimitRanges {
    /// The default resources of containers in a namespace, if any. For each resource, the first `LimitRange` by name
    /// that has it is used.
    pub fn defaults(&self, namespace: &str) -> Option<&Arc<ContainerDefaults>> {
        let in_namespace = self.0.get(namespace)?;
        in_namespace.merged.get_or_init(|| in_namespace.merge()).as_ref()
    }

    /// Adds a `LimitRange`.
    pub(super) fn take(
        &mut self,
        namespace: &str,
        name: &str,
        object: &Value,
        remarks: &mut Vec<Remark>,
    ) -> Result<(), Wrong> {
        let defaults = ContainerDefaults::read(object, remarks)?;
        self.0.entry(namespace.to_owned()).or_default().add([(name.to_owned(), defaults)]);
        Ok(())
    }

    /// Adds the objects of `over`, which replace those of the same name.
    pub(super) fn extend(&mut self, over: Self) {
        for (namespace, ranges) in over.0 {
            self.0.entry(namespace).or_default().add(ranges.by_name);
        }
    }
}

impl InNamespace {
    fn add(&mut self, ranges: impl IntoIterator<Item = (String, ContainerDefaults)>) {
        self.by_name.extend(ranges);
        self.merged = OnceLock::new();
    }

    fn merge(&self) -> Option<Arc<ContainerDefaults>> {
        let mut merged = ContainerDefaults::default();
        for defaults in self.by_name.values() {
            add_missing(&mut merged.limits, &defaults.limits);
            add_missing(&mut merged.requests, &defaults.requests);
        }
        (merged != ContainerDefaults::default()).then(|| Arc::new(merged))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::istio::cluster_objects::tests::read;
    use serde_json::json;

    fn range(name: &str, limits: &Value) -> String {
        let object = json!({
            "apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": name}, "spec": {"limits": limits},
        });
        format!("{object}\n---\n")
    }

    #[test]
    fn missing_defaults_are_taken_from_maximum_and_minimum() {
        let limits = json!([
            {"type": "Pod", "max": {"cpu": "9"}},
            {"type": "Container", "default": {"cpu": "500m"}, "max": {"cpu": "2", "memory": "1Gi"},
             "defaultRequest": {"cpu": "100m"}, "min": {"memory": "1Mi", "ephemeral-storage": 5}},
        ]);
        let (found, warnings) = read(&range("a", &limits));
        assert!(warnings.is_empty(), "{warnings:?}");
        let defaults = found.limit_ranges.defaults("shop").unwrap();
        assert_eq!(Value::Object(defaults.limits.clone()), json!({"cpu": "500m", "memory": "1Gi"}));
        let requests = json!({"cpu": "100m", "memory": "1Gi", "ephemeral-storage": 5});
        assert_eq!(Value::Object(defaults.requests.clone()), requests);
        assert_eq!(found.limit_ranges.defaults("other"), None);
    }

    #[test]
    fn the_first_by_name_is_used() {
        let of = |cpu: &str| json!([{"type": "Container", "default": {"cpu": cpu}}]);
        let more = json!([{"type": "Container", "defaultRequest": {"memory": "1Mi"}, "default": {"cpu": "3"}}]);
        let text = [range("b", &more), range("a", &of("1"))].concat();
        let mut found = read(&text).0;
        let limits = |found: &LimitRanges| found.defaults("shop").unwrap().limits["cpu"].clone();
        assert_eq!(limits(&found.limit_ranges), "1");
        assert_eq!(found.limit_ranges.defaults("shop").unwrap().requests["memory"], "1Mi");
        // An object of the same name replaces it.
        found.extend(read(&range("a", &of("2"))).0);
        assert_eq!(limits(&found.limit_ranges), "2");
    }

    #[test]
    fn limit_ranges_without_defaults_have_no_effect() {
        let found = read(&range("a", &json!([{"type": "Pod", "max": {"cpu": "1"}}, {"type": "Container"}]))).0;
        assert_eq!(found.limit_ranges.defaults("shop"), None);
    }

    #[test]
    fn texts_that_are_not_quantities_are_refused() {
        let warnings = read(&range("a", &json!([{"type": "Container", "max": {"cpu": "much"}, "limit": {}}]))).1;
        assert!(warnings[0].contains("LimitRange a: spec.limits[0].max.cpu must be a quantity"), "{warnings:?}");
        let warnings = read(&range("a", &json!([{"type": "Container", "limit": {}}]))).1;
        assert!(warnings[0].ends_with("the API server drops: spec.limits[0].limit"), "{warnings:?}");
    }
}
