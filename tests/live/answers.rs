//! What the commands answer about a cluster.

use std::fs;

use serde_json::{Value, json};

use super::Home;
use super::objects::{owner, pod};
use super::server::{Cluster, Server};

#[test]
fn precheck_asks_the_cluster() {
    let server = Server::of(Cluster::shop());
    let output = Home::of(&server).run("precheck -o json --today 2026-08-01");
    let report: Value = serde_json::from_str(&output.out).expect(&output.err);
    let row = |code: &str| {
        let rows = report["checks"].as_array().unwrap();
        rows.iter().find(|row| row["code"] == code).expect(code).clone()
    };
    assert_eq!((output.code, &report["verdict"]), (0, &json!("ready")), "{}", output.out);
    assert_eq!(row("api-server-version")["seen"], "v1.34.2");
    assert_eq!(row("kubelet-version")["seen"], "v1.34.2");
    assert_eq!(row("istio-version")["status"], "ok");
    assert_eq!(row("permissions")["text"], "everything could be read");
    // Lists that are empty are known to be.
    for code in ["quota", "stuck-jobs"] {
        assert_eq!(row(code)["status"], "ok", "{code}");
    }
}

#[test]
fn files_add_to_what_the_cluster_tells() {
    let server = Server::of(Cluster::shop());
    let cluster = r#"{"type": "Microsoft.ContainerService/ManagedClusters", "id": "/subscriptions/s/resourcegroups/g/providers/Microsoft.ContainerService/managedClusters/prod", "name": "prod", "resourceGroup": "g", "currentKubernetesVersion": "1.34.2", "kubernetesVersion": "1.34", "agentPoolProfiles": []}"#;
    let home = Home::of(&server);
    let both = home.run_with("precheck -f - --context prod --today 2026-08-01", cluster);
    assert!(both.out.contains("everything could be read"), "{}{}", both.out, both.err);
    let files = home.run_with("precheck -f - --today 2026-08-01", cluster);
    assert!(files.out.contains("answered from files"), "{}{}", files.out, files.err);
}

#[test]
fn status_knows_the_mesh_of_the_cluster() {
    let server = Server::of(Cluster::shop());
    let home = Home::of(&server);
    let output = home.run("status -A");
    assert!(output.out.contains("deployment/web"), "{}{}", output.out, output.err);
    let web = output.out.lines().find(|line| line.contains("deployment/web")).unwrap();
    assert_eq!(
        web.split_whitespace().collect::<Vec<_>>(),
        ["shop", "deployment/web", "1", "0", "1", "0", "1", "native", "restart"]
    );
    assert!(!output.err.contains("assumed"), "{}", output.err);
    // Every line of the script names the context.
    let script = home.run("status -n shop -o commands --wave 1").out;
    let commands: Vec<&str> = script.lines().filter(|line| line.starts_with("kubectl")).collect();
    assert_eq!(
        commands,
        [
            "kubectl --context=prod -n shop rollout restart deployment/web",
            "kubectl --context=prod -n shop rollout status deployment/web --timeout=10m"
        ]
    );
    assert_eq!(home.run("status --exit-code").code, 1);
    // Nothing to look at is no success.
    assert_eq!(home.run("status -n empty --exit-code").code, 1);
    // The server selects pods by label.
    assert_eq!(home.run("status -l app=other -o name").out, "");
    // A mesh that is given precedes the cluster's.
    let given = home.run("status --istio 1.30 --istiod-env ENABLE_NATIVE_SIDECARS=false --exit-code");
    assert_eq!(given.code, 0, "{}{}", given.out, given.err);
}

#[test]
fn manifests_are_decided_by_the_mesh_of_the_cluster() {
    const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n\
                       spec: {template: {spec: {containers: [{name: web, image: web}]}}}\n";
    let server = Server::of(Cluster::shop());
    let home = Home::of(&server);
    fs::write(home.folder.path().join("web.yaml"), WEB).unwrap();
    fs::write(home.folder.path().join("mesh.yaml"), home.run("snapshot").out).unwrap();
    let proxy = |output: super::Output| {
        let answer: Value = serde_json::from_str(&output.out).expect(&output.err);
        (answer["workloads"][0]["proxy"].clone(), answer["workloads"][0]["reasons"].clone(), answer["assumed"].clone())
    };
    let live = proxy(home.run("explain -f web.yaml --from-cluster -o json"));
    assert_eq!(live.0, json!("native"));
    assert_eq!(live, proxy(home.run("explain -f web.yaml --mesh-file mesh.yaml -o json")));
    for words in [
        "explain -f web.yaml --context prod",
        "explain -f web.yaml --from-cluster --to 1.31",
        "diff -f web.yaml --from-cluster --mesh-file mesh.yaml",
    ] {
        assert_eq!(home.run(words).code, 2, "{words}");
    }
}

#[test]
fn a_watch_of_status_ends_when_nothing_is_left() {
    let mut cluster = Cluster::shop();
    cluster.empty("/api/v1/pods");
    let output = Home::of(&Server::of(cluster)).run("status --watch");
    assert_eq!(output.code, 0, "{}{}", output.out, output.err);
    assert!(output.out.contains("no-pods") || output.err.contains("nothing to do"), "{}{}", output.out, output.err);
}

#[test]
fn timeline_asks_for_the_pod_alone_or_for_those_of_a_workload() {
    let server = Server::of(Cluster::shop());
    let home = Home::of(&server);
    let one = home.run("timeline web-7d9c-x2x4q");
    assert!(one.out.contains("istio-proxy"), "{}{}", one.out, one.err);
    let asked: Vec<String> = server.requests().into_iter().map(|request| request.path).collect();
    let log = "/api/v1/namespaces/shop/pods/web-7d9c-x2x4q/log";
    assert_eq!(asked, ["/api/v1/namespaces/shop/pods", "/api/v1/namespaces/shop/events", log]);
    assert_eq!(server.requests()[0].query["fieldSelector"], "metadata.name=web-7d9c-x2x4q");
    let all = home.run("timeline deployment/web -o json");
    assert!(all.out.contains("web-7d9c-x2x4q"), "{}{}", all.out, all.err);
    let none = home.run("timeline other");
    assert_eq!((none.code, none.err.as_str()), (3, "error: pod other is not among the objects\n"));
}

#[test]
fn timeline_reads_the_logs_of_proxies() {
    let log = "2026-11-20T08:00:05.5Z\tinfo\tversion 1.30\n2026-11-20T08:00:07.5Z\tinfo\tEnvoy proxy is ready\n";
    let mut cluster = Cluster::shop();
    cluster.logs.insert("web-7d9c-x2x4q".to_owned(), log.to_owned());
    let output = Home::of(&Server::of(cluster.clone())).run("timeline deployment/web");
    assert!(output.out.contains("log: Envoy is ready"), "{}{}", output.out, output.err);
    assert_eq!(output.err, "");
    // Of a long log, the end is read, too.
    let with_requests = format!("{log}{}", "x\n".repeat(70 << 10));
    cluster.logs.insert("web-7d9c-x2x4q".to_owned(), with_requests);
    let server = Server::of(cluster.clone());
    Home::of(&server).run("timeline deployment/web");
    let parts: Vec<_> = server.requests().into_iter().filter(|request| request.path.ends_with("/log")).collect();
    assert_eq!(parts.len(), 2, "{parts:?}");
    assert_eq!((parts[0].query["limitBytes"].as_str(), parts[1].query["tailLines"].as_str()), ("131072", "500"));
    cluster.forbidden = vec!["pods/log"];
    let output = Home::of(&Server::of(cluster)).run("timeline deployment/web");
    assert!(output.out.contains("istio-proxy"), "{}{}", output.out, output.err);
    assert!(output.err.contains("no right to get pods/log in namespace shop"), "{}", output.err);
}

#[test]
fn names_and_messages_cannot_reach_the_terminal_raw() {
    let mut cluster = Cluster::shop();
    let hostile = "web\u{1b}[2J\u{7}\n::error::x";
    cluster.put(owner("apps/v1", "Deployment", hostile, None));
    cluster.put(pod(&format!("{hostile}-1"), &["istio-proxy", hostile], ("apps/v1", "Deployment", hostile)));
    cluster.put(json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "shop"}, "reason": "FailedCreate",
        "involvedObject": {"apiVersion": "apps/v1", "kind": "Deployment", "name": hostile, "namespace": "shop"},
        "message": "no \u{1b}]0;title\u{7}", "lastTimestamp": "2026-11-20T08:00:00Z",
    }));
    cluster.forbidden = vec!["/apis/batch/v1/jobs"];
    let home = Home::of(&Server::of(cluster));
    for words in ["status -o wide", "status -o commands", "status -o name", "precheck", "timeline"] {
        let output = home.run(words);
        let all = format!("{}{}", output.out, output.err);
        assert!(all.contains("\\u{1b}") || words == "precheck", "{words}: {all}");
        assert!(!all.contains(['\u{1b}', '\u{7}']), "{words}: {all:?}");
        assert!(!all.lines().any(|line| line.starts_with("::")), "{words}: {all:?}");
    }
}

/// A pod as large as those of a cluster are.
fn real_sized(number: usize) -> Value {
    let mut pod = pod(&format!("web-{number}"), &["web", "istio-proxy"], ("apps/v1", "ReplicaSet", "web-7d9c"));
    let variables: Vec<Value> =
        (0..60).map(|n| json!({"name": format!("VARIABLE_{n}"), "value": "x".repeat(80)})).collect();
    pod["spec"]["containers"][1]["env"] = variables.into();
    pod["metadata"]["managedFields"] = json!([{"manager": "kubelet", "fieldsV1": {"f:status": "x".repeat(5000)}}]);
    pod["metadata"]["annotations"] = json!({"sidecar.istio.io/status": "x".repeat(500)});
    pod
}

#[test]
#[ignore = "takes long without optimization"]
fn ten_thousand_pods_need_little_memory() {
    let mut cluster = Cluster::shop();
    for number in 0..10_000 {
        cluster.put(real_sized(number));
    }
    let size = real_sized(0).to_string().len();
    let server = Server::of(cluster);
    let home = Home::of(&server);
    let mut child = home.command("status -o name").stdout(std::process::Stdio::null()).spawn().unwrap();
    let file = format!("/proc/{}/status", child.id());
    let start = std::time::Instant::now();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(&file).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        peak = peak.max(line.trim().trim_end_matches(" kB").parse().unwrap_or(0));
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let requests = server.requests().len();
    eprintln!("10,000 pods of {size} bytes: {} MiB, {requests} requests, {:?}", peak / 1024, start.elapsed());
    assert!(peak < 100 << 10, "{peak} kB");
}
