//! Turns a template's text into tokens. Tokens are read one at a time, which keeps the parser's errors in Go's order.

use memchr::memmem;

use gostd::strconv::{is_print, quote};
use gostd::utf8::decode_rune;

use super::text::{code_point, is_alphanumeric, is_space, take_runes};

/// The kinds of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Error,
    Bool,
    /// Any other character, such as a comma.
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelimiter,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelimiter,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    // The keywords.
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

impl TokenKind {
    fn is_keyword(self) -> bool {
        matches!(
            self,
            Self::Block
                | Self::Break
                | Self::Continue
                | Self::Dot
                | Self::Define
                | Self::Else
                | Self::End
                | Self::If
                | Self::Nil
                | Self::Range
                | Self::Template
                | Self::With
        )
    }

    /// The keyword with this spelling.
    fn of_word(word: &[u8]) -> Option<Self> {
        Some(match word {
            b"block" => Self::Block,
            b"break" => Self::Break,
            b"continue" => Self::Continue,
            b"define" => Self::Define,
            b"else" => Self::Else,
            b"end" => Self::End,
            b"if" => Self::If,
            b"nil" => Self::Nil,
            b"range" => Self::Range,
            b"template" => Self::Template,
            b"with" => Self::With,
            _ => return None,
        })
    }
}

/// A token and its position.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'t> {
    pub(super) kind: TokenKind,
    /// The offset of its first byte.
    pub(super) at: usize,
    pub(super) text: &'t [u8],
    /// The line of its first byte, counted from 1.
    pub(super) line: usize,
}

const LEFT: &[u8] = b"{{";
const RIGHT: &[u8] = b"}}";
/// The length of a trim marker: a space and a minus, in either order.
const TRIM_MARKER: usize = 2;
/// Up to this many bytes, a loop counts lines faster than a vectorised search.
const SHORT: usize = 16;

/// Reads tokens from a text.
pub(super) struct Lexer<'t> {
    text: &'t [u8],
    /// The offset of the next byte.
    at: usize,
    /// The offset of the current token.
    start: usize,
    /// The line of `at`.
    line: usize,
    /// The line of `start`.
    start_line: usize,
    inside_action: bool,
    parens: usize,
    /// Whether `break` and `continue` are keywords, not functions.
    break_is_keyword: bool,
    continue_is_keyword: bool,
    /// The message of the error token.
    error: String,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t [u8], break_is_keyword: bool, continue_is_keyword: bool) -> Self {
        Self {
            text,
            at: 0,
            start: 0,
            line: 1,
            start_line: 1,
            inside_action: false,
            parens: 0,
            break_is_keyword,
            continue_is_keyword,
            error: String::new(),
        }
    }

    /// A token as errors show it.
    pub(super) fn describe(&self, token: &Token<'t>) -> String {
        match token.kind {
            TokenKind::Eof => "EOF".to_owned(),
            TokenKind::Error => self.error.clone(),
            kind if kind.is_keyword() => format!("<{}>", String::from_utf8_lossy(token.text)),
            _ if token.text.len() > 10 => {
                format!("{}...", quote(take_runes(token.text, 10)))
            }
            _ => quote(token.text),
        }
    }

    /// The message of the error token.
    pub(super) fn error(&self) -> &str {
        &self.error
    }

    /// The next token. After an error, and at the end, it is the same token again.
    pub(super) fn token(&mut self) -> Token<'t> {
        if self.inside_action { self.inside_action() } else { self.outside() }
    }

    fn rest(&self) -> &'t [u8] {
        self.text.get(self.at..).unwrap_or(&[])
    }

    fn pending(&self) -> &'t [u8] {
        self.text.get(self.start..self.at).unwrap_or(&[])
    }

    fn peek(&self) -> Option<char> {
        decode_rune(self.rest()).map(|(c, _)| c)
    }

    fn next(&mut self) -> Option<char> {
        let (c, len) = decode_rune(self.rest())?;
        self.at += len;
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn accept(&mut self, valid: impl Fn(char) -> bool) -> bool {
        let accepted = self.peek().is_some_and(valid);
        if accepted {
            self.next();
        }
        accepted
    }

    fn accept_all(&mut self, valid: impl Fn(char) -> bool + Copy) {
        while self.accept(valid) {}
    }

    /// Ends the current token here.
    fn emit(&mut self, kind: TokenKind) -> Token<'t> {
        let token = Token { kind, at: self.start, text: self.pending(), line: self.start_line };
        self.start = self.at;
        self.start_line = self.line;
        token
    }

    /// Starts the next token at the offset `to`.
    fn skip(&mut self, to: usize) {
        self.advance(to);
        self.start = self.at;
        self.start_line = self.line;
    }

    /// Moves to the offset `to`, counting lines.
    fn advance(&mut self, to: usize) {
        let passed = self.text.get(self.at..to).unwrap_or(&[]);
        self.line += match passed.len() {
            0..=SHORT => passed.iter().map(|b| usize::from(*b == b'\n')).sum(),
            _ => memchr::memchr_iter(b'\n', passed).count(),
        };
        self.at = to;
    }

    fn fail(&mut self, message: String) -> Token<'t> {
        self.error = message;
        let token = Token { kind: TokenKind::Error, at: self.start, text: &[], line: self.start_line };
        self.text = &[];
        self.at = 0;
        self.start = 0;
        token
    }

    /// Text up to the next action, or the delimiter of an action.
    fn outside(&mut self) -> Token<'t> {
        loop {
            let Some(found) = left_delimiter(self.rest()).map(|offset| self.at + offset) else {
                self.advance(self.text.len());
                let kind = if self.at > self.start { TokenKind::Text } else { TokenKind::Eof };
                return self.emit(kind);
            };
            let inside = found + LEFT.len();
            let trim = has_left_trim_marker(self.text.get(inside..).unwrap_or(&[]));
            if found > self.at {
                let text = self.text.get(self.at..found).unwrap_or(&[]);
                let kept = if trim { trim_end(text).len() } else { text.len() };
                self.advance(self.at + kept);
                let token = self.emit(TokenKind::Text);
                self.skip(found);
                if kept > 0 {
                    return token;
                }
            }
            let behind_marker = inside + if trim { TRIM_MARKER } else { 0 };
            if !self.text.get(behind_marker..).unwrap_or(&[]).starts_with(b"/*") {
                self.advance(inside);
                let token = self.emit(TokenKind::LeftDelimiter);
                self.inside_action = true;
                self.parens = 0;
                self.skip(behind_marker);
                return token;
            }
            self.skip(behind_marker);
            if let Some(error) = self.comment() {
                return error;
            }
        }
    }

    /// Skips a comment.
    fn comment(&mut self) -> Option<Token<'t>> {
        let inside = self.at + 2;
        let Some(len) = memmem::find(self.text.get(inside..).unwrap_or(&[]), b"*/") else {
            return Some(self.fail("unclosed comment".to_owned()));
        };
        let end = inside + len + 2;
        let Some(trim) = right_delimiter(self.text.get(end..).unwrap_or(&[])) else {
            return Some(self.fail("comment ends before closing delimiter".to_owned()));
        };
        self.skip(end);
        self.skip_right_delimiter(trim);
        None
    }

    /// Skips a right delimiter and the space that its trim marker removes.
    fn skip_right_delimiter(&mut self, trim: bool) {
        let mut end = self.at + RIGHT.len() + if trim { TRIM_MARKER } else { 0 };
        if trim {
            let behind = self.text.get(end..).unwrap_or(&[]);
            end += behind.len() - trim_start(behind).len();
        }
        self.skip(end);
    }

    fn right_delimiter(&mut self, trim: bool) -> Token<'t> {
        if trim {
            self.skip(self.at + TRIM_MARKER);
        }
        self.at += RIGHT.len();
        let token = self.emit(TokenKind::RightDelimiter);
        if trim {
            let spaces = self.rest().len() - trim_start(self.rest()).len();
            self.skip(self.at + spaces);
        }
        self.inside_action = false;
        token
    }

    fn inside_action(&mut self) -> Token<'t> {
        if let Some(trim) = right_delimiter(self.rest()) {
            if self.parens > 0 {
                return self.fail("unclosed left paren".to_owned());
            }
            return self.right_delimiter(trim);
        }
        if self.rest().first().is_some_and(|b| is_space(*b)) {
            return self.space();
        }
        let digit_follows = self.rest().get(1).is_some_and(u8::is_ascii_digit);
        match self.next() {
            None => self.fail("unclosed action".to_owned()),
            Some('=') => self.emit(TokenKind::Assign),
            Some(':') => {
                if self.next() == Some('=') {
                    self.emit(TokenKind::Declare)
                } else {
                    self.fail("expected :=".to_owned())
                }
            }
            Some('|') => self.emit(TokenKind::Pipe),
            Some('"') => self.quoted('"', TokenKind::String, "unterminated quoted string"),
            Some('\'') => self.quoted('\'', TokenKind::CharConstant, "unterminated character constant"),
            Some('`') => self.raw_string(),
            Some('$') => self.field_or_variable(TokenKind::Variable),
            // At the end of the text, Go reads this as a number.
            Some('.') if !digit_follows && self.at < self.text.len() => self.field_or_variable(TokenKind::Field),
            Some('.' | '+' | '-' | '0'..='9') => {
                self.at = self.start;
                self.number()
            }
            Some(c) if is_alphanumeric(c) => self.identifier(),
            Some('(') => {
                self.parens += 1;
                self.emit(TokenKind::LeftParen)
            }
            Some(')') => match self.parens.checked_sub(1) {
                Some(left) => {
                    self.parens = left;
                    self.emit(TokenKind::RightParen)
                }
                None => self.fail("unexpected right paren".to_owned()),
            },
            Some(c) if c.is_ascii() && is_print(c) => self.emit(TokenKind::Char),
            Some(c) => self.fail(format!("unrecognized character in action: {}", code_point(c))),
        }
    }

    /// A run of spaces. The last one may belong to the trim marker of the delimiter.
    fn space(&mut self) -> Token<'t> {
        let spaces = self.rest().iter().take_while(|b| is_space(**b)).count();
        let last = self.at + spaces - 1;
        if right_delimiter(self.text.get(last..).unwrap_or(&[])) == Some(true) {
            if spaces == 1 {
                return self.right_delimiter(true);
            }
            self.advance(last);
        } else {
            self.advance(last + 1);
        }
        self.emit(TokenKind::Space)
    }

    /// Reads the rest of a name.
    fn accept_name(&mut self) {
        self.at += self.rest().iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        if self.rest().first().is_some_and(|b| !b.is_ascii()) {
            self.accept_all(is_alphanumeric);
        }
    }

    fn identifier(&mut self) -> Token<'t> {
        self.accept_name();
        if !self.at_terminator() {
            return self.bad_character();
        }
        match self.pending() {
            b"true" | b"false" => self.emit(TokenKind::Bool),
            word => match TokenKind::of_word(word) {
                Some(TokenKind::Break) if !self.break_is_keyword => self.emit(TokenKind::Identifier),
                Some(TokenKind::Continue) if !self.continue_is_keyword => self.emit(TokenKind::Identifier),
                Some(keyword) => self.emit(keyword),
                None => self.emit(TokenKind::Identifier),
            },
        }
    }

    /// The rest of a name, after its dot or dollar sign.
    fn field_or_variable(&mut self, kind: TokenKind) -> Token<'t> {
        if self.at_terminator() {
            return self.emit(if kind == TokenKind::Field { TokenKind::Dot } else { kind });
        }
        self.accept_name();
        if self.at_terminator() { self.emit(kind) } else { self.bad_character() }
    }

    fn bad_character(&mut self) -> Token<'t> {
        let found = self.peek().map_or_else(String::new, code_point);
        self.fail(format!("bad character {found}"))
    }

    /// Whether a name may end here.
    fn at_terminator(&self) -> bool {
        match self.rest().first() {
            None | Some(b'.' | b',' | b'|' | b':' | b')' | b'(') => true,
            Some(byte) => is_space(*byte) || self.rest().starts_with(RIGHT),
        }
    }

    /// The rest of a quoted string or character, after its first quote.
    fn quoted(&mut self, end: char, kind: TokenKind, unterminated: &str) -> Token<'t> {
        let says_more = |b: &&u8| char::from(**b) != end && !matches!(b, b'\\' | b'\n');
        loop {
            self.at += self.rest().iter().take_while(says_more).count();
            let mut next = self.next();
            let escaped = next == Some('\\');
            if escaped {
                next = self.next();
            }
            match next {
                None | Some('\n') => return self.fail(unterminated.to_owned()),
                Some(c) if c == end && !escaped => return self.emit(kind),
                Some(_) => {}
            }
        }
    }

    fn raw_string(&mut self) -> Token<'t> {
        match memchr::memchr(b'`', self.rest()) {
            Some(len) => {
                self.advance(self.at + len + 1);
                self.emit(TokenKind::RawString)
            }
            None => self.fail("unterminated raw quoted string".to_owned()),
        }
    }

    /// A number. This accepts some that are invalid; the parser refuses them.
    fn number(&mut self) -> Token<'t> {
        let mut good = self.scan_number();
        let complex = good && matches!(self.peek(), Some('+' | '-'));
        if complex {
            good = self.scan_number() && self.pending().ends_with(b"i");
        }
        if !good {
            let bad = quote(self.pending());
            return self.fail(format!("bad number syntax: {bad}"));
        }
        self.emit(if complex { TokenKind::Complex } else { TokenKind::Number })
    }

    fn scan_number(&mut self) -> bool {
        let sign = |c| matches!(c, '+' | '-');
        self.accept(sign);
        let mut radix = 10;
        if self.accept(|c| c == '0') {
            if self.accept(|c| matches!(c, 'x' | 'X')) {
                radix = 16;
            } else if self.accept(|c| matches!(c, 'o' | 'O')) {
                radix = 8;
            } else if self.accept(|c| matches!(c, 'b' | 'B')) {
                radix = 2;
            }
        }
        let digit = |c: char| c == '_' || c.is_digit(radix);
        self.accept_all(digit);
        if self.accept(|c| c == '.') {
            self.accept_all(digit);
        }
        let exponent = match radix {
            10 => self.accept(|c| matches!(c, 'e' | 'E')),
            16 => self.accept(|c| matches!(c, 'p' | 'P')),
            _ => false,
        };
        if exponent {
            self.accept(sign);
            self.accept_all(|c| c == '_' || c.is_ascii_digit());
        }
        self.accept(|c| c == 'i');
        if self.peek().is_some_and(is_alphanumeric) {
            self.next();
            return false;
        }
        true
    }
}

/// The offset of the next left delimiter.
fn left_delimiter(text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'{', text).find(|&at| text.get(at + 1) == Some(&b'{'))
}

fn has_left_trim_marker(text: &[u8]) -> bool {
    matches!(text, [b'-', blank, ..] if is_space(*blank))
}

/// Whether the text starts with a right delimiter, and if so, whether that has a trim marker.
fn right_delimiter(text: &[u8]) -> Option<bool> {
    match text {
        [blank, b'-', rest @ ..] if is_space(*blank) && rest.starts_with(RIGHT) => Some(true),
        _ if text.starts_with(RIGHT) => Some(false),
        _ => None,
    }
}

fn trim_end(text: &[u8]) -> &[u8] {
    let spaces = text.iter().rev().take_while(|b| is_space(**b)).count();
    text.get(..text.len() - spaces).unwrap_or(text)
}

fn trim_start(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|b| is_space(**b)).count();
    text.get(spaces..).unwrap_or(text)
}
