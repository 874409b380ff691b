//! Tests of whole templates.

mod functions;
mod language;
mod limits;

use super::{Error, Functions, Limits, Map, Template, Value, Variadic};

fn json(text: &str) -> Value {
    Value::from(&serde_json::from_str::<serde_json::Value>(text).unwrap())
}

/// Functions that create and change containers.
fn functions() -> Functions {
    let mut functions = Functions::new();
    functions.add("list", |Variadic(values): Variadic<Value>| values);
    functions.add("dict", || Map::of_any([]));
    functions.add_with("set", |context: &mut super::Context, map: Map, key: super::Str, value: Value| {
        map.insert(&mut context.budget, key, value).map(|()| map)
    });
    functions
}

fn run(text: &str, data: &str) -> Result<String, Error> {
    run_within(text, data, Limits::default())
}

fn run_within(text: &str, data: &str, limits: Limits) -> Result<String, Error> {
    let template = Template::new("t").with_functions(functions()).with_limits(limits).parse(text)?;
    template.execute(&json(data)).map(|out| String::from_utf8(out).unwrap())
}
