//! `diff --to`: workloads that change alike are one group, and the command that it prints keeps today's proxies.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_kubectl-nativesidecar");

fn diff(folder: &Path, args: &[&str]) -> Output {
    Command::new(PROGRAM).arg("diff").args(args).current_dir(folder).output().unwrap()
}

fn preview(folder: &Path, args: &[&str]) -> Value {
    let output = diff(folder, &[args, &["-o", "json", "--no-config"]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A Deployment with names, ports, labels and probes of its own, like all with another number.
fn deployment(n: usize) -> String {
    let second =
        if n.is_multiple_of(3) { format!("      - {{name: side-{n}, image: side:1}}\n") } else { String::new() };
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-{n}
  namespace: team-{team}
spec:
  selector:
    matchLabels: {{app: web-{n}}}
  template:
    metadata:
      labels: {{app: web-{n}, version: v{n}}}
    spec:
      serviceAccountName: account-{n}
      containers:
      - name: app-{n}
        image: registry.example.com/web:{n}
        ports:
        - containerPort: {port}
        readinessProbe:
          httpGet: {{path: /ready/{n}, port: {port}}}
        livenessProbe:
          tcpSocket: {{port: {port}}}
{second}",
        team = n % 7,
        port = 8000 + n
    )
}

#[test]
fn workloads_that_change_alike_are_one_group() {
    let folder = tempfile::tempdir().unwrap();
    let mut documents = String::new();
    (0..300).for_each(|n| writeln!(documents, "---\n{}", deployment(n)).unwrap());
    fs::write(folder.path().join("web.yaml"), documents).unwrap();
    for flags in [
        &["--istio", "1.26", "--to", "1.30"][..],
        &["--istio", "1.27", "--node-version", "v1.32.4", "--to-node-version", "v1.33.1"],
        &["--istio", "1.30", "--node-version", "v1.34.0", "--to-revision", "canary"],
    ] {
        let preview = preview(folder.path(), &[&["-f", "web.yaml"], flags].concat());
        let groups = preview["groups"].as_array().unwrap();
        assert_eq!(groups.len(), 1, "{flags:?}: {groups:#?}");
        assert_eq!((&groups[0]["count"], &groups[0]["representative"]["name"]), (&300.into(), &"web-0".into()));
        assert!(preview["workloads"].as_array().unwrap().iter().all(|workload| workload["group"] == 1));
    }
}

#[test]
fn a_list_has_the_groups_of_its_items() {
    let folder = tempfile::tempdir().unwrap();
    let (mut documents, mut list) = (String::new(), "apiVersion: v1\nkind: List\nitems:\n".to_owned());
    for n in 0..400 {
        let mut text = deployment(n);
        if n % 5 == 0 {
            text = text.replace(
                "labels: {app",
                "annotations: {sidecar.istio.io/nativeSidecar: \"false\"}\n      labels: {app",
            );
        }
        if n == 390 {
            // One that istiod refuses.
            text = text.replace("labels: {app", "annotations: {status.sidecar.istio.io/port: x}\n      labels: {app");
        }
        writeln!(documents, "---\n{text}").unwrap();
        writeln!(list, "- {}", text.trim_end().replace('\n', "\n  ")).unwrap();
    }
    fs::write(folder.path().join("documents.yaml"), documents).unwrap();
    fs::write(folder.path().join("list.yaml"), list).unwrap();
    let [documents, list] = ["documents.yaml", "list.yaml"].map(|file| {
        let args = ["-f", file, "--no-config", "--istio", "1.26", "--to", "1.30", "-o", "json"];
        let output = diff(folder.path(), &args);
        assert_eq!(output.status.code(), Some(3));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    });
    for part in [["totals", "changed"], ["totals", "flips"], ["totals", "undecided"], ["totals", "groups"]] {
        assert_eq!(documents[part[0]][part[1]], list[part[0]][part[1]], "{part:?}");
    }
    assert_eq!(list["totals"]["undecided"], 1);
    for (index, workload) in list["workloads"].as_array().unwrap().iter().enumerate() {
        assert_eq!((&workload["item"], &workload["name"]), (&index.into(), &format!("web-{index}").into()));
    }
    for (one, other) in documents["groups"].as_array().unwrap().iter().zip(list["groups"].as_array().unwrap()) {
        assert_eq!((&one["count"], &one["changes"]), (&other["count"], &other["changes"]));
        assert_eq!(one["representative"]["name"], other["representative"]["name"]);
    }
}

#[test]
fn a_group_has_the_diff_of_its_first_workload() {
    let folder = tempfile::tempdir().unwrap();
    let text = |n: usize| match n % 5 {
        0 => {
            deployment(n).replace("labels: {app", "annotations: {sidecar.istio.io/inject: 'true'}\n      labels: {app")
        }
        1 => deployment(n).replace("labels: {app", "labels: {sidecar.istio.io/inject: 'false', app"),
        _ if n > 70 => deployment(n)
            .replace("labels: {app", "annotations: {sidecar.istio.io/nativeSidecar: 'false'}\n      labels: {app"),
        _ => deployment(n),
    };
    // Files of one workload each, then many documents and a List, which are processed in several pieces.
    (0..40).for_each(|n| fs::write(folder.path().join(format!("a{n:02}.yaml")), text(n)).unwrap());
    let (mut documents, mut list) = (String::new(), "apiVersion: v1\nkind: List\nitems:\n".to_owned());
    (40..100).for_each(|n| writeln!(documents, "---\n{}", text(n)).unwrap());
    (100..160).for_each(|n| writeln!(list, "- {}", text(n).trim_end().replace('\n', "\n  ")).unwrap());
    fs::write(folder.path().join("b.yaml"), documents).unwrap();
    fs::write(folder.path().join("c.yaml"), list).unwrap();

    let args = ["-f", ".", "--istio", "1.26", "--to", "1.30"];
    let all = diff(folder.path(), &[&args[..], &["-v", "--no-config"]].concat());
    let all = String::from_utf8(all.stdout).unwrap();
    let preview = preview(folder.path(), &args);
    let groups = preview["groups"].as_array().unwrap();
    assert!(groups.len() > 1, "{groups:#?}");
    for group in groups {
        let (of, diff) = (&group["representative"], group["diff"].as_str().unwrap());
        let place = format!(
            "--- {}:{}: deployment/{} (",
            of["file"].as_str().unwrap(),
            of["line"],
            of["name"].as_str().unwrap()
        );
        assert!(diff.starts_with(&place) && all.contains(diff), "{place}\n{diff}");
    }
    let changed = preview["totals"]["changed"].as_u64().unwrap();
    assert_eq!(u64::try_from(all.matches("\n--- ").count()).unwrap(), changed);
}

#[test]
fn a_manifest_that_is_injected_has_the_changes_of_its_original() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("web.yaml"), deployment(1)).unwrap();
    let args =
        ["inject", "-f", "web.yaml", "--no-config", "--mode", "mesh", "--istio", "1.28", "--node-version", "v1.32.0"];
    let injected = Command::new(PROGRAM).args(args).current_dir(folder.path()).output().unwrap();
    fs::write(folder.path().join("injected.yaml"), injected.stdout).unwrap();
    let [original, injected] = ["web.yaml", "injected.yaml"].map(|file| {
        let preview = preview(folder.path(), &["-f", file, "--istio", "1.26", "--to", "1.30"]);
        preview["groups"][0]["changes"].clone()
    });
    assert_eq!(original, injected);
}

/// The command is run by a shell, in a folder and with a file whose names need quotes.
#[cfg(unix)]
#[test]
fn the_command_that_is_shown_keeps_the_proxies_of_today() {
    for flags in [
        &["--istio", "1.26", "--to", "1.30"][..],
        &["--istio=1.26", "--to=1.27", "--to-node-version", "v1.33.1", "-U", "1", "--color", "never"],
        // What diff assumes is part of the command.
        &["--to", "1.26"],
        &["--istio", "1.28", "--to", "1.26", "--set", "global.proxy.logLevel=it's $HOME"],
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("it's $HOME")).unwrap();
        fs::write(folder.path().join("it's $HOME/a b.yaml"), deployment(1)).unwrap();
        let run = || diff(folder.path(), &[&["it's $HOME/a b.yaml", "--no-config"], flags].concat());
        let before = String::from_utf8(run().stdout).unwrap();
        let command = before.lines().skip_while(|line| !line.starts_with("to keep today's proxies")).nth(1);
        let command = command.unwrap_or_else(|| panic!("{flags:?}: {before}"));
        let script = format!("kubectl() {{ shift; {PROGRAM} \"$@\"; }}\n{command}");
        let status = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).status().unwrap();
        assert!(status.success(), "{command}");
        let after = String::from_utf8(run().stdout).unwrap();
        assert!(after.contains("no proxy flips") && !after.contains("today's proxies"), "{command}: {after}");
    }
}
