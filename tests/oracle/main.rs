//! What the real tools answered, case by case (`../shared/oracle`, or `$NATIVESIDECAR_ORACLE`).
//!
//! Each test is ignored in a plain `cargo test`, which must pass without that folder; `.ci/run` runs them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a case that cannot be read is a failure"
)]

use std::io::Write as _;
use std::path::PathBuf;

mod corpus;
mod edits;
mod gotemplate;
mod istio;
mod live;
mod makers;
mod mesh_file;
#[path = "../model/mod.rs"]
mod model;
#[path = "../model/pods.rs"]
mod pods;
mod strategicpatch;
mod yaml;

/// The folder of one subject. Fails where it is missing: these tests prove nothing without their cases.
fn folder(subject: &str) -> PathBuf {
    let root = std::env::var_os("NATIVESIDECAR_ORACLE")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/oracle"), PathBuf::from);
    let folder = root.join(subject);
    assert!(folder.is_dir(), "{} is missing: set NATIVESIDECAR_ORACLE to the folder of cases", folder.display());
    folder
}

/// Prints past the capture of a passing test's output: the counts are what the suites are run for.
fn say(text: &str) {
    writeln!(std::io::stdout().lock(), "{text}").unwrap();
}

/// How many differences are shown.
const SHOWN: usize = 10;

/// Counts cases and keeps what differs.
struct Tally {
    subject: &'static str,
    good: usize,
    total: usize,
    differences: Vec<String>,
}

impl Tally {
    /// A tally of the cases of `subject`.
    fn new(subject: &'static str) -> Self {
        Self { subject, good: 0, total: 0, differences: Vec::new() }
    }

    /// Counts one case: good, or what differs.
    fn count(&mut self, case: &str, result: Result<(), String>) {
        self.total += 1;
        match result {
            Ok(()) => self.good += 1,
            Err(difference) => self.differences.push(format!("  {case}: {difference}")),
        }
    }

    /// Prints `subject: N of M` and the shortest differences, and fails if a case differs, or if there is none.
    fn finish(mut self) {
        self.differences.sort_by_key(String::len);
        self.differences.truncate(SHOWN);
        let shown = self.differences.join("\n");
        say(&format!("{}: {} of {}\n{shown}", self.subject, self.good, self.total));
        assert!(self.total > 0, "no cases");
        assert_eq!(self.good, self.total, "{}", self.subject);
    }
}
