//! Pipelines and commands.

use super::super::functions::{Operand, Place};
use super::super::parse::ast::{Command, Declared, Pipe, Term, TermKind};
use super::super::parse::number::Number;
use super::super::value::Value;
use super::state::{Node, Ran, State};

impl<'t> State<'t> {
    /// The value of a pipeline, which its variables also get.
    pub(super) fn pipeline(&mut self, dot: &Operand, pipe: &'t Pipe) -> Ran<Operand> {
        self.at(Node::Pipe(pipe));
        self.step(pipe.steps)?;
        if let ([command], []) = (pipe.commands.as_slice(), pipe.variables.as_slice()) {
            // The most frequent shape, without a copy of the result.
            let mut result = self.command(dot, command, None);
            if let Ok(Operand { place: place @ Place::Any, .. }) = &mut result {
                *place = Place::Plain;
            }
            return result;
        }
        let mut value = None;
        for command in &pipe.commands {
            let mut result = self.command(dot, command, value.take())?;
            // What an `interface {}` holds is forgotten to have been there.
            if result.place == Place::Any {
                result.place = Place::Plain;
            }
            value = Some(result);
        }
        let value = value.unwrap_or(Operand::plain(Value::Nil));
        for Declared { name, text } in &pipe.variables {
            if pipe.assigns {
                self.set_variable(*name, text, value.clone())?;
            } else {
                self.variables.push((*name, value.clone()));
            }
        }
        Ok(value)
    }

    /// The value of a command; `last` is the value of the one before.
    fn command(&mut self, dot: &Operand, command: &'t Command, last: Option<Operand>) -> Ran<Operand> {
        let Some((first, arguments)) = command.words.split_first() else { return Ok(Operand::plain(Value::Nil)) };
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

    /// A literal where any type is welcome.
    pub(super) fn constant(&mut self, term: &'t Term) -> Ran<Operand> {
        self.at(Node::Term(term));
        Ok(Operand::plain(match &term.kind {
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

    /// Fails if something that is no function has arguments.
    fn no_function(&self, term: &Term, arguments: &[Term], last: Option<&Operand>) -> Ran<()> {
        if arguments.is_empty() && last.is_none() {
            return Ok(());
        }
        self.fail(format!("can't give argument to non-function {}", self.source.term_text(term)))
    }

    /// `(…).a.b`
    pub(super) fn chain(
        &mut self,
        dot: &Operand,
        term: &'t Term,
        inner: &'t Term,
        fields: &'t [Box<str>],
        arguments: &'t [Term],
        last: Option<Operand>,
    ) -> Ran<Operand> {
        self.at(Node::Term(term));
        if matches!(inner.kind, TermKind::Nil) {
            return self.fail(format!("indirection through explicit nil in {}", self.source.term_text(term)));
        }
        let value = self.argument_as_it_is(dot, inner)?;
        self.fields(dot, &value, term, fields, arguments, last)
    }
}
