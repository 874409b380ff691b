//! Lists. Those that sprig builds with `append` have a capacity, see [`Slice`].

#![expect(clippy::needless_pass_by_value, reason = "the functions of a template take their arguments over")]

use std::collections::HashSet;

use super::super::error::{FunctionError, FunctionResult};
use super::super::functions::{Context, Functions, Native, Variadic};
use super::super::value::{Kind, Str, Value, deep_equal};
use super::conversion::{is_empty, to_int, to_text, to_texts};
use super::slice::Slice;

/// Go's error for a nil without a type.
const NIL: &str = "runtime error: invalid memory address or nil pointer dereference";

/// The bytes of memory that an element takes from the budget.
const ELEMENT: usize = size_of::<Value>();

pub(super) fn add(functions: &mut Functions) {
    for name in ["list", "tuple"] {
        functions.add(name, |Variadic(values): Variadic<Value>| -> Vec<Value> { values });
    }
    for name in ["append", "push", "mustAppend", "mustPush"] {
        functions.add_with(name, append);
    }
    both(functions, "first", |list: Value| {
        Ok::<_, FunctionError>(elements("find first on", &list)?.first().cloned().unwrap_or(Value::Nil))
    });
    both(functions, "last", |list: Value| {
        Ok::<_, FunctionError>(elements("find last on", &list)?.last().cloned().unwrap_or(Value::Nil))
    });
    both_with(functions, "prepend", prepend);
    both_with(functions, "rest", |context: &mut Context, list: Value| {
        part(context, elements("find rest on", &list)?.split_first().map(|(_, rest)| rest))
    });
    both_with(functions, "initial", |context: &mut Context, list: Value| {
        part(context, elements("find initial on", &list)?.split_last().map(|(_, initial)| initial))
    });
    both_with(functions, "reverse", |context: &mut Context, list: Value| -> FunctionResult<Slice<Value>> {
        let values = elements("find reverse on", &list)?;
        context.budget.allocate_many(values.len(), ELEMENT)?;
        Ok(Slice::exact(values.iter().rev().cloned().collect()))
    });
    both_with(functions, "compact", |context: &mut Context, list: Value| {
        kept(context, elements("compact on", &list)?, |_, value| Ok(!is_empty(value)))
    });
    both_with(functions, "uniq", uniq);
    both_with(functions, "without", |context: &mut Context, list: Value, Variadic(omitted): Variadic<Value>| {
        kept(context, elements("find without on", &list)?, |context, value| Ok(!contains(context, &omitted, value)?))
    });
    both_with(functions, "has", |context: &mut Context, needle: Value, list: Value| -> FunctionResult<bool> {
        if matches!(list, Value::Nil) {
            return Ok(false);
        }
        contains(context, elements("find has on", &list)?, &needle)
    });
    both(functions, "slice", slice);
    both_with(functions, "chunk", chunk);
    functions.add_with("concat", concat);
    functions.add_with("sortAlpha", sort_alpha);
    functions.add_with("until", |context: &mut Context, count: isize| {
        steps(context, 0, count, if count < 0 { -1 } else { 1 })
    });
    functions.add_with("untilStep", steps);
    functions.add_with("seq", seq);
}

/// Adds a function under its name and under its `must` name.
fn both<A, F: Native<A> + Clone>(functions: &mut Functions, name: &str, function: F) {
    functions.add(&must(name), function.clone());
    functions.add(name, function);
}

fn both_with<A, F: super::super::functions::NativeWith<A> + Clone>(functions: &mut Functions, name: &str, function: F) {
    functions.add_with(&must(name), function.clone());
    functions.add_with(name, function);
}

fn must(name: &str) -> String {
    let (first, rest) = name.split_at_checked(1).unwrap_or((name, ""));
    format!("must{}{rest}", first.to_ascii_uppercase())
}

/// The elements of a slice or an array. Any other value is an error, whose text says what `doing` failed.
fn elements<'a>(doing: &str, list: &'a Value) -> FunctionResult<&'a [Value]> {
    match (list, list.as_slice()) {
        (Value::Nil, _) => Err(NIL.into()),
        (_, Some(values)) => Ok(values),
        (list, None) => {
            let on = if doing.ends_with(" on") || doing == "chunk" { doing.to_owned() } else { format!("{doing} on") };
            Err(format!("Cannot {on} type {}", list.kind()).into())
        }
    }
}

fn append(context: &mut Context, list: Value, value: Value) -> FunctionResult<Slice<Value>> {
    let values = elements("push on", &list)?;
    context.budget.allocate_many(2 * values.len() + 1, ELEMENT)?;
    let mut all = Slice::exact(values.to_vec());
    all.push(value);
    Ok(all)
}

fn prepend(context: &mut Context, list: Value, value: Value) -> FunctionResult<Slice<Value>> {
    let values = elements("prepend on", &list)?;
    context.budget.allocate_many(values.len() + 1, ELEMENT)?;
    Ok(Slice::exact(std::iter::once(&value).chain(values).cloned().collect()))
}

/// A copy of these elements, or a nil slice.
fn part(context: &mut Context, values: Option<&[Value]>) -> FunctionResult<Slice<Value>> {
    let Some(values) = values else { return Ok(Slice::nil()) };
    context.budget.allocate_many(values.len(), ELEMENT)?;
    Ok(Slice::exact(values.to_vec()))
}

/// The elements that satisfy a condition.
fn kept(
    context: &mut Context,
    values: &[Value],
    condition: impl Fn(&mut Context, &Value) -> FunctionResult<bool>,
) -> FunctionResult<Slice<Value>> {
    context.budget.allocate_many(values.len(), ELEMENT)?;
    let mut kept = Slice::new();
    for value in values {
        if condition(context, value)? {
            kept.push(value.clone());
        }
    }
    Ok(kept)
}

fn uniq(context: &mut Context, list: Value) -> FunctionResult<Slice<Value>> {
    let values = elements("find uniq on", &list)?;
    context.budget.allocate_many(values.len(), ELEMENT)?;
    let mut kept = Slice::new();
    // Strings, of which there may be many, are found by their hash.
    let mut texts: HashSet<Str> = HashSet::new();
    for value in values {
        let is_new = match value {
            Value::String(text) => {
                context.budget.step(1)?;
                context.budget.touch(text.len())?;
                texts.insert(text.clone())
            }
            value => !contains(context, kept.values(), value)?,
        };
        if is_new {
            kept.push(value.clone());
        }
    }
    Ok(kept)
}

fn contains(context: &mut Context, values: &[Value], needle: &Value) -> FunctionResult<bool> {
    for value in values {
        if deep_equal(needle, value, &mut context.budget)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn slice(list: Value, Variadic(indices): Variadic<Value>) -> FunctionResult<Value> {
    let values = match (&list, list.as_slice()) {
        (Value::Nil, _) => return Err(NIL.into()),
        (_, Some(values)) => values,
        (list, None) => return Err(format!("list should be type of slice or array but {}", list.kind()).into()),
    };
    if values.is_empty() {
        return Ok(Value::Nil);
    }
    let from = indices.first().map_or(0, to_int);
    let to = indices.get(1).map_or(values.len().cast_signed(), to_int);
    let Value::List(list) = list.underlying() else { return Ok(Value::Nil) };
    if list.is_array() {
        return Err("reflect.Value.Slice: slice of unaddressable array".into());
    }
    let outside = || FunctionError::new("reflect.Value.Slice: slice index out of bounds");
    let index = |index: isize| usize::try_from(index).map_err(|_| outside());
    let part = list.part(index(from)?, index(to)?, list.capacity()).ok_or_else(outside)?;
    Ok(part.into())
}

fn chunk(context: &mut Context, size: isize, list: Value) -> FunctionResult<Vec<Vec<Value>>> {
    let values = elements("chunk", &list)?;
    let Some(size) = usize::try_from(size).ok().filter(|size| *size > 0) else { return odd_chunk(size, values) };
    context.budget.allocate_many(values.len(), 2 * ELEMENT)?;
    Ok(values.chunks(size).map(<[Value]>::to_vec).collect())
}

/// Go's result for a size below one, which is usually the error for a slice of negative length.
fn odd_chunk(size: isize, values: &[Value]) -> FunctionResult<Vec<Vec<Value>>> {
    match values {
        [only] if size < -1 => Ok(vec![vec![only.clone()]]),
        [_, rest @ ..] if !rest.is_empty() && rest.len() <= size.unsigned_abs() => Ok(Vec::new()),
        _ => Err("runtime error: makeslice: len out of range".into()),
    }
}

fn concat(context: &mut Context, Variadic(lists): Variadic<Value>) -> FunctionResult<Slice<Value>> {
    let mut all = Slice::nil();
    for list in &lists {
        let values = match (list, list.as_slice()) {
            (Value::Nil, _) => return Err(NIL.into()),
            (_, Some(values)) => values,
            (list, None) => return Err(format!("Cannot concat type {} as list", list.kind()).into()),
        };
        context.budget.allocate_many(values.len(), ELEMENT)?;
        for value in values {
            all.push(value.clone());
        }
    }
    Ok(all)
}

fn sort_alpha(context: &mut Context, list: Value) -> FunctionResult<Vec<Str>> {
    if matches!(list.indirect().kind(), Kind::Slice | Kind::Array) {
        let mut texts = to_texts(context, &list)?;
        context.budget.step(u64::try_from(texts.len()).unwrap_or(u64::MAX))?;
        // Each string takes part in so many comparisons, which may read all of it.
        let rounds = texts.len().checked_ilog2().unwrap_or(0) + 1;
        let bytes = texts.iter().map(|text| text.len()).fold(0, usize::saturating_add);
        context.budget.touch_many(rounds as usize, bytes)?;
        texts.sort();
        return Ok(texts);
    }
    Ok(vec![to_text(context, &list)?])
}

/// The integers from `start` to `stop`, exclusive.
fn range(context: &mut Context, start: isize, stop: isize, by: isize) -> FunctionResult<Vec<isize>> {
    let counts_down = stop < start;
    if by == 0 || counts_down == (by > 0) {
        return Ok(Vec::new());
    }
    let count = stop.abs_diff(start).div_ceil(by.unsigned_abs());
    context.budget.allocate_many(count, ELEMENT + size_of::<isize>())?;
    context.budget.step(u64::try_from(count).unwrap_or(u64::MAX))?;
    Ok(std::iter::successors(Some(start), |at| at.checked_add(by)).take(count).collect())
}

fn steps(context: &mut Context, start: isize, stop: isize, by: isize) -> FunctionResult<Slice<isize>> {
    let mut all = Slice::new();
    all.extend(range(context, start, stop, by)?);
    Ok(all)
}

fn seq(context: &mut Context, Variadic(params): Variadic<isize>) -> FunctionResult<String> {
    let (start, step, end) = match *params.as_slice() {
        [end] => (1, None, end),
        [start, end] => (start, None, end),
        [start, step, end] => (start, Some(step), end),
        _ => return Ok(String::new()),
    };
    let down = end < start;
    if down && step.is_some_and(|step| step > 0) {
        return Ok(String::new());
    }
    let towards = if down { -1 } else { 1 };
    // The end is inclusive.
    let numbers = range(context, start, end.wrapping_add(towards), step.unwrap_or(towards))?;
    context.budget.allocate_many(numbers.len(), 20)?;
    Ok(numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
}
