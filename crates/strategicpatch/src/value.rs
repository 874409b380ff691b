//! JSON values in a merge: their types, the keys that identify items, and how new values are cleaned.

use serde_json::{Map, Value};

use super::error::Problem;

/// The directive that replaces or deletes its object.
pub(super) const PATCH: &str = "$patch";

/// The maximum nesting depth of a patch.
pub(super) const MAX_DEPTH: usize = 1000;

/// The type of a value. Integers and floats are two types, as in Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonType {
    Null,
    Bool,
    Integer,
    Float,
    String,
    List,
    Object,
}

impl JsonType {
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Bool,
            Value::Number(number) if number.is_i64() => Self::Integer,
            Value::Number(_) => Self::Float,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::List,
            Value::Object(_) => Self::Object,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Integer | Self::Float => "a number",
            Self::String => "a string",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }

    /// The common type of all items of two lists.
    pub(super) fn of_items(original: &[Value], patch: &[Value]) -> Result<Self, Problem> {
        let mut types = original.iter().chain(patch).map(Self::of);
        let shared = match types.next() {
            None => return Err(Problem::NoItems),
            Some(Self::Null) => return Err(Problem::NullItem),
            Some(Self::List) => return Err(Problem::NestedLists),
            Some(first) => first,
        };
        if types.all(|other| other == shared) { Ok(shared) } else { Err(Problem::MixedItems) }
    }
}

/// The identity of an item: the value of its merge key, or the scalar itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key<'a> {
    Null,
    Bool(bool),
    Integer(i64),
    /// The bits of the number. JSON has no NaN, and a negative zero is made positive.
    Float(u64),
    String(&'a str),
    /// Objects and lists equal nothing, and comparing two of them is an error.
    List,
    Object,
}

impl<'a> Key<'a> {
    pub(super) fn of(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(integer), _) => Self::Integer(integer),
                // The sum makes a negative zero positive.
                (None, Some(float)) => Self::Float((float + 0.0).to_bits()),
                (None, None) => {
                    debug_assert!(false, "a number has 64 bits");
                    Self::Null
                }
            },
            Value::String(text) => Self::String(text),
            Value::Array(_) => Self::List,
            Value::Object(_) => Self::Object,
        }
    }

    /// The key of an item in a list that is merged by `merge_key`, or without one, by the items themselves.
    pub(super) fn of_item(item: &'a Value, merge_key: Option<&'static str>) -> Result<Self, Problem> {
        let Some(merge_key) = merge_key else { return Ok(Self::of(item)) };
        let Some(object) = item.as_object() else {
            return Err(Problem::WrongType { expected: "an object", found: JsonType::of(item).name() });
        };
        field(object, merge_key).map(Self::of).ok_or(Problem::NoMergeKey { key: merge_key })
    }

    pub(super) fn is_scalar(self) -> bool {
        !matches!(self, Self::List | Self::Object)
    }

    /// The key, if it is comparable.
    pub(super) fn comparable(self) -> Result<Self, Problem> {
        if self.is_scalar() { Ok(self) } else { Err(Problem::NotComparable) }
    }

    pub(super) fn equals(self, other: Self) -> Result<bool, Problem> {
        if self == other { self.comparable().map(|_| true) } else { Ok(false) }
    }
}

/// Up to this number of fields, comparing names is faster than hashing.
const FEW: usize = 16;

/// A field of an object.
pub(super) fn field<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if object.len() > FEW {
        return object.get(name);
    }
    object.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
}

/// The `$patch` directive of an object.
pub(super) fn directive(value: &Value) -> Option<&Value> {
    field(value.as_object()?, PATCH)
}

/// Whether the value is an object with the given `$patch` directive.
pub(super) fn has_directive(value: &Value, expected: &str) -> bool {
    directive(value).and_then(Value::as_str) == Some(expected)
}

/// Whether the value nests at most `levels` deep.
pub(super) fn nests_within(value: &Value, levels: usize) -> bool {
    let Some(below) = levels.checked_sub(1) else { return !value.is_array() && !value.is_object() };
    // Most values are scalars, which do not need a call.
    let fits = |value: &Value| !(value.is_array() || value.is_object()) || nests_within(value, below);
    match value {
        Value::Array(items) => items.iter().all(fits),
        Value::Object(object) => object.values().all(fits),
        _ => true,
    }
}

/// Drops null fields at any depth. Null items of lists stay.
pub(super) fn drop_nulls(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        Value::Object(object) => object.retain(|_, field| {
            drop_nulls(field);
            !field.is_null()
        }),
        _ => {}
    }
}

/// Drops every object with a `$patch` directive from a list, at any depth.
///
/// Other directives stay: for Kubernetes they are ordinary keys if there is nothing to merge with.
pub(super) fn drop_directed_items(items: &mut Vec<Value>) {
    items.retain_mut(keep_undirected);
}

/// The value to store if the original has nothing to merge it with. `None` if it is a `$patch` directive.
pub(super) fn as_new(mut value: Value) -> Option<Value> {
    if is_plain(&value) {
        return Some(value);
    }
    drop_nulls(&mut value);
    keep_undirected(&mut value).then_some(value)
}

/// Whether the value has neither null fields nor `$patch` directives, at any depth.
fn is_plain(value: &Value) -> bool {
    // Most values are scalars, which do not need a call.
    let below = |value: &Value| !(value.is_array() || value.is_object()) || is_plain(value);
    match value {
        Value::Array(items) => items.iter().all(below),
        Value::Object(object) => object.iter().all(|(name, field)| name != PATCH && !field.is_null() && below(field)),
        _ => true,
    }
}

fn keep_undirected(value: &mut Value) -> bool {
    match value {
        Value::Array(items) => drop_directed_items(items),
        Value::Object(object) => {
            if object.contains_key(PATCH) {
                return false;
            }
            object.retain(|_, field| keep_undirected(field));
        }
        _ => {}
    }
    true
}

/// A whole document. `null` is an object without fields.
pub(super) fn document(value: Value, document: &'static str) -> Result<Map<String, Value>, Problem> {
    match value {
        Value::Object(object) => Ok(object),
        Value::Null => Ok(Map::new()),
        other => Err(Problem::NotAnObject { document, found: JsonType::of(&other).name() }),
    }
}
