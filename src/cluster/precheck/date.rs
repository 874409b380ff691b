//! Calendar dates.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

/// A date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u64,
    month: u64,
    day: u64,
}

/// A text is not a date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a date such as 2026-11-30")]
pub struct DateError;

impl Date {
    /// Today, in UTC.
    pub fn today() -> Self {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
        let (mut year, mut days) = (1970, seconds / (24 * 60 * 60));
        while days >= days_of_year(year) {
            days -= days_of_year(year);
            year += 1;
        }
        let mut month = 1;
        while days >= days_of_month(year, month) {
            days -= days_of_month(year, month);
            month += 1;
        }
        Self { year, month, day: days + 1 }
    }

    /// The last day of a month.
    pub fn end_of_month(year: u64, month: u64) -> Self {
        Self { year, month, day: days_of_month(year, month) }
    }
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_of_year(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_of_month(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl FromStr for Date {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |part: Option<&str>, digits: usize| {
            let part = part.filter(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()));
            part.and_then(|part| part.parse::<u64>().ok()).ok_or(DateError)
        };
        let mut parts = text.split('-');
        let (year, month, day) = (number(parts.next(), 4)?, number(parts.next(), 2)?, number(parts.next(), 2)?);
        let is_real = (1..=12).contains(&month) && (1..=days_of_month(year, month)).contains(&day);
        if is_real && parts.next().is_none() { Ok(Self { year, month, day }) } else { Err(DateError) }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_and_ordered() {
        let date = |text: &str| text.parse::<Date>();
        for text in ["2026-11-30", "2024-02-29", "2000-02-29"] {
            assert_eq!(date(text).map(|date| date.to_string()).as_deref(), Ok(text));
        }
        for text in ["", "2026-11", "2026-13-01", "2026-02-29", "1900-02-29", "26-11-30", "2026-11-30-1", "2026-1-3"] {
            assert_eq!(date(text), Err(DateError), "{text}");
        }
        assert!(date("2026-02-28").unwrap() < date("2026-03-01").unwrap());
        assert_eq!(Date::end_of_month(2024, 2).to_string(), "2024-02-29");
        assert!(Date::today() > date("2026-01-01").unwrap());
    }
}
