//! Clusters that cannot be asked: one line and a hint, exit code 5, and an end.

use std::fs;
use std::net::TcpListener;

use serde_json::json;

use super::server::{Cluster, Fault, Server};
use super::{Home, Output};

/// The message and the hint of a failure.
pub(crate) fn failure(output: &Output) -> (String, String) {
    assert_eq!((output.code, output.out.as_str()), (5, ""), "{}", output.err);
    assert!(!output.err.contains('\u{1b}'), "{:?}", output.err);
    let lines: Vec<&str> = output.err.lines().collect();
    assert_eq!(lines.len(), 2, "{}", output.err);
    let hint = lines[1].strip_prefix("  hint: ").expect(&output.err);
    (lines[0].strip_prefix("error: ").unwrap().to_owned(), hint.to_owned())
}

fn fault(fault: Fault, words: &str) -> (String, String) {
    let server = Server::of(Cluster { fault: Some(fault), ..Cluster::shop() });
    let (message, hint) = failure(&Home::of(&server).run(words));
    assert!(server.requests().len() <= 4, "{:?}", server.requests());
    (message.replace(&server.url, "URL"), hint)
}

#[test]
fn kubeconfigs_that_cannot_be_used() {
    let server = Server::of(Cluster::shop());
    let home = Home::of(&server);
    let file = home.folder.path().join(".kube/config");
    let (message, hint) = failure(&home.run("status --context test"));
    assert_eq!((message.as_str(), hint.as_str()), ("the kubeconfig has no context \"test\"", "available: prod"));
    let (message, _) = failure(&home.run("status --user nobody"));
    assert_eq!(message, "the kubeconfig has no user \"nobody\"");
    let (message, _) = failure(&home.run("status --kubeconfig none"));
    assert!(message.starts_with("none: ") && message.contains("No such file"), "{message}");
    fs::write(&file, "users: [{name: u, user: {token: s3cret\n").unwrap();
    let (message, _) = failure(&home.run("status"));
    assert!(message.contains("config: ") && !message.contains("s3cret"), "{message}");
    fs::write(&file, "apiVersion: v1\nkind: Config\n").unwrap();
    assert_eq!(failure(&home.run("precheck")).0, "the kubeconfig has no current context");
    fs::remove_file(&file).unwrap();
    let (message, hint) = failure(&home.run("timeline web"));
    assert_eq!(message, "no kubeconfig found");
    assert!(hint.contains("-f"), "{hint}");
    assert!(server.requests().is_empty());
}

#[test]
fn files_of_kubeconfig_are_merged_and_may_be_missing() {
    let server = Server::of(Cluster::shop());
    let home = Home::of(&server);
    let list = format!("none:{}", home.folder.path().join(".kube/config").display());
    let home = home.variable("KUBECONFIG", list);
    assert_eq!(home.run("status").code, 0);
    let output = home.variable("KUBECONFIG", "none").run("status");
    assert_eq!(failure(&output).0, "no kubeconfig found");
}

#[test]
fn servers_that_are_not_there() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (message, hint) = failure(&Home::with(&json!({"server": format!("https://{free}")}), &json!({})).run("status"));
    assert!(message.starts_with(&format!("cannot reach https://{free}: Connection refused")), "{message}");
    assert!(hint.contains("kubectl"), "{hint}");
    let (message, _) = failure(&Home::with(&json!({"server": "https://cluster.invalid"}), &json!({})).run("status"));
    assert!(message.starts_with("cannot reach https://cluster.invalid: "), "{message}");
    let plain = Server::of(Cluster::shop()).url.replace("http", "https");
    let (message, _) = failure(&Home::with(&json!({"server": plain}), &json!({})).run("status"));
    assert!(message.contains("does not speak TLS"), "{message}");
}

#[test]
fn servers_that_fail() {
    let (message, hint) = fault(Fault::Silence, "status --request-timeout 1s");
    assert_eq!(message, "URL did not answer within 1 s");
    assert!(hint.contains("--request-timeout"), "{hint}");
    assert!(fault(Fault::Cut, "precheck").0.starts_with("the connection to URL was cut: "));
    let (message, hint) = fault(Fault::Status(401), "precheck");
    assert_eq!(message, "URL does not accept the credentials");
    assert!(hint.contains("log in"), "{hint}");
    for status in [400, 418, 429, 500, 503] {
        let (message, _) = fault(Fault::Status(status), "precheck");
        assert_eq!(message, format!("URL answered {status}: no \\u{{1b}}[2J\\nnow"));
    }
}

#[test]
fn flags_that_exclude_each_other() {
    let home = Home::of(&Server::of(Cluster::shop()));
    fs::write(home.folder.path().join("pods.yaml"), "kind: List\nitems: []\n").unwrap();
    for words in [
        "status -f pods.yaml --kubeconfig x",
        "status -f pods.yaml --context x",
        "timeline -f pods.yaml --as x",
        "status -A -n shop",
        "status -f pods.yaml --watch",
        "status --request-timeout soon",
        "status -l =",
    ] {
        let output = home.run(words);
        assert_eq!(output.code, 2, "{words}: {}{}", output.out, output.err);
    }
}
