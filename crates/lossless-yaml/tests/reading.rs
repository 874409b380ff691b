//! Texts that YAML readers differ about, read as Kubernetes does.

#![allow(clippy::unwrap_used, reason = "a text that cannot be read is a failure")]

use lossless_yaml::{Tree, YamlError};
use serde_json::{Value, json};

fn read(text: &str) -> Result<Value, YamlError> {
    let tree = Tree::parse(text, 1)?;
    tree.root().map_or(Ok(Value::Null), |root| tree.value(root))
}

#[test]
fn a_block_scalar_without_a_final_line_end_has_none_in_its_data() {
    for (text, says) in [
        ("a: |\n  b", "b"),
        ("a: |+\n  b", "b"),
        ("a: |\n  b\n    ", "b\n  "),
        // What is no line of its own is none of its.
        ("a: |\n  b\n ", "b\n"),
        ("a: |\n  b\n  ", "b\n"),
        ("a: |+\n  b\n ", "b\n"),
        ("a: |\n ", ""),
        ("a: |+\n ", ""),
        ("a: |+\n\n ", "\n"),
        ("a: |+\n\n", "\n"),
    ] {
        assert_eq!(read(text).unwrap(), json!({"a": says}), "{text:?}");
    }
}

#[test]
fn an_absent_key_is_at_its_colon() {
    for text in ["a:\n  : 1\n", "a: {: 1}\n", "a: {b: 1, : 1}\n", "a:\n  ? \n  : 1\n"] {
        let error = read(text).unwrap_err();
        let line = text.find(':').filter(|_| text.starts_with("a:\n")).map_or(1, |_| 2);
        assert_eq!((error.message.as_str(), error.place.line), ("null cannot be a key", line), "{text:?}");
    }
}

#[test]
fn tabs_do_not_indent() {
    for text in [
        "\ta: 1\n",
        "&x\n\t&y a: 1\n",
        "k:\n  !!map\n\t!!str a: 1\n",
        "k:\n\t- 1\n",
        "k:\n \t&x a: 1\n",
        "-\t>\n a\n",
        "-\t&x a\n",
        "- \t1\n",
    ] {
        let error = read(text).unwrap_err();
        assert!(error.message.contains("tab"), "{text:?}: {error}");
    }
    assert_eq!(read("k:\t1\nl:\n-\t# c\n  2\n").unwrap(), json!({"k": 1, "l": [2]}));
}

#[test]
fn only_one_byte_order_mark_is_allowed() {
    assert_eq!(read("\u{feff}a: 1\n").unwrap(), json!({"a": 1}));
    let error = read("\u{feff}\u{feff}a: 1\n").unwrap_err();
    assert_eq!(error.message, "found a byte order mark inside the document");
}

#[test]
fn a_key_may_begin_with_a_colon() {
    assert_eq!(read("? a\n:b: 1\n").unwrap(), json!({"a": null, ":b": 1}));
    assert_eq!(read("{a, :b: 1, \"c\":, d:}\n").unwrap(), json!({"a": null, ":b": 1, "c": null, "d": null}));
}

#[test]
fn keys_are_found_by_their_value() {
    let tree = Tree::parse("0x1f: 1\n!!int a: 2\n!!str 0x1f: 3\nb: 4\n", 1).unwrap();
    let root = tree.root().unwrap();
    let found = |name| tree.get(root, name).unwrap().map(|node| tree.value(node).unwrap());
    assert_eq!([found("31"), found("0x1f"), found("b")], [Some(json!(1)), Some(json!(3)), Some(json!(4))]);
    // Only whole numbers are keys.
    assert_eq!(found("a"), None);
}

#[test]
fn long_numbers_become_the_nearest_float() {
    for (number, nearest) in [
        ("123456789012345678901", 1.234_567_890_123_456_8e20),
        ("9488934183448235762205190", 9.488_934_183_448_235e24),
        ("371.54814542124720198", 371.548_145_421_247_2),
    ] {
        assert_eq!(read(&format!("a: {number}\n")).unwrap(), json!({"a": nearest}), "{number}");
    }
}

#[test]
fn only_a_comment_may_follow_a_separator() {
    for text in
        ["--- # c\na: 1\n", "---\t\na: 1\n", "--- \na: 1\n", "---#c\na: 1\n", "# c\n---#c\na: 1\n", "--- {a: 1}\n"]
    {
        assert_eq!(read(text).unwrap(), json!({"a": 1}), "{text:?}");
    }
    assert_eq!(read("a: |\n  ---x: y\nb: c\n   ---d\n").unwrap(), json!({"a": "---x: y\n", "b": "c ---d"}));
    for (text, message, line) in [
        ("---apiVersion: v1\nkind: Pod\n", "invalid document separator: ---apiVersion…", 1),
        ("\u{feff}---apiVersion: v1\n", "invalid document separator: ---apiVersion…", 1),
        ("a: b\n---kind: Pod\na: b\n", "invalid document separator: ---kind…", 2),
        ("a: \"b\n---c\"\n", "invalid document separator: ---…", 2),
        ("a: b\n-----\n", "invalid document separator: ---…", 2),
        ("---password123\n", "invalid document separator: ---…", 1),
    ] {
        let error = read(text).unwrap_err();
        assert_eq!((error.message.as_str(), error.place.line, error.place.column), (message, line, 1), "{text:?}");
    }
}

#[test]
fn a_text_that_begins_with_a_bracket_needs_quotes() {
    for (text, column) in [
        ("image: {user}/img:1\n", 8),
        ("image: {user}:1\n", 8),
        ("a: [{user}/img, b]\n", 5),
        ("name: {a}-{b}\n", 7),
        ("name: {a}{b}\n", 7),
        ("name: {a} b\n", 7),
        ("a: [b]c\n", 4),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.message.contains("this value begins with"), "{text:?}: {error}");
        assert!(error.hint.unwrap().contains("quote it"), "{text:?}");
        assert_eq!((error.place.line, error.place.column), (1, column), "{text:?}");
    }
    let error = read("image: {{ .Values.image }}:1\n").unwrap_err();
    assert!(error.hint.unwrap().contains("template"));
}

#[test]
fn errors_in_json_have_their_place() {
    for (text, line, column) in [
        ("{\n  \"a\": 1,\n  \"b\": {\"c\": 1}\n  \"d\": 1\n}\n", 4, 3),
        ("{\n  \"a\": [{}\n    {}]\n}\n", 3, 5),
        ("{\n  \"a\": [1}\n}\n", 2, 8),
        ("{\n  \"a\": 1\n},\n", 3, 2),
    ] {
        let error = read(text).unwrap_err();
        assert_eq!((error.place.line, error.place.column), (line, column), "{text:?}: {error}");
    }
}

#[test]
fn an_alias_that_is_a_key_inside_its_own_anchor_is_an_error() {
    for (text, column) in [
        ("a: &m {u: 1, *m, z: 2}\n", 14),
        ("a: &m {u: 1, *m : z}\n", 14),
        ("a: &m\n  *m : z\n", 3),
        ("a: &m [*m]\n", 8),
        // `*y` is the name of an anchor here.
        ("a: &m {&x z: 2, w: &y [1], v: &n {u: &*y, *n, *o]\n", 43),
    ] {
        let error = read(text).unwrap_err();
        assert_eq!(error.message, "this alias is inside the value of its own anchor", "{text:?}");
        assert_eq!(error.place.column, column, "{text:?}");
    }
    let error = read("a: {*m : 1}\n").unwrap_err();
    assert!(error.message.contains("anchor"), "{error}");
}
