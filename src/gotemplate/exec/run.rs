//! The statements of a template, one after the other. What is entered lies on a list of its own, so that neither nesting
//! nor recursion costs stack.

use super::super::fmt;
use super::super::functions::{Operand, Place};
use super::super::limits::Limit;
use super::super::parse::ast::{Branch, Invocation, ListId, Name, Pipe, PipeId, Statement};
use super::super::value::{Entries, Kind, List, Map, Str, Type, Value};
use super::Definition;
use super::state::{Node, Ran, State};

/// A list of statements that is being executed.
struct Frame<'t> {
    left: std::slice::Iter<'t, Statement>,
    dot: Operand,
    /// How many variables are left when it ends.
    mark: usize,
    kind: FrameKind<'t>,
}

enum FrameKind<'t> {
    /// A template's, or a condition's
    Plain,
    /// The body of a loop
    Loop(Box<Loop<'t>>),
    /// The statements of a template that was called, with what to return to
    Call { caller: &'t Definition, base: usize },
}

struct Loop<'t> {
    pipe: &'t Pipe,
    body: &'t [Statement],
    items: Items,
    /// How many variables there are at the start of each round.
    mark: usize,
}

/// What a loop goes through.
enum Items {
    Integers { next: i128, end: i128, like: Value },
    List { list: List, next: usize },
    Map(std::vec::IntoIter<(Operand, Operand)>),
    Nothing,
}

impl Iterator for Items {
    type Item = (Operand, Operand);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Integers { next, end, like } => {
                if *next >= *end {
                    return None;
                }
                let number = integer_like(like, *next);
                *next += 1;
                Some((Operand::plain(Value::Nil), Operand::plain(number)))
            }
            Self::List { list, next } => {
                let value = list.get(*next)?.clone();
                let index = Value::int(i64::try_from(*next).unwrap_or(i64::MAX));
                *next += 1;
                Some((Operand::plain(index), Operand::of(value, list.element(), !list.is_array())))
            }
            Self::Map(entries) => entries.next(),
            Self::Nothing => None,
        }
    }
}

/// A number of the same type.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between zero and one of its kind")]
fn integer_like(like: &Value, number: i128) -> Value {
    match like {
        Value::Int(kind, _) => Value::Int(*kind, number as i64),
        Value::Uint(kind, _) => Value::Uint(*kind, number as u64),
        Value::Named(of) => Value::named(of.named_type(), integer_like(of.value(), number)),
        _ => Value::Nil,
    }
}

impl<'t> State<'t> {
    /// Executes a template from its start.
    pub(super) fn run(mut self, definition: &'t Definition, data: &Value) -> Ran<Vec<u8>> {
        let dot = Operand::plain(data.clone());
        self.variables.push((Name(0), dot.clone()));
        self.out.reserve(self.source.text.len());
        let mut frames =
            vec![Frame { left: self.source.list(definition.list).iter(), dot, mark: 0, kind: FrameKind::Plain }];
        let mut calls = 0;
        while let Some(frame) = frames.last_mut() {
            let Some(statement) = frame.left.next() else {
                self.leave(&mut frames, &mut calls)?;
                continue;
            };
            self.step(1)?;
            match statement {
                Statement::Text(text) => self.write(text)?,
                Statement::Action { at, pipe: id } => self.action(*at, *id, &frame.dot)?,
                Statement::If(branch) => {
                    let entered = self.condition(branch, frame, false)?;
                    frames.extend(entered);
                }
                Statement::With(branch) => {
                    let entered = self.condition(branch, frame, true)?;
                    frames.extend(entered);
                }
                Statement::Range(branch) => {
                    let entered = self.range(branch, frame)?;
                    frames.extend(entered);
                }
                Statement::Template(invocation) => {
                    let entered = self.call_template(invocation, frame, calls)?;
                    calls += 1;
                    frames.push(entered);
                }
                Statement::Break => {
                    unwind(&mut frames);
                    if let Some(ended) = frames.pop() {
                        self.variables.truncate(ended.mark);
                    }
                }
                Statement::Continue => unwind(&mut frames),
            }
        }
        Ok(self.out)
    }

    fn write(&mut self, text: &[u8]) -> Ran<()> {
        let most = self.template.limits.output;
        if self.out.len().saturating_add(text.len()) > most {
            return Err(self.limit(Limit::Output(most)));
        }
        self.out.extend_from_slice(text);
        Ok(())
    }

    fn action(&mut self, at: usize, id: PipeId, dot: &Operand) -> Ran<()> {
        let pipe = self.source.pipe(id);
        let value = self.pipeline(dot, pipe)?;
        if !pipe.variables.is_empty() {
            return Ok(());
        }
        self.at(Node::Action(at, id));
        self.print(&value, id)
    }

    /// Prints what an action yields.
    fn print(&mut self, operand: &Operand, id: PipeId) -> Ran<()> {
        if let Value::String(text) = &operand.value {
            return self.write(text);
        }
        if !operand.is_valid() {
            return self.write(b"<no value>");
        }
        let addressable = operand.place == Place::Addressable || matches!(operand.value, Value::Pointer(_));
        let value = operand.value.indirect();
        let shown = match value {
            Value::Struct(_) | Value::Named(_) | Value::Function(_) | Value::Null(_) => {
                let ty = value.ty();
                let is_text =
                    |ty: &Type| ty.has_method_without_arguments("Error") || ty.has_method_without_arguments("String");
                if is_text(&ty) {
                    value.clone()
                } else if addressable && is_text(&Type::pointer(ty.clone())) {
                    Value::pointer_to(value.clone())
                } else if value.kind() == Kind::Func {
                    let action = self.source.action_text(id);
                    return self.fail(format!("can't print {action} of type {ty}"));
                } else {
                    value.clone()
                }
            }
            value => value.clone(),
        };
        let most = self.template.limits.output;
        fmt::print(&mut self.out, &mut self.context, &shown, most).map_err(|limit| self.limit(limit))
    }

    fn frame(&self, list: ListId, dot: Operand, mark: usize) -> Frame<'t> {
        Frame { left: self.source.list(list).iter(), dot, mark, kind: FrameKind::Plain }
    }

    fn condition(&mut self, branch: &'t Branch, frame: &Frame<'t>, with: bool) -> Ran<Option<Frame<'t>>> {
        let mark = self.variables.len();
        let value = self.pipeline(&frame.dot, self.source.pipe(branch.pipe))?;
        let list = if value.value.is_true() { Some(branch.list) } else { branch.otherwise };
        let Some(list) = list else {
            self.variables.truncate(mark);
            return Ok(None);
        };
        let dot = if with && list == branch.list { value } else { frame.dot.clone() };
        Ok(Some(self.frame(list, dot, mark)))
    }

    fn range(&mut self, branch: &'t Branch, frame: &Frame<'t>) -> Ran<Option<Frame<'t>>> {
        let mark = self.variables.len();
        let pipe = self.source.pipe(branch.pipe);
        let operand = self.pipeline(&frame.dot, pipe)?;
        let value = operand.value.indirect();
        let items = match value.underlying() {
            Value::Int(_, number) => self.integers(pipe, value, i128::from(*number))?,
            Value::Uint(_, number) => self.integers(pipe, value, i128::from(*number))?,
            Value::List(list) => Items::List { list: list.clone(), next: 0 },
            Value::Map(map) => Items::Map(self.entries(map)?),
            Value::Nil => Items::Nothing,
            Value::Null(ty) if matches!(ty.kind(), Kind::Slice | Kind::Map) => Items::Nothing,
            _ => {
                let shown = self.shown(value);
                return self.fail(format!("range can't iterate over {shown}"));
            }
        };
        let body = self.source.list(branch.list);
        let mut around = Box::new(Loop { pipe, body, items, mark: self.variables.len() });
        if let Some(first) = around.items.next() {
            let dot = self.round(&mut around, first)?;
            return Ok(Some(Frame { left: body.iter(), dot, mark, kind: FrameKind::Loop(around) }));
        }
        let Some(otherwise) = branch.otherwise else {
            self.variables.truncate(mark);
            return Ok(None);
        };
        Ok(Some(self.frame(otherwise, frame.dot.clone(), mark)))
    }

    /// A value in an error.
    fn shown(&mut self, value: &Value) -> String {
        fmt::text(&mut self.context, value).map_or_else(|error| error.to_string(), |text| Str::from(text).to_string())
    }

    fn integers(&mut self, pipe: &Pipe, value: &Value, end: i128) -> Ran<Items> {
        if pipe.variables.len() > 1 {
            let shown = self.shown(value);
            return self.fail(format!("can't use {shown} to iterate over more than one variable"));
        }
        let most = self.template.limits.range;
        if end > i128::from(most) {
            return Err(self.limit(Limit::Range(most)));
        }
        Ok(Items::Integers { next: 0, end, like: value.clone() })
    }

    /// The entries of a map as they are now.
    fn entries(&mut self, map: &Map) -> Ran<std::vec::IntoIter<(Operand, Operand)>> {
        let entries = map.entries();
        self.step(entries.len() as u64)?;
        let pair = |key: Value, value: &Value| {
            (Operand::of(key, map.key_type(), false), Operand::of(value.clone(), map.element(), false))
        };
        let all: Vec<_> = match entries.as_ref() {
            Entries::Text(entries) => entries.iter().map(|(key, value)| pair(map.key_value(key), value)).collect(),
            Entries::Other(entries) => entries.iter().map(|(key, value)| pair(key.0.clone(), value)).collect(),
        };
        Ok(all.into_iter())
    }

    /// Sets a loop's variables for its next round; returns the round's dot.
    fn round(&mut self, around: &mut Loop<'t>, (index, element): (Operand, Operand)) -> Ran<Operand> {
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
        Ok(element)
    }

    fn set_top(&mut self, from_top: usize, value: Operand) {
        let at = self.variables.len().checked_sub(from_top);
        if let Some((_, variable)) = at.and_then(|at| self.variables.get_mut(at)) {
            *variable = value;
        }
    }

    fn call_template(&mut self, invocation: &'t Invocation, frame: &Frame<'t>, calls: usize) -> Ran<Frame<'t>> {
        self.at(Node::Invocation(invocation));
        let template = self.template;
        let Some(callee) = template.defined.get(&invocation.name) else {
            let name = fmt::quote::quoted(invocation.name.as_bytes());
            return self.fail(format!("template {name} not defined"));
        };
        if calls >= template.limits.call_depth {
            return Err(self.limit(Limit::CallDepth(template.limits.call_depth)));
        }
        let dot = match invocation.pipe {
            Some(pipe) => self.pipeline(&frame.dot, self.source.pipe(pipe))?,
            None => Operand::plain(Value::Nil),
        };
        let entered = Frame {
            left: callee.source.list(callee.list).iter(),
            dot: dot.clone(),
            mark: self.variables.len(),
            kind: FrameKind::Call { caller: self.current, base: self.base },
        };
        self.base = self.variables.len();
        self.variables.push((Name(0), dot));
        self.current = callee;
        self.source = &callee.source;
        Ok(entered)
    }

    /// Ends the last frame, or begins its next round.
    fn leave(&mut self, frames: &mut Vec<Frame<'t>>, calls: &mut usize) -> Ran<()> {
        let Some(frame) = frames.last_mut() else { return Ok(()) };
        if let FrameKind::Loop(around) = &mut frame.kind {
            self.variables.truncate(around.mark);
            if let Some(next) = around.items.next() {
                self.step(1)?;
                frame.dot = self.round(around, next)?;
                frame.left = around.body.iter();
                return Ok(());
            }
        }
        self.variables.truncate(frame.mark);
        if let FrameKind::Call { caller, base } = frame.kind {
            self.current = caller;
            self.source = &caller.source;
            self.base = base;
            *calls -= 1;
        }
        frames.pop();
        Ok(())
    }
}

/// Ends all frames inside the innermost loop, and the rest of its round.
fn unwind(frames: &mut Vec<Frame<'_>>) {
    while let Some(frame) = frames.last_mut() {
        if let FrameKind::Loop(_) = frame.kind {
            frame.left = [].iter();
            return;
        }
        frames.pop();
    }
}
