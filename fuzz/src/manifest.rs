//! Runs a task on a manifest, and checks what holds for every run.

use std::borrow::Cow;

use lossless_yaml::{Draft, Step, Tree, same, split};
use nativesidecar::k8s::{Kinds, Object, objects};
use nativesidecar::output::Entry;
use nativesidecar::run::{DiffedGroups, Task, WorkloadNode};
use serde_json::Value;

use crate::input::{Words, same_but_empty};
use crate::model::{Plan, edited, read};

/// Words in manifests.
pub const WORDS: Words = Words {
    keys: &[
        "apiVersion",
        "kind",
        "metadata",
        "spec",
        "template",
        "labels",
        "annotations",
        "namespace",
        "generateName",
        "initContainers",
        "image",
        "env",
        "value",
        "volumes",
        "volumeMounts",
        "ports",
        "containerPort",
        "hostNetwork",
        "restartPolicy",
        "livenessProbe",
        "readinessProbe",
        "startupProbe",
        "httpGet",
        "tcpSocket",
        "grpc",
        "port",
        "path",
        "lifecycle",
        "preStop",
        "securityContext",
        "runAsUser",
        "resources",
        "limits",
        "cpu",
        "args",
        "sidecar.istio.io/inject",
        "sidecar.istio.io/nativeSidecar",
        "sidecar.istio.io/status",
        "proxy.istio.io/overrides",
        "proxy.istio.io/config",
        "inject.istio.io/templates",
        "istio.io/rev",
        "sidecar.istio.io/interceptionMode",
        "status.sidecar.istio.io/port",
        "prometheus.io/scrape",
        "prometheus.io/port",
        "prometheus.istio.io/merge-metrics",
        "sidecar.istio.io/userVolume",
        "sidecar.istio.io/userVolumeMount",
        "sidecar.istio.io/proxyCPU",
        "sidecar.istio.io/proxyImage",
        "sidecar.istio.io/rewriteAppHTTPProbers",
        "sidecar.istio.io/bootstrapOverride",
        "imagePullSecrets",
        "traffic.sidecar.istio.io/includeInboundPorts",
        "kubectl.kubernetes.io/default-container",
        "items",
        "ISTIO_META_CLUSTER_ID",
        "serviceAccountName",
        "nodeName",
        "mountPath",
        "emptyDir",
    ],
    texts: &[
        "istio-proxy",
        "istio-init",
        "istio-validation",
        "enable-core-dump",
        "auto",
        "false",
        "Always",
        "sidecar",
        "TPROXY",
        "REDIRECT",
        "NONE",
        "8080",
        "15020",
        "15021",
        "http",
        "/ready",
        "kube-system",
        "grpc-agent",
        "holdApplicationUntilProxyStarts: true",
        "{\"containers\":[\"istio-proxy\"],\"initContainers\":[\"istio-init\"]}",
        "{\"containers\":[{\"name\":\"istio-proxy\",\"tty\":true}]}",
        "{\"v\": {\"emptyDir\": {}}}",
        "[{\"name\":\"v\",\"mountPath\":\"/v\"}]",
        "concurrency: 2\nproxyMetadata: {A: b}",
        "istio-envoy",
        "workload-socket",
        "istio-token",
        "istio-ca-secret",
        "app",
        "100m",
        "*",
        "default",
    ],
    others: true,
};

/// The result of a task on a document.
pub struct Done<'a> {
    /// The document's text.
    pub text: Cow<'a, str>,
    /// The entries of its workloads.
    pub entries: Vec<Entry>,
    /// The error, if it could not be processed.
    pub problem: Option<String>,
}

/// Runs `task` on a document.
pub fn run<'a>(text: &'a str, task: &dyn Task) -> Done<'a> {
    let mut done = Done { text: Cow::Borrowed(text), entries: Vec::new(), problem: None };
    match work(text, task, &mut done.entries) {
        Ok(text) => done.text = text,
        Err(problem) => done.problem = Some(problem),
    }
    done
}

fn work<'a>(text: &'a str, task: &dyn Task, entries: &mut Vec<Entry>) -> Result<Cow<'a, str>, String> {
    let tree = Tree::parse(text, 1).map_err(|e| e.to_string())?;
    let found = objects(&tree, &Kinds::default()).map_err(|e| e.to_string())?;
    let mut draft = Draft::new(&tree);
    let diffed = DiffedGroups::default();
    for object in &found.workloads {
        let target = WorkloadNode {
            tree: &tree,
            workloads: &found.workloads,
            object,
            namespace: object.namespace.as_deref().unwrap_or_default(),
            diffed: &diffed,
        };
        let mut entry = entry(&tree, object);
        task.apply(&target, &mut draft, &mut entry).map_err(|e| e.to_string())?;
        entries.push(entry);
    }
    draft.finish().map(|edited| edited.text).map_err(|e| e.to_string())
}

fn entry(tree: &Tree<'_>, object: &Object) -> Entry {
    Entry {
        item: object.item,
        line: tree.line(object.node),
        namespace: object.namespace.clone().unwrap_or_default(),
        ..Entry::new("".into(), object.group(), &object.kind, object.display_name())
    }
}

/// Checks the result of `task` on `text`.
pub fn check(text: &str, done: &Done<'_>, task: &dyn Task) {
    if let Cow::Borrowed(same) = &done.text {
        assert_eq!(*same, text, "an unchanged text is passed through");
        return;
    }
    let show = || format!("{text:?}\nbecomes {:?}\n{text}\n---- becomes\n{}", done.text, done.text);
    assert_ne!(done.text, text, "a new text is a changed one");
    assert!(done.entries.iter().any(|e| e.outcome.is_change()), "no workload changed: {}", show());
    // A second run changes nothing, and the number of documents is the same.
    let again = run(&done.text, task);
    assert!(again.problem.is_none(), "{:?}: {}", again.problem, show());
    assert_eq!(again.text, done.text, "running twice equals running once: {}", show());
    assert_eq!(split(text.as_bytes()).len(), split(done.text.as_bytes()).len(), "documents: {}", show());

    // Data outside of the pods is the same.
    let old = Tree::parse(text, 1).expect("it was edited");
    let found = objects(&old, &Kinds::default()).expect("it was edited").workloads;
    let without_pods = |text: &str| {
        // The rest of the document may be invalid.
        let mut data = read(text).ok()?;
        for object in &found {
            let template = object.path.iter().try_fold(&mut data, |at, element| match element.step() {
                Step::Key(key) => at.get_mut(key),
                Step::Index(index) => at.get_mut(index),
            });
            if let Some(Value::Object(template)) = template {
                template.shift_remove("metadata");
                template.shift_remove("spec");
            }
        }
        Some(data)
    };
    if let Some(before) = without_pods(text) {
        let after = without_pods(&done.text).unwrap_or_default();
        assert!(same_but_empty(&before, &after), "{before}\nbecomes {after} outside of pods: {}", show());
    }

    // Lines outside of the pods are the same. Aliases are excluded: editing an anchored text or expanding an alias changes
    // other lines. So are pod templates that became empty, because their emptied parents are removed, too.
    let left = Tree::parse(&done.text, 1).ok().and_then(|new| objects(&new, &Kinds::default()).ok());
    if text.contains('*') || left.is_none_or(|left| left.workloads.len() != found.len()) {
        return;
    }
    let spans = || found.iter().map(|object| old.span(object.template));
    let (Some(start), Some(end)) = (spans().map(|s| s.start).min(), spans().map(|s| s.end).max()) else { return };
    // Comments right above the first key belong to the template. A new first key is added above them.
    let is_own = |line: &&str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let above = &text[..text[..start].rfind('\n').map_or(0, |at| at + 1)];
    let own: usize = above.split_inclusive('\n').rev().take_while(is_own).map(str::len).sum();
    let before = &above[..above.len() - own];
    assert!(done.text.starts_with(before), "lines above the pods: {}", show());
    // The span of a block scalar includes its last line end.
    let after = match text[..end].strip_suffix('\n') {
        Some(_) => &text[end..],
        None => text[end..].find('\n').map_or("", |at| &text[end + at + 1..]),
    };
    // Comments there may belong to the pod, and new keys are added below them.
    let mut lines = done.text[before.len()..].lines();
    let lost = after.lines().find(|line| !lines.any(|new| new == *line));
    assert_eq!(lost, None, "lines below the pods: {}", show());
}

/// The stream with `plans` applied to each document.
pub fn varied(stream: &str, plans: &[Plan]) -> String {
    let one = |chunk: lossless_yaml::Chunk| {
        let text = &stream[chunk.range];
        let Ok(mut data) = read(text) else { return text.to_owned() };
        let mut edits = Vec::new();
        for plan in plans {
            if let Some(edit) = plan.clone().edit(&data) {
                edit.on_data(&mut data);
                edits.push(edit);
            }
        }
        edited(text, &edits).unwrap_or_else(|_| text.to_owned())
    };
    split(stream.as_bytes()).into_iter().map(one).collect()
}

/// Whether two pods have the same `metadata` and `spec`.
pub fn same_pod(a: &Value, b: &Value) -> bool {
    ["metadata", "spec"].iter().all(|key| {
        let (a, b) = (a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null));
        same(a, b)
    })
}
