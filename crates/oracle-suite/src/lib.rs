//! What the suites over recorded answers share: where the cases are, and how they are counted. For tests only.
//!
//! The cases of a subject are in a package's `testdata/oracle`. `$NATIVESIDECAR_ORACLE` names a folder with further
//! cases in the same form, which are run instead.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// How many differences [`Tally::finish`] prints.
const SHOWN: usize = 10;

/// The folder with the cases of `subject`: below `$NATIVESIDECAR_ORACLE` if that is set, else below `testdata`.
///
/// # Panics
///
/// If there is no such folder: a suite without cases proves nothing.
pub fn folder(testdata: &Path, subject: &str) -> PathBuf {
    let root = std::env::var_os("NATIVESIDECAR_ORACLE").map_or_else(|| testdata.to_owned(), PathBuf::from);
    let folder = root.join(subject);
    assert!(folder.is_dir(), "no folder {}: $NATIVESIDECAR_ORACLE names the folder of all cases", folder.display());
    folder
}

/// Prints a line even if the test passes: the counts are what the suites are run for.
///
/// # Panics
///
/// If standard output is closed.
pub fn print(text: &str) {
    let written = writeln!(std::io::stdout().lock(), "{text}");
    assert!(written.is_ok(), "standard output is closed");
}

/// Counts the cases of a subject and keeps the differences.
pub struct Tally {
    subject: &'static str,
    passed: usize,
    total: usize,
    differences: Vec<String>,
}

impl Tally {
    /// A tally without cases.
    pub fn new(subject: &'static str) -> Self {
        Self { subject, passed: 0, total: 0, differences: Vec::new() }
    }

    /// Counts one case, which either passed or failed with a difference.
    pub fn count(&mut self, case: &str, result: Result<(), String>) {
        self.total += 1;
        match result {
            Ok(()) => self.passed += 1,
            Err(difference) => self.differences.push(format!("  {case}: {difference}")),
        }
    }

    /// Prints `subject: N of M` and the shortest differences.
    ///
    /// # Panics
    ///
    /// If a case differs, or if there is none.
    pub fn finish(mut self) {
        self.differences.sort_by_key(String::len);
        self.differences.truncate(SHOWN);
        let shown = self.differences.join("\n");
        print(&format!("{}: {} of {}\n{shown}", self.subject, self.passed, self.total));
        assert!(self.total > 0, "{}: no cases", self.subject);
        assert_eq!(self.passed, self.total, "{}", self.subject);
    }
}
