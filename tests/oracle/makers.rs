//! The built-in sidecar and the mesh's own templates give the same bytes, for default installations of every release, with
//! the manifests of the cases and random pods.

#![allow(clippy::indexing_slicing, reason = "a case of an unexpected form is a failure")]

use std::fs;

use lossless_yaml::{Draft, Step, Tree, split};
use nativesidecar::inject::{Injection, Injector, ModeRequest, Workload};
use nativesidecar::istio::{Mesh, Release, ReleaseChange};
use nativesidecar::k8s::{Element, Kinds, objects, pod_value, update_pod};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::folder;
use crate::istio::{REJECTED_VALUES, own_mesh};
use crate::pods::pod;
use oracle_suite::Tally;

/// The number of random pods per release.
const RANDOM: usize = 200;

#[test]
#[ignore = "needs the folder of cases"]
fn built_in_sidecar_and_templates_give_the_same_bytes() {
    let oracle = folder("istio");
    let mut tally = Tally::new("both makers");
    // The manifests of the cases, and random pods.
    let mut inputs: Vec<(String, String)> = fs::read_dir(oracle.join("inputs"))
        .unwrap()
        .map(|input| input.unwrap().path())
        .map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap()))
        .filter(|(_, text)| !text.contains("inject.istio.io/templates"))
        .collect();
    inputs.sort();
    let mut runner = TestRunner::deterministic();
    for i in 0..RANDOM {
        let mut object = pod().new_tree(&mut runner).unwrap().current();
        object["apiVersion"] = json!("v1");
        object["kind"] = json!("Pod");
        object["metadata"]["name"] = json!("web");
        inputs.push((format!("random pod {i}"), serde_yaml::to_string(&object).unwrap()));
    }
    // Inject both ways, for each release and mode.
    for release in Release::built_in() {
        let minor = release.minor();
        let config = fs::read_to_string(oracle.join(format!("1.{minor}/configs/default.yaml"))).unwrap();
        for native in ["true", "false"] {
            let ready = |mut mesh: Mesh| {
                mesh.env.insert("ENABLE_NATIVE_SIDECARS".to_owned(), native.to_owned());
                Injector::new(mesh).unwrap()
            };
            let built_in = ready(Mesh::install(release.clone(), &Value::Null).unwrap());
            let own = ready(own_mesh(release.clone(), &config));
            let has_rejected_value = |name: &str| REJECTED_VALUES.iter().any(|case| name.contains(case));
            let comparable = |(name, _): &&(String, String)| {
                release.has(ReleaseChange::QuotesAnnotations) || !has_rejected_value(name)
            };
            for (name, text) in inputs.iter().filter(comparable) {
                let (one, other) = (injected(text, &built_in), injected(text, &own));
                let difference = || one.lines().zip(other.lines()).find(|(a, b)| a != b);
                let result = if one == other { Ok(()) } else { Err(format!("{:?}", difference())) };
                tally.count(&format!("1.{minor} {native} {name}"), result);
            }
        }
    }
    tally.finish();
}

/// The injected manifests. Workloads that fail are replaced by `refused`.
fn injected(text: &str, injector: &Injector) -> String {
    let mut out = String::new();
    for chunk in split(text.as_bytes()) {
        let document = &text[chunk.range];
        let tree = Tree::parse(document, 1).unwrap();
        let mut draft = Draft::new(&tree);
        for object in objects(&tree, &Kinds::default()).unwrap().workloads {
            let pod = pod_value(&tree, object.template).unwrap();
            let workload = Workload::new(&object.api_version, &object.kind, &object.name, "shop");
            match injector.inject(&workload, &pod, ModeRequest::Mesh) {
                Ok(Injection::Injected(injected)) => {
                    let base: Vec<Step<'_>> = object.path.iter().map(Element::step).collect();
                    update_pod(&mut draft, &base, pod, injected.pod).unwrap();
                }
                Ok(_) => {}
                Err(_) => out.push_str("refused\n"),
            }
        }
        out.push_str(&draft.finish().unwrap().text);
    }
    out
}
