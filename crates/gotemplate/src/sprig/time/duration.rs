//! Spans of time: Go's `time.Duration`, a count of nanoseconds.

use super::super::super::error::FunctionError;
use super::super::strconv::without_sign;
use super::quoted;

/// Nanoseconds of a second.
pub(in super::super) const SECOND: i64 = 1_000_000_000;

/// The text of a span, as `1h2m3.5s`.
pub(in super::super) fn text(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let size = nanoseconds.unsigned_abs();
    if size == 0 {
        return "0s".to_owned();
    }
    if size < SECOND.unsigned_abs() {
        let (unit, places) = match size {
            ..1_000 => ("ns", 0),
            1_000..1_000_000 => ("µs", 3),
            _ => ("ms", 6),
        };
        return format!("{sign}{}{unit}", with_places(size, places));
    }
    let (minutes, rest) = (size / 60_000_000_000, size % 60_000_000_000);
    let seconds = with_places(rest, 9);
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{sign}{seconds}s"),
        (0, minutes) => format!("{sign}{minutes}m{seconds}s"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}s"),
    }
}

/// A count of units as a decimal number of a larger unit, `10^places` of them, without zeros at its end.
fn with_places(value: u64, places: usize) -> String {
    let scale = 10_u64.pow(u32::try_from(places).unwrap_or(0));
    let whole = value / scale;
    let fraction = format!("{:0places$}", value % scale);
    match fraction.trim_end_matches('0') {
        fraction if places > 0 && !fraction.is_empty() => format!("{whole}.{fraction}"),
        _ => whole.to_string(),
    }
}

/// A negative span may be as large as this.
const MOST: u64 = 1 << 63;

/// Reads a span: numbers with units, as `-1.5h` or `1h30m`.
pub(in super::super) fn parse(text: &[u8]) -> Result<i64, FunctionError> {
    let invalid = || FunctionError::new(format!("time: invalid duration {}", quoted(text)));
    let (negative, mut rest) = without_sign(text);
    if rest == b"0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0_u64;
    while let Some(first) = rest.first() {
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
        let (name, after) =
            rest.split_at(rest.iter().position(|b| *b == b'.' || b.is_ascii_digit()).unwrap_or(rest.len()));
        if name.is_empty() {
            return Err(format!("time: missing unit in duration {}", quoted(text)).into());
        }
        let unit = unit(name).ok_or_else(|| {
            FunctionError::new(format!("time: unknown unit {} in duration {}", quoted(name), quoted(text)))
        })?;
        rest = after;
        if whole > MOST / unit {
            return Err(invalid());
        }
        let mut value = whole * unit;
        if fraction.0 > 0 {
            value += part_of(unit, fraction.0, fraction.1);
        }
        total = total.checked_add(value).filter(|total| value <= MOST && *total <= MOST).ok_or_else(invalid)?;
    }
    if negative {
        return Ok(0_i64.wrapping_sub_unsigned(total));
    }
    i64::try_from(total).map_err(|_| invalid())
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

fn unit(name: &[u8]) -> Option<u64> {
    Some(match name {
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

/// The digits a text starts with as a number, and what is left; `None` beyond 2^63.
pub(super) fn leading_int(text: &[u8]) -> Option<(u64, &[u8])> {
    let (digits, rest) = text.split_at(text.iter().take_while(|b| b.is_ascii_digit()).count());
    let mut value = 0_u64;
    for digit in digits {
        value = value.checked_mul(10)?.checked_add(u64::from(digit - b'0')).filter(|v| *v <= 1 << 63)?;
    }
    Some((value, rest))
}

/// The digits of a fraction as a number, by which power of ten to divide it, and what is left.
fn leading_fraction(text: &[u8]) -> (u64, f64, &[u8]) {
    let (digits, rest) = text.split_at(text.iter().take_while(|b| b.is_ascii_digit()).count());
    let (mut value, mut scale) = (0_u64, 1.0);
    for digit in digits {
        // More digits than fit change nothing.
        let more = value.checked_mul(10).and_then(|v| v.checked_add(u64::from(digit - b'0')));
        let Some(more) = more.filter(|v| *v <= 1 << 63) else { break };
        value = more;
        scale *= 10.0;
    }
    (value, scale, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        for (written, nanoseconds, shown) in [
            ("1h30m10s", 5_410_000_000_000, "1h30m10s"),
            ("-1.5h", -5_400_000_000_000, "-1h30m0s"),
            ("0", 0, "0s"),
            (".5ms", 500_000, "500µs"),
            ("1us1ns", 1_001, "1.001µs"),
            ("3661s", 3_661_000_000_000, "1h1m1s"),
            ("1.000000001s", 1_000_000_001, "1.000000001s"),
            ("7ns", 7, "7ns"),
        ] {
            assert_eq!(parse(written.as_bytes()), Ok(nanoseconds), "{written}");
            assert_eq!(text(nanoseconds), shown);
        }
        assert_eq!(parse(b"-2562047h47m16.854775808s"), Ok(i64::MIN));
        for (written, why) in [
            ("", "time: invalid duration \"\""),
            ("1", "time: missing unit in duration \"1\""),
            ("1x", "time: unknown unit \"x\" in duration \"1x\""),
            (".s", "time: invalid duration \".s\""),
            ("2562047h47m16.854775808s", "time: invalid duration \"2562047h47m16.854775808s\""),
        ] {
            assert_eq!(parse(written.as_bytes()).unwrap_err().to_string(), why);
        }
    }
}
