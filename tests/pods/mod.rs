//! Random pods that Kubernetes would accept.

#![allow(unreachable_pub, clippy::unwrap_used, reason = "test crates share it")]

use nativesidecar::inject::Group;
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

/// A random subset of these fields.
fn fields(all: &[(&'static str, Value)]) -> impl Strategy<Value = Map<String, Value>> + use<> {
    let all: Vec<_> = all.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    subsequence(all.clone(), 0..=all.len()).prop_map(|some| some.into_iter().collect())
}

fn probe() -> impl Strategy<Value = Value> {
    let port = || select(vec![json!(8080), json!("http"), json!("nowhere"), json!(15020)]);
    prop_oneof![
        (port(), fields(&[("path", json!("/x")), ("scheme", json!("HTTPS")), ("host", json!("h"))])).prop_map(
            |(port, mut get)| {
                get.insert("port".to_owned(), port);
                json!({"httpGet": get, "timeoutSeconds": 2})
            }
        ),
        port().prop_map(|port| json!({"tcpSocket": {"port": port}})),
        Just(json!({"grpc": {"port": 90}, "periodSeconds": 3})),
        Just(json!({"exec": {"command": ["true"]}})),
    ]
}

fn container(name: String) -> impl Strategy<Value = Value> {
    let rest = fields(&[
        ("ports", json!([{"name": "http", "containerPort": 8080}, {"containerPort": 53, "protocol": "UDP"}])),
        ("env", json!([{"name": "A", "value": "1"}, {"name": "B", "value": ""}])),
        ("resources", json!({"limits": {"cpu": "2000m"}})),
        ("volumeMounts", json!([{"name": "data", "mountPath": "/data"}])),
    ]);
    (rest, weighted(0.4, probe()), weighted(0.4, probe()), weighted(0.3, probe())).prop_map(
        move |(rest, liveness, readiness, handler)| {
            let mut out = Map::from_iter([("name".to_owned(), json!(name)), ("image".to_owned(), json!("app:1"))]);
            out.extend(rest);
            for (key, probe) in [("livenessProbe", liveness), ("readinessProbe", readiness)] {
                out.extend(probe.map(|probe| (key.to_owned(), probe)));
            }
            if let Some(mut handler) = handler.filter(|handler| handler.get("grpc").is_none()) {
                handler.as_object_mut().unwrap().remove("timeoutSeconds");
                out.insert("lifecycle".to_owned(), json!({"preStop": handler}));
            }
            Value::Object(out)
        },
    )
}

/// The user's settings for a container that Istio adds.
fn overrides(name: &'static str) -> impl Strategy<Value = Value> {
    let settings = fields(&[
        ("args", json!(["mine"])),
        ("env", json!([{"name": "MINE", "value": "1"}, {"name": "TRUST_DOMAIN", "value": "mine"}])),
        ("resources", json!({"requests": {"cpu": "5m"}})),
        ("securityContext", json!({"runAsUser": 1234, "privileged": false})),
        ("volumeMounts", json!([{"name": "data", "mountPath": "/data", "readOnly": true}])),
        ("lifecycle", json!({"preStop": {"exec": {"command": ["sleep", "5"]}}})),
        ("livenessProbe", json!({"httpGet": {"path": "/mine", "port": 15021}})),
        ("tty", json!(true)),
    ]);
    (settings, any::<bool>()).prop_map(move |(mut settings, auto)| {
        settings.insert("name".to_owned(), name.into());
        settings.insert("image".to_owned(), if auto { "auto" } else { "mine:1" }.into());
        Value::Object(settings)
    })
}

/// A pod with annotations, containers, init containers, and sometimes settings for the containers that Istio adds.
pub fn pod() -> impl Strategy<Value = Value> {
    let annotations = fields(&[
        ("prometheus.io/scrape", json!("true")),
        ("prometheus.io/port", json!("9090")),
        ("prometheus.io/path", json!("/m")),
        ("prometheus.istio.io/merge-metrics", json!("false")),
        ("sidecar.istio.io/rewriteAppHTTPProbers", json!("false")),
        ("status.sidecar.istio.io/port", json!("15022")),
        ("sidecar.istio.io/interceptionMode", json!("TPROXY")),
        ("sidecar.istio.io/proxyCPU", json!("10m")),
        ("proxy.istio.io/config", json!("holdApplicationUntilProxyStarts: true\nproxyMetadata: {A: b}")),
        ("sidecar.istio.io/userVolume", json!("{\"extra\": {\"emptyDir\": {}}}")),
        ("team", json!("shop")),
    ]);
    let named = |prefix: &'static str, count: std::ops::Range<usize>| {
        count.prop_flat_map(move |count| (0..count).map(|i| container(format!("{prefix}{i}"))).collect::<Vec<_>>())
    };
    let proxy = weighted(0.5, (overrides("istio-proxy"), any::<prop::sample::Index>()));
    let parts = (annotations, named("app", 1..4), named("init", 0..3), proxy, weighted(0.2, overrides("istio-init")));
    (parts, vec(select(vec!["data", "logs"]), 0..2)).prop_map(|((annotations, apps, inits, proxy, init), volumes)| {
        let (mut apps, mut inits) = (apps, inits);
        if let Some((proxy, index)) = proxy {
            let index = index.index(apps.len() + 1);
            apps.insert(index, proxy);
        }
        inits.extend(init);
        let mut spec = Map::new();
        for (group, list) in [(Group::Containers, apps), (Group::InitContainers, inits)] {
            if !list.is_empty() {
                spec.insert(group.key().to_owned(), list.into());
            }
        }
        if let Some(name) = volumes.first() {
            spec.insert("volumes".to_owned(), json!([{"name": name, "configMap": {"name": "c"}}]));
        }
        json!({"metadata": {"annotations": annotations, "labels": {"app": "web"}}, "spec": spec})
    })
}
