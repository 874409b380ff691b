//! The syntax tree of a text. Statements and pipelines that nest are kept in two flat lists and refer to each other by
//! index, so that deep templates take no stack.

use std::sync::Arc;

use super::super::functions::Function;
use super::super::functions::quick::Quick;
use super::super::value::{Str, Value};
use super::number::Number;

/// The index of a pipeline in its [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct PipeId(pub(super) u32);

/// The index of a list of statements in its [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct ListId(pub(super) u32);

/// The number of a variable's name, shared by all templates that can call each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in super::super) struct Name(pub(in super::super) u32);

/// A parsed text with all templates that it defines.
#[derive(Debug)]
pub(in super::super) struct Source {
    /// The name it was parsed under.
    pub(in super::super) name: Arc<str>,
    pub(in super::super) text: Str,
    pub(super) pipes: Vec<Pipe>,
    pub(super) lists: Vec<Vec<Statement>>,
    /// The nesting depth of parentheses.
    pub(in super::super) depth: usize,
}

static NO_PIPE: Pipe = Pipe { at: 0, steps: 0, assigns: false, variables: Vec::new(), commands: Vec::new() };

impl Source {
    pub(in super::super) fn pipe(&self, id: PipeId) -> &Pipe {
        self.pipes.get(id.0 as usize).unwrap_or(&NO_PIPE)
    }

    pub(in super::super) fn list(&self, id: ListId) -> &[Statement] {
        self.lists.get(id.0 as usize).map_or(&[], Vec::as_slice)
    }
}

/// Text or an action.
#[derive(Debug)]
pub(in super::super) enum Statement {
    Text(Str),
    Action { at: usize, pipe: PipeId },
    If(Branch),
    With(Branch),
    Range(Branch),
    Template(Box<Invocation>),
    Break,
    Continue,
}

/// `if`, `with` or `range`, with both of its lists.
#[derive(Debug)]
pub(in super::super) struct Branch {
    pub(in super::super) pipe: PipeId,
    pub(in super::super) list: ListId,
    pub(in super::super) otherwise: Option<ListId>,
}

/// `{{template "name" pipeline}}`
#[derive(Debug)]
pub(in super::super) struct Invocation {
    pub(in super::super) at: usize,
    pub(in super::super) name: Box<str>,
    pub(in super::super) pipe: Option<PipeId>,
}

/// Commands, each of which gets the result of the one before, and the variables that are set to the last result.
#[derive(Debug)]
pub(in super::super) struct Pipe {
    pub(in super::super) at: usize,
    /// The steps of evaluating its words, without those of the functions: one for every [`Pipe::BYTES_PER_STEP`].
    pub(in super::super) steps: u64,
    /// Whether the variables are assigned (`=`), not declared (`:=`).
    pub(in super::super) assigns: bool,
    pub(in super::super) variables: Vec<Declared>,
    pub(in super::super) commands: Vec<Command>,
}

impl Pipe {
    /// The bytes of a pipeline's text that count as a step.
    pub(super) const BYTES_PER_STEP: usize = 64;
}

/// A variable that a pipeline sets.
#[derive(Debug)]
pub(in super::super) struct Declared {
    pub(in super::super) name: Name,
    pub(in super::super) text: Box<str>,
}

/// A function or value with its arguments. There is at least one word.
#[derive(Debug)]
pub(in super::super) struct Command {
    pub(in super::super) at: usize,
    pub(in super::super) words: Vec<Term>,
}

/// One word of a command.
#[derive(Debug)]
pub(in super::super) struct Term {
    pub(in super::super) at: usize,
    pub(in super::super) kind: TermKind,
}

#[derive(Debug)]
pub(in super::super) enum TermKind {
    Bool(bool),
    Dot,
    Nil,
    /// `.a.b`
    Field(Vec<Box<str>>),
    /// `$a.b`, with the dollar sign
    Variable(Name, Box<str>, Vec<Box<str>>),
    Identifier(Box<str>, Callee),
    Number(Box<Number>),
    /// The literal with its quotes, and its value
    String(Box<str>, Value),
    Pipe(PipeId),
    /// `(…).a.b`
    Chain(Box<Term>, Vec<Box<str>>),
}

/// A function that a template calls by name.
#[derive(Debug, Clone)]
pub(in super::super) enum Callee {
    /// Go's `and`, which stops at the first argument that decides
    And(Function),
    /// Go's `or`
    Or(Function),
    /// Go's `call`
    Call(Function),
    /// A function of Go's that has a version without copies of its arguments
    Quick(Quick, Function),
    Function(Function),
}

impl Callee {
    pub(in super::super) fn function(&self) -> &Function {
        match self {
            Self::And(function)
            | Self::Or(function)
            | Self::Call(function)
            | Self::Quick(_, function)
            | Self::Function(function) => function,
        }
    }
}
