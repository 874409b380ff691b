//! Why a platform's settings cannot be used.

use crate::diagnostic::nearest;

/// Why the value of `--platform` cannot be used. The message does not quote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlatformError {
    /// No platform, setting or version has this name.
    #[error("not a known {what} (known: {known}; did you mean {nearest}?)")]
    Unknown {
        /// What the name should be.
        what: &'static str,
        /// The names that are known, comma separated.
        known: String,
        /// The one that is most like it.
        nearest: String,
    },
    /// A setting has no value, or one that it cannot have.
    #[error("{setting} must be {expected}")]
    Value {
        /// The setting.
        setting: &'static str,
        /// What it can be.
        expected: &'static str,
    },
    /// A setting is given twice.
    #[error("{0} is given twice")]
    Twice(&'static str),
    /// A platform without settings was given one.
    #[error("{0} has no settings")]
    NoSettings(&'static str),
}

impl PlatformError {
    pub(super) fn unknown<'k>(what: &'static str, text: &str, known: impl IntoIterator<Item = &'k str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let nearest = nearest(text, &known).unwrap_or_default().to_owned();
        Self::Unknown { what, known: known.join(", "), nearest }
    }
}
