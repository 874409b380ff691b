//! `inject` on any manifest, for several meshes and both modes.

#![no_main]

use std::sync::LazyLock;

use fuzz::input::{parts, plans};
use fuzz::manifest::{Done, WORDS, check, run, same_pod, varied};
use libfuzzer_sys::{Corpus, fuzz_target};
use lossless_yaml::{Tree, split};
use nativesidecar::inject::{Injection, Injector, ModeRequest, Workload};
use nativesidecar::istio::native::Mode;
use nativesidecar::istio::{Mesh, Node, Nodes, Release};
use nativesidecar::k8s::{Kinds, objects, pod_value};
use nativesidecar::run::Inject;
use serde_json::{Value, json};

const REQUESTS: [ModeRequest; 4] = [
    ModeRequest::NativeIfAbsent,
    ModeRequest::Set { mode: Mode::Native, keep_existing: false },
    ModeRequest::Set { mode: Mode::Regular, keep_existing: true },
    ModeRequest::Mesh,
];

/// Meshes that inject differently.
static MESHES: LazyLock<Vec<Mesh>> = LazyLock::new(|| {
    let values = [
        Value::Null,
        json!({"revision": "canary", "pilot": {"cni": {"enabled": true}}}),
        json!({"meshConfig": {"defaultConfig": {"holdApplicationUntilProxyStarts": true, "interceptionMode": "TPROXY"}}}),
        json!({"global": {"multiCluster": {"clusterName": "c1"}, "network": "n1", "meshID": "m", "imagePullSecrets": ["s"],
            "mountMtlsCerts": true, "proxy": {"privileged": true, "enableCoreDump": true, "lifecycle":
            {"preStop": {"exec": {"command": ["sleep", "1"]}}}}}}),
        json!({"global": {"proxy": {"autoInject": "disabled"}}}),
    ];
    let mesh = |values: &Value| Mesh::install(Release::newest_built_in(), values).expect("the values are valid");
    let with = |native: bool| {
        move |mut mesh: Mesh| {
            mesh.env.insert("ENABLE_NATIVE_SIDECARS".to_owned(), native.to_string());
            mesh
        }
    };
    let mut meshes: Vec<Mesh> = values.iter().map(mesh).map(with(true)).collect();
    meshes.extend(values.iter().map(mesh).map(with(false)));
    let mut by_nodes = mesh(&Value::Null);
    by_nodes.nodes = Nodes::known(vec![Node::new("n", "v1.33.2")]);
    meshes.push(by_nodes);
    for release in [Release::newest_built_in(), "1.24".parse().expect("it is a built-in release")] {
        let config =
            json!({"policy": "enabled", "templates": {"sidecar": TEMPLATE}, "injectedAnnotations": {"a": "b"}});
        let values = json!({"level": "info", "global": {"hub": "h", "tag": "t", "network": "n"}});
        let own = Mesh::from_config(release, &config, values, Value::Null).expect("the configuration is valid");
        meshes.extend([with(true)(own.clone()), with(false)(own)]);
    }
    meshes
});

/// A mesh's own template that inserts values of the pod, both escaped and unescaped.
const TEMPLATE: &str = r#"
{{- $native := eq (annotation .ObjectMeta `sidecar.istio.io/nativeSidecar` (env "ENABLE_NATIVE_SIDECARS" "false")) "true" }}
metadata:
  labels:
    example.com/owner: {{ .DeploymentMeta.Name | trunc 20 | quote }}
  annotations:
    example.com/level: "{{ annotation .ObjectMeta `sidecar.istio.io/logLevel` .Values.level }}"
spec:
  {{ if $native }}initContainers{{ else }}containers{{ end }}:
  - name: istio-proxy
    image: {{ .ProxyImage | quote }}
    {{- if $native }}
    restartPolicy: Always
    {{- end }}
    env:
    - name: CONFIG
      value: |
        {{ protoToJSON .ProxyConfig }}
    - name: PORTS
      value: "{{ range .Spec.Containers }}{{ range .Ports }}{{ structToJSON . | b64enc }};{{ end }}{{ end }}"
    resources: {{ toYaml .Values.global | nindent 6 }}
  volumes:
  - name: mesh
    emptyDir:
"#;

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some((stream, mut program)) = parts(data) else { return Corpus::Reject };
    let request = *program.choose(&REQUESTS).unwrap_or(&REQUESTS[0]);
    let mesh = program.choose(&MESHES).unwrap_or(&MESHES[0]).clone();
    let injector = Injector::new(mesh).expect("its templates can be parsed");
    let task = Inject::new(injector, request);
    let stream = varied(stream, &plans(&mut program, &WORDS, 5));
    for chunk in split(stream.as_bytes()) {
        let text = &stream[chunk.range];
        let done = run(text, &task);
        check(text, &done, &task);
        if done.problem.is_none() {
            check_pods(text, &done, &task);
        }
    }
    Corpus::Keep
});

/// Checks that the pods in the text are those that were rendered.
fn check_pods(text: &str, done: &Done<'_>, task: &Inject) {
    let (old, new) = (Tree::parse(text, 1), Tree::parse(&done.text, 1));
    let (old, new) = (old.expect("it was processed"), new.expect("it can be parsed"));
    let found = |tree: &Tree<'_>| objects(tree, &Kinds::default()).expect("it was processed").workloads;
    let (before, after) = (found(&old), found(&new));
    assert_eq!(before.len(), after.len(), "workloads of\n{text}\n---- becomes\n{}", done.text);
    for (before, after) in before.iter().zip(&after) {
        let Ok(pod) = pod_value(&old, before.template) else { return };
        let annotation = pod.pointer("/metadata/annotations").and_then(|a| a.get("sidecar.istio.io/nativeSidecar"));
        // What is no string is repaired before.
        if annotation.is_some_and(|a| !a.is_string()) {
            continue;
        }
        let Ok(object) = old.value(before.node) else { return };
        let workload = Workload::from_object(&object, "");
        let expected = match task.meshes.injectors[0].inject(&workload, &pod, task.request).expect("it was injected") {
            Injection::Injected(injected) | Injection::Unchanged(injected) => injected.pod,
            Injection::Skipped(_) => pod,
        };
        let got = pod_value(&new, after.template).expect("it can be parsed");
        assert!(same_pod(&got, &expected), "{got}\ninstead of {expected}:\n{text}\n---- becomes\n{}", done.text);
    }
}
