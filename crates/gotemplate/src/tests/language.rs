//! Tests of the language.

use super::super::{ErrorKind, MissingKey, Template, Value};
use super::{json, run};

#[test]
fn trim_markers() {
    assert_eq!(run("a \n {{- 1 -}} \t b{{/* c */}} {{- /* d */ -}} c", "null").unwrap(), "a1bc");
}

#[test]
fn variables_end_with_their_block() {
    assert_eq!(run("{{$x := 1}}{{if true}}{{$x = 2}}{{$x := 3}}{{$x}}{{end}}{{$x}}", "null").unwrap(), "32");
    // Also if a loop ends early.
    assert_eq!(run("{{$x := 0}}{{range $x := .}}{{if true}}{{break}}{{end}}{{end}}{{$x}}", "[7]").unwrap(), "0");
    let loops = "{{range $i, $e := .}}{{range .}}{{if eq . 2.0}}{{continue}}{{end}}{{.}}{{end}}{{$i}};{{end}}";
    assert_eq!(run(loops, "[[1,2,3],[2]]").unwrap(), "130;1;");
}

#[test]
fn dot_returns() {
    let text = "{{with .a}}{{.}}{{range .}}{{.}}{{end}}{{.}}{{end}}{{len .}}{{template \"x\" .a}}{{len .}}{{define \"x\"}}{{len .}}{{end}}";
    assert_eq!(run(text, r#"{"a": [1, 2], "b": 0}"#).unwrap(), "[1 2]12[1 2]222");
}

#[test]
fn keys_that_are_missing() {
    let run = |missing, text: &str| {
        let template = Template::new("t").with_missing_key(missing).parse(text).unwrap();
        template.execute(&json("{}")).map(|out| String::from_utf8(out).unwrap()).map_err(|error| error.to_string())
    };
    assert_eq!(run(MissingKey::Invalid, "{{.a}}{{.a.b}}").unwrap(), "<no value><no value>");
    assert_eq!(run(MissingKey::Zero, "{{.a}}").unwrap(), "<no value>");
    let message = "template: t:1:2: executing \"t\" at <.a>: map has no entry for key \"a\"";
    assert_eq!(run(MissingKey::Error, "{{.a}}").unwrap_err(), message);
}

#[test]
fn templates_that_belong_together() {
    let template = Template::new("t").add("x", "{{define \"y\"}}Y{{.}}{{end}}X").unwrap();
    let template = template.parse("{{template \"x\"}}{{template \"y\" 1}}{{block \"z\" 2}}Z{{.}}{{end}}").unwrap();
    assert_eq!(template.execute(&Value::Nil).unwrap(), b"XY1Z2");
    assert_eq!(template.execute_template("y", &Value::int(3)).unwrap(), b"Y3");
    assert_eq!(template.defined(), ["t", "x", "y", "z"]);
    let message = "template: no template \"w\" associated with template \"t\"";
    assert_eq!(template.execute_template("w", &Value::Nil).unwrap_err().to_string(), message);
    let empty = Template::new("t").execute(&Value::Nil).unwrap_err().to_string();
    assert_eq!(empty, "template: t: \"t\" is an incomplete or empty template");
}

#[test]
fn errors_have_positions() {
    let error = run("line\n  {{.a.b.c 1}}", r#"{"a": {"b": {}}}"#).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Execute);
    assert_eq!((error.template(), error.line(), error.column(), error.span()), ("t", Some(2), Some(6), Some(11..17)));
    let error = run("{{if}}", "null").unwrap_err();
    assert_eq!((error.kind(), error.line(), error.column()), (ErrorKind::Parse, Some(1), None));
}

#[test]
fn bytes_that_are_no_text() {
    let template = Template::new("t").parse(&b"\xff{{\"\\xfe\"}}{{printf \"%q\" \"\\xfd\"}}"[..]).unwrap();
    assert_eq!(template.execute(&Value::Nil).unwrap(), b"\xff\xfe\"\\xfd\"");
}

#[test]
fn one_template_for_many_threads() {
    let template = Template::new("t").parse("{{range $k, $v := .}}{{$k}}={{$v}};{{end}}").unwrap();
    let data = json(r#"{"b": 1, "a": [true]}"#);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    assert_eq!(template.execute(&data).unwrap(), b"a=[true];b=1;");
                }
            });
        }
    });
}

/// JSON numbers become the nearest float, and are printed in the shortest form of that float.
#[test]
fn numbers_of_many_digits() {
    for (number, printed) in [
        ("123456789012345678901", "1.2345678901234568e+20"),
        ("9488934183448235762205190", "9.488934183448235e+24"),
        ("371.54814542124720198", "371.5481454212472"),
        ("4.35", "4.35"),
    ] {
        assert_eq!(run("{{.}}", number).unwrap(), printed);
    }
}
