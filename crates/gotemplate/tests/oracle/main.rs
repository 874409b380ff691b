//! Compares outputs and errors of templates with those recorded from Go.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a case that cannot be read is a failure"
)]

mod mesh;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gotemplate::{Error, ErrorKind, MissingKey, Template, Value, sprig};
use oracle_suite::Tally;
use serde_json::Value as Json;

/// The text of a field, which is in base64 if it is not UTF-8.
fn bytes(case: &Json, field: &str) -> Option<Vec<u8>> {
    match (case[field].as_str(), case[format!("{field}_b64")].as_str()) {
        (Some(text), _) => Some(text.as_bytes().to_vec()),
        (None, Some(text)) => Some(STANDARD.decode(text).unwrap()),
        (None, None) => None,
    }
}

fn render(case: &Json, data: &Value) -> Result<Vec<u8>, Error> {
    let functions = if case["funcs"] == "sprig" { sprig::functions() } else { Arc::default() };
    let missing_key = match case["missingkey"].as_str() {
        None | Some("default" | "invalid" | "") => MissingKey::Invalid,
        Some("zero") => MissingKey::Zero,
        Some("error") => MissingKey::Error,
        Some(other) => panic!("missingkey={other}"),
    };
    let mut template = Template::new("t").with_functions(functions).with_missing_key(missing_key);
    let mut others: Vec<_> = case["templates"].as_object().into_iter().flatten().collect();
    others.sort_by_key(|(name, _)| (*name).clone());
    for (name, text) in others {
        template = template.add(name, text.as_str().unwrap())?;
    }
    template.parse(bytes(case, "template").unwrap())?.execute(data)
}

/// Replaces all machine addresses by the same text.
fn without_addresses(text: &str) -> String {
    let mut out = String::new();
    let mut parts = text.split("0x");
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_hexdigit).count();
        out.push_str("0x");
        out.push_str(if digits >= 6 { "<address>" } else { &part[..digits] });
        out.push_str(&part[digits..]);
    }
    out
}

fn check(case: &Json, data: &Value) -> Result<(), String> {
    // Addresses differ in each program.
    let addresses = case["addresses"] == true || case["template"].as_str().is_some_and(|text| text.contains("%p"));
    let same = |got: &str, wanted: &str| {
        let plain = |text: &str| if addresses { without_addresses(text) } else { text.to_owned() };
        let (got, wanted) = (plain(got), plain(wanted));
        if got == wanted { Ok(()) } else { Err(format!("{}: got {got:?}, want {wanted:?}", case["template"])) }
    };
    let wanted = &case["error"];
    let error = match (render(case, data), bytes(case, "output")) {
        (Ok(got), Some(wanted)) if got == wanted => return Ok(()),
        (Ok(got), Some(wanted)) => return same(&String::from_utf8_lossy(&got), &String::from_utf8_lossy(&wanted)),
        (Ok(got), None) => {
            let got = String::from_utf8_lossy(&got).into_owned();
            return Err(format!("{}: got {got:?}, want {}", case["template"], wanted["message"]));
        }
        (Err(error), Some(wanted)) => {
            let wanted = String::from_utf8_lossy(&wanted).into_owned();
            return Err(format!("{}: got error {error}, want {wanted:?}", case["template"]));
        }
        (Err(error), None) => error,
    };
    let stage = if error.kind() == ErrorKind::Parse { "parse" } else { "exec" };
    if wanted["stage"] != stage {
        return Err(format!("{}: fails in {stage}: {error}, want {wanted}", case["template"]));
    }
    let place = (error.line(), error.column());
    let number = |field: &str| wanted[field].as_u64().and_then(|n| usize::try_from(n).ok());
    if place != (number("line"), number("col")) {
        return Err(format!("{}: fails at {place:?}: {error}, want {wanted}", case["template"]));
    }
    if wanted["loose"] == true { Ok(()) } else { same(&error.to_string(), wanted["message"].as_str().unwrap()) }
}

fn read(file: &str) -> String {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/oracle");
    fs::read_to_string(oracle_suite::folder(&testdata, "gotemplate").join(file)).unwrap()
}

fn cases(file: &str) -> Vec<Json> {
    let text = read(file);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn gotemplate() {
    let mut tally = Tally::new("gotemplate");
    for case in cases("cases.jsonl") {
        let data = Value::from(&case["data"]);
        tally.count(case["id"].as_str().unwrap(), check(&case, &data));
    }
    tally.finish();
}

#[test]
fn gotemplate_typed() {
    let mut tally = Tally::new("gotemplate typed");
    let types = serde_json::from_str(&read("types.json")).unwrap();
    let mesh = mesh::Mesh::new(&types);
    for case in cases("typed.jsonl") {
        let data = mesh.value(&case["data"]);
        tally.count(case["id"].as_str().unwrap(), check(&case, &data));
    }
    tally.finish();
}
