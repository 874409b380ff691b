//! Values as Go writes typed objects: fields in the order of their declaration, without the zero values that `omitempty`
//! leaves out and without fields that Kubernetes does not know.

use serde_json::{Map, Value};

use crate::istio::value::truthy;
use crate::k8s::quantity;
use strategicpatch::{Field, Kind, Scalar, Shape, Struct};

/// How quantities are spelled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::inject) enum Quantities {
    /// As the user wrote them.
    AsWritten,
    /// As Kubernetes writes them: `2` for `2000m`.
    Canonical,
}

/// A user's container, as it is merged over the template's and as `proxy.istio.io/overrides` records it.
pub(in crate::inject) fn container(value: &Value, quantities: Quantities) -> Value {
    container_type().map_or(Value::Null, |container| typed(value, container, quantities))
}

/// Drops the fields of a container, at every level, that Go would not write: unknown ones, nulls and zero values.
pub(in crate::inject) fn keep_written(value: &mut Value) {
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

/// An object of a type, with canonical quantities.
pub(in crate::inject) fn object(value: &Value, of: &'static Struct) -> Value {
    typed(value, of, Quantities::Canonical)
}

fn typed(value: &Value, of: &'static Struct, quantities: Quantities) -> Value {
    let field = |field: &Field| Some((field.name.to_owned(), written(value.get(field.name), field, quantities)?));
    Value::Object(of.fields.iter().filter_map(field).collect())
}

/// What Go writes for a field; `None` if it leaves the field out.
fn written(found: Option<&Value>, field: &Field, quantities: Quantities) -> Option<Value> {
    let found = found.filter(|found| !found.is_null());
    let object = |found: &Value, of| typed(found, of, quantities);
    match (field.shape, field.fields, found) {
        // `omitempty` has no effect on a struct that is not a pointer.
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

/// Whether Go writes a scalar or a list of scalars: zero values only where the field has no `omitempty`.
fn is_written(found: &Value, field: &Field) -> bool {
    let is_kept = field.shape == Shape::Pointer || field.required || field.scalar == Scalar::Quantity;
    is_kept || truthy(Some(found))
}

/// The zero value of a scalar.
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

/// A quantity as a string, even if it was written as a number.
fn quantity(value: &Value, quantities: Quantities, canonical: fn(&str) -> String) -> Value {
    let number = value.is_number().then(|| value.to_string());
    match (number.as_deref().or(value.as_str()), quantities) {
        (Some(text), Quantities::Canonical) => canonical(text).into(),
        (Some(text), Quantities::AsWritten) => text.into(),
        // Go reads null as zero.
        (None, _) if value.is_null() => "0".into(),
        (None, _) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn containers_are_written_in_gos_order_without_zero_values() {
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
