//! Hostile inputs. `size` is the number of keys, items, levels or characters, depending on the case.

use std::fmt::Write as _;

use crate::outside::deployment;

/// The expected result for an input.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    /// It is processed.
    Done,
    /// It is refused with an error that contains this text.
    Refused(&'static str),
    /// Either, depending on the size.
    Any,
}

use Answer::{Any, Done, Refused};

/// An input of variable size.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) make: fn(usize) -> String,
    pub(crate) annotate: Answer,
    pub(crate) inject: Answer,
    /// The largest size to test. Smaller than a million where the output is much larger than the input.
    pub(crate) most: usize,
}

const fn case(name: &'static str, make: fn(usize) -> String, answer: Answer) -> Case {
    Case { name, make, annotate: answer, inject: answer, most: 1_000_000 }
}

impl Case {
    const fn most(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    const fn injected(mut self, answer: Answer) -> Self {
        self.inject = answer;
        self
    }
}

const TOO_DEEP: Answer = Refused("nested deeper than the limit of 1000 levels");
const REPEATS: Answer = Refused("aliases expand the document beyond the limit");

fn annotations(lines: &str) -> String {
    deployment(&format!("      annotations:\n{lines}"), "")
}

fn each(size: usize, line: impl Fn(usize) -> String) -> String {
    (0..size).map(line).collect()
}

/// Lists of ten aliases of the list before.
fn bomb() -> String {
    let mut text = "x0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let alias = format!("*a{}", level - 1);
        writeln!(text, "x{level}: &a{level} [{}]", vec![alias; 10].join(", ")).unwrap();
    }
    text
}

/// Mappings that merge the mapping before twice.
fn merge_bomb() -> String {
    let mut text = "x0: &a0 {k: v}\n".to_owned();
    for level in 1..60 {
        writeln!(text, "x{level}: &a{level} {{<<: [*a{0}, *a{0}]}}", level - 1).unwrap();
    }
    text
}

/// `List`s of ten aliases of the `List` before.
fn list_bomb() -> String {
    let mut text = "apiVersion: v1\nkind: List\nitems:\n- &a0 {apiVersion: v1, kind: List, items: []}\n".to_owned();
    for level in 1..15 {
        let before = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(text, "- &a{level} {{apiVersion: v1, kind: List, items: [{before}]}}").unwrap();
    }
    text
}

fn pod(number: usize) -> String {
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: p{number}}}, spec: {{containers: [{{name: a, image: b}}]}}}}"
    )
}

fn pod_json() -> &'static str {
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"b\"}]}}"
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.map(|item| format!("- {item}\n")).collect();
    format!("apiVersion: v1\nkind: List\nitems:\n{}", items.concat())
}

fn nested(size: usize, open: &str, close: &str) -> String {
    format!("{}1{}", open.repeat(size), close.repeat(size))
}

pub(crate) const CASES: &[Case] = &[
    // Long.
    case("a line of a comment", |n| format!("# {}\n{}", "x".repeat(100 * n), deployment("", "")), Done),
    case("a line of a value", |n| annotations(&format!("        a: {}\n", "x".repeat(100 * n))), Done),
    case("a line of two-byte characters", |n| annotations(&format!("        a: '{}'\n", "é".repeat(n))), Done),
    case("a line of spaces", |n| " ".repeat(100 * n), Done),
    case("a line with an error at its end", |n| format!("a: {}: b: c\n", "x".repeat(100 * n)), Refused("not YAML")),
    case("a line of keys", |n| format!("a: {}\n", "b: ".repeat(n)), Refused("`: ` is not allowed")),
    case("a name", |n| deployment("", "").replace("name: web", &format!("name: {}", "w".repeat(n))), Done),
    case("a literal block scalar", |n| annotations(&format!("        a: |\n{}", "          line\n".repeat(n))), Done),
    case(
        "a literal block scalar of empty lines",
        |n| annotations(&format!("        a: |\n          b{}\n", "\n".repeat(n))),
        Done,
    ),
    case("a folded block scalar", |n| annotations(&format!("        a: >\n{}", "          line\n".repeat(n))), Done),
    case(
        "a plain scalar of many lines",
        |n| annotations(&format!("        a: b\n{}", "          line\n".repeat(n))),
        Done,
    ),
    case("a scalar of escapes", |n| annotations(&format!("        a: \"{}\"\n", "\\u0041".repeat(n))), Done),
    case("a scalar of quotes", |n| annotations(&format!("        a: '{}'\n", "''".repeat(n))), Done),
    case("an unclosed quote", |n| format!("a: \"{}", "x\n".repeat(n)), Refused("a quote is not closed")),
    case("an unclosed bracket", |n| format!("a: [{}", "x,\n".repeat(n)), Refused("not closed")),
    case("a quote left of its mapping", |n| format!("a:\n    b: \"x\n{}\"\n", "y\n".repeat(n)), Done),
    case("quotes left of their mappings", |n| each(n, |i| format!("k{i}:\n    b: \"x\n y\"\n")), Done),
    case("a quote far left of its mapping", |n| format!("-{}- b: \"x\n{}\"\n", " ".repeat(n), "y\n".repeat(n)), Done),
    case("quotes left of a workload's keys", |n| annotations(&each(n, |i| format!("        k{i}: 'x\n  y'\n"))), Done),
    case(
        "quotes left of a deep mapping",
        |n| format!("{}a\nb:\n  c: 'x\n  y'\n", "- - - - - - - - - - a\n- b\n".repeat(n)),
        Refused("not YAML"),
    ),
    case("a quote after many comments", |n| format!("a:\n{}  b: 'x\n  y'\n", "  # 'c\n".repeat(n)), Done),
    case("JSON objects on one line", |n| format!("{}{}", "{\"a\":\"}{\"}".repeat(n), pod_json()), Done),
    case("JSON objects on separate lines", |n| format!("{}{}", "{\"a\":1}\n".repeat(n), pod_json()), Done),
    case(
        "an unclosed list of JSON objects",
        |n| format!("{{\"a\": 1}}\n{{\"a\":[{}", "{},".repeat(n)),
        Refused("not closed"),
    ),
    case(
        "a separator with text at the end",
        |n| format!("{}---kind: x\n", "a: |\n  ---\n---\n".repeat(n)),
        Refused("invalid document separator"),
    ),
    case("comments before", |n| format!("{}{}", "# c\n".repeat(n), deployment("", "")), Done),
    case("comments inside", |n| deployment(&"      # c\n".repeat(n), ""), Done),
    case("comments after", |n| format!("{}{}", deployment("", ""), "        # c\n".repeat(n)), Done),
    case("empty lines", |n| deployment(&"\n".repeat(n), ""), Done),
    case(
        "Windows line endings",
        |n| annotations(&each(n, |i| format!("        k{i}: v\n"))).replace('\n', "\r\n"),
        Done,
    ),
    case(
        "old Macintosh line endings",
        |n| annotations(&each(n, |i| format!("        k{i}: v\n"))).replace('\n', "\r"),
        Any,
    ),
    case("tabs", |n| format!("{}a: b\n", "\t".repeat(n)), Any),
    case("templates in comments", |n| format!("{}a: {{{{ b }}}} c\n", "# {{ x }}\n".repeat(n)), Refused("template")),
    // Deep.
    case("mappings in mappings", |n| each(n.min(10_000), |i| format!("{}a:\n", " ".repeat(i))), Any),
    case("lists in lists", |n| format!("{}a\n", "- ".repeat(n)), Any),
    case("keys in keys", |n| "? ".repeat(n), Any),
    case("brackets", |n| nested(n.max(1001), "[", "]"), TOO_DEEP),
    case("braces", |n| nested(n.max(1001), "{a: ", "}"), TOO_DEEP),
    case("JSON", |n| nested(n.max(1001), "{\"a\":", "}"), TOO_DEEP),
    case(
        "brackets of a workload",
        |n| annotations(&format!("        a: {}\n", nested(n.max(1001), "[", "]"))),
        TOO_DEEP,
    ),
    case("just below the depth limit", |_| annotations(&format!("        a: {}\n", nested(990, "[", "]"))), Done)
        .injected(Refused("must be a string")),
    case(
        "Lists in Lists",
        |n| nested(n.clamp(17, 300), "{apiVersion: v1, kind: List, items: [", "]}"),
        Refused("limit of 16"),
    )
    .injected(Refused("limit of 16")),
    case(
        "brackets in the proxy's configuration",
        |n| annotations(&format!("        proxy.istio.io/config: '{}'\n", "[".repeat(n))),
        Done,
    )
    .injected(Any),
    case(
        "brackets in the overrides",
        |n| annotations(&format!("        proxy.istio.io/overrides: '{}'\n", "[".repeat(n))),
        Done,
    )
    .injected(Any),
    // Many.
    case(
        "keys of a ConfigMap",
        |n| format!("apiVersion: v1\nkind: ConfigMap\ndata:\n{}", each(n, |i| format!("  k{i}: v\n"))),
        Done,
    ),
    case("annotations", |n| annotations(&each(n, |i| format!("        k{i}: v\n"))), Done),
    case(
        "annotations in flow style",
        |n| deployment(&format!("      annotations: {{{}z: v}}\n", each(n, |i| format!("k{i}: v, "))), ""),
        Done,
    ),
    case("duplicate keys", |n| annotations(&"        k: v\n".repeat(n)), Done),
    case("explicit keys", |n| each(n, |i| format!("? k{i}\n: v\n")), Done),
    case("anchors", |n| annotations(&each(n, |i| format!("        k{i}: &a{i} v\n"))), Done),
    case("duplicate anchors", |n| annotations(&each(n, |i| format!("        k{i}: &a v\n"))), Done),
    case("aliases", |n| annotations(&each(n, |i| format!("        k{i}: &a{i} v\n        l{i}: *a{i}\n"))), Any),
    case(
        "aliases of one anchor",
        |n| annotations(&format!("        a: &a v\n{}", each(n, |i| format!("        l{i}: *a\n")))),
        Done,
    ),
    case("merge keys", |n| annotations(&"        <<: {a: b}\n".repeat(n)), Done),
    case(
        "merged mappings",
        |n| annotations(&format!("        <<: [{}{{}}]\n", each(n, |i| format!("{{k{i}: v}}, ")))),
        Done,
    ),
    case(
        "a chain of merge keys",
        |n| {
            let chain = each(n, |i| format!("- &a{} {{<<: *a{i}, k{i}: v}}\n", i + 1));
            format!("x:\n- &a0 {{k: v}}\n{chain}{}", annotations(&format!("        <<: *a{n}\n")))
        },
        Any,
    )
    .most(100_000),
    case(
        "environment variables",
        |n| deployment("", &format!("        env:\n{}", each(n, |i| format!("        - {{name: E{i}, value: v}}\n")))),
        Done,
    ),
    case("containers", |n| deployment("", &each(n, |i| format!("      - name: c{i}\n        image: b\n"))), Done)
        .most(100_000),
    case(
        "volumes",
        |n| {
            format!(
                "{}      volumes:\n{}",
                deployment("", ""),
                each(n, |i| format!("      - name: c{i}\n        emptyDir: {{}}\n"))
            )
        },
        Done,
    )
    .most(100_000),
    case(
        "probes",
        |n| {
            deployment(
                "",
                &each(n, |i| {
                    format!("      - name: c{i}\n        image: b\n        readinessProbe: {{httpGet: {{port: 80}}}}\n")
                }),
            )
        },
        Done,
    )
    .most(100_000),
    case(
        "ports",
        |n| {
            deployment(
                "",
                &format!("        ports:\n{}", each(n, |i| format!("        - containerPort: {}\n", i % 65536))),
            )
        },
        Done,
    ),
    case("documents", |n| each(n, |_| format!("---\n{}", deployment("", ""))), Done).most(100_000),
    case("empty documents", |n| "---\n".repeat(n), Done),
    case("broken documents", |n| "---\na: [\n".repeat(n), Refused("not closed")).most(200_000),
    case("items of a List", |n| list((0..n).map(pod)), Done).most(100_000),
    case(
        "items of a List on one line",
        |n| format!("{{apiVersion: v1, kind: List, items: [{}]}}", (0..n).map(pod).collect::<Vec<_>>().join(", ")),
        Done,
    )
    .most(100_000),
    case(
        "broken items on one line",
        |n| {
            let broken = |i| pod(i).replace("metadata: {", "metadata: {annotations: text, ");
            format!("{{apiVersion: v1, kind: List, items: [{}]}}", (0..n).map(broken).collect::<Vec<_>>().join(", "))
        },
        Refused("found a scalar"),
    )
    .most(100_000),
    case(
        "unknown items on one line",
        |n| {
            let item = "{apiVersion: x.y/v1, kind: Foo, spec: {template: {spec: {containers: [{name: a}]}}}}";
            format!("{{apiVersion: v1, kind: List, items: [{}]}}", vec![item; n].join(", "))
        },
        Done,
    )
    .most(100_000),
    case(
        "one item by alias",
        |n| list(std::iter::once(format!("&a {}", pod(0))).chain((0..n.min(10_000)).map(|_| "*a".to_owned()))),
        Done,
    )
    .injected(REPEATS),
    case(
        "a long string by alias",
        |n| {
            let long = "x".repeat((n * 1_000).min(1 << 20));
            format!("x: &x {long}\ny:\n{}{}", "- *x\n".repeat(n), deployment("", ""))
        },
        Refused("aliases expand to more than 64 MiB of text"),
    ),
    case("items of a list", |n| format!("a: [{}]\n", "x,".repeat(n)), Done),
    case("pairs of a list", |n| format!("a: [{}]\n", "x: y,".repeat(n)), Done),
    case("dashes", |n| "-\n".repeat(n), Done),
    case("tags", |n| each(n, |i| format!("- !foo{i} v\n")), Done),
    case("tag directives", |n| format!("{}---\na: b\n", each(n, |i| format!("%TAG !e{i}! tag:x{i},\n"))), Done),
    case(
        "variables of the proxy's configuration",
        |n| {
            let variables = each(n, |i| format!("\"V{i}\":\"x\","));
            annotations(&format!("        proxy.istio.io/config: '{{\"proxyMetadata\":{{{variables}\"Z\":\"x\"}}}}'\n"))
        },
        Done,
    )
    .most(100_000),
    case(
        "containers of the overrides",
        |n| {
            let containers = each(n, |i| format!("{{\"name\":\"c{i}\"}},"));
            annotations(&format!(
                "        proxy.istio.io/overrides: '{{\"containers\":[{containers}{{\"name\":\"z\"}}]}}'\n"
            ))
        },
        Done,
    )
    .most(100_000),
    case(
        "containers of the status",
        |n| {
            let containers = each(n, |i| format!("\"c{i}\","));
            annotations(&format!("        sidecar.istio.io/status: '{{\"containers\":[{containers}\"z\"]}}'\n"))
        },
        Done,
    )
    .most(100_000),
    case(
        "volumes of the annotation",
        |n| {
            let volumes = each(n, |i| format!("\"c{i}\":{{\"emptyDir\":{{}}}},"));
            annotations(&format!("        sidecar.istio.io/userVolume: '{{{volumes}\"z\":{{\"emptyDir\":{{}}}}}}'\n"))
        },
        Done,
    )
    .most(100_000),
    // Short text, but large once aliases are expanded.
    case("an alias bomb without a workload", |_| bomb(), Done),
    case("an alias bomb in a ConfigMap", |_| format!("apiVersion: v1\nkind: ConfigMap\n{}data: *a19\n", bomb()), Done),
    case(
        "an alias bomb in a workload",
        |_| format!("{}{}", bomb(), deployment("      annotations: {a: *a19}\n", "")),
        REPEATS,
    ),
    case("an alias bomb next to a workload", |_| format!("{}{}", bomb(), deployment("", "")), REPEATS),
    case(
        "nested merge keys without a workload",
        |_| format!("{}apiVersion: v1\nkind: ConfigMap\n<<: *a59\n", merge_bomb()),
        Done,
    ),
    case(
        "nested merge keys in a workload",
        |_| format!("{}{}", merge_bomb(), deployment("      annotations: {<<: *a59}\n", "")),
        REPEATS,
    ),
    case("nested merge keys at the root", |_| format!("{}<<: *a59\n", merge_bomb()), Done),
    case("Lists in Lists by alias", |_| list_bomb(), REPEATS),
    // Not text.
    case("zero bytes", |n| "\0".repeat(n), Refused("not text: a NUL byte")),
    case("a zero byte far in", |n| format!("a: {}\0\n", "x".repeat(n.max(10_000))), Refused("U+0000")),
    case("control characters", |n| format!("a: {}\n", "\u{1b}".repeat(n)), Refused("U+001B")),
    case("byte order marks", |n| format!("a: '{}'\n", "\u{feff}".repeat(n)), Done),
    case("byte order marks on lines", |n| format!("a: 1{}\n", "\n\u{feff}".repeat(n)), Refused("byte order mark")),
    case(
        "half surrogates",
        |n| annotations(&format!("        a: \"{}\"\n", "\\ud800".repeat(n))),
        Refused("surrogate"),
    ),
    case("surrogates", |n| annotations(&format!("        a: \"{}\"\n", "\\ud83d\\ude00".repeat(n))), Done),
];
