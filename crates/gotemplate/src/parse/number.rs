//! The number literals of templates.

use gostd::strconv::{Unquoted, parse_float, parse_int, parse_uint, quote, unquote_char};

use super::super::value::{ComplexKind, Value};

const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

/// An untyped number. It has a value for each kind of number that can hold it.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Number {
    pub(in super::super) text: Box<str>,
    pub(in super::super) int: Option<i64>,
    pub(in super::super) uint: Option<u64>,
    pub(in super::super) float: Option<f64>,
    pub(in super::super) complex: Option<(f64, f64)>,
    /// The value for a parameter of any type, chosen by the literal's spelling. `None` if it overflows Go's `int`.
    pub(in super::super) ideal: Option<Value>,
}

impl Number {
    /// A number, which may be imaginary.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        Self::read(text).map(Self::with_ideal)
    }

    fn read(text: &str) -> Result<Self, String> {
        let mut number = Self { text: text.into(), ..Self::default() };
        if let Some(imaginary) = text.strip_suffix('i').and_then(|text| parse_float(text).ok()) {
            number.set_complex(0.0, imaginary);
            return Ok(number);
        }
        number.uint = parse_uint(text, 0).ok();
        number.int = parse_int(text, 0).ok();
        if number.int == Some(0) {
            number.uint = Some(0);
        }
        if let Some(int) = number.int {
            number.float = Some(from_signed(int));
        } else if let Some(uint) = number.uint {
            number.float = Some(from_unsigned(uint));
        } else if let Ok(float) = parse_float(text) {
            if !text.contains(['.', 'e', 'E', 'p', 'P']) {
                return Err(format!("integer overflow: {}", quote(text)));
            }
            number.set_float(float);
        } else {
            return Err(format!("illegal number syntax: {}", quote(text)));
        }
        Ok(number)
    }

    /// A complex number with a real and an imaginary part.
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

    /// A character constant in its quotes.
    pub(super) fn parse_char(text: &[u8]) -> Result<Self, String> {
        let inside = text.get(1..).unwrap_or(&[]);
        let (unquoted, rest) = unquote_char(inside, b'\'').map_err(|why| why.to_string())?;
        if rest != b"'" {
            return Err(format!("malformed character constant: {}", String::from_utf8_lossy(text)));
        }
        let code = match unquoted {
            Unquoted::Byte(byte) => u32::from(byte),
            Unquoted::Char(c) => u32::from(c),
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

    /// Sets the float, and the integers that equal it.
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

/// Splits off what the scanner of Go's `fmt` reads as a float, which may be invalid.
fn scan_float(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let mut at = 0;
    let accept = |at: &mut usize, set: &[u8]| {
        let found = bytes.get(*at).is_some_and(|byte| set.contains(byte));
        *at += usize::from(found);
        found
    };
    accept(&mut at, b"+-");
    // `Inf`, or its first letters.
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
    parse_float(text).map_err(|why| why.message("ParseFloat", text))
}

#[expect(clippy::cast_precision_loss, reason = "as Go converts")]
fn from_unsigned(number: u64) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "as Go converts")]
fn from_signed(number: i64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_a_value_for_each_kind() {
        assert_eq!(Number::parse("1e3").unwrap().int, Some(1000));
        assert!(matches!(Number::parse("1e3").unwrap().ideal, Some(Value::Float(_, _))));
        assert_eq!(Number::parse("99999999999999999999").unwrap_err(), "integer overflow: \"99999999999999999999\"");
        assert!(Number::parse("18446744073709551615").unwrap().ideal.is_none());
        assert_eq!(Number::parse_complex("1e+1-2i").unwrap().complex, Some((10.0, -2.0)));
    }
}
