//! Overlays as Go reads them into typed objects, and the fields that Go writes after the merge.

use serde_json::{Map, Value};

use crate::inject::pod::part;
use crate::istio::value::{kind_of, truthy};
use crate::k8s::matching_items::MatchingItems;
use crate::k8s::{Element, Path, quantity};
use strategicpatch::{Field, Scalar, Shape, Strategy, Struct};

/// A value that does not have the type of its field.
#[derive(Debug)]
pub(in crate::inject) struct WrongType {
    /// From the overlay to the value.
    pub(in crate::inject) path: Path,
    pub(in crate::inject) expected: &'static str,
    pub(in crate::inject) found: &'static str,
}

/// Reads an overlay as Go does: drops unknown fields, corrects the case of names, and writes quantities in canonical form.
/// Keeps `null`, which removes a field, and the directives of patches.
pub(in crate::inject) fn overlay(value: Value, of: &'static Struct) -> Result<Value, WrongType> {
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
            let value = overlay_field(value, field).map_err(|error| error.below(Element::Key(key)))?;
            out.push((rank(of, field), field.name.to_owned(), value));
        }
    }
    out.sort_by_key(|(rank, ..)| *rank);
    Ok(Value::Object(out.into_iter().map(|(_, key, value)| (key, value)).collect()))
}

/// The fields that come first in new objects; the others follow in the order of the API.
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

/// The position of a field among those of its type.
fn rank(of: &Struct, field: &Field) -> usize {
    let first = ORDER.iter().find(|(name, _)| *name == of.name).map_or(&[][..], |(_, first)| first);
    let listed = first.iter().position(|name| *name == field.name);
    let declared = of.fields.iter().position(|other| other.name == field.name);
    listed.or_else(|| Some(first.len() + declared?)).unwrap_or(usize::MAX)
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
            items.map(|(i, item)| inner(item).map_err(|error| error.below(Element::Index(i)))).collect()
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
                Err(error) => Err(error.below(Element::Key(key))),
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
    WrongType { path: Path::default(), expected, found: kind_of(found) }
}

impl WrongType {
    fn below(mut self, step: Element) -> Self {
        self.path.insert(0, step);
        self
    }
}

/// Drops what Go would not write after the merge: nulls and zero values that remove or replace nothing in `base`.
pub(in crate::inject) fn drop_unwritten(overlay: &mut Value, base: &Value, of: &'static Struct) {
    let Some(map) = overlay.as_object_mut() else { return };
    map.retain(|key, value| {
        let Some(field) = of.field(key) else { return true };
        let below = part(base, field.name);
        match (field.fields, &mut *value) {
            (_, Value::Null) => return !below.is_null(),
            (Some(of), Value::Array(items)) => {
                let mut matching = match field.strategy {
                    Strategy::Merge { key: Some(key) } => MatchingItems::new(Some(below), key),
                    // The list replaces that of `base`.
                    _ => MatchingItems::new(None, ""),
                };
                for item in items {
                    let below = matching.of(item).unwrap_or(&Value::Null);
                    drop_unwritten(item, below, of);
                }
            }
            (Some(of), value) => drop_unwritten(value, below, of),
            _ => {}
        }
        let is_kept = field.shape == Shape::Pointer || field.required || value.is_object();
        is_kept || truthy(Some(value)) || !below.is_null()
    });
}
