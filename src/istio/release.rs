//! Istio releases: which there are, how a version is read, and how they compare.

use std::fmt;
use std::str::FromStr;

/// The newest patch measured of each minor, oldest first: minor, patch, pre-release.
const NEWEST: [(u16, u16, &str); 8] =
    [(24, 6, ""), (25, 5, ""), (26, 8, ""), (27, 9, ""), (28, 10, ""), (29, 6, ""), (30, 3, ""), (31, 0, "rc.0")];

/// The newest final release whose sidecar is built in.
const NEWEST_BUILT_IN: (u16, u16, &str) = (30, 3, "");

/// An Istio release, such as `1.30.3` or `1.31.0-rc.0`. The major version is always 1.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Release {
    minor: u16,
    patch: u16,
    suffix: String,
}

/// Why a text is no Istio version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// Not of the form `1.30` or `1.30.3`.
    #[error("{0:?} is no Istio version; give one like 1.30 or 1.30.3")]
    Malformed(String),
    /// A minor version without a patch, of which no patch is known.
    #[error("no patch of Istio {0} is known; give the whole version, such as {0}.0")]
    UnknownMinor(String),
}

impl Release {
    /// The newest patch known of a minor version, `30` for `1.30`.
    pub fn newest_of(minor: u16) -> Option<Self> {
        NEWEST.iter().find(|(m, ..)| *m == minor).map(|&(minor, patch, suffix)| Self {
            minor,
            patch,
            suffix: suffix.to_owned(),
        })
    }

    /// The newest release whose sidecar is built in.
    pub fn newest_built_in() -> Self {
        let (minor, patch, suffix) = NEWEST_BUILT_IN;
        Self { minor, patch, suffix: suffix.to_owned() }
    }

    /// The minor version: 30 of `1.30.3`.
    pub fn minor(&self) -> u16 {
        self.minor
    }

    /// The patch version: 3 of `1.30.3`.
    pub fn patch(&self) -> u16 {
        self.patch
    }

    /// The release of an image's tag: its leading version, and what follows that is no variant of the image.
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        let tag = tag.split('@').next().unwrap_or_default();
        let tag = ["-distroless", "-debug"].iter().find_map(|variant| tag.strip_suffix(variant)).unwrap_or(tag);
        if let Ok(release) = tag.parse() {
            return Some(release);
        }
        let digits = tag.strip_prefix('v').unwrap_or(tag);
        let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
        digits.get(..end)?.trim_end_matches('.').parse().ok()
    }

    /// Is this release `1.minor.patch` or later? Suffixes do not count.
    pub fn at_least(&self, minor: u16, patch: u16) -> bool {
        (self.minor, self.patch) >= (minor, patch)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}.{}", self.minor, self.patch)?;
        if !self.suffix.is_empty() {
            write!(f, "-{}", self.suffix)?;
        }
        Ok(())
    }
}

impl FromStr for Release {
    type Err = ReleaseError;

    /// Reads `1.30` (its newest patch known), `1.30.3` or `1.30.3-suffix`, each also with a leading `v`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || ReleaseError::Malformed(text.to_owned());
        let version = text.strip_prefix('v').unwrap_or(text);
        let (numbers, suffix) = version.split_once('-').unwrap_or((version, ""));
        let mut parts = numbers.split('.').map(|part| {
            let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            if digits { part.parse::<u16>().map_err(|_| malformed()) } else { Err(malformed()) }
        });
        let (major, minor, patch) = (parts.next(), parts.next(), parts.next());
        if major.transpose()? != Some(1) || parts.next().is_some() || (suffix.is_empty() && version.contains('-')) {
            return Err(malformed());
        }
        let minor = minor.ok_or_else(malformed)??;
        match patch {
            Some(patch) => Ok(Self { minor, patch: patch?, suffix: suffix.to_owned() }),
            None if suffix.is_empty() => {
                Self::newest_of(minor).ok_or_else(|| ReleaseError::UnknownMinor(text.to_owned()))
            }
            None => Err(malformed()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minor_means_its_newest_patch() {
        assert_eq!("1.30".parse::<Release>().unwrap().to_string(), "1.30.3");
        assert_eq!("v1.31".parse::<Release>().unwrap().to_string(), "1.31.0-rc.0");
    }

    #[test]
    fn whole_versions_stay_as_they_are() {
        for version in ["1.30.3", "1.24.0", "1.30.2-2", "1.31.0-rc.0", "1.42.7"] {
            assert_eq!(version.parse::<Release>().unwrap().to_string(), version);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "1", "2.0.1", "1.x", "1.30.", "1.30.3.1", "latest", "1.30-rc", "1.30.3-", "1.+3.0", "1.42"] {
            assert!(text.parse::<Release>().is_err(), "{text}");
        }
    }

    #[test]
    fn releases_compare_by_minor_then_patch() {
        let release: Release = "1.28.6".parse().unwrap();
        assert!(release.at_least(28, 6) && release.at_least(27, 9) && !release.at_least(28, 7));
    }

    #[test]
    fn tags_name_releases() {
        for (tag, release) in [
            ("1.30.3", "1.30.3"),
            ("1.30.3-distroless", "1.30.3"),
            ("1.30.2-2", "1.30.2-2"),
            ("1.30.2-2-distroless", "1.30.2-2"),
            ("v1.29.1-debug", "1.29.1"),
            ("1.31.0-rc.0", "1.31.0-rc.0"),
            ("1.30-alpha.12ab", "1.30.3"),
            ("1.30.3@sha256:0123", "1.30.3"),
        ] {
            assert_eq!(Release::of_tag(tag).map(|r| r.to_string()).as_deref(), Some(release), "{tag}");
        }
        for tag in ["", "latest", "release-1.30", "2.1.0", "1"] {
            assert_eq!(Release::of_tag(tag), None, "{tag}");
        }
    }
}
