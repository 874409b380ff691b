//! Hostile mesh files give a result or a clear error with their name. Time and memory stay in proportion to the input.

use std::fs;

use crate::outside::{Limits, PROGRAM, Ran, SMALL, deployment, finish, limited, print};

/// A name, a mesh file of variable size, and a part of the error. `None` if the mesh file is valid.
type Case = (&'static str, fn(usize) -> String, Option<&'static str>);

/// The two `ConfigMap`s with this content.
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

/// Lists of ten aliases of the list before.
fn bomb() -> String {
    let line = |level: usize| match level {
        0 => "x0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned(),
        level => format!("x{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(", ")),
    };
    each(20, line)
}

const CASES: &[Case] = &[
    ("a config of aliases", |_| config(&bomb()), Some("aliases expand the document beyond the limit")),
    ("values of aliases", |_| mesh(CONFIG, &bomb(), ""), Some("aliases expand the document beyond the limit")),
    ("a mesh configuration of aliases", |_| mesh(CONFIG, VALUES, &bomb()), Some("aliases expand the document")),
    (
        "an object of aliases",
        |_| format!("{}---\nkind: Namespace\n{}", plain(), bomb()),
        Some("aliases expand the document"),
    ),
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
    ("a long unknown field", |n| mesh(CONFIG, VALUES, &format!("{}: 1\n", "k".repeat(n.min(1000)))), None),
    ("a long key", |n| values(&format!("\"{}\": 1", "k".repeat(100 * n))), None),
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
    ("empty lines in a template", |n| config(&format!("x: |\n  a{}\n  b\n", "\n".repeat(n))), None),
    ("an unclosed template", |n| config(&format!("  t: \"{}\"\n", "{{ if 1 }}".repeat(n + 9))), Some("template")),
];

/// Names and texts of templates that run until they hit a limit.
const TEMPLATES: &[(&str, &str)] = &[
    ("every match looks at all the rest", "{{ $x := regexFindAll `a*?b|a` (repeat 300000 `a`) -1 }}"),
    ("the same, replaced", "{{ $x := regexReplaceAll `(a*?b|a)` (repeat 300000 `a`) `$1` }}"),
    ("many states", "{{ $x := regexMatch `(a|b)*a(a|b){200}[c-z]` (repeat 100000 `abaab`) }}"),
    ("expressions", "{{ range until 100000 }}{{ $x := regexMatch (print `[^a]{1000}` .) `a` }}{{ end }}"),
    ("classes", r"{{ range until 100000 }}{{ $x := regexMatch (print `(?i)\pL` .) `a` }}{{ end }}"),
    ("bad expressions", r"{{ range 1000000 }}{{ $x := regexMatch `(?i)[\pL\pN](` `a` }}{{ end }}"),
    ("checksums", "{{ $s := repeat 8000000 `a` }}{{ range 5000 }}{{ $x := adler32sum $s }}{{ end }}"),
    ("hashes", "{{ $s := repeat 8000000 `a` }}{{ range 5000 }}{{ $x := sha512sum $s }}{{ end }}"),
    ("numbers", "{{ $s := repeat 8000000 `1` }}{{ range 5000 }}{{ $x := int $s }}{{ end }}"),
    (
        "comparisons",
        "{{ $s := repeat 8000000 `a` }}{{ $t := print $s }}{{ range 5000 }}{{ if eq $s $t }}{{ end }}{{ end }}",
    ),
    ("deep comparisons", "{{ $l := list (repeat 8000000 `a`) }}{{ range 5000 }}{{ $x := has $l (list $l) }}{{ end }}"),
    ("cases", "{{ $s := repeat 2000000 `\u{430}\u{301}` }}{{ range 5000 }}{{ $x := title $s }}{{ end }}"),
    ("words", "{{ $s := repeat 2000000 `\u{430}\u{301}` }}{{ range 5000 }}{{ $x := snakecase $s }}{{ end }}"),
    ("long floats", "{{ range 1000000 }}{{ $x := printf `%.800g` 5e-324 }}{{ end }}"),
    ("large floats", "{{ range 1000000 }}{{ $x := printf `%.0f` 1e300 }}{{ end }}"),
    ("hexadecimal floats", "{{ range 1000000 }}{{ $x := float64 `0x1.fffffffffffffp-1074` }}{{ end }}"),
    ("decimals", "{{ range 1000000 }}{{ $x := divf 1e308 3e-308 }}{{ end }}"),
    ("wide values", "{{ $l := list `` }}{{ range 40 }}{{ $l = list $l $l }}{{ end }}{{ $x := print $l }}"),
    ("wide values as YAML", "{{ $l := list `` }}{{ range 40 }}{{ $l = list $l $l }}{{ end }}{{ $x := toYaml $l }}"),
    (
        "lists in a dict",
        "{{ $d := dict }}{{ $l := until 1000000 }}{{ range 1000000 }}{{ $x := set $d `a` $l }}{{ end }}",
    ),
    ("JSON", "{{ $s := print `[` (repeat 1000000 `0,`) `0]` }}{{ range 1000 }}{{ $x := fromJSON $s }}{{ end }}"),
    (
        "networks",
        "{{ $s := print `[` (repeat 1000000 `0,`) `0]` }}{{ range 9 }}{{ $x := appendMultusNetwork $s `a` }}{{ end }}",
    ),
    (
        "versions",
        "{{ $v := semver (print `1.0.0-` (repeat 4000000 `a`)) }}{{ range 1000000 }}{{ $x := $v.Major }}{{ end }}",
    ),
    ("constraints", "{{ range 1000000 }}{{ $x := semverCompare `>=1.2 <3 || ^1 || ~2` `1.2.3` }}{{ end }}"),
    ("zones", "{{ range 1000000 }}{{ $x := dateInZone `2006 MST` 1700000000 `America/New_York` }}{{ end }}"),
    ("URLs", "{{ range 1000000 }}{{ $x := urlParse `https://u:p@h:80/p?q#f` }}{{ end }}"),
    ("containers", "{{ range 1000000 }}{{ $x := includeInboundPorts $.Spec.Containers }}{{ end }}"),
    ("rounds", "{{ range 1000000 }}{{ range 10 }}{{ if eq 1 2 }}{{ end }}{{ end }}{{ end }}"),
];

/// The errors of the limits.
const STOPPED: [&str; 2] = ["the template takes more than 2000000 steps", "build more than 67108864 bytes"];

/// Runs an injection with a template that starts with `text`.
fn run_template(what: &str, text: &str, limits: Limits) -> Ran {
    let spec = "spec: {containers: [{name: istio-proxy}]}";
    let config = format!("policy: enabled\ntemplates:\n  sidecar: |\n    {text}\n    {spec}\n");
    let ran = run_mesh(&mesh(&config, VALUES, ""), limits);
    ran.expect(what, &[4]);
    assert!(STOPPED.iter().any(|limit| ran.stderr.contains(limit)), "{what}: {}", ran.stderr);
    ran
}

fn run_mesh(mesh: &str, limits: Limits) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mesh.yaml"), mesh).unwrap();
    let mut command = limited(PROGRAM, limits);
    command.args(["inject", "-q", "--mesh-file", "mesh.yaml"]).current_dir(folder.path());
    finish(command, deployment("", "").as_bytes())
}

fn run(case: &Case, size: usize, limits: Limits) -> Ran {
    let (what, make, expected) = case;
    let ran = run_mesh(&make(size), limits);
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
fn small_mesh_files_are_read_or_refused() {
    for case in CASES {
        for size in [1, 400] {
            run(case, size, SMALL);
        }
    }
}

#[test]
fn templates_end_with_the_error_of_a_limit() {
    for (what, text) in TEMPLATES.iter().filter(|(what, _)| matches!(*what, "checksums" | "numbers" | "many states")) {
        run_template(what, text, SMALL);
    }
}

#[test]
#[ignore = "large: for a release build"]
fn all_templates_end_within_seconds() {
    for (what, text) in TEMPLATES {
        let ran = run_template(what, text, Limits { memory_mib: 2 << 10, cpu_seconds: 5 });
        print(&format!("{what}: {} ticks of 10 ms, {} MiB", ran.ticks, ran.peak_kib >> 10));
    }
}

#[test]
#[ignore = "large: for a release build"]
fn large_mesh_files_stay_within_limits() {
    for case in CASES {
        let ran = run(case, 100_000, Limits { memory_mib: 8 << 10, cpu_seconds: 20 });
        print(&format!("{}: {} ticks of 10 ms, {} MiB", case.0, ran.ticks, ran.peak_kib >> 10));
    }
}
