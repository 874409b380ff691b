//! Deep copies.

use std::sync::Arc;

use super::super::error::FunctionError;
use super::super::functions::Context;
use super::super::value::{Entries, List, Map, Struct, Type, Value};
use super::time::Time;

/// A deep copy. Unexported fields of structs are zero in it, except for times.
pub(super) fn deep_copy(context: &mut Context, value: &Value) -> Result<Value, FunctionError> {
    if matches!(value, Value::Nil) {
        return Err("reflect: call of reflect.Value.Type on zero Value".into());
    }
    copy(context, value, 0)
}

fn copy(context: &mut Context, value: &Value, depth: usize) -> Result<Value, FunctionError> {
    context.budget.nest(depth)?;
    context.budget.step(1)?;
    let depth = depth + 1;
    Ok(match value {
        Value::List(list) => {
            context.budget.allocate_many(list.capacity(), size_of::<Value>())?;
            let mut values = Vec::with_capacity(list.capacity());
            for value in list.iter() {
                values.push(copy(context, value, depth)?);
            }
            let element = list.element().clone();
            if list.is_array() {
                List::array(element, values).into()
            } else {
                super::slice::with_capacity(element, values, list.capacity()).into()
            }
        }
        Value::Map(map) => copy_map(context, map, depth)?.into(),
        Value::Pointer(pointer) => Value::pointer_to(copy(context, pointer.target(), depth)?),
        Value::Struct(of) if Time::of(value).is_none() => {
            let mut fields = Vec::new();
            for (field, value) in of.iter() {
                let value = if field.exported { copy(context, value, depth)? } else { Value::zero(&field.ty) };
                fields.push(value);
            }
            Value::Struct(Struct::new(of.named_type(), fields))
        }
        Value::Named(named) => {
            let ty = Arc::clone(named.named_type());
            Value::named(&ty, copy(context, named.value(), depth)?)
        }
        value => value.clone(),
    })
}

fn copy_map(context: &mut Context, map: &Map, depth: usize) -> Result<Map, FunctionError> {
    context.budget.allocate_many(map.len(), 2 * size_of::<Value>())?;
    let entries = map.entries();
    let mut copied = Vec::with_capacity(entries.len());
    match entries.as_ref() {
        Entries::Text(entries) => {
            for (key, value) in entries {
                copied.push((map.key_value(key), copy(context, value, depth)?));
            }
        }
        Entries::Other(entries) => {
            for (key, value) in entries {
                copied.push((key.0.clone(), copy(context, value, depth)?));
            }
        }
    }
    let (key, element): (Type, Type) = (map.key_type().clone(), map.element().clone());
    Ok(Map::with(key, element, copied))
}
