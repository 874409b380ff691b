//! Files that somebody else changes while the program works on them.
//!
//! One worker reads the inputs in their order; the second is a pipe, so that the program waits between reading the first
//! and writing it.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::outside::PROGRAM;
use crate::{new, old};

/// Runs the program over `a.yaml` and a pipe, and `change` once `a.yaml` was read. Returns exit code and report.
fn with_change(folder: &Path, change: impl FnOnce()) -> (Option<i32>, String) {
    assert!(Command::new("mkfifo").arg(folder.join("pipe")).status().unwrap().success());
    let mut command = Command::new(PROGRAM);
    command.args(["annotate", "-f", "a.yaml", "-f", "pipe", "--write"]).current_dir(folder);
    command.env("RAYON_NUM_THREADS", "1").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // The pipe opens when the program reads it.
    let mut pipe = File::options().write(true).open(folder.join("pipe")).unwrap();
    change();
    pipe.write_all(b"no: workload\n").unwrap();
    drop(pipe);
    let mut report = String::new();
    child.stderr.take().unwrap().read_to_string(&mut report).unwrap();
    fs::remove_file(folder.join("pipe")).unwrap();
    (child.wait().unwrap().code(), report)
}

#[test]
fn a_change_of_somebody_else_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    let longer = format!("{}# mine\n", old());
    let as_long = old().replace("image: web", "image: bew");
    for theirs in [longer, as_long, String::new()] {
        fs::write(&file, old()).unwrap();
        let (code, report) = with_change(folder.path(), || fs::write(&file, &theirs).unwrap());
        assert_eq!(code, Some(6), "{report}");
        assert!(
            report.contains("a.yaml: the file changed since it was read: run again; no file was changed"),
            "{report}"
        );
        assert_eq!(fs::read_to_string(&file).unwrap(), theirs);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

#[test]
fn a_file_that_is_gone_stays_gone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    fs::write(&file, old()).unwrap();
    let (code, report) = with_change(folder.path(), || fs::remove_file(&file).unwrap());
    assert_eq!(code, Some(6), "{report}");
    assert!(report.contains("a.yaml") && report.contains("no file was changed"), "{report}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn another_file_in_its_place_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let (file, other) = (folder.path().join("a.yaml"), folder.path().join("other"));
    fs::write(&file, old()).unwrap();
    fs::write(&other, "theirs").unwrap();
    let (code, report) = with_change(folder.path(), || {
        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink("other", &file).unwrap();
    });
    assert_eq!(code, Some(6), "{report}");
    assert_eq!(fs::read_to_string(&other).unwrap(), "theirs");
    assert!(file.is_symlink());
}

#[test]
fn what_was_written_anew_and_says_the_same_is_no_change() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    fs::write(&file, old()).unwrap();
    let (code, report) = with_change(folder.path(), || fs::write(&file, old()).unwrap());
    assert_eq!(code, Some(0), "{report}");
    assert_eq!(fs::read_to_string(&file).unwrap(), new());
}

#[test]
fn a_folder_that_is_gone_while_it_is_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("k8s")).unwrap();
    fs::write(folder.path().join("a.yaml"), old()).unwrap();
    fs::write(folder.path().join("k8s/b.yaml"), old()).unwrap();
    // The second file is named, and gone when its turn comes.
    assert!(Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap().success());
    let mut command = Command::new(PROGRAM);
    command.args(["annotate", "-f", "a.yaml", "-f", "pipe", "-f", "k8s", "--write"]).current_dir(folder.path());
    command.env("RAYON_NUM_THREADS", "1").stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let pipe = File::options().write(true).open(folder.path().join("pipe")).unwrap();
    fs::remove_dir_all(folder.path().join("k8s")).unwrap();
    drop(pipe);
    let mut report = String::new();
    child.stderr.take().unwrap().read_to_string(&mut report).unwrap();
    let code = child.wait().unwrap().code();
    // Read before it went, it cannot be written; gone before that, it cannot be read.
    assert!(matches!(code, Some(3 | 6)), "{report}");
    assert!(report.contains("k8s/b.yaml"), "{report}");
    assert_eq!(fs::read_to_string(folder.path().join("a.yaml")).unwrap(), old());
}
