//! Streams that end before the program does.

use std::fs;
use std::process::Command;

use crate::outside::{PROGRAM, finish, run_in};
use crate::{all_are, new, old};

#[test]
fn a_reader_that_closes_early_is_not_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.yaml"), format!("---\n{}", old()).repeat(2000)).unwrap();
    for (args, code) in
        [("annotate", 0), ("inject --istio 1.30", 0), ("diff", 1), ("annotate --diff", 1), ("annotate -o name", 0)]
    {
        let script = format!("{{ \"$0\" {args} -f a.yaml -q; echo $? > code; }} | head -n 1");
        let mut command = Command::new("sh");
        command.args(["-c", &script, PROGRAM]).current_dir(folder.path());
        let ran = finish(command, b"");
        assert_eq!(ran.stderr, "", "{args}");
        assert_eq!(String::from_utf8(ran.stdout).unwrap().lines().count(), 1, "{args}");
        assert_eq!(fs::read_to_string(folder.path().join("code")).unwrap().trim(), code.to_string(), "{args}");
    }
}

#[test]
fn closed_streams_do_not_panic() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.yaml"), old()).unwrap();
    for (redirect, args, code) in [
        (">&-", "-f a.yaml", 0),
        ("2>&-", "-f a.yaml", 0),
        ("2>/dev/full", "-f a.yaml -v", 0),
        ("<&-", "-f a.yaml --check", 1),
        ("<&-", "", 0),
        (">&- 2>&- <&-", "-f a.yaml --write", 0),
    ] {
        let script = format!("exec \"$0\" annotate {args} {redirect}");
        let mut command = Command::new("sh");
        command.args(["-c", &script, PROGRAM]).current_dir(folder.path());
        finish(command, b"").expect(&script, &[code]);
    }
    all_are(folder.path(), 1, &new());
}

/// A named pipe can be read only once. Still its workload is injected, and the `ProxyConfig` after it is applied.
#[test]
fn pipes_are_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n  containers: [{name: web, image: web}]\n\
                ---\napiVersion: networking.istio.io/v1beta1\nkind: ProxyConfig\nmetadata: {name: pc, namespace: shop}\nspec:\n  \
                concurrency: 7\n";
    fs::write(folder.path().join("a.yaml"), text).unwrap();
    let script = "mkfifo pipe; cat a.yaml > pipe & exec \"$0\" inject --istio 1.30 -q -f pipe";
    let mut command = Command::new("sh");
    command.args(["-c", script, PROGRAM]).current_dir(folder.path());
    let ran = finish(command, b"");
    ran.expect("a pipe", &[0]);
    let printed = String::from_utf8(ran.stdout).unwrap();
    assert!(printed.contains("name: istio-proxy") && printed.contains("\"concurrency\":7"), "{printed}");
}

#[test]
fn a_folder_as_standard_input_is_an_error() {
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$0\" annotate < /", PROGRAM]);
    let ran = finish(command, b"");
    ran.expect("a folder", &[3]);
    assert!(ran.stderr.contains("<stdin>: "), "{}", ran.stderr);
}

#[test]
fn help_and_version_accept_a_closed_pipe() {
    let folder = tempfile::tempdir().unwrap();
    for args in ["--help", "inject --help", "version"] {
        let script = format!("{{ sleep 0.1; \"$0\" {args}; echo $? > code; }} | true");
        let mut command = Command::new("sh");
        command.args(["-c", &script, PROGRAM]).current_dir(folder.path());
        let ran = finish(command, b"");
        assert_eq!(ran.stderr, "", "{args}");
        while !folder.path().join("code").exists() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert_eq!(fs::read_to_string(folder.path().join("code")).unwrap().trim(), "0", "{args}");
        fs::remove_file(folder.path().join("code")).unwrap();
    }
    run_in(folder.path(), &["version"]).expect("version", &[0]);
}
