//! Prints the results of actions.

use smallvec::SmallVec;

use super::super::error::Error;
use super::super::fmt;
use super::super::functions::quick::Quick;
use super::super::functions::{Context, Holder, ReflectValue};
use super::super::limits::Limit;
use super::super::parse::ast::{Callee, Name, Pipe, PipeId, Source, Statement, Term, TermKind};
use super::super::value::{Kind, Type, Value};
use super::field::reach;
use super::state::{Node, Ran, State};
use super::{MissingKey, Template};

/// The number of variables that are searched without taking steps.
const NEAR: usize = 64;

impl<'t> State<'t> {
    /// Appends to the output.
    pub(super) fn write(&mut self, text: &[u8]) -> Ran<()> {
        if append(&mut self.out, text, self.most) { Ok(()) } else { Err(self.too_long()) }
    }

    fn too_long(&self) -> Error {
        self.limit(Limit::Output(self.context.budget.limits().output))
    }

    /// Executes an action that prints its pipeline or sets variables.
    pub(super) fn action(&mut self, statement: &'t Statement, id: PipeId, dot: &ReflectValue) -> Ran<()> {
        let pipe = self.source.pipe(id);
        self.step(pipe.steps)?;
        if let ([], [command]) = (pipe.variables.as_slice(), pipe.commands.as_slice()) {
            let most = self.most;
            let variables = self.variables.get(self.base..).unwrap_or(&[]);
            let scope = Scope { absent: false, ..Scope::new(self.template, self.source, variables, dot) };
            let written = match command.words.as_slice() {
                [term] => match scope.glance(term) {
                    Some((Value::String(text), _)) => Some(append(&mut self.out, text, most)),
                    Some((value @ (Value::Bool(_) | Value::Int(..) | Value::Float(..)), _)) => {
                        Some(fmt::print(&mut self.out, &mut self.context, value, most).is_ok())
                    }
                    _ => None,
                },
                [first, arguments @ ..] => match &first.kind {
                    TermKind::Identifier(_, Callee::Quick(Quick::Printf, _)) => {
                        scope.printf(arguments, &mut self.out, &mut self.context).map(|()| self.out.len() <= most)
                    }
                    _ => None,
                },
                [] => None,
            };
            if let Some(fits) = written {
                self.at(Node::Statement(statement));
                return if fits { Ok(()) } else { Err(self.too_long()) };
            }
        }
        let value = self.pipeline(dot, pipe)?;
        if !pipe.variables.is_empty() {
            return Ok(());
        }
        self.at(Node::Statement(statement));
        self.print(&value, id)
    }

    /// Whether a pipeline is true, if that can be evaluated without copies.
    pub(super) fn truth(&self, dot: &ReflectValue, pipe: &'t Pipe) -> Option<bool> {
        let ([], [command]) = (pipe.variables.as_slice(), pipe.commands.as_slice()) else { return None };
        let [term] = command.words.as_slice() else { return None };
        Some(self.scope(dot).glance(term)?.0.is_true())
    }

    /// The scope in which words are evaluated without copies.
    pub(super) fn scope<'v>(&'v self, dot: &'v ReflectValue) -> Scope<'v> {
        Scope::new(self.template, self.source, self.own_variables(), dot)
    }

    fn print(&mut self, operand: &ReflectValue, id: PipeId) -> Ran<()> {
        if let Value::String(text) = &operand.value {
            return self.write(text);
        }
        if !operand.is_valid() {
            return self.write(b"<no value>");
        }
        let addressable = operand.holder == Holder::Addressable || matches!(operand.value, Value::Pointer(_));
        let value = operand.value.indirect();
        let mut behind_pointer = None;
        if let Value::Struct(_) | Value::Named(_) | Value::Function(_) | Value::Null(_) = value {
            let ty = value.ty();
            if is_text(&ty) {
                // Its own method prints it.
            } else if addressable && is_text(&Type::pointer(ty.clone())) {
                behind_pointer = Some(Value::pointer_to(value.clone()));
            } else if value.kind() == Kind::Func {
                let action = self.source.action_text(id);
                return self.fail(format!("can't print {action} of type {ty}"));
            }
        }
        fmt::print(&mut self.out, &mut self.context, behind_pointer.as_ref().unwrap_or(value), self.most)
            .map_err(|limit| self.limit(limit))
    }
}

/// Appends text, unless the output would become too long.
fn append(out: &mut Vec<u8>, text: &[u8], most: usize) -> bool {
    let fits = out.len().saturating_add(text.len()) <= most;
    if fits {
        out.extend_from_slice(text);
    }
    fits
}

/// The values that words can refer to.
#[derive(Clone, Copy)]
pub(super) struct Scope<'v> {
    variables: &'v [(Name, ReflectValue)],
    dot: &'v ReflectValue,
    source: &'v Source,
    /// Whether a missing entry is [`Value::Nil`]
    absent: bool,
}

impl<'v> Scope<'v> {
    pub(super) fn new(
        template: &Template,
        source: &'v Source,
        variables: &'v [(Name, ReflectValue)],
        dot: &'v ReflectValue,
    ) -> Self {
        Self { variables, dot, source, absent: template.missing_key == MissingKey::Invalid }
    }

    /// The value of a word, without a copy, if it is a literal or an existing field, entry or variable.
    pub(super) fn glance(self, term: &'v Term) -> Option<(&'v Value, Holder)> {
        match &term.kind {
            TermKind::Pipe(id) => self.element(self.source.pipe(*id)),
            _ => self.glance_plain(term),
        }
    }

    fn glance_plain(self, term: &'v Term) -> Option<(&'v Value, Holder)> {
        match &term.kind {
            TermKind::Field(fields) => reach(self.dot, fields, self.absent),
            TermKind::Variable(name, _, fields) => {
                let (_, variable) = self.variables.iter().rev().take(NEAR).find(|(variable, _)| variable == name)?;
                reach(variable, fields, self.absent)
            }
            TermKind::Dot => Some((&self.dot.value, self.dot.holder)),
            TermKind::String(_, value) => Some((value, Holder::Plain)),
            TermKind::Number(number) => Some((number.ideal.as_ref()?, Holder::Plain)),
            TermKind::Bool(true) => Some((&Value::Bool(true), Holder::Plain)),
            TermKind::Bool(false) => Some((&Value::Bool(false), Holder::Plain)),
            _ => None,
        }
    }

    /// The value of `(index map "key")`. It does not nest, so that a second evaluation costs little.
    fn element(self, pipe: &'v Pipe) -> Option<(&'v Value, Holder)> {
        let ([], [command]) = (pipe.variables.as_slice(), pipe.commands.as_slice()) else { return None };
        let [first, container, key] = command.words.as_slice() else { return None };
        let TermKind::Identifier(_, Callee::Quick(Quick::Index, _)) = &first.kind else { return None };
        let there = Self { absent: false, ..self };
        let ((container, _), (key, _)) = (there.glance_plain(container)?, there.glance_plain(key)?);
        match (container, key) {
            (Value::Map(map), Value::String(key))
                if matches!((map.key_type(), map.element()), (Type::String, Type::Any)) =>
            {
                // A value in an `interface {}` is taken out of it.
                Some((map.unchanged()?.get(key).unwrap_or(&Value::Nil), Holder::Plain))
            }
            _ => None,
        }
    }

    /// Appends the result of `printf`.
    fn printf(self, arguments: &'v [Term], out: &mut Vec<u8>, context: &mut Context) -> Option<()> {
        let mut values: SmallVec<[&Value; 4]> = SmallVec::new();
        for argument in arguments {
            values.push(self.glance(argument)?.0);
        }
        let (Value::String(format), values) = values.split_first()? else { return None };
        fmt::append(out, context, format, values).ok()
    }
}

/// The node that errors would refer to, had the word been evaluated in full.
pub(super) fn end<'v>(source: &'v Source, term: &'v Term) -> &'v Term {
    match &term.kind {
        TermKind::Pipe(id) => source.pipe(*id).commands.last().and_then(|command| command.words.last()).unwrap_or(term),
        _ => term,
    }
}

/// Whether values of this type have a method that prints them.
fn is_text(ty: &Type) -> bool {
    ty.has_method_without_arguments("Error") || ty.has_method_without_arguments("String")
}
