//! Go's `time.Duration`, and the text it is read from and written as.

use std::fmt;

use thiserror::Error;

/// `time.Duration`: nanoseconds. It is displayed as `Duration.String` does: `1h2m3.5s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration(pub i64);

/// `time.Second`, in nanoseconds.
pub const SECOND: i64 = 1_000_000_000;

/// Why a text is not a duration. The texts are Go's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DurationError {
    /// The text is not a duration, or out of range.
    #[error("time: invalid duration {}", quote(text))]
    Invalid {
        /// The text
        text: Vec<u8>,
    },
    /// A number has no unit.
    #[error("time: missing unit in duration {}", quote(text))]
    MissingUnit {
        /// The text
        text: Vec<u8>,
    },
    /// A number has a unit that Go does not know.
    #[error("time: unknown unit {} in duration {}", quote(unit), quote(text))]
    UnknownUnit {
        /// The unit
        unit: Vec<u8>,
        /// The text
        text: Vec<u8>,
    },
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let size = self.0.unsigned_abs();
        if size == 0 {
            return f.write_str("0s");
        }
        // Durations of less than a second have smaller units.
        if size < SECOND.unsigned_abs() {
            let (unit, places) = match size {
                ..1_000 => ("ns", 0),
                1_000..1_000_000 => ("µs", 3),
                _ => ("ms", 6),
            };
            return write!(f, "{sign}{}{unit}", decimal(size, places));
        }
        let (minutes, rest) = (size / 60_000_000_000, size % 60_000_000_000);
        let seconds = decimal(rest, 9);
        match (minutes / 60, minutes % 60) {
            (0, 0) => write!(f, "{sign}{seconds}s"),
            (0, minutes) => write!(f, "{sign}{minutes}m{seconds}s"),
            (hours, minutes) => write!(f, "{sign}{hours}h{minutes}m{seconds}s"),
        }
    }
}

/// `value / 10^places`, without trailing zeros.
fn decimal(value: u64, places: usize) -> String {
    let scale = (0..places).fold(1, |scale, _| scale * 10);
    let whole = value / scale;
    let fraction = format!("{:0places$}", value % scale);
    match fraction.trim_end_matches('0') {
        fraction if places > 0 && !fraction.is_empty() => format!("{whole}.{fraction}"),
        _ => whole.to_string(),
    }
}

/// The size of the smallest duration. The largest is one less.
const MAX: u64 = 1 << 63;

/// `time.ParseDuration`: numbers with units, such as `-1.5h` or `1h30m`.
pub fn parse_duration(text: impl AsRef<[u8]>) -> Result<Duration, DurationError> {
    parse(text.as_ref())
}

fn parse(text: &[u8]) -> Result<Duration, DurationError> {
    let invalid = || DurationError::Invalid { text: text.to_vec() };
    let (negative, mut rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] | rest => (false, rest),
    };
    if rest == b"0" {
        return Ok(Duration(0));
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0_u64;
    while let Some(first) = rest.first() {
        // Read a number, which may have a fraction.
        if !first.is_ascii_digit() && *first != b'.' {
            return Err(invalid());
        }
        let (whole, after) = leading_int(rest).ok_or_else(invalid)?;
        let has_whole = after.len() < rest.len();
        rest = after;
        let mut fraction = (0, 1.0, false);
        if let [b'.', after @ ..] = rest {
            let (value, scale, left) = leading_fraction(after);
            fraction = (value, scale, left.len() < after.len());
            rest = left;
        }
        if !has_whole && !fraction.2 {
            return Err(invalid());
        }
        // Read its unit, up to the next number.
        let (name, after) =
            rest.split_at(rest.iter().position(|b| *b == b'.' || b.is_ascii_digit()).unwrap_or(rest.len()));
        if name.is_empty() {
            return Err(DurationError::MissingUnit { text: text.to_vec() });
        }
        let unit =
            nanoseconds(name).ok_or_else(|| DurationError::UnknownUnit { unit: name.to_vec(), text: text.to_vec() })?;
        rest = after;
        // Add their product, if it fits.
        if whole > MAX / unit {
            return Err(invalid());
        }
        let mut value = whole * unit;
        if fraction.0 > 0 {
            value += part_of(unit, fraction.0, fraction.1);
        }
        total = total.checked_add(value).filter(|total| value <= MAX && *total <= MAX).ok_or_else(invalid)?;
    }
    if negative {
        return Ok(Duration(0_i64.wrapping_sub_unsigned(total)));
    }
    i64::try_from(total).map(Duration).map_err(|_| invalid())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "the fraction of a unit is positive and less than the unit"
)]
fn part_of(unit: u64, fraction: u64, scale: f64) -> u64 {
    (fraction as f64 * (unit as f64 / scale)) as u64
}

/// The nanoseconds of a unit.
fn nanoseconds(unit: &[u8]) -> Option<u64> {
    Some(match unit {
        b"ns" => 1,
        // The micro sign, and the Greek letter that looks the same.
        b"us" | b"\xc2\xb5s" | b"\xce\xbcs" => 1_000,
        b"ms" => 1_000_000,
        b"s" => 1_000_000_000,
        b"m" => 60_000_000_000,
        b"h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// The number at the start of a text, and the rest. `None` beyond 2^63. (Go's unexported `leadingInt`, which its parsers
/// of durations and times share.)
pub fn leading_int(text: &[u8]) -> Option<(u64, &[u8])> {
    let (digits, rest) = text.split_at(text.iter().take_while(|b| b.is_ascii_digit()).count());
    let mut value = 0_u64;
    for digit in digits {
        value = value.checked_mul(10)?.checked_add(u64::from(digit - b'0')).filter(|v| *v <= MAX)?;
    }
    Some((value, rest))
}

/// The digits of a fraction as a number, the power of ten to divide it by, and the rest.
fn leading_fraction(text: &[u8]) -> (u64, f64, &[u8]) {
    let (digits, rest) = text.split_at(text.iter().take_while(|b| b.is_ascii_digit()).count());
    let (mut value, mut scale) = (0_u64, 1.0);
    for digit in digits {
        // Digits that do not fit are ignored.
        let more = value.checked_mul(10).and_then(|v| v.checked_add(u64::from(digit - b'0')));
        let Some(more) = more.filter(|v| *v <= MAX) else { break };
        value = more;
        scale *= 10.0;
    }
    (value, scale, rest)
}

/// A text in quotes as in the package's errors (Go's unexported `quote`). Unlike in
/// [`strconv::quote`](crate::strconv::quote), all bytes that are not ASCII are escaped.
pub fn quote(text: &[u8]) -> String {
    let mut out = String::from("\"");
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(*byte)]),
            b' '..=0x7f => out.push(char::from(*byte)),
            byte => {
                let hex = |digit: u8| char::from_digit(digit.into(), 16).unwrap_or('0');
                out.extend(['\\', 'x', hex(byte >> 4), hex(byte & 15)]);
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        for (written, nanoseconds, shown) in [
            ("1h30m10s", 5_410_000_000_000, "1h30m10s"),
            ("-1.5h", -5_400_000_000_000, "-1h30m0s"),
            ("0", 0, "0s"),
            ("+0", 0, "0s"),
            (".5ms", 500_000, "500µs"),
            ("1us1ns", 1_001, "1.001µs"),
            ("7µs", 7_000, "7µs"),
            ("-5ms", -5_000_000, "-5ms"),
            ("3661s", 3_661_000_000_000, "1h1m1s"),
            ("1.000000001s", 1_000_000_001, "1.000000001s"),
            ("7ns", 7, "7ns"),
            ("-2562047h47m16.854775808s", i64::MIN, "-2562047h47m16.854775808s"),
        ] {
            assert_eq!(parse_duration(written), Ok(Duration(nanoseconds)), "{written}");
            assert_eq!(Duration(nanoseconds).to_string(), shown);
        }
    }

    #[test]
    fn errors_are_gos() {
        for (written, why) in [
            ("", "time: invalid duration \"\""),
            ("1", "time: missing unit in duration \"1\""),
            ("1x", "time: unknown unit \"x\" in duration \"1x\""),
            ("1s ", "time: unknown unit \"s \" in duration \"1s \""),
            (".s", "time: invalid duration \".s\""),
            ("s", "time: invalid duration \"s\""),
            ("1d", "time: unknown unit \"d\" in duration \"1d\""),
            ("1.2.3s", "time: missing unit in duration \"1.2.3s\""),
            ("--1s", "time: invalid duration \"--1s\""),
            ("é\"", r#"time: invalid duration "\xc3\xa9\"""#),
            ("2562047h47m16.854775808s", "time: invalid duration \"2562047h47m16.854775808s\""),
        ] {
            assert_eq!(parse_duration(written).unwrap_err().to_string(), why);
        }
    }
}
