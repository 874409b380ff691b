#![allow(clippy::string_slice, reason = "a case that cannot be cut fails")]

use lossless_yaml::{Tree, split};
use serde_json::json;

use super::*;
use crate::istio::mesh_file::{File, MeshFile};

/// Objects as the API server returns them, with what changes by itself and what is secret.
fn cluster() -> Vec<Value> {
    let map = |name: &str, namespace: &str, data: Value| {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "data": data, "metadata": {
            "name": name, "namespace": namespace, "resourceVersion": "7", "uid": "0-0", "managedFields": [{"manager": "helm"}],
            "annotations": {"meta.helm.sh/release-name": "istiod"}, "labels": {"istio.io/rev": "default"},
        }})
    };
    let injector = json!({
        "config": "policy: enabled\ntemplates:\n  sidecar: |\n    spec: {}\n",
        "values": "{\"global\": {\"tag\": \"1.30.3\"}}",
        "merged-values": "{}",
    });
    let mesh = json!({"mesh": "trustDomain: example.org\n", "meshNetworks": "networks: {}"});
    let istiod = json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "istiod", "namespace": "istio-system", "labels": {"app": "istiod"}, "generation": 3},
        "spec": {"replicas": 2, "template": {"metadata": {"labels": {"app": "istiod"}}, "spec": {"containers": [
            {"name": "discovery", "image": "istio/pilot:1.30.3", "args": ["discovery"], "env": [
                {"name": "ENABLE_NATIVE_SIDECARS", "value": "true"},
                {"name": "CA_TOKEN", "value": "c2VjcmV0"},
                {"name": "db_pass", "value": "c2VjcmV0"},
                {"name": "HTTPS_PROXY", "value": "http://user:c2VjcmV0@proxy:3128"},
                {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "k"}}},
            ]},
        ]}}},
        "status": {"readyReplicas": 2},
    });
    let webhook = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "istio-sidecar-injector", "labels": {"istio.io/rev": "default"}},
        "webhooks": [{
            "name": "rev.namespace.sidecar-injector.istio.io", "namespaceSelector": {"matchLabels": {"istio-injection": "enabled"}},
            "clientConfig": {"caBundle": "Q0E=", "service": {"name": "istiod", "namespace": "istio-system", "path": "/inject"}},
        }],
    });
    let node = json!({"apiVersion": "v1", "kind": "Node",
        "metadata": {"name": "n1", "labels": {"kubernetes.io/os": "linux", "node-image": "202611"}, "annotations": {"a": "b"}},
        "status": {"conditions": [{"type": "Ready", "lastHeartbeatTime": "2026-11-30T08:00:00Z"}], "images": [{"names": ["i"]}],
            "nodeInfo": {"kubeletVersion": "v1.34.2", "bootID": "0", "operatingSystem": "linux"}},
    });
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "status": {"phase": "Active"},
        "metadata": {"name": "shop", "labels": {"istio-injection": "enabled"},
            "annotations": {"openshift.io/sa.scc.uid-range": "1000/1000", "cattle.io/status": "{}"}},
    });
    let account = |name: &str, more: Value| {
        let mut account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "secrets": [{"name": "token-1"}],
            "metadata": {"name": name, "namespace": "shop"}});
        account.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        account
    };
    vec![
        node,
        namespace,
        map("istio-sidecar-injector", "istio-system", injector),
        map("istio", "istio-system", mesh),
        map("istio-ca-root-cert", "shop", json!({"root-cert.pem": "PEM"})),
        istiod,
        webhook,
        account("web", json!({"imagePullSecrets": [{"name": "registry"}]})),
        account("default", json!({})),
        json!({"apiVersion": "networking.istio.io/v1beta1", "kind": "ProxyConfig", "spec": {"concurrency": 3},
            "metadata": {"name": "all", "namespace": "shop", "creationTimestamp": "2026-01-01T00:00:00Z"}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "registry"}, "data": {"a": "c2VjcmV0"}}),
    ]
}

fn snapshot(objects: &[Value]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for object in objects {
        snapshot.take(object);
    }
    snapshot
}

/// What a mesh file with this text contains, without the places of its objects.
fn read(text: &str) -> MeshFile {
    let file = File { name: "mesh.yaml".to_owned(), text: text.to_owned() };
    MeshFile::read(&[file], "default").unwrap()
}

#[test]
fn a_snapshot_says_what_the_cluster_says() {
    let mut objects = cluster();
    objects[1]["metadata"]["annotations"].as_object_mut().unwrap().remove("cattle.io/status");
    let whole: Vec<String> = objects.iter().map(Value::to_string).collect();
    let snapshot = snapshot(&objects).text();
    let mut from_cluster = read(&whole.join("\n"));
    let mut from_snapshot = read(&snapshot);
    for plane in from_cluster.control_planes.iter_mut().chain(&mut from_snapshot.control_planes) {
        plane.env.as_mut().unwrap().retain(|_, value| !value.contains("c2VjcmV0"));
    }
    assert_eq!(from_snapshot.control_planes.len(), 1);
    assert_eq!(from_snapshot, from_cluster);
}

#[test]
fn what_is_secret_or_changes_by_itself_is_left_out() {
    let text = snapshot(&cluster()).text();
    for absent in [
        "c2VjcmV0",
        "PEM",
        "caBundle",
        "token-1",
        "resourceVersion",
        "uid: ",
        "managedFields",
        "lastHeartbeat",
        "generation",
        "replicas",
        "status:\n  phase",
        "202611",
        "cattle",
        "bootID",
        "merged-values",
        "helm",
        "null",
    ] {
        assert!(!text.contains(absent), "{absent} is in {text}");
    }
    assert!(text.contains("secretKeyRef"), "{text}");
}

#[test]
fn the_order_of_objects_does_not_matter() {
    let mut objects = cluster();
    let text = snapshot(&objects).text();
    objects.reverse();
    assert_eq!(snapshot(&objects).text(), text);
    // Nor does what kubectl printed it as.
    let documents = split(text.as_bytes()).into_iter().map(|document| {
        let tree = Tree::parse(text.get(document.range).unwrap(), 1).unwrap();
        tree.value(tree.root().unwrap()).unwrap()
    });
    assert_eq!(snapshot(&documents.collect::<Vec<_>>()).text(), text);
}

#[test]
fn objects_are_counted() {
    let snapshot = snapshot(&cluster());
    assert_eq!(Kind::ALL.map(|kind| snapshot.count(kind)), [2, 1, 0, 1, 1, 1, 0, 1, 1]);
    assert!(snapshot.has_injector());
    assert!(Snapshot::default().is_empty());
}

#[test]
fn planted_secrets_are_redacted_and_the_rest_stays() {
    let map = |name: &str, data: Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "data": data, "metadata": {"name": name, "namespace": "istio-system"}});
    let mesh = "# kept\nextensionProviders:\n- name: authz\n  envoyExtAuthzHttp:\n    includeAdditionalHeadersInCheck: {x-any: s3cret}\n\
        - name: otel\n  opentelemetry:\n    serviceAttributeEnrichment: OTEL_SEMANTIC_CONVENTIONS\n    http:\n      headers: [{name: auth, value: s3cret}]\n\
        caCertificates: [{pem: s3cret}]\nconfigSources: [{address: 'xds://s3cret'}]\ntrustDomain: example.org\n\
        defaultConfig:\n  discoveryAddress: istiod.istio-system.svc:15012\n  tracing: {lightstep: {address: 'a:1', accessToken: s3cret}}\n\
        \u{20} proxyMetadata: {DB_PASSWORD: s3cret, TOKEN_FILE: /var/token, EMPTY_TOKEN: '', API_KEY: s3cret, UPSTREAM: 'https://u:s3cret@proxy.example/x', MODE: plain}\n";
    let values = json!({
        "global": {"tag": "1.30.3", "jwtPolicy": "third-party-jwt", "imagePullSecrets": ["registry"], "sds": {"token": {"aud": "istio-ca"}}},
        "pilot": {"env": {"LICENSE_TOKEN": "s3cret"}},
    });
    let objects = vec![
        map("istio", json!({"mesh": mesh})),
        map(
            "istio-sidecar-injector",
            json!({"config": "templates:\n  sidecar: |\n    image: https://u:s3cret@hub.example/x\n", "values": values.to_string()}),
        ),
        map("istio-canary", json!({"mesh": "token: s3cret\n  bad: [\n"})),
        json!({"apiVersion": "networking.istio.io/v1beta1", "kind": "ProxyConfig", "metadata": {"name": "p", "namespace": "shop"},
            "spec": {"environmentVariables": {"SESSION": "eyJhbGciOiJub25lIn0.s3cret.c2ln", "githubToken": "s3cret", "LEVEL": "debug"}}}),
        json!({"apiVersion": "operator.kyma-project.io/v1alpha2", "kind": "Istio", "metadata": {"name": "default", "namespace": "kyma-system"},
            "spec": {"compatibilityMode": true, "config": {"authorizers": [{"headers": {"inCheck": {"add": {"x-any": "s3cret"}}}}]}}}),
        json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": {"name": "other"},
            "webhooks": [{"name": "a.example", "clientConfig": {"url": "https://u:s3cret@hook.example/mutate"}}]}),
    ];
    let mut snapshot = snapshot(&objects);
    assert!(snapshot.text().contains("s3cret"));
    let places = snapshot.redact();
    let text = snapshot.text();
    assert!(!text.contains("s3cret"), "{text}");
    for kept in [
        "serviceAttributeEnrichment: OTEL_SEMANTIC_CONVENTIONS",
        "trustDomain: example.org",
        "discoveryAddress: istiod.istio-system.svc:15012",
        "MODE: plain",
        "TOKEN_FILE: /var/token",
        "third-party-jwt",
        "registry",
        "istio-ca",
        "LEVEL: debug",
        "compatibilityMode: true",
        "https://redacted-by-nativesidecar@hook.example/mutate",
        "https://redacted-by-nativesidecar@hub.example/x",
        "DB_PASSWORD: redacted-by-nativesidecar",
    ] {
        assert!(text.contains(kept), "{kept} is not in {text}");
    }
    assert!(
        places.contains(&"ConfigMap istio-system/istio: mesh.defaultConfig.tracing.lightstep.accessToken".to_owned()),
        "{places:?}"
    );
    assert!(places.contains(&"ProxyConfig shop/p: spec.environmentVariables.githubToken".to_owned()), "{places:?}");
    // A second time, there is nothing to do.
    assert_eq!(snapshot.redact(), Vec::<String>::new());
}

#[test]
fn texts_without_secrets_stay_as_they_are_written() {
    let mut snapshot = snapshot(&cluster());
    let before = snapshot.text();
    assert_eq!(snapshot.redact(), Vec::<String>::new());
    assert_eq!(snapshot.text(), before);
}
