//! Arithmetic on integers of 64 bits, which wrap, and on decimal numbers.

#![expect(clippy::needless_pass_by_value, reason = "the functions of a template take their arguments over")]

use gostd::strconv::parse_int;

use super::super::error::FunctionResult;
use super::super::fmt;
use super::super::functions::{Context, Functions, Variadic};
use super::super::value::{Str, Value};
use super::conversion::{atoi, to_float64, to_int, to_int64};
use super::decimal::{Decimal, Operation};

pub(super) fn add(functions: &mut Functions) {
    functions.add("atoi", |text: Str| -> isize { isize::try_from(atoi(&text)).unwrap_or(0) });
    functions.add("int", |value: Value| -> isize { to_int(&value) });
    functions.add("int64", |value: Value| -> i64 { to_int64(&value) });
    functions.add("float64", |value: Value| -> f64 { to_float64(&value) });
    functions.add_with("toDecimal", |context: &mut Context, value: Value| -> FunctionResult<i64> {
        // The text is an octal number.
        Ok(parse_int(&fmt::sprint(context, &[value])?, 8).unwrap_or(0))
    });
    functions.add("add1", |value: Value| -> i64 { to_int64(&value).wrapping_add(1) });
    functions.add("add", |Variadic(values): Variadic<Value>| -> i64 {
        values.iter().fold(0, |sum: i64, value| sum.wrapping_add(to_int64(value)))
    });
    functions.add("sub", |a: Value, b: Value| -> i64 { to_int64(&a).wrapping_sub(to_int64(&b)) });
    functions.add("mul", |first: Value, Variadic(values): Variadic<Value>| -> i64 {
        values.iter().fold(to_int64(&first), |product, value| product.wrapping_mul(to_int64(value)))
    });
    functions.add("div", |a: Value, b: Value| divide(&a, &b, i64::wrapping_div));
    functions.add("mod", |a: Value, b: Value| divide(&a, &b, i64::wrapping_rem));
    for name in ["max", "biggest"] {
        functions.add(name, |first: Value, Variadic(values): Variadic<Value>| -> i64 {
            values.iter().fold(to_int64(&first), |most, value| most.max(to_int64(value)))
        });
    }
    functions.add("min", |first: Value, Variadic(values): Variadic<Value>| -> i64 {
        values.iter().fold(to_int64(&first), |least, value| least.min(to_int64(value)))
    });
    functions.add("maxf", |first: Value, Variadic(values): Variadic<Value>| -> f64 {
        values.iter().fold(to_float64(&first), |most, value| larger(most, to_float64(value)))
    });
    functions.add("minf", |first: Value, Variadic(values): Variadic<Value>| -> f64 {
        values.iter().fold(to_float64(&first), |least, value| -larger(-least, -to_float64(value)))
    });
    functions.add("ceil", |value: Value| -> f64 { to_float64(&value).ceil() });
    functions.add("floor", |value: Value| -> f64 { to_float64(&value).floor() });
    functions.add("round", round);
    functions.add_with("add1f", |context: &mut Context, value: Value| {
        decimal(context, &value, &[Value::int(1)], Operation::Add)
    });
    functions.add_with("addf", |context: &mut Context, Variadic(values): Variadic<Value>| {
        decimal(context, &Value::int(0), &values, Operation::Add)
    });
    for (name, operation) in [("subf", Operation::Subtract), ("mulf", Operation::Multiply), ("divf", Operation::Divide)]
    {
        functions.add_with(name, move |context: &mut Context, first: Value, Variadic(values): Variadic<Value>| {
            decimal(context, &first, &values, operation)
        });
    }
}

fn divide(a: &Value, b: &Value, operation: fn(i64, i64) -> i64) -> FunctionResult<i64> {
    match to_int64(b) {
        0 => Err("runtime error: integer divide by zero".into()),
        divisor => Ok(operation(to_int64(a), divisor)),
    }
}

/// `math.Max`: infinity is larger than NaN, and 0 is larger than -0.
fn larger(a: f64, b: f64) -> f64 {
    if a == f64::INFINITY || b == f64::INFINITY {
        f64::INFINITY
    } else if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if a == 0.0 && b == 0.0 {
        if a.is_sign_negative() { b } else { a }
    } else {
        a.max(b)
    }
}

/// Rounds to a number of digits after the point, up from a fraction of one half or of `on`.
#[expect(clippy::cast_precision_loss, reason = "as Go converts")]
fn round(value: Value, places: isize, Variadic(on): Variadic<f64>) -> f64 {
    let on = on.first().copied().unwrap_or(0.5);
    let power = power_of_ten(places as f64);
    let digit = power * to_float64(&value);
    let fraction = if digit.is_infinite() { f64::NAN } else { digit.fract() };
    let rounded = if fraction >= on { digit.ceil() } else { digit.floor() };
    rounded / power
}

/// `math.Pow(10, places)`: by repeated squaring of the mantissa and addition of the exponents of two, as in Go.
fn power_of_ten(places: f64) -> f64 {
    // Beyond this, the result is infinite or zero.
    let places = places.clamp(-400.0, 400.0);
    #[expect(clippy::cast_possible_truncation, reason = "clamped")]
    let count = places.abs() as i32;
    // 10 = 0.625 * 2^4
    let (mut mantissa, mut exponent) = (1.0_f64, 0_i32);
    let (mut square, mut square_exponent) = (0.625_f64, 4_i32);
    let mut left = count;
    while left != 0 {
        if left & 1 == 1 {
            mantissa *= square;
            exponent += square_exponent;
        }
        square *= square;
        square_exponent *= 2;
        if square < 0.5 {
            square += square;
            square_exponent -= 1;
        }
        left >>= 1;
    }
    if places < 0.0 {
        (mantissa, exponent) = (1.0 / mantissa, -exponent);
    }
    // Two steps, neither of which overflows unless the result does.
    let half = exponent / 2;
    mantissa * 2.0_f64.powi(half) * 2.0_f64.powi(exponent - half)
}

/// Calculates with decimal numbers.
fn decimal(context: &mut Context, first: &Value, rest: &[Value], operation: Operation) -> FunctionResult<f64> {
    let mut result = Decimal::from_float(to_float64(first))?;
    for value in rest {
        let value = Decimal::from_float(to_float64(value))?;
        result = result.calculate(&mut context.budget, operation, &value)?;
    }
    Ok(result.to_float())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_ten() {
        for (places, power) in [(0.0, 1.0), (2.0, 100.0), (-2.0, 0.01), (22.0, 1e22)] {
            assert!((power_of_ten(places) - power).abs() < f64::EPSILON * power, "{places}");
        }
        assert!(power_of_ten(309.0).is_infinite());
    }

    #[test]
    fn floats_in_order() {
        assert!(larger(-0.0, 0.0).is_sign_positive());
        assert!(larger(f64::NAN, 1.0).is_nan());
        assert!(larger(f64::NAN, f64::INFINITY).is_infinite());
    }
}
