//! The lookahead of the parser: up to three tokens.

use super::super::lex::{Lexer, Token, TokenKind};
use super::{Parsed, Parser};

/// Tokens in reverse order. The first element is the token that was read last, at which errors are reported.
#[derive(Default)]
pub(super) struct Lookahead<'t> {
    tokens: [Option<Token<'t>>; 3],
    count: usize,
}

impl<'t> Lookahead<'t> {
    /// The token that was read last.
    pub(super) fn last(&self) -> Option<&Token<'t>> {
        self.tokens.first().and_then(Option::as_ref)
    }

    fn next(&mut self, lexer: &mut Lexer<'t>) -> Token<'t> {
        if let Some(count) = self.count.checked_sub(1) {
            self.count = count;
            if let Some(Some(token)) = self.tokens.get(count) {
                return *token;
            }
        }
        let token = lexer.token();
        self.tokens[0] = Some(token);
        token
    }

    fn peek(&mut self, lexer: &mut Lexer<'t>) -> Token<'t> {
        let token = self.next(lexer);
        self.count += 1;
        token
    }
}

impl<'t> Parser<'t, '_> {
    /// Takes the next token.
    pub(super) fn next(&mut self) -> Token<'t> {
        self.scope.lookahead.next(&mut self.lexer)
    }

    /// Looks at the next token.
    pub(super) fn peek(&mut self) -> Token<'t> {
        self.scope.lookahead.peek(&mut self.lexer)
    }

    /// Puts the last token back.
    pub(super) fn back(&mut self) {
        self.scope.lookahead.count += 1;
    }

    /// Puts the last two tokens back, the second of which was taken last.
    pub(super) fn back_two(&mut self, first: Token<'t>) {
        self.scope.lookahead.tokens[1] = Some(first);
        self.scope.lookahead.count = 2;
    }

    /// Puts the last three tokens back, the third of which was taken last.
    pub(super) fn back_three(&mut self, first: Token<'t>, second: Token<'t>) {
        self.scope.lookahead.tokens[1] = Some(second);
        self.scope.lookahead.tokens[2] = Some(first);
        self.scope.lookahead.count = 3;
    }

    /// Takes the next token that is not a space.
    pub(super) fn next_word(&mut self) -> Token<'t> {
        loop {
            let token = self.next();
            if token.kind != TokenKind::Space {
                return token;
            }
        }
    }

    /// Looks at the next token that is not a space.
    pub(super) fn peek_word(&mut self) -> Token<'t> {
        let token = self.next_word();
        self.back();
        token
    }

    /// Takes the next token, which must be of this kind.
    pub(super) fn expect(&mut self, kind: TokenKind, context: &str) -> Parsed<Token<'t>> {
        let token = self.next_word();
        if token.kind == kind { Ok(token) } else { Err(self.unexpected(&token, context)) }
    }
}
