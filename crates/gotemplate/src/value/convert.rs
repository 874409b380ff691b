//! Conversions from and to JSON, and from Rust's types.

use super::super::error::FunctionError;
use super::super::limits::Budget;
use super::{Entries, FloatKind, IntKind, List, Map, Str, Type, UintKind, Value};

/// Converts JSON as Go's encoding/json decodes it into an `interface{}`: every number is a `float64`.
///
/// It recurses as deep as the JSON nests, which `serde_json` limits when it parses.
impl From<&serde_json::Value> for Value {
    fn from(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Nil,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => Self::float(number.as_f64().unwrap_or(f64::NAN)),
            serde_json::Value::String(text) => Self::string(text),
            serde_json::Value::Array(values) => {
                // The capacity of the slice that Go's decoder would build, which Go's `slice` can reach.
                let room = values.len().next_power_of_two();
                let mut all = Vec::with_capacity(room);
                all.extend(values.iter().map(Self::from));
                if !values.is_empty() {
                    all.resize(room, Self::Nil);
                }
                Self::List(List::with_capacity(Type::Any, all, values.len()))
            }
            serde_json::Value::Object(entries) => {
                Self::Map(Map::of_any(entries.iter().map(|(key, value)| (Str::from(key), Self::from(value)))))
            }
        }
    }
}

impl Value {
    /// Converts to JSON. A struct has its exported fields. Fails for values that JSON does not have, and for values that
    /// nest too deep.
    pub fn to_json(&self, budget: &Budget) -> Result<serde_json::Value, FunctionError> {
        to_json(self, 0, budget)
    }
}

fn to_json(value: &Value, depth: usize, budget: &Budget) -> Result<serde_json::Value, FunctionError> {
    budget.nest(depth)?;
    Ok(match value.underlying() {
        Value::Nil | Value::Null(_) | Value::Named(_) => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(_, value) => (*value).into(),
        Value::Uint(_, value) => (*value).into(),
        Value::Float(_, value) => serde_json::Number::from_f64(*value)
            .map(serde_json::Value::Number)
            .ok_or_else(|| FunctionError::new(format!("json: unsupported value: {value}")))?,
        Value::String(text) => text.to_text().into_owned().into(),
        Value::List(list) => {
            serde_json::Value::Array(list.iter().map(|v| to_json(v, depth + 1, budget)).collect::<Result<_, _>>()?)
        }
        Value::Map(map) => {
            let mut object = serde_json::Map::new();
            match map.entries().as_ref() {
                Entries::Text(entries) => {
                    for (key, value) in entries {
                        object.insert(key.to_text().into_owned(), to_json(value, depth + 1, budget)?);
                    }
                }
                Entries::Other(entries) => {
                    for (key, value) in entries {
                        let key = match key.0.underlying() {
                            Value::Int(_, key) => key.to_string(),
                            Value::Uint(_, key) => key.to_string(),
                            _ => return Err(format!("json: unsupported type: {}", map.ty()).into()),
                        };
                        object.insert(key, to_json(value, depth + 1, budget)?);
                    }
                }
            }
            serde_json::Value::Object(object)
        }
        Value::Struct(of) => {
            let mut object = serde_json::Map::new();
            for (field, value) in of.iter().filter(|(field, _)| field.exported) {
                object.insert(field.name.to_string(), to_json(value, depth + 1, budget)?);
            }
            serde_json::Value::Object(object)
        }
        Value::Pointer(pointer) => to_json(pointer.target(), depth + 1, budget)?,
        Value::Complex(..) | Value::Function(_) => {
            return Err(format!("json: unsupported type: {}", value.ty()).into());
        }
    })
}

macro_rules! from_number {
    ($($rust:ty => $variant:ident, $kind:expr;)*) => {$(
        impl From<$rust> for Value {
            fn from(value: $rust) -> Self {
                Self::$variant($kind, value.into())
            }
        }
    )*};
}

from_number! {
    i64 => Int, IntKind::Int64;
    i32 => Int, IntKind::Int32;
    i16 => Int, IntKind::Int16;
    i8 => Int, IntKind::Int8;
    u64 => Uint, UintKind::Uint64;
    u32 => Uint, UintKind::Uint32;
    u16 => Uint, UintKind::Uint16;
    u8 => Uint, UintKind::Uint8;
    f64 => Float, FloatKind::Float64;
    f32 => Float, FloatKind::Float32;
}

/// Go's `int`.
impl From<isize> for Value {
    fn from(value: isize) -> Self {
        Self::int(value as i64)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::string(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::string(text)
    }
}

impl From<Str> for Value {
    fn from(text: Str) -> Self {
        Self::String(text)
    }
}
