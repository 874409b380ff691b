//! The revisions of the add-on.

use std::fmt;

use crate::istio::platform::error::PlatformError;
use crate::istio::release::Release;

/// A revision of the add-on (AKS documentation, istio-support-policy.md, 2026-06-24; the patch: Azure/AKS CHANGELOG.md,
/// 2026-07-17).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevisionRow {
    /// The minor version of its Istio: 28 of asm-1-28.
    pub minor: u16,
    /// The month in which AKS got it, as `2026-01`.
    pub since: &'static str,
    /// The month in which its support ends, estimated for the newest.
    pub end_of_life: &'static str,
    /// The minor versions of AKS that it is for: the oldest and the newest.
    pub kubernetes: (u64, u64),
    /// The same for clusters with long-term support.
    pub long_term: (u64, u64),
    /// The release that was last named for it.
    pub istio: &'static str,
}

impl RevisionRow {
    /// The minor versions of AKS that it is for, with long-term support or without.
    pub fn versions(&self, long_term: bool) -> (u64, u64) {
        if long_term { self.long_term } else { self.kubernetes }
    }
}

const fn row(
    minor: u16,
    (since, end_of_life): (&'static str, &'static str),
    kubernetes: (u64, u64),
    long_term: (u64, u64),
    istio: &'static str,
) -> RevisionRow {
    RevisionRow { minor, since, end_of_life, kubernetes, long_term, istio }
}

/// The known revisions, oldest first.
const REVISIONS: &[RevisionRow] = &[
    row(20, ("2024-02", "2024-09"), (25, 29), (25, 29), "1.20.8"),
    row(21, ("2024-04", "2024-10"), (26, 30), (26, 30), "1.21.5"),
    row(22, ("2024-07", "2025-03"), (27, 30), (27, 30), "1.22.7"),
    row(23, ("2024-09", "2025-06"), (27, 32), (27, 32), "1.23.6"),
    row(24, ("2025-02", "2025-09"), (28, 33), (28, 33), "1.24.6"),
    row(25, ("2025-05", "2026-01"), (29, 33), (28, 33), "1.25.5"),
    row(26, ("2025-07", "2026-04"), (29, 34), (28, 34), "1.26.4"),
    row(27, ("2025-09", "2026-05"), (29, 35), (29, 35), "1.27.9-6"),
    row(28, ("2026-01", "2026-08"), (30, 35), (30, 35), "1.28.9-2"),
    row(29, ("2026-04", "2026-09"), (31, 36), (31, 36), "1.29.5-2"),
    row(30, ("2026-07", "2026-12"), (32, 36), (32, 36), "1.30.2-2"),
];

/// A revision, such as `asm-1-30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AksRevision {
    minor: u16,
}

impl fmt::Display for AksRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "asm-1-{}", self.minor)
    }
}

impl AksRevision {
    /// The revision of this name; none if a revision of AKS cannot have it.
    pub fn of_name(name: &str) -> Option<Self> {
        let digits = name.strip_prefix("asm-1-").filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        Some(Self { minor: digits.parse().ok()? })
    }

    /// Reads a revision that a person wrote: one that is known, or a newer one whose Istio is built in.
    pub(super) fn read(text: &str) -> Result<Self, PlatformError> {
        let oldest = REVISIONS.first().map_or(0, |row| row.minor);
        let read = Self::of_name(text);
        let is_known = |revision: &Self| revision.minor >= oldest && Release::newest_of(revision.minor).is_some();
        read.filter(|revision| revision.row().is_some() || is_known(revision)).ok_or_else(|| {
            let known: Vec<String> = REVISIONS.iter().map(|row| Self { minor: row.minor }.to_string()).collect();
            // The last number is the minor version, as in 1.28 or asm-128.
            let minor = text.rsplit(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty()).unwrap_or(text);
            PlatformError::unknown("revision of AKS", &format!("asm-1-{minor}"), known.iter().map(String::as_str))
        })
    }

    /// The minor version of its Istio.
    pub fn minor(self) -> u16 {
        self.minor
    }

    /// What is known of it; none if it is newer than the table.
    pub fn row(self) -> Option<&'static RevisionRow> {
        REVISIONS.iter().find(|row| row.minor == self.minor)
    }

    /// The release that it runs, if known.
    pub fn release(self) -> Option<Release> {
        match self.row() {
            Some(row) => row.istio.parse().ok(),
            None => Release::newest_of(self.minor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_consecutive_and_name_releases_of_their_minor() {
        assert!(REVISIONS.is_sorted_by(|a, b| a.minor + 1 == b.minor));
        for row in REVISIONS {
            let release: Release = row.istio.parse().unwrap();
            assert_eq!(release.minor(), row.minor);
            assert!(row.since < row.end_of_life && row.kubernetes.0 < row.kubernetes.1, "{row:?}");
            assert!(row.long_term.0 <= row.kubernetes.0 && row.long_term.1 >= row.kubernetes.1, "{row:?}");
            let range = |(oldest, newest)| format!("1.{oldest} to 1.{newest}");
            let (revision, versions, long_term) =
                (AksRevision { minor: row.minor }, range(row.kubernetes), range(row.long_term));
            let line = format!(
                "| {revision} | {} | {} | {} | {versions} | {long_term} |",
                row.istio, row.since, row.end_of_life
            );
            let page = include_str!("../../../../docs/reference/platform.md");
            assert!(page.lines().any(|found| found == line), "docs/reference/platform.md lacks {line}");
        }
    }

    #[test]
    fn names_of_other_revisions_are_none() {
        assert_eq!(AksRevision::of_name("asm-1-30").map(|revision| revision.to_string()).as_deref(), Some("asm-1-30"));
        for name in ["", "default", "asm-1-", "asm-130-2", "asm-managed", "asm-1-x", "asm-1-99999999", "asm-1-30-1"] {
            assert_eq!(AksRevision::of_name(name), None, "{name}");
        }
    }
}
