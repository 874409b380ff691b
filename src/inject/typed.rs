//! Values as Go's typed objects write them: fields in declaration order, zero values that `omitempty` leaves out gone,
//! fields that Kubernetes does not know dropped. The types are those of [`crate::strategicpatch`].

use serde_json::{Map, Value};

use crate::istio::value::truthy;
use crate::strategicpatch::{Field, Kind, Scalar, Shape, Struct};

/// A container, as `proxy.istio.io/overrides` records it and as it is merged over the template's.
pub(super) fn container(value: &Value) -> Value {
    let pod_spec = Kind::Pod.structure().field("spec").and_then(|spec| spec.fields);
    let container = pod_spec.and_then(|spec| spec.field("containers")).and_then(|containers| containers.fields);
    container.map_or(Value::Null, |container| object(value, container))
}

/// An object of a type.
pub(super) fn object(value: &Value, of: &'static Struct) -> Value {
    let written =
        of.fields.iter().filter_map(|field| Some((field.name.to_owned(), written(value.get(field.name), field)?)));
    Value::Object(written.collect())
}

/// What Go writes for a field; `None` where it leaves the field out.
fn written(found: Option<&Value>, field: &Field) -> Option<Value> {
    let found = found.filter(|found| !found.is_null());
    match (field.shape, field.fields, found) {
        // A struct that is no pointer is written even if it is empty.
        (Shape::Value, Some(of), found) => Some(object(found.unwrap_or(&Value::Null), of)),
        (_, _, None) => None,
        (Shape::Pointer, Some(of), Some(found)) => Some(object(found, of)),
        (Shape::List, of, Some(found)) => {
            let items = found.as_array().filter(|items| !items.is_empty())?;
            Some(items.iter().map(|item| of.map_or_else(|| item.clone(), |of| object(item, of))).collect())
        }
        (shape, None, Some(found)) => {
            let kept = shape == Shape::Pointer || field.required || field.scalar == Scalar::Quantity;
            (kept || truthy(Some(found))).then(|| scalar(found, field.scalar))
        }
    }
}

fn scalar(found: &Value, kind: Scalar) -> Value {
    match (kind, found) {
        (Scalar::Quantity, found) => quantity(found),
        (Scalar::Quantities, Value::Object(map)) => {
            let mut out: Map<_, _> = map.iter().map(|(name, found)| (name.clone(), quantity(found))).collect();
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

/// A quantity keeps the user's spelling, but is a string even where it was written as a number.
fn quantity(value: &Value) -> Value {
    if value.is_number() { Value::String(value.to_string()) } else { value.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::istio::go_json;
    use serde_json::json;

    #[test]
    fn fields_come_in_gos_order_without_zero_values() {
        let user = json!({
            "tty": false,
            "securityContext": {"privileged": false, "capabilities": {"add": [], "drop": ["ALL"]}},
            "volumeMounts": [{"mountPath": "/a", "readOnly": false, "name": "a"}],
            "resources": {"requests": {"memory": "1Gi", "cpu": 2}},
            "env": [{"value": "", "name": "E"}],
            "unknown": 1,
            "args": null,
            "name": "istio-proxy"
        });
        assert_eq!(
            go_json::to_string(&container(&user)),
            "{\"name\":\"istio-proxy\",\"env\":[{\"name\":\"E\"}],\
             \"resources\":{\"requests\":{\"cpu\":\"2\",\"memory\":\"1Gi\"}},\
             \"volumeMounts\":[{\"name\":\"a\",\"mountPath\":\"/a\"}],\
             \"securityContext\":{\"capabilities\":{\"drop\":[\"ALL\"]},\"privileged\":false}}"
        );
        assert_eq!(container(&json!({"name": "a"})), json!({"name": "a", "resources": {}}));
    }
}
