//! Each release in the table of `src/istio/release/table.rs` has a fixture in `testdata/releases`, and is documented.
//!
//! The fixture of the oldest release is an injected pod. The fixture of a later release is its diff to the release before. `OVERWRITE=1 cargo test --test releases` rewrites them.

#![allow(clippy::unwrap_used, reason = "a fixture that cannot be read is a failure")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use nativesidecar::inject::{Injection, Injector, ModeRequest, Workload};
use nativesidecar::istio::{Mesh, Release};
use serde_json::{Value, json};

/// The injected pod of a default installation, as YAML.
fn rendered(release: &Release) -> String {
    let mesh = Mesh::install(release.clone(), &Value::Null).unwrap();
    let web = Workload::new("apps/v1", "Deployment", "web", "shop");
    let pod = json!({
        "metadata": {"annotations": {
            "sidecar.istio.io/nativeSidecar": "true",
            "sidecar.istio.io/logLevel": "debug # as the template reads it"
        }},
        "spec": {"containers": [{"name": "web", "image": "example.com/web:1"}]}
    });
    match Injector::new(mesh).unwrap().inject(&web, &pod, ModeRequest::Mesh).unwrap() {
        Injection::Injected(injected) => serde_yaml::to_string(&injected.pod).unwrap(),
        outcome => unreachable!("{release}: {outcome:?}"),
    }
}

/// The expected fixtures, by file name.
fn fixtures() -> BTreeMap<String, String> {
    let mut fixtures = BTreeMap::new();
    let mut before = None;
    for release in Release::built_in() {
        let now = rendered(&release);
        let (extension, text) = match &before {
            None => ("yaml", now.clone()),
            Some(before) => {
                ("diff", similar::TextDiff::from_lines(before, &now).unified_diff().context_radius(1).to_string())
            }
        };
        fixtures.insert(format!("1.{}.{extension}", release.minor()), text);
        before = Some(now);
    }
    fixtures
}

#[test]
fn each_release_has_its_fixture() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/releases");
    let expected = fixtures();
    if std::env::var_os("OVERWRITE").is_some() {
        for (name, text) in &expected {
            fs::write(folder.join(name), text).unwrap();
        }
    }
    let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap());
    let found: BTreeMap<String, String> =
        entries.map(|e| (e.file_name().into_string().unwrap(), fs::read_to_string(e.path()).unwrap())).collect();
    let names = |fixtures: &BTreeMap<String, String>| fixtures.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(&expected), "testdata/releases has one file for each release");
    for (name, text) in &expected {
        assert_eq!(found.get(name), Some(text), "{name}");
    }
}

#[test]
fn each_release_is_documented() {
    let read = |name: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)).unwrap();
    let (fidelity, injection) = (read("explanation/fidelity.md"), read("reference/injection.md"));
    for (name, text) in [("explanation/fidelity.md", &fidelity), ("reference/injection.md", &injection)] {
        let range = Release::built_in_range();
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words(text).contains(&format!("Istio {range}")), "docs/{name} does not contain {range}");
    }
    for release in Release::built_in() {
        let row = format!("| {release} ");
        assert!(
            fidelity.lines().any(|line| line.starts_with(&row)),
            "docs/explanation/fidelity.md has no row for {release}"
        );
    }
}
