//! The functions that Go's text/template provides.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::super::error::FunctionError;
use super::super::fmt;
use super::super::value::{Kind, Map, Str, Type, Value};
use super::compare::{eq, le, lt};
use super::escape::{html, js, url_query};
use super::{Context, Function, Holder, ReflectValue, Signature, Variadic};

/// Go's function of this name.
pub(in super::super) fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.get(name)
}

static FUNCTIONS: LazyLock<HashMap<&str, Function>> = LazyLock::new(|| {
    HashMap::from([
        ("and", Function::new(last)),
        ("or", Function::new(last)),
        (
            "call",
            Function::new(|Variadic(_): Variadic<ReflectValue>| -> ReflectValue { ReflectValue::plain(Value::Nil) }),
        ),
        (
            "index",
            reflecting(Type::Reflect, |operands| {
                let (item, indexes) = first_and_rest(operands)?;
                index(item, indexes)
            }),
        ),
        (
            "slice",
            reflecting(Type::Reflect, |operands| {
                let (item, indexes) = first_and_rest(operands)?;
                slice(item, indexes)
            }),
        ),
        ("len", Function::new(length)),
        ("not", Function::new(|value: ReflectValue| !value.value.is_true())),
        (
            "eq",
            reflecting(Type::Bool, |operands| {
                let (first, others) = first_and_rest(operands)?;
                eq(&first.value, others.iter().map(|other| &other.value))
                    .map(|equal| ReflectValue::plain(Value::Bool(equal)))
            }),
        ),
        ("ne", Function::new(|a: ReflectValue, b: ReflectValue| eq(&a.value, [&b.value]).map(|equal| !equal))),
        ("lt", Function::new(|a: ReflectValue, b: ReflectValue| lt(&a.value, &b.value))),
        ("le", Function::new(|a: ReflectValue, b: ReflectValue| le(&a.value, &b.value))),
        ("gt", Function::new(|a: ReflectValue, b: ReflectValue| le(&a.value, &b.value).map(|le| !le))),
        ("ge", Function::new(|a: ReflectValue, b: ReflectValue| lt(&a.value, &b.value).map(|lt| !lt))),
        (
            "print",
            Function::with_context(|c: &mut Context, Variadic(values): Variadic<Value>| text(fmt::sprint(c, &values))),
        ),
        (
            "println",
            Function::with_context(|c: &mut Context, Variadic(values): Variadic<Value>| {
                text(fmt::sprintln(c, &values))
            }),
        ),
        (
            "printf",
            Function::with_context(|context: &mut Context, format: Str, Variadic(values): Variadic<Value>| {
                text(fmt::sprintf(context, &format, &values))
            }),
        ),
        ("html", escaper(html)),
        ("js", escaper(js)),
        ("urlquery", escaper(url_query)),
    ])
});

/// A function of one or more `reflect.Value`s.
fn reflecting(
    result: Type,
    body: impl Fn(&mut [ReflectValue]) -> Result<ReflectValue, FunctionError> + Send + Sync + 'static,
) -> Function {
    let params = vec![Type::Reflect, Type::Reflect];
    let signature = Signature { params, variadic: true, results: vec![result, Type::Error] };
    Function::raw(signature, move |_, operands| body(operands))
}

fn first_and_rest(operands: &mut [ReflectValue]) -> Result<(ReflectValue, &mut [ReflectValue]), FunctionError> {
    let (first, rest) = operands.split_first_mut().ok_or("an argument is missing")?;
    Ok((std::mem::replace(first, ReflectValue::plain(Value::Nil)), rest))
}

fn text(bytes: Result<Vec<u8>, FunctionError>) -> Result<Str, FunctionError> {
    bytes.map(Str::from)
}

/// `and` and `or`, for their types only: the engine evaluates them, and stops at the first argument that decides.
fn last(first: ReflectValue, Variadic(others): Variadic<ReflectValue>) -> ReflectValue {
    others.into_iter().last().unwrap_or(first)
}

/// `call`: calls a function value, which errors refer to as `name`.
pub(in super::super) fn call(
    context: &mut Context,
    name: &str,
    callee: &Value,
    arguments: &mut [ReflectValue],
) -> Result<ReflectValue, FunctionError> {
    if matches!(callee, Value::Nil) {
        return Err("call of nil".into());
    }
    let ty = callee.ty();
    let Type::Function(signature) = ty.underlying() else {
        return Err(format!("non-function {name} of type {ty}").into());
    };
    if let Some(bad) = signature.complaint(name) {
        return Err(bad.into());
    }
    let (count, fixed) = (arguments.len(), signature.fixed());
    if signature.variadic && count < fixed {
        return Err(format!("wrong number of args for {name}: got {count} want at least {fixed}").into());
    }
    if !signature.variadic && count != fixed {
        return Err(format!("wrong number of args for {name}: got {count} want {fixed}").into());
    }
    for (at, argument) in arguments.iter_mut().enumerate() {
        if let Some(wanted) = signature.param(at) {
            let value = std::mem::take(&mut argument.value);
            argument.value = prepare(value, wanted).map_err(|error| match error {
                FunctionError::Message(message) => FunctionError::Message(format!("arg {at}: {message}")),
                limit @ FunctionError::Limit(_) => limit,
            })?;
        }
    }
    match callee.underlying() {
        Value::Function(function) => function.call(context, arguments),
        _ => Err("reflect.Value.Call: call of nil function".into()),
    }
}

/// Converts a value to an argument or key of this type. Integers may have another size.
fn prepare(value: Value, wanted: &Type) -> Result<Value, FunctionError> {
    if matches!(value, Value::Nil) {
        if wanted.can_be_nil() {
            return Ok(Value::zero(wanted));
        }
        return Err(format!("value is nil; should be of type {wanted}").into());
    }
    if value.is_assignable_to(wanted) {
        return Ok(value);
    }
    let converted = match (value.underlying(), wanted.underlying()) {
        #[expect(clippy::cast_sign_loss, reason = "as Go converts")]
        (Value::Int(_, number), Type::Uint(kind)) => Some(Value::Uint(*kind, kind.wrap(*number as u64))),
        (Value::Int(_, number), Type::Int(kind)) => Some(Value::Int(*kind, kind.wrap(*number))),
        (Value::Uint(_, number), Type::Uint(kind)) => Some(Value::Uint(*kind, kind.wrap(*number))),
        #[expect(clippy::cast_possible_wrap, reason = "as Go converts")]
        (Value::Uint(_, number), Type::Int(kind)) => Some(Value::Int(*kind, kind.wrap(*number as i64))),
        _ => None,
    };
    match (converted, wanted) {
        (Some(value), Type::Named(named)) => Ok(Value::named(named, value)),
        (Some(value), _) => Ok(value),
        (None, _) => Err(format!("value has type {}; should be {wanted}", value.ty()).into()),
    }
}

/// An index into something with a capacity of `room`.
fn position(index: &ReflectValue, room: usize) -> Result<usize, FunctionError> {
    let (shown, position) = match index.value.underlying() {
        _ if matches!(index.holder, Holder::Any | Holder::Error) => return Err(bad_index(index)),
        Value::Int(_, number) => (*number, usize::try_from(*number).ok()),
        #[expect(clippy::cast_possible_wrap, reason = "as Go converts")]
        Value::Uint(_, number) => (*number as i64, usize::try_from(*number as i64).ok()),
        Value::Nil => return Err("cannot index slice/array with nil".into()),
        _ => return Err(bad_index(index)),
    };
    position.filter(|at| *at <= room).ok_or_else(|| format!("index out of range: {shown}").into())
}

fn bad_index(index: &ReflectValue) -> FunctionError {
    format!("cannot index slice/array with type {}", index.ty()).into()
}

/// Follows pointers. `None` for a nil pointer.
fn follow(mut item: ReflectValue) -> Option<ReflectValue> {
    loop {
        item = match item.value.underlying() {
            Value::Pointer(pointer) => ReflectValue { value: pointer.target().clone(), holder: Holder::Addressable },
            Value::Nil => return None,
            Value::Null(ty) if ty.kind() == Kind::Pointer => return None,
            _ => return Some(item),
        };
    }
}

fn index(mut item: ReflectValue, indexes: &mut [ReflectValue]) -> Result<ReflectValue, FunctionError> {
    if matches!(item.value, Value::Nil) {
        return Err("index of untyped nil".into());
    }
    if item.holder == Holder::Any {
        item.holder = Holder::Plain;
    }
    for index in indexes {
        if matches!(index.holder, Holder::Any | Holder::Error) {
            index.holder = Holder::Plain;
        }
        item = follow(item).ok_or("index of nil pointer")?;
        item = match item.value.underlying() {
            Value::String(text) => {
                let at = position(index, text.len())?;
                let byte = text.get(at).ok_or("reflect: string index out of range")?;
                ReflectValue::plain(Value::from(*byte))
            }
            Value::List(list) => {
                let at = position(index, list.len())?;
                let outside = if list.is_array() {
                    "reflect: array index out of range"
                } else {
                    "reflect: slice index out of range"
                };
                let value = list.get(at).ok_or(outside)?.clone();
                // An element of an array is addressable if the array is.
                let addressable = !list.is_array() || item.holder == Holder::Addressable;
                ReflectValue::of(value, list.element(), addressable)
            }
            Value::Map(map) => entry(map, index)?,
            Value::Null(ty) => match ty.underlying() {
                Type::Map(of) => entry(&Map::nil(of.0.clone(), of.1.clone()), index)?,
                Type::Slice(_) => {
                    position(index, 0)?;
                    return Err("reflect: slice index out of range".into());
                }
                _ => return Err(format!("can't index item of type {}", item.value.ty()).into()),
            },
            _ => return Err(format!("can't index item of type {}", item.value.ty()).into()),
        };
    }
    Ok(item)
}

fn entry(map: &Map, key: &mut ReflectValue) -> Result<ReflectValue, FunctionError> {
    let key = prepare(std::mem::take(&mut key.value), map.key_type())?;
    if !key.ty().is_comparable() {
        return Err(format!("runtime error: hash of unhashable type {}", key.ty()).into());
    }
    let value = map.get_key(&key).unwrap_or_else(|| Value::zero(map.element()));
    Ok(ReflectValue::of(value, map.element(), false))
}

fn slice(item: ReflectValue, indexes: &[ReflectValue]) -> Result<ReflectValue, FunctionError> {
    if matches!(item.value, Value::Nil) {
        return Err("slice of untyped nil".into());
    }
    let item = follow(item).ok_or("slice of nil pointer")?;
    if indexes.len() > 3 {
        return Err(format!("too many slice indexes: {}", indexes.len()).into());
    }
    let (len, room) = match item.value.underlying() {
        Value::String(_) if indexes.len() == 3 => return Err("cannot 3-index slice a string".into()),
        Value::String(text) => (text.len(), text.len()),
        Value::List(list) => (list.len(), list.capacity()),
        Value::Null(ty) if ty.kind() == Kind::Slice => (0, 0),
        _ => return Err(format!("can't slice item of type {}", item.value.ty()).into()),
    };
    let mut bounds = [0, len, room];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        *bound = position(index, room)?;
    }
    let [from, to, end] = bounds;
    if from > to {
        return Err(format!("invalid slice index: {from} > {to}").into());
    }
    if to > end {
        return Err(format!("invalid slice index: {to} > {end}").into());
    }
    let part = match item.value.underlying() {
        Value::String(text) => match text.get(from..to) {
            Some(part) => Value::string(part),
            None => return Err(FunctionError::internal("a part of a string lies outside of it")),
        },
        Value::List(list) if list.is_array() && item.holder != Holder::Addressable => {
            return Err("reflect.Value.Slice: slice of unaddressable array".into());
        }
        Value::List(list) => list.part(from, to, end).map_or(Value::Nil, Value::from),
        other => other.clone(),
    };
    // Slicing a named string or slice keeps the type; slicing an array does not.
    Ok(ReflectValue::plain(match &item.value {
        Value::Named(of) if item.value.kind() != Kind::Array => Value::named(of.named_type(), part),
        _ => part,
    }))
}

fn length(item: ReflectValue) -> Result<isize, FunctionError> {
    if !item.is_valid() {
        return Err("reflect: call of reflect.Value.Type on zero Value".into());
    }
    let item = follow(item).ok_or("len of nil pointer")?;
    let len = item.value.len().ok_or_else(|| format!("len of type {}", item.value.ty()))?;
    Ok(isize::try_from(len).unwrap_or(isize::MAX))
}

/// A function that escapes the text of its arguments, which is that of [`fmt::sprint`].
fn escaper(escape: fn(&[u8], &mut Vec<u8>)) -> Function {
    Function::with_context(
        move |context: &mut Context, Variadic(values): Variadic<Value>| -> Result<Str, FunctionError> {
            let values: Vec<Value> = values.into_iter().map(printable).collect();
            let text = fmt::sprint(context, &values)?;
            // The longest escape of a byte.
            context.budget.allocate_many(text.len(), 6)?;
            let mut out = Vec::with_capacity(text.len() + text.len() / 8);
            escape(&text, &mut out);
            Ok(Str::from(out))
        },
    )
}

/// A value for printing: the target of a pointer, and `<no value>` for no value.
fn printable(value: Value) -> Value {
    let is_text = |ty: &Type| ty.has_method_without_arguments("Error") || ty.has_method_without_arguments("String");
    match value {
        Value::Nil => Value::string("<no value>"),
        Value::Pointer(_) => {
            let target = value.indirect();
            let ty = target.ty();
            if !is_text(&ty) && is_text(&Type::pointer(ty)) {
                Value::pointer_to(target.clone())
            } else {
                target.clone()
            }
        }
        value => value,
    }
}

impl Signature {
    /// The error, if a template cannot call a function with these results.
    pub(in super::super) fn complaint(&self, name: &str) -> Option<String> {
        match self.results.as_slice() {
            [_] | [_, Type::Error] => None,
            [_, second] => {
                Some(format!("invalid function signature for {name}: second return value should be error; is {second}"))
            }
            results => Some(format!("function {name} has {} return values; should be 1 or 2", results.len())),
        }
    }
}
