//! Reads a JSON value as a `ProxyConfig`: checks types, drops unknown fields, converts names to camel case and
//! durations to seconds, and sorts fields in declaration order. The result is the message's canonical JSON.

use gostd::time::parse_duration;
use serde_json::{Map, Value};

use super::duration;
use crate::istio::message_fields::{Field, Kind};
use crate::istio::release::Release;
use crate::istio::value::{json_number, whole, wrong_type};

/// A field with a value of the wrong type or out of range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path} {problem}")]
pub struct ProxyConfigError {
    /// The field, such as `tracing.sampling`.
    pub path: String,
    /// What is wrong with it.
    pub problem: String,
}

impl ProxyConfigError {
    pub(super) fn new(path: &str, problem: impl Into<String>) -> Self {
        let path = if path.is_empty() { "the configuration" } else { path };
        Self { path: path.to_owned(), problem: problem.into() }
    }
}

/// Whether zeros are kept. A message that is applied directly keeps them; one that istiod writes and reads again first
/// loses them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Zeros {
    Kept,
    Dropped,
}

/// Reads a message; fields that the release does not have are dropped.
pub(super) fn message(
    value: &Value,
    fields: &'static [Field],
    (zeros, release): (Zeros, &Release),
    path: &str,
) -> Result<Map<String, Value>, ProxyConfigError> {
    let Value::Object(map) = value else {
        return Err(ProxyConfigError::new(path, wrong_type("a mapping", value)));
    };
    let mut out = Map::new();
    let mut chosen: Option<(&str, &str)> = None;
    for field in fields.iter().filter(|field| field.since.is_none_or(|change| release.has(change))) {
        let Some(value) = lookup(map, field.name).filter(|value| !value.is_null()) else { continue };
        let path = if path.is_empty() { field.name.to_owned() } else { format!("{path}.{}", field.name) };
        if let Some(group) = field.one_of {
            match chosen {
                Some((name, of)) if of == group => {
                    return Err(ProxyConfigError::new(&path, format!("cannot be set together with {name}")));
                }
                _ => chosen = Some((field.name, group)),
            }
        }
        let zeros = if field.one_of.is_some() { Zeros::Kept } else { zeros };
        if let Some(value) = content(value, &field.kind, (zeros, release), &path)? {
            out.insert(field.name.to_owned(), value);
        }
    }
    Ok(out)
}

/// A field by its name in camel case or, if absent, in snake case.
fn lookup<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.get(name).or_else(|| {
        let is_snake = |key: &str| {
            key.contains('_') && {
                let mut chars = key.chars();
                name.chars().all(|c| {
                    if c.is_ascii_uppercase() {
                        chars.next() == Some('_') && chars.next() == Some(c.to_ascii_lowercase())
                    } else {
                        chars.next() == Some(c)
                    }
                }) && chars.next().is_none()
            }
        };
        map.iter().find(|(key, _)| is_snake(key)).map(|(_, value)| value)
    })
}

/// Reads one value; `None` for a zero that is dropped.
fn content(
    value: &Value,
    kind: &'static Kind,
    (zeros, release): (Zeros, &Release),
    path: &str,
) -> Result<Option<Value>, ProxyConfigError> {
    let wrong = |expected: &str| Err(ProxyConfigError::new(path, wrong_type(expected, value)));
    let (value, is_zero) = match kind {
        Kind::Text => match value {
            Value::String(text) => (value.clone(), text.is_empty()),
            _ => return wrong("a string"),
        },
        Kind::Bool => match value {
            Value::Bool(yes) => (value.clone(), !yes),
            _ => return wrong("a boolean"),
        },
        Kind::Int => match integer(value).filter(|n| i32::try_from(*n).is_ok()) {
            Some(number) => (number.into(), number == 0),
            None => return wrong("a 32-bit integer"),
        },
        Kind::Uint => match integer(value).filter(|n| u32::try_from(*n).is_ok()) {
            Some(number) => (number.into(), number == 0),
            None => return wrong("an unsigned 32-bit integer"),
        },
        Kind::Int64 => match integer(value) {
            Some(number) => (number.to_string().into(), number == 0),
            None => return wrong("a 64-bit integer"),
        },
        Kind::Double => match double(value) {
            Some(number) => (json_number(number), number == 0.0),
            None => return wrong("a number"),
        },
        Kind::Duration => match value.as_str().map(parse_duration) {
            Some(Ok(duration)) => (duration::seconds(duration).into(), false),
            _ => return wrong("a duration such as 30s"),
        },
        Kind::Any => (value.clone(), false),
        Kind::Wrapped(inner) => return content(value, inner, (Zeros::Kept, release), path),
        Kind::Enum(names) => match enumerator(value, names) {
            Some((name, index)) => (name, index == 0),
            None => return wrong(&format!("one of {}", names.join(", "))),
        },
        // A nested message replaces the whole message, so zeros in it have no effect.
        Kind::Message(fields) => (Value::Object(message(value, fields, (Zeros::Dropped, release), path)?), false),
        Kind::List(item) => match value {
            Value::Array(items) => {
                let read =
                    |(i, item_value)| match content(item_value, item, (Zeros::Kept, release), &format!("{path}[{i}]"))?
                    {
                        Some(value) => Ok(value),
                        None => Ok(Value::Null),
                    };
                (items.iter().enumerate().map(read).collect::<Result<Value, ProxyConfigError>>()?, items.is_empty())
            }
            _ => return wrong("a list"),
        },
        Kind::Map(item) => match value {
            Value::Object(map) => {
                let mut keys: Vec<_> = map.iter().collect();
                keys.sort_by_key(|(key, _)| key.as_str());
                let mut out = Map::new();
                for (key, entry) in keys {
                    let read = content(entry, item, (Zeros::Kept, release), &format!("{path}.{key}"))?;
                    out.insert(key.clone(), read.unwrap_or(Value::Null));
                }
                (Value::Object(out), map.is_empty())
            }
            _ => return wrong("a mapping"),
        },
    };
    Ok((zeros == Zeros::Kept || !is_zero).then_some(value))
}

/// An integer, also in quotes or with a fraction of zero, as protobuf's JSON reader accepts it.
fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(whole)),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn enumerator(value: &Value, names: &[&str]) -> Option<(Value, usize)> {
    let index = match value {
        Value::String(text) => names.iter().position(|name| name == text)?,
        Value::Number(_) => integer(value).and_then(|n| usize::try_from(n).ok())?,
        _ => return None,
    };
    // protobuf keeps numbers without a name.
    Some((names.get(index).map_or_else(|| value.clone(), |name| (*name).into()), index))
}
