//! Invariants of an injection, over random pods: injecting twice is injecting once, an injection in the other mode gives
//! what a fresh one gives, and no annotation says more than a value.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a pod of another form is a failure, too"
)]

#[path = "pods.rs"]
mod pods;

use nativesidecar::inject::{Injection, Injector, ModeRequest, Workload};
use nativesidecar::istio::Mesh;
use nativesidecar::k8s::defaults::{Admission, fill};
use proptest::prelude::*;
use serde_json::{Value, json};

use pods::pod;

fn mesh(native: bool) -> Injector {
    mesh_of("1.30", native)
}

fn mesh_of(release: &str, native: bool) -> Injector {
    let mut mesh = Mesh::install(release.parse().unwrap(), &Value::Null).unwrap();
    mesh.env.insert("ENABLE_NATIVE_SIDECARS".to_owned(), native.to_string());
    Injector::new(mesh).unwrap()
}

/// The injected pod, `None` where there is none.
fn injected(pod: &Value, native: bool) -> Option<Value> {
    let web = Workload::new("apps/v1", "Deployment", "web", "shop");
    match mesh(native).inject(&web, pod, ModeRequest::Mesh) {
        Ok(Injection::Injected(injected) | Injection::Unchanged(injected)) => Some(injected.pod),
        Ok(Injection::Skipped(_)) => None,
        Err(error) => panic!("{error}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn injecting_again_is_injecting_afresh(pod in pod(), from: bool, to: bool) {
        let first = injected(&pod, from).unwrap();
        prop_assert_eq!(injected(&first, to), injected(&pod, to));
    }

    /// The API server's defaults reach the sidecar, and nothing else.
    #[test]
    fn defaults_stay_out_of_the_users_containers(pod in pod(), native: bool) {
        let web = Workload::new("apps/v1", "Deployment", "web", "shop");
        let own = |injector: Injector| match injector.inject(&web, &pod, ModeRequest::Mesh) {
            Ok(Injection::Injected(injected)) => without_sidecar(injected.pod),
            other => panic!("{other:?}"),
        };
        prop_assert_eq!(own(mesh(native)), own(mesh(native).without_api_defaults()));
    }

    /// What the API server stores of an injected pod is found as it is.
    #[test]
    fn a_stored_pod_is_unchanged(pod in pod(), native: bool) {
        let mut stored = injected(&pod, native).unwrap();
        fill(&mut stored, Admission::default());
        let web = Workload::new("apps/v1", "Deployment", "web", "shop");
        let again = mesh(native).inject(&web, &stored, ModeRequest::Mesh).unwrap();
        prop_assert!(matches!(again, Injection::Unchanged(_)), "{:?}", again);
    }

    /// Whatever an annotation says, the sidecar is the same but for the strings that hold it, or nothing is rendered.
    #[test]
    fn annotations_stay_in_their_place(
        value in "[ -~\n\"'\\\\]{0,30}",
        annotation in prop::sample::select(TEXTS.to_vec()),
        release in prop::sample::select(vec!["1.30", "1.32"]),
    ) {
        let pod = |value: &str| json!({
            "metadata": {"annotations": {annotation: value}},
            "spec": {"containers": [{"name": "app", "image": "app:1"}]}
        });
        let web = Workload::new("apps/v1", "Deployment", "web", "shop");
        let sidecar = |value: &str| match mesh_of(release, true).inject(&web, &pod(value), ModeRequest::Mesh) {
            Ok(Injection::Injected(injected)) => Some(injected.pod["spec"].clone()),
            _ => None,
        };
        let Some(rendered) = sidecar(&value) else {
            // What the template quotes is never refused.
            prop_assert!(release == "1.30" || annotation.starts_with("traffic."));
            return Ok(());
        };
        let harmless = sidecar(HARMLESS).unwrap();
        prop_assert!(same_but_for_values(&rendered, &harmless), "{}", rendered);
    }
}

/// A pod without Istio's containers and what records them.
fn without_sidecar(mut pod: Value) -> Value {
    for group in ["containers", "initContainers"] {
        if let Some(list) = pod["spec"][group].as_array_mut() {
            list.retain(|container| !["istio-proxy", "istio-init"].contains(&container["name"].as_str().unwrap()));
        }
    }
    let annotations = pod["metadata"]["annotations"].as_object_mut().unwrap();
    annotations.remove("proxy.istio.io/overrides");
    pod
}

/// Annotations of any text.
const TEXTS: [&str; 5] = [
    "sidecar.istio.io/logLevel",
    "sidecar.istio.io/agentLogLevel",
    "sidecar.istio.io/componentLogLevel",
    "sidecar.istio.io/bootstrapOverride",
    "traffic.sidecar.istio.io/includeOutboundPorts",
];
const HARMLESS: &str = "zz";

fn same_but_for_values(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (a, Value::String(b)) if b.contains(HARMLESS) => a.is_string(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_but_for_values(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            // A field that would be empty is left out.
            let is_the_same = |(key, b): (&String, &Value)| match a.get(key) {
                Some(a) => same_but_for_values(a, b),
                None => b.as_str().is_some_and(|b| b == HARMLESS),
            };
            a.keys().all(|key| b.contains_key(key)) && b.iter().all(is_the_same)
        }
        (a, b) => a == b,
    }
}
