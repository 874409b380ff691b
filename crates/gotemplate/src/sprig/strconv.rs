//! Numbers in text, as Go's strconv reads them.

/// Why a text is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberError {
    /// It is not written as a number.
    Syntax,
    /// The number does not fit its type, in this direction.
    Range {
        /// Whether it is too small
        negative: bool,
    },
}

/// `strconv.ParseInt` into 64 bits. In base 0 a prefix tells the base, and underscores may stand between digits.
pub(super) fn parse_int(text: &[u8], base: u32) -> Result<i64, NumberError> {
    let (negative, digits) = without_sign(text);
    let size = match parse_uint(digits, base) {
        Err(NumberError::Range { .. }) => return Err(NumberError::Range { negative }),
        parsed => parsed?,
    };
    let value = if negative { 0_i64.checked_sub_unsigned(size) } else { i64::try_from(size).ok() };
    value.ok_or(NumberError::Range { negative })
}

/// Like [`parse_int`] in base 10, where a number that does not fit counts as the nearest that does, and no number as 0.
pub(super) fn nearest_int(text: &[u8]) -> i64 {
    match parse_int(text, 10) {
        Ok(value) => value,
        Err(NumberError::Range { negative: true }) => i64::MIN,
        Err(NumberError::Range { negative: false }) => i64::MAX,
        Err(NumberError::Syntax) => 0,
    }
}

/// Whether a number has a minus before it, and the number without its sign.
pub(super) fn without_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] | rest => (false, rest),
    }
}

/// `strconv.ParseUint` into 64 bits.
pub(super) fn parse_uint(text: &[u8], base: u32) -> Result<u64, NumberError> {
    let (radix, digits) = match (base, text) {
        (0, [b'0', b'x' | b'X', digits @ ..]) if !digits.is_empty() => (16, digits),
        (0, [b'0', b'b' | b'B', digits @ ..]) if !digits.is_empty() => (2, digits),
        (0, [b'0', b'o' | b'O', digits @ ..] | [b'0', digits @ ..]) if !digits.is_empty() => (8, digits),
        (base, digits) => (if base == 0 { 10 } else { base }, digits),
    };
    if digits.is_empty() {
        return Err(NumberError::Syntax);
    }
    let mut value = Some(0_u64);
    for byte in digits {
        if *byte == b'_' && base == 0 {
            continue;
        }
        let digit = char::from(*byte).to_digit(radix).ok_or(NumberError::Syntax)?;
        value = value.and_then(|v| v.checked_mul(radix.into())).and_then(|v| v.checked_add(digit.into()));
    }
    if base == 0 && !underscores_separate(text) {
        return Err(NumberError::Syntax);
    }
    value.ok_or(NumberError::Range { negative: false })
}

/// Whether every underscore stands between digits, or between a base's prefix and a digit.
fn underscores_separate(text: &[u8]) -> bool {
    let text = match text {
        [b'-' | b'+', rest @ ..] => rest,
        text => text,
    };
    let (mut before_digit, rest, hex) = match text {
        [b'0', b'b' | b'B' | b'o' | b'O', rest @ ..] => (true, rest, false),
        [b'0', b'x' | b'X', rest @ ..] => (true, rest, true),
        text => (false, text, false),
    };
    let mut open = false;
    for byte in rest {
        if *byte == b'_' {
            if !before_digit {
                return false;
            }
            (open, before_digit) = (true, false);
            continue;
        }
        before_digit = byte.is_ascii_digit() || hex && byte.is_ascii_hexdigit();
        if open && !before_digit {
            return false;
        }
        open = false;
    }
    !open
}

/// `strconv.ParseFloat` into 64 bits; a number that is too large is no number here.
pub(super) fn parse_float(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let (negative, digits) = match text.as_bytes() {
        [b'-', ..] => (true, text.get(1..)?),
        [b'+', ..] => (false, text.get(1..)?),
        _ => (false, text),
    };
    let sign = if negative { -1.0 } else { 1.0 };
    let lower = digits.to_ascii_lowercase();
    if matches!(lower.as_str(), "inf" | "infinity") {
        return Some(sign * f64::INFINITY);
    }
    // Go's NaN has no sign.
    if lower == "nan" {
        return (text == digits).then_some(f64::NAN);
    }
    if !lower.starts_with(|c: char| c.is_ascii_digit() || c == '.') || !underscores_separate(lower.as_bytes()) {
        return None;
    }
    let has_underscore = lower.contains('_');
    if let Some(hex) = lower.strip_prefix("0x") {
        return Some(sign * hex_float(&hex.replace('_', ""))?).filter(|value| value.is_finite());
    }
    // Between decimal digits Go's reader of floats takes underscores only as a base's prefix would allow them.
    let plain = if has_underscore { lower.replace('_', "") } else { lower };
    plain.parse::<f64>().ok().filter(|value| value.is_finite()).map(|value| sign * value)
}

/// How many digits of a hexadecimal float are looked at.
const MOST_HEX_DIGITS: usize = 15;
/// Exponents of two beyond which such digits are infinite or zero.
const FAR: i64 = 2_000;

/// The number after `0x`: digits, a point, and an exponent of two that must be there.
fn hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p')?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !exponent.trim_start_matches(['+', '-']).bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let signs = exponent.len() - exponent.trim_start_matches(['+', '-']).len();
    if signs > 1 || exponent.len() == signs {
        return None;
    }
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    // No more digits count than a float has; of the rest, only whether they are all zero.
    let significant = digits.trim_start_matches('0');
    let (kept, dropped) = significant.split_at_checked(MOST_HEX_DIGITS).unwrap_or((significant, ""));
    if kept.is_empty() {
        return Some(0.0);
    }
    let sticky = u64::from(dropped.bytes().any(|digit| digit != b'0'));
    let mantissa = u64::from_str_radix(kept, 16).ok()? << 1 | sticky;
    // Beyond these bounds the result is infinite or zero whatever the digits are.
    let bound = 10_000 + 4 * i64::try_from(digits.len()).ok()?;
    let exponent = exponent.parse::<i64>().unwrap_or(if exponent.starts_with('-') { -bound } else { bound });
    let places = i64::try_from(fraction.len()).ok()? - i64::try_from(dropped.len()).ok()?;
    Some(scaled(mantissa, exponent.clamp(-bound, bound) - 4 * places - 1))
}

/// A number that is not zero times a power of two, as the nearest float; of two that are equally near, the even one.
fn scaled(mantissa: u64, exponent: i64) -> f64 {
    let bits = i64::from(u64::BITS - mantissa.leading_zeros());
    // The smallest floats have fewer bits.
    let kept = (bits + exponent - i64::from(f64::MIN_EXP) + i64::from(f64::MANTISSA_DIGITS))
        .min(i64::from(f64::MANTISSA_DIGITS));
    let Some(dropped) = u32::try_from((bits - kept).max(0)).ok().filter(|dropped| *dropped <= u64::BITS) else {
        return 0.0;
    };
    let (mantissa, exponent) = (u128::from(mantissa), exponent + i64::from(dropped));
    let (whole, rest, half) = (mantissa >> dropped, mantissa & ((1 << dropped) - 1), (1_u128 << dropped) >> 1);
    let up = dropped > 0 && (rest > half || rest == half && whole & 1 == 1);
    // What is left is exact, and so is each of these steps but where the result is infinite.
    #[expect(clippy::cast_precision_loss, reason = "there are no more bits than a float has")]
    let rounded = (whole + u128::from(up)) as f64;
    let power = i32::try_from(exponent.clamp(-FAR, FAR)).unwrap_or(0);
    rounded * 2.0_f64.powi(power / 2) * 2.0_f64.powi(power - power / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        assert_eq!(parse_int(b"0x1F", 0), Ok(31));
        assert_eq!(parse_int(b"-017", 0), Ok(-15));
        assert_eq!(parse_int(b"1_000", 0), Ok(1000));
        assert_eq!(parse_int(b"0_7", 0), Ok(7));
        assert_eq!(parse_int(b"0x_1", 0), Ok(1));
        assert_eq!(parse_int(b"1__0", 0), Err(NumberError::Syntax));
        assert_eq!(parse_int(b"1_000", 10), Err(NumberError::Syntax));
        assert_eq!(parse_int(b"-9223372036854775808", 10), Ok(i64::MIN));
        assert_eq!(parse_int(b"9223372036854775808", 10), Err(NumberError::Range { negative: false }));
        assert_eq!(parse_int(b"-", 10), Err(NumberError::Syntax));
        assert_eq!(parse_int(b"08", 0), Err(NumberError::Syntax));
    }

    #[test]
    fn floats() {
        assert_eq!(parse_float(b"1_000"), Some(1000.0));
        assert_eq!(parse_float(b"-0x1.8p1"), Some(-3.0));
        assert_eq!(parse_float(b"0x1p-1074"), Some(5e-324));
        assert_eq!(parse_float(b"0x1p-1075"), Some(0.0));
        assert_eq!(parse_float(b"0x1.8p-1075"), Some(5e-324));
        assert_eq!(parse_float(b"0x0.fffffffffffff8p-1022"), Some(f64::MIN_POSITIVE));
        assert_eq!(parse_float(b"0x1.fffffffffffffp1023"), Some(f64::MAX));
        assert_eq!(parse_float(b"0x1.fffffffffffff8p1023"), None);
        assert_eq!(parse_float(b"0x1.00000000000008p0"), Some(1.0));
        assert_eq!(parse_float(b"0x1.000000000000080000000000000001p0"), Some(1.0 + f64::EPSILON));
        assert_eq!(parse_float(b"0x1p-99999999999999999999"), Some(0.0));
        assert_eq!(parse_float(b"0x.0001p16"), Some(1.0));
        assert_eq!(parse_float(b"0x10"), None);
        assert_eq!(parse_float(b"1e999"), None);
        assert_eq!(parse_float(b"-Inf"), Some(f64::NEG_INFINITY));
        assert_eq!(parse_float(b".5"), Some(0.5));
        assert_eq!(parse_float(b"."), None);
        assert_eq!(parse_float(b" 1"), None);
        assert!(parse_float(b"nan").unwrap().is_nan());
    }
}
