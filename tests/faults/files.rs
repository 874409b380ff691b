//! Links, devices and pipes, and files with unusual modes, owners and names.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::process::Command;

use rustix::fs::XattrFlags;

use crate::outside::{Limits, PROGRAM, finish, is_root, limited, run_in, skip};
use crate::{all_are, entries, new, old};

#[test]
fn symbolic_links_are_kept_and_their_targets_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("real")).unwrap();
    fs::write(at("real/a.yaml"), old()).unwrap();
    fs::write(at("real/b.yaml"), old()).unwrap();
    symlink("real/a.yaml", at("link.yaml")).unwrap();
    symlink("link.yaml", at("link2.yaml")).unwrap();
    symlink("real", at("folder")).unwrap();
    run_in(folder.path(), &["annotate", "-f", "link2.yaml", "--write"]).expect("a link to a link", &[0]);
    assert_eq!(fs::read_to_string(at("real/a.yaml")).unwrap(), new());
    run_in(folder.path(), &["annotate", "-f", "folder", "--write"]).expect("a link to a folder", &[0]);
    all_are(&at("real"), 2, &new());
    for link in ["link.yaml", "link2.yaml", "folder"] {
        assert!(at(link).is_symlink(), "{link}");
    }
    assert_eq!(entries(folder.path()).len(), 4);
}

#[test]
fn dangling_links_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    symlink("gone.yaml", at("dangling.yaml")).unwrap();
    symlink("round.yaml", at("about.yaml")).unwrap();
    symlink("about.yaml", at("round.yaml")).unwrap();
    for (link, why) in [("dangling.yaml", "no such file"), ("round.yaml", "ymbolic link")] {
        let ran = run_in(folder.path(), &["annotate", "-f", link, "--write"]);
        ran.expect(link, &[3]);
        assert!(ran.stderr.contains(link) && ran.stderr.contains(why), "{}", ran.stderr);
    }
    // A folder with a link to itself is read once.
    fs::create_dir(at("sub")).unwrap();
    symlink("..", at("sub/up")).unwrap();
    fs::write(at("sub/a.yaml"), old()).unwrap();
    let ran = run_in(folder.path(), &["annotate", "-f", "sub", "-R", "--write"]);
    ran.expect("a folder in itself", &[0]);
    assert_eq!(fs::read_to_string(at("sub/a.yaml")).unwrap(), new());
}

#[test]
fn other_hard_links_keep_the_old_content() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("a.yaml"), old()).unwrap();
    fs::hard_link(at("a.yaml"), at("b.yaml")).unwrap();
    fs::hard_link(at("a.yaml"), at("c.yaml")).unwrap();
    run_in(folder.path(), &["annotate", "-f", "a.yaml", "-f", "b.yaml", "--write"]).expect("two names", &[0]);
    let texts: Vec<String> = entries(folder.path()).into_values().collect();
    assert_eq!(texts, [new(), new(), old()]);
}

#[test]
fn a_file_passed_by_several_names_is_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("a.yaml"), old()).unwrap();
    symlink("a.yaml", at("link.yaml")).unwrap();
    let absolute = at("a.yaml");
    let args = [
        "annotate",
        "-f",
        "a.yaml",
        "-f",
        "./a.yaml",
        "-f",
        absolute.to_str().unwrap(),
        "-f",
        ".",
        "-f",
        "link.yaml",
        "--write",
    ];
    run_in(folder.path(), &args).expect("several names", &[0]);
    all_are(folder.path(), 2, &new());
    assert!(at("link.yaml").is_symlink());
}

#[test]
fn modes_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    for mode in [0o600, 0o640, 0o666, 0o755, 0o4755, 0o2755, 0o1644, 0o200 | 0o400] {
        fs::write(&file, old()).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        run_in(folder.path(), &["annotate", "-f", ".", "--write"]).expect("a mode", &[0]);
        assert_eq!(format!("{:o}", file.metadata().unwrap().mode() & 0o7777), format!("{mode:o}"));
        all_are(folder.path(), 1, &new());
        fs::remove_file(&file).unwrap();
    }
}

/// A POSIX access control list as the kernel stores it: version 2, then entries of tag, permissions and id. The tags used
/// here are owner (1), user (2), group (4), mask (16) and others (32).
fn access_list(entries: [(u16, u16, u32); 5]) -> Vec<u8> {
    let mut list = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        list.extend(tag.to_le_bytes());
        list.extend(permissions.to_le_bytes());
        list.extend(id.to_le_bytes());
    }
    list
}

#[test]
fn owner_and_attributes_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    fs::write(&file, old()).unwrap();
    if is_root() {
        std::os::unix::fs::chown(&file, Some(12345), Some(54321)).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o4640)).unwrap();
    } else {
        skip("owners", "only the superuser can change owners");
    }
    let before = file.metadata().unwrap();
    let set = |name: &str, value: &[u8]| match rustix::fs::setxattr(&file, name, value, XattrFlags::empty()) {
        Ok(()) => true,
        Err(error) => {
            skip(name, &error.to_string());
            false
        }
    };
    let access_list =
        access_list([(1, 6, u32::MAX), (2, 4, 1234), (4, 4, u32::MAX), (16, 4, u32::MAX), (32, 0, u32::MAX)]);
    let mut attributes = vec![("user.note", b"kept".to_vec()), ("system.posix_acl_access", access_list)];
    attributes.retain(|(name, value)| set(name, value));
    let mode = file.metadata().unwrap().mode();
    run_in(folder.path(), &["annotate", "-f", ".", "--write"]).expect("an owner", &[0]);
    all_are(folder.path(), 1, &new());
    let after = file.metadata().unwrap();
    assert_ne!(after.ino(), before.ino());
    assert_eq!((after.uid(), after.gid(), after.mode()), (before.uid(), before.gid(), mode));
    for (name, value) in attributes {
        let mut found = vec![0; value.len() + 1];
        let len = rustix::fs::getxattr(&file, name, &mut found[..]).unwrap();
        assert_eq!(found[..len], value, "{name}");
    }
}

#[test]
fn default_access_control_lists_are_not_added() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    fs::write(&file, old()).unwrap();
    let list = access_list([(1, 6, u32::MAX), (2, 6, 1234), (4, 4, u32::MAX), (16, 6, u32::MAX), (32, 0, u32::MAX)]);
    if let Err(error) = rustix::fs::setxattr(folder.path(), "system.posix_acl_default", &list, XattrFlags::empty()) {
        return skip("default access control lists", &error.to_string());
    }
    run_in(folder.path(), &["annotate", "-f", ".", "--write"]).expect("a default list", &[0]);
    all_are(folder.path(), 1, &new());
    let found = rustix::fs::getxattr(&file, "system.posix_acl_access", &mut [0_u8; 100][..]);
    assert_eq!(found, Err(rustix::io::Errno::NODATA));
}

#[test]
fn any_file_name_works() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<OsString> = vec![
        "with spaces.yaml".into(),
        "-x.yaml".into(),
        "--help.yaml".into(),
        "line\nend.yaml".into(),
        "quote'\"$(x).yaml".into(),
        "größe 漢.yaml".into(),
        OsString::from_vec(b"no\xffutf8.yaml".to_vec()),
        OsString::from_vec([&[b'n'; 250][..], b".yaml"].concat()),
    ];
    for name in &names {
        fs::write(folder.path().join(name), old()).unwrap();
    }
    run_in(folder.path(), &["annotate", "-f", ".", "--write"]).expect("a folder of unusual names", &[0]);
    all_are(folder.path(), names.len(), &new());
    for name in &names {
        fs::write(folder.path().join(name), old()).unwrap();
        let mut command = Command::new(PROGRAM);
        command
            .args([OsStr::new("annotate"), OsStr::new("--write"), OsStr::new("--"), name])
            .current_dir(folder.path());
        finish(command, b"").expect(&format!("{name:?}"), &[0]);
    }
    all_are(folder.path(), names.len(), &new());
}

#[test]
fn pipes_and_devices_are_read_but_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.yaml");
    let make = || assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    make();
    for (flag, code) in [("--check", 1), ("--write", 6)] {
        let writer = {
            let pipe = pipe.clone();
            std::thread::spawn(move || fs::write(pipe, old()).unwrap())
        };
        let ran = run_in(folder.path(), &["annotate", "-f", "pipe.yaml", flag]);
        writer.join().unwrap();
        ran.expect(flag, &[code]);
        assert_eq!(ran.stderr.contains("not a regular file"), flag == "--write", "{}", ran.stderr);
        assert!(pipe.symlink_metadata().unwrap().file_type().is_fifo());
    }
    // In a folder, a pipe is not read: it may have no writer.
    let ran = run_in(folder.path(), &["annotate", "-f", "."]);
    ran.expect("a folder with a pipe", &[3]);
    let small = Limits { memory_mib: 256, cpu_seconds: 5 };
    for (device, code) in
        [("/dev/null", 0), ("/dev/zero", 3), ("/dev/urandom", 3), ("/proc/self/status", 0), ("/proc/version", 0)]
    {
        let mut command = limited(PROGRAM, small);
        command.args(["annotate", "-f", device, "--write"]);
        let ran = finish(command, b"");
        ran.expect(device, &[code]);
        assert!(code == 0 || ran.stderr.contains(&format!("{device}:")), "{}", ran.stderr);
    }
}

#[test]
#[ignore = "reads 2 GiB"]
fn endless_input_hits_a_limit() {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -v 6000000; yes 'a: b' | \"$0\" annotate", PROGRAM]);
    let ran = finish(command, b"");
    ran.expect("yes", &[3]);
    assert!(ran.stderr.contains("longer than the limit of 2147483648 bytes"), "{}", ran.stderr);
    let folder = tempfile::tempdir().unwrap();
    let file = fs::File::create(folder.path().join("sparse.yaml")).unwrap();
    file.set_len(1 << 40).unwrap();
    let ran = run_in(folder.path(), &["annotate", "-f", "."]);
    ran.expect("a sparse file", &[3]);
    assert!(ran.stderr.contains("sparse.yaml:1:1: not text: a NUL byte"), "{}", ran.stderr);
}

#[test]
fn a_folder_may_have_a_file_extension() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("x.yaml")).unwrap();
    fs::write(folder.path().join("x.yaml/a.yaml"), old()).unwrap();
    fs::write(folder.path().join("b.yaml"), old()).unwrap();
    run_in(folder.path(), &["annotate", "-f", ".", "--write"]).expect("the parent folder", &[0]);
    assert_eq!(fs::read_to_string(folder.path().join("x.yaml/a.yaml")).unwrap(), old());
    run_in(folder.path(), &["annotate", "-f", "x.yaml", "--write"]).expect("the folder itself", &[0]);
    assert_eq!(fs::read_to_string(folder.path().join("x.yaml/a.yaml")).unwrap(), new());
}
