//! Time zones. The local zone is UTC, so that a template renders the same everywhere.

use jiff::Timestamp;
use jiff::tz::{TimeZone, db};

/// A time zone.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) enum Zone {
    /// `time.UTC`
    Utc,
    /// `time.Local`, which here equals UTC
    Local,
    /// A zone with a fixed offset
    Fixed {
        /// The abbreviation, which may be empty
        name: String,
        /// Seconds east of UTC
        offset: i64,
    },
    /// A zone of the time zone database inside the program
    Named(TimeZone),
}

impl Zone {
    /// `time.LoadLocation`: `None` unless the database has the name in exactly this spelling.
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

    /// The name.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Utc | Self::Local => "UTC",
            Self::Fixed { name, .. } => name,
            Self::Named(zone) => zone.iana_name().unwrap_or(""),
        }
    }

    /// The abbreviation, its offset in seconds, and whether it is summer time, at an instant in seconds since 1970.
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

/// The instant with the same rules inside the range of the database. Before it, the first rule applies; after it, the
/// calendar repeats every 400 years.
fn moment(unix: i64) -> Timestamp {
    const CYCLE: i64 = 146_097 * 86_400;
    let last = Timestamp::MAX.as_second();
    let within = if unix <= last { unix } else { unix - (unix - last).div_euclid(CYCLE).saturating_add(1) * CYCLE };
    Timestamp::from_second(within).unwrap_or(Timestamp::MIN)
}
