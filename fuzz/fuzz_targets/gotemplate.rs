//! Arbitrary templates on arbitrary data end within their limits, and executions do not affect each other.

#![no_main]

use std::sync::LazyLock;

use gotemplate::value::{Field, Method};
use gotemplate::{Error, ErrorKind, Function, Limits, MissingKey, NamedType, Struct, Template, Type, Value, sprig};
use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::Value as Json;

/// Limits that are reached quickly.
static LIMITS: LazyLock<Limits> = LazyLock::new(|| Limits {
    call_depth: 1000,
    output: 1 << 20,
    steps: 50_000,
    memory: 1 << 20,
    range: 10_000,
    regex: 1 << 18,
    nesting: 100,
});

/// How many JSON texts an input may have, in addition to the data that every template is executed on.
const MAX_DATA: usize = 3;

fuzz_target!(|data: &[u8]| -> Corpus {
    // A template, then JSON texts, separated by NUL bytes.
    let mut parts = data.split(|&byte| byte == 0);
    let text = parts.next().unwrap_or_default();
    let mut all = vec![Json::Null, serde_json::json!({"a": {"b": [1, "x", null]}, "Name": "web", "List": []})];
    all.extend(parts.take(MAX_DATA).filter_map(|json| serde_json::from_slice::<Json>(json).ok()));
    let parsed = parse(text);
    if let Err(error) = &parsed {
        assert_eq!(error.kind(), ErrorKind::Parse, "{error}");
        check_place(error, text);
        let again = parse(text).expect_err("it could not be parsed before");
        assert_eq!(error.to_string(), again.to_string());
    }
    let Ok(template) = parsed else { return Corpus::Keep };
    let repeats = repeats(text);
    for missing_key in [MissingKey::Invalid, MissingKey::Zero, MissingKey::Error] {
        let template = template.clone().with_missing_key(missing_key);
        let first: Vec<_> = all.iter().map(|json| execute(&template, &Value::from(json), text)).collect();
        // Again in reverse order, with other executions in between.
        for (json, first) in all.iter().zip(first).rev() {
            execute(&template, &typed(json), text).ok();
            let again = execute(&template, &Value::from(json), text);
            assert!(!repeats || again == first, "{again:?}\ninstead of {first:?}:\n{}", String::from_utf8_lossy(text));
        }
    }
    for name in template.defined() {
        let _ = template.execute_template(name, &Value::Nil);
    }
    Corpus::Keep
});

fn parse(text: &[u8]) -> Result<Template, Error> {
    Template::new("t").with_functions(sprig::functions()).with_limits(LIMITS.clone()).parse(text)
}

/// A template's output, or its error.
fn execute(template: &Template, data: &Value, text: &[u8]) -> Result<Vec<u8>, String> {
    match template.execute(data) {
        Ok(out) => {
            assert!(out.len() <= LIMITS.output, "{} bytes of output", out.len());
            Ok(out)
        }
        Err(error) => {
            assert_ne!(error.kind(), ErrorKind::Parse, "{error}");
            check_place(&error, text);
            Err(error.to_string())
        }
    }
}

/// Checks that an error's place exists.
fn check_place(error: &Error, text: &[u8]) {
    let lines = text.split(|&byte| byte == b'\n').count();
    assert!(error.line().is_none_or(|line| (1..=lines).contains(&line)), "{error}: {:?}", error.line());
    assert!(error.column().is_none_or(|column| column <= text.len()), "{error}: {:?}", error.column());
    if let Some(span) = error.span() {
        assert!(span.start <= span.end && span.end <= text.len(), "{error}: {span:?}");
    }
}

/// Whether a template's output is always the same. Format verbs may print addresses, and so may lists that contain
/// pointers.
fn repeats(text: &[u8]) -> bool {
    let has = |word: &[u8]| text.windows(word.len()).any(|part| part == word);
    !has(b"%") && !has(b"\\") && !has(b"emver")
}

/// A type with all kinds of fields and methods.
static POD: LazyLock<std::sync::Arc<NamedType>> = LazyLock::new(|| {
    let pod = NamedType::declare("mesh.Pod", "example/mesh");
    let fields = vec![
        Field::new("Name", Type::String),
        Field::new("Any", Type::Any),
        Field::new("hidden", Type::INT),
        Field::new("Labels", Type::map(Type::String, Type::String)),
        Field::new("Next", Type::pointer(Type::Named(std::sync::Arc::clone(&pod)))),
    ];
    let methods = vec![
        Method::on_value("String", Function::new(|_: Value| "pod".to_owned())),
        Method::on_pointer("Twice", Function::new(|_: Value, count: isize| count.wrapping_mul(2))),
    ];
    pod.define(Type::structure(fields), methods);
    pod
});

/// A struct with the data in a field.
fn typed(json: &Json) -> Value {
    let inner = Struct::new(&POD, vec![Value::from("inner"), Value::Nil]);
    let name = json["Name"].as_str().unwrap_or_default();
    let labels = Value::zero(&Type::map(Type::String, Type::String));
    let next = Value::pointer_to(Value::Struct(inner));
    let fields = vec![Value::from(name), Value::from(json), Value::int(1), labels, next];
    Value::pointer_to(Value::Struct(Struct::new(&POD, fields)))
}
