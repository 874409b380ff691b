//! Go's layouts, which describe a format by an example: `2006-01-02T15:04:05Z07:00`.

use super::Civil;

/// A part of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Year2,
    Year4,
    MonthShort,
    MonthLong,
    Month,
    Month2,
    WeekdayShort,
    WeekdayLong,
    Day,
    DayBlank,
    Day2,
    YearDayBlank,
    YearDay3,
    Hour24,
    Hour12,
    Hour12Two,
    Minute,
    Minute2,
    Second,
    Second2,
    HalfUpper,
    HalfLower,
    ZoneName,
    /// `-0700` and the like. With `z`, offset zero is `Z`.
    Offset {
        z: bool,
        colon: bool,
        minutes: bool,
        seconds: bool,
    },
    /// `.000` or `.999`: the separator, the number of digits, and whether trailing zeros are omitted.
    Fraction {
        comma: bool,
        digits: usize,
        trim: bool,
    },
}

/// The result of [`next_part`].
type Next<'a> = (&'a [u8], Option<(Part, &'a [u8])>, &'a [u8]);

/// The text before the next part of a layout, the part and its text, and the rest.
pub(super) fn next_part(layout: &[u8]) -> Next<'_> {
    for at in 0..layout.len() {
        let (before, rest) = layout.split_at(at);
        // `_2006` is an underscore and a year.
        if rest.starts_with(b"_2006") {
            let (before, rest) = layout.split_at(at + 1);
            let (text, rest) = rest.split_at(4);
            return (before, Some((Part::Year4, text)), rest);
        }
        if let Some((part, len)) = part_at(rest) {
            let (text, rest) = rest.split_at(len);
            return (before, Some((part, text)), rest);
        }
    }
    (layout, None, &[])
}

fn part_at(rest: &[u8]) -> Option<(Part, usize)> {
    let starts = |text: &[u8]| rest.starts_with(text);
    let no_lower_at = |at: usize| !rest.get(at).is_some_and(u8::is_ascii_lowercase);
    let offset = |z, colon, minutes, seconds| Part::Offset { z, colon, minutes, seconds };
    Some(match rest {
        [b'J', ..] if starts(b"January") => (Part::MonthLong, 7),
        [b'J', ..] if starts(b"Jan") && no_lower_at(3) => (Part::MonthShort, 3),
        [b'M', ..] if starts(b"Monday") => (Part::WeekdayLong, 6),
        [b'M', ..] if starts(b"Mon") && no_lower_at(3) => (Part::WeekdayShort, 3),
        [b'M', ..] if starts(b"MST") => (Part::ZoneName, 3),
        [b'0', b'1', ..] => (Part::Month2, 2),
        [b'0', b'2', ..] => (Part::Day2, 2),
        [b'0', b'3', ..] => (Part::Hour12Two, 2),
        [b'0', b'4', ..] => (Part::Minute2, 2),
        [b'0', b'5', ..] => (Part::Second2, 2),
        [b'0', b'6', ..] => (Part::Year2, 2),
        [b'0', b'0', b'2', ..] => (Part::YearDay3, 3),
        [b'1', b'5', ..] => (Part::Hour24, 2),
        [b'1', ..] => (Part::Month, 1),
        [b'2', b'0', b'0', b'6', ..] => (Part::Year4, 4),
        [b'2', ..] => (Part::Day, 1),
        [b'_', b'2', ..] => (Part::DayBlank, 2),
        [b'_', b'_', b'2', ..] => (Part::YearDayBlank, 3),
        [b'3', ..] => (Part::Hour12, 1),
        [b'4', ..] => (Part::Minute, 1),
        [b'5', ..] => (Part::Second, 1),
        [b'P', b'M', ..] => (Part::HalfUpper, 2),
        [b'p', b'm', ..] => (Part::HalfLower, 2),
        [first @ (b'-' | b'Z'), after @ ..] => {
            let z = *first == b'Z';
            if after.starts_with(b"070000") {
                (offset(z, false, true, true), 7)
            } else if after.starts_with(b"07:00:00") {
                (offset(z, true, true, true), 9)
            } else if after.starts_with(b"0700") {
                (offset(z, false, true, false), 5)
            } else if after.starts_with(b"07:00") {
                (offset(z, true, true, false), 6)
            } else if after.starts_with(b"07") {
                (offset(z, false, false, false), 3)
            } else {
                return None;
            }
        }
        [separator @ (b'.' | b','), digit @ (b'0' | b'9'), ..] => {
            let digits = rest.iter().skip(1).take_while(|b| *b == digit).count();
            if rest.get(1 + digits).is_some_and(u8::is_ascii_digit) {
                return None;
            }
            (Part::Fraction { comma: *separator == b',', digits, trim: *digit == b'9' }, 1 + digits)
        }
        _ => return None,
    })
}

/// The names of the months.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The names of the days of a week.
pub(super) const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The first three letters of a name.
pub(super) fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}

/// Formats a time by a layout.
pub(super) fn format(time: &Civil, layout: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(layout.len() + 10);
    let mut rest = layout;
    while !rest.is_empty() {
        let (before, part, after) = next_part(rest);
        out.extend_from_slice(before);
        let Some((part, _)) = part else { break };
        append(&mut out, time, part);
        rest = after;
    }
    out
}

fn append(out: &mut Vec<u8>, time: &Civil, part: Part) {
    let half = time.hour >= 12;
    let hour12 = if time.hour.is_multiple_of(12) { 12 } else { time.hour % 12 };
    let text = match part {
        Part::Year2 => format!("{:02}", time.year.unsigned_abs() % 100),
        Part::Year4 => padded(time.year, 4),
        Part::MonthShort => short(month_name(time.month)).to_owned(),
        Part::MonthLong => month_name(time.month).to_owned(),
        Part::Month => time.month.to_string(),
        Part::Month2 => format!("{:02}", time.month),
        Part::WeekdayShort => short(weekday_name(time.weekday)).to_owned(),
        Part::WeekdayLong => weekday_name(time.weekday).to_owned(),
        Part::Day => time.day.to_string(),
        Part::DayBlank => format!("{:2}", time.day),
        Part::Day2 => format!("{:02}", time.day),
        Part::YearDayBlank => format!("{:3}", time.year_day),
        Part::YearDay3 => format!("{:03}", time.year_day),
        Part::Hour24 => format!("{:02}", time.hour),
        Part::Hour12 => hour12.to_string(),
        Part::Hour12Two => format!("{hour12:02}"),
        Part::Minute => time.minute.to_string(),
        Part::Minute2 => format!("{:02}", time.minute),
        Part::Second => time.second.to_string(),
        Part::Second2 => format!("{:02}", time.second),
        Part::HalfUpper => if half { "PM" } else { "AM" }.to_owned(),
        Part::HalfLower => if half { "pm" } else { "am" }.to_owned(),
        Part::ZoneName if time.zone_name.is_empty() => offset_text(time.offset, false, true, false),
        Part::ZoneName => time.zone_name.clone(),
        Part::Offset { z: true, .. } if time.offset == 0 => "Z".to_owned(),
        Part::Offset { colon, minutes, seconds, .. } => offset_text(time.offset, colon, minutes, seconds),
        Part::Fraction { comma, digits, trim } => fraction(time.nanosecond, comma, digits, trim),
    };
    out.extend_from_slice(text.as_bytes());
}

/// The name of a month, counted from 1.
pub(super) fn month_name(month: u32) -> &'static str {
    MONTHS.get(usize::try_from(month).unwrap_or(0).wrapping_sub(1)).copied().unwrap_or("")
}

/// The name of a weekday, counted from Sunday, 0.
pub(super) fn weekday_name(weekday: u32) -> &'static str {
    WEEKDAYS.get(usize::try_from(weekday).unwrap_or(7)).copied().unwrap_or("")
}

/// A number with at least `width` digits, without its sign.
pub(super) fn padded(value: i64, width: usize) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{:0width$}", value.unsigned_abs())
}

fn offset_text(offset: i64, colon: bool, minutes: bool, seconds: bool) -> String {
    // The sign is that of the minutes: an offset of -30 seconds has a plus.
    let sign = if offset / 60 < 0 { '-' } else { '+' };
    let all = (offset / 60).unsigned_abs();
    let separator = if colon { ":" } else { "" };
    let mut text = format!("{sign}{:02}", all / 60);
    if minutes {
        text.push_str(separator);
        text.push_str(&padded(i64::try_from(all % 60).unwrap_or(0), 2));
    }
    if seconds {
        let left = if sign == '-' { -offset } else { offset } % 60;
        text.push_str(separator);
        text.push_str(&padded(left, 2));
    }
    text
}

fn fraction(nanosecond: u32, comma: bool, digits: usize, trim: bool) -> String {
    if trim && nanosecond == 0 {
        return String::new();
    }
    let all = format!("{nanosecond:09}");
    let mut text = all.get(..digits.min(9)).unwrap_or(&all);
    if trim {
        text = text.trim_end_matches('0');
        if text.is_empty() {
            return String::new();
        }
    }
    format!("{}{text}", if comma { ',' } else { '.' })
}
