//! Parses times by a layout.

use gostd::time::{leading_int, quote};

use super::super::super::error::FunctionError;
use super::layout::{MONTHS, Part, WEEKDAYS, next_part, short};
use super::zone::Zone;
use super::{Time, days_in_month, is_leap};

/// The parts that were read.
#[derive(Default)]
struct Fields {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanosecond: i64,
    /// Whether the time is `PM` (true) or `AM`
    half: Option<bool>,
    utc: bool,
    offset: Option<i64>,
    zone_name: Vec<u8>,
}

/// Why a part cannot be read.
enum Bad {
    /// It does not match the layout.
    Written,
    /// This part is out of range.
    Range(&'static str),
}

type Read<'a, T> = Result<(T, &'a [u8]), Bad>;

/// `time.ParseInLocation` with the local zone.
pub(in super::super) fn parse(layout: &[u8], text: &[u8]) -> Result<Time, FunctionError> {
    let wrong = |why: &str| FunctionError::new(format!("parsing time {}{why}", quote(text)));
    let cannot = |left: &[u8], wanted: &[u8]| {
        let (whole, left, wanted) = (quote(layout), quote(left), quote(wanted));
        wrong(&format!(" as {whole}: cannot parse {left} as {wanted}"))
    };
    let mut fields = Fields::default();
    let (mut layout_left, mut left) = (layout, text);
    loop {
        let (before, part, after) = next_part(layout_left);
        left = skip(left, before).map_err(|left| cannot(left, before))?;
        let Some((part, written)) = part else {
            if left.is_empty() {
                break;
            }
            return Err(wrong(&format!(": extra text: {}", quote(left))));
        };
        layout_left = after;
        left = match fields.read(part, left, layout_left) {
            Ok(left) => left,
            Err(Bad::Written) => return Err(cannot(left, written)),
            Err(Bad::Range(what)) => return Err(wrong(&format!(": {what} out of range"))),
        };
    }
    fields.time().map_err(wrong)
}

/// Skips the text between two parts. Spaces match any number of spaces.
fn skip<'a>(mut text: &'a [u8], mut wanted: &[u8]) -> Result<&'a [u8], &'a [u8]> {
    while let [first, rest @ ..] = wanted {
        if *first == b' ' {
            if text.first().is_some_and(|b| *b != b' ') {
                return Err(text);
            }
            wanted = without_spaces(wanted);
            text = without_spaces(text);
            continue;
        }
        match text {
            [found, after @ ..] if found == first => text = after,
            _ => return Err(text),
        }
        wanted = rest;
    }
    Ok(text)
}

fn without_spaces(text: &[u8]) -> &[u8] {
    text.get(text.iter().take_while(|b| **b == b' ').count()..).unwrap_or(&[])
}

impl Fields {
    /// Reads a part and returns the rest.
    fn read<'a>(&mut self, part: Part, text: &'a [u8], next: &[u8]) -> Result<&'a [u8], Bad> {
        let left;
        match part {
            Part::Year2 => {
                let (digits, rest) = text.split_at_checked(2).ok_or(Bad::Written)?;
                let year = signed(digits)?;
                self.year = if year >= 69 { year + 1900 } else { year + 2000 };
                left = rest;
            }
            Part::Year4 => {
                let (digits, rest) = text.split_at_checked(4).ok_or(Bad::Written)?;
                if !digits.first().is_some_and(u8::is_ascii_digit) {
                    return Err(Bad::Written);
                }
                self.year = signed(digits)?;
                left = rest;
            }
            Part::MonthShort | Part::MonthLong => {
                let (at, rest) = name(text, &MONTHS, part == Part::MonthShort)?;
                self.month = Some(at + 1);
                left = rest;
            }
            Part::WeekdayShort | Part::WeekdayLong => {
                left = name(text, &WEEKDAYS, part == Part::WeekdayShort)?.1;
            }
            Part::Month | Part::Month2 => {
                let (month, rest) = number(text, part == Part::Month2)?;
                self.month = Some(within(month, 1, 12, "month")?);
                left = rest;
            }
            Part::Day | Part::DayBlank | Part::Day2 => {
                let text = if part == Part::DayBlank { without_space(text) } else { text };
                let (day, rest) = number(text, part == Part::Day2)?;
                self.day = Some(day);
                left = rest;
            }
            Part::YearDayBlank | Part::YearDay3 => {
                let blank = part == Part::YearDayBlank;
                let text = if blank { without_space(without_space(text)) } else { text };
                let digits = text.iter().take(3).take_while(|b| b.is_ascii_digit()).count();
                if digits == 0 || !blank && digits != 3 {
                    return Err(Bad::Written);
                }
                let (digits, rest) = text.split_at(digits);
                self.year_day = Some(signed(digits)?);
                left = rest;
            }
            Part::Hour24 => (self.hour, left) = ranged(text, false, 23, "hour")?,
            Part::Hour12 | Part::Hour12Two => {
                (self.hour, left) = ranged(text, part == Part::Hour12Two, 12, "hour")?;
            }
            Part::Minute | Part::Minute2 => {
                (self.minute, left) = ranged(text, part == Part::Minute2, 59, "minute")?;
            }
            Part::Second | Part::Second2 => {
                let (second, rest) = ranged(text, part == Part::Second2, 59, "second")?;
                self.second = second;
                left = self.unasked_fraction(rest, next)?;
            }
            Part::HalfUpper | Part::HalfLower => {
                let (half, rest) = text.split_at_checked(2).ok_or(Bad::Written)?;
                self.half = Some(match (part, half) {
                    (Part::HalfUpper, b"PM") | (Part::HalfLower, b"pm") => true,
                    (Part::HalfUpper, b"AM") | (Part::HalfLower, b"am") => false,
                    _ => return Err(Bad::Written),
                });
                left = rest;
            }
            Part::Offset { z: true, .. } if text.first() == Some(&b'Z') => {
                self.utc = true;
                left = text.get(1..).unwrap_or(&[]);
            }
            Part::Offset { colon, minutes, seconds, .. } => {
                let (offset, rest) = offset(text, colon, minutes, seconds)?;
                self.offset = Some(offset);
                left = rest;
            }
            Part::ZoneName => {
                if let Some(rest) = text.strip_prefix(b"UTC") {
                    self.utc = true;
                    return Ok(rest);
                }
                let (name, rest) = text.split_at(zone_name(text).ok_or(Bad::Written)?);
                self.zone_name = name.to_vec();
                left = rest;
            }
            Part::Fraction { digits, trim: false, .. } => {
                let (digits, rest) = text.split_at_checked(1 + digits).ok_or(Bad::Written)?;
                self.nanosecond = nanoseconds(digits)?;
                left = rest;
            }
            Part::Fraction { trim: true, .. } => left = self.fraction(text)?,
        }
        Ok(left)
    }

    /// A fraction after the seconds that is not in the layout.
    fn unasked_fraction<'a>(&mut self, text: &'a [u8], next: &[u8]) -> Result<&'a [u8], Bad> {
        if let (_, Some((Part::Fraction { .. }, _)), _) = next_part(next) {
            return Ok(text);
        }
        self.fraction(text)
    }

    /// An optional fraction of any length.
    fn fraction<'a>(&mut self, text: &'a [u8]) -> Result<&'a [u8], Bad> {
        let [b'.' | b',', digits @ ..] = text else { return Ok(text) };
        let count = digits.iter().take_while(|b| b.is_ascii_digit()).count();
        if count == 0 {
            return Ok(text);
        }
        let (digits, rest) = text.split_at(1 + count);
        self.nanosecond = nanoseconds(digits)?;
        Ok(rest)
    }

    /// The time of the parts.
    fn time(self) -> Result<Time, &'static str> {
        let hour = match self.half {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let (month, day) = self.month_and_day()?;
        if day < 1 || day > days_in_month(self.year, month) {
            return Err(": day out of range");
        }
        let date = Time::from_civil(self.year, month, day)
            .plus_seconds(hour * 3600 + self.minute * 60 + self.second)
            .plus_nanoseconds(self.nanosecond);
        if self.utc {
            return Ok(date);
        }
        // Go uses this offset for none.
        if let Some(offset) = self.offset.filter(|offset| *offset != -1) {
            let name = String::from_utf8_lossy(&self.zone_name).into_owned();
            // The local zone is UTC.
            let local = offset == 0 && (name.is_empty() || name == "UTC");
            let zone = if local { Zone::Local } else { Zone::Fixed { name, offset } };
            return Ok(date.plus_seconds(-offset).with_zone(zone));
        }
        if self.zone_name.is_empty() {
            return Ok(date.with_zone(Zone::Local));
        }
        // The offset of an unknown abbreviation is zero, except for `GMT+3` and the like.
        let hours = self.zone_name.strip_prefix(b"GMT").and_then(|hours| signed(hours).ok()).unwrap_or(0);
        let name = String::from_utf8_lossy(&self.zone_name).into_owned();
        Ok(date.with_zone(Zone::Fixed { name, offset: hours * 3600 }))
    }

    fn month_and_day(&self) -> Result<(i64, i64), &'static str> {
        let Some(year_day) = self.year_day else { return Ok((self.month.unwrap_or(1), self.day.unwrap_or(1))) };
        if year_day < 1 || year_day > if is_leap(self.year) { 366 } else { 365 } {
            return Err(": day-of-year out of range");
        }
        let (mut month, mut day) = (1, year_day);
        while day > days_in_month(self.year, month) {
            day -= days_in_month(self.year, month);
            month += 1;
        }
        if self.month.is_some_and(|given| given != month) {
            return Err(": day-of-year does not match month");
        }
        if self.day.is_some_and(|given| given != day) {
            return Err(": day-of-year does not match day");
        }
        Ok((month, day))
    }
}

fn without_space(text: &[u8]) -> &[u8] {
    text.strip_prefix(b" ").unwrap_or(text)
}

/// A number with an optional sign.
fn signed(text: &[u8]) -> Result<i64, Bad> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] | rest => (false, rest),
    };
    match leading_int(digits) {
        Some((value, [])) => {
            let size = i64::try_from(value).map_err(|_| Bad::Written)?;
            Ok(if negative { -size } else { size })
        }
        _ => Err(Bad::Written),
    }
}

/// One or two digits, exactly two with `fixed`.
fn number(text: &[u8], fixed: bool) -> Read<'_, i64> {
    let digits = text.iter().take(2).take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 || fixed && digits == 1 {
        return Err(Bad::Written);
    }
    let (digits, rest) = text.split_at(digits);
    Ok((signed(digits)?, rest))
}

fn within(value: i64, least: i64, most: i64, what: &'static str) -> Result<i64, Bad> {
    if (least..=most).contains(&value) { Ok(value) } else { Err(Bad::Range(what)) }
}

fn ranged<'a>(text: &'a [u8], fixed: bool, most: i64, what: &'static str) -> Read<'a, i64> {
    let (value, rest) = number(text, fixed)?;
    Ok((within(value, 0, most, what)?, rest))
}

/// The index of the name that the text starts with, ignoring case.
fn name<'a>(text: &'a [u8], names: &[&str], shorten: bool) -> Read<'a, i64> {
    for (at, name) in (0..).zip(names) {
        let name = if shorten { short(name) } else { name };
        if let Some((start, rest)) = text.split_at_checked(name.len())
            && start.eq_ignore_ascii_case(name.as_bytes())
        {
            return Ok((at, rest));
        }
    }
    Err(Bad::Written)
}

/// The nanoseconds of a separator and digits.
fn nanoseconds(text: &[u8]) -> Result<i64, Bad> {
    let text = text.get(..10).unwrap_or(text);
    let [b'.' | b',', digits @ ..] = text else { return Err(Bad::Written) };
    let value = signed(digits)?;
    if value < 0 {
        return Err(Bad::Range("fractional second"));
    }
    Ok((text.len()..10).fold(value, |value, _| value * 10))
}

fn offset(text: &[u8], colon: bool, minutes: bool, seconds: bool) -> Read<'_, i64> {
    let gap = usize::from(colon);
    let count = 3 + if minutes { 2 + gap } else { 0 } + if seconds { 2 + gap } else { 0 };
    let (text, rest) = text.split_at_checked(count).ok_or(Bad::Written)?;
    let at = |from: usize| text.get(from..from + 2).ok_or(Bad::Written).and_then(|t| Ok(number(t, true)?.0));
    if colon && (text.get(3) != Some(&b':') || seconds && text.get(6) != Some(&b':')) {
        return Err(Bad::Written);
    }
    let read = || -> Result<[i64; 3], Bad> {
        let minute = if minutes { at(3 + gap)? } else { 0 };
        Ok([at(1)?, minute, if seconds { at(5 + 2 * gap)? } else { 0 }])
    };
    let [hour, minute, second] = read()?;
    within(hour, 0, 24, "time zone offset hour")?;
    within(minute, 0, 60, "time zone offset minute")?;
    within(second, 0, 60, "time zone offset second")?;
    let size = (hour * 60 + minute) * 60 + second;
    match text.first() {
        Some(b'+') => Ok((size, rest)),
        Some(b'-') => Ok((-size, rest)),
        _ => Err(Bad::Written),
    }
}

/// The length of the zone abbreviation at the start of the text.
fn zone_name(text: &[u8]) -> Option<usize> {
    if text.len() < 3 {
        return None;
    }
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(rest) = text.strip_prefix(b"GMT") {
        return Some(3 + signed_offset(rest));
    }
    if matches!(text.first(), Some(b'+' | b'-')) {
        return Some(signed_offset(text)).filter(|len| *len > 0);
    }
    match text.iter().take(6).take_while(|b| b.is_ascii_uppercase()).count() {
        5 => (text.get(4) == Some(&b'T')).then_some(5),
        4 => (text.get(3) == Some(&b'T') || text.starts_with(b"WITA")).then_some(4),
        3 => Some(3),
        _ => None,
    }
}

/// The length of the signed hours at the start of the text.
fn signed_offset(text: &[u8]) -> usize {
    let [b'+' | b'-', digits @ ..] = text else { return 0 };
    match leading_int(digits) {
        Some((hours, rest)) if rest.len() < digits.len() && hours <= 23 => text.len() - rest.len(),
        _ => 0,
    }
}
