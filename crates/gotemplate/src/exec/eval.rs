//! Evaluates pipelines and commands.

use super::super::functions::{Holder, ReflectValue};
use super::super::parse::ast::{Command, Declared, Pipe, Term, TermKind};
use super::super::parse::number::Number;
use super::super::value::Value;
use super::state::{Node, Ran, State};

impl<'t> State<'t> {
    /// Evaluates a pipeline and sets its variables.
    pub(super) fn pipeline(&mut self, dot: &ReflectValue, pipe: &'t Pipe) -> Ran<ReflectValue> {
        self.at(Node::Pipe(pipe));
        self.step(pipe.steps)?;
        if let ([command], []) = (pipe.commands.as_slice(), pipe.variables.as_slice()) {
            // The most frequent case, without a copy of the result.
            let mut result = self.command(dot, command, None);
            if let Ok(ReflectValue { holder: holder @ Holder::Any, .. }) = &mut result {
                *holder = Holder::Plain;
            }
            return result;
        }
        let mut value = None;
        for command in &pipe.commands {
            let mut result = self.command(dot, command, value.take())?;
            // A value in an `interface {}` is taken out of it.
            if result.holder == Holder::Any {
                result.holder = Holder::Plain;
            }
            value = Some(result);
        }
        let value = value.unwrap_or(ReflectValue::plain(Value::Nil));
        for Declared { name, text } in &pipe.variables {
            if pipe.assigns {
                self.set_variable(*name, text, value.clone())?;
            } else {
                self.variables.push((*name, value.clone()));
            }
        }
        Ok(value)
    }

    /// Evaluates a command. `last` is the value of the command before it.
    fn command(&mut self, dot: &ReflectValue, command: &'t Command, last: Option<ReflectValue>) -> Ran<ReflectValue> {
        let Some((first, arguments)) = command.words.split_first() else { return Ok(ReflectValue::plain(Value::Nil)) };
        match &first.kind {
            TermKind::Field(fields) => {
                self.at(Node::Term(first));
                self.fields(dot, dot, first, fields, arguments, last)
            }
            TermKind::Chain(inner, fields) => self.chain(dot, first, inner, fields, arguments, last),
            TermKind::Identifier(name, callee) => {
                self.at(Node::Term(first));
                self.call(dot, callee, Node::Command(command), name, arguments, last)
            }
            TermKind::Pipe(pipe) => {
                self.no_function(first, arguments, last.as_ref())?;
                self.pipeline(dot, self.source.pipe(*pipe))
            }
            TermKind::Variable(name, text, fields) => {
                self.at(Node::Term(first));
                let value = self.variable(*name, text)?;
                if fields.is_empty() {
                    self.no_function(first, arguments, last.as_ref())?;
                    return Ok(value);
                }
                self.fields(dot, &value, first, fields, arguments, last)
            }
            TermKind::Bool(_) | TermKind::Dot | TermKind::Nil | TermKind::Number(_) | TermKind::String(..) => {
                self.at(Node::Term(first));
                self.no_function(first, arguments, last.as_ref())?;
                match &first.kind {
                    TermKind::Dot => Ok(dot.clone()),
                    TermKind::Nil => self.fail("nil is not a command"),
                    _ => self.constant(first),
                }
            }
        }
    }

    /// A literal for a parameter of any type.
    pub(super) fn constant(&mut self, term: &'t Term) -> Ran<ReflectValue> {
        self.at(Node::Term(term));
        Ok(ReflectValue::plain(match &term.kind {
            TermKind::Bool(value) => Value::Bool(*value),
            TermKind::String(_, value) => value.clone(),
            TermKind::Number(number) => self.ideal(number)?,
            _ => Value::Nil,
        }))
    }

    fn ideal(&self, number: &Number) -> Ran<Value> {
        match &number.ideal {
            Some(value) => Ok(value.clone()),
            None if number.uint.is_some() => self.fail(format!("{} overflows int", number.text)),
            None => Ok(Value::Nil),
        }
    }

    /// Fails if something other than a function has arguments.
    fn no_function(&self, term: &Term, arguments: &[Term], last: Option<&ReflectValue>) -> Ran<()> {
        if arguments.is_empty() && last.is_none() {
            return Ok(());
        }
        self.fail(format!("can't give argument to non-function {}", self.source.term_text(term)))
    }

    /// `(…).a.b`
    pub(super) fn chain(
        &mut self,
        dot: &ReflectValue,
        term: &'t Term,
        inner: &'t Term,
        fields: &'t [Box<str>],
        arguments: &'t [Term],
        last: Option<ReflectValue>,
    ) -> Ran<ReflectValue> {
        self.at(Node::Term(term));
        if matches!(inner.kind, TermKind::Nil) {
            return self.fail(format!("indirection through explicit nil in {}", self.source.term_text(term)));
        }
        let value = self.argument_as_it_is(dot, inner)?;
        self.fields(dot, &value, term, fields, arguments, last)
    }
}
