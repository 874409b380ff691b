//! The methods of times, durations, months, weekdays and zones.

use std::sync::Arc;

use gostd::time::{Duration, SECOND, quote};

use super::super::super::error::FunctionError;
use super::super::super::functions::{Argument, Function, Native, ReflectValue, ReturnType, Signature};
use super::super::super::value::{IntKind, Method, NamedType, Str, Type, Value};
use super::layout::{month_name, weekday_name};
use super::{TYPES, Time, Zone, location, zone_of};

/// An integer of a named type.
fn number(ty: &Arc<NamedType>, kind: IntKind, value: i64) -> Value {
    Value::named(ty, Value::Int(kind, value))
}

impl Argument for Duration {
    fn ty() -> Type {
        Type::Named(Arc::clone(&TYPES.duration))
    }

    fn take(operand: &mut ReflectValue) -> Result<Self, FunctionError> {
        match operand.value.underlying() {
            Value::Int(_, nanoseconds) => Ok(Self(*nanoseconds)),
            _ => Err("expected a time.Duration".into()),
        }
    }
}

impl ReturnType for Duration {
    fn ty() -> Type {
        <Self as Argument>::ty()
    }

    fn into_value(self) -> Value {
        number(&TYPES.duration, IntKind::Int64, self.0)
    }
}

/// A `*time.Location`, which may be nil.
struct Location(Value);

impl Argument for Location {
    fn ty() -> Type {
        Type::pointer(Type::Named(Arc::clone(&TYPES.location)))
    }

    fn take(operand: &mut ReflectValue) -> Result<Self, FunctionError> {
        Ok(Self(operand.value.clone()))
    }
}

impl ReturnType for Location {
    fn ty() -> Type {
        <Self as Argument>::ty()
    }

    fn into_value(self) -> Value {
        self.0
    }
}

/// A `time.Month`, counted from 1.
struct Month(i64);

impl Argument for Month {
    fn ty() -> Type {
        Type::Named(Arc::clone(&TYPES.month))
    }

    fn take(operand: &mut ReflectValue) -> Result<Self, FunctionError> {
        Duration::take(operand).map(|number| Self(number.0))
    }
}

impl ReturnType for Month {
    fn ty() -> Type {
        <Self as Argument>::ty()
    }

    fn into_value(self) -> Value {
        number(&TYPES.month, IntKind::Int, self.0)
    }
}

/// A `time.Weekday`, counted from Sunday, 0.
struct Weekday(i64);

impl Argument for Weekday {
    fn ty() -> Type {
        Type::Named(Arc::clone(&TYPES.weekday))
    }

    fn take(operand: &mut ReflectValue) -> Result<Self, FunctionError> {
        Duration::take(operand).map(|number| Self(number.0))
    }
}

impl ReturnType for Weekday {
    fn ty() -> Type {
        <Self as Argument>::ty()
    }

    fn into_value(self) -> Value {
        number(&TYPES.weekday, IntKind::Int, self.0)
    }
}

/// A method with several results, which a template can find but not call.
fn several(name: &str, results: Vec<Type>) -> Method {
    let params = vec![<Time as Argument>::ty()];
    let signature = Signature { params, variadic: false, results };
    let function = Function::raw(signature, |_, _| Err("a template cannot call a method with several results".into()));
    Method::on_value(name, function)
}

fn method<A, F: Native<A>>(name: &str, function: F) -> Method {
    Method::on_value(name, Function::new(function))
}

/// The methods of `time.Time`.
pub(super) fn of_time() -> Vec<Method> {
    let int = || Type::Int(IntKind::Int);
    let mut all = vec![
        method("Year", |time: Time| -> isize { isize::try_from(time.civil().year).unwrap_or(0) }),
        method("Month", |time: Time| Month(time.civil().month.into())),
        method("Day", |time: Time| -> isize { small(time.civil().day) }),
        method("Weekday", |time: Time| Weekday(time.civil().weekday.into())),
        method("YearDay", |time: Time| -> isize { small(time.civil().year_day) }),
        method("Hour", |time: Time| -> isize { small(time.civil().hour) }),
        method("Minute", |time: Time| -> isize { small(time.civil().minute) }),
        method("Second", |time: Time| -> isize { small(time.civil().second) }),
        method("Nanosecond", |time: Time| -> isize { small(time.nanosecond) }),
        method("Unix", |time: Time| -> i64 { time.unix() }),
        method("UnixMilli", |time: Time| -> i64 { since_1970(&time, 1_000) }),
        method("UnixMicro", |time: Time| -> i64 { since_1970(&time, 1_000_000) }),
        method("UnixNano", |time: Time| -> i64 { since_1970(&time, 1_000_000_000) }),
        method("Format", |time: Time, layout: Str| -> Str { time.format(&layout).into() }),
        method("String", |time: Time| -> Str { text(&time).into() }),
        method("GoString", |time: Time| -> String { go_string(&time) }),
        method("IsZero", |time: Time| -> bool { (time.seconds, time.nanosecond) == (0, 0) }),
        method("IsDST", |time: Time| -> bool { time.zone.at(time.unix()).2 }),
        method("UTC", |time: Time| -> Time { time.with_zone(Zone::Utc) }),
        method("Local", |time: Time| -> Time { time.with_zone(Zone::Local) }),
        method("Location", |time: Time| Location(location(&time.zone))),
        method("In", |time: Time, zone: Location| -> Result<Time, FunctionError> {
            if zone.0.is_nil() {
                return Err("time: missing Location in call to Time.In".into());
            }
            Ok(time.with_zone(zone_of(&zone.0).unwrap_or(Zone::Utc)))
        }),
        method("Add", |time: Time, span: Duration| -> Time { time.plus_nanoseconds(span.0) }),
        method("AddDate", |time: Time, years: isize, months: isize, days: isize| -> Time {
            add_date(time, years, months, days)
        }),
        method("Sub", |time: Time, other: Time| Duration(between(&other, &time))),
        method("Before", |time: Time, other: Time| -> bool { moment(&time) < moment(&other) }),
        method("After", |time: Time, other: Time| -> bool { moment(&time) > moment(&other) }),
        method("Equal", |time: Time, other: Time| -> bool { moment(&time) == moment(&other) }),
        method("Compare", |time: Time, other: Time| -> isize { moment(&time).cmp(&moment(&other)) as isize }),
        method("MarshalJSON", |time: Time| -> Result<Vec<u8>, FunctionError> {
            let text = strict_text(&time).map_err(|why| format!("Time.MarshalJSON: {why}"))?;
            Ok([b"\"".as_slice(), &text, b"\""].concat())
        }),
        method("MarshalText", |time: Time| -> Result<Vec<u8>, FunctionError> {
            strict_text(&time).map_err(|why| format!("Time.MarshalText: {why}").into())
        }),
        method("Truncate", |time: Time, span: Duration| -> Time { rounded(time, span.0, false) }),
        method("Round", |time: Time, span: Duration| -> Time { rounded(time, span.0, true) }),
    ];
    all.push(several("Zone", vec![Type::String, int()]));
    all.push(several("Date", vec![int(), <Month as Argument>::ty(), int()]));
    all.push(several("Clock", vec![int(), int(), int()]));
    all.push(several("ISOWeek", vec![int(), int()]));
    all
}

fn small(value: u32) -> isize {
    isize::try_from(value).unwrap_or(0)
}

/// Nanoseconds since the start of the year 1.
fn moment(time: &Time) -> i128 {
    i128::from(time.seconds) * i128::from(SECOND) + i128::from(time.nanosecond)
}

/// The units since 1970, of which a second has `per_second`. It wraps, as in Go.
fn since_1970(time: &Time, per_second: i64) -> i64 {
    time.unix().wrapping_mul(per_second).wrapping_add(i64::from(time.nanosecond) / (SECOND / per_second))
}

/// The duration between two times. The longest duration if it is out of range.
fn between(from: &Time, to: &Time) -> i64 {
    let span = moment(to) - moment(from);
    i64::try_from(span).unwrap_or(if span < 0 { i64::MIN } else { i64::MAX })
}

fn text(time: &Time) -> Vec<u8> {
    time.format(b"2006-01-02 15:04:05.999999999 -0700 MST")
}

/// `Time.GoString`: the Go expression of the time.
fn go_string(time: &Time) -> String {
    let civil = time.civil();
    let zone = match &time.zone {
        Zone::Utc => "time.UTC".to_owned(),
        Zone::Local => "time.Local".to_owned(),
        zone => format!("time.Location({})", quote(zone.name().as_bytes())),
    };
    format!(
        "time.Date({}, time.{}, {}, {}, {}, {}, {}, {zone})",
        civil.year,
        month_name(civil.month),
        civil.day,
        civil.hour,
        civil.minute,
        civil.second,
        civil.nanosecond
    )
}

/// RFC 3339. Fails for years and offsets that it does not allow.
fn strict_text(time: &Time) -> Result<Vec<u8>, &'static str> {
    let civil = time.civil();
    if !(0..=9999).contains(&civil.year) {
        return Err("year outside of range [0,9999]");
    }
    if civil.offset.abs() >= 24 * 3600 {
        return Err("timezone hour outside of range [0,23]");
    }
    Ok(time.format(b"2006-01-02T15:04:05.999999999Z07:00"))
}

fn add_date(time: Time, years: isize, months: isize, days: isize) -> Time {
    let civil = time.civil();
    let wide = |value: isize| i64::try_from(value).unwrap_or(0);
    let (year, month, day) = (
        civil.year.saturating_add(wide(years)),
        i64::from(civil.month).saturating_add(wide(months)),
        i64::from(civil.day).saturating_add(wide(days)),
    );
    let clock = i64::from(civil.hour * 3600 + civil.minute * 60 + civil.second);
    let wall = Time::from_civil(year, month, day).plus_seconds(clock);
    // The wall clock stays the same, so the offset is that of the new day.
    let guess = time.zone.at(wall.unix() - civil.offset).1;
    let offset = time.zone.at(wall.unix() - guess).1;
    Time { nanosecond: time.nanosecond, ..wall.plus_seconds(-offset) }.with_zone(time.zone)
}

/// Rounds to a multiple of a duration since the start of the year 1: down, or to the nearest.
fn rounded(time: Time, span: i64, nearest: bool) -> Time {
    if span <= 0 {
        return time;
    }
    let rest = moment(&time).rem_euclid(span.into());
    let up = nearest && rest + rest >= span.into();
    let change = if up { i128::from(span) - rest } else { -rest };
    time.plus_nanoseconds(i64::try_from(change).unwrap_or(0))
}

/// The methods of `*time.Location`.
pub(super) fn of_location() -> Vec<Method> {
    let name = |zone: Location| -> String { zone_of(&zone.0).map_or("UTC".to_owned(), |z| z.name().to_owned()) };
    vec![Method::on_pointer("String", Function::new(name))]
}

/// The methods of `time.Month`.
pub(super) fn of_month() -> Vec<Method> {
    vec![method("String", |month: Month| -> String {
        match month_name(u32::try_from(month.0).unwrap_or(0)) {
            "" => format!("%!Month({})", month.0.cast_unsigned()),
            name => name.to_owned(),
        }
    })]
}

/// The methods of `time.Weekday`.
pub(super) fn of_weekday() -> Vec<Method> {
    vec![method("String", |day: Weekday| -> String {
        match weekday_name(u32::try_from(day.0).unwrap_or(7)) {
            "" => format!("%!Weekday({})", day.0.cast_unsigned()),
            name => name.to_owned(),
        }
    })]
}

/// The methods of `time.Duration`.
pub(super) fn of_duration() -> Vec<Method> {
    vec![
        method("String", |span: Duration| -> String { span.to_string() }),
        method("Nanoseconds", |span: Duration| -> i64 { span.0 }),
        method("Microseconds", |span: Duration| -> i64 { span.0 / 1_000 }),
        method("Milliseconds", |span: Duration| -> i64 { span.0 / 1_000_000 }),
        method("Seconds", |span: Duration| -> f64 { fractional(span.0, SECOND) }),
        method("Minutes", |span: Duration| -> f64 { fractional(span.0, 60 * SECOND) }),
        method("Hours", |span: Duration| -> f64 { fractional(span.0, 3600 * SECOND) }),
        method("Abs", |span: Duration| Duration(span.0.checked_abs().unwrap_or(i64::MAX))),
        method("Truncate", |span: Duration, to: Duration| {
            Duration(if to.0 <= 0 { span.0 } else { span.0 - span.0 % to.0 })
        }),
        method("Round", |span: Duration, to: Duration| Duration(round_span(span.0, to.0))),
    ]
}

/// A duration in a unit: the sum of the whole units and the fraction, as in Go.
#[expect(clippy::cast_precision_loss, reason = "as Go converts")]
fn fractional(span: i64, unit: i64) -> f64 {
    (span / unit) as f64 + (span % unit) as f64 / unit as f64
}

/// Rounds to the nearest multiple, halves away from zero.
fn round_span(span: i64, to: i64) -> i64 {
    if to <= 0 {
        return span;
    }
    let rest = span % to;
    if rest.unsigned_abs() * 2 < to.unsigned_abs() {
        return span - rest;
    }
    let away = if span < 0 { (span - rest).checked_sub(to) } else { (span - rest).checked_add(to) };
    away.unwrap_or(if span < 0 { i64::MIN } else { i64::MAX })
}
