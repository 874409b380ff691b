//! Maps of strings to any values. Where the order of keys is random in Go, they are sorted here.

use std::collections::BTreeSet;

use super::super::error::{FunctionError, FunctionResult};
use super::super::functions::{Context, Functions, Variadic};
use super::super::value::{Map, Str, Type, Value};
use super::conversion::to_text;
use super::copy::deep_copy;
use super::merge::merge;
use super::slice::Slice;

/// The bytes of memory that an entry takes from the budget.
const ENTRY: usize = 2 * size_of::<Value>();

pub(super) fn add(functions: &mut Functions) {
    functions.add_with("dict", dict);
    functions.add("get", |map: Map, key: Str| -> Value { map.get(&key).unwrap_or_else(|| Value::string("")) });
    functions.add_with("set", |context: &mut Context, map: Map, key: Str, value: Value| -> FunctionResult<Map> {
        context.budget.allocate(ENTRY)?;
        map.insert(&mut context.budget, key, value)?;
        Ok(map)
    });
    functions.add("unset", |map: Map, key: Str| -> Map {
        map.remove(&key);
        map
    });
    functions.add("hasKey", |map: Map, key: Str| -> bool { map.get(&key).is_some() });
    functions.add_with(
        "pluck",
        |context: &mut Context, key: Str, Variadic(maps): Variadic<Map>| -> FunctionResult<Slice<Value>> {
            context.budget.allocate_many(maps.len(), ENTRY)?;
            let mut found = Slice::new();
            found.extend(maps.iter().filter_map(|map| map.get(&key)));
            Ok(found)
        },
    );
    functions.add_with("keys", |context: &mut Context, Variadic(maps): Variadic<Map>| -> FunctionResult<Vec<Str>> {
        let mut keys = Vec::new();
        for map in &maps {
            context.budget.allocate_many(map.len(), ENTRY)?;
            keys.extend(map.entries().text().map(|(key, _)| key.clone()));
        }
        Ok(keys)
    });
    functions.add_with("values", |context: &mut Context, map: Map| -> FunctionResult<Slice<Value>> {
        context.budget.allocate_many(map.len(), ENTRY)?;
        let mut values = Slice::new();
        values.extend(map.entries().values().cloned());
        Ok(values)
    });
    functions.add_with(
        "pick",
        |context: &mut Context, map: Map, Variadic(keys): Variadic<Str>| -> FunctionResult<Map> {
            context.budget.allocate_many(keys.len(), ENTRY)?;
            Ok(Map::of_any(keys.into_iter().filter_map(|key| map.get(&key).map(|value| (key, value)))))
        },
    );
    functions.add_with(
        "omit",
        |context: &mut Context, map: Map, Variadic(keys): Variadic<Str>| -> FunctionResult<Map> {
            context.budget.allocate_many(map.len(), ENTRY)?;
            let omitted: BTreeSet<Str> = keys.into_iter().collect();
            let entries = map.entries();
            let kept = entries.text().filter(|(key, _)| !omitted.contains(*key));
            Ok(Map::of_any(kept.map(|(key, value)| (key.clone(), value.clone()))))
        },
    );
    for (name, must, overwrite) in [("merge", "mustMerge", false), ("mergeOverwrite", "mustMergeOverwrite", true)] {
        functions.add_with(name, move |context: &mut Context, into: Map, Variadic(maps): Variadic<Map>| {
            // Maps that cannot be merged give an empty string.
            Ok::<_, FunctionError>(merge(context, into, &maps, overwrite)?.unwrap_or_else(|_| Value::string("")))
        });
        functions.add_with(must, move |context: &mut Context, into: Map, Variadic(maps): Variadic<Map>| {
            merge(context, into, &maps, overwrite)?.map_err(FunctionError::from)
        });
    }
    for name in ["deepCopy", "mustDeepCopy"] {
        functions.add_with(name, |context: &mut Context, value: Value| deep_copy(context, &value));
    }
    functions.add("dig", dig);
}

fn dict(context: &mut Context, Variadic(pairs): Variadic<Value>) -> FunctionResult<Map> {
    context.budget.allocate_many(pairs.len(), size_of::<Value>())?;
    let mut entries = Vec::with_capacity(pairs.len().div_ceil(2));
    let mut pairs = pairs.into_iter();
    while let Some(key) = pairs.next() {
        let key = to_text(context, &key)?;
        entries.push((key, pairs.next().unwrap_or_else(|| Value::string(""))));
    }
    Ok(Map::of_any(entries))
}

/// The value at the end of a path of keys, or a default.
fn dig(Variadic(params): Variadic<Value>) -> FunctionResult<Value> {
    let [keys @ .., default, value] = params.as_slice() else {
        return Err("dig needs at least three arguments".into());
    };
    if keys.is_empty() {
        return Err("dig needs at least three arguments".into());
    }
    let mut value = value.clone();
    let mut map = dictionary(&value)?;
    let keys = keys.iter().map(|key| match key {
        Value::String(key) => Ok(key.clone()),
        key => Err(conversion(key, "string")),
    });
    let keys = keys.collect::<FunctionResult<Vec<Str>>>()?;
    let last = keys.len().saturating_sub(1);
    for (at, key) in keys.iter().enumerate() {
        match map.get(key) {
            None => return Ok(default.clone()),
            Some(found) => value = found,
        }
        if at < last {
            map = dictionary(&value)?;
        }
    }
    Ok(value)
}

fn dictionary(value: &Value) -> FunctionResult<Map> {
    let wanted = Type::map(Type::String, Type::Any);
    match value.as_map() {
        Some(map) if value.is_of(&wanted) => Ok(map),
        _ => Err(conversion(value, "map[string]interface {}")),
    }
}

/// Go's error for a value of the wrong type.
fn conversion(value: &Value, wanted: &str) -> FunctionError {
    let found = match value {
        Value::Nil => "nil".to_owned(),
        value => value.ty().to_string(),
    };
    FunctionError::new(format!("interface conversion: interface {{}} is {found}, not {wanted}"))
}
