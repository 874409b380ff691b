//! Decimal numbers of any length, as shopspring/decimal calculates for sprig.

use gostd::strconv::{BitSize, format_float};
use num_bigint::BigInt;

use super::super::error::FunctionError;
use super::super::limits::Budget;

/// An arithmetic operation.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operation {
    /// The sum
    Add,
    /// The difference
    Subtract,
    /// The product
    Multiply,
    /// The quotient, with 16 places
    Divide,
}

/// Digits after the point of a quotient.
const QUOTIENT_PLACES: i64 = 16;

/// `value * 10^exponent`
#[derive(Debug, Clone)]
pub(super) struct Decimal {
    value: BigInt,
    exponent: i64,
}

impl Decimal {
    /// The shortest decimal number that parses as this float.
    pub(super) fn from_float(float: f64) -> Result<Self, FunctionError> {
        if !float.is_finite() {
            let text = format_float(float, b'g', None, BitSize::Bits64);
            return Err(format!("Cannot create a Decimal from {text}").into());
        }
        let text = format_float(float, b'e', None, BitSize::Bits64);
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let places = mantissa.split_once('.').map_or(0, |(_, places)| places.len());
        match (mantissa.replace('.', "").parse(), exponent.parse::<i64>(), i64::try_from(places)) {
            (Ok(value), Ok(exponent), Ok(places)) => Ok(Self { value, exponent: exponent - places }),
            _ => Err(FunctionError::internal("a float is not written as a number")),
        }
    }

    /// The nearest float.
    pub(super) fn to_float(&self) -> f64 {
        format!("{}e{}", self.value, self.exponent).parse().unwrap_or(f64::NAN)
    }

    /// The result of an operation.
    pub(super) fn calculate(
        &self,
        budget: &mut Budget,
        operation: Operation,
        other: &Self,
    ) -> Result<Self, FunctionError> {
        // The result has at most this many bits: both operands get the same exponent, or their digits are multiplied.
        let bits = self.value.bits() + other.value.bits() + 4 * self.exponent.abs_diff(other.exponent) + 64;
        budget.step(bits / 64)?;
        budget.allocate(usize::try_from(bits / 8).unwrap_or(usize::MAX))?;
        Ok(match operation {
            Operation::Add => self.with_same_exponent(other, |a, b| a + b),
            Operation::Subtract => self.with_same_exponent(other, |a, b| a - b),
            Operation::Multiply => Self { value: &self.value * &other.value, exponent: self.exponent + other.exponent },
            Operation::Divide => self.divide(other)?,
        })
    }

    fn with_same_exponent(&self, other: &Self, operation: fn(BigInt, BigInt) -> BigInt) -> Self {
        let exponent = self.exponent.min(other.exponent);
        let scaled = |decimal: &Self| &decimal.value * power_of_ten(decimal.exponent - exponent);
        Self { value: operation(scaled(self), scaled(other)), exponent }
    }

    /// Divides. Halves are rounded away from zero.
    fn divide(&self, other: &Self) -> Result<Self, FunctionError> {
        if other.value == BigInt::ZERO {
            return Err("decimal division by 0".into());
        }
        let shift = self.exponent - other.exponent + QUOTIENT_PLACES;
        let numerator = &self.value * power_of_ten(shift.max(0));
        let denominator = &other.value * power_of_ten((-shift).max(0));
        let (quotient, rest) = (&numerator / &denominator, &numerator % &denominator);
        let twice = rest.magnitude() * 2_u8;
        let away = if numerator.sign() == denominator.sign() { 1 } else { -1 };
        let value = if &twice >= denominator.magnitude() { quotient + away } else { quotient };
        Ok(Self { value, exponent: -QUOTIENT_PLACES })
    }
}

fn power_of_ten(power: i64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(power).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calculated(a: f64, operation: Operation, b: f64) -> f64 {
        let (a, b) = (Decimal::from_float(a).unwrap(), Decimal::from_float(b).unwrap());
        a.calculate(&mut Budget::default(), operation, &b).unwrap().to_float()
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "they are exact")]
    fn exact() {
        assert_eq!(calculated(0.1, Operation::Add, 0.2), 0.3);
        assert_eq!(calculated(0.3, Operation::Subtract, 0.1), 0.2);
        assert_eq!(calculated(1.1, Operation::Multiply, 1.1), 1.21);
        assert_eq!(calculated(2.0, Operation::Divide, 3.0), 0.666_666_666_666_666_7);
        assert_eq!(calculated(-1.0, Operation::Divide, 3.0), -0.333_333_333_333_333_3);
        assert_eq!(calculated(1e308, Operation::Multiply, 10.0), f64::INFINITY);
        assert_eq!(calculated(1e300, Operation::Add, 1e-300), 1e300);
        assert!(Decimal::from_float(f64::NAN).is_err());
    }
}
