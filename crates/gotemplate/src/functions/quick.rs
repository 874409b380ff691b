//! Versions of Go's most frequent functions that do not copy their arguments. All other cases, including errors, are left
//! to the functions themselves.

use super::super::value::{Type, Value};
use super::compare::{eq, le, lt};
use super::{Holder, ReflectValue};

/// A function that can be called without a copy of its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Quick {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Not,
    Len,
    Index,
    /// One that also needs the execution's context
    Printf,
}

impl Quick {
    /// Go's function of this name, if it is one of these.
    pub(in super::super) fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "eq" => Self::Eq,
            "ne" => Self::Ne,
            "lt" => Self::Lt,
            "le" => Self::Le,
            "gt" => Self::Gt,
            "ge" => Self::Ge,
            "not" => Self::Not,
            "len" => Self::Len,
            "index" => Self::Index,
            "printf" => Self::Printf,
            _ => return None,
        })
    }

    /// The result. `None` leaves the call to the function itself.
    pub(in super::super) fn call(self, arguments: &[&Value]) -> Option<ReflectValue> {
        let truth = match (self, arguments) {
            (Self::Eq, [first, others @ ..]) if !others.is_empty() => eq(first, others.iter().copied()).ok()?,
            (Self::Ne, [a, b]) => !eq(a, [*b]).ok()?,
            (Self::Lt, [a, b]) => lt(a, b).ok()?,
            (Self::Le, [a, b]) => le(a, b).ok()?,
            (Self::Gt, [a, b]) => !le(a, b).ok()?,
            (Self::Ge, [a, b]) => !lt(a, b).ok()?,
            (Self::Not, [value]) => !value.is_true(),
            (Self::Len, [value]) => {
                return Some(ReflectValue::plain(Value::int(i64::try_from(value.indirect().len()?).ok()?)));
            }
            (Self::Index, [container, index]) => return element(container, index),
            _ => return None,
        };
        Some(ReflectValue::plain(Value::Bool(truth)))
    }
}

fn element(container: &Value, index: &Value) -> Option<ReflectValue> {
    match (container.indirect(), index) {
        (Value::Map(map), Value::String(key)) if matches!(map.key_type(), Type::String) => {
            let value = map.get(key).unwrap_or_else(|| Value::zero(map.element()));
            Some(ReflectValue::of(value, map.element(), false))
        }
        (Value::List(list), Value::Int(_, at)) if !list.is_array() => {
            let value = list.get(usize::try_from(*at).ok()?)?.clone();
            Some(ReflectValue { value, holder: Holder::of(list.element(), true) })
        }
        _ => None,
    }
}
