//! Parses and executes a template in the style of an injector's, with the data of a pod. docs/dev/gotemplate.md compares
//! with Go.

use divan::Bencher;
use gotemplate::{Template, Value};

const TEXT: &str = include_str!("pod.tmpl");
const DATA: &str = include_str!("data.json");

fn main() {
    divan::main();
}

fn data() -> Value {
    let json: serde_json::Value = serde_json::from_str(DATA).unwrap_or_default();
    Value::from(&json)
}

#[divan::bench]
fn parse(bencher: Bencher) {
    bencher.bench(|| Template::new("pod").parse(TEXT));
}

#[divan::bench]
fn execute(bencher: Bencher) {
    let template = match Template::new("pod").parse(TEXT) {
        Ok(template) => template,
        Err(error) => return bencher.bench(move || error.to_string()),
    };
    let data = data();
    bencher.bench(|| template.execute(&data));
}

#[divan::bench]
fn convert(bencher: Bencher) {
    let json: serde_json::Value = serde_json::from_str(DATA).unwrap_or_default();
    bencher.bench(|| Value::from(&json));
}
