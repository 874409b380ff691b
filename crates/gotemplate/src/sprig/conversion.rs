//! Conversions as sprig and its library spf13/cast make them: to numbers, strings, lists of strings, and emptiness.

use gostd::strconv::{self, parse_float, parse_int};

use super::super::error::FunctionError;
use super::super::fmt;
use super::super::functions::Context;
use super::super::value::{Str, Type, Value};

/// Any value as an `int64`, 0 if it is not a number.
pub(super) fn to_int64(value: &Value) -> i64 {
    let value = value.indirect();
    match plain_number(value) {
        Some(Value::Int(_, value)) => *value,
        Some(Value::Uint(_, value)) => value.cast_signed(),
        Some(Value::Float(_, value)) => float_to_int(*value),
        Some(Value::String(text)) => parse_int(without_zero_decimals(text), 0).unwrap_or(0),
        Some(Value::Bool(value)) => i64::from(*value),
        _ => 0,
    }
}

/// `strconv.Atoi` without its error: the nearest integer if the number is out of range, and 0 if it is invalid.
pub(super) fn atoi(text: &[u8]) -> i64 {
    match parse_int(text, 10) {
        Ok(value) => value,
        Err(strconv::Error::Range { negative: true }) => i64::MIN,
        Err(strconv::Error::Range { negative: false }) => i64::MAX,
        Err(_) => 0,
    }
}

/// Any value as an `int`, which has 64 bits.
pub(super) fn to_int(value: &Value) -> isize {
    isize::try_from(to_int64(value)).unwrap_or(0)
}

/// Any value as a `float64`, 0 if it is not a number.
#[expect(clippy::cast_precision_loss, reason = "as Go converts")]
pub(super) fn to_float64(value: &Value) -> f64 {
    let value = value.indirect();
    match plain_number(value) {
        Some(Value::Int(_, value)) => *value as f64,
        Some(Value::Uint(_, value)) => *value as f64,
        Some(Value::Float(_, value)) => *value,
        Some(Value::String(text)) => parse_float(text).unwrap_or(0.0),
        Some(Value::Bool(value)) => f64::from(u8::from(*value)),
        _ => 0.0,
    }
}

/// The value, if its type counts as a number or a string. Named types do not, except `time.Month` and `time.Weekday`.
fn plain_number(value: &Value) -> Option<&Value> {
    match value {
        Value::Named(named) => {
            let ty = named.named_type();
            (ty.package() == "time" && matches!(ty.name(), "time.Month" | "time.Weekday")).then(|| named.value())
        }
        value => Some(value),
    }
}

/// Converts a float as Go does on amd64: out of range, it becomes the smallest integer.
#[expect(clippy::cast_possible_truncation, reason = "what does not fit was taken out")]
fn float_to_int(value: f64) -> i64 {
    // The bounds are powers of two, which are exact floats.
    const BOUND: f64 = 9_223_372_036_854_775_808.0;
    if (-BOUND..BOUND).contains(&value) { value as i64 } else { i64::MIN }
}

/// Removes a decimal point followed by zeros only.
fn without_zero_decimals(text: &[u8]) -> &[u8] {
    let zeros = text.iter().rev().take_while(|byte| **byte == b'0').count();
    match text.get(..text.len() - zeros) {
        Some([before @ .., b'.']) if zeros > 0 => before,
        _ => text,
    }
}

/// The text of a value: strings and bytes unchanged, all others as `%v` prints them.
pub(super) fn to_text(context: &mut Context, value: &Value) -> Result<Str, FunctionError> {
    match value {
        Value::String(text) => return Ok(text.clone()),
        Value::List(list) if value.is_of(&Type::slice(Type::BYTE)) => {
            return Ok(bytes_of(list).into());
        }
        Value::Null(ty) if *ty == Type::slice(Type::BYTE) => return Ok(Str::default()),
        _ => {}
    }
    Ok(fmt::text(context, value)?.into())
}

/// The bytes of a `[]byte`.
#[expect(clippy::cast_possible_truncation, reason = "the values are bytes")]
pub(super) fn bytes_of(list: &[Value]) -> Vec<u8> {
    list.iter().map(|value| if let Value::Uint(_, byte) = value.underlying() { *byte as u8 } else { 0 }).collect()
}

/// The texts of the elements of a list that are not nil, or the text of any other value.
pub(super) fn to_texts(context: &mut Context, value: &Value) -> Result<Vec<Str>, FunctionError> {
    if let Some(values) = value.as_slice() {
        context.budget.allocate_many(values.len(), size_of::<Value>())?;
        return values.iter().filter(|v| !matches!(v, Value::Nil)).map(|v| to_text(context, v)).collect();
    }
    match value {
        Value::Nil => Ok(Vec::new()),
        value => Ok(vec![to_text(context, value)?]),
    }
}

/// Whether a value is the zero value of its type or has no elements. Structs are never empty.
pub(super) fn is_empty(value: &Value) -> bool {
    match value.underlying() {
        Value::Struct(_) => false,
        value => !value.is_true(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_numbers() {
        let int = |text: &str| to_int64(&Value::string(text));
        assert_eq!(
            [int("5.00"), int("5."), int("1.5"), int("100"), int("0"), int(".0"), int("-7.0")],
            [5, 0, 0, 100, 0, 0, -7]
        );
        assert_eq!(to_int64(&Value::float(1e21)), i64::MIN);
        assert_eq!(to_int64(&Value::float(f64::NAN)), i64::MIN);
        assert_eq!(to_int64(&Value::float(-1.9)), -1);
        assert!((to_float64(&Value::string("1_000")) - 1000.0).abs() < f64::EPSILON);
    }
}
