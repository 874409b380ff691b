//! Loops: their items and their variables.

use std::sync::Arc;

use super::super::fmt;
use super::super::functions::ReflectValue;
use super::super::limits::Limit;
use super::super::parse::ast::{Branch, Pipe, Statement};
use super::super::value::{Entries, Kind, List, Map, Str, Value};
use super::state::{Ran, State};

/// A loop between two iterations.
pub(super) struct Loop<'t> {
    pipe: &'t Pipe,
    pub(super) body: &'t [Statement],
    items: Items,
    /// The number of variables at the start of each iteration.
    pub(super) mark: usize,
}

/// The items of a loop: pairs of an index or key and an element.
enum Items {
    Integers { next: i128, end: i128, like: Value },
    List { list: List, next: usize },
    SmallMap { map: Map, entries: Arc<Entries>, next: usize },
    Map(std::vec::IntoIter<(ReflectValue, ReflectValue)>),
    Nothing,
}

impl Iterator for Items {
    type Item = (ReflectValue, ReflectValue);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Integers { next, end, like } => {
                if *next >= *end {
                    return None;
                }
                let number = integer_like(like, *next);
                *next += 1;
                Some((ReflectValue::plain(Value::Nil), ReflectValue::plain(number)))
            }
            Self::List { list, next } => {
                let value = list.get(*next)?.clone();
                let index = Value::int(i64::try_from(*next).unwrap_or(i64::MAX));
                *next += 1;
                Some((ReflectValue::plain(index), ReflectValue::of(value, list.element(), !list.is_array())))
            }
            Self::SmallMap { map, entries, next } => {
                let (key, value) = match entries.as_ref() {
                    Entries::Text(entries) => entries.as_list()?.get(*next)?,
                    Entries::Other(_) => return None,
                };
                *next += 1;
                Some(entry(map, map.key_value(key), value))
            }
            Self::Map(entries) => entries.next(),
            Self::Nothing => None,
        }
    }
}

/// An integer of the same type.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between zero and one of its kind")]
fn integer_like(like: &Value, number: i128) -> Value {
    match like {
        Value::Int(kind, _) => Value::Int(*kind, number as i64),
        Value::Uint(kind, _) => Value::Uint(*kind, number as u64),
        Value::Named(of) => Value::named(of.named_type(), integer_like(of.value(), number)),
        _ => Value::Nil,
    }
}

/// A key and its value, as the variables of a loop hold them.
fn entry(map: &Map, key: Value, value: &Value) -> (ReflectValue, ReflectValue) {
    (ReflectValue::of(key, map.key_type(), false), ReflectValue::of(value.clone(), map.element(), false))
}

impl<'t> State<'t> {
    /// The loop of a `range` and the dot of its first iteration. `None` if there are no items.
    pub(super) fn range(
        &mut self,
        branch: &'t Branch,
        dot: &ReflectValue,
    ) -> Ran<Option<(Box<Loop<'t>>, ReflectValue)>> {
        let pipe = self.source.pipe(branch.pipe);
        let operand = self.pipeline(dot, pipe)?;
        let value = operand.value.indirect();
        let items = match value.underlying() {
            Value::Int(_, number) => self.integers(pipe, value, i128::from(*number))?,
            Value::Uint(_, number) => self.integers(pipe, value, i128::from(*number))?,
            Value::List(list) => Items::List { list: list.clone(), next: 0 },
            Value::Map(map) => self.entries(map)?,
            Value::Nil => Items::Nothing,
            Value::Null(ty) if matches!(ty.kind(), Kind::Slice | Kind::Map) => Items::Nothing,
            _ => {
                let shown = self.shown(value);
                return self.fail(format!("range can't iterate over {shown}"));
            }
        };
        let (body, mark) = (self.source.list(branch.list), self.variables.len());
        let mut around = Box::new(Loop { pipe, body, items, mark });
        Ok(self.next_round(&mut around)?.map(|element| (around, element)))
    }

    /// Sets a loop's variables for the next iteration and returns its dot.
    pub(super) fn next_round(&mut self, around: &mut Loop<'t>) -> Ran<Option<ReflectValue>> {
        let Some((index, element)) = around.items.next() else { return Ok(None) };
        self.step(1)?;
        match around.pipe.variables.as_slice() {
            [] => {}
            [one] if around.pipe.assigns => self.set_variable(one.name, &one.text, element.clone())?,
            [first, second, ..] if around.pipe.assigns => {
                self.set_variable(first.name, &first.text, index)?;
                self.set_variable(second.name, &second.text, element.clone())?;
            }
            [_] => self.set_top(1, element.clone()),
            [_, ..] => {
                self.set_top(1, element.clone());
                self.set_top(2, index);
            }
        }
        Ok(Some(element))
    }

    fn set_top(&mut self, from_top: usize, value: ReflectValue) {
        let at = self.variables.len().checked_sub(from_top);
        if let Some((_, variable)) = at.and_then(|at| self.variables.get_mut(at)) {
            *variable = value;
        }
    }

    fn integers(&mut self, pipe: &Pipe, value: &Value, end: i128) -> Ran<Items> {
        if pipe.variables.len() > 1 {
            let shown = self.shown(value);
            return self.fail(format!("can't use {shown} to iterate over more than one variable"));
        }
        let most = self.context.budget.limits().range;
        if end > i128::from(most) {
            return Err(self.limit(Limit::Range(most)));
        }
        Ok(Items::Integers { next: 0, end, like: value.clone() })
    }

    /// The current entries of a map.
    fn entries(&mut self, map: &Map) -> Ran<Items> {
        let entries = map.entries();
        self.step(entries.len() as u64)?;
        let all: Vec<_> = match entries.as_ref() {
            Entries::Text(texts) if texts.as_list().is_some() => {
                return Ok(Items::SmallMap { map: map.clone(), entries, next: 0 });
            }
            Entries::Text(texts) => texts.iter().map(|(key, value)| entry(map, map.key_value(key), value)).collect(),
            Entries::Other(others) => others.iter().map(|(key, value)| entry(map, key.0.clone(), value)).collect(),
        };
        Ok(Items::Map(all.into_iter()))
    }

    /// A value as errors show it.
    fn shown(&mut self, value: &Value) -> String {
        fmt::text(&mut self.context, value).map_or_else(|error| error.to_string(), |text| Str::from(text).to_string())
    }
}
