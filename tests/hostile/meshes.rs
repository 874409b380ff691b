//! Mesh files made to hurt: an answer or a clear error with its file, in the time and memory that such a size may take.

use std::fs;

use crate::outside::{Limits, PROGRAM, Ran, SMALL, deployment, finish, limited};

/// A mesh file by its size, and what the error says; none where the mesh is one.
type Case = (&'static str, fn(usize) -> String, Option<&'static str>);

/// The two `ConfigMap`s, with these texts.
fn mesh(config: &str, values: &str, mesh: &str) -> String {
    let block = |text: &str| text.lines().fold(String::new(), |all, line| format!("{all}    {line}\n"));
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: istio\ndata:\n  mesh: |-\n{}---\napiVersion: v1\nkind: \
         ConfigMap\nmetadata:\n  name: istio-sidecar-injector\ndata:\n  config: |-\n{}  values: |-\n{}",
        block(mesh),
        block(config),
        block(values)
    )
}

const CONFIG: &str = "policy: enabled\ntemplates:\n  sidecar: \"spec: {containers: [{name: istio-proxy}]}\"\n";
const VALUES: &str = "{\"global\": {\"tag\": \"1.30.3\"}}";

fn config(more: &str) -> String {
    mesh(&format!("{CONFIG}{more}"), VALUES, "")
}

fn values(more: &str) -> String {
    mesh(CONFIG, &format!("{{\"global\": {{\"tag\": \"1.30.3\"}}, {more}}}"), "")
}

fn plain() -> String {
    config("")
}

fn each(size: usize, line: impl Fn(usize) -> String) -> String {
    (0..size).map(line).collect()
}

/// Lists of ten of the list before, by alias.
fn bomb() -> String {
    let line = |level: usize| match level {
        0 => "x0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned(),
        level => format!("x{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(", ")),
    };
    each(20, line)
}

const CASES: &[Case] = &[
    ("a config of aliases", |_| config(&bomb()), Some("repeats itself by aliases beyond the limit")),
    ("values of aliases", |_| mesh(CONFIG, &bomb(), ""), Some("repeats itself by aliases beyond the limit")),
    ("a mesh configuration of aliases", |_| mesh(CONFIG, VALUES, &bomb()), Some("repeats itself by aliases")),
    ("an object of aliases", |_| format!("{}---\nkind: Namespace\n{}", plain(), bomb()), Some("repeats itself")),
    ("a deep config", |n| config(&format!("x: {}1{}\n", "[".repeat(n + 1000), "]".repeat(n + 1000))), Some("deeper")),
    ("deep values", |n| values(&format!("\"x\": {}1{}", "[".repeat(n + 1000), "]".repeat(n + 1000))), Some("deeper")),
    (
        "a deep List",
        |n| format!("{}---\n{}", plain(), "{kind: List, istio: 1, items: [".repeat(n + 1000)),
        Some("deeper"),
    ),
    ("a config of keys", |n| config(&each(n, |i| format!("k{i}: 1\n"))), None),
    ("values of keys", |n| values(&format!("{}\"z\": 1", each(n, |i| format!("\"k{i}\": 1, ")))), None),
    ("unknown fields", |n| mesh(CONFIG, VALUES, &each(n, |i| format!("trustDomian{i}: 1\n"))), None),
    ("an unknown field of many letters", |n| mesh(CONFIG, VALUES, &format!("{}: 1\n", "k".repeat(n.min(1000)))), None),
    ("a key of many letters", |n| values(&format!("\"{}\": 1", "k".repeat(100 * n))), None),
    ("a line of kinds", |n| format!("{}---\na: {}\n", plain(), "kind: ".repeat(n)), None),
    ("a line of words", |n| format!("{}---\nkind: {}\n", plain(), "kind".repeat(100 * n)), None),
    ("lines of items", |n| format!("{}---\nkind: List\n{}", plain(), "items:\n".repeat(n)), None),
    (
        "a List of objects",
        |n| format!("{}---\nkind: List\nitems:\n{}", plain(), each(n, |i| format!("- kind: A\n  x: {i}\n"))),
        None,
    ),
    (
        "namespaces",
        |n| format!("{}{}", plain(), each(n, |i| format!("---\nkind: Namespace\nmetadata: {{name: n{i}}}\n"))),
        None,
    ),
    ("nodes", |n| format!("{}{}", plain(), each(n, |i| format!("---\nkind: Node\nmetadata: {{name: n{i}}}\n"))), None),
    (
        "webhooks",
        |n| {
            let webhook = "- {name: x.sidecar-injector.istio.io, namespaceSelector: {matchLabels: {a: b}}}\n";
            let kind = "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration";
            format!("{}---\n{kind}\nwebhooks:\n{}", plain(), webhook.repeat(n))
        },
        None,
    ),
    (
        "revisions",
        |n| each(n + 101, |i| plain().replace("sidecar-injector", &format!("sidecar-injector-r{i}")) + "---\n"),
        Some("more revisions than the limit of 100"),
    ),
    ("blank lines in a template", |n| config(&format!("x: |\n  a{}\n  b\n", "\n".repeat(n))), None),
    (
        "a template that is not closed",
        |n| config(&format!("  t: \"{}\"\n", "{{ if 1 }}".repeat(n + 9))),
        Some("template"),
    ),
];

fn run(case: &Case, size: usize, limits: Limits) -> Ran {
    let (what, make, expected) = case;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mesh.yaml"), make(size)).unwrap();
    let mut command = limited(PROGRAM, limits);
    command.args(["inject", "-q", "--mesh-file", "mesh.yaml"]).current_dir(folder.path());
    let ran = finish(command, deployment("", "").as_bytes());
    match expected {
        None => ran.expect(what, &[0]),
        Some(text) => {
            ran.expect(what, &[4]);
            assert!(ran.stderr.contains(text) && ran.stderr.contains("mesh.yaml:"), "{what}: {}", ran.stderr);
        }
    }
    ran
}

#[test]
fn every_mesh_file_is_read_or_refused() {
    for case in CASES {
        for size in [1, 400] {
            run(case, size, SMALL);
        }
    }
}

#[test]
#[ignore = "large: for a release build"]
fn large_mesh_files_take_what_their_size_allows() {
    for case in CASES {
        let ran = run(case, 100_000, Limits { memory_mib: 8 << 10, cpu_seconds: 20 });
        crate::outside::say(&format!("{}: {} ticks of 10 ms, {} MiB", case.0, ran.ticks, ran.peak_kib >> 10));
    }
}
