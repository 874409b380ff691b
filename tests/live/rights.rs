//! Commands only read, and need no right that their published role (plugin/rbac) does not have.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::Home;
use super::server::{Cluster, Server};

/// Group, resource and verb.
type Right = (String, String, String);

fn role(command: &str) -> BTreeSet<Right> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugin/rbac").join(format!("{command}.yaml"));
    let role: Value = serde_yaml::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(role["metadata"]["name"], format!("nativesidecar-{command}"));
    let words = |rule: &Value, key: &str| -> Vec<String> {
        rule[key].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    let mut rights = BTreeSet::new();
    for rule in role["rules"].as_array().unwrap() {
        for group in words(rule, "apiGroups") {
            for resource in words(rule, "resources") {
                rights.extend(words(rule, "verbs").into_iter().map(|verb| (group.clone(), resource.clone(), verb)));
            }
        }
    }
    rights
}

#[test]
fn roles_are_what_commands_ask_for() {
    for (command, runs) in [
        ("policy", &["policy --action warn -n shop"][..]),
        ("precheck", &["precheck"]),
        ("snapshot", &["snapshot"]),
        ("status", &["status -A", "status -n shop", "status -o commands"]),
        ("timeline", &["timeline web-7d9c-x2x4q", "timeline deployment/web"]),
        ("verify", &["verify -A", "verify -n shop deployment/web"]),
    ] {
        let mut used = BTreeSet::new();
        for words in runs {
            let server = Server::of(Cluster::shop());
            let output = Home::of(&server).run(words);
            assert!([0, 1].contains(&output.code), "{words}: {}", output.err);
            for request in server.requests() {
                assert_eq!(request.method, "GET", "{words}: {request:?}");
                used.extend(request.right());
            }
        }
        assert_eq!(used, role(command), "plugin/rbac/{command}.yaml");
    }
}

#[test]
fn a_missing_right_is_named_and_the_rest_answered() {
    let mut cluster = Cluster::shop();
    cluster.forbidden = vec!["/api/v1/nodes", "/apis/batch/v1/jobs"];
    let home = Home::of(&Server::of(cluster));
    let status = home.run("status");
    assert!(status.out.contains("deployment/web"), "{}{}", status.out, status.err);
    assert!(status.err.contains("warning: no right to list nodes"), "{}", status.err);
    assert!(status.err.contains("no right to list jobs.batch in namespace shop"), "{}", status.err);
    let precheck = home.run("precheck");
    assert!(precheck.out.contains("list nodes"), "{}{}", precheck.out, precheck.err);
    assert!(precheck.out.contains("kubectl auth can-i list nodes"), "{}", precheck.out);
}
