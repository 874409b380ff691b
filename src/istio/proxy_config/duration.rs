//! Durations in protobuf's JSON.

use gostd::time::{Duration, SECOND};

/// Seconds with 0, 3, 6 or 9 decimals: `60s`, `0.500s`.
pub(super) fn seconds(duration: Duration) -> String {
    let sign = if duration.0 < 0 { "-" } else { "" };
    let nanos = duration.0.unsigned_abs();
    let (whole, rest) = (nanos / SECOND.unsigned_abs(), nanos % SECOND.unsigned_abs());
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
    fn durations_become_seconds() {
        let table = [
            (60_000_000_000, "60s"),
            (1_500_000_000, "1.500s"),
            (-5_000_000, "-0.005s"),
            (0, "0s"),
            (7_000, "0.000007s"),
            (1_000_000_007, "1.000000007s"),
        ];
        for (nanos, text) in table {
            assert_eq!(seconds(Duration(nanos)), text);
        }
    }
}
