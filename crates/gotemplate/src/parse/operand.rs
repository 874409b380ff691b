//! Parses pipelines, commands and their words.

use gostd::strconv::{quote, unquote};

use std::borrow::Cow;

use super::super::lex::{Token, TokenKind};
use super::super::value::Value;
use super::ast::{Command, Declared, Pipe, PipeId, Term, TermKind};
use super::number::Number;
use super::{MAX_DEPTH, Parsed, Parser};

impl<'t> Parser<'t, '_> {
    /// A pipeline up to and including `end`.
    pub(super) fn pipeline(&mut self, context: &str, end: TokenKind) -> Parsed<PipeId> {
        let at = self.peek_word().at;
        let mut pipe = Pipe { at, steps: 0, assigns: false, variables: Vec::new(), commands: Vec::new() };
        while self.declaration(&mut pipe, context)? {}
        loop {
            let token = self.next_word();
            match token.kind {
                kind if kind == end => {
                    self.check(&pipe, context)?;
                    pipe.steps = (token.at.saturating_sub(at) / Pipe::BYTES_PER_STEP) as u64;
                    return Ok(self.add_pipe(pipe));
                }
                TokenKind::Bool
                | TokenKind::CharConstant
                | TokenKind::Complex
                | TokenKind::Dot
                | TokenKind::Field
                | TokenKind::Identifier
                | TokenKind::Number
                | TokenKind::Nil
                | TokenKind::RawString
                | TokenKind::String
                | TokenKind::Variable
                | TokenKind::LeftParen => {
                    self.back();
                    let command = self.command()?;
                    pipe.commands.push(command);
                }
                _ => return Err(self.unexpected(&token, context)),
            }
        }
    }

    /// The variable that the pipeline sets, if it starts with one. Returns whether another may follow.
    fn declaration(&mut self, pipe: &mut Pipe, context: &str) -> Parsed<bool> {
        let variable = self.peek_word();
        if variable.kind != TokenKind::Variable {
            return Ok(false);
        }
        self.next();
        // Spaces are tokens, so this needs three tokens of lookahead: in `$x foo`, `$x` is a value.
        let behind = self.peek();
        let next = self.peek_word();
        match next.kind {
            TokenKind::Assign | TokenKind::Declare => {
                pipe.assigns = next.kind == TokenKind::Assign;
                self.next_word();
                self.declare(pipe, &variable);
                Ok(false)
            }
            TokenKind::Char if next.text == b"," => {
                self.next_word();
                self.declare(pipe, &variable);
                if context != "range" || pipe.variables.len() >= 2 {
                    return Err(self.error(format!("too many declarations in {context}")));
                }
                match self.peek_word().kind {
                    TokenKind::Variable | TokenKind::RightDelimiter | TokenKind::RightParen => Ok(true),
                    _ => Err(self.error("range can only initialize variables")),
                }
            }
            _ if behind.kind == TokenKind::Space => {
                self.back_three(variable, behind);
                Ok(false)
            }
            _ => {
                self.back_two(variable);
                Ok(false)
            }
        }
    }

    fn declare(&mut self, pipe: &mut Pipe, variable: &Token<'t>) {
        let text = text_of(variable.text);
        let name = self.names.number(&text);
        self.scope.declare(name);
        pipe.variables.push(Declared { name, text: text.into() });
    }

    fn check(&self, pipe: &Pipe, context: &str) -> Parsed<()> {
        if pipe.commands.is_empty() {
            return Err(self.error(format!("missing value for {context}")));
        }
        for (at, command) in pipe.commands.iter().enumerate().skip(1) {
            if matches!(
                command.words.first().map(|word| &word.kind),
                Some(TermKind::Bool(_) | TermKind::Dot | TermKind::Nil | TermKind::Number(_) | TermKind::String(..))
            ) {
                return Err(self.error(format!("non executable command in pipeline stage {}", at + 1)));
            }
        }
        Ok(())
    }

    /// A command up to and including a pipe, or up to the end of the pipeline.
    fn command(&mut self) -> Parsed<Command> {
        let mut command = Command { at: self.peek_word().at, words: Vec::new() };
        loop {
            self.peek_word();
            if let Some(word) = self.operand()? {
                command.words.push(word);
            }
            let token = self.next();
            match token.kind {
                TokenKind::Space => {}
                TokenKind::RightDelimiter | TokenKind::RightParen => {
                    self.back();
                    break;
                }
                TokenKind::Pipe => break,
                _ => return Err(self.unexpected(&token, "operand")),
            }
        }
        if command.words.is_empty() {
            return Err(self.error("empty command"));
        }
        Ok(command)
    }

    /// A term and the fields after it.
    fn operand(&mut self) -> Parsed<Option<Term>> {
        let Some(term) = self.term()? else { return Ok(None) };
        if self.peek().kind != TokenKind::Field {
            return Ok(Some(term));
        }
        let at = self.peek().at;
        let mut behind = Vec::new();
        while self.peek().kind == TokenKind::Field {
            behind.push(field_name(&self.next()));
        }
        let kind = match term.kind {
            TermKind::Field(mut fields) => {
                fields.append(&mut behind);
                TermKind::Field(fields)
            }
            TermKind::Variable(name, text, mut fields) => {
                fields.append(&mut behind);
                TermKind::Variable(name, text, fields)
            }
            TermKind::Bool(value) => return Err(self.dot_after(if value { "true" } else { "false" })),
            TermKind::Dot => return Err(self.dot_after(".")),
            TermKind::Nil => return Err(self.dot_after("nil")),
            TermKind::Number(number) => return Err(self.dot_after(&number.text)),
            TermKind::String(text, _) => return Err(self.dot_after(&text)),
            TermKind::Identifier(..) | TermKind::Pipe(_) | TermKind::Chain(..) => {
                TermKind::Chain(Box::new(term), behind)
            }
        };
        Ok(Some(Term { at, kind }))
    }

    fn dot_after(&self, term: &str) -> super::Error {
        self.error(format!("unexpected . after term {}", quote(term)))
    }

    /// A value, the name of a function, or a pipeline in parentheses. `None` for anything else.
    fn term(&mut self) -> Parsed<Option<Term>> {
        let token = self.next_word();
        let kind = match token.kind {
            TokenKind::Identifier => {
                let name = text_of(token.text);
                let Some(callee) = self.callee(&name) else {
                    return Err(self.error(format!("function {} not defined", quote(token.text))));
                };
                TermKind::Identifier(name.into(), callee)
            }
            TokenKind::Dot => TermKind::Dot,
            TokenKind::Nil => TermKind::Nil,
            TokenKind::Variable => {
                let text = text_of(token.text);
                let name = self.names.number(&text);
                if !self.scope.knows(name) {
                    return Err(self.error(format!("undefined variable {}", quote(token.text))));
                }
                TermKind::Variable(name, text.into(), Vec::new())
            }
            TokenKind::Field => TermKind::Field(vec![field_name(&token)]),
            TokenKind::Bool => TermKind::Bool(token.text == b"true"),
            TokenKind::CharConstant => self.number(Number::parse_char(token.text))?,
            TokenKind::Complex => self.number(Number::parse_complex(&String::from_utf8_lossy(token.text)))?,
            TokenKind::Number => self.number(Number::parse(&String::from_utf8_lossy(token.text)))?,
            TokenKind::LeftParen => {
                if self.depth >= MAX_DEPTH {
                    return Err(self.error("max expression depth exceeded"));
                }
                self.depth += 1;
                self.deepest = self.deepest.max(self.depth);
                let pipe = self.pipeline("parenthesized pipeline", TokenKind::RightParen)?;
                self.depth -= 1;
                // The position of the pipeline is that of its first word, not of the parenthesis.
                let at = self.pipes.get(pipe.0 as usize).map_or(token.at, |p| p.at);
                return Ok(Some(Term { at, kind: TermKind::Pipe(pipe) }));
            }
            TokenKind::String | TokenKind::RawString => {
                let value = unquote(token.text).map_err(|why| self.error(why.to_string()))?;
                TermKind::String(text_of(token.text).into(), Value::string(value))
            }
            _ => {
                self.back();
                return Ok(None);
            }
        };
        Ok(Some(Term { at: token.at, kind }))
    }

    fn number(&self, number: Result<Number, String>) -> Parsed<TermKind> {
        number.map(|number| TermKind::Number(Box::new(number))).map_err(|message| self.error(message))
    }
}

/// The text of a token.
fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// The name of a field without its dot.
fn field_name(token: &Token<'_>) -> Box<str> {
    text_of(token.text.get(1..).unwrap_or(&[])).into()
}
