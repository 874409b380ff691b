//! The JSON report and the answers of commands follow the published schemas, docs/*.schema.json.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use lossless_yaml::Tree;
use nativesidecar::cluster::precheck::{CHECKS, Date, Facts, precheck};
use nativesidecar::cluster::status::{Action, ActionReason, PodSelection};
use nativesidecar::cluster::timeline::Target;
use nativesidecar::cluster::verify::Cause;
use nativesidecar::config::MeshSettings;
use nativesidecar::diagnostic::Code;
use nativesidecar::input::{Find, find};
use nativesidecar::istio::{Mesh, Release};
use nativesidecar::k8s::{Kinds, Time};
use nativesidecar::output::{
    COMPARED_JSON, COMPARED_YAML, ComparedColumn, ComparedForm, ComparedRun, Comparison, EXPLAIN_FORMS, ExplainedRun,
    Keep, PreviewKeep, PreviewRun, Remark, RunInfo, preview_json, status_value, timeline_value, verified_value,
};
use nativesidecar::run::{
    Compare, Explain, Inject, Job, MeshUse, OutputRequest, Preview, Print, ResolvedMesh, Selection, StatusRequest,
    VerifyBy, VerifyRequest, resolve, run, saved_objects, status, timelines, verify,
};
use serde_json::{Value, json};

/// Checks `value` against the keywords of JSON Schema that the published schema uses.
fn check(schema: &Value, value: &Value, path: &str) {
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        "null" => value.is_null(),
        other => unreachable!("type {other} in the schema"),
    };
    match &schema["type"] {
        Value::String(name) => assert!(is(name), "{path} is {value}, not a {name}"),
        Value::Array(names) => assert!(names.iter().any(|n| is(n.as_str().unwrap())), "{path} is {value}"),
        _ => {}
    }
    if let Some(allowed) = schema["enum"].as_array() {
        assert!(allowed.contains(value), "{path} is {value}");
    }
    assert!(schema["const"].is_null() || schema["const"] == *value, "{path} is {value}");
    assert!(value.as_i64() >= schema["minimum"].as_i64().filter(|_| value.is_i64()), "{path} is {value}");
    if let Some(object) = value.as_object() {
        for key in schema["required"].as_array().into_iter().flatten() {
            assert!(object.contains_key(key.as_str().unwrap()), "{path} has no {key}");
        }
        for (key, value) in object {
            let known = &schema["properties"][key];
            let schema = if known.is_null() { &schema["additionalProperties"] } else { known };
            assert!(schema.is_object(), "{path}.{key} is not in the schema");
            check(schema, value, &format!("{path}.{key}"));
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        check(&schema["items"], item, &format!("{path}[{index}]"));
    }
}

fn root() -> std::path::PathBuf {
    env!("CARGO_MANIFEST_DIR").into()
}

#[test]
fn reports_follow_the_published_schema() {
    let schema: Value = serde_json::from_str(
        &std::fs::read_to_string(root().join("docs/reference/schemas/report.schema.json")).unwrap(),
    )
    .unwrap();
    // Manifests with workloads, an unhandled object, a skipped path and an error.
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("broken.yaml", "a: [\n");
    write(
        "other.yaml",
        "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: fn}\nspec: {template: {spec: {containers: [{name: a}]}}}\n",
    );
    write(
        "list.yaml",
        "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a}\n  spec: {hostNetwork: true}\n- metadata: {name: b}\n  spec: {containers: [{name: b, image: b}]}\n",
    );
    std::fs::copy(root().join("testdata/shop/shop.yaml"), folder.path().join("shop.yaml")).unwrap();
    std::fs::create_dir_all(folder.path().join("chart/templates")).unwrap();
    write("chart/Chart.yaml", "name: chart\n");
    let inputs = find(&Find { paths: vec![folder.path().to_owned()], recursive: true, ..Find::default() }).unwrap();
    // A run that injects them.
    let mesh = Mesh::install(Release::newest_built_in(), &Value::Null).unwrap();
    let injector = nativesidecar::inject::Injector::new(mesh).unwrap();
    let task = Inject::new(injector, nativesidecar::inject::ModeRequest::default());
    let (selection, kinds) = (Selection::default(), Kinds::default());
    let job = Job { task: &task, selection: &selection, kinds: &kinds };
    let revisions = json!([{"revision": "default", "istio": "1.30.3"}, {"revision": "b", "istio": "1.29.6"}]);
    let mesh = Some(json!({"istio": "1.30.3", "source": "a.yaml", "revision": "default", "revisions": revisions}));
    let (warnings, notes) = (vec![Remark::new("values", "odd")], vec![Remark::new("project-file", "unread")]);
    let info = RunInfo { mesh, warnings, notes, keep: Keep::Json, ..RunInfo::default() };
    let mut finished = run(&inputs, &job, OutputRequest::default(), info, &mut |_| {});
    // The report.
    let mut report = Vec::new();
    finished.report.write_json(&mut report).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    for (list, count) in [("workloads", 5), ("unhandled", 1), ("skippedPaths", 1), ("errors", 1)] {
        assert_eq!(report[list].as_array().unwrap().len(), count, "{list}: {report:#}");
    }
    assert_eq!(report["delivered"], false);
    check(&schema, &report, "report");
}

#[test]
fn previews_follow_their_published_schema() {
    let schema: Value = serde_json::from_str(
        &std::fs::read_to_string(root().join("docs/reference/schemas/diff-preview.schema.json")).unwrap(),
    )
    .unwrap();
    let reports: Value = serde_json::from_str(
        &std::fs::read_to_string(root().join("docs/reference/schemas/report.schema.json")).unwrap(),
    )
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let refused = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {status.sidecar.istio.io/port: a}}\nspec: \
                   {containers: [{name: a, image: a}]}\n";
    std::fs::write(folder.path().join("refused.yaml"), refused).unwrap();
    let paths = vec![folder.path().to_owned(), root().join("testdata/shop/shop.yaml")];
    let mut inputs = find(&Find { paths, ..Find::default() }).unwrap();
    let mut mesh = |istio: &str| {
        let settings = MeshSettings { istio: Some(istio.parse().unwrap()), ..MeshSettings::default() };
        resolve(&settings, &mut inputs, "default", MeshUse::Sidecars, true).unwrap()
    };
    let (now, after) = (("NOW".to_owned(), mesh("1.26")), ("AFTER".to_owned(), mesh("1.30")));
    let column = |(name, mesh): &(String, ResolvedMesh)| ComparedColumn {
        name: name.clone(),
        mesh: mesh.info.mesh.clone(),
        assumed: Vec::new(),
    };
    let comparison = Comparison { columns: vec![column(&now), column(&after)], is_upgrade: true, pin: None };
    let task = Preview::of(now, after, true, 3);
    let (selection, kinds) = (Selection::default(), Kinds::default());
    let job = Job { task: &task, selection: &selection, kinds: &kinds };
    for summary_only in [false, true] {
        let print = Print::Groups(PreviewKeep::Items);
        let request = OutputRequest { print, keep_going: true, ..OutputRequest::default() };
        let info = RunInfo { keep: Keep::Json, ..RunInfo::default() };
        let mut finished = run(&inputs, &job, request, info, &mut |_| {});
        let run = PreviewRun { comparison: &comparison, summary_only, styled: false };
        let mut out = Vec::new();
        preview_json(finished.groups.take().unwrap(), &run, &mut out).unwrap();
        let preview: Value = serde_json::from_slice(&out).unwrap();
        check(&schema, &preview, "preview");
        let counts =
            ["workloads", "changed", "undecided", "flips", "groups"].map(|name| preview["totals"][name].as_i64());
        assert_eq!(counts, [4, 3, 1, 2, 2].map(Some), "{preview:#}");
        assert_eq!(preview["groups"][0]["diff"].is_null(), summary_only);
        assert!(preview["workloads"][0]["error"].is_string());
        let mut report = Vec::new();
        finished.report.write_json(&mut report).unwrap();
        let report: Value = serde_json::from_slice(&report).unwrap();
        check(&reports, &report, "report");
        assert_eq!(report["workloads"][1]["preview"], json!({"proxies": ["regular", "native"], "changes": true}));
    }
}

#[test]
fn comparisons_follow_their_published_schema() {
    let schema: Value = serde_json::from_str(
        &std::fs::read_to_string(root().join("docs/reference/schemas/explain-compared.schema.json")).unwrap(),
    )
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let refused = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {status.sidecar.istio.io/port: a}}\nspec: \
                   {containers: [{name: a, image: a}]}\n";
    std::fs::write(folder.path().join("refused.yaml"), refused).unwrap();
    let paths = vec![folder.path().to_owned(), root().join("testdata/shop/shop.yaml")];
    let mut inputs = find(&Find { paths, ..Find::default() }).unwrap();
    let mut meshes = Vec::new();
    for istio in ["1.26", "1.30"] {
        let settings = MeshSettings { istio: Some(istio.parse().unwrap()), ..MeshSettings::default() };
        meshes.push(resolve(&settings, &mut inputs, "default", MeshUse::Decisions, false).unwrap());
    }
    let column = |(mesh, name): (&ResolvedMesh, &str)| ComparedColumn {
        name: name.to_owned(),
        mesh: mesh.info.mesh.clone(),
        assumed: Vec::new(),
    };
    let columns = meshes.iter().zip(["NOW", "AFTER"]).map(column).collect();
    let comparison = Comparison { columns, is_upgrade: true, pin: None };
    let task = Compare::of(meshes, true);
    let (selection, kinds) = (Selection::default(), Kinds::default());
    let job = Job { task: &task, selection: &selection, kinds: &kinds };
    let forms: [&'static dyn ComparedForm; 2] = [&COMPARED_JSON, &COMPARED_YAML];
    for form in forms {
        let request = OutputRequest { print: Print::Pieces(form), keep_going: true, ..OutputRequest::default() };
        let finished = run(&inputs, &job, request, RunInfo::default(), &mut |_| {});
        let totals = finished.report.compared();
        let run = ComparedRun { comparison: &comparison, totals, styled: false, width: None };
        let mut out = Vec::new();
        form.write(finished.stdout, &run, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let tree = Tree::parse(&text, 1).unwrap();
        let compared = tree.value(tree.root().unwrap()).unwrap();
        check(&schema, &compared, form.name());
        let workloads = compared["workloads"].as_array().unwrap();
        assert_eq!(workloads.len(), 4, "{compared:#}");
        assert!(workloads[0]["proxies"][0]["error"].is_string());
        assert_eq!((&workloads[0]["flips"], &workloads[1]["flips"]), (&json!(false), &Value::Null));
    }
}

#[test]
fn explanations_follow_their_published_schema() {
    let schema: Value = serde_json::from_str(
        &std::fs::read_to_string(root().join("docs/reference/schemas/explain.schema.json")).unwrap(),
    )
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("refused.yaml"),
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {status.sidecar.istio.io/port: a}}\nspec: {containers: [{name: a, image: a}]}\n\
         ---\napiVersion: v1\nkind: Pod\nmetadata: {name: b, annotations: {sidecar.istio.io/nativeSidecar: \"true\"}}\n\
         spec: {containers: [{name: b, image: b, resources: {requests: {cpu: 1}}}]}\n",
    )
    .unwrap();
    let paths = vec![folder.path().to_owned(), root().join("testdata/shop/shop.yaml")];
    let mut inputs = find(&Find { paths, ..Find::default() }).unwrap();
    let settings = MeshSettings { istio: Some("1.30".parse().unwrap()), ..MeshSettings::default() };
    let (mut task, info) =
        Explain::by(resolve(&settings, &mut inputs, "default", MeshUse::Decisions, false).unwrap(), true);
    let (mesh, assumed) = (info.mesh.clone(), info.assumed.clone());
    let (selection, kinds) = (Selection::default(), Kinds::default());
    for form in EXPLAIN_FORMS {
        task.details = form.details();
        let job = Job { task: &task, selection: &selection, kinds: &kinds };
        let request = OutputRequest { print: Print::Pieces(form), keep_going: true, ..OutputRequest::default() };
        let finished = run(&inputs, &job, request, info.clone(), &mut |_| {});
        let totals = finished.report.proxies();
        let run = ExplainedRun {
            mesh: mesh.as_ref(),
            assumed: &assumed,
            totals,
            fleet: finished.report.fleet(),
            quotas: task.quotas(),
            styled: false,
            width: None,
        };
        let mut out = Vec::new();
        form.write(finished.stdout, &run, &mut out).unwrap();
        let explained: Value = match form.name() {
            "json" => serde_json::from_slice(&out).unwrap(),
            "yaml" => {
                let text = String::from_utf8(out).unwrap();
                let tree = Tree::parse(&text, 1).unwrap();
                tree.value(tree.root().unwrap()).unwrap()
            }
            _ => continue,
        };
        check(&schema, &explained, form.name());
        let workloads = explained["workloads"].as_array().unwrap();
        let proxy = |name: &str| workloads.iter().find(|workload| workload["name"] == name).unwrap()["proxy"].clone();
        assert_eq!((proxy("a"), proxy("b")), (Value::Null, json!("native")), "{explained:#}");
        let count = |proxy: Value| workloads.iter().filter(|workload| workload["proxy"] == proxy).count();
        assert_eq!(explained["totals"]["depends"], count(json!("depends")));
    }
}

#[test]
fn every_code_is_documented_with_its_meaning() {
    let page = std::fs::read_to_string(root().join("docs/reference/report.md")).unwrap();
    let rows: Vec<String> = Code::ALL.iter().map(|code| format!("| `{code}` | {} |\n", code.meaning())).collect();
    assert!(page.contains(&rows.concat()), "docs/reference/report.md should have\n{}", rows.concat());
}

#[test]
fn states_of_workloads_follow_the_published_schema() {
    let schema: Value = serde_json::from_str(
        &std::fs::read_to_string(root().join("docs/reference/schemas/status.schema.json")).unwrap(),
    )
    .unwrap();
    let mut inputs =
        find(&Find { paths: vec![root().join("testdata/cli/status/status.in")], ..Find::default() }).unwrap();
    let request = StatusRequest {
        mesh: MeshSettings::default(),
        default_namespace: "default".to_owned(),
        selection: PodSelection::default(),
        now: Time::now(),
    };
    let (status, info) = status(&mut inputs, &request).unwrap();
    assert!(status.rows.len() > 5);
    check(&schema, &status_value(&status, info.mesh.as_ref(), &info.assumed), "status");
    // The schema lists all codes.
    let codes = |path: &str| schema.pointer(path).unwrap()["enum"].as_array().unwrap().clone();
    assert_eq!(codes("/properties/rows/items/properties/reason"), ActionReason::CODES.map(Value::from));
    assert_eq!(codes("/properties/rows/items/properties/action"), Action::ALL.map(|action| Value::from(action.code())));
}

#[test]
fn timelines_follow_the_published_schema() {
    let schema: Value = serde_json::from_str(
        &std::fs::read_to_string(root().join("docs/reference/schemas/timeline.schema.json")).unwrap(),
    )
    .unwrap();
    let mut inputs =
        find(&Find { paths: vec![root().join("testdata/cli/timeline/timeline.in")], ..Find::default() }).unwrap();
    let found = timelines(&mut inputs, &Target::default(), "default", Time::now()).unwrap();
    assert!(found.len() > 2);
    check(&schema, &timeline_value(&found), "timeline");
}

#[test]
fn comparisons_of_pods_follow_the_published_schema() {
    let schema: Value = serde_json::from_str(
        &std::fs::read_to_string(root().join("docs/reference/schemas/verify.schema.json")).unwrap(),
    )
    .unwrap();
    let mut inputs =
        find(&Find { paths: vec![root().join("testdata/cli/verify/verify.in/shop.yaml")], ..Find::default() }).unwrap();
    let settings = MeshSettings { istio: Some("1.30".parse().unwrap()), ..MeshSettings::default() };
    let by = VerifyBy::Mesh(Box::new(settings));
    let request = VerifyRequest { by, default_namespace: "default".to_owned(), target: Target::default() };
    let (pods, info) = verify(&mut inputs, request).unwrap();
    assert!(pods.len() > 2);
    check(&schema, &verified_value(&pods, info.mesh.as_ref(), &info.assumed), "verify");
    // The schema lists all codes.
    let codes = schema.pointer("/properties/pods/items/properties/differences/items/properties/cause/enum").unwrap();
    assert_eq!(*codes, Cause::CODES.into_iter().collect::<Value>());
}

#[test]
fn answers_of_precheck_follow_the_published_schema() {
    let schema: Value = serde_json::from_str(
        &std::fs::read_to_string(root().join("docs/reference/schemas/precheck.schema.json")).unwrap(),
    )
    .unwrap();
    let mut facts = Facts::default();
    let inputs = find(&Find { paths: vec![root().join("testdata/cli/precheck/aks.in/prod.json")], ..Find::default() });
    assert!(saved_objects(&inputs.unwrap(), &mut |object| facts.take(&object).unwrap()).is_empty());
    facts.choose_cluster(None).unwrap();
    let report = precheck(&facts, Date::today());
    check(&schema, &serde_json::to_value(&report).unwrap(), "precheck");
    // The schema lists all codes.
    let codes = schema.pointer("/properties/checks/items/properties/code/enum").unwrap();
    assert_eq!(*codes, CHECKS.iter().map(|check| check.code).collect::<Value>());
}
