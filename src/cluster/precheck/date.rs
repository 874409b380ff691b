//! Calendar dates.

use std::fmt;
use std::str::FromStr;

use crate::k8s::{Time, last_day};

/// A date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: i64,
    month: i64,
    day: i64,
}

/// A text is not a date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a date such as 2026-11-30")]
pub struct DateError;

impl Date {
    /// Today, in UTC.
    pub fn today() -> Self {
        let (year, month, day) = Time::now().ymd();
        Self { year, month, day }
    }

    /// The last day of a month; `None` if there is no such month.
    pub fn end_of_month(year: i64, month: i64) -> Option<Self> {
        Some(Self { year, month, day: last_day(year, month)? })
    }
}

impl FromStr for Date {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |part: Option<&str>, digits: usize| {
            let part = part.filter(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()));
            part.and_then(|part| part.parse::<i64>().ok()).ok_or(DateError)
        };
        let mut parts = text.split('-');
        let (year, month, day) = (number(parts.next(), 4)?, number(parts.next(), 2)?, number(parts.next(), 2)?);
        let is_real = last_day(year, month).is_some_and(|last| (1..=last).contains(&day));
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
        assert_eq!(Date::end_of_month(2024, 2).unwrap().to_string(), "2024-02-29");
        assert!(Date::today() > date("2026-01-01").unwrap());
    }
}
