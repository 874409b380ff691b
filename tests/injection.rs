//! Invariants of the injection, checked with random pods: injecting twice equals injecting once, switching the mode equals
//! a fresh injection, and annotations cannot change more than their value.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a pod of an unexpected form is a failure"
)]

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

/// The injected pod. `None` if the injection was skipped.
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

    /// The API server's defaults are added to the sidecar only.
    #[test]
    fn user_containers_get_no_defaults(pod in pod(), native: bool) {
        let web = Workload::new("apps/v1", "Deployment", "web", "shop");
        let own = |injector: Injector| match injector.inject(&web, &pod, ModeRequest::Mesh) {
            Ok(Injection::Injected(injected)) => without_sidecar(injected.pod),
            other => panic!("{other:?}"),
        };
        prop_assert_eq!(own(mesh(native)), own(mesh(native).without_api_defaults()));
    }

    /// Injecting an injected pod as the API server stores it changes nothing.
    #[test]
    fn a_stored_pod_is_unchanged(pod in pod(), native: bool) {
        let mut stored = injected(&pod, native).unwrap();
        fill(&mut stored, Admission::default());
        let web = Workload::new("apps/v1", "Deployment", "web", "shop");
        let again = mesh(native).inject(&web, &stored, ModeRequest::Mesh).unwrap();
        prop_assert!(matches!(again, Injection::Unchanged(_)), "{:?}", again);
    }

    /// An annotation's value appears only in strings of the sidecar, or the injection fails.
    #[test]
    fn annotations_cannot_inject_yaml(
        value in "[ -~\n\"'\\\\]{0,30}",
        annotation in prop::sample::select(ANNOTATIONS.to_vec()),
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
            // Values that the template quotes are never refused.
            prop_assert!(release == "1.30" || annotation.starts_with("traffic."));
            return Ok(());
        };
        let harmless = sidecar(HARMLESS).unwrap();
        prop_assert!(differs_in_values_only(&rendered, &harmless), "{}", rendered);
    }
}

/// A pod without Istio's containers and the annotation that records them.
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

/// Annotations that accept any text.
const ANNOTATIONS: [&str; 5] = [
    "sidecar.istio.io/logLevel",
    "sidecar.istio.io/agentLogLevel",
    "sidecar.istio.io/componentLogLevel",
    "sidecar.istio.io/bootstrapOverride",
    "traffic.sidecar.istio.io/includeOutboundPorts",
];
const HARMLESS: &str = "zz";

fn differs_in_values_only(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (a, Value::String(b)) if b.contains(HARMLESS) => a.is_string(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| differs_in_values_only(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            // Empty fields are omitted.
            let is_same_field = |(key, b): (&String, &Value)| match a.get(key) {
                Some(a) => differs_in_values_only(a, b),
                None => b.as_str().is_some_and(|b| b == HARMLESS),
            };
            a.keys().all(|key| b.contains_key(key)) && b.iter().all(is_same_field)
        }
        (a, b) => a == b,
    }
}
