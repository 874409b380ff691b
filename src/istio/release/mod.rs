//! Istio releases: how a version is read, which are built in (`table`), and what they do differently.

mod summary;
mod table;

use std::fmt::{self, Write as _};
use std::str::FromStr;

pub use summary::{AnnotationAnswer, ChangeSummary, ReleaseDefault, ReleaseStage, ReleaseSummary};
pub use table::ReleaseChange;
use table::{DECISIONS_ONLY, ROWS, Row, Stage};

impl Row {
    fn release(&self) -> Release {
        let suffix = if let Stage::Candidate(suffix) = self.stage { suffix } else { "" };
        Release { suffix: suffix.to_owned(), ..Release::of_numbers(self.minor, self.patch) }
    }
}

/// An Istio release, such as `1.30.3` or `1.31.0-rc.0`. The major version is always 1.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Release {
    minor: u16,
    patch: u16,
    suffix: String,
    /// Whether it was given as a minor version, without a patch.
    is_minor: bool,
}

/// Why a text is not an Istio version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// Not of the form `1.30` or `1.30.3`.
    #[error("{0:?} is not a valid Istio version (expected 1.30 or 1.30.3)")]
    Malformed(String),
    /// A minor version without a patch, newer than all that are built in.
    #[error("Istio {0} is newer than this program knows (pass a full version, such as {0}.0)")]
    UnknownMinor(String),
    /// A minor version without a patch, older than all that are known.
    #[error("Istio {0} is not supported (built in: {known})", known = Release::built_in_range())]
    OldMinor(String),
    /// Another name that contains the minor version of a release, such as `1-27` or `istio-1.27`.
    #[error("{text:?} is not a valid Istio version (did you mean 1.{minor}?)")]
    Misspelt {
        /// The text as given.
        text: String,
        /// The minor version in it.
        minor: u16,
    },
    /// A revision of the AKS add-on, which is named after the minor version of its Istio.
    #[error("{revision:?} is a revision of AKS, not an Istio version (expected 1.{minor})")]
    AksRevision {
        /// The revision as given.
        revision: String,
        /// The minor version in it.
        minor: u16,
    },
}

/// How well a release is known: how it compares to the measured one whose sidecar is rendered for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coverage {
    /// The release was measured, or its patch is not known to differ from the measured one.
    Measured,
    /// An older patch, from before the template changed within the minor.
    OlderPatch {
        /// The release that was measured.
        measured: Release,
        /// The first release with its template.
        changed: Release,
    },
    /// A newer patch, or another pre-release, of a built-in minor.
    NewerPatch {
        /// The release that was measured.
        measured: Release,
    },
    /// A minor newer than all that are built in.
    NewerMinor {
        /// The newest built-in release.
        newest: Release,
    },
    /// A minor older than all that are built in.
    TooOld {
        /// The oldest built-in release.
        oldest: Release,
    },
}

impl Release {
    /// The releases that are built in, one for each minor, oldest first.
    pub fn built_in() -> impl DoubleEndedIterator<Item = Self> {
        ROWS.iter().map(Row::release)
    }

    /// The built-in patch of a minor version, which is `30` for `1.30`.
    pub fn newest_of(minor: u16) -> Option<Self> {
        ROWS.iter().find(|row| row.minor == minor).map(Row::release)
    }

    /// The newest patch of a minor version that is older than those that are built in.
    fn older(minor: u16) -> Option<Self> {
        let found = DECISIONS_ONLY.iter().find(|(older, _)| *older == minor);
        found.map(|(minor, patch)| Self { is_minor: true, ..Self::of_numbers(*minor, *patch) })
    }

    /// The newest final release that is built in.
    pub fn newest_built_in() -> Self {
        let newest = ROWS.iter().rfind(|row| row.stage == Stage::Final);
        debug_assert!(newest.is_some(), "a final release is built in");
        newest.map_or_else(|| Self::of_numbers(0, 0), Row::release)
    }

    /// The releases that are built in, in words: `1.24 to 1.31, and 1.32 as a preview`.
    pub fn built_in_range() -> String {
        let (previews, released): (Vec<&Row>, Vec<&Row>) =
            ROWS.iter().partition(|row| matches!(row.stage, Stage::Preview(_)));
        let mut range = match (released.first(), released.last()) {
            (Some(oldest), Some(newest)) => format!("1.{} to 1.{}", oldest.minor, newest.minor),
            _ => String::new(),
        };
        debug_assert!(!range.is_empty(), "a release is built in");
        for row in previews {
            let _ = write!(range, ", and 1.{} as a preview", row.minor);
        }
        range
    }

    /// A release by its numbers.
    pub(super) fn of_numbers(minor: u16, patch: u16) -> Self {
        Self { minor, patch, suffix: String::new(), is_minor: false }
    }

    /// Whether the decisions of this release are known. The sidecars of older ones are not built in.
    pub fn decides(&self) -> bool {
        self.is_built_in() || DECISIONS_ONLY.iter().any(|(minor, _)| *minor == self.minor)
    }

    /// The releases whose decisions are known, in words.
    pub fn decided_range() -> String {
        let oldest = DECISIONS_ONLY.first().map_or(0, |(minor, _)| *minor);
        format!("1.{oldest} and later")
    }

    /// If this release is rendered by a preview: the development version that was measured for it.
    pub fn preview(&self) -> Option<&'static str> {
        match self.row()?.stage {
            Stage::Preview(source) => Some(source),
            Stage::Final | Stage::Candidate(_) => None,
        }
    }

    /// Whether a sidecar is built in for this release: that of its minor, or of the newest minor for a newer one.
    pub fn is_built_in(&self) -> bool {
        self.row().is_some()
    }

    /// How this release compares to the measured one whose sidecar is rendered for it.
    pub fn coverage(&self) -> Coverage {
        let Some(row) = self.row() else {
            let oldest = ROWS.first().map_or_else(|| self.clone(), Row::release);
            return Coverage::TooOld { oldest };
        };
        let measured = row.release();
        if row.minor < self.minor {
            Coverage::NewerMinor { newest: measured }
        } else if self.patch < row.template_since {
            let changed = Self::of_numbers(self.minor, row.template_since);
            Coverage::OlderPatch { measured, changed }
        } else if self.patch > measured.patch || (!measured.suffix.is_empty() && self.suffix != measured.suffix) {
            Coverage::NewerPatch { measured }
        } else {
            Coverage::Measured
        }
    }

    /// Does this release have a change?
    pub fn has(&self, change: ReleaseChange) -> bool {
        let of_minor = change.since().iter().find(|(minor, _)| *minor == self.minor);
        of_minor.or(change.since().last()).is_some_and(|since| (self.minor, self.patch) >= *since)
    }

    /// The row that this release is rendered by.
    fn row(&self) -> Option<&'static Row> {
        ROWS.iter().rfind(|row| row.minor <= self.minor)
    }

    /// The minor version: 30 of `1.30.3`.
    pub fn minor(&self) -> u16 {
        self.minor
    }

    /// The patch version: 3 of `1.30.3`.
    pub fn patch(&self) -> u16 {
        self.patch
    }

    /// The release that an image's tag names: its leading version, without the image's variant.
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        let tag = tag.split_once('@').map_or(tag, |(tag, _digest)| tag);
        let tag = ["-distroless", "-debug"].iter().find_map(|variant| tag.strip_suffix(variant)).unwrap_or(tag);
        if let Ok(release) = tag.parse() {
            return Some(release);
        }
        let digits = tag.strip_prefix('v').unwrap_or(tag);
        let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
        digits.get(..end)?.trim_end_matches('.').parse().ok()
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_minor {
            return write!(f, "1.{}", self.minor);
        }
        write!(f, "1.{}.{}", self.minor, self.patch)?;
        if !self.suffix.is_empty() {
            write!(f, "-{}", self.suffix)?;
        }
        Ok(())
    }
}

impl FromStr for Release {
    type Err = ReleaseError;

    /// Reads `1.30` (its newest known patch), `1.30.3` or `1.30.3-suffix`, each also with a leading `v`.
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
            Some(patch) => Ok(Self { suffix: suffix.to_owned(), ..Self::of_numbers(minor, patch?) }),
            None if suffix.is_empty() => Self::newest_of(minor).or_else(|| Self::older(minor)).ok_or_else(|| {
                let is_old = ROWS.first().is_some_and(|oldest| minor < oldest.minor);
                let error = if is_old { ReleaseError::OldMinor } else { ReleaseError::UnknownMinor };
                error(text.to_owned())
            }),
            None => Err(malformed()),
        }
    }
}

/// The minor version of a built-in release in a text, after its first `1.` or `1-`.
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
    fn a_minor_means_its_built_in_patch() {
        assert_eq!("1.30".parse::<Release>().unwrap().to_string(), "1.30.3");
        for release in Release::built_in() {
            assert_eq!(format!("v1.{}", release.minor).parse(), Ok(release));
        }
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
        let range = Release::built_in_range();
        assert_eq!(refusal("1.18"), format!("Istio 1.18 is not supported (built in: {range})"));
    }

    #[test]
    fn decisions_are_known_for_releases_that_are_not_built_in() {
        let release = |text: &str| text.parse::<Release>().unwrap();
        assert_eq!(release("1.23").to_string(), "1.23");
        for (version, decides) in
            [("1.18.7", false), ("1.19.0", true), ("1.23.6", true), ("1.24.0", true), ("1.99.0", true)]
        {
            assert_eq!(release(version).decides(), decides, "{version}");
        }
        assert!(!release("1.23").is_built_in());
    }

    #[test]
    fn the_range_ends_with_previews() {
        let range = Release::built_in_range();
        assert!(range.starts_with("1.24 to 1."), "{range}");
        for release in Release::built_in() {
            let preview = format!(", and 1.{} as a preview", release.minor());
            assert_eq!(range.contains(&preview), release.preview().is_some(), "{release}");
        }
    }

    #[test]
    fn a_release_is_rendered_by_the_nearest_row() {
        let release = Release::of_numbers;
        for row in ROWS {
            let measured = row.release();
            assert_eq!(measured.coverage(), Coverage::Measured);
            let newer = release(row.minor, row.patch + 1);
            assert_eq!(newer.coverage(), Coverage::NewerPatch { measured: measured.clone() });
            if let Some(patch) = row.template_since.checked_sub(1) {
                let changed = release(row.minor, row.template_since);
                assert_eq!(changed.coverage(), Coverage::Measured);
                assert_eq!(release(row.minor, patch).coverage(), Coverage::OlderPatch { measured, changed });
            } else if let Stage::Candidate(_) = row.stage {
                let last = release(row.minor, row.patch);
                assert_eq!(last.coverage(), Coverage::NewerPatch { measured: measured.clone() });
                let beta = Release { suffix: "beta.1".to_owned(), ..last };
                assert_eq!(beta.coverage(), Coverage::NewerPatch { measured });
            } else {
                assert_eq!(release(row.minor, 0).coverage(), Coverage::Measured);
            }
        }
        let (oldest, newest) = (Release::built_in().next().unwrap(), Release::built_in().next_back().unwrap());
        let (old, new) = (release(oldest.minor - 1, 6), release(newest.minor + 1, 1));
        assert!(new.is_built_in() && !old.is_built_in());
        assert_eq!(new.coverage(), Coverage::NewerMinor { newest });
        assert_eq!(old.coverage(), Coverage::TooOld { oldest });
    }

    #[test]
    fn previews_name_their_source() {
        for row in ROWS {
            let source = if let Stage::Preview(source) = row.stage { Some(source) } else { None };
            assert_eq!(row.release().preview(), source);
        }
    }

    fn has(release: &str, change: ReleaseChange) -> bool {
        release.parse::<Release>().unwrap().has(change)
    }

    #[test]
    fn changes_come_with_a_minor_and_stay() {
        assert!(!has("1.26.8", ReleaseChange::NativeNftables) && has("1.27.0", ReleaseChange::NativeNftables));
        assert!(has("1.31.0-rc.0", ReleaseChange::NativeNftables) && has("1.99.0", ReleaseChange::NativeNftables));
        assert!(
            !has("1.28.5", ReleaseChange::OmitNil)
                && has("1.28.6", ReleaseChange::OmitNil)
                && has("1.29.0", ReleaseChange::OmitNil)
        );
    }

    #[test]
    fn changes_are_backported_to_older_minors() {
        let table = [("1.27.5", false), ("1.27.6", true), ("1.28.3", false), ("1.28.4", true), ("1.29.0", true)];
        for (release, expected) in table {
            assert_eq!(has(release, ReleaseChange::ChecksQuantities), expected, "{release}");
        }
        assert!(!has("1.26.8", ReleaseChange::ChecksQuantities));
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
