//! Parses tokens into a [`Source`], with Go's grammar and Go's errors.

pub(super) mod ast;
pub(super) mod number;
mod operand;
mod statement;
mod tokens;
mod write;

use std::collections::HashMap;
use std::sync::Arc;

use super::error::{Error, ErrorKind, Position};
use super::functions::quick::Quick;
use super::functions::{Function, Functions, builtin};
use super::lex::{Lexer, Token};
use super::value::Str;
use ast::{Callee, ListId, Name, Pipe, PipeId, Source, Statement};
use tokens::Lookahead;

/// The maximum nesting depth of parentheses, as in Go.
const MAX_DEPTH: usize = 10_000;

/// The nesting depth up to which parentheses are parsed on the caller's stack.
pub(super) const SHALLOW: usize = 64;

/// Bytes of stack for each level beyond that.
pub(super) const STACK_PER_LEVEL: usize = 16 << 10;

/// Numbers for the names of variables.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    numbers: HashMap<Box<str>, Name>,
}

impl Names {
    pub(super) fn number(&mut self, name: &str) -> Name {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = Name(u32::try_from(self.numbers.len()).unwrap_or(u32::MAX));
        self.numbers.insert(name.into(), number);
        number
    }
}

/// A template in a text: its name, its statements, and whether it consists of spaces only.
#[derive(Debug)]
pub(super) struct Defined {
    pub(super) name: Box<str>,
    pub(super) list: ListId,
    pub(super) empty: bool,
}

/// Parses `text` under `name`. The result has all templates in it, including the one of that name.
pub(super) fn parse(
    name: &Arc<str>,
    text: &Str,
    functions: &Functions,
    names: &mut Names,
) -> Result<(Source, Vec<Defined>), Error> {
    let depth = parentheses(text).min(MAX_DEPTH + 1);
    on_stack_for(depth, || Parser::new(name, text, functions, names).parse())
        .unwrap_or_else(|| Err(no_thread(Arc::clone(name), ErrorKind::Parse)))
}

/// Runs `job`, for a large `depth` on a thread with a larger stack. `None` if the thread cannot be started.
pub(super) fn on_stack_for<T: Send>(depth: usize, job: impl FnOnce() -> T + Send) -> Option<T> {
    if depth <= SHALLOW {
        return Some(job());
    }
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size((depth + SHALLOW) * STACK_PER_LEVEL);
        builder.spawn_scoped(scope, job).ok()?.join().ok()
    })
}

/// The error if that thread cannot be started.
pub(super) fn no_thread(template: Arc<str>, kind: ErrorKind) -> Error {
    let message = format!("template: {template}: no stack for a template nested so deep");
    Error::new(kind, message, Position { template, line: None, column: None, span: None })
}

/// An upper bound of the nesting depth of parentheses in one action of a text.
fn parentheses(text: &[u8]) -> usize {
    let (mut most, mut count) = (0, 0);
    for at in memchr::memchr2_iter(b'(', b'}', text) {
        if text.get(at) == Some(&b'(') {
            count += 1;
            most = most.max(count);
        } else if text.get(at + 1) == Some(&b'}') {
            count = 0;
        }
    }
    most
}

/// The state of parsing one template of a text.
struct Scope<'t> {
    lookahead: Lookahead<'t>,
    /// The variables in scope, the innermost last.
    variables: Vec<Name>,
    /// The number of variables of each name.
    known: HashMap<Name, usize>,
    /// The number of open `range` actions.
    ranges: usize,
    /// The line of the current action, 0 outside of actions.
    action_line: usize,
}

impl Scope<'_> {
    fn new(root: Name) -> Self {
        let mut scope = Self {
            lookahead: Lookahead::default(),
            variables: Vec::new(),
            known: HashMap::new(),
            ranges: 0,
            action_line: 0,
        };
        scope.declare(root);
        scope
    }

    fn declare(&mut self, name: Name) {
        self.variables.push(name);
        *self.known.entry(name).or_default() += 1;
    }

    fn forget(&mut self, mark: usize) {
        for name in self.variables.drain(mark..) {
            if let Some(count) = self.known.get_mut(&name) {
                *count -= 1;
            }
        }
    }

    fn knows(&self, name: Name) -> bool {
        self.known.get(&name).is_some_and(|count| *count > 0)
    }
}

struct Parser<'t, 'f> {
    name: Arc<str>,
    text: &'t Str,
    lexer: Lexer<'t>,
    functions: &'f Functions,
    names: &'f mut Names,
    scope: Scope<'t>,
    pipes: Vec<Pipe>,
    lists: Vec<Vec<Statement>>,
    defined: Vec<Defined>,
    /// The index of each in that list.
    positions: HashMap<Box<str>, usize>,
    /// The current and the maximum nesting depth of parentheses.
    depth: usize,
    deepest: usize,
}

type Parsed<T> = Result<T, Error>;

impl<'t, 'f> Parser<'t, 'f> {
    fn new(name: &Arc<str>, text: &'t Str, functions: &'f Functions, names: &'f mut Names) -> Self {
        let lexer = Lexer::new(text, functions.get("break").is_none(), functions.get("continue").is_none());
        let scope = Scope::new(names.number("$"));
        Self {
            name: Arc::clone(name),
            text,
            lexer,
            functions,
            names,
            scope,
            pipes: Vec::new(),
            lists: Vec::new(),
            defined: Vec::new(),
            positions: HashMap::new(),
            depth: 0,
            deepest: 0,
        }
    }

    fn parse(mut self) -> Parsed<(Source, Vec<Defined>)> {
        let root = self.statements()?;
        self.define(Arc::clone(&self.name).as_ref().into(), root)?;
        let source = Source {
            name: self.name,
            text: self.text.clone(),
            pipes: self.pipes,
            lists: self.lists,
            depth: self.deepest,
        };
        Ok((source, self.defined))
    }

    /// Adds a template of the text.
    fn define(&mut self, name: Box<str>, statements: Vec<Statement>) -> Parsed<()> {
        let empty = statements.iter().all(is_empty);
        let list = self.add_list(statements);
        let known = self.positions.get(&name).and_then(|at| self.defined.get_mut(*at));
        match known {
            Some(defined) if defined.empty => *defined = Defined { name, list, empty },
            Some(_) if empty => {}
            Some(_) => {
                let name = gostd::strconv::quote(name.as_bytes());
                return Err(self.error(format!("template: multiple definition of template {name}")));
            }
            None => {
                self.positions.insert(name.clone(), self.defined.len());
                self.defined.push(Defined { name, list, empty });
            }
        }
        Ok(())
    }

    fn add_list(&mut self, statements: Vec<Statement>) -> ListId {
        let id = ListId(u32::try_from(self.lists.len()).unwrap_or(u32::MAX));
        self.lists.push(statements);
        id
    }

    fn add_pipe(&mut self, pipe: Pipe) -> PipeId {
        let id = PipeId(u32::try_from(self.pipes.len()).unwrap_or(u32::MAX));
        self.pipes.push(pipe);
        id
    }

    /// Starts the scope and lookahead of a template inside another; returns those of the outer one.
    fn enter(&mut self) -> Scope<'t> {
        let root = self.names.number("$");
        self.depth = 0;
        std::mem::replace(&mut self.scope, Scope::new(root))
    }

    /// The function of this name: the caller's, or else Go's own.
    fn callee(&self, name: &str) -> Option<Callee> {
        if let Some(function) = self.functions.get(name) {
            return Some(Callee::Function(function.clone()));
        }
        let function: Function = builtin::function(name)?.clone();
        Some(match name {
            "and" => Callee::And(function),
            "or" => Callee::Or(function),
            "call" => Callee::Call(function),
            _ => match Quick::of_name(name) {
                Some(quick) => Callee::Quick(quick, function),
                None => Callee::Function(function),
            },
        })
    }

    /// An error at the last token.
    fn error(&self, message: impl AsRef<str>) -> Error {
        let token = self.scope.lookahead.last();
        let line = token.map_or(0, |t| t.line);
        let position = Position {
            template: Arc::clone(&self.name),
            line: Some(line),
            column: None,
            span: token.map(|t| t.at..t.at + t.text.len()),
        };
        let message = format!("template: {}:{line}: {}", self.name, message.as_ref());
        Error::new(ErrorKind::Parse, message, position)
    }

    /// The error for an unexpected token.
    fn unexpected(&self, token: &Token<'t>, context: &str) -> Error {
        if token.kind != super::lex::TokenKind::Error {
            return self.error(format!("unexpected {} in {context}", self.lexer.describe(token)));
        }
        let message = self.lexer.error();
        let started = self.scope.action_line;
        if started == 0 || started == token.line {
            return self.error(message);
        }
        // Go does not say "action in action".
        let link = if message.ends_with(" action") { "" } else { " in action" };
        self.error(format!("{message}{link} started at {}:{started}", self.name))
    }
}

/// Whether a statement is text that consists of spaces.
fn is_empty(statement: &Statement) -> bool {
    match statement {
        Statement::Text(text) => text.to_text().trim().is_empty(),
        _ => false,
    }
}
