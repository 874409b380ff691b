//! Time zones. The local zone is UTC: what a template renders does not depend on where it is rendered.

use jiff::Timestamp;
use jiff::tz::{TimeZone, db};

/// A time zone.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) enum Zone {
    /// Go's `time.UTC`.
    Utc,
    /// Go's `time.Local`; here it is the same as UTC.
    Local,
    /// A zone with one offset, in seconds east of UTC.
    Fixed {
        /// Its abbreviation, perhaps empty
        name: String,
        /// Seconds east of UTC
        offset: i64,
    },
    /// A zone of the time zone database that comes with the program.
    Named(TimeZone),
}

impl Zone {
    /// `time.LoadLocation`: `None` for a name that the database does not have in this very spelling.
    pub(in super::super) fn load(name: &[u8]) -> Option<Self> {
        let name = std::str::from_utf8(name).ok()?;
        match name {
            "" | "UTC" => Some(Self::Utc),
            "Local" => Some(Self::Local),
            name => {
                let zone = db().get(name).ok()?;
                (zone.iana_name() == Some(name)).then_some(Self::Named(zone))
            }
        }
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Utc | Self::Local => "UTC",
            Self::Fixed { name, .. } => name,
            Self::Named(zone) => zone.iana_name().unwrap_or(""),
        }
    }

    /// Its abbreviation, its offset in seconds, and whether it is summer time, at a moment in seconds since 1970.
    pub(super) fn at(&self, unix: i64) -> (String, i64, bool) {
        match self {
            Self::Utc | Self::Local => ("UTC".to_owned(), 0, false),
            Self::Fixed { name, offset } => (name.clone(), *offset, false),
            Self::Named(zone) => {
                let info = zone.to_offset_info(moment(unix));
                (info.abbreviation().to_owned(), info.offset().seconds().into(), info.dst().is_dst())
            }
        }
    }
}

/// A moment that the database knows, under the same rules. Before its first, the first zone goes on; after its last, the
/// calendar repeats itself every 400 years.
fn moment(unix: i64) -> Timestamp {
    const CYCLE: i64 = 146_097 * 86_400;
    let last = Timestamp::MAX.as_second();
    let within = if unix <= last { unix } else { unix - (unix - last).div_euclid(CYCLE).saturating_add(1) * CYCLE };
    Timestamp::from_second(within).unwrap_or(Timestamp::MIN)
}
