//! Faults of the machine and of the people around: full disks, read-only folders, files that change or vanish, kills,
//! closed pipes, odd files. A file is the old one or the new one, nothing else is left, and what went wrong is told.
//!
//! Some of it needs the superuser, some a file system's help; what cannot be tried is told on standard error.

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

/// What `annotate` changes.
pub(crate) fn old() -> String {
    deployment("", "")
}

/// What `annotate` makes of [`old`].
pub(crate) fn new() -> String {
    deployment("      annotations:\n        sidecar.istio.io/nativeSidecar: \"true\"\n", "")
}

/// Writes `count` files with [`old`] in them: `000.yaml` and so on.
pub(crate) fn manifests(folder: &Path, count: usize) {
    for index in 0..count {
        fs::write(folder.join(format!("{index:03}.yaml")), old()).unwrap();
    }
}

/// All that is in a folder, dot files included.
pub(crate) fn entries(folder: &Path) -> BTreeMap<OsString, String> {
    let entry = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.unwrap();
        (entry.file_name(), fs::read_to_string(entry.path()).unwrap_or_default())
    };
    fs::read_dir(folder).unwrap().map(entry).collect()
}

/// Whether all files of a folder are `text`, and there are `count` of them.
#[track_caller]
pub(crate) fn all_are(folder: &Path, count: usize, text: &str) {
    let entries = entries(folder);
    assert_eq!(entries.len(), count, "{:?}", entries.keys());
    for (name, found) in entries {
        assert_eq!(found, text, "{}", name.display());
    }
}
