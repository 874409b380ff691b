//! Finds the items of a list that is written as lines of dashes, below a top-level key alone on its line.

use memchr::memchr;

use super::{Parts, Scanned};
use crate::split::{Marker, marker};

/// As many bytes of a line's content show what it is: a marker or a dash, and what follows it.
const SHOWN: usize = 4;

#[derive(Debug)]
pub(super) struct Block {
    key: &'static str,
    state: State,
    /// Before this position, there is nothing but comments and a marker.
    content: usize,
    /// Whether a line was begun.
    in_line: bool,
    /// The column of the dashes, from 0.
    column: usize,
    head: usize,
    tail: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the key of the list.
    Head,
    /// Below the key, before the first item.
    Key,
    Items,
    Tail,
}

/// What a line means for the document.
enum Line {
    /// It belongs to what is around it.
    Inside,
    Key,
    Item,
    Tail,
    EndOfDocument,
    Unsuitable,
}

impl Block {
    pub(super) fn new(key: &'static str, content: usize) -> Self {
        Self { key, state: State::Head, content, in_line: false, column: 0, head: 0, tail: None }
    }

    pub(super) fn take(&mut self, bytes: &[u8], is_last: bool, parts: &mut Parts) -> Scanned {
        let mut pos = 0;
        while let Some(rest) = bytes.get(pos..).filter(|rest| !rest.is_empty()) {
            if self.in_line {
                let Some(end) = memchr(b'\n', rest) else {
                    pos = bytes.len();
                    break;
                };
                (pos, self.in_line) = (pos + end + 1, false);
                parts.line += 1;
                continue;
            }
            let start = parts.taken + pos;
            let Some(line) = self.line(rest, start, is_last) else { break };
            match line {
                Line::Inside => {}
                Line::Key => self.state = State::Key,
                Line::Item => {
                    if self.state == State::Key {
                        (self.head, self.state) = (start, State::Items);
                    }
                    if parts.is_due(start) {
                        parts.begin(start, start, start, 1);
                    }
                    parts.count();
                }
                Line::Tail => {
                    self.tail = Some(start);
                    self.state = State::Tail;
                }
                Line::EndOfDocument => return Scanned::End(pos),
                Line::Unsuitable => return Scanned::Unsuitable,
            }
            self.in_line = true;
        }
        if is_last { Scanned::End(pos) } else { Scanned::More(pos) }
    }

    /// What the line at the start of `rest` is, which is at `start` in the document; `None` if more of it is needed.
    fn line(&mut self, rest: &[u8], start: usize, is_last: bool) -> Option<Line> {
        let column = rest.iter().take_while(|b| **b == b' ').count();
        let content = rest.get(column..)?;
        let needed = if self.state == State::Head { SHOWN.max(self.key.len()) } else { SHOWN };
        if content.len() < needed && !content.contains(&b'\n') && !is_last {
            return None;
        }
        let shown = content.get(..SHOWN).unwrap_or(content);
        let first = shown.first().copied().unwrap_or(b'\n');
        let is_blank = matches!(first, b'\n') || shown.starts_with(b"\r\n");
        match (column == 0).then(|| marker(shown)).flatten() {
            Some(Marker::Start) if start < self.content => return Some(Line::Inside),
            Some(Marker::Start) => return Some(Line::EndOfDocument),
            Some(Marker::End) => return Some(Line::Unsuitable),
            None => {}
        }
        if is_blank || first == b'#' {
            return Some(Line::Inside);
        }
        Some(match self.state {
            State::Head if column == 0 && content.starts_with(self.key.as_bytes()) => {
                let end = memchr(b'\n', content).or(is_last.then_some(content.len()))?;
                if is_bare(content.get(self.key.len()..end)?) { Line::Key } else { Line::Inside }
            }
            State::Head | State::Tail => Line::Inside,
            State::Key if is_dash(shown) => {
                self.column = column;
                Line::Item
            }
            State::Items if column > self.column => Line::Inside,
            State::Items if column == self.column && is_dash(shown) => Line::Item,
            State::Items if column == 0 && first != b'\t' && first != b'\r' => Line::Tail,
            State::Key | State::Items => Line::Unsuitable,
        })
    }

    /// The end of the head and the start of the tail.
    pub(super) fn frame(&self, parts: &Parts) -> Option<(usize, usize)> {
        let has_items = matches!(self.state, State::Items | State::Tail);
        has_items.then_some((self.head, self.tail.unwrap_or(parts.taken)))
    }
}

/// Whether nothing but a comment follows a key.
fn is_bare(rest: &[u8]) -> bool {
    let Some(rest) = rest.strip_prefix(b":") else { return false };
    let value = rest.trim_ascii();
    value.is_empty() || (value.starts_with(b"#") && rest.starts_with(b" "))
}

fn is_dash(content: &[u8]) -> bool {
    content.strip_prefix(b"-").is_some_and(|rest| matches!(rest.first(), None | Some(b' ' | b'\t' | b'\r' | b'\n')))
}
