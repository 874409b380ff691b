//! Compares injections by the library with those of Istio's webhook, for all cases that the built-in sidecar can render.
//! The README of the folder has the rules for comparing. `testdata/oracle/istio` is a sample.

#![allow(clippy::indexing_slicing, clippy::string_slice, reason = "a case of an unexpected form is a failure")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use lossless_yaml::{Tree, split};
use nativesidecar::inject::{InjectError, Injection, Injector, ModeRequest, SkipReason, Workload};
use nativesidecar::istio::{Mesh, Node, Nodes, Release, ReleaseChange};
use serde_json::{Map, Value, json};

use crate::{folder, sample};
use oracle_suite::Tally;

/// The folder names of the built-in releases.
fn minors() -> impl Iterator<Item = (String, Release)> {
    Release::built_in().map(|release| (format!("1.{}", release.minor()), release))
}

/// Intended differences (docs/explanation/fidelity.md): a pod with the sidecar of an older istiod, which the webhook merges with the new
/// one, and init containers with probes, which are kept here.
const INTENDED_DIFFERENCES: [&str; 4] = [
    "1.24/expected/none-mode/i-many-with-native.regular.yaml",
    "1.25/expected/none-mode/i-many-with-native.regular.yaml",
    "1.30/expected/hold-values/istio-merge-probers.native.yaml",
    "1.30/expected/hold-values/istio-merge-probers.regular.yaml",
];

/// Cases with annotation values that inject YAML into templates without quotes. The built-in sidecar rejects them on
/// purpose (docs/explanation/fidelity.md).
pub(crate) const REJECTED_VALUES: [&str; 2] = ["q-bootstrap-null", "q-componentlog-inject"];

#[test]
fn sampled_pods_match_the_webhook() {
    run(&sample("istio"), "istio, sample", |config| config == "default");
}

#[test]
#[ignore = "needs the folder of cases"]
fn default_installations_match_the_webhook() {
    run(&folder("istio"), "istio", |config| config == "default");
}

#[test]
#[ignore = "needs the folder of cases"]
fn installations_with_values_match_the_webhook() {
    run(&folder("istio"), "istio with values", |config| config != "default");
}

#[test]
fn upgrading_a_sampled_pod_equals_a_fresh_injection() {
    upgrade(&sample("istio"), "istio upgrades, sample");
}

#[test]
#[ignore = "needs the folder of cases"]
fn upgrading_equals_a_fresh_injection() {
    upgrade(&folder("istio"), "istio upgrades");
}

#[test]
fn injecting_a_sampled_pod_again_equals_a_fresh_injection() {
    inject_again(&sample("istio"), "istio again, sample");
}

#[test]
#[ignore = "needs the folder of cases"]
fn injecting_again_equals_a_fresh_injection() {
    inject_again(&folder("istio"), "istio again");
}

/// Injecting a pod with another release's sidecar replaces it completely.
fn upgrade(oracle: &Path, subject: &'static str) {
    let mut tally = Tally::new(subject);
    for (minor, _) in minors().filter(|(minor, _)| minor != "1.30") {
        for input in fs::read_dir(oracle.join(&minor).join("inputs")).into_iter().flatten() {
            let input = input.unwrap().path();
            let name = input.file_stem().unwrap().to_str().unwrap();
            let Some((case, _)) = name.strip_prefix("reinject-").and_then(|name| name.split_once("-from-")) else {
                continue;
            };
            for (native, mode) in [("true", "native"), ("false", "regular")] {
                let expected = oracle.join(format!("1.30/expected/default/{case}.{mode}.yaml"));
                let Ok(expected) = fs::read_to_string(expected) else { continue };
                let mut mesh = Mesh::install("1.30".parse().unwrap(), &Value::Null).unwrap();
                mesh.env.insert("ENABLE_NATIVE_SIDECARS".to_owned(), native.to_owned());
                let manifest = fs::read_to_string(&input).unwrap();
                tally.count(
                    &format!("{minor} {name} {mode}"),
                    compare(&manifest, &Injector::new(mesh).unwrap().without_api_defaults(), &documents(&expected)),
                );
            }
        }
    }
    tally.finish();
}

/// Injecting an injected pod again, in the same or the other mode, equals a fresh injection.
fn inject_again(oracle: &Path, subject: &'static str) {
    let mut tally = Tally::new(subject);
    let mesh = |native: &str, values: &Value| {
        let mut mesh = Mesh::install("1.30".parse::<Release>().unwrap(), values).unwrap();
        mesh.env.insert("ENABLE_NATIVE_SIDECARS".to_owned(), native.to_owned());
        Injector::new(mesh).unwrap().without_api_defaults()
    };
    // The expected files by input, configuration and mode.
    let cases: Vec<Value> = read_json(&oracle.join("1.30").join("cases.json"));
    let text = |case: &Value, key: &str| case[key].as_str().unwrap_or_default().to_owned();
    let pairs: BTreeMap<(String, String), BTreeMap<String, String>> =
        cases.iter().filter(|case| case["native"] != "auto").fold(BTreeMap::new(), |mut pairs, case| {
            let modes: &mut BTreeMap<_, _> = pairs.entry((text(case, "input"), text(case, "config"))).or_default();
            modes.insert(text(case, "native"), text(case, "expected"));
            pairs
        });
    // Inject each workload in one mode, and the result in another.
    for ((input, config), modes) in pairs {
        let manifest = fs::read_to_string(oracle.join(&input)).unwrap();
        let values = oracle.join("1.30/configs").join(format!("{config}.values.yaml"));
        if manifest.contains("inject.istio.io/templates") || (config != "default" && !values.is_file()) {
            continue;
        }
        let values = match fs::read_to_string(values) {
            Ok(values) => documents(&values).remove(0),
            Err(_) => Value::Null,
        };
        let mut workloads = Vec::new();
        for document in documents(&manifest) {
            flatten(document, &mut workloads);
        }
        let istiods = |expected: &String| documents(&fs::read_to_string(oracle.join(fresh(expected))).unwrap());
        for (from, to) in modes.keys().flat_map(|from| modes.keys().map(move |to| (from, to))) {
            let (from_mesh, to_mesh) = (mesh(from, &values), mesh(to, &values));
            for ((workload, pod), istiods) in workloads.iter().zip(istiods(&modes[from])) {
                let injected = |pod: &Value, mesh: &Injector| match mesh.inject(workload, pod, ModeRequest::Mesh) {
                    Ok(Injection::Injected(injected) | Injection::Unchanged(injected)) => Some(injected.pod),
                    _ => None,
                };
                let Some(first) = injected(pod, &from_mesh) else { continue };
                // Once recorded, settings from the annotation are indistinguishable from those of a container.
                if workload.name == "overrides-anno-init" && (from.as_str(), to.as_str()) == ("true", "false") {
                    continue;
                }
                let fresh = template(&injected(pod, &to_mesh).unwrap());
                let mut starts = vec![("ours", first)];
                // The pod as istiod injected it, with the rest of a Pod's metadata.
                if !input.contains("reinject-") && !input.contains("merge-probers") {
                    let mut metadata = pod["metadata"].clone();
                    metadata["labels"] = istiods["metadata"]["labels"].clone();
                    metadata["annotations"] = istiods["metadata"]["annotations"].clone();
                    starts.push(("istiod's", json!({"metadata": metadata, "spec": istiods["spec"]})));
                }
                for (whose, start) in starts {
                    let again = template(&injected(&start, &to_mesh).unwrap_or_default());
                    let result = if again == fresh { Ok(()) } else { Err(first_difference(&again, &fresh, "")) };
                    tally.count(&format!("{config} {input} {} {whose} {from} {to}", workload.name), result);
                }
            }
        }
    }
    tally.finish();
}

fn run(oracle: &Path, subject: &'static str, is_selected: fn(&str) -> bool) {
    let mut tally = Tally::new(subject);
    for (minor, release) in minors() {
        for case in &cases(oracle, &minor) {
            let config = case.text("config");
            let values = oracle.join(&minor).join("configs").join(format!("{config}.values.yaml"));
            let is_built_in = config == "default" || values.is_file();
            if case.is_intended_difference()
                || !is_selected(config)
                || !is_built_in
                || case.input.contains("inject.istio.io/templates")
            {
                continue;
            }
            let values =
                if values.is_file() { documents(&fs::read_to_string(values).unwrap()).remove(0) } else { Value::Null };
            let mesh = Mesh::install(release.clone(), &values).unwrap();
            let injector = Injector::new(case.environment(mesh)).unwrap().without_api_defaults();
            let expected = if case.has_rejected_value() && !release.has(ReleaseChange::QuotesAnnotations) {
                vec![json!({"error": "rejected on purpose"})]
            } else {
                case.expected(oracle)
            };
            tally.count(case.text("expected"), compare(&case.input, &injector, &expected));
        }
    }
    tally.finish();
}

/// All cases of all releases with the mesh's own templates, values and mesh configuration.
#[test]
#[ignore = "needs the folder of cases"]
fn injections_by_mesh_templates_match_the_webhook() {
    let oracle = folder("istio");
    let mut all = Tally::new("istio by the mesh's own templates");
    for (minor, release) in minors() {
        let (mut good, mut total) = (0, 0);
        let cases = cases(&oracle, &minor);
        for case in cases.iter().filter(|case| !case.is_intended_difference()) {
            let config = oracle.join(&minor).join("configs").join(format!("{}.yaml", case.text("config")));
            let mesh = own_mesh(release.clone(), &fs::read_to_string(config).unwrap());
            let injector = Injector::new(case.environment(mesh)).unwrap().without_api_defaults();
            let result = compare(&case.input, &injector, &case.expected(&oracle));
            good += usize::from(result.is_ok());
            total += 1;
            all.count(case.text("expected"), result);
        }
        oracle_suite::print(&format!("{minor} by its own templates: {good} of {total}"));
    }
    all.finish();
}

/// The mesh in the text of two `ConfigMap`s.
pub(crate) fn own_mesh(release: Release, text: &str) -> Mesh {
    let maps = documents(text);
    let key = |key: &str| {
        let text = maps.iter().find_map(|map| map["data"][key].as_str()).unwrap_or_else(|| panic!("no key {key}"));
        documents(text).into_iter().find(|document| !document.is_null()).unwrap_or_default()
    };
    Mesh::from_config(release, &key("config"), key("values"), key("mesh")).unwrap()
}

/// A case of a release.
struct Case {
    fields: Value,
    input: String,
}

/// The cases of a release, without meshes that the command line cannot describe: those without nodes, or with a node
/// without a version.
fn cases(oracle: &Path, minor: &str) -> Vec<Case> {
    let cases: Vec<Value> = read_json(&oracle.join(minor).join("cases.json"));
    let can_be_described = |case: &Value| {
        let nodes = case["nodes"].as_array().unwrap();
        case["native"] != "auto" || (nodes.iter().all(|version| version != "") && (!nodes.is_empty() || minor < "1.27"))
    };
    let with_input = |fields: Value| {
        let input = fs::read_to_string(oracle.join(fields["input"].as_str().unwrap())).unwrap();
        Case { fields, input }
    };
    cases.into_iter().filter(can_be_described).map(with_input).collect()
}

impl Case {
    fn is_intended_difference(&self) -> bool {
        INTENDED_DIFFERENCES.iter().any(|different| self.text("expected") == *different)
    }

    fn has_rejected_value(&self) -> bool {
        REJECTED_VALUES.contains(&self.text("case"))
    }

    fn text(&self, key: &str) -> &str {
        self.fields[key].as_str().unwrap_or_default()
    }

    /// The mesh with the case's nodes or istiod environment.
    fn environment(&self, mut mesh: Mesh) -> Mesh {
        match self.text("native") {
            "auto" => {
                let node = |(i, version): (usize, &Value)| Node::new(format!("node-{i}"), version.as_str().unwrap());
                mesh.nodes =
                    Nodes::known(self.fields["nodes"].as_array().unwrap().iter().enumerate().map(node).collect());
            }
            native => {
                mesh.env.insert("ENABLE_NATIVE_SIDECARS".to_owned(), native.to_owned());
            }
        }
        mesh
    }

    fn expected(&self, oracle: &Path) -> Vec<Value> {
        let expected = fs::read_to_string(oracle.join(fresh(self.text("expected")))).unwrap();
        documents(&expected).into_iter().filter(|document| !document.is_null()).collect()
    }
}

/// The expected file of an injected manifest (`reinject-<case>-from-<mode>`) is that of a fresh injection of `<case>`.
fn fresh(expected: &str) -> String {
    let Some((folder, rest)) = expected.split_once("/reinject-") else { return expected.to_owned() };
    let (case, _) = rest.split_once("-from-").unwrap();
    let (_, mode) = rest.split_once('.').unwrap();
    format!("{folder}/{case}.{mode}")
}

fn compare(input: &str, mesh: &Injector, expected: &[Value]) -> Result<(), String> {
    let mut workloads = Vec::new();
    for document in documents(input) {
        flatten(document, &mut workloads);
    }
    if workloads.len() != expected.len() {
        return Err(format!("{} pod templates, expected {}", workloads.len(), expected.len()));
    }
    for ((workload, pod), expected) in workloads.iter().zip(expected) {
        let result = mesh.inject(workload, pod, ModeRequest::Mesh);
        let name = format!("{}/{}", workload.kind, workload.name);
        let mut expected = expected.clone();
        keep_init_containers(&mut expected, pod, mesh.mesh());
        compare_one(result, &expected).map_err(|difference| format!("{name}: {difference}"))?;
    }
    Ok(())
}

/// Up to 1.25, istiod removes the user's init containers in regular mode if no traffic is intercepted. They are kept here,
/// which is the only difference.
fn keep_init_containers(expected: &mut Value, pod: &Value, mesh: &Mesh) {
    let own = &pod["spec"]["initContainers"];
    let are_removed = !mesh.release.has(ReleaseChange::KeepsInitContainers)
        && expected["spec"].is_object()
        && expected["spec"].get("initContainers").is_none();
    if are_removed && own.is_array() {
        expected["spec"]["initContainers"] = own.clone();
    }
}

fn compare_one(result: Result<Injection, InjectError>, expected: &Value) -> Result<(), String> {
    match (result, expected.get("skipped").and_then(Value::as_str), expected.get("error")) {
        (Err(_), None, Some(_)) => Ok(()),
        (Ok(Injection::Skipped(reason)), Some(skipped), None) => {
            let same = match reason {
                SkipReason::HostNetwork => skipped == "hostNetwork",
                SkipReason::IgnoredNamespace { .. } => skipped == "namespace",
                SkipReason::Partial(_) => false,
                _ => skipped == "policy",
            };
            if same { Ok(()) } else { Err(format!("skipped as {reason}, expected {skipped}")) }
        }
        (Ok(Injection::Injected(injected) | Injection::Unchanged(injected)), None, None) => {
            let (got, expected) = (template(&injected.pod), template(expected));
            if got == expected { Ok(()) } else { Err(first_difference(&got, &expected, "")) }
        }
        (Err(error), ..) => Err(format!("error: {error}")),
        (Ok(Injection::Skipped(reason)), ..) => Err(format!("skipped: {reason}")),
        (Ok(_), ..) => Err(format!("injected, expected {}", expected.get("error").unwrap_or(&expected["skipped"]))),
    }
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

pub(crate) fn documents(text: &str) -> Vec<Value> {
    let chunks = split(text.as_bytes());
    let read = |chunk: &lossless_yaml::Chunk| {
        let tree = Tree::parse(&text[chunk.range.clone()], 1).unwrap();
        tree.root().map_or(Value::Null, |root| tree.value(root).unwrap())
    };
    chunks.iter().map(read).collect()
}

/// Adds the workloads of an object, including those in lists.
fn flatten(mut object: Value, out: &mut Vec<(Workload, Value)>) {
    let kind = object["kind"].as_str().unwrap_or_default().to_owned();
    if let (Some(of), Some(items)) = (kind.strip_suffix("List"), object["items"].as_array_mut().map(std::mem::take)) {
        for mut item in items {
            if item.get("kind").is_none() && !of.is_empty() {
                item["kind"] = of.into();
                item["apiVersion"] = object["apiVersion"].clone();
            }
            flatten(item, out);
        }
        return;
    }
    let pointer = match kind.as_str() {
        "Deployment"
        | "StatefulSet"
        | "DaemonSet"
        | "ReplicaSet"
        | "ReplicationController"
        | "Job"
        | "DeploymentConfig"
        | "Rollout" => "/spec/template",
        "PodTemplate" => "/template",
        "CronJob" => "/spec/jobTemplate/spec/template",
        "Pod" => "",
        _ => return,
    };
    if let Some(template) = object.pointer(pointer).filter(|template| template.is_object()) {
        let pod = json!({"metadata": template["metadata"], "spec": template["spec"]});
        out.push((Workload::from_object(&object, "default"), pod));
    }
}

pub(crate) fn template(pod: &Value) -> Value {
    let metadata = json!({"labels": pod["metadata"]["labels"], "annotations": pod["metadata"]["annotations"]});
    normalise(&json!({"metadata": metadata, "spec": pod["spec"]}))
}

/// Normalises a value by the rules under "Comparing" in the folder's README.
fn normalise(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut out = Map::new();
            for (key, value) in map {
                let mut value = normalise(value);
                let empty = value.as_object().is_some_and(Map::is_empty);
                let is_omitted = match key.as_str() {
                    "creationTimestamp" => true,
                    "resources" | "labels" | "annotations" => empty,
                    "divisor" => value == "0",
                    "value" => value == "" && map.contains_key("name"),
                    "initialDelaySeconds" => value == 0,
                    "readOnly" => value == false,
                    "initContainers" | "args" | "env" | "volumes" => value == json!([]),
                    _ => false,
                };
                if is_omitted || value.is_null() {
                    continue;
                }
                match (key.as_str(), &mut value) {
                    ("divisor" | "sizeLimit", value) => *value = quantity(value),
                    ("requests" | "limits", Value::Object(map)) => {
                        map.iter_mut().for_each(|(_, value)| *value = quantity(value));
                    }
                    ("sidecar.istio.io/status" | "proxy.istio.io/overrides", Value::String(text)) => {
                        if let Ok(parsed) = serde_json::from_str::<Value>(text) {
                            value = normalise(&parsed);
                        }
                    }
                    _ => {}
                }
                out.insert(key.clone(), value);
            }
            Value::Object(out)
        }
        Value::Array(items) => items.iter().map(normalise).collect(),
        other => other.clone(),
    }
}

/// A quantity as a decimal number.
fn quantity(value: &Value) -> Value {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let end = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let Ok(number) = text[..end].parse::<f64>() else { return value.clone() };
    let power = |exponent: i32| 1024_f64.powi(exponent);
    let factor = match &text[end..] {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => power(1),
        "Mi" => power(2),
        "Gi" => power(3),
        "Ti" => power(4),
        "Pi" => power(5),
        "Ei" => power(6),
        exponent => match exponent[1..].parse::<i32>() {
            Ok(exponent) => 10_f64.powi(exponent),
            Err(_) => return value.clone(),
        },
    };
    format!("{:.9}", number * factor).into()
}

pub(crate) fn first_difference(got: &Value, expected: &Value, path: &str) -> String {
    match (got, expected) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys()) {
                let (a, b) = (a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null));
                if a != b {
                    return first_difference(a, b, &format!("{path}.{key}"));
                }
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                if a != b {
                    return first_difference(a, b, &format!("{path}[{i}]"));
                }
            }
            return format!("{path}: {} items, expected {}", a.len(), b.len());
        }
        _ => {}
    }
    let short = |value: &Value| value.to_string().chars().take(120).collect::<String>();
    format!("{path}: {} expected {}", short(got), short(expected))
}
