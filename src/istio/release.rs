//! Istio releases: which there are, how a version is read, and how they compare.

use std::fmt::{self, Write as _};
use std::str::FromStr;

/// How final the release is that a minor was measured at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Final,
    /// A pre-release, by its suffix.
    Candidate(&'static str),
    /// Not released when it was measured; what was measured instead.
    Preview(&'static str),
}

/// A minor release whose sidecar is built in.
#[derive(Debug)]
struct Known {
    minor: u16,
    /// The patch that was measured.
    patch: u16,
    /// The first patch whose template is that of the measured one; 0 if it never changed within the minor.
    template_since: u16,
    stage: Stage,
}

const fn known(minor: u16, patch: u16, template_since: u16, stage: Stage) -> Known {
    Known { minor, patch, template_since, stage }
}

/// All releases that are built in, oldest first: minor, patch, first patch with the template of today, stage. A new
/// release is one row here, its changes in `changes.rs`, and its fixture in `testdata/releases`.
const KNOWN: &[Known] = &[
    known(24, 6, 0, Stage::Final),
    known(25, 5, 4, Stage::Final),
    known(26, 8, 5, Stage::Final),
    known(27, 9, 6, Stage::Final),
    known(28, 10, 6, Stage::Final),
    known(29, 6, 1, Stage::Final),
    known(30, 3, 0, Stage::Final),
    known(31, 0, 0, Stage::Candidate("rc.0")),
    known(32, 0, 0, Stage::Preview("the development branch of 2026-08-22")),
];

impl Known {
    fn release(&self) -> Release {
        let suffix = if let Stage::Candidate(suffix) = self.stage { suffix } else { "" };
        Release { minor: self.minor, patch: self.patch, suffix: suffix.to_owned() }
    }
}

/// An Istio release, such as `1.30.3` or `1.31.0-rc.0`. The major version is always 1.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Release {
    minor: u16,
    patch: u16,
    suffix: String,
}

/// Why a text is not an Istio version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// Not of the form `1.30` or `1.30.3`.
    #[error("{0:?} is not a valid Istio version (expected 1.30 or 1.30.3)")]
    Malformed(String),
    /// A minor version without a patch, newer than all that are known.
    #[error("Istio {0} is newer than this program knows (pass a full version, such as {0}.0)")]
    UnknownMinor(String),
    /// A minor version without a patch, older than all that are known.
    #[error("Istio {0} is not supported (built in: {known})", known = Release::built_in_range())]
    OldMinor(String),
    /// Another name that has the minor version of a release in it, such as `1-27` or `istio-1.27`.
    #[error("{text:?} is not a valid Istio version (did you mean 1.{minor}?)")]
    Misspelt {
        /// The text.
        text: String,
        /// The minor version in it.
        minor: u16,
    },
    /// A revision of the AKS add-on, which is named after the minor version of its Istio.
    #[error("{revision:?} is a revision of AKS, not an Istio version (expected 1.{minor})")]
    AksRevision {
        /// The revision.
        revision: String,
        /// Its minor version.
        minor: u16,
    },
}

/// How a release relates to the one whose sidecar is rendered for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It was measured, or is a patch that is not known to differ from the measured one.
    Measured,
    /// An older patch, of before the template changed within the minor.
    OlderPatch {
        /// The release that was measured.
        measured: Release,
        /// The first release with its template.
        changed: Release,
    },
    /// A newer patch, or another pre-release, of a known minor.
    NewerPatch {
        /// The release that was measured.
        measured: Release,
    },
    /// A minor above all that are known.
    NewerMinor {
        /// The newest release that is known.
        newest: Release,
    },
    /// A minor below all that are known.
    TooOld {
        /// The oldest release that is known.
        oldest: Release,
    },
}

impl Release {
    /// The releases that are built in, one for each minor, oldest first.
    pub fn built_in() -> impl DoubleEndedIterator<Item = Self> {
        KNOWN.iter().map(Known::release)
    }

    /// The patch of a minor version that is built in, `30` for `1.30`.
    pub fn newest_of(minor: u16) -> Option<Self> {
        KNOWN.iter().find(|known| known.minor == minor).map(Known::release)
    }

    /// The newest final release that is built in.
    pub fn newest_built_in() -> Self {
        let newest = KNOWN.iter().rfind(|known| known.stage == Stage::Final);
        debug_assert!(newest.is_some(), "a final release is built in");
        newest.map_or_else(|| Self { minor: 0, patch: 0, suffix: String::new() }, Known::release)
    }

    /// Which releases are built in: `1.24 to 1.31, and 1.32 as a preview`.
    pub fn built_in_range() -> String {
        let is_preview = |known: &&Known| matches!(known.stage, Stage::Preview(_));
        let mut released = KNOWN.iter().filter(|known| !is_preview(known)).map(|known| known.minor);
        let oldest = released.next().unwrap_or_default();
        let newest = released.next_back().unwrap_or(oldest);
        let mut range = format!("1.{oldest} to 1.{newest}");
        for known in KNOWN.iter().filter(is_preview) {
            let _ = write!(range, ", and 1.{} as a preview", known.minor);
        }
        range
    }

    /// What was measured in the place of a release that did not exist yet, if this release is rendered by such a preview.
    pub fn preview(&self) -> Option<&'static str> {
        match self.measured_at()?.stage {
            Stage::Preview(source) => Some(source),
            Stage::Final | Stage::Candidate(_) => None,
        }
    }

    /// Whether a sidecar is built in for this release: that of its minor, or of the newest minor for a newer one.
    pub fn is_built_in(&self) -> bool {
        self.measured_at().is_some()
    }

    /// How this release relates to the one whose sidecar is rendered for it.
    pub fn standing(&self) -> Standing {
        let Some(known) = self.measured_at() else {
            let oldest = KNOWN.first().map_or_else(|| self.clone(), Known::release);
            return Standing::TooOld { oldest };
        };
        let measured = known.release();
        if known.minor < self.minor {
            Standing::NewerMinor { newest: measured }
        } else if self.patch < known.template_since {
            let changed = Self { minor: self.minor, patch: known.template_since, suffix: String::new() };
            Standing::OlderPatch { measured, changed }
        } else if self.patch > measured.patch || (!measured.suffix.is_empty() && self.suffix != measured.suffix) {
            Standing::NewerPatch { measured }
        } else {
            Standing::Measured
        }
    }

    /// The row that this release is rendered by.
    fn measured_at(&self) -> Option<&'static Known> {
        KNOWN.iter().rfind(|known| known.minor <= self.minor)
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
        let malformed = || match minor_in(text) {
            Some(minor) if text.starts_with("asm-") => ReleaseError::AksRevision { revision: text.to_owned(), minor },
            Some(minor) => ReleaseError::Misspelt { text: text.to_owned(), minor },
            None => ReleaseError::Malformed(text.to_owned()),
        };
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
            None if suffix.is_empty() => Self::newest_of(minor).ok_or_else(|| {
                let is_old = KNOWN.first().is_some_and(|oldest| minor < oldest.minor);
                let error = if is_old { ReleaseError::OldMinor } else { ReleaseError::UnknownMinor };
                error(text.to_owned())
            }),
            None => Err(malformed()),
        }
    }
}

/// The first minor version of a known release in a text, after `1.` or `1-`.
fn minor_in(text: &str) -> Option<u16> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit());
    numbers.by_ref().find(|number| *number == "1")?;
    let minor = numbers.next()?.parse().ok()?;
    Release::newest_of(minor).map(|release| release.minor)
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
    fn refusals_name_only_releases_that_are_built_in() {
        let refusal = |text: &str| text.parse::<Release>().unwrap_err().to_string();
        assert_eq!(refusal("asm-1-27"), "\"asm-1-27\" is a revision of AKS, not an Istio version (expected 1.27)");
        assert_eq!(refusal("asm-1-19"), "\"asm-1-19\" is not a valid Istio version (expected 1.30 or 1.30.3)");
        for text in ["1-27", "istio-1.27", "1.27.x", "1.27.3.1", "release-1.27"] {
            assert_eq!(refusal(text), format!("{text:?} is not a valid Istio version (did you mean 1.27?)"));
        }
        assert_eq!(refusal("1.19"), "Istio 1.19 is not supported (built in: 1.24 to 1.31, and 1.32 as a preview)");
    }

    #[test]
    fn the_table_is_in_order() {
        assert!(KNOWN.is_sorted_by(|a, b| a.minor + 1 == b.minor), "minors are consecutive, oldest first");
        assert!(KNOWN.iter().all(|known| known.template_since <= known.patch));
        assert_eq!(Release::built_in_range(), "1.24 to 1.31, and 1.32 as a preview");
        assert_eq!(Release::newest_built_in().to_string(), "1.30.3");
    }

    #[test]
    fn a_release_is_rendered_in_the_shape_of_the_nearest_known() {
        let standing = |version: &str| version.parse::<Release>().unwrap().standing();
        let release = |version: &str| version.parse::<Release>().unwrap();
        for version in ["1.24.0", "1.30.3", "1.30.2-2", "1.28.6", "1.31.0-rc.0", "1.32.0", "1.32.0-alpha.1"] {
            assert_eq!(standing(version), Standing::Measured, "{version}");
        }
        let changed = |version, measured, changed| {
            let (measured, changed) = (release(measured), release(changed));
            assert_eq!(standing(version), Standing::OlderPatch { measured, changed }, "{version}");
        };
        changed("1.25.3", "1.25.5", "1.25.4");
        changed("1.26.4", "1.26.8", "1.26.5");
        changed("1.28.5", "1.28.10", "1.28.6");
        for (version, measured) in [
            ("1.30.4", "1.30.3"),
            ("1.31.0", "1.31.0-rc.0"),
            ("1.31.0-beta.1", "1.31.0-rc.0"),
            ("1.31.4", "1.31.0-rc.0"),
            ("1.32.1", "1.32.0"),
        ] {
            assert_eq!(standing(version), Standing::NewerPatch { measured: release(measured) }, "{version}");
        }
        assert_eq!(standing("1.33.1"), Standing::NewerMinor { newest: release("1.32.0") });
        assert_eq!(standing("1.23.6"), Standing::TooOld { oldest: release("1.24.6") });
        assert!(release("1.99.0").is_built_in() && !release("1.23.6").is_built_in());
    }

    #[test]
    fn previews_name_their_source() {
        let preview = |version: &str| version.parse::<Release>().unwrap().preview();
        assert_eq!((preview("1.30"), preview("1.31")), (None, None));
        for version in ["1.32", "1.32.1", "1.33.0"] {
            assert_eq!(preview(version), Some("the development branch of 2026-08-22"));
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
