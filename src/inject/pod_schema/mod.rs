//! Values as Go's typed objects write them: fields in declaration order, zero values that `omitempty` leaves out gone,
//! fields that Kubernetes does not know dropped. The types are those of [`strategicpatch`].

use serde_json::{Map, Value};

use super::pod::part;
use crate::istio::value::{kind_of, truthy};
use crate::k8s::matching_items::MatchingItems;
use crate::k8s::quantity;
use strategicpatch::{Field, Kind, Scalar, Shape, Strategy, Struct};

/// How quantities are spelled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantities {
    /// As the user wrote them.
    AsWritten,
    /// As Kubernetes writes them: `2` for `2000m`.
    Canonical,
}

/// A container, as it is merged over the template's and as `proxy.istio.io/overrides` records it.
pub(super) fn container(value: &Value, quantities: Quantities) -> Value {
    container_type().map_or(Value::Null, |container| typed(value, container, quantities))
}

/// Takes the fields out of a container that Go's typed objects would not write, all the way down: those that Kubernetes does
/// not know, nulls, and zero values.
pub(super) fn keep_written(value: &mut Value) {
    if let Some(of) = container_type() {
        keep_written_of(value, of);
    }
}

fn keep_written_of(value: &mut Value, of: &'static Struct) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| keep_written_of(item, of)),
        Value::Object(map) => map.retain(|key, value| {
            let Some(field) = of.fields.iter().find(|field| field.name == key).filter(|_| !value.is_null()) else {
                return false;
            };
            match field.fields {
                Some(of) => keep_written_of(value, of),
                None => return is_written(value, field),
            }
            field.shape != Shape::List || truthy(Some(value))
        }),
        _ => {}
    }
}

fn container_type() -> Option<&'static Struct> {
    let pod_spec = Kind::Pod.structure().field("spec").and_then(|spec| spec.fields);
    pod_spec.and_then(|spec| spec.field("containers")).and_then(|containers| containers.fields)
}

/// An object of a type, as Go writes it.
pub(super) fn object(value: &Value, of: &'static Struct) -> Value {
    typed(value, of, Quantities::Canonical)
}

fn typed(value: &Value, of: &'static Struct, quantities: Quantities) -> Value {
    let field = |field: &Field| Some((field.name.to_owned(), written(value.get(field.name), field, quantities)?));
    Value::Object(of.fields.iter().filter_map(field).collect())
}

/// What Go writes for a field; `None` where it leaves the field out.
fn written(found: Option<&Value>, field: &Field, quantities: Quantities) -> Option<Value> {
    let found = found.filter(|found| !found.is_null());
    let object = |found: &Value, of| typed(found, of, quantities);
    match (field.shape, field.fields, found) {
        // A struct that is no pointer is written even if it is empty.
        (Shape::Value, Some(of), found) => Some(object(found.unwrap_or(&Value::Null), of)),
        (Shape::Value, None, None) if field.required => zero(field.scalar),
        (_, _, None) => None,
        (Shape::Pointer, Some(of), Some(found)) => Some(object(found, of)),
        (Shape::List, of, Some(found)) => {
            let items = found.as_array().filter(|items| !items.is_empty())?;
            Some(items.iter().map(|item| of.map_or_else(|| item.clone(), |of| object(item, of))).collect())
        }
        (_, None, Some(found)) => is_written(found, field).then(|| scalar(found, field.scalar, quantities)),
    }
}

/// Whether Go writes a scalar, or a list of scalars, that is there: zero values mostly not.
fn is_written(found: &Value, field: &Field) -> bool {
    let is_kept = field.shape == Shape::Pointer || field.required || field.scalar == Scalar::Quantity;
    is_kept || truthy(Some(found))
}

/// What Go writes for a scalar that is not said.
fn zero(kind: Scalar) -> Option<Value> {
    match kind {
        Scalar::String => Some(Value::from("")),
        Scalar::Bool => Some(Value::from(false)),
        Scalar::Int32 | Scalar::Int64 | Scalar::IntOrString => Some(Value::from(0)),
        _ => None,
    }
}

fn scalar(found: &Value, kind: Scalar, quantities: Quantities) -> Value {
    match (kind, found) {
        (Scalar::Quantity, found) => quantity(found, quantities, quantity::canonical),
        (Scalar::Quantities, Value::Object(map)) => {
            let spelled = |found: &Value| quantity(found, quantities, quantity::canonical_resource);
            let mut out: Map<_, _> = map.iter().map(|(name, found)| (name.clone(), spelled(found))).collect();
            out.sort_keys();
            Value::Object(out)
        }
        (Scalar::Strings, Value::Object(map)) => {
            let mut out = map.clone();
            out.sort_keys();
            Value::Object(out)
        }
        _ => found.clone(),
    }
}

/// A step of a path to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PathStep {
    Key(String),
    Index(usize),
}

/// A path as messages show it: `spec.containers[0].image`.
pub(super) fn path_text(path: &[PathStep]) -> String {
    let step = |(i, step): (usize, &PathStep)| match step {
        PathStep::Key(key) if i == 0 => key.clone(),
        PathStep::Key(key) => format!(".{key}"),
        PathStep::Index(index) => format!("[{index}]"),
    };
    if path.is_empty() { "the document".to_owned() } else { path.iter().enumerate().map(step).collect() }
}

/// A value of another type than the API's.
#[derive(Debug)]
pub(super) struct WrongType {
    /// The steps to it, the last one first.
    pub(super) path: Vec<PathStep>,
    pub(super) expected: &'static str,
    pub(super) found: &'static str,
}

/// An overlay as Go reads it: fields that the API does not know are dropped, names get the API's letter case, quantities
/// their canonical form. `null`, which takes a field away, and the directives of patches stay.
pub(super) fn overlay(value: Value, of: &'static Struct) -> Result<Value, WrongType> {
    let map = match value {
        Value::Object(map) => map,
        Value::Null => return Ok(Value::Null),
        other => return Err(wrong("a mapping", &other)),
    };
    let mut out = Vec::with_capacity(map.len());
    for (key, value) in map {
        if key.starts_with('$') {
            out.push((0, key, value));
        } else if let Some(field) = of.field(&key) {
            let value = overlay_field(value, field).map_err(|error| error.below(PathStep::Key(key)))?;
            out.push((rank(of, field), field.name.to_owned(), value));
        }
    }
    out.sort_by_key(|(rank, ..)| *rank);
    Ok(Value::Object(out.into_iter().map(|(_, key, value)| (key, value)).collect()))
}

/// The order of keys in what is new, where it is not the API's: what people look for comes first.
const ORDER: [(&str, &[&str]); 12] = [
    (
        "Container",
        &[
            "name",
            "image",
            "imagePullPolicy",
            "command",
            "ports",
            "args",
            "env",
            "envFrom",
            "restartPolicy",
            "lifecycle",
            "startupProbe",
            "readinessProbe",
            "livenessProbe",
            "resources",
            "securityContext",
            "volumeMounts",
        ],
    ),
    ("ContainerPort", &["containerPort", "protocol", "name"]),
    ("ObjectMeta", &["labels", "annotations"]),
    ("PodSpec", &["initContainers", "containers", "volumes"]),
    ("Probe", &["httpGet", "initialDelaySeconds", "periodSeconds", "timeoutSeconds", "failureThreshold"]),
    ("ResourceRequirements", &["requests", "limits"]),
    (
        "SecurityContext",
        &[
            "allowPrivilegeEscalation",
            "capabilities",
            "privileged",
            "readOnlyRootFilesystem",
            "runAsGroup",
            "runAsNonRoot",
            "runAsUser",
            "seccompProfile",
        ],
    ),
    ("ServiceAccountTokenProjection", &["path", "expirationSeconds", "audience"]),
    ("DownwardAPIVolumeFile", &["path"]),
    ("SecretVolumeSource", &["optional", "secretName"]),
    ("ResourceFieldSelector", &["resource", "divisor"]),
    ("VolumeMount", &["name", "mountPath", "readOnly"]),
];

/// Where a field goes among its type's.
fn rank(of: &Struct, field: &Field) -> usize {
    let first = ORDER.iter().find(|(name, _)| *name == of.name).map_or(&[][..], |(_, first)| first);
    let listed = first.iter().position(|name| *name == field.name);
    let declared = of.fields.iter().position(|other| other.name == field.name);
    listed.unwrap_or(first.len() + declared.unwrap_or_default())
}

fn overlay_field(value: Value, field: &'static Field) -> Result<Value, WrongType> {
    let inner = |value: Value| match field.fields {
        Some(of) => overlay(value, of),
        None => overlay_scalar(value, field.scalar),
    };
    match (field.shape, value) {
        (_, Value::Null) => Ok(Value::Null),
        (Shape::List, Value::Array(items)) => {
            let items = items.into_iter().enumerate();
            items.map(|(i, item)| inner(item).map_err(|error| error.below(PathStep::Index(i)))).collect()
        }
        (Shape::List, other) => Err(wrong("a list", &other)),
        (_, value) => inner(value),
    }
}

fn overlay_scalar(value: Value, kind: Scalar) -> Result<Value, WrongType> {
    let entries = |value: Value, entry: Scalar| match value {
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| match overlay_scalar(value, entry) {
                Ok(value) => Ok((key, value)),
                Err(error) => Err(error.below(PathStep::Key(key))),
            })
            .collect::<Result<Map<_, _>, _>>()
            .map(Value::Object),
        other => Err(wrong("a mapping", &other)),
    };
    let fits = match kind {
        _ if value.is_null() => true,
        Scalar::String | Scalar::Time => value.is_string(),
        Scalar::Bool => value.is_boolean(),
        Scalar::Int32 => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        Scalar::Int64 => value.is_i64(),
        Scalar::IntOrString => value.is_string() || value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        Scalar::Any => true,
        Scalar::Strings => return entries(value, Scalar::String),
        Scalar::Quantities => return entries(value, Scalar::Quantity),
        Scalar::Quantity => {
            let text = match &value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                other => return Err(wrong("a quantity", other)),
            };
            if !quantity::is_quantity(&text) {
                return Err(wrong("a quantity", &value));
            }
            return Ok(quantity::canonical(&text).into());
        }
    };
    let expected = match kind {
        Scalar::Bool => "a boolean",
        Scalar::Int32 | Scalar::Int64 => "a whole number",
        Scalar::IntOrString => "a number or a string",
        _ => "a string",
    };
    if fits { Ok(value) } else { Err(wrong(expected, &value)) }
}

fn wrong(expected: &'static str, found: &Value) -> WrongType {
    WrongType { path: Vec::new(), expected, found: kind_of(found) }
}

impl WrongType {
    fn below(mut self, step: PathStep) -> Self {
        self.path.push(step);
        self
    }
}

/// Takes out of an overlay what Go's typed objects would not write after the merge: nulls and zero values where `base`
/// has nothing that they take away or replace.
pub(super) fn settle(overlay: &mut Value, base: &Value, of: &'static Struct) {
    let Some(map) = overlay.as_object_mut() else { return };
    map.retain(|key, value| {
        let Some(field) = of.field(key) else { return true };
        let below = part(base, field.name);
        match (field.fields, value) {
            (_, value @ Value::Null) => return !below.is_null() || !value.is_null(),
            (Some(of), Value::Array(items)) => {
                let key = match field.strategy {
                    Strategy::Merge { key } => key,
                    Strategy::Replace => None,
                };
                // Items of a list that is replaced have no counterparts.
                let mut counterparts = MatchingItems::new(key.map(|_| below), key.unwrap_or_default());
                for item in items {
                    let below = counterparts.of(item).unwrap_or(&Value::Null);
                    settle(item, below, of);
                }
            }
            (Some(of), value) => settle(value, below, of),
            _ => {}
        }
        true
    });
    map.retain(|key, value| match of.field(key) {
        Some(field) if field.shape == Shape::Pointer || field.required || value.is_null() || value.is_object() => true,
        Some(field) => truthy(Some(value)) || !part(base, field.name).is_null(),
        None => true,
    });
}

/// A quantity, which is a string even where it was written as a number.
fn quantity(value: &Value, quantities: Quantities, canonical: fn(&str) -> String) -> Value {
    let number = value.is_number().then(|| value.to_string());
    match (number.as_deref().or(value.as_str()), quantities) {
        (Some(text), Quantities::Canonical) => canonical(text).into(),
        (Some(text), Quantities::AsWritten) => text.into(),
        // Go reads a null as zero.
        (None, _) if value.is_null() => "0".into(),
        (None, _) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_come_in_gos_order_without_zero_values() {
        let user = json!({
            "tty": false,
            "securityContext": {"privileged": false, "capabilities": {"add": [], "drop": ["ALL"]}},
            "volumeMounts": [{"mountPath": "/a", "readOnly": false, "name": "a"}],
            "resources": {"requests": {"memory": "1024Mi", "cpu": 2, "x": "1500u"}},
            "env": [{"value": "", "name": "E"}],
            "unknown": 1,
            "args": null,
            "name": "istio-proxy"
        });
        assert_eq!(
            gostd::json::marshal(&container(&user, Quantities::Canonical)),
            "{\"name\":\"istio-proxy\",\"env\":[{\"name\":\"E\"}],\
             \"resources\":{\"requests\":{\"cpu\":\"2\",\"memory\":\"1Gi\",\"x\":\"2m\"}},\
             \"volumeMounts\":[{\"name\":\"a\",\"mountPath\":\"/a\"}],\
             \"securityContext\":{\"capabilities\":{\"drop\":[\"ALL\"]},\"privileged\":false}}"
        );
        let container = |user: Value| container(&user, Quantities::AsWritten);
        assert_eq!(container(json!({"name": "a"})), json!({"name": "a", "resources": {}}));
        let null = container(json!({"name": "a", "resources": {"limits": {"cpu": null}}}));
        assert_eq!(null["resources"]["limits"], json!({"cpu": "0"}));
        let port = container(json!({"ports": [{"name": "http"}]}));
        assert_eq!(port, json!({"name": "", "ports": [{"name": "http", "containerPort": 0}], "resources": {}}));
    }
}
