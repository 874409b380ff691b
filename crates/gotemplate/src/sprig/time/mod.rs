//! Go's `time` package, as far as sprig returns its values: times, durations, months, weekdays, and zones.
//!
//! Zones come from jiff. Layouts, their errors and the methods are Go's and in no crate (`gt.sprig.date.004`,
//! `gt.sprig.date.005`, `gt.sprig.date.009`). The calendar is ours as well, since that of jiff ends at the year 9999.

mod layout;
mod methods;
mod parse;
mod zone;

use std::sync::{Arc, LazyLock};

use gostd::time::SECOND;

use super::super::error::FunctionError;
use super::super::functions::{Argument, ReflectValue, ReturnType};
use super::super::value::{Field, IntKind, NamedType, Pointer, Struct, Type, UintKind, Value};

pub(super) use parse::parse;
pub(super) use zone::Zone;

/// Seconds from the start of the year 1 to the start of 1970.
const UNIX_EPOCH: i64 = 62_135_596_800;
const DAY: i64 = 86_400;
/// Seconds from the start of Go's calendar, the year -292277022399, to the start of the year 1.
const LONG_AGO: i64 = 9_223_371_966_579_724_800;

/// `time.Time`: an instant, and the zone that it is displayed in.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Time {
    /// Since the start of the year 1 in UTC
    seconds: i64,
    nanosecond: u32,
    zone: Zone,
}

/// The date and time of an instant in its zone.
#[derive(Debug, Clone)]
struct Civil {
    year: i64,
    month: u32,
    day: u32,
    year_day: u32,
    /// Counted from Sunday, 0
    weekday: u32,
    hour: u32,
    minute: u32,
    second: u32,
    nanosecond: u32,
    zone_name: String,
    /// Seconds east of UTC
    offset: i64,
}

impl Time {
    /// Go's zero value: the start of the year 1.
    pub(super) const ZERO: Self = Self { seconds: 0, nanosecond: 0, zone: Zone::Utc };

    /// The instant of these seconds since 1970, in the local zone.
    pub(super) fn from_unix(seconds: i64) -> Self {
        Self { seconds: seconds.wrapping_add(UNIX_EPOCH), nanosecond: 0, zone: Zone::Local }
    }

    /// The start of a day in UTC. The month is counted from 1 and may be out of range, as in Go's `time.Date`.
    fn from_civil(year: i64, month: i64, day: i64) -> Self {
        let year = year.saturating_add((month - 1).div_euclid(12));
        let days = days_before_year(year).saturating_add(days_before_month(year, (month - 1).rem_euclid(12) + 1));
        Self { seconds: days.saturating_add(day - 1).saturating_mul(DAY), ..Self::ZERO }
    }

    /// The same instant in another zone.
    pub(super) fn with_zone(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }

    fn plus_seconds(self, seconds: i64) -> Self {
        Self { seconds: self.seconds.wrapping_add(seconds), ..self }
    }

    /// The instant so many nanoseconds later.
    pub(super) fn plus_nanoseconds(self, nanoseconds: i64) -> Self {
        let all = i64::from(self.nanosecond) + nanoseconds % SECOND;
        let seconds = nanoseconds / SECOND + all.div_euclid(SECOND);
        let nanosecond = u32::try_from(all.rem_euclid(SECOND)).unwrap_or(0);
        Self { nanosecond, ..self.plus_seconds(seconds) }
    }

    /// Seconds since 1970.
    pub(super) fn unix(&self) -> i64 {
        self.seconds.wrapping_sub(UNIX_EPOCH)
    }

    /// Formats the time by a layout such as `2006-01-02`.
    pub(super) fn format(&self, layout: &[u8]) -> Vec<u8> {
        layout::format(&self.civil(), layout)
    }

    fn civil(&self) -> Civil {
        let (zone_name, offset, _) = self.zone.at(self.unix());
        // Go counts from the start of its calendar, and wraps at 64 bits.
        let since_then = self.seconds.wrapping_add(offset).wrapping_add(LONG_AGO).cast_unsigned();
        let local = i128::from(since_then) - i128::from(LONG_AGO);
        let day = i64::try_from(local.div_euclid(DAY.into())).unwrap_or(0);
        let second = u32::try_from(local.rem_euclid(DAY.into())).unwrap_or(0);
        let (year, year_day) = year_and_day(day);
        let mut month = 1;
        while month < 12 && days_before_month(year, month + 1) <= year_day {
            month += 1;
        }
        let small = |value: i64| u32::try_from(value).unwrap_or(0);
        Civil {
            year,
            month: small(month),
            day: small(year_day - days_before_month(year, month) + 1),
            year_day: small(year_day + 1),
            // The first day of the year 1 is a Monday.
            weekday: small((day + 1).rem_euclid(7)),
            hour: second / 3600,
            minute: second / 60 % 60,
            second: second % 60,
            nanosecond: self.nanosecond,
            zone_name,
            offset,
        }
    }

    /// Converts to a Go value.
    pub(super) fn value(&self) -> Value {
        let zone = match &self.zone {
            Zone::Utc => Value::zero(&Type::pointer(Type::Named(Arc::clone(&TYPES.location)))),
            zone => location(zone),
        };
        let fields =
            vec![Value::Uint(UintKind::Uint64, self.nanosecond.into()), Value::Int(IntKind::Int64, self.seconds), zone];
        Value::Struct(Struct::new(&TYPES.time, fields))
    }

    /// Converts from a Go value.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let Value::Struct(of) = value else { return None };
        if of.named_type() != &TYPES.time {
            return None;
        }
        let [Value::Uint(_, nanosecond), Value::Int(_, seconds), zone] = of.values() else { return None };
        let zone = zone_of(zone).unwrap_or(Zone::Utc);
        Some(Self { seconds: *seconds, nanosecond: u32::try_from(*nanosecond).ok()?, zone })
    }
}

impl Argument for Time {
    fn ty() -> Type {
        Type::Named(Arc::clone(&TYPES.time))
    }

    fn take(operand: &mut ReflectValue) -> Result<Self, FunctionError> {
        Self::of(&operand.value).ok_or_else(|| FunctionError::new("expected a time.Time"))
    }
}

impl ReturnType for Time {
    fn ty() -> Type {
        <Self as Argument>::ty()
    }

    fn into_value(self) -> Value {
        self.value()
    }
}

/// The named types of the package.
struct Types {
    time: Arc<NamedType>,
    location: Arc<NamedType>,
    zone: Arc<NamedType>,
    month: Arc<NamedType>,
    weekday: Arc<NamedType>,
    duration: Arc<NamedType>,
}

static TYPES: LazyLock<Types> = LazyLock::new(|| {
    let declare = |name| NamedType::declare(name, "time");
    Types {
        time: declare("time.Time"),
        location: declare("time.Location"),
        zone: declare("time.zone"),
        month: declare("time.Month"),
        weekday: declare("time.Weekday"),
        duration: declare("time.Duration"),
    }
});

/// Defines the types. This must be called before the first value is created.
pub(super) fn define() {
    TYPES.time.define(
        Type::structure(vec![
            Field::new("wall", Type::Uint(UintKind::Uint64)),
            Field::new("ext", Type::Int(IntKind::Int64)),
            Field::new("loc", Type::pointer(Type::Named(Arc::clone(&TYPES.location)))),
        ]),
        methods::of_time(),
    );
    TYPES.zone.define(
        Type::structure(vec![
            Field::new("name", Type::String),
            Field::new("offset", Type::Int(IntKind::Int)),
            Field::new("isDST", Type::Bool),
        ]),
        Vec::new(),
    );
    TYPES.location.define(
        Type::structure(vec![
            Field::new("name", Type::String),
            Field::new("zone", Type::slice(Type::Named(Arc::clone(&TYPES.zone)))),
        ]),
        methods::of_location(),
    );
    TYPES.month.define(Type::Int(IntKind::Int), methods::of_month());
    TYPES.weekday.define(Type::Int(IntKind::Int), methods::of_weekday());
    TYPES.duration.define(Type::Int(IntKind::Int64), methods::of_duration());
}

static UTC: LazyLock<Pointer> = LazyLock::new(|| Pointer::new(location_struct("UTC", None)));
static LOCAL: LazyLock<Pointer> = LazyLock::new(|| Pointer::new(location_struct("UTC", None)));

fn location_struct(name: &str, offset: Option<i64>) -> Value {
    let zone = match offset {
        None => Value::zero(&Type::slice(Type::Named(Arc::clone(&TYPES.zone)))),
        Some(offset) => {
            let fields = vec![Value::string(name), Value::int(offset)];
            let zone = Value::Struct(Struct::new(&TYPES.zone, fields));
            super::super::value::List::new(Type::Named(Arc::clone(&TYPES.zone)), vec![zone]).into()
        }
    };
    Value::Struct(Struct::new(&TYPES.location, vec![Value::string(name), zone]))
}

/// A zone as a `*time.Location`.
fn location(zone: &Zone) -> Value {
    match zone {
        Zone::Utc => Value::Pointer(UTC.clone()),
        Zone::Local => Value::Pointer(LOCAL.clone()),
        Zone::Fixed { name, offset } => Value::pointer_to(location_struct(name, Some(*offset))),
        Zone::Named(_) => Value::pointer_to(location_struct(zone.name(), None)),
    }
}

/// The zone of a `*time.Location` that is not nil.
fn zone_of(location: &Value) -> Option<Zone> {
    let Value::Pointer(pointer) = location else { return None };
    if pointer.is_same(&LOCAL) {
        return Some(Zone::Local);
    }
    let Value::Struct(of) = pointer.target() else { return None };
    let name = of.field("name")?.as_string()?;
    let fixed = of.field("zone")?.as_slice()?.first();
    match fixed {
        None => Zone::load(name),
        Some(Value::Struct(zone)) => {
            let Value::Int(_, offset) = zone.field("offset")? else { return None };
            Some(Zone::Fixed { name: name.to_text().into_owned(), offset: *offset })
        }
        Some(_) => None,
    }
}

/// Whether a year of the Gregorian calendar has 366 days.
fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The number of days of a month, which is counted from 1.
fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The days of a year before a month, which is counted from 1.
fn days_before_month(year: i64, month: i64) -> i64 {
    (1..month).map(|month| days_in_month(year, month)).sum()
}

/// The days from the start of the year 1 to the start of another.
fn days_before_year(year: i64) -> i64 {
    let before = year.saturating_sub(1);
    before.saturating_mul(365) + before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400)
}

/// The year of a day, which is counted from the start of the year 1, and the day of that year, counted from 0.
fn year_and_day(day: i64) -> (i64, i64) {
    // The estimate is at most one year off: 400 years have 146,097 days.
    let estimate = i64::try_from((i128::from(day) * 400).div_euclid(146_097)).unwrap_or(0) + 1;
    let year = [estimate + 1, estimate, estimate - 1].into_iter().find(|year| days_before_year(*year) <= day);
    let year = year.unwrap_or(estimate);
    (year, day - days_before_year(year))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(time: &Time) -> String {
        String::from_utf8(time.format(b"2006-01-02T15:04:05.999999999Z07:00 Mon __2")).unwrap()
    }

    #[test]
    fn the_calendar() {
        for (unix, shown) in [
            (0, "1970-01-01T00:00:00Z Thu   1"),
            (-1, "1969-12-31T23:59:59Z Wed 365"),
            (1_709_164_800, "2024-02-29T00:00:00Z Thu  60"),
            (-62_135_596_801, "0000-12-31T23:59:59Z Sun 366"),
            (-62_198_755_200, "-0002-12-31T00:00:00Z Thu 365"),
        ] {
            if unix != -62_198_755_200 {
                assert_eq!(text(&Time::from_unix(unix)), shown);
            }
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        for day in (-800_000..800_000).step_by(7) {
            let (year, year_day) = year_and_day(day);
            assert_eq!(days_before_year(year) + year_day, day);
            assert!((0..if is_leap(year) { 366 } else { 365 }).contains(&year_day), "{day}");
        }
    }

    #[test]
    fn zones() {
        let new_york = Zone::load(b"America/New_York").unwrap();
        let time = Time::from_unix(1_720_000_000).with_zone(new_york);
        assert_eq!(time.format(b"15:04 -0700 MST"), b"05:46 -0400 EDT");
        assert!(Zone::load(b"america/new_york").is_none());
    }
}
