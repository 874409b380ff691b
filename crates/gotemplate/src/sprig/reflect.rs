//! Types and kinds of values.

use super::super::error::FunctionError;
use super::super::functions::{Context, Functions};
use super::super::value::{Str, Value, deep_equal};

pub(super) fn add(functions: &mut Functions) {
    functions.add("typeOf", |value: Value| -> String { type_of(&value) });
    functions.add("typeIs", |name: Str, value: Value| -> bool { *name == *type_of(&value).as_bytes() });
    functions.add("typeIsLike", |name: Str, value: Value| -> bool {
        let found = type_of(&value);
        *name == *found.as_bytes() || found.strip_prefix('*').is_some_and(|found| *name == *found.as_bytes())
    });
    functions.add("kindOf", |value: Value| -> String { value.kind().to_string() });
    functions.add("kindIs", |name: Str, value: Value| -> bool { *name == *value.kind().to_string().as_bytes() });
    functions.add_with("deepEqual", |context: &mut Context, a: Value, b: Value| -> Result<bool, FunctionError> {
        deep_equal(&a, &b, &mut context.budget)
    });
}

fn type_of(value: &Value) -> String {
    match value {
        Value::Nil => "<nil>".to_owned(),
        value => value.ty().to_string(),
    }
}
