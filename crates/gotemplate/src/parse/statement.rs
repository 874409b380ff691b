//! Parses text and actions. Open actions are kept in a list, so that deep templates take no stack.

use gostd::strconv::unquote;

use super::super::lex::{Token, TokenKind};
use super::super::value::Str;
use super::ast::{Branch, Invocation, ListId, PipeId, Statement};
use super::{Parsed, Parser, Scope};

/// An action whose `{{end}}` has not been read.
struct Open<'t> {
    kind: OpenKind<'t>,
    /// The statements of the current list so far.
    statements: Vec<Statement>,
}

enum OpenKind<'t> {
    /// The whole text
    Root,
    /// `{{define}}` with the scope around it
    Define { name: Box<str>, outer: Box<Scope<'t>> },
    /// `{{block}}` with the scope around it
    Block { invocation: Invocation, outer: Box<Scope<'t>> },
    /// `{{if}}`, `{{with}}`, `{{range}}`
    Branch(OpenBranch),
}

struct OpenBranch {
    keyword: Keyword,
    pipe: PipeId,
    /// The number of variables before it.
    mark: usize,
    /// The statements before `{{else}}`, once that was read.
    list: Option<ListId>,
    /// Whether it is an `{{else if}}` or `{{else with}}`, which ends together with the action around it.
    in_else: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Keyword {
    If,
    With,
    Range,
}

impl Keyword {
    fn text(self) -> &'static str {
        match self {
            Self::If => "if",
            Self::With => "with",
            Self::Range => "range",
        }
    }
}

/// What was parsed.
enum Step<'t> {
    Statement(Statement),
    Open(OpenKind<'t>),
    Else,
    End,
}

impl<'t> Parser<'t, '_> {
    /// All statements of the text. The templates that it defines are collected separately.
    pub(super) fn statements(&mut self) -> Parsed<Vec<Statement>> {
        let mut open = vec![Open { kind: OpenKind::Root, statements: Vec::new() }];
        // Reading the first token sets the position of errors.
        self.peek();
        loop {
            if let [root] = open.as_mut_slice() {
                if self.peek().kind == TokenKind::Eof {
                    return Ok(std::mem::take(&mut root.statements));
                }
                if let Some(define) = self.definition()? {
                    open.push(Open { kind: define, statements: Vec::new() });
                    self.peek_word();
                    continue;
                }
            } else if self.peek_word().kind == TokenKind::Eof {
                return Err(self.error("unexpected EOF"));
            }
            match self.step()? {
                Step::Statement(statement) => {
                    // Text is not an action: errors after it still give the line of the last action.
                    if !matches!(statement, Statement::Text(_)) {
                        self.scope.action_line = 0;
                    }
                    push(&mut open, statement);
                }
                Step::Open(kind) => {
                    open.push(Open { kind, statements: Vec::new() });
                    self.peek_word();
                }
                Step::Else => {
                    self.scope.action_line = 0;
                    self.otherwise(&mut open)?;
                }
                Step::End => {
                    self.scope.action_line = 0;
                    self.end(&mut open)?;
                }
            }
        }
    }

    /// `{{define "name"}}`, if it is next. It is only allowed outside of all other actions.
    fn definition(&mut self) -> Parsed<Option<OpenKind<'t>>> {
        if self.peek().kind != TokenKind::LeftDelimiter {
            return Ok(None);
        }
        let delimiter = self.next();
        if self.next_word().kind != TokenKind::Define {
            self.back_two(delimiter);
            return Ok(None);
        }
        let outer = Box::new(self.enter());
        let token = self.next_word();
        let name = self.template_name(&token, "define clause")?;
        self.expect(TokenKind::RightDelimiter, "define clause")?;
        Ok(Some(OpenKind::Define { name, outer }))
    }

    /// Text or an action.
    fn step(&mut self) -> Parsed<Step<'t>> {
        let token = self.next_word();
        match token.kind {
            TokenKind::Text => Ok(Step::Statement(Statement::Text(Str::from(token.text)))),
            TokenKind::LeftDelimiter => {
                self.scope.action_line = token.line;
                self.action()
            }
            _ => Err(self.unexpected(&token, "input")),
        }
    }

    /// An action, after its left delimiter.
    fn action(&mut self) -> Parsed<Step<'t>> {
        let token = self.next_word();
        match token.kind {
            TokenKind::Block => self.block(),
            TokenKind::Break => self.jump("{{break}}", Statement::Break),
            TokenKind::Continue => self.jump("{{continue}}", Statement::Continue),
            TokenKind::Else => {
                // The rest of `{{else if}}` is read as the action that it opens.
                if !matches!(self.peek_word().kind, TokenKind::If | TokenKind::With) {
                    self.expect(TokenKind::RightDelimiter, "else")?;
                }
                Ok(Step::Else)
            }
            TokenKind::End => {
                self.expect(TokenKind::RightDelimiter, "end")?;
                Ok(Step::End)
            }
            TokenKind::If => self.branch(Keyword::If, false),
            TokenKind::With => self.branch(Keyword::With, false),
            TokenKind::Range => self.branch(Keyword::Range, false),
            TokenKind::Template => self.invocation(),
            _ => {
                self.back();
                let at = self.peek().at;
                let pipe = self.pipeline("command", TokenKind::RightDelimiter)?;
                Ok(Step::Statement(Statement::Action { at, pipe }))
            }
        }
    }

    fn jump(&mut self, text: &str, statement: Statement) -> Parsed<Step<'t>> {
        let token = self.next_word();
        if token.kind != TokenKind::RightDelimiter {
            return Err(self.unexpected(&token, text));
        }
        if self.scope.ranges == 0 {
            return Err(self.error(format!("{text} outside {{{{range}}}}")));
        }
        Ok(Step::Statement(statement))
    }

    fn branch(&mut self, keyword: Keyword, in_else: bool) -> Parsed<Step<'t>> {
        let mark = self.scope.variables.len();
        let pipe = self.pipeline(keyword.text(), TokenKind::RightDelimiter)?;
        self.scope.ranges += usize::from(keyword == Keyword::Range);
        Ok(Step::Open(OpenKind::Branch(OpenBranch { keyword, pipe, mark, list: None, in_else })))
    }

    fn template_name(&mut self, token: &Token<'t>, context: &str) -> Parsed<Box<str>> {
        if !matches!(token.kind, TokenKind::String | TokenKind::RawString) {
            return Err(self.unexpected(token, context));
        }
        let name = unquote(token.text).map_err(|why| self.error(why.to_string()))?;
        Ok(String::from_utf8_lossy(&name).into())
    }

    fn block(&mut self) -> Parsed<Step<'t>> {
        let token = self.next_word();
        let name = self.template_name(&token, "block clause")?;
        let pipe = self.pipeline("block clause", TokenKind::RightDelimiter)?;
        let invocation = Invocation { at: token.at, name, pipe: Some(pipe) };
        Ok(Step::Open(OpenKind::Block { invocation, outer: Box::new(self.enter()) }))
    }

    fn invocation(&mut self) -> Parsed<Step<'t>> {
        let token = self.next_word();
        let name = self.template_name(&token, "template clause")?;
        let mut pipe = None;
        if self.next_word().kind != TokenKind::RightDelimiter {
            self.back();
            pipe = Some(self.pipeline("template clause", TokenKind::RightDelimiter)?);
        }
        Ok(Step::Statement(Statement::Template(Box::new(Invocation { at: token.at, name, pipe }))))
    }

    /// `{{else}}`: ends the first list of the open action.
    fn otherwise(&mut self, open: &mut Vec<Open<'t>>) -> Parsed<()> {
        let Some(Open { kind, statements }) = open.last_mut() else { return Ok(()) };
        let keyword = match kind {
            OpenKind::Root => return Err(self.error("unexpected {{else}}")),
            OpenKind::Define { .. } => return Err(self.error("unexpected {{else}} in define clause")),
            OpenKind::Block { outer, .. } => {
                // The error belongs to the outer template, and so does its line.
                std::mem::swap(&mut self.scope, outer.as_mut());
                return Err(self.error("unexpected {{else}} in block clause"));
            }
            OpenKind::Branch(branch) if branch.list.is_some() => {
                return Err(self.error("expected end; found {{else}}"));
            }
            OpenKind::Branch(branch) => {
                branch.list = Some(self.add_list(std::mem::take(statements)));
                self.scope.ranges -= usize::from(branch.keyword == Keyword::Range);
                branch.keyword
            }
        };
        let opened = match (keyword, self.peek().kind) {
            (Keyword::If, TokenKind::If) | (Keyword::With, TokenKind::With) => {
                self.next();
                self.branch(keyword, true)?
            }
            _ => {
                self.peek_word();
                return Ok(());
            }
        };
        if let Step::Open(kind) = opened {
            open.push(Open { kind, statements: Vec::new() });
            self.peek_word();
        }
        Ok(())
    }

    /// `{{end}}`: ends the last list of the open action.
    fn end(&mut self, open: &mut Vec<Open<'t>>) -> Parsed<()> {
        while let Some(Open { kind, statements }) = open.pop() {
            match kind {
                OpenKind::Root => return Err(self.error("unexpected {{end}}")),
                OpenKind::Define { name, outer } => {
                    self.define(name, statements)?;
                    self.scope = *outer;
                    return Ok(());
                }
                OpenKind::Block { invocation, outer } => {
                    self.define(invocation.name.clone(), statements)?;
                    self.scope = *outer;
                    self.scope.action_line = 0;
                    push(open, Statement::Template(Box::new(invocation)));
                    return Ok(());
                }
                OpenKind::Branch(branch) => {
                    let last = self.add_list(statements);
                    if branch.list.is_none() {
                        self.scope.ranges -= usize::from(branch.keyword == Keyword::Range);
                    }
                    self.scope.forget(branch.mark);
                    self.scope.action_line = 0;
                    let (then, otherwise) = branch.list.map_or((last, None), |first| (first, Some(last)));
                    let done = Branch { pipe: branch.pipe, list: then, otherwise };
                    push(
                        open,
                        match branch.keyword {
                            Keyword::If => Statement::If(done),
                            Keyword::With => Statement::With(done),
                            Keyword::Range => Statement::Range(done),
                        },
                    );
                    if !branch.in_else {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }
}

fn push(open: &mut [Open<'_>], statement: Statement) {
    if let Some(open) = open.last_mut() {
        open.statements.push(statement);
    }
}
