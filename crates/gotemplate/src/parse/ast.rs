//! A parsed text. What nests lies flat in two lists and is spoken of by number, so that depth costs no stack.

use std::sync::Arc;

use super::super::functions::Function;
use super::super::functions::quick::Quick;
use super::super::value::{Str, Value};
use super::number::Number;

/// The number of a pipeline in its [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct PipeId(pub(super) u32);

/// The number of a list of statements in its [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct ListId(pub(super) u32);

/// The number of a variable's name, the same in all templates that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in super::super) struct Name(pub(in super::super) u32);

/// One text that was parsed, with all templates in it.
#[derive(Debug)]
pub(in super::super) struct Source {
    /// The name under which it was parsed.
    pub(in super::super) name: Arc<str>,
    pub(in super::super) text: Str,
    pub(super) pipes: Vec<Pipe>,
    pub(super) lists: Vec<Vec<Statement>>,
    /// How deep parentheses nest in it.
    pub(in super::super) depth: usize,
}

static NO_PIPE: Pipe = Pipe { at: 0, steps: 0, assigns: false, variables: Vec::new(), commands: Vec::new() };

impl Source {
    /// The pipeline of this number.
    pub(in super::super) fn pipe(&self, id: PipeId) -> &Pipe {
        self.pipes.get(id.0 as usize).unwrap_or(&NO_PIPE)
    }

    /// The statements of this number.
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

/// A condition or loop with what depends on it.
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

/// Commands, each with the result of the one before, and the variables that take the last.
#[derive(Debug)]
pub(in super::super) struct Pipe {
    pub(in super::super) at: usize,
    /// The steps of looking at its words, besides those of what they call: one for every [`Pipe::BYTES_PER_STEP`].
    pub(in super::super) steps: u64,
    /// Whether the variables exist already.
    pub(in super::super) assigns: bool,
    pub(in super::super) variables: Vec<Declared>,
    pub(in super::super) commands: Vec<Command>,
}

impl Pipe {
    /// How much of a pipeline's text is looked at in a step.
    pub(super) const BYTES_PER_STEP: usize = 64;
}

/// A variable that a pipeline sets.
#[derive(Debug)]
pub(in super::super) struct Declared {
    pub(in super::super) name: Name,
    pub(in super::super) text: Box<str>,
}

/// A function or value with its arguments; there is at least one word.
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
    /// The text with its quotes, and its value
    String(Box<str>, Value),
    Pipe(PipeId),
    /// `(…).a.b`
    Chain(Box<Term>, Vec<Box<str>>),
}

/// What a name of a function stands for.
#[derive(Debug, Clone)]
pub(in super::super) enum Callee {
    /// Go's own `and`, which does not evaluate all its arguments
    And(Function),
    /// Go's own `or`
    Or(Function),
    /// Go's own `call`
    Call(Function),
    /// One of Go's own that can look at its arguments where they are
    Quick(Quick, Function),
    Function(Function),
}

impl Callee {
    /// The function.
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
