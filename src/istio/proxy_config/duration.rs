//! Durations: Go's syntax in, protobuf's JSON out.

/// The nanoseconds of a duration in Go's syntax, such as `1m30s`, `1.5h` or `-5ms`.
pub(super) fn parse(text: &str) -> Option<i128> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|end| *end > 0)?;
        let (number, tail) = rest.split_at_checked(end)?;
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(unit_end)?;
        total = total.checked_add(part(number, nanos(unit)?)?)?;
        rest = tail;
    }
    i64::try_from(total).ok()?;
    Some(if negative { -total } else { total })
}

fn nanos(unit: &str) -> Option<i128> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// A decimal number of a unit; what lies below a nanosecond is cut off.
fn part(number: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let fraction = fraction.get(..fraction.len().min(18))?;
    let scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    let fraction: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    whole.checked_mul(unit)?.checked_add(fraction * unit / scale)
}

/// Seconds with 0, 3, 6 or 9 decimals, as protobuf writes them: `60s`, `0.500s`.
pub(super) fn seconds(nanos: i128) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let (whole, rest) = (nanos.abs() / 1_000_000_000, nanos.abs() % 1_000_000_000);
    match rest {
        0 => format!("{sign}{whole}s"),
        _ if rest % 1_000_000 == 0 => format!("{sign}{whole}.{:03}s", rest / 1_000_000),
        _ if rest % 1_000 == 0 => format!("{sign}{whole}.{:06}s", rest / 1_000),
        _ => format!("{sign}{whole}.{rest:09}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_durations_become_seconds() {
        let table = [
            ("1m", "60s"),
            ("1.5s", "1.500s"),
            ("1h30m", "5400s"),
            ("-5ms", "-0.005s"),
            ("0", "0s"),
            ("7us", "0.000007s"),
        ];
        for (go, seconds_text) in table {
            assert_eq!(parse(go).map(seconds).as_deref(), Some(seconds_text), "{go}");
        }
        for bad in ["", "5", "s", "1d", "1.2.3s", "1s ", ".s", "--1s"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
