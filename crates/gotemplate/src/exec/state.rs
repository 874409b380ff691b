//! What an execution knows while it runs: output, variables, and where it is.

use gostd::strconv::quote;

use std::sync::Arc;

use super::super::error::{Error, ErrorKind, Place};
use super::super::functions::{Context, Operand};
use super::super::limits::{Budget, Limit};
use super::super::parse::ast::{Command, Invocation, Name, Pipe, Source, Statement, Term};
use super::super::value::Value;
use super::{Definition, Template};

/// What a step of the execution returns.
pub(super) type Ran<T> = Result<T, Error>;

/// The node that errors speak of.
#[derive(Clone, Copy)]
pub(super) enum Node<'t> {
    Statement(&'t Statement),
    Invocation(&'t Invocation),
    Pipe(&'t Pipe),
    Command(&'t Command),
    Term(&'t Term),
}

/// One execution.
pub(super) struct State<'t> {
    pub(super) template: &'t Template,
    /// The template that is being executed.
    pub(super) current: &'t Definition,
    pub(super) source: &'t Source,
    pub(super) context: Context,
    pub(super) out: Vec<u8>,
    /// How long the output may become.
    pub(super) most: usize,
    /// All variables; those of callers lie below `base`.
    pub(super) variables: Vec<(Name, Operand)>,
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

    /// Errors speak of this node from now on.
    #[inline]
    pub(super) fn at(&mut self, node: Node<'t>) {
        self.node = Some(node);
    }

    /// Takes a step of the budget.
    #[inline]
    pub(super) fn step(&mut self, count: u64) -> Ran<()> {
        self.context.budget.step(count).map_err(|limit| self.limit(limit))
    }

    /// An error at the current node.
    pub(super) fn fail<T>(&self, message: impl AsRef<str>) -> Ran<T> {
        Err(self.error(ErrorKind::Execute, message.as_ref()))
    }

    /// The error for a limit that was reached.
    pub(super) fn limit(&self, limit: Limit) -> Error {
        self.error(ErrorKind::Limit(limit), &limit.to_string())
    }

    pub(super) fn error(&self, kind: ErrorKind, message: &str) -> Error {
        let template = Arc::clone(&self.source.name);
        let Some(node) = self.node else {
            let message = format!("template: {}: {message}", self.current.name);
            return Error::new(kind, message, Place { template, line: None, column: None, span: None });
        };
        let (at, context) = match node {
            Node::Statement(Statement::Action { at, pipe }) => (*at, self.source.action_text(*pipe)),
            // No error speaks of another statement.
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
        Error::new(kind, message, Place { template, line: Some(line), column: Some(column), span })
    }

    /// The value of the youngest variable of this name.
    pub(super) fn variable(&mut self, name: Name, text: &str) -> Ran<Operand> {
        match self.find(name) {
            Some(at) => {
                self.far(at)?;
                Ok(self.variables.get(at).map_or(Operand::plain(Value::Nil), |(_, value)| value.clone()))
            }
            None => self.fail(format!("undefined variable: {text}")),
        }
    }

    /// Sets the youngest variable of this name.
    pub(super) fn set_variable(&mut self, name: Name, text: &str, value: Operand) -> Ran<()> {
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
    pub(super) fn own_variables(&self) -> &[(Name, Operand)] {
        self.variables.get(self.base..).unwrap_or(&[])
    }

    fn find(&self, name: Name) -> Option<usize> {
        self.own_variables().iter().rposition(|(variable, _)| *variable == name).map(|at| at + self.base)
    }

    /// A variable far down costs steps, so that a search cannot go on for ever.
    fn far(&mut self, at: usize) -> Ran<()> {
        match (self.variables.len() - at) / 64 {
            0 => Ok(()),
            steps => self.step(steps as u64),
        }
    }
}
