//! What the real tools answered, case by case (`../shared/oracle`, or `$NATIVESIDECAR_ORACLE`).
//!
//! Each test is ignored in a plain `cargo test`, which must pass without that folder; `.ci/run` runs them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a case that cannot be read is a failure, too")]

use std::fmt::Write as _;
use std::path::PathBuf;

mod istio;
mod strategicpatch;
mod yaml;

/// The folder of one subject. Fails where it is missing: these tests prove nothing without their cases.
pub fn folder(subject: &str) -> PathBuf {
    let root = std::env::var_os("NATIVESIDECAR_ORACLE")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/oracle"), PathBuf::from);
    let folder = root.join(subject);
    assert!(folder.is_dir(), "{} is missing: set NATIVESIDECAR_ORACLE to the folder of cases", folder.display());
    folder
}

/// Counts cases and keeps the first differences.
pub struct Tally {
    subject: &'static str,
    good: usize,
    total: usize,
    shown: String,
}

impl Tally {
    /// A tally of the cases of `subject`.
    pub fn new(subject: &'static str) -> Self {
        Self { subject, good: 0, total: 0, shown: String::new() }
    }

    /// Counts one case: good, or what differs.
    pub fn count(&mut self, case: &str, result: Result<(), String>) {
        self.total += 1;
        match result {
            Ok(()) => self.good += 1,
            Err(difference) if self.total - self.good <= 20 => {
                let _ = writeln!(self.shown, "  {case}: {difference}");
            }
            Err(_) => {}
        }
    }

    /// Prints `subject: N of M` and fails if a case differs, or if there is none.
    pub fn finish(self) {
        println!("{}: {} of {}\n{}", self.subject, self.good, self.total, self.shown);
        assert!(self.total > 0, "no cases");
        assert_eq!(self.good, self.total, "{}:\n{}", self.subject, self.shown);
    }
}
