//! Floats in text.

use super::Error;
use super::parse_int::underscores_are_valid;

/// `strconv.ParseFloat` with 64 bits: decimal or hexadecimal, with underscores between digits, or a name of an infinity
/// or of what is not a number.
pub fn parse_float(text: impl AsRef<[u8]>) -> Result<f64, Error> {
    let text = str::from_utf8(text.as_ref()).map_err(|_| Error::Syntax)?;
    // What most numbers are written with, Rust reads as Go does.
    if text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')) {
        return finite(decimal(text)?);
    }
    let lower = text.to_ascii_lowercase();
    let (negative, unsigned) = match lower.as_bytes() {
        [b'-', ..] => (true, lower.get(1..)),
        [b'+', ..] => (false, lower.get(1..)),
        _ => (false, Some(&*lower)),
    };
    let unsigned = unsigned.ok_or(Error::Syntax)?;
    let sign = if negative { -1.0 } else { 1.0 };
    match unsigned {
        "inf" | "infinity" => return Ok(sign * f64::INFINITY),
        // It has no sign.
        "nan" if unsigned == lower => return Ok(f64::NAN),
        _ => {}
    }
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') || !underscores_are_valid(lower.as_bytes()) {
        return Err(Error::Syntax);
    }
    let plain = unsigned.replace('_', "");
    let size = match plain.strip_prefix("0x") {
        Some(hex) => hexadecimal(hex).ok_or(Error::Syntax)?,
        None => decimal(&plain)?,
    };
    finite(sign * size)
}

fn decimal(text: &str) -> Result<f64, Error> {
    text.parse().map_err(|_| Error::Syntax)
}

fn finite(value: f64) -> Result<f64, Error> {
    if value.is_finite() { Ok(value) } else { Err(Error::Range { negative: value < 0.0 }) }
}

/// The number of digits of a hexadecimal float that are kept: more than a float has bits for.
const MAX_HEX_DIGITS: usize = 15;
/// Exponents of two beyond which a number with these digits is infinite or zero.
const MAX_EXPONENT: i64 = 2_000;

/// The number after `0x`: digits with an optional point, and an exponent of two.
fn hexadecimal(text: &str) -> Option<f64> {
    // Take it apart.
    let (mantissa, exponent) = text.split_once('p')?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent_digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if exponent_digits.is_empty() || !exponent_digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    // Keep the first digits; of the others it only matters whether they are all zero.
    let significant = digits.trim_start_matches('0');
    let (kept, dropped) = significant.split_at_checked(MAX_HEX_DIGITS).unwrap_or((significant, ""));
    if kept.is_empty() {
        return Some(0.0);
    }
    let sticky = u64::from(dropped.bytes().any(|digit| digit != b'0'));
    let mantissa = u64::from_str_radix(kept, 16).ok()? << 1 | sticky;
    // Add up the exponents. Beyond these bounds, the result is infinite or zero for all digits.
    let bound = 10_000 + 4 * i64::try_from(digits.len()).ok()?;
    let exponent = exponent.parse::<i64>().unwrap_or(if exponent.starts_with('-') { -bound } else { bound });
    let places = i64::try_from(fraction.len()).ok()? - i64::try_from(dropped.len()).ok()?;
    Some(scaled(mantissa, exponent.clamp(-bound, bound) - 4 * places - 1))
}

/// `mantissa * 2^exponent` as the nearest float, of two that are equally near the even one. The mantissa is not zero.
fn scaled(mantissa: u64, exponent: i64) -> f64 {
    // How many bits the float has: fewer for the smallest ones.
    let bits = i64::from(u64::BITS - mantissa.leading_zeros());
    let kept = (bits + exponent - i64::from(f64::MIN_EXP) + i64::from(f64::MANTISSA_DIGITS))
        .min(i64::from(f64::MANTISSA_DIGITS));
    let Some(dropped) = u32::try_from((bits - kept).max(0)).ok().filter(|dropped| *dropped <= u64::BITS) else {
        return 0.0;
    };
    // Round to them.
    let (mantissa, exponent) = (u128::from(mantissa), exponent + i64::from(dropped));
    let (whole, rest, half) = (mantissa >> dropped, mantissa & ((1 << dropped) - 1), (1_u128 << dropped) >> 1);
    let up = dropped > 0 && (rest > half || rest == half && whole & 1 == 1);
    #[expect(clippy::cast_precision_loss, reason = "there are no more bits than a float has")]
    let rounded = (whole + u128::from(up)) as f64;
    // Both steps are exact, unless the result is infinite.
    #[expect(clippy::cast_possible_truncation, reason = "the bounds are small")]
    let power = exponent.clamp(-MAX_EXPONENT, MAX_EXPONENT) as i32;
    rounded * 2.0_f64.powi(power / 2) * 2.0_f64.powi(power - power / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats() {
        for (text, value) in [
            ("1", 1.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("+1.5e3", 1500.0),
            ("-0", -0.0),
            ("1_000", 1000.0),
            ("1_000.5e-1", 100.05),
            ("1e-999", 0.0),
            ("-Inf", f64::NEG_INFINITY),
            ("infinity", f64::INFINITY),
            ("-0x1.8p1", -3.0),
            ("0X1.8P3", 12.0),
            ("0x_1p0", 1.0),
            ("0x.0001p16", 1.0),
            ("0x1p-1074", 5e-324),
            ("0x1p-1075", 0.0),
            ("0x1.8p-1075", 5e-324),
            ("0x0.fffffffffffff8p-1022", f64::MIN_POSITIVE),
            ("0x1.fffffffffffffp1023", f64::MAX),
            ("0x1.fffffffffffff8p0", 2.0),
            ("0x1.00000000000008p0", 1.0),
            ("0x1.000000000000080000000000000001p0", 1.0 + f64::EPSILON),
            ("0x1p-99999999999999999999", 0.0),
            ("0x0p99999999999999999999", 0.0),
        ] {
            assert_eq!(parse_float(text).map(f64::to_bits), Ok(value.to_bits()), "{text}");
        }
        assert!(parse_float("nan").unwrap().is_nan());
    }

    #[test]
    fn invalid_floats() {
        for text in [
            "", ".", "+", "e5", "1e", "1e+", "--1", " 1", "1 ", "1__0", "_1", "1_", "1_e5", "1e_5", "0x10", "0xp1",
            "0x1p", "0x1p+-1", "0xgp1", "+nan", "in", "infinit", "1d", "é",
        ] {
            assert_eq!(parse_float(text), Err(Error::Syntax), "{text}");
        }
        assert_eq!(parse_float(b"1\xff"), Err(Error::Syntax));
        for text in ["1e999", "0x1p1024", "0x1.fffffffffffff8p1023"] {
            assert_eq!(parse_float(text), Err(Error::Range { negative: false }), "{text}");
        }
        assert_eq!(parse_float("-1e999"), Err(Error::Range { negative: true }));
    }
}
