//! Go's `==`, `reflect.DeepEqual`, and the order of a map's keys.

use std::cmp::Ordering;

use super::super::error::FunctionError;
use super::super::limits::Budget;
use super::{Map, Value};

/// Go's `==` of two values in interfaces. Fails with Go's error for types that are not comparable.
pub fn equal(a: &Value, b: &Value) -> Result<bool, FunctionError> {
    let (ty, other) = (a.ty(), b.ty());
    if ty != other {
        return Ok(false);
    }
    if !matches!(a, Value::Nil) && !ty.is_comparable() {
        return Err(format!("runtime error: comparing uncomparable type {ty}").into());
    }
    same(a, b)
}

fn same(a: &Value, b: &Value) -> Result<bool, FunctionError> {
    Ok(match (a.underlying(), b.underlying()) {
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(_, a), Value::Int(_, b)) => a == b,
        (Value::Uint(_, a), Value::Uint(_, b)) => a == b,
        #[expect(clippy::float_cmp, reason = "as Go compares")]
        (Value::Float(_, a), Value::Float(_, b)) => a == b,
        #[expect(clippy::float_cmp, reason = "as Go compares")]
        (Value::Complex(_, a, c), Value::Complex(_, b, d)) => a == b && c == d,
        (Value::String(a), Value::String(b)) => a == b,
        (Value::Pointer(a), Value::Pointer(b)) => a.is_same(b),
        (Value::Nil, Value::Nil) | (Value::Null(_), Value::Null(_)) => true,
        (Value::Struct(a), Value::Struct(b)) => {
            // Structs nest only as deep as their types.
            for (a, b) in a.values().iter().zip(b.values()) {
                if !equal(a, b)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::List(a), Value::List(b)) => {
            for (a, b) in a.iter().zip(b.iter()) {
                if !equal(a, b)? {
                    return Ok(false);
                }
            }
            true
        }
        _ => false,
    })
}

/// `reflect.DeepEqual`.
pub fn deep_equal(a: &Value, b: &Value, budget: &mut Budget) -> Result<bool, FunctionError> {
    deep(a, b, 0, budget)
}

fn deep(a: &Value, b: &Value, depth: usize, budget: &mut Budget) -> Result<bool, FunctionError> {
    budget.nest(depth)?;
    budget.step(1)?;
    let depth = depth + 1;
    Ok(match (a, b) {
        (Value::Named(a), Value::Named(b)) => {
            a.named_type() == b.named_type() && deep(a.value(), b.value(), depth, budget)?
        }
        (Value::List(a), Value::List(b)) => {
            if a.is_array() != b.is_array() || a.len() != b.len() || a.element() != b.element() {
                return Ok(false);
            }
            for (a, b) in a.iter().zip(b.iter()) {
                if !deep(a, b, depth, budget)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Map(a), Value::Map(b)) => a.is_same(b) || deep_maps(a, b, depth, budget)?,
        (Value::Struct(a), Value::Struct(b)) => {
            if a.named_type() != b.named_type() {
                return Ok(false);
            }
            for (a, b) in a.values().iter().zip(b.values()) {
                if !deep(a, b, depth, budget)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Pointer(a), Value::Pointer(b)) => a.is_same(b) || deep(a.target(), b.target(), depth, budget)?,
        // Two functions are equal only if both are nil.
        (Value::Function(_), Value::Function(_)) => false,
        (Value::Nil, Value::Nil) => true,
        _ => {
            budget.touch(a.weight().min(b.weight()))?;
            a.ty() == b.ty() && same(a, b)?
        }
    })
}

fn deep_maps(a: &Map, b: &Map, depth: usize, budget: &mut Budget) -> Result<bool, FunctionError> {
    let (left, right) = (a.entries(), b.entries());
    if a.key_type() != b.key_type() || a.element() != b.element() || left.len() != right.len() {
        return Ok(false);
    }
    match (left.as_ref(), right.as_ref()) {
        (super::Entries::Text(left), super::Entries::Text(right)) => {
            for ((key, a), (other, b)) in left.iter().zip(right) {
                budget.touch(key.len().min(other.len()))?;
                if key != other || !deep(a, b, depth, budget)? {
                    return Ok(false);
                }
            }
        }
        (super::Entries::Other(left), super::Entries::Other(right)) => {
            for ((key, a), (other, b)) in left.iter().zip(right) {
                if key != other || !deep(a, b, depth, budget)? {
                    return Ok(false);
                }
            }
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// The order in which Go prints the keys of a map and ranges over them.
pub fn go_order(a: &Value, b: &Value) -> Ordering {
    match (a.underlying(), b.underlying()) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(_, a), Value::Int(_, b)) => a.cmp(b),
        (Value::Uint(_, a), Value::Uint(_, b)) => a.cmp(b),
        (Value::Float(_, a), Value::Float(_, b)) => float_order(*a, *b),
        (Value::Complex(_, a, c), Value::Complex(_, b, d)) => float_order(*a, *b).then_with(|| float_order(*c, *d)),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Pointer(a), Value::Pointer(b)) => a.address().cmp(&b.address()),
        (Value::Struct(a), Value::Struct(b)) => slice_order(a.values(), b.values()),
        (Value::List(a), Value::List(b)) => slice_order(a, b),
        // Keys of different types, in a map with interface keys, are ordered by type, nil first.
        (a, b) => rank(a).cmp(&rank(b)),
    }
}

fn slice_order(a: &[Value], b: &[Value]) -> Ordering {
    a.iter().zip(b).map(|(a, b)| go_order(a, b)).find(|order| order.is_ne()).unwrap_or(a.len().cmp(&b.len()))
}

/// NaN comes first.
fn float_order(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Nil | Value::Null(_) | Value::Named(_) => 0,
        Value::Bool(_) => 1,
        Value::Int(..) => 2,
        Value::Uint(..) => 3,
        Value::Float(..) => 4,
        Value::Complex(..) => 5,
        Value::String(_) => 6,
        Value::List(_) => 7,
        Value::Map(_) => 8,
        Value::Struct(_) => 9,
        Value::Pointer(_) => 10,
        Value::Function(_) => 11,
    }
}
