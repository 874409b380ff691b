//! Numbers as Go's strconv reads them.

use super::super::fmt::quote::quoted;
use super::super::text::first_char;
use super::super::value::{ComplexKind, Value};
use super::unquote;

const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

/// A number in a template. It has no type of its own: it is every kind of number that holds its value.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Number {
    pub(in super::super) text: Box<str>,
    pub(in super::super) int: Option<i64>,
    pub(in super::super) uint: Option<u64>,
    pub(in super::super) float: Option<f64>,
    pub(in super::super) complex: Option<(f64, f64)>,
    /// The value where any type is welcome, by its spelling. An integer that Go's `int` cannot hold has none.
    pub(in super::super) ideal: Option<Value>,
}

impl Number {
    /// A number, perhaps imaginary.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        Self::read(text).map(Self::with_ideal)
    }

    fn read(text: &str) -> Result<Self, String> {
        let mut number = Self { text: text.into(), ..Self::default() };
        if let Some(imaginary) = text.strip_suffix('i').and_then(parse_float) {
            number.set_complex(0.0, imaginary);
            return Ok(number);
        }
        number.uint = parse_uint(text);
        number.int = parse_int(text);
        if number.int == Some(0) {
            number.uint = Some(0);
        }
        if let Some(int) = number.int {
            number.float = Some(from_signed(int));
        } else if let Some(uint) = number.uint {
            number.float = Some(from_unsigned(uint));
        } else if let Some(float) = parse_float(text) {
            if !text.contains(['.', 'e', 'E', 'p', 'P']) {
                return Err(format!("integer overflow: {}", quoted(text.as_bytes())));
            }
            number.set_float(float);
        } else {
            return Err(format!("illegal number syntax: {}", quoted(text.as_bytes())));
        }
        Ok(number)
    }

    /// A complex number with both parts.
    pub(super) fn parse_complex(text: &str) -> Result<Self, String> {
        let mut number = Self { text: text.into(), ..Self::default() };
        let bad = || "syntax error scanning complex number".to_owned();
        let (real, rest) = scan_float(text);
        if !rest.starts_with(['+', '-']) {
            return Err(bad());
        }
        let (imaginary, rest) = scan_float(rest);
        if !rest.starts_with('i') {
            return Err(bad());
        }
        number.set_complex(convert_float(real)?, convert_float(imaginary)?);
        Ok(number.with_ideal())
    }

    /// A character constant, with its quotes.
    pub(super) fn parse_char(text: &[u8]) -> Result<Self, String> {
        let inside = text.get(1..).unwrap_or(&[]);
        let (unquoted, rest) = unquote::character(inside, b'\'').ok_or("invalid syntax")?;
        if rest != b"'" {
            return Err(format!("malformed character constant: {}", String::from_utf8_lossy(text)));
        }
        let code = match unquoted {
            unquote::Unquoted::Byte(byte) => u32::from(byte),
            unquote::Unquoted::Char(c) => u32::from(c),
        };
        Ok(Self {
            text: String::from_utf8_lossy(text).into(),
            int: Some(i64::from(code)),
            uint: Some(u64::from(code)),
            float: Some(f64::from(code)),
            ..Self::default()
        }
        .with_ideal())
    }

    fn set_complex(&mut self, real: f64, imaginary: f64) {
        self.complex = Some((real, imaginary));
        if imaginary == 0.0 {
            self.set_float(real);
        }
    }

    /// The value, and the integers that are the same.
    fn set_float(&mut self, float: f64) {
        self.float = Some(float);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range and whole")]
        if float.fract() == 0.0 {
            if (-TWO_TO_63..TWO_TO_63).contains(&float) {
                self.int = Some(float as i64);
            }
            if (0.0..2.0 * TWO_TO_63).contains(&float) {
                self.uint = Some(float as u64);
            }
        }
    }

    fn with_ideal(mut self) -> Self {
        self.ideal = self.find_ideal();
        self
    }

    fn find_ideal(&self) -> Option<Value> {
        if let Some((real, imaginary)) = self.complex {
            return Some(Value::Complex(ComplexKind::Complex128, real, imaginary));
        }
        let hex = self.text.len() > 2 && (self.text.starts_with("0x") || self.text.starts_with("0X"));
        let hex_integer = hex && !self.text.contains(['p', 'P']);
        if !hex_integer && !self.text.starts_with('\'') && self.text.contains(['.', 'e', 'E', 'p', 'P']) {
            return self.float.map(Value::float);
        }
        self.int.map(Value::int)
    }
}

/// Splits off what fmt's scanner takes for a float at the start: more than is valid.
fn scan_float(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let mut at = 0;
    let accept = |at: &mut usize, set: &[u8]| {
        let found = bytes.get(*at).is_some_and(|byte| set.contains(byte));
        *at += usize::from(found);
        found
    };
    accept(&mut at, b"+-");
    // An infinity, or the start of one.
    let _ = accept(&mut at, b"iI") && accept(&mut at, b"nN") && accept(&mut at, b"fF");
    let hex = accept(&mut at, b"0") && accept(&mut at, b"xX");
    let digits: &[u8] = if hex { b"0123456789_abcdefABCDEF" } else { b"0123456789_" };
    while accept(&mut at, digits) {}
    if accept(&mut at, b".") {
        while accept(&mut at, digits) {}
    }
    if accept(&mut at, if hex { b"pP" } else { b"eEpP" }) {
        accept(&mut at, b"+-");
        while accept(&mut at, b"0123456789_") {}
    }
    text.split_at_checked(at).unwrap_or((text, ""))
}

fn convert_float(text: &str) -> Result<f64, String> {
    parse_float(text).ok_or_else(|| {
        let overflow = text.replace('_', "").parse::<f64>().is_ok_and(f64::is_infinite);
        let why = if overflow { "value out of range" } else { "invalid syntax" };
        format!("strconv.ParseFloat: parsing {}: {why}", quoted(text.as_bytes()))
    })
}

/// `strconv.ParseUint(text, 0, 64)`
fn parse_uint(text: &str) -> Option<u64> {
    let (radix, digits) = match text.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (16, text.get(2..)?),
        [b'0', b'b' | b'B', _, ..] => (2, text.get(2..)?),
        [b'0', b'o' | b'O', _, ..] => (8, text.get(2..)?),
        [b'0', ..] => (8, text.get(1..)?),
        _ => (10, text),
    };
    if text == "0" {
        return Some(0);
    }
    if !underscores_are_good(text) || digits.starts_with(['+', '-']) {
        return None;
    }
    let cleaned;
    let digits = if digits.contains('_') {
        cleaned = digits.replace('_', "");
        &cleaned
    } else {
        digits
    };
    u64::from_str_radix(digits, radix).ok()
}

/// `strconv.ParseInt(text, 0, 64)`
pub(in super::super) fn parse_int(text: &str) -> Option<i64> {
    let negative = text.starts_with('-');
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let value = parse_uint(digits)?;
    if negative { 0_i64.checked_sub_unsigned(value) } else { i64::try_from(value).ok() }
}

/// Whether underscores stand only between digits, or between a prefix and a digit.
fn underscores_are_good(text: &str) -> bool {
    if !text.contains('_') {
        return true;
    }
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mut before, digits, hex) = match text.as_bytes() {
        [b'0', c @ (b'x' | b'X' | b'b' | b'B' | b'o' | b'O'), rest @ ..] => (b'0', rest, c.eq_ignore_ascii_case(&b'x')),
        all => (b'^', all, false),
    };
    for byte in digits {
        if byte.is_ascii_digit() || (hex && byte.is_ascii_hexdigit()) {
            before = b'0';
        } else if *byte == b'_' {
            if before != b'0' {
                return false;
            }
            before = b'_';
        } else {
            if before == b'_' {
                return false;
            }
            before = b'!';
        }
    }
    before != b'_'
}

/// `strconv.ParseFloat(text, 64)` of what a template's number can be; none for an infinite result.
pub(in super::super) fn parse_float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let first = first_char(unsigned.as_bytes())?.0;
    if !(first.is_ascii_digit() || first == '.') || !underscores_are_good(text) {
        return None;
    }
    let cleaned;
    let plain = if unsigned.contains('_') {
        cleaned = unsigned.replace('_', "");
        &cleaned
    } else {
        unsigned
    };
    let value = match plain.strip_prefix("0x").or_else(|| plain.strip_prefix("0X")) {
        Some(hex) => parse_hex_float(hex)?,
        None => plain.parse().ok()?,
    };
    Some(if text.starts_with('-') { -value } else { value }).filter(|v: &f64| v.is_finite())
}

/// A hexadecimal floating-point number without its prefix: `1.8p3`. The exponent is not optional.
fn parse_hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let mut exponent = i64::from(exponent.parse::<i32>().ok()?);
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && part.is_empty() {
        return None;
    }
    let mut bits: u64 = 0;
    // Whether a digit that no longer fits was not zero: it decides how to round.
    let mut sticky = false;
    for (at, c) in whole.chars().chain(part.chars()).enumerate() {
        let digit = u64::from(c.to_digit(16)?);
        if bits >> 60 == 0 {
            bits = bits << 4 | digit;
            exponent -= if at >= whole.len() { 4 } else { 0 };
        } else {
            sticky |= digit != 0;
            exponent += if at >= whole.len() { 0 } else { 4 };
        }
    }
    Some(compose(bits, sticky, exponent))
}

/// `bits` times two to the power of `exponent`, rounded once.
fn compose(bits: u64, sticky: bool, exponent: i64) -> f64 {
    if bits == 0 {
        return 0.0;
    }
    let shift = bits.leading_zeros();
    let bits = bits << shift;
    let exponent = exponent - i64::from(shift);
    // The value is bits / 2^63 times 2^(exponent + 63); a double keeps 53 bits, fewer where it is subnormal.
    let top = exponent + 63;
    if top > 1023 {
        return f64::INFINITY;
    }
    let dropped = if top < -1022 { 11 + (-1022 - top) } else { 11 };
    if dropped > 64 {
        return 0.0;
    }
    let (kept, rest) = if dropped == 64 { (0, bits) } else { (bits >> dropped, bits << (64 - dropped)) };
    let half = 1 << 63;
    let up = rest > half || (rest == half && (sticky || kept & 1 == 1));
    let kept = kept + u64::from(up);
    let mut value = from_unsigned(kept);
    let mut power = exponent + dropped;
    // Powers of two are exact; a subnormal result was rounded above.
    while power > 0 {
        let step = power.min(1000);
        value *= power_of_two(step);
        power -= step;
    }
    while power < 0 {
        let step = power.max(-1000);
        value *= power_of_two(step);
        power -= step;
    }
    value
}

#[expect(clippy::cast_precision_loss, reason = "as Go converts")]
fn from_unsigned(number: u64) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "as Go converts")]
fn from_signed(number: i64) -> f64 {
    number as f64
}

fn power_of_two(exponent: i64) -> f64 {
    let biased = u64::try_from(exponent + 1023).unwrap_or(0);
    f64::from_bits(biased << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        assert_eq!(parse_int("0x_1F"), Some(31));
        assert_eq!(parse_int("-0b101"), Some(-5));
        assert_eq!(parse_int("017"), Some(15));
        assert_eq!(parse_int("08"), None);
        assert_eq!(parse_int("1__0"), None);
        assert_eq!(parse_int("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(parse_uint("18446744073709551615"), Some(u64::MAX));
        assert_eq!(parse_uint("0_7"), Some(7));
    }

    #[test]
    fn floats() {
        assert_eq!(parse_float("0x1.8p3"), Some(12.0));
        assert_eq!(parse_float("0x1p-1074"), Some(5e-324));
        assert_eq!(parse_float("0x1p1024"), None);
        assert_eq!(parse_float("1_000.5e-1"), Some(100.05));
        assert_eq!(parse_float(".5"), Some(0.5));
        assert_eq!(parse_float("1e400"), None);
        assert_eq!(parse_float("0x1.fffffffffffff8p0"), Some(2.0));
    }

    #[test]
    fn what_a_number_is() {
        assert_eq!(Number::parse("1e3").unwrap().int, Some(1000));
        assert!(matches!(Number::parse("1e3").unwrap().ideal, Some(Value::Float(_, _))));
        assert_eq!(Number::parse("99999999999999999999").unwrap_err(), "integer overflow: \"99999999999999999999\"");
        assert!(Number::parse("18446744073709551615").unwrap().ideal.is_none());
        assert_eq!(Number::parse_complex("1e+1-2i").unwrap().complex, Some((10.0, -2.0)));
    }
}
