//! The state of an execution: output, variables, and the current node.

use gostd::strconv::quote;

use std::sync::Arc;

use super::super::error::{Error, ErrorKind, Position};
use super::super::functions::{Context, ReflectValue};
use super::super::limits::{Budget, Limit};
use super::super::parse::ast::{Command, Invocation, Name, Pipe, Source, Statement, Term};
use super::super::value::Value;
use super::{Definition, Template};

/// The result of a step of the execution.
pub(super) type Ran<T> = Result<T, Error>;

/// A node that errors refer to.
#[derive(Clone, Copy)]
pub(super) enum Node<'t> {
    Statement(&'t Statement),
    Invocation(&'t Invocation),
    Pipe(&'t Pipe),
    Command(&'t Command),
    Term(&'t Term),
}

/// An execution.
pub(super) struct State<'t> {
    pub(super) template: &'t Template,
    /// The template that is being executed.
    pub(super) current: &'t Definition,
    pub(super) source: &'t Source,
    pub(super) context: Context,
    pub(super) out: Vec<u8>,
    /// The maximum length of the output.
    pub(super) most: usize,
    /// All variables. Those of the calling templates are before `base`.
    pub(super) variables: Vec<(Name, ReflectValue)>,
    pub(super) base: usize,
    node: Option<Node<'t>>,
}

impl<'t> State<'t> {
    pub(super) fn new(template: &'t Template, definition: &'t Definition, budget: Budget) -> Self {
        Self {
            template,
            current: definition,
            source: &definition.source,
            most: budget.output_left(),
            context: Context { budget },
            out: Vec::new(),
            variables: Vec::new(),
            base: 0,
            node: None,
        }
    }

    /// Makes this the node that errors refer to.
    #[inline]
    pub(super) fn at(&mut self, node: Node<'t>) {
        self.node = Some(node);
    }

    /// Takes steps from the budget.
    #[inline]
    pub(super) fn step(&mut self, count: u64) -> Ran<()> {
        self.context.budget.step(count).map_err(|limit| self.limit(limit))
    }

    /// An error at the current node.
    pub(super) fn fail<T>(&self, message: impl AsRef<str>) -> Ran<T> {
        Err(self.error(ErrorKind::Execute, message.as_ref()))
    }

    /// The error for an exceeded limit.
    pub(super) fn limit(&self, limit: Limit) -> Error {
        self.error(ErrorKind::Limit(limit), &limit.to_string())
    }

    pub(super) fn error(&self, kind: ErrorKind, message: &str) -> Error {
        let template = Arc::clone(&self.source.name);
        let Some(node) = self.node else {
            let message = format!("template: {}: {message}", self.current.name);
            return Error::new(kind, message, Position { template, line: None, column: None, span: None });
        };
        let (at, context) = match node {
            Node::Statement(Statement::Action { at, pipe }) => (*at, self.source.action_text(*pipe)),
            // Errors never refer to other statements.
            Node::Statement(_) => (0, String::new()),
            Node::Invocation(invocation) => (invocation.at, self.source.invocation_text(invocation)),
            Node::Pipe(pipe) => (pipe.at, self.source.pipe_text(pipe)),
            Node::Command(command) => (command.at, self.source.command_text(command)),
            Node::Term(term) => (term.at, self.source.term_text(term)),
        };
        let before = self.source.text.get(..at).unwrap_or(&[]);
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        let column = memchr::memrchr(b'\n', before).map_or(at, |newline| at - newline - 1);
        let name = quote(&*self.current.name);
        let message = format!("template: {template}:{line}:{column}: executing {name} at <{context}>: {message}");
        let span = Some(at..(at + context.len()).min(self.source.text.len()));
        Error::new(kind, message, Position { template, line: Some(line), column: Some(column), span })
    }

    /// The value of the innermost variable of this name.
    pub(super) fn variable(&mut self, name: Name, text: &str) -> Ran<ReflectValue> {
        match self.find(name) {
            Some(at) => {
                self.far(at)?;
                Ok(self.variables.get(at).map_or(ReflectValue::plain(Value::Nil), |(_, value)| value.clone()))
            }
            None => self.fail(format!("undefined variable: {text}")),
        }
    }

    /// Sets the innermost variable of this name.
    pub(super) fn set_variable(&mut self, name: Name, text: &str, value: ReflectValue) -> Ran<()> {
        match self.find(name) {
            Some(at) => {
                self.far(at)?;
                if let Some((_, variable)) = self.variables.get_mut(at) {
                    *variable = value;
                }
                Ok(())
            }
            None => self.fail(format!("undefined variable: {text}")),
        }
    }

    /// The variables of the current template.
    pub(super) fn own_variables(&self) -> &[(Name, ReflectValue)] {
        self.variables.get(self.base..).unwrap_or(&[])
    }

    fn find(&self, name: Name) -> Option<usize> {
        self.own_variables().iter().rposition(|(variable, _)| *variable == name).map(|at| at + self.base)
    }

    /// Takes steps for a long search for a variable.
    fn far(&mut self, at: usize) -> Ran<()> {
        match (self.variables.len() - at) / 64 {
            0 => Ok(()),
            steps => self.step(steps as u64),
        }
    }
}
