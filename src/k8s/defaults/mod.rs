//! The API server's defaults. Webhooks see pods with these filled in.
//!
//! [`fill`] adds them to the pod of a manifest. The injected pod is written to the manifest, where defaults would be noise:
//! [`settle`] removes those that the API server would add again.
//!
//! | default | from |
//! |---|---|
//! | fields of the pod, its containers and volumes | the API's types (`table`) |
//! | requests out of limits | pods (not pod templates) |
//! | limits and requests | the namespace's `LimitRange`s, by the admission plugin `LimitRanger` |
//! | pull secrets | the service account, by the admission plugin `ServiceAccount` |
//!
//! Defaults that are random or depend on the state of the cluster are not here: the volume of the service account's token,
//! tolerations, priorities, pod-level requests.

mod image;
mod resources;
mod table;

use serde_json::{Map, Value};

use super::matching_items::MatchingItems;
use super::small_map::field;
use table::{Child, Default as FieldDefault, DefaultValue, Shape, Type};

/// Defaults of admission plugins, from objects of the pod's namespace.
#[derive(Debug, Clone, Copy, Default)]
pub struct Admission<'a> {
    /// The limits that a `LimitRange` gives containers without limits, by resource.
    pub limits: Option<&'a Map<String, Value>>,
    /// The same for requests.
    pub requests: Option<&'a Map<String, Value>>,
    /// The pull secrets that the service account gives pods without pull secrets.
    pub pull_secrets: &'a [String],
}

/// The lists of containers in a pod's spec.
const LISTS: [&str; 2] = ["initContainers", "containers"];

/// Adds the API server's defaults to the `spec` of a pod.
pub fn fill(pod: &mut Value, admission: Admission<'_>) {
    let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) else { return };
    fill_type(spec, &table::POD_SPEC);
    for list in LISTS {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(container) = container.as_object_mut() {
                fill_type(container, &table::CONTAINER);
                resources::fill(container, admission);
            }
        }
    }
    let has_secrets = spec.get("imagePullSecrets").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    if !has_secrets && !admission.pull_secrets.is_empty() {
        spec.insert("imagePullSecrets".to_owned(), pull_secrets(admission));
    }
}

/// Removes defaults from `pod`, which was made from a filled one, if `original` does not have them and the API server would
/// add them again. Restores those that only `original` has, as a pod that the API server stored.
///
/// Values that `stated` pods have at the same path are not defaults, and stay.
pub fn settle(pod: &mut Value, original: &Value, stated: &[Value], admission: Admission<'_>) {
    let (Some(spec), Some(before)) = (pod.get_mut("spec").and_then(Value::as_object_mut), spec_of(original)) else {
        return;
    };
    let stated: Vec<&Map<String, Value>> = stated.iter().filter_map(spec_of).collect();
    settle_type(spec, before, &stated, &table::POD_SPEC);
    for (list, other) in [(LISTS[0], LISTS[1]), (LISTS[1], LISTS[0])] {
        let mut same_list = MatchingItems::new(before.get(list), "name");
        let mut other_list = MatchingItems::new(before.get(other), "name");
        let mut stated: Vec<_> = stated.iter().map(|stated| MatchingItems::new(stated.get(list), "name")).collect();
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let counterpart = same_list.of(container).or_else(|| other_list.of(container));
            let Some(before) = counterpart.and_then(Value::as_object) else { continue };
            let stated: Vec<_> = stated.iter_mut().filter_map(|stated| stated.of(container)?.as_object()).collect();
            if let Some(container) = container.as_object_mut() {
                settle_container(container, before, &stated, admission);
            }
        }
    }
    let had_secrets = before.get("imagePullSecrets").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    if !had_secrets
        && !admission.pull_secrets.is_empty()
        && spec.get("imagePullSecrets") == Some(&pull_secrets(admission))
    {
        put_back(spec, "imagePullSecrets", before.get("imagePullSecrets"));
    }
}

/// [`settle`] for one container. `before` is the same container in the original.
pub fn settle_container(
    container: &mut Map<String, Value>,
    before: &Map<String, Value>,
    stated: &[&Map<String, Value>],
    admission: Admission<'_>,
) {
    settle_type(container, before, stated, &table::CONTAINER);
    resources::settle(container, before, stated, admission);
}

/// Whether a field of a pod's spec has a default, which [`settle`] may remove.
pub fn is_defaulted(spec_field: &str) -> bool {
    table::POD_SPEC.defaults.iter().any(|default| default.field == spec_field)
}

/// Whether a field of a volume is a source.
pub fn is_volume_source(field: &str) -> bool {
    table::VOLUME_SOURCES.contains(&field)
}

fn spec_of(pod: &Value) -> Option<&Map<String, Value>> {
    pod.get("spec").and_then(Value::as_object)
}

fn pull_secrets(admission: Admission<'_>) -> Value {
    admission.pull_secrets.iter().map(|name| serde_json::json!({"name": name})).collect()
}

fn fill_type(map: &mut Map<String, Value>, of: &Type) {
    for default in of.defaults {
        if is_unset(field(map, default.field), default)
            && let Some(value) = default.value(map)
        {
            map.insert(default.field.to_owned(), value);
        }
    }
    for child in of.children {
        match (&child.shape, map.get_mut(child.field)) {
            (Shape::Object, Some(Value::Object(value))) => fill_type(value, child.of),
            (Shape::List { needs, .. }, Some(Value::Array(items))) => {
                for item in items.iter_mut().filter_map(Value::as_object_mut) {
                    if needs.is_none_or(|needed| item.contains_key(needed)) {
                        fill_type(item, child.of);
                    }
                }
            }
            _ => {}
        }
    }
}

fn settle_type(map: &mut Map<String, Value>, before: &Map<String, Value>, stated: &[&Map<String, Value>], of: &Type) {
    // In reverse order: defaults that were added last are removed first.
    for default in of.defaults.iter().rev() {
        let (was, now) = (field(before, default.field), field(map, default.field));
        if is_unset(was, default) {
            let is_default = now.is_some_and(|now| default.is(now, map));
            if is_default && !stated.iter().any(|stated| stated.contains_key(default.field)) {
                put_back(map, default.field, was);
            }
        } else if let Some(was) = was.filter(|was| is_unset(now, default) && default.is(was, map)) {
            map.insert(default.field.to_owned(), was.clone());
        }
    }
    for child in of.children {
        settle_child(map, before, stated, child);
    }
}

fn settle_child(
    map: &mut Map<String, Value>,
    before: &Map<String, Value>,
    stated: &[&Map<String, Value>],
    child: &Child,
) {
    let Some(before) = field(before, child.field) else { return };
    match (&child.shape, map.get_mut(child.field), before) {
        (Shape::Object, Some(Value::Object(value)), Value::Object(before)) => {
            let stated: Vec<_> = stated.iter().filter_map(|stated| stated.get(child.field)?.as_object()).collect();
            settle_type(value, before, &stated, child.of);
        }
        (Shape::List { key, needs }, Some(Value::Array(items)), before) => {
            let mut before = MatchingItems::new(Some(before), key);
            let lists = stated.iter().map(|stated| stated.get(child.field));
            let mut stated: Vec<_> = lists.map(|list| MatchingItems::new(list, key)).collect();
            for item in items {
                if needs.is_some_and(|needed| item.get(needed).is_none()) {
                    continue;
                }
                let Some(before) = before.of(item).and_then(Value::as_object) else { continue };
                let stated: Vec<_> = stated.iter_mut().filter_map(|list| list.of(item)?.as_object()).collect();
                if let Some(item) = item.as_object_mut() {
                    settle_type(item, before, &stated, child.of);
                }
            }
        }
        _ => {}
    }
}

/// Restores a field.
fn put_back(map: &mut Map<String, Value>, field: &str, was: Option<&Value>) {
    match was {
        Some(was) => drop(map.insert(field.to_owned(), was.clone())),
        None => drop(map.shift_remove(field)),
    }
}

/// Whether the API server treats a field as unset.
fn is_unset(found: Option<&Value>, default: &FieldDefault) -> bool {
    match found {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => default.replaces_zero && text.is_empty(),
        Some(Value::Number(number)) => default.replaces_zero && number.as_i64() == Some(0),
        Some(_) => false,
    }
}

impl FieldDefault {
    /// The default of the field in this object; `None` if there is none.
    fn value(&self, map: &Map<String, Value>) -> Option<Value> {
        Some(match self.value {
            DefaultValue::Text(text) => text.into(),
            DefaultValue::Number(number) => number.into(),
            DefaultValue::Bool(value) => value.into(),
            DefaultValue::Empty => Value::Object(Map::new()),
            DefaultValue::EmptyWithoutSource => {
                let is_source =
                    |(key, value): (&String, &Value)| key != "name" && key != self.field && !value.is_null();
                return (!map.iter().any(is_source)).then(|| Value::Object(Map::new()));
            }
            DefaultValue::PullPolicy { image } => {
                image::pull_policy(field(map, image).and_then(Value::as_str).unwrap_or_default()).into()
            }
            DefaultValue::ServiceAccount { other } => {
                field(map, other).and_then(Value::as_str).filter(|name| !name.is_empty()).unwrap_or("default").into()
            }
        })
    }

    /// Whether `found` is the default of the field in this object.
    fn is(&self, found: &Value, map: &Map<String, Value>) -> bool {
        match self.value {
            DefaultValue::Text(text) => found == text,
            DefaultValue::Number(number) => *found == number,
            DefaultValue::Bool(value) => *found == value,
            DefaultValue::Empty => found.as_object().is_some_and(Map::is_empty),
            _ => self.value(map).is_some_and(|value| value == *found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn filled(mut pod: Value) -> Value {
        fill(&mut pod, Admission::default());
        pod
    }

    #[test]
    fn containers_get_the_defaults_of_the_api_server() {
        let pod = filled(json!({"spec": {"containers": [{
            "name": "web", "image": "web:1", "ports": [{"containerPort": 80}, {"containerPort": 53, "protocol": "UDP"}],
            "env": [{"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
            "readinessProbe": {"httpGet": {"port": "http"}, "timeoutSeconds": 0, "periodSeconds": 5},
            "livenessProbe": {"grpc": {"port": 90}},
            "lifecycle": {"preStop": {"httpGet": {"port": 80, "path": "/stop"}}},
        }]}}));
        let web = &pod["spec"]["containers"][0];
        assert_eq!(web["imagePullPolicy"], "IfNotPresent");
        assert_eq!(
            web["ports"],
            json!([{"containerPort": 80, "protocol": "TCP"}, {"containerPort": 53, "protocol": "UDP"}])
        );
        assert_eq!(web["env"][0]["valueFrom"]["fieldRef"]["apiVersion"], "v1");
        let probe = json!({
            "httpGet": {"port": "http", "path": "/", "scheme": "HTTP"},
            "timeoutSeconds": 1, "periodSeconds": 5, "successThreshold": 1, "failureThreshold": 3
        });
        assert_eq!(web["readinessProbe"], probe);
        assert_eq!(web["livenessProbe"]["grpc"], json!({"port": 90, "service": ""}));
        assert_eq!(web["lifecycle"]["preStop"]["httpGet"], json!({"port": 80, "path": "/stop", "scheme": "HTTP"}));
        assert_eq!(pod["spec"]["serviceAccountName"], "default");
    }

    #[test]
    fn volumes_get_an_empty_directory_only_without_a_source() {
        let pod = filled(json!({"spec": {"volumes": [{"name": "a", "emptyDir": null}, {"name": "b", "secret": {}},
            {"name": "c", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}]}}));
        assert_eq!(
            pod["spec"]["volumes"],
            json!([{"name": "a", "emptyDir": {}}, {"name": "b", "secret": {"defaultMode": 420}},
            {"name": "c", "projected": {"defaultMode": 420,
                "sources": [{"serviceAccountToken": {"path": "t", "expirationSeconds": 3600}}]}}])
        );
    }

    #[test]
    fn defaults_are_removed_again() {
        let pod = json!({"spec": {
            "serviceAccountName": "web", "dnsPolicy": null,
            "initContainers": [{"name": "i", "image": "i"}],
            "containers": [{
                "name": "web", "image": "web", "imagePullPolicy": "", "resources": {"limits": {"cpu": 2, "x": null}},
                "ports": [{"containerPort": 53}, {"containerPort": 53, "protocol": "UDP"}],
                "startupProbe": {"tcpSocket": {"port": 1}, "timeoutSeconds": 0, "failureThreshold": 3},
            }],
            "volumes": [{"name": "a", "emptyDir": null}, {"name": "b"}],
        }});
        let secrets = ["pull".to_owned()];
        let requests = Map::from_iter([("memory".to_owned(), json!("1Gi"))]);
        let admission = Admission { requests: Some(&requests), pull_secrets: &secrets, limits: None };
        let mut same = pod.clone();
        fill(&mut same, admission);
        assert_eq!(same["spec"]["imagePullSecrets"], json!([{"name": "pull"}]));
        assert_eq!(
            same["spec"]["containers"][0]["resources"]["requests"],
            json!({"cpu": 2, "x": "0", "memory": "1Gi"})
        );
        settle(&mut same, &pod, &[], admission);
        assert_eq!(same, pod);
    }

    #[test]
    fn values_that_are_not_defaults_in_their_new_place_are_kept() {
        let pod = json!({"spec": {"containers": [{"name": "istio-proxy", "image": "auto"}]}});
        let mut made = filled(pod.clone());
        made["spec"]["containers"][0]["image"] = json!("proxyv2:1");
        settle(&mut made, &pod, &[], Admission::default());
        // `auto` has no tag, so it is always pulled.
        assert_eq!(
            made["spec"]["containers"][0],
            json!({"name": "istio-proxy", "image": "proxyv2:1", "imagePullPolicy": "Always"})
        );
    }

    #[test]
    fn stated_values_are_kept() {
        let pod = json!({"spec": {"containers": [{"name": "p", "readinessProbe": {"exec": {}}}]}});
        let mut made = filled(pod.clone());
        let stated = json!({"spec": {"dnsPolicy": "ClusterFirst", "containers": [{"name": "p", "readinessProbe": {"periodSeconds": 15}}]}});
        settle(&mut made, &pod, &[stated], Admission::default());
        let expected = json!({"spec": {
            "dnsPolicy": "ClusterFirst", "containers": [{"name": "p", "readinessProbe": {"exec": {}, "periodSeconds": 10}}]
        }});
        assert_eq!(made, expected);
    }

    #[test]
    fn defaults_that_the_api_server_has_stored_are_taken_over() {
        let stored =
            filled(json!({"spec": {"initContainers": [{"name": "p", "image": "p:1", "ports": [{"containerPort": 1}]}],
            "volumes": [{"name": "v"}]}}));
        let mut made = json!({"spec": {"initContainers": [{"name": "p", "image": "p:1", "ports": [{"containerPort": 1}]}],
            "volumes": [{"name": "v"}]}});
        settle(&mut made, &stored, &[], Admission::default());
        assert_eq!(made, stored);
    }
}
