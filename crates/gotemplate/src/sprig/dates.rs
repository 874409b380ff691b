//! Dates. Where sprig would use the current time, these functions fail.

#![expect(clippy::needless_pass_by_value, reason = "the functions of a template take their arguments over")]

use gostd::time::{Duration, SECOND, parse_duration};

use super::super::error::FunctionError;
use super::super::functions::Functions;
use super::super::value::{IntKind, Str, Value};
use super::conversion::atoi;
use super::time::{Time, Zone, define, parse};

/// The layout of HTML's date picker.
const HTML_DATE: &[u8] = b"2006-01-02";

pub(super) fn add(functions: &mut Functions) {
    define();
    let date = |layout: Str, date: Value| in_zone("date", &layout, &date, b"Local");
    let html_date = |date: Value| in_zone("htmlDate", HTML_DATE, &date, b"Local");
    functions.add("date", date);
    functions.add("htmlDate", html_date);
    functions.add("htmlDateInZone", |date: Value, zone: Str| in_zone("htmlDateInZone", HTML_DATE, &date, &zone));
    for name in ["dateInZone", "date_in_zone"] {
        functions.add(name, move |layout: Str, date: Value, zone: Str| in_zone(name, &layout, &date, &zone));
    }
    for name in ["dateModify", "date_modify"] {
        functions.add(name, |by: Str, date: Time| -> Time {
            // sprig ignores the error, and Go returns zero with it.
            let by = parse_duration(&by).unwrap_or(Duration(0));
            date.plus_nanoseconds(by.0)
        });
    }
    for name in ["mustDateModify", "must_date_modify"] {
        functions.add(name, |by: Str, date: Time| -> Result<Time, FunctionError> {
            Ok(date.plus_nanoseconds(parse_duration(&by).map_err(|why| why.to_string())?.0))
        });
    }
    functions.add("duration", |seconds: Value| -> String { Duration(span(&seconds)).to_string() });
    functions.add("durationRound", round);
    functions.add("toDate", |layout: Str, text: Str| -> Time { parse(&layout, &text).unwrap_or(Time::ZERO) });
    functions.add("mustToDate", |layout: Str, text: Str| -> Result<Time, FunctionError> { parse(&layout, &text) });
    functions.add("unixEpoch", |date: Time| -> String { date.unix().to_string() });
}

/// Formats a time, or seconds since 1970, in a zone. An unknown zone is UTC.
fn in_zone(name: &str, layout: &[u8], date: &Value, zone: &[u8]) -> Result<Str, FunctionError> {
    let time = match date {
        Value::Int(IntKind::Int | IntKind::Int32 | IntKind::Int64, seconds) => Some(Time::from_unix(*seconds)),
        Value::Pointer(pointer) => Time::of(pointer.target()),
        value => Time::of(value),
    };
    let Some(time) = time else {
        let kind = date.kind();
        return Err(format!(
            "{name} needs the current time for a value of kind {kind}, but templates have no access to the clock"
        )
        .into());
    };
    Ok(time.with_zone(Zone::load(zone).unwrap_or(Zone::Utc)).format(layout).into())
}

/// Seconds, in an `int64` or a text, as nanoseconds.
fn span(seconds: &Value) -> i64 {
    let seconds = match seconds {
        // A number that is too large counts as the largest.
        Value::String(text) => atoi(text),
        Value::Int(IntKind::Int64, seconds) => *seconds,
        _ => 0,
    };
    seconds.wrapping_mul(SECOND)
}

/// A duration in its largest unit.
fn round(span: Value) -> Result<String, FunctionError> {
    let nanoseconds = match &span {
        Value::String(text) => parse_duration(text).unwrap_or(Duration(0)).0,
        Value::Int(IntKind::Int64, nanoseconds) => *nanoseconds,
        value if Time::of(value).is_some() => {
            return Err(
                "durationRound of a time needs the current time, but templates have no access to the clock".into()
            );
        }
        _ => 0,
    };
    let second = SECOND.unsigned_abs();
    let size = nanoseconds.unsigned_abs();
    let units = [(365 * 86_400, "y"), (30 * 86_400, "mo"), (86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let fitting = units.into_iter().find(|(seconds, _)| size > seconds * second);
    Ok(fitting.map_or("0s".to_owned(), |(seconds, unit)| format!("{}{unit}", size / (seconds * second))))
}
