//! The comparisons `eq`, `ne`, `lt`, `le`, `gt`, `ge`.

use std::cmp::Ordering;

use super::super::error::FunctionError;
use super::super::fmt;
use super::super::limits::{Budget, Limits};
use super::super::value::{Str, Value, equal};
use super::Context;

/// The classes of kinds that can be compared with each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Basic<'v> {
    Bool(bool),
    Complex,
    Int(i64),
    Float,
    String(&'v Str),
    Uint(u64),
    Other,
}

impl<'v> Basic<'v> {
    fn of(value: &'v Value) -> Self {
        match value.underlying() {
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Complex(..) => Self::Complex,
            Value::Int(_, number) => Self::Int(*number),
            Value::Float(..) => Self::Float,
            Value::String(text) => Self::String(text),
            Value::Uint(_, number) => Self::Uint(*number),
            _ => Self::Other,
        }
    }
}

fn floats(a: &Value, b: &Value) -> Option<(f64, f64)> {
    match (a.underlying(), b.underlying()) {
        (Value::Float(_, a), Value::Float(_, b)) => Some((*a, *b)),
        _ => None,
    }
}

fn same_parts(a: &Value, b: &Value) -> bool {
    let parts = |value: &Value| match value.underlying() {
        Value::Complex(_, real, imaginary) => [*real, *imaginary],
        _ => [f64::NAN; 2],
    };
    parts(a).partial_cmp(&parts(b)) == Some(Ordering::Equal)
}

fn incompatible(a: &Value, b: &Value) -> FunctionError {
    format!("incompatible types for comparison: {} and {}", a.ty(), b.ty()).into()
}

/// `eq`: whether the first equals one of the others.
pub(super) fn eq<'v>(first: &Value, others: impl IntoIterator<Item = &'v Value>) -> Result<bool, FunctionError> {
    let mut any = false;
    for other in others {
        any = true;
        if eq_one(first, other)? {
            return Ok(true);
        }
    }
    if any { Ok(false) } else { Err("missing argument for comparison".into()) }
}

fn eq_one(a: &Value, b: &Value) -> Result<bool, FunctionError> {
    match (Basic::of(a), Basic::of(b)) {
        (Basic::Int(a), Basic::Uint(b)) | (Basic::Uint(b), Basic::Int(a)) => Ok(u64::try_from(a) == Ok(b)),
        (Basic::Float, Basic::Float) => {
            Ok(floats(a, b).is_some_and(|(a, b)| a.partial_cmp(&b) == Some(Ordering::Equal)))
        }
        (Basic::Complex, Basic::Complex) => Ok(same_parts(a, b)),
        (Basic::Other, Basic::Other) => eq_other(a, b),
        (x, y) if std::mem::discriminant(&x) == std::mem::discriminant(&y) => Ok(x == y),
        _ if matches!(a, Value::Nil) || matches!(b, Value::Nil) => Ok(false),
        _ => Err(incompatible(a, b)),
    }
}

/// Go's `==` of values that are not scalars: nil equals nil, and other types may not be comparable.
fn eq_other(a: &Value, b: &Value) -> Result<bool, FunctionError> {
    if a.kind() != b.kind() && !matches!(a, Value::Nil) && !matches!(b, Value::Nil) {
        let (left, right) = (shown(b"%s", a)?, shown(b"%v", b)?);
        return Err(format!("non-comparable types {left}: {}, {}: {right}", a.ty(), b.ty()).into());
    }
    if a.is_nil() || b.is_nil() {
        return Ok(a.is_nil() == b.is_nil());
    }
    if !b.ty().is_comparable() {
        return Err(format!("non-comparable type {}: {}", shown(b"%s", b)?, b.ty()).into());
    }
    equal(a, b)
}

/// The maximum length of a value in an error.
const LONGEST: usize = 1 << 20;

/// A value as errors show it.
fn shown(format: &[u8], value: &Value) -> Result<String, FunctionError> {
    let mut context = Context { budget: Budget::new(Limits { memory: LONGEST, ..Limits::default() }) };
    let text = fmt::sprintf(&mut context, format, &[value])?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// `lt`
pub(super) fn lt(a: &Value, b: &Value) -> Result<bool, FunctionError> {
    let bad = || FunctionError::new("invalid type for comparison");
    match (Basic::of(a), Basic::of(b)) {
        (Basic::Int(a), Basic::Int(b)) => Ok(a < b),
        (Basic::Uint(a), Basic::Uint(b)) => Ok(a < b),
        (Basic::Int(a), Basic::Uint(b)) => Ok(u64::try_from(a).map_or(true, |a| a < b)),
        (Basic::Uint(a), Basic::Int(b)) => Ok(u64::try_from(b).is_ok_and(|b| a < b)),
        (Basic::String(a), Basic::String(b)) => Ok(a < b),
        (Basic::Float, Basic::Float) => Ok(floats(a, b).is_some_and(|(a, b)| a < b)),
        (Basic::Other, _) | (_, Basic::Other) | (Basic::Bool(_), Basic::Bool(_)) | (Basic::Complex, Basic::Complex) => {
            Err(bad())
        }
        _ => Err(incompatible(a, b)),
    }
}

/// `le`
pub(super) fn le(a: &Value, b: &Value) -> Result<bool, FunctionError> {
    Ok(lt(a, b)? || eq_one(a, b)?)
}
