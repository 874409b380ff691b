//! Faults of the environment: full disks, read-only folders, files that change or disappear, kills, closed pipes, unusual
//! files. Every file has its old or its new content, no other file is left behind, and the error is reported.
//!
//! Some tests need the superuser or features of the file system. Skipped parts are reported on standard error.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, reason = "tests")]

mod changes;
mod disk;
mod files;
mod kill;
#[path = "../outside/mod.rs"]
mod outside;
mod pipes;
mod repository;
mod secrets;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use outside::deployment;

/// A manifest that `annotate` changes.
pub(crate) fn old() -> String {
    deployment("", "")
}

/// [`old`] after `annotate`.
pub(crate) fn new() -> String {
    deployment("      annotations:\n        sidecar.istio.io/nativeSidecar: \"true\"\n", "")
}

/// Writes `count` files with the content [`old`]: `000.yaml` and so on.
pub(crate) fn manifests(folder: &Path, count: usize) {
    for index in 0..count {
        fs::write(folder.join(format!("{index:03}.yaml")), old()).unwrap();
    }
}

/// The files of a folder and their contents, including dot files.
pub(crate) fn entries(folder: &Path) -> BTreeMap<OsString, String> {
    let entry = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.unwrap();
        (entry.file_name(), fs::read_to_string(entry.path()).unwrap_or_default())
    };
    fs::read_dir(folder).unwrap().map(entry).collect()
}

/// Checks that a folder has `count` files, all with the content `text`.
#[track_caller]
pub(crate) fn all_are(folder: &Path, count: usize, text: &str) {
    let entries = entries(folder);
    assert_eq!(entries.len(), count, "{:?}", entries.keys());
    for (name, found) in entries {
        assert_eq!(found, text, "{}", name.display());
    }
}
