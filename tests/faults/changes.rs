//! Files that another process changes during a run.
//!
//! One worker thread reads the inputs in order. The second input is a pipe, which makes the program wait between reading
//! and writing the first.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::outside::PROGRAM;
use crate::{new, old};

/// Runs the program on `a.yaml`, a pipe and `more`, and calls `change` after it read `a.yaml`. Returns the exit code and
/// the report.
fn with_change(folder: &Path, more: &[&str], change: impl FnOnce()) -> (Option<i32>, String) {
    assert!(Command::new("mkfifo").arg(folder.join("pipe")).status().unwrap().success());
    let mut command = Command::new(PROGRAM);
    command.args(["annotate", "-f", "a.yaml", "-f", "pipe", "--write"]).args(more).current_dir(folder);
    command.env("RAYON_NUM_THREADS", "1").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // This blocks until the program opens the pipe.
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
fn concurrent_changes_are_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    let longer = format!("{}# mine\n", old());
    let as_long = old().replace("image: web", "image: bew");
    for theirs in [longer, as_long, String::new()] {
        fs::write(&file, old()).unwrap();
        let (code, report) = with_change(folder.path(), &[], || fs::write(&file, &theirs).unwrap());
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
fn a_removed_file_is_not_created_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    fs::write(&file, old()).unwrap();
    let (code, report) = with_change(folder.path(), &[], || fs::remove_file(&file).unwrap());
    assert_eq!(code, Some(6), "{report}");
    assert!(report.contains("a.yaml") && report.contains("no file was changed"), "{report}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_replaced_file_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let (file, other) = (folder.path().join("a.yaml"), folder.path().join("other"));
    fs::write(&file, old()).unwrap();
    fs::write(&other, "theirs").unwrap();
    let (code, report) = with_change(folder.path(), &[], || {
        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink("other", &file).unwrap();
    });
    assert_eq!(code, Some(6), "{report}");
    assert_eq!(fs::read_to_string(&other).unwrap(), "theirs");
    assert!(file.is_symlink());
}

#[test]
fn rewriting_the_same_content_is_not_a_change() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    fs::write(&file, old()).unwrap();
    let (code, report) = with_change(folder.path(), &[], || fs::write(&file, old()).unwrap());
    assert_eq!(code, Some(0), "{report}");
    assert_eq!(fs::read_to_string(&file).unwrap(), new());
}

#[test]
fn a_folder_removed_during_the_run_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("k8s")).unwrap();
    fs::write(folder.path().join("a.yaml"), old()).unwrap();
    fs::write(folder.path().join("k8s/b.yaml"), old()).unwrap();
    // The file in the folder is found, then removed before it is read.
    let remove = || fs::remove_dir_all(folder.path().join("k8s")).unwrap();
    let (code, report) = with_change(folder.path(), &["-f", "k8s"], remove);
    // If it was read in time, writing fails. Otherwise reading fails.
    assert!(matches!(code, Some(3 | 6)), "{report}");
    assert!(report.contains("k8s/b.yaml"), "{report}");
    assert_eq!(fs::read_to_string(folder.path().join("a.yaml")).unwrap(), old());
}
