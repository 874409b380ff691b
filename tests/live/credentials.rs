//! Plugins for credentials, and proxies.

use std::fs;

use serde_json::json;

use super::server::{Cluster, Server};
use super::{Home, script};

/// A home whose user has credentials from a plugin, which is written to the file `plugin`.
fn home_with_plugin(server: &Server, text: &str, mode: &str) -> Home {
    let exec = |command: String| {
        json!({"exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1", "command": command, "args": ["get-token"],
            "env": [{"name": "LOGIN", "value": "azurecli"}], "interactiveMode": mode,
            "installHint": "brew install\n  Azure/kubelogin/kubelogin",
        }})
    };
    let folder = tempfile::tempdir().unwrap();
    let plugin = folder.path().join("plugin");
    if !text.is_empty() {
        script(&plugin, text);
    }
    let home = Home::with(&json!({"server": server.url}), &exec(plugin.display().to_string()));
    // The plugin lives as long as the test.
    std::mem::forget(folder);
    home
}

#[test]
fn a_plugin_runs_once_and_cannot_read_standard_input() {
    let server = Server::of(Cluster::shop());
    let credential =
        r#"{"kind":"ExecCredential","status":{"token":"t0ken","expirationTimestamp":"2099-01-01T00:00:00Z"}}"#;
    let text = format!(
        "#!/bin/sh\necho run >> runs\ncat > stdin\necho \"$LOGIN $1 $KUBERNETES_EXEC_INFO\" > info\necho '{credential}'\n"
    );
    let home = home_with_plugin(&server, &text, "IfAvailable");
    let nodes = "apiVersion: v1\nkind: Node\nmetadata: {name: other}\nstatus: {nodeInfo: {kubeletVersion: v1.27.1}}\n";
    let output = home.run_with("precheck -f - --context prod", nodes);
    assert!(output.out.contains("v1.27.1"), "{}{}", output.out, output.err);
    let file = |name: &str| fs::read_to_string(home.folder.path().join(name)).unwrap();
    assert_eq!((file("runs").as_str(), file("stdin").as_str()), ("run\n", ""));
    assert!(file("info").starts_with("azurecli get-token {"), "{}", file("info"));
    assert!(file("info").contains("\"interactive\":false"), "{}", file("info"));
    assert!(server.requests().iter().all(|request| request.head.contains("authorization: bearer t0ken")));
}

#[test]
fn a_plugin_that_fails_is_an_error_with_a_hint() {
    let server = Server::of(Cluster::shop());
    let run = |text: &str, mode: &str| {
        let output = home_with_plugin(&server, text, mode).run("status");
        assert_eq!((output.code, output.out.as_str()), (5, ""), "{}", output.err);
        output.err
    };
    let missing = run("", "IfAvailable");
    assert!(missing.contains("cannot get credentials: cannot run "), "{missing}");
    assert!(missing.contains("hint: brew install Azure/kubelogin/kubelogin\n"), "{missing}");
    let failed = run("#!/bin/sh\necho AADSTS700082 >&2\nexit 3\n", "Never");
    assert!(failed.starts_with("AADSTS700082\n"), "{failed}");
    assert!(failed.contains("plugin failed (exit status: 3)\n  hint: kubectl runs it, too"), "{failed}");
    assert!(run("#!/bin/sh\necho nothing\n", "Never").contains("printed no ExecCredential"));
    assert!(run("#!/bin/sh\necho '{}'\n", "Never").contains("neither a token nor a certificate"));
    assert!(run("#!/bin/sh\n", "Always").contains("requires a terminal"));
    assert!(server.requests().is_empty());
}

#[test]
fn a_plugin_that_does_not_end_is_killed_with_what_it_started() {
    let server = Server::of(Cluster::shop());
    // The plugin ends in the second case, but what it started holds its output.
    for text in ["#!/bin/sh\nsleep 600\n", "#!/bin/sh\nsleep 600 &\n"] {
        // Standard error is a pipe, which the run waits for: nothing may hold it.
        let output = home_with_plugin(&server, text, "IfAvailable").run("status --request-timeout 1s");
        assert_eq!((output.code, output.out.as_str()), (5, ""), "{}", output.err);
        assert!(output.err.contains("plugin did not end within 1 s\n  hint: log in first"), "{}", output.err);
    }
}

#[test]
fn the_proxy_is_the_one_that_kubectl_would_use() {
    let server = Server::of(Cluster::shop());
    let proxy = Server::of(Cluster::shop());
    let cluster = json!({"server": server.url, "proxy-url": proxy.url});
    let output = Home::with(&cluster, &json!({})).run("status");
    assert_eq!(output.code, 0, "{}", output.err);
    let connect = &proxy.requests()[0];
    assert_eq!((connect.method.as_str(), connect.path.as_str()), ("CONNECT", server.address.to_string().as_str()));
    assert!(server.requests().is_empty());
    // A proxy in the environment is not for this machine, and what is wrong with it does not matter.
    for (name, value) in [("HTTP_PROXY", "http://127.0.0.1:9"), ("HTTPS_PROXY", ":bad:"), ("NO_PROXY", "a b")] {
        let output = Home::of(&server).variable(name, value).run("status");
        assert_eq!(output.code, 0, "{name}: {}", output.err);
    }
    let elsewhere = Home::with(&json!({"server": "http://cluster.invalid"}), &json!({}));
    let output = elsewhere.variable("HTTP_PROXY", format!("{}", proxy.address)).run("status");
    assert_eq!(output.code, 0, "{}", output.err);
}
