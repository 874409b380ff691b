//! Merges maps into a map, level by level, as the library dario.cat/mergo does for sprig.
//!
//! Empty values count as missing. Maps that both sides have are merged in place, which is visible through other
//! references to them, and maps that only the source has become shared. No merge of JSON values has these rules.

use super::super::error::FunctionError;
use super::super::functions::Context;
use super::super::value::{Entries, Kind, Map, Type, Value};

/// The maps cannot be merged.
#[derive(Debug)]
pub(super) struct Unmergeable;

impl From<Unmergeable> for FunctionError {
    fn from(_: Unmergeable) -> Self {
        Self::new("src and dst must be of same type")
    }
}

type Merged<T> = Result<Result<T, Unmergeable>, FunctionError>;

/// Merges `maps` into `into`, one after the other. With `overwrite`, they replace existing values.
pub(super) fn merge(context: &mut Context, into: Map, maps: &[Map], overwrite: bool) -> Merged<Value> {
    let mut into = into;
    for map in maps {
        if into.is_nil() && !map.is_nil() {
            into = Map::new(Type::String, Type::Any);
        }
        if let Err(why) = merge_map(context, &into, map, overwrite, 0)? {
            return Ok(Err(why));
        }
    }
    Ok(Ok(into.into()))
}

fn merge_map(context: &mut Context, into: &Map, from: &Map, overwrite: bool, depth: usize) -> Merged<()> {
    context.budget.nest(depth)?;
    let entries = from.entries();
    let entries = match entries.as_ref() {
        Entries::Text(entries) => entries,
        Entries::Other(entries) if entries.is_empty() => return Ok(Ok(())),
        Entries::Other(_) => return Err("maps whose keys are not strings cannot be merged here".into()),
    };
    for (key, value) in entries {
        context.budget.step(1)?;
        let there = into.get(key);
        if is_nil(from, value) {
            if overwrite {
                set(context, into, key, value)?;
            }
            continue;
        }
        let kind = value.kind();
        if matches!(kind, Kind::Struct | Kind::Pointer | Kind::Map)
            && let Err(why) = merge_into(context, there.as_ref(), value, overwrite, depth + 1)?
        {
            return Ok(Err(why));
        }
        if let Some(there) = there.filter(|there| !is_zero(there)) {
            let both_maps = kind == Kind::Map && there.kind() == Kind::Map;
            if both_maps || !overwrite {
                continue;
            }
        }
        set(context, into, key, value)?;
    }
    Ok(Ok(()))
}

/// Merges a struct, a pointer or a map into the existing value.
fn merge_into(context: &mut Context, into: Option<&Value>, from: &Value, overwrite: bool, depth: usize) -> Merged<()> {
    context.budget.nest(depth)?;
    match into.map(Value::underlying) {
        Some(Value::Map(into)) => match from.as_map() {
            Some(from) => merge_map(context, into, &from, overwrite, depth),
            None => Ok(Ok(())),
        },
        Some(Value::Pointer(into)) => match from {
            Value::Pointer(from) => merge_into(context, Some(into.target()), from.target(), overwrite, depth + 1),
            _ if overwrite => Ok(Ok(())),
            from if from.is_of(&into.target().ty()) => {
                merge_into(context, Some(into.target()), from, overwrite, depth + 1)
            }
            _ => Ok(Err(Unmergeable)),
        },
        // No other value can be changed in place.
        _ => Ok(Ok(())),
    }
}

/// Whether a value of a map counts as nil. In an interface, only an untyped nil does.
fn is_nil(map: &Map, value: &Value) -> bool {
    match map.element() {
        Type::Any => matches!(value, Value::Nil),
        _ => value.is_nil(),
    }
}

/// Whether a value is the zero value of its type, after following pointers. A struct never is.
fn is_zero(value: &Value) -> bool {
    let value = value.indirect();
    !matches!(value.underlying(), Value::Struct(_)) && !value.is_true()
}

fn set(context: &mut Context, into: &Map, key: &super::super::value::Str, value: &Value) -> Result<(), FunctionError> {
    if !value.is_assignable_to(into.element()) {
        let (found, wanted) = (value.ty(), into.element());
        let text = format!("reflect.Value.SetMapIndex: value of type {found} is not assignable to type {wanted}");
        return Err(text.into());
    }
    context.budget.allocate(2 * size_of::<Value>())?;
    into.insert(&mut context.budget, key.clone(), value.clone())
}
