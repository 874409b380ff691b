//! Tests of hostile templates.

use std::fmt::Write as _;

use super::super::{Budget, ErrorKind, Limit, Limits, Template, Value, sprig};
use super::{run, run_within};

fn limit(text: &str, limits: Limits) -> Limit {
    match run_within(text, "{}", limits).map_err(|error| error.kind()) {
        Err(ErrorKind::Limit(limit)) => limit,
        other => panic!("{other:?}"),
    }
}

#[test]
fn calls_without_end() {
    let text = "{{define \"a\"}}{{template \"a\" .}}{{end}}{{template \"a\"}}";
    assert_eq!(limit(text, Limits::default()), Limit::CallDepth(100_000));
    let error = run(text, "null").unwrap_err();
    let message =
        "template: t:1:25: executing \"a\" at <{{template \"a\" .}}>: exceeded maximum template depth (100000)";
    assert_eq!(error.to_string(), message);
    assert_eq!((error.line(), error.column()), (Some(1), Some(25)));
}

#[test]
fn output_without_end() {
    let limits = Limits { output: 1000, ..Limits::default() };
    assert_eq!(limit("{{range 1000}}1234{{end}}", limits.clone()), Limit::Output(1000));
    assert_eq!(limit("{{range 1000}}{{.}}{{end}}", limits.clone()), Limit::Output(1000));
    assert_eq!(limit("{{range 1000}}{{list . .}}{{end}}", limits), Limit::Output(1000));
}

#[test]
fn steps_without_end() {
    let limits = Limits { steps: 1000, ..Limits::default() };
    assert_eq!(limit("{{range 999}}{{end}}{{range 999}}{{end}}", limits.clone()), Limit::Steps(1000));
    let doubling = "{{define \"a\"}}{{if lt . 60}}{{$n := len (printf \"%*d\" . 0)}}{{end}}{{template \"a\" .}}{{end}}";
    assert_eq!(limit(&format!("{doubling}{{{{template \"a\" 1}}}}"), limits), Limit::Steps(1000));
}

/// The limit that stops a text with sprig's functions.
fn stopped(text: &str) -> Limit {
    let limits = Limits { steps: 10_000, ..Limits::default() };
    let template = Template::new("t").with_functions(sprig::functions()).with_limits(limits).parse(text).unwrap();
    match template.execute(&Value::Nil).map_err(|error| error.kind()) {
        Err(ErrorKind::Limit(limit)) => limit,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn data_that_functions_read_count() {
    for call in [
        "adler32sum $s",
        "sha256sum $s",
        "int $s",
        "float64 $s",
        "atoi $s",
        "contains `b` $s",
        "trim $s",
        "trunc 1 $s",
        "b64dec $s",
        "fromJson $s",
        "regexMatch `b` $s",
        "eq $s $t",
        "lt $s $t",
        "deepEqual (list $s) (list $t)",
        "has $s $l",
        "uniq $l",
        "sortAlpha $l",
        "$v.Major",
        "semverCompare `<1` (print `1.0.0-` $s)",
    ] {
        let text = format!(
            "{{{{$s := repeat 50000 `1`}}}}{{{{$t := print $s}}}}{{{{$l := list $t}}}}\
             {{{{$v := semver (print `1.0.0-a` $s)}}}}{{{{range 10}}}}{{{{$x := {call}}}}}{{{{end}}}}"
        );
        assert_eq!(stopped(&text), Limit::Steps(10_000), "{call}");
    }
}

#[test]
fn a_search_may_look_at_all_that_is_left() {
    for call in ["regexFindAll `a*?b|a` $s -1", "regexSplit `a*?b|a` $s -1", "regexReplaceAll `(a*?b|a)` $s ``"] {
        let text = format!("{{{{$s := repeat 5000 `a`}}}}{{{{$x := {call}}}}}");
        assert_eq!(stopped(&text), Limit::Steps(10_000), "{call}");
    }
    for expression in ["(print `a{900}` .)", r"`\pL(`"] {
        let text = format!("{{{{range until 1000}}}}{{{{$x := regexMatch {expression} ``}}}}{{{{end}}}}");
        assert_eq!(stopped(&text), Limit::Steps(10_000), "{expression}");
    }
}

#[test]
fn long_pipelines_count() {
    for word in ["or", "eq 1"] {
        let text = format!("{{{{range 1000}}}}{{{{if {word} {}}}}}{{{{end}}}}{{{{end}}}}", "0 ".repeat(2000));
        assert_eq!(stopped(&text), Limit::Steps(10_000), "{word}");
    }
    let fields = ".k".repeat(2000);
    let text = format!("{{{{$d := dict}}}}{{{{range 1000}}}}{{{{if $d{fields}}}}}{{{{end}}}}{{{{end}}}}");
    assert_eq!(stopped(&text), Limit::Steps(10_000));
}

#[test]
fn executions_can_share_a_budget() {
    let template = Template::new("t").parse("{{range 100}}1234{{end}}").unwrap();
    let mut budget = Budget::new(Limits { output: 1000, ..Limits::default() });
    let before = budget.steps_left();
    template.execute_within(&Value::Nil, &mut budget).unwrap();
    let once = before - budget.steps_left();
    assert!((200..400).contains(&once), "{once}");
    template.execute_within(&Value::Nil, &mut budget).unwrap();
    assert_eq!(before - budget.steps_left(), 2 * once);
    let kind = template.execute_within(&Value::Nil, &mut budget).unwrap_err().kind();
    assert!(matches!(kind, ErrorKind::Limit(Limit::Output(1000))), "{kind:?}");
}

#[test]
fn strings_without_end() {
    let limits = Limits { memory: 100_000, ..Limits::default() };
    for text in [
        "{{$s := \"x\"}}{{range 100}}{{$s = print $s $s}}{{end}}",
        "{{printf \"%1000000d\" 1}}",
        "{{printf \"%.1000000f\" 1.5}}",
        "{{printf \"%1000000U\" 1}}",
        "{{$s := printf \"%60000d\" 1}}{{html $s}}",
        "{{$l := list 1}}{{range 100}}{{$l = list $l $l}}{{end}}{{len (print $l)}}",
    ] {
        assert_eq!(limit(text, limits.clone()), Limit::Memory(100_000), "{text}");
    }
}

#[test]
fn errors_without_end() {
    let wide = "{{$l := list 1}}{{range 40}}{{$l = list $l $l}}{{end}}";
    assert_eq!(limit(&format!("{wide}{{{{eq $l $l}}}}"), Limits::default()), Limit::Memory(1 << 20));
    let mut many = String::new();
    for number in 0..20_000 {
        write!(many, "{{{{define \"{number}\"}}}}x{{{{end}}}}").unwrap();
    }
    assert_eq!(run(&many, "null").unwrap(), "");
}

#[test]
fn integers_without_end() {
    assert_eq!(limit("{{range 9223372036854775807}}{{end}}", Limits::default()), Limit::Range(10_000_000));
    assert_eq!(run("{{range -5}}x{{else}}none{{end}}", "null").unwrap(), "none");
}

#[test]
fn nesting_without_end() {
    let nested = "{{$l := list}}{{range 50000}}{{$l = list $l}}{{end}}";
    assert_eq!(limit(&format!("{nested}{{{{$l}}}}"), Limits::default()), Limit::Nesting(500));
    // Dropping it must not overflow the stack.
    assert_eq!(run(&format!("{nested}ok"), "null").unwrap(), "ok");
    let chain =
        "{{$top := dict}}{{$d := $top}}{{range 50000}}{{$n := dict}}{{$_ := set $d \"k\" $n}}{{$d = $n}}{{end}}ok";
    assert_eq!(run(chain, "null").unwrap(), "ok");
}

#[test]
fn no_map_contains_itself() {
    for text in
        ["{{$d := dict}}{{set $d \"a\" $d}}", "{{$d := dict}}{{$e := set dict \"d\" (list $d)}}{{set $d \"e\" $e}}"]
    {
        let error = run(text, "null").unwrap_err().to_string();
        assert!(error.ends_with("error calling set: a map cannot hold itself"), "{error}");
    }
}

#[test]
fn deep_templates() {
    let parens = |depth: usize| format!("{{{{{}1{}}}}}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(run(&parens(10_000), "null").unwrap(), "1");
    let error = run(&parens(10_001), "null").unwrap_err();
    assert_eq!(error.to_string(), "template: t:1: max expression depth exceeded");
    let error = run(&parens(10_000).replace('1', ".a.b.c"), "1").unwrap_err().to_string();
    assert!(error.contains("can't evaluate field a in type float64"));
    for (open, close) in [("{{if 1}}", "{{end}}"), ("{{with 1}}", "{{end}}"), ("{{range 1}}", "{{end}}")] {
        let text = format!("{}x{}", open.repeat(10_000), close.repeat(10_000));
        assert_eq!(run(&text, "null").unwrap(), "x");
    }
    let mut chain = "{{if 0}}".to_owned();
    for number in 0..10_000 {
        write!(chain, "{{{{else if eq . {number}}}}}{number}").unwrap();
    }
    assert_eq!(run(&format!("{chain}{{{{end}}}}"), "1").unwrap_err().line(), Some(1));
    assert_eq!(run(&format!("{chain}{{{{end}}}}").replace("eq .", "eq 9999"), "1").unwrap(), "9999");
    assert!(run(&"{{if 1}}".repeat(10_000), "1").unwrap_err().to_string().ends_with("unexpected EOF"));
}

#[test]
fn many_variables() {
    let mut text = String::new();
    for number in 0..20_000 {
        write!(text, "{{{{$v{number} := {number}}}}}").unwrap();
    }
    text.push_str("{{range 100000}}{{$v0}}{{end}}");
    let limits = Limits { steps: 100_000, ..Limits::default() };
    assert_eq!(limit(&text, limits), Limit::Steps(100_000));
}
