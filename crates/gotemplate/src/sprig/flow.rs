//! Defaults, choices, and failing.

use super::super::error::FunctionError;
use super::super::functions::{Functions, Variadic};
use super::super::value::Value;
use super::conversion::is_empty;

pub(super) fn add(functions: &mut Functions) {
    functions.add("hello", || "Hello!");
    functions.add("default", |default: Value, Variadic(given): Variadic<Value>| -> Value {
        given.into_iter().next().filter(|given| !is_empty(given)).unwrap_or(default)
    });
    functions.add("empty", |given: Value| -> bool { is_empty(&given) });
    functions.add("coalesce", |Variadic(values): Variadic<Value>| -> Value {
        values.into_iter().find(|value| !is_empty(value)).unwrap_or(Value::Nil)
    });
    functions.add("all", |Variadic(values): Variadic<Value>| -> bool { !values.iter().any(is_empty) });
    functions.add("any", |Variadic(values): Variadic<Value>| -> bool { values.iter().any(|value| !is_empty(value)) });
    functions.add("ternary", |yes: Value, no: Value, condition: bool| -> Value {
        if condition { yes } else { no }
    });
    functions.add("fail", |message: super::super::value::Str| -> Result<String, FunctionError> {
        Err(FunctionError::new(message.to_text()))
    });
}
