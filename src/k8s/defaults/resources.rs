//! Resources of containers: requests from limits (`SetDefaults_Pod`), then the defaults of the namespace's `LimitRange`s
//! (admission plugin `LimitRanger`).

use serde_json::{Map, Value};

use super::{Admission, put_back};

/// A container's limits or requests.
type Quantities = Map<String, Value>;

/// Adds the default limits and requests of a container.
pub(super) fn fill(container: &mut Map<String, Value>, admission: Admission<'_>) {
    let limits = quantities(container, "limits").filter(|limits| !limits.is_empty());
    if limits.is_none() && admission.limits.is_none() && admission.requests.is_none() {
        return;
    }
    let mut requests = quantities(container, "requests").cloned().unwrap_or_default();
    let mut limits = limits.cloned().unwrap_or_default();
    add(&mut requests, Some(&limits));
    add(&mut limits, admission.limits);
    add(&mut requests, admission.requests);
    let resources = container.entry("resources").or_insert(Value::Null);
    if resources.is_null() {
        *resources = Value::Object(Map::new());
    }
    let Some(resources) = resources.as_object_mut() else { return };
    for (key, filled) in [("limits", limits), ("requests", requests)] {
        if !filled.is_empty() {
            resources.insert(key.to_owned(), Value::Object(filled));
        }
    }
}

/// Removes what [`fill`] would add again, if `before` does not have it and it was not `stated`. Restores what only `before`
/// has.
pub(super) fn settle(
    container: &mut Map<String, Value>,
    before: &Map<String, Value>,
    stated: &[&Map<String, Value>],
    admission: Admission<'_>,
) {
    let limits = quantities(container, "limits").filter(|limits| !limits.is_empty()).cloned();
    if limits.is_none() && admission.limits.is_none() && admission.requests.is_none() {
        return;
    }
    let limits = limits.unwrap_or_default();
    let Some(mut resources) = container.get("resources").and_then(Value::as_object).cloned() else { return };
    let given = quantities(before, "limits");
    for (key, defaults) in [("limits", admission.limits), ("requests", admission.requests)] {
        let was = quantities(before, key);
        let is_stated =
            |name: &str| stated.iter().any(|stated| quantities(stated, key).is_some_and(|q| q.contains_key(name)));
        // Requests come from limits first, and only from limits of the pod itself.
        let filled = |name: &str| {
            let limit = limits.get(name).filter(|_| key == "requests");
            let limit =
                limit.filter(|_| given.is_some_and(|given| given.contains_key(name)) || is_stated_limit(stated, name));
            limit.or_else(|| defaults?.get(name))
        };
        let is_filled = |name: &str, value: &Value| {
            filled(name).is_some_and(|filled| filled == value || (filled.is_null() && value == "0"))
        };
        let mut now = resources.get(key).and_then(Value::as_object).cloned().unwrap_or_default();
        now.retain(|name, value| {
            was.is_some_and(|was| was.contains_key(name)) || is_stated(name) || !is_filled(name, value)
        });
        for (name, value) in was.into_iter().flatten() {
            if !now.contains_key(name) && is_filled(name, value) {
                now.insert(name.clone(), value.clone());
            }
        }
        if now.is_empty() && was.is_none() {
            put_back(&mut resources, key, before.get("resources").and_then(|before| before.get(key)));
        } else {
            resources.insert(key.to_owned(), Value::Object(now));
        }
    }
    let was = before.get("resources").filter(|was| !was.is_null());
    if resources.is_empty() && was.is_none() {
        put_back(container, "resources", before.get("resources"));
    } else {
        container.insert("resources".to_owned(), Value::Object(resources));
    }
}

fn is_stated_limit(stated: &[&Map<String, Value>], name: &str) -> bool {
    stated.iter().any(|stated| quantities(stated, "limits").is_some_and(|limits| limits.contains_key(name)))
}

fn quantities<'c>(container: &'c Map<String, Value>, key: &str) -> Option<&'c Quantities> {
    container.get("resources")?.get(key)?.as_object()
}

/// Adds missing `defaults`. Go reads null as zero.
fn add(to: &mut Quantities, defaults: Option<&Quantities>) {
    for (name, value) in defaults.into_iter().flatten() {
        if !to.contains_key(name) {
            to.insert(name.clone(), if value.is_null() { "0".into() } else { value.clone() });
        }
    }
}
