//! A position in a script, and what its tokens are made of.

use std::ops::Range;

/// The script is not understood: its syntax is wrong or beyond this parser, or it is nested too deeply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unparsed;

pub(super) type Parsed<T> = Result<T, Unparsed>;

/// How deeply commands and substitutions may be nested.
const MAX_DEPTH: usize = 40;

/// A here-document whose body begins at the next line.
struct Pending {
    delimiter: String,
    strips_tabs: bool,
    index: usize,
}

pub(super) struct Cursor<'t> {
    text: &'t str,
    pub(super) at: usize,
    end: usize,
    depth: usize,
    pending: Vec<Pending>,
    pub(super) heredocs: Vec<Range<usize>>,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, end: text.len(), depth: 0, pending: Vec::new(), heredocs: Vec::new() }
    }

    /// The byte at the position plus `ahead`; 0 at the end.
    pub(super) fn byte(&self, ahead: usize) -> u8 {
        let at = self.at + ahead;
        if at < self.end { self.text.as_bytes().get(at).copied().unwrap_or(0) } else { 0 }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.end
    }

    pub(super) fn starts_with(&self, token: &str) -> bool {
        self.rest().starts_with(token)
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or_default()
    }

    fn rest(&self) -> &'t str {
        self.slice(self.at..self.end)
    }

    /// Consumes `token` if the script continues with it.
    pub(super) fn take(&mut self, token: &str) -> bool {
        let is_there = self.starts_with(token);
        self.at += if is_there { token.len() } else { 0 };
        is_there
    }

    pub(super) fn expect(&mut self, token: &str) -> Parsed<()> {
        if self.take(token) { Ok(()) } else { Err(Unparsed) }
    }

    /// Consumes the next character.
    pub(super) fn next_char(&mut self) -> Parsed<char> {
        let next = self.rest().chars().next().ok_or(Unparsed)?;
        self.at += next.len_utf8();
        Ok(next)
    }

    /// Runs `parse` one level deeper.
    pub(super) fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            return Err(Unparsed);
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// Runs `parse` with the script ending at `end`. All of it must be consumed.
    pub(super) fn within<T>(&mut self, end: usize, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let outer = std::mem::replace(&mut self.end, end);
        let parsed = parse(self);
        let is_complete = self.is_at_end();
        self.end = outer;
        if is_complete { parsed } else { Err(Unparsed) }
    }

    /// Skips spaces, continued lines and a comment. The position must be at the beginning of a word.
    pub(super) fn skip_spaces(&mut self) {
        loop {
            match self.byte(0) {
                b' ' | b'\t' => self.at += 1,
                b'\\' if self.byte(1) == b'\n' => self.at += 2,
                b'#' => {
                    self.at += self.rest().find('\n').unwrap_or(self.rest().len());
                    return;
                }
                _ => return,
            }
        }
    }

    /// Skips spaces, comments and line breaks.
    pub(super) fn skip_lines(&mut self) {
        self.skip_spaces();
        while self.byte(0) == b'\n' {
            self.take_line_break();
            self.skip_spaces();
        }
    }

    /// Consumes a line break, and the here-documents that begin behind it.
    pub(super) fn take_line_break(&mut self) {
        self.at += 1;
        for pending in std::mem::take(&mut self.pending) {
            let start = self.at;
            let mut body_end = start;
            while !self.is_at_end() {
                let line = self.rest().split('\n').next().unwrap_or_default();
                self.at = (self.at + line.len() + 1).min(self.end);
                let line = if pending.strips_tabs { line.trim_start_matches('\t') } else { line };
                if line == pending.delimiter {
                    break;
                }
                body_end = self.at;
            }
            if let Some(body) = self.heredocs.get_mut(pending.index) {
                *body = start..body_end;
            }
        }
    }

    /// Registers a here-document. Returns the index of its body.
    pub(super) fn add_heredoc(&mut self, delimiter: String, strips_tabs: bool) -> usize {
        let index = self.heredocs.len();
        self.heredocs.push(self.at..self.at);
        self.pending.push(Pending { delimiter, strips_tabs, index });
        index
    }

    /// The unquoted word at the position, if it is one of `words`.
    pub(super) fn keyword<'w>(&self, words: &[&'w str]) -> Option<&'w str> {
        let is_delimiter = |byte: Option<&u8>| byte.is_none_or(|byte| b" \t\n;&|<>()".contains(byte));
        let rest = self.rest();
        words.iter().copied().find(|word| {
            rest.strip_prefix(word)
                .is_some_and(|after| is_delimiter(after.as_bytes().first()) || after.starts_with("\\\n"))
        })
    }
}
