//! Compares injections with those of a live mesh's webhook, including the API server's defaults. Injecting the result again
//! changes nothing, both as a file and as the API server stores it.
//!
//! The sample in `testdata/oracle/live` is compared here. `.ci/run` compares all cases with the program.

use std::fs;

use lossless_yaml::{Tree, split};
use nativesidecar::inject::{InjectError, Injection, Injector, ModeRequest, Warning, Workload};
use nativesidecar::istio::{Mesh, Node, Nodes};
use nativesidecar::k8s::defaults::{Admission, fill};
use nativesidecar::k8s::{Kinds, objects, pod_value};
use serde_json::{Map, Value, json};

use crate::istio::{documents, first_difference, own_mesh, template};
use crate::{folder, sample};
use oracle_suite::Tally;

/// Injects the built-in sidecar, and compares the pods with those of the cluster. Both have the API server's defaults.
#[test]
fn sampled_pods_match_the_live_webhook() {
    let mut tally = Tally::new("live, built in, sample");
    let injectors = [["v1.34.2", "v1.33.5"], ["v1.34.2", "v1.32.9"]].map(|kubelets| {
        let mut mesh = Mesh::install("1.30.3".parse().unwrap(), &Value::Null).unwrap();
        let node = |(i, version): (usize, &str)| Node::new(format!("n{}", i + 1), version);
        mesh.nodes = Nodes::known(kubelets.into_iter().enumerate().map(node).collect());
        Injector::new(mesh).unwrap()
    });
    let mut cases: Vec<_> =
        fs::read_dir(sample("live").join("cases")).unwrap().map(|case| case.unwrap().path()).collect();
    cases.sort();
    for case in cases {
        let about = fs::read_to_string(case.join("case.json")).map_or(Value::Null, |text| documents(&text).remove(0));
        let injector = match about["mesh"].as_str() {
            None => &injectors[0],
            Some("mesh-mixed") => &injectors[1],
            // Several revisions need a mesh file.
            Some(_) => continue,
        };
        let manifest = fs::read_to_string(case.join("in.yaml")).unwrap();
        let expected: Vec<Value> = serde_json::from_slice(&fs::read(case.join("expected.json")).unwrap()).unwrap();
        let workloads = workloads(&manifest);
        assert_eq!(workloads.len(), expected.len(), "{}", case.display());
        for ((workload, pod), expected) in workloads.iter().zip(&expected) {
            if expected["builtin"] == false {
                continue;
            }
            let outcome = injector.inject(workload, pod, ModeRequest::Mesh);
            tally.count(&format!("{} {}", case.display(), workload.name), compare(outcome, expected));
        }
    }
    tally.finish();
}

fn compare(outcome: Result<Injection, InjectError>, expected: &Value) -> Result<(), String> {
    match (outcome, expected["error"] == true, expected["skipped"] == true) {
        (Err(_), true, _) | (Ok(Injection::Skipped(_)), false, true) => Ok(()),
        (Ok(outcome @ (Injection::Injected(_) | Injection::Unchanged(_))), false, false) => {
            let (got, expected) = (stored(&filled(outcome)), stored(&expected["pod"]));
            if got == expected { Ok(()) } else { Err(first_difference(&got, &expected, "")) }
        }
        (outcome, ..) => Err(format!("{outcome:?}")),
    }
}

/// A normalised pod template as the API server stores it: with resources rounded up to thousandths, and without empty
/// objects.
fn stored(pod: &Value) -> Value {
    fn store(value: &mut Value) {
        for (key, value) in value.as_object_mut().into_iter().flatten() {
            match key.as_str() {
                "limits" | "requests" => {
                    for quantity in value.as_object_mut().into_iter().flat_map(Map::values_mut) {
                        if let Some(number) = quantity.as_str().and_then(|text| text.parse::<f64>().ok()) {
                            *quantity = json!((number * 1000.0).ceil() / 1000.0);
                        }
                    }
                }
                _ => store(value),
            }
        }
        match value {
            Value::Array(items) => items.iter_mut().for_each(store),
            Value::Object(map) => {
                let is_omitted = |key: &str| matches!(key, "limits" | "requests" | "resources" | "metadata");
                map.retain(|key, value| !is_omitted(key) || value.as_object().is_none_or(|map| !map.is_empty()));
            }
            _ => {}
        }
    }
    let mut stored = template(pod);
    store(&mut stored);
    stored
}

#[test]
#[ignore = "needs the folder of cases"]
fn injecting_a_stored_pod_changes_nothing() {
    let folder = folder("live");
    let text = fs::read_to_string(folder.join("mesh.yaml")).unwrap();
    let mesh = |native: bool| {
        let mut mesh: Mesh = own_mesh("1.30.3".parse().unwrap(), &text);
        mesh.env.insert("ENABLE_NATIVE_SIDECARS".to_owned(), native.to_string());
        Injector::new(mesh).unwrap()
    };
    let (native, regular) = (mesh(true), mesh(false));
    let mut tally = Tally::new("live again");
    let mut cases: Vec<_> = fs::read_dir(folder.join("cases")).unwrap().map(|case| case.unwrap().path()).collect();
    cases.sort();
    for case in cases {
        let manifest = fs::read_to_string(case.join("in.yaml")).unwrap();
        for (workload, pod) in workloads(&manifest) {
            let name = format!("{} {}/{}", case.display(), workload.kind, workload.name);
            let Ok(Injection::Injected(first)) = native.inject(&workload, &pod, ModeRequest::Mesh) else { continue };
            tally.count(&name, unchanged(&native, &workload, &first.pod));
            let mut stored = first.pod.clone();
            fill(&mut stored, Admission::default());
            tally.count(&format!("{name} stored"), unchanged(&native, &workload, &stored));
            // An init container istio-proxy without restartPolicy is indistinguishable from an ordinary one.
            if workload.name == "norestart" {
                continue;
            }
            let flipped = regular.inject(&workload, &first.pod, ModeRequest::Mesh).unwrap();
            let fresh = regular.inject(&workload, &pod, ModeRequest::Mesh).unwrap();
            // If the user's proxy stays an init container, it keeps defaults of the other mode.
            let (flipped, fresh) = (filled(flipped), filled(fresh));
            let same = flipped == fresh;
            let result = if same { Ok(()) } else { Err(first_difference(&flipped, &fresh, "")) };
            tally.count(&format!("{name} flipped"), result);
        }
    }
    tally.finish();
}

/// For injected pods, the program warns exactly if the webhook would change them.
#[test]
#[ignore = "needs the folder of cases"]
fn changes_that_the_webhook_would_undo_are_warned_of() {
    let folder = folder("live");
    let text = fs::read_to_string(folder.join("mesh.yaml")).unwrap();
    let mut mesh = own_mesh("1.30.3".parse().unwrap(), &text);
    mesh.env.insert("ENABLE_NATIVE_SIDECARS".to_owned(), "true".to_owned());
    let injector = Injector::new(mesh).unwrap();
    let mut tally = Tally::new("live undone");
    for case in fs::read_dir(folder.join("cases")).unwrap().map(|case| case.unwrap().path()) {
        let Ok(second) = fs::read_to_string(case.join("second.json")) else { continue };
        let second: Vec<Value> = serde_json::from_str(&second).unwrap();
        let first: Vec<Value> = serde_json::from_str(&fs::read_to_string(case.join("expected.json")).unwrap()).unwrap();
        let manifest = fs::read_to_string(case.join("in.yaml")).unwrap();
        for ((workload, pod), (first, second)) in workloads(&manifest).iter().zip(first.iter().zip(&second)) {
            let Ok(Injection::Injected(injected) | Injection::Unchanged(injected)) =
                injector.inject(workload, pod, ModeRequest::Mesh)
            else {
                continue;
            };
            let warns = injected.warnings.iter().any(|warning| matches!(warning, Warning::WebhookUndoes { .. }));
            let differs = first["pod"] != second["pod"];
            let result = if warns == differs { Ok(()) } else { Err(format!("warned: {warns}, differs: {differs}")) };
            tally.count(&format!("{} {}", case.display(), workload.name), result);
        }
    }
    tally.finish();
}

fn unchanged(injector: &Injector, workload: &Workload, pod: &Value) -> Result<(), String> {
    match injector.inject(workload, pod, ModeRequest::Mesh) {
        Ok(Injection::Unchanged(_)) => Ok(()),
        Ok(Injection::Injected(again)) => Err(first_difference(&again.pod, pod, "")),
        other => Err(format!("{other:?}")),
    }
}

fn filled(outcome: Injection) -> Value {
    let (Injection::Injected(mut injected) | Injection::Unchanged(mut injected)) = outcome else { return Value::Null };
    fill(&mut injected.pod, Admission::default());
    injected.pod
}

fn workloads(manifest: &str) -> Vec<(Workload, Value)> {
    let mut found = Vec::new();
    for chunk in split(manifest.as_bytes()) {
        let tree = Tree::parse(&manifest[chunk.range], 1).unwrap();
        for object in objects(&tree, &Kinds::default()).unwrap().workloads {
            let namespace = object.namespace.as_deref().unwrap_or("default");
            let workload = Workload::new(&object.api_version, &object.kind, &object.name, namespace);
            found.push((workload, pod_value(&tree, object.template).unwrap()));
        }
    }
    found
}
