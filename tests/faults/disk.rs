//! Full and read-only disks, and system limits.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::outside::{PROGRAM, Ran, finish, is_root, run_in, skip};
use crate::{all_are, entries, manifests, new, old};

/// Runs a shell script in `folder` in a mount namespace of its own. `None` if that is not possible here.
fn with_mounts(folder: &Path, script: &str) -> Option<Ran> {
    let mut probe = Command::new("unshare");
    probe.args(["-m", "sh", "-c", "mount -t tmpfs none \"$0\""]).arg(folder);
    if !probe.output().is_ok_and(|output| output.status.success()) {
        skip("mounts", "this process may not mount file systems");
        return None;
    }
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-ec", script, PROGRAM]).current_dir(folder);
    Some(finish(command, b""))
}

/// The end of a script: copies the mounted folder to one that is visible outside of the namespace.
const COPY_OUT: &str = "mkdir out && cp -a disk/. out/";

#[test]
fn a_full_disk_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    manifests(folder.path(), 40);
    fs::create_dir(folder.path().join("disk")).unwrap();
    // Enough space for the old files and for some of the new ones. A file takes a page.
    let script = format!(
        "mount -t tmpfs -o size=240k none disk && mv ./*.yaml disk/ && set +e\n\
         \"$0\" annotate -f disk --write; echo \"code $?\" >&2\n{COPY_OUT}"
    );
    let Some(ran) = with_mounts(folder.path(), &script) else { return };
    ran.expect("the script", &[0]);
    assert!(ran.stderr.contains("code 6"), "{}", ran.stderr);
    assert!(ran.stderr.contains("No space left on device"), "{}", ran.stderr);
    assert!(ran.stderr.contains("no file was changed"), "{}", ran.stderr);
    all_are(&folder.path().join("out"), 40, &old());
}

#[test]
fn a_disk_with_space_for_old_and_new_files_is_enough() {
    let folder = tempfile::tempdir().unwrap();
    manifests(folder.path(), 40);
    fs::create_dir(folder.path().join("disk")).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=400k none disk && mv ./*.yaml disk/\n\"$0\" annotate -f disk --write\n{COPY_OUT}"
    );
    let Some(ran) = with_mounts(folder.path(), &script) else { return };
    ran.expect("the script", &[0]);
    all_are(&folder.path().join("out"), 40, &new());
}

#[test]
fn a_read_only_file_system_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    manifests(folder.path(), 3);
    fs::create_dir(folder.path().join("disk")).unwrap();
    let script = format!(
        "mount -t tmpfs none disk && mv ./*.yaml disk/ && mount -o remount,ro disk && set +e\n\
         \"$0\" annotate -f disk --write; echo \"code $?\" >&2\n{COPY_OUT}"
    );
    let Some(ran) = with_mounts(folder.path(), &script) else { return };
    assert!(ran.stderr.contains("code 6") && ran.stderr.contains("Read-only file system"), "{}", ran.stderr);
    all_are(&folder.path().join("out"), 3, &old());
}

#[test]
fn a_file_size_limit_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // The last file is too large: the system kills the program.
    manifests(folder.path(), 5);
    let large = format!("{}{}", old(), "# comment\n".repeat(10_000));
    fs::write(folder.path().join("999.yaml"), &large).unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -f 100; exec \"$0\" annotate -f . --write", PROGRAM]).current_dir(folder.path());
    let ran = finish(command, b"");
    assert_ne!(ran.code(), Some(0), "{}", ran.stderr);
    fs::remove_file(folder.path().join("999.yaml")).unwrap();
    all_are(folder.path(), 5, &old());
}

#[test]
fn unwritable_output_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    manifests(folder.path(), 2);
    for args in ["", "--diff", "--check", "-o name"] {
        let mut command = Command::new("sh");
        let script = format!("exec \"$0\" annotate -f . {args} > /dev/full");
        command.args(["-c", &script, PROGRAM]).current_dir(folder.path());
        let ran = finish(command, b"");
        ran.expect(args, &[6]);
        assert!(ran.stderr.contains("No space left on device"), "{}", ran.stderr);
        let claims = ran.stderr.replace("would be annotated", "");
        assert!(claims != ran.stderr && !claims.contains("annotated"), "{}", ran.stderr);
    }
    for report in ["/dev/full", "gone/report.json"] {
        let ran = run_in(folder.path(), &["annotate", "-f", ".", "--check", "--report-file", report]);
        ran.expect(report, &[6]);
        assert!(ran.stderr.contains(report), "{}", ran.stderr);
    }
    all_are(folder.path(), 2, &old());
}

#[test]
fn more_files_than_the_limit_of_open_files() {
    let folder = tempfile::tempdir().unwrap();
    manifests(folder.path(), 200);
    let run = |limits: &str| {
        let mut command = Command::new("sh");
        let script = format!("{limits}; exec \"$0\" annotate -f . --write");
        command.args(["-c", &script, PROGRAM]).current_dir(folder.path());
        finish(command, b"")
    };
    for limit in ["ulimit -n 64", "ulimit -S -n 64"] {
        manifests(folder.path(), 200);
        run(limit).expect(limit, &[0]);
        all_are(folder.path(), 200, &new());
    }
    // Some staged files have a temporary name. They are removed if a file cannot be written.
    manifests(folder.path(), 200);
    let large = format!("{}# {}\n", old(), "x".repeat(100_000));
    fs::write(folder.path().join("199.yaml"), &large).unwrap();
    let ran = run("trap '' XFSZ; ulimit -f 100; ulimit -n 64");
    ran.expect("a file that is too large", &[6]);
    assert!(ran.stderr.contains("no file was changed"), "{}", ran.stderr);
    for (name, text) in entries(folder.path()) {
        assert_eq!(text, if name == "199.yaml" { large.clone() } else { old() }, "{name:?}");
    }
}

/// Copies the program into `folder`, executable for everyone, with a folder `k8s` of three manifests.
fn for_nobody(folder: &Path) -> Option<(PathBuf, PathBuf)> {
    if !is_root() {
        skip("other users", "only the superuser can switch users");
        return None;
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    let program = folder.join("program");
    // Copied by another process: if a parallel test forked now, its child would hold the copy open for writing.
    assert!(Command::new("cp").arg(PROGRAM).arg(&program).status().unwrap().success());
    let mut probe = Command::new("setpriv");
    probe.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program).arg("version");
    if !probe.output().is_ok_and(|output| output.status.success()) {
        skip("other users", "setpriv does not work here");
        return None;
    }
    let k8s = folder.join("k8s");
    fs::create_dir(&k8s).unwrap();
    manifests(&k8s, 3);
    Some((program, k8s))
}

fn as_nobody(program: &Path, folder: &Path, script: &str) -> Ran {
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", script]).arg(program);
    command.current_dir(folder);
    finish(command, b"")
}

#[test]
fn an_unwritable_folder_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let Some((program, folder)) = for_nobody(home.path()) else { return };
    let ran = as_nobody(&program, home.path(), "exec \"$0\" annotate -f k8s --write");
    ran.expect("an unwritable folder", &[6]);
    assert!(ran.stderr.contains("ermission denied") && ran.stderr.contains("no file was changed"), "{}", ran.stderr);
    all_are(&folder, 3, &old());
}

#[test]
fn an_unreadable_file_stops_the_run_unless_it_keeps_going() {
    let home = tempfile::tempdir().unwrap();
    let Some((program, folder)) = for_nobody(home.path()) else { return };
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(folder.join("001.yaml"), fs::Permissions::from_mode(0o600)).unwrap();
    let ran = as_nobody(&program, home.path(), "exec \"$0\" annotate -f k8s --write");
    ran.expect("one file", &[3]);
    assert!(ran.stderr.contains("k8s/001.yaml: permission denied"), "{}", ran.stderr);
    all_are(&folder, 3, &old());
    let ran = as_nobody(&program, home.path(), "exec \"$0\" annotate -f k8s --write --keep-going");
    ran.expect("one file, --keep-going", &[3]);
    let entries = entries(&folder);
    assert_eq!(entries.len(), 3);
    for (name, text) in entries {
        assert_eq!(text, if name == "001.yaml" { old() } else { new() }, "{name:?}");
    }
}

#[test]
fn a_read_only_file_is_an_error() {
    let home = tempfile::tempdir().unwrap();
    let Some((program, folder)) = for_nobody(home.path()) else { return };
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(folder.join("001.yaml"), fs::Permissions::from_mode(0o444)).unwrap();
    let ran = as_nobody(&program, home.path(), "exec \"$0\" annotate -f k8s --write");
    ran.expect("a read-only file", &[6]);
    assert!(ran.stderr.contains("k8s/001.yaml: the file is read-only; no file was changed"), "{}", ran.stderr);
    all_are(&folder, 3, &old());
}

#[test]
fn one_thread_is_enough() {
    let home = tempfile::tempdir().unwrap();
    let Some((program, folder)) = for_nobody(home.path()) else { return };
    fs::write(folder.join("many.yaml"), format!("---\n{}", old()).repeat(100)).unwrap();
    as_nobody(&program, home.path(), "ulimit -u 1; exec \"$0\" annotate -f k8s --check").expect("one thread", &[1]);
}
