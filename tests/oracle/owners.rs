//! Compares which workload pods belong to, and what renews them, with answers by hand.
//!
//! The sample is in `testdata/oracle/owners`.

use std::fs;
use std::path::Path;

use nativesidecar::cluster::saved::{SavedDocument, SavedObject};
use nativesidecar::cluster::status::{Collected, PodSelection, Status};
use nativesidecar::inject::{Injector, Meshes};
use nativesidecar::istio::Mesh;
use nativesidecar::k8s::Time;
use serde_json::{Map, Value, json};

use crate::{folder, sample};
use oracle_suite::Tally;

#[test]
fn sampled_pods_belong_to_the_right_workloads() {
    compare("owners, sample", &sample("owners"));
}

#[test]
#[ignore = "needs the original cases"]
fn all_pods_belong_to_the_right_workloads() {
    compare("owners", &folder("owners"));
}

fn compare(subject: &'static str, folder: &Path) {
    let mut tally = Tally::new(subject);
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|case| case.unwrap().path()).collect();
    cases.retain(|case| case.is_dir());
    cases.sort();
    for case in cases {
        let expected: Value = serde_json::from_slice(&fs::read(case.join("expected.json")).unwrap()).unwrap();
        let rows = rows(&fs::read_to_string(case.join("objects.yaml")).unwrap(), expected["wanted"] == "native");
        tally.count(&case.display().to_string(), compare_rows(rows, expected["rows"].as_array().unwrap()));
    }
    tally.finish();
}

/// The rows for objects in a mesh that makes native or regular proxies.
fn rows(objects: &str, native: bool) -> Vec<Value> {
    let mut collected = Collected::default();
    let document = SavedDocument { file: "objects.yaml", line: 1, text: objects };
    let mut take = |object: SavedObject<'_>| {
        collected.take(&object.value, "default");
    };
    document.objects(&mut take).unwrap();
    let mut mesh = Mesh::install("1.30".parse().unwrap(), &Value::Null).unwrap();
    mesh.env.insert("ENABLE_NATIVE_SIDECARS".to_owned(), native.to_string());
    let meshes = Meshes::only(Injector::new(mesh).unwrap());
    let now = Time::parse("2026-11-20T09:00:00Z").unwrap();
    let status = Status::of(&collected, &meshes, &PodSelection::default(), now);
    let row = |row: &nativesidecar::cluster::status::Row| {
        json!({
            "namespace": row.key.namespace, "workload": row.key.display_name(), "pods": row.pods, "native": row.native,
            "regular": row.regular, "none": row.none(), "action": row.action.code(),
        })
    };
    status.rows.iter().map(row).collect()
}

/// Takes the expected rows out of those that were found.
fn compare_rows(mut found: Vec<Value>, expected: &[Value]) -> Result<(), String> {
    for row in expected {
        let without = |row: &Map<String, Value>| -> Map<String, Value> {
            let mut row = row.clone();
            row.retain(|key, _| !matches!(key.as_str(), "accept" | "optional" | "why"));
            row
        };
        let row_itself = without(row.as_object().unwrap());
        let others = row["accept"].as_array().into_iter().flatten().map(|other| {
            let mut row = row_itself.clone();
            row.extend(other.as_object().unwrap().clone());
            row
        });
        let accepted: Vec<Value> = std::iter::once(row_itself.clone()).chain(others).map(Value::Object).collect();
        match found.iter().position(|found| accepted.contains(found)) {
            Some(at) => drop(found.remove(at)),
            None if row["optional"] == true && !found.iter().any(|found| found["workload"] == row["workload"]) => {}
            None => return Err(format!("expected {row}, found {found:?}")),
        }
    }
    if found.is_empty() { Ok(()) } else { Err(format!("not expected: {found:?}")) }
}
