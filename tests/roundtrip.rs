//! `uninject` gives back what was there before `inject --reversible`, byte for byte, and `convert` what was there before
//! `convert`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a case that cannot be read fails"
)]

mod folder;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use folder::files;
use lossless_yaml::{Tree, split};
use nativesidecar::convert::{Conversion, Position};
use nativesidecar::diagnostic::ExitCode;
use nativesidecar::inject::{Injector, ModeRequest};
use nativesidecar::input::{Inputs, ListSizes, Source};
use nativesidecar::istio::Mesh;
use nativesidecar::istio::native::Mode;
use nativesidecar::k8s::Kinds;
use nativesidecar::output::RunInfo;
use nativesidecar::run::{Convert, Inject, Job, OutputRequest, Selection, Task, Uninject, run};
use serde_json::{Value, json};

/// The standard output of a task, or the text report of a run that failed.
fn output(text: &str, task: &dyn Task, list_sizes: ListSizes) -> Result<String, String> {
    let inputs = Inputs { sources: vec![Source::Text(text.as_bytes().into())], list_sizes, ..Inputs::default() };
    let (selection, kinds) = (Selection::default(), Kinds::default());
    let job = Job { task, selection: &selection, kinds: &kinds };
    let mut finished = run(&inputs, &job, OutputRequest::default(), RunInfo::default(), &mut |_| ());
    let mut bytes = Vec::new();
    if finished.code == ExitCode::Success {
        finished.stdout.copy_to(&mut bytes).unwrap();
        return Ok(String::from_utf8(bytes).unwrap());
    }
    finished.report.write_text(&mut bytes).unwrap();
    Err(String::from_utf8(bytes).unwrap())
}

/// Injects by Istio 1.30 and records the original.
fn inject(mode: Mode) -> Inject {
    let mesh = Mesh::install("1.30".parse().unwrap(), &Value::Null).unwrap();
    let request = ModeRequest::Set { mode, keep_existing: false };
    Inject { is_reversible: true, ..Inject::new(Injector::new(mesh).unwrap(), request) }
}

fn uninject(text: &str) -> Result<String, String> {
    output(text, &Uninject::default(), ListSizes::default())
}

/// The inputs of the suite `istio`, injected ones among them.
fn inputs() -> Vec<String> {
    let inputs = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/oracle/istio");
    let is_yaml = |file: &Path| file.extension().is_some_and(|extension| extension == "yaml");
    files(&inputs).iter().filter(|file| is_yaml(file)).map(|file| fs::read_to_string(file).unwrap()).collect()
}

/// Converts the container `sql`.
fn convert(to: Mode, text: &str) -> String {
    let conversion = Conversion { containers: ["sql".to_owned()].into(), to, position: Position::Default };
    output(text, &Convert::new(conversion, None, Vec::new()), ListSizes::default()).unwrap()
}

#[test]
fn the_last_container_comes_back_after_it_was_a_native_sidecar() {
    let deployment = |spec: &str| {
        format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a}}\nspec:\n  template:\n    spec:\n{spec}")
    };
    let block = "      # all\n      containers:\n      - name: web # app\n        image: w\n      # the proxy\n      - name: sql\n        image: s # pinned\n        args: [\n          a]\n      volumes: []\n";
    let indented = "      initContainers:\n        - name: i\n          image: i\n      containers:\n        - image: w\n          name: web\n        - image: s\n          name: sql\n          command:\n            - |\n              run\n";
    let flow = "      containers: [{name: web, image: w}, {name: sql, image: s, env: [{name: A, value: a}]}]\n";
    let json = r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "web", "image": "w"}, {"name": "sql", "image": "s"}]}}"#;
    let list = format!("{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [\n  {json},\n  {json}\n]}}\n");
    let shared = "      containers:\n      - name: web\n        image: w\n        env: &env\n        - {name: A, value: a}\n      - name: sql\n        image: s\n";
    let texts = [deployment(block), deployment(indented), deployment(flow), json.to_owned(), list, deployment(shared)];
    for text in texts {
        for text in [text.clone(), text.replace('\n', "\r\n")] {
            let native = convert(Mode::Native, &text);
            assert_ne!(native, text);
            assert_eq!(convert(Mode::Native, &native), native);
            assert_eq!(convert(Mode::Regular, &native), text, "{native}");
        }
    }
}

#[test]
fn originals_come_back_after_one_injection_or_two() {
    let (native, regular) = (inject(Mode::Native), inject(Mode::Regular));
    let mut count = 0;
    for text in inputs() {
        for tasks in [vec![&native], vec![&native, &regular]] {
            let injected = tasks.iter().try_fold(text.clone(), |text, task| output(&text, *task, ListSizes::default()));
            let Ok(injected) = injected else { continue };
            assert_eq!(uninject(&injected).as_ref(), Ok(&text), "{injected}");
            count += usize::from(injected != text);
        }
    }
    assert!(count > 100, "{count}");
}

#[test]
fn originals_in_lists_come_back() {
    let native = inject(Mode::Native);
    let documents: Vec<String> = inputs()
        .iter()
        .filter(|text| output(text, &native, ListSizes::default()).is_ok())
        .flat_map(|text| {
            let without_marker = |text: &str| text.trim_start_matches("---").trim_start().to_owned();
            split(text.as_bytes()).into_iter().map(|chunk| without_marker(&text[chunk.range])).collect::<Vec<_>>()
        })
        .filter(|text| !text.contains(['&', '*', '\t']) && Tree::parse(text, 1).is_ok_and(|tree| tree.root().is_some()))
        .collect();
    assert!(documents.len() > 40);
    let mut block = "apiVersion: v1\nitems:\n".to_owned();
    let mut items = Vec::new();
    for document in &documents {
        let tree = Tree::parse(document, 1).unwrap();
        items.push(tree.value(tree.root().unwrap()).unwrap());
        for (number, line) in document.lines().enumerate() {
            let _ = writeln!(block, "{}{line}", if number == 0 { "- " } else { "  " });
        }
    }
    block.push_str("kind: List\n");
    let list = json!({"apiVersion": "v1", "items": items, "kind": "List"});
    let parts = ListSizes { whole: 0, part: 1500 };
    let whole = ListSizes { whole: usize::MAX, part: usize::MAX };
    for text in [block, list.to_string(), serde_json::to_string_pretty(&list).unwrap()] {
        let injected = output(&text, &native, whole).unwrap();
        assert_ne!(injected, text);
        assert_eq!(output(&text, &native, parts).as_ref(), Ok(&injected));
        for sizes in [whole, parts] {
            assert!(output(&injected, &Uninject::default(), sizes).unwrap() == text);
        }
    }
}

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}   # a comment
spec:
  template:
    spec:
      containers:
      - name: web
        image: web:1
        livenessProbe: {httpGet: {path: /, port: 80}}
";

#[test]
fn edits_made_since_are_kept() {
    let injected = output(WEB, &inject(Mode::Native), ListSizes::default()).unwrap();
    for (from, to) in [
        ("web:1", "web:2"),
        ("kind: Deployment", "kind: Deployment # another"),
        ("spec:\n  template", "spec:\n  replicas: 3\n  template"),
    ] {
        assert_eq!(uninject(&injected.replace(from, to)), Ok(WEB.replace(from, to)));
    }
}

#[test]
fn additions_that_may_belong_to_the_sidecar_are_refused() {
    let web = WEB.replace("metadata: {name: web}   # a comment", "metadata:\n  name: web\n  labels: {a: b}");
    let injected = output(&web, &inject(Mode::Native), ListSizes::default()).unwrap();
    let behind = |start: &str, line: &str| {
        let at = injected.find(start).unwrap();
        let end = at + injected[at..].find('\n').unwrap() + 1;
        [&injected[..end], line, &injected[end..]].concat()
    };
    for edited in [
        behind("    nativesidecar.dev/original", "    team: payments\n"),
        behind("        sidecar.istio.io/status", "        my/annotation: x\n"),
        injected.clone() + "      - name: mine\n        emptyDir: {}\n",
    ] {
        let error = uninject(&edited).unwrap_err();
        assert!(error.contains("nativesidecar.dev/original"), "{error}");
    }
}

#[test]
fn edits_of_the_sidecar_are_refused() {
    let injected = output(WEB, &inject(Mode::Native), ListSizes::default()).unwrap();
    for (from, to) in [
        ("proxyv2:1.30.3", "proxyv2:1.30.4"),
        ("/app-health/web/livez", "/livez"),
        ("a comment", "another"),
        ("v1.", "v1.A"),
        ("v1.", "v2."),
    ] {
        assert!(injected.contains(from));
        let error = uninject(&injected.replace(from, to)).unwrap_err();
        assert!(error.contains("nativesidecar.dev/original"), "{error}");
    }
}

#[test]
fn a_rewritten_text_is_changed_by_the_records_of_istiod() {
    let injected = output(WEB, &inject(Mode::Native), ListSizes::default()).unwrap();
    let value = |text: &str| {
        let tree = Tree::parse(text, 1).unwrap();
        tree.value(tree.root().unwrap()).unwrap()
    };
    let before = value(&uninject(&value(&injected).to_string()).unwrap());
    assert_eq!(before["spec"]["template"]["spec"], value(WEB)["spec"]["template"]["spec"]);
    assert_eq!(before["metadata"], value(WEB)["metadata"]);
}
