//! Times as Kubernetes writes them (RFC 3339).

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// A point in time, in microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400;

impl Time {
    /// Reads `2026-11-20T08:00:02Z`, with an optional fraction of a second and any offset.
    pub fn parse(text: &str) -> Option<Self> {
        let number = |range: std::ops::Range<usize>| -> Option<i64> {
            let digits = text.get(range)?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
        };
        let separators = [(4, "-"), (7, "-"), (13, ":"), (16, ":")];
        let is_separated = separators.iter().all(|&(at, separator)| text.get(at..=at) == Some(separator));
        if !is_separated || !matches!(text.get(10..11)?, "T" | "t" | " ") {
            return None;
        }
        let days = days(number(0..4)?, number(5..7)?, number(8..10)?)?;
        let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let rest = text.get(19..)?;
        let digits = rest.strip_prefix('.').map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
        let (fraction, zone) = if digits == 0 { ("", rest) } else { rest.get(1..)?.split_at_checked(digits)? };
        let micros = fraction.bytes().chain(std::iter::repeat(b'0')).take(6);
        let micros = micros.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        let offset = match zone.as_bytes() {
            b"Z" | b"z" => 0,
            [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
                let two = |a: &u8, b: &u8| -> Option<i64> {
                    (a.is_ascii_digit() && b.is_ascii_digit()).then(|| i64::from((a - b'0') * 10 + (b - b'0')))
                };
                let minutes = two(h1, h2)? * 60 + two(m1, m2)?;
                if *sign == b'-' { -minutes } else { minutes }
            }
            _ => return None,
        };
        let seconds = days * DAY + hour * 3600 + (minute - offset) * 60 + second;
        Some(Self(seconds * SECOND + micros))
    }

    /// The time this many seconds after 1970 began.
    pub fn from_unix(seconds: i64) -> Self {
        Self(seconds.saturating_mul(SECOND))
    }

    /// The time of this computer.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    /// The milliseconds from `earlier` to this time; negative if that is later.
    pub fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0) / 1000
    }

    /// The time this many seconds later, or earlier if negative.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(SECOND)))
    }

    /// The time of day in UTC, as `08:00:02`.
    pub fn clock(self) -> String {
        let second = self.0.div_euclid(SECOND).rem_euclid(DAY);
        format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
    }

    /// Year, month and day in UTC.
    pub fn ymd(self) -> (i64, i64, i64) {
        civil(self.0.div_euclid(SECOND * DAY))
    }

    /// The date in UTC, as `2026-11-20`.
    pub fn date(self) -> String {
        let (year, month, day) = self.ymd();
        format!("{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Display for Time {
    /// As the API server writes it: `2026-11-20T08:00:02Z`, without the fraction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}T{}Z", self.date(), self.clock())
    }
}

/// The last day of a month of the Gregorian calendar; `None` if there is no such month.
pub fn last_day(year: i64, month: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => Some(29),
        2 => Some(28),
        4 | 6 | 9 | 11 => Some(30),
        1..=12 => Some(31),
        _ => None,
    }
}

/// The days from 1970 to a date of the Gregorian calendar; `None` if there is no such date.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=last_day(year, month)?).contains(&day) {
        return None;
    }
    // Years begin in March, so that the leap day is their last one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 + day - 1 - 719_468)
}

/// The date that is this many days after 1970.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written() {
        for (text, written) in [
            ("2026-11-20T08:00:02Z", "2026-11-20T08:00:02Z"),
            ("2026-11-20T08:00:02.123456Z", "2026-11-20T08:00:02Z"),
            ("2026-11-20T08:00:02+01:30", "2026-11-20T06:30:02Z"),
            ("2024-02-29T23:59:59-00:01", "2024-03-01T00:00:59Z"),
            ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"),
            ("2000-01-01 00:00:00Z", "2000-01-01T00:00:00Z"),
        ] {
            assert_eq!(Time::parse(text).unwrap().to_string(), written, "{text}");
        }
        for text in ["", "2026-02-29T00:00:00Z", "2026-11-20", "2026-11-20T08:00:02", "2026-11-20T24:00:00Z", "ä026"] {
            assert_eq!(Time::parse(text), None, "{text}");
        }
    }

    #[test]
    fn fractions_count() {
        let [a, b] = ["2026-11-20T08:00:02.1Z", "2026-11-20T08:00:03.35Z"].map(|text| Time::parse(text).unwrap());
        assert_eq!((b.millis_since(a), a.millis_since(b)), (1250, -1250));
        assert_eq!(a.plus_seconds(-3).clock(), "07:59:59");
    }
}
