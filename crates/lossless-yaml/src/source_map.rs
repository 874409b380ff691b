//! Where the text of a scalar comes from: the position in the document of each byte that it reads as.

use std::ops::Range;

use crate::text::{line_end, line_start, slice};
use crate::tree::{NodeId, NodeKind, Tree};

/// The text of a scalar as it is read, and the position in the document of each of its bytes.
struct Mapped<'s> {
    source: &'s str,
    text: String,
    positions: Vec<usize>,
}

impl Tree<'_> {
    /// The part of the document that `part`, a byte range of the scalar's text as it is read, was written as. Whole lines
    /// of a block scalar are whole lines of the document. `None` if the scalar is written in a way that is not followed.
    pub fn source_of(&self, scalar: NodeId, part: Range<usize>) -> Option<Range<usize>> {
        let reads = self.scalar(scalar);
        let span = self.span(scalar);
        let mapped = match self.kind(scalar) {
            NodeKind::Plain => Mapped::new(self.text).flow(span.clone(), NodeKind::Plain)?,
            kind @ (NodeKind::Single | NodeKind::Double) => {
                Mapped::new(self.text).flow(span.start + 1..span.end.checked_sub(1)?, kind)?
            }
            kind @ (NodeKind::Literal | NodeKind::Folded) => Mapped::of_block(self.text, span.clone(), kind, reads)?,
            _ => return None,
        };
        if mapped.text != reads {
            return None;
        }
        let at = |position: usize| mapped.positions.get(position).copied();
        let (start, end) = (at(part.start)?, at(part.end)?);
        let is_block = self.kind(scalar).is_block_scalar();
        let begins_line = |position: usize| position == 0 || slice(reads, position - 1..position) == "\n";
        if is_block && !part.is_empty() && begins_line(part.start) && begins_line(part.end) {
            return Some(line_start(self.text, start)..line_start(self.text, end));
        }
        (start <= end).then_some(start..end)
    }
}

impl<'s> Mapped<'s> {
    fn new(source: &'s str) -> Self {
        Self { source, text: String::new(), positions: Vec::new() }
    }

    /// Adds a character that is written at `position`.
    fn push(&mut self, c: char, position: usize) {
        self.text.push(c);
        // Bytes inside of a character are not asked for.
        self.positions.resize(self.text.len(), position);
    }

    fn peek(&self, at: usize, end: usize) -> Option<char> {
        slice(self.source, at..end).chars().next()
    }

    /// Reads a plain or quoted scalar, without its quotes.
    fn flow(mut self, span: Range<usize>, kind: NodeKind) -> Option<Self> {
        let mut at = span.start;
        while let Some(c) = self.peek(at, span.end) {
            let blanks = slice(self.source, at..span.end).bytes().take_while(|b| matches!(b, b' ' | b'\t')).count();
            let behind = at + blanks;
            if matches!(self.peek(behind, span.end), Some('\n' | '\r')) {
                at = self.fold(at, behind, span.end);
            } else if blanks > 0 {
                for position in at..behind {
                    self.push(self.peek(position, span.end)?, position);
                }
                at = behind;
            } else if kind == NodeKind::Single && c == '\'' {
                self.push('\'', at);
                at += 2;
            } else if kind == NodeKind::Double && c == '\\' {
                at = self.escape(at, span.end)?;
            } else {
                self.push(c, at);
                at += c.len_utf8();
            }
        }
        self.positions.push(span.end);
        Some(self)
    }

    /// Reads the line ends from `at` on, behind blanks that start at `blanks`. Returns where the next line begins to be read.
    fn fold(&mut self, blanks: usize, mut at: usize, end: usize) -> usize {
        let mut lines = 0;
        loop {
            let next =
                at + slice(self.source, at..end).bytes().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count();
            if self.peek(next, end) != Some('\n') {
                at = next;
                break;
            }
            lines += 1;
            if lines > 1 {
                self.push('\n', next);
            }
            at = next + 1;
        }
        if lines == 1 {
            self.push(' ', blanks);
        }
        at
    }

    /// Reads the escape at `at`. Returns the position behind it.
    fn escape(&mut self, at: usize, end: usize) -> Option<usize> {
        let c = self.peek(at + 1, end)?;
        let behind = at + 1 + c.len_utf8();
        let digits = match c {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            '\n' | '\r' => {
                let rest = slice(self.source, behind..end);
                let skipped = rest.len() - rest.trim_start_matches(['\n', ' ', '\t']).len();
                return Some(behind + skipped);
            }
            _ => 0,
        };
        if digits > 0 {
            let code = u32::from_str_radix(slice(self.source, behind..behind + digits), 16).ok()?;
            self.push(char::from_u32(code)?, at);
            return Some(behind + digits);
        }
        let meant = match c {
            'n' => '\n',
            't' | '\t' => '\t',
            'r' => '\r',
            '0' => '\0',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'e' => '\u{1b}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            'N' => '\u{85}',
            '_' => '\u{a0}',
            'L' => '\u{2028}',
            'P' => '\u{2029}',
            ' ' | '"' | '/' | '\\' => c,
            _ => return None,
        };
        self.push(meant, at);
        Some(behind)
    }

    /// Reads a block scalar that is known to read as `reads`.
    fn of_block(source: &'s str, span: Range<usize>, kind: NodeKind, reads: &str) -> Option<Self> {
        let first = line_end(source, span.start);
        let lines = slice(source, first..span.end);
        let indentations = lines.lines().filter(|line| !line.trim_matches([' ', '\r']).is_empty());
        let least = indentations.map(|line| line.len() - line.trim_start_matches(' ').len()).min().unwrap_or(0);
        // A header may state less than the lines have.
        (0..=least).rev().find_map(|indent| {
            let mut mapped = Self::new(source);
            mapped.block(first..span.end, kind, indent);
            // How the text ends is up to the header.
            let is_start =
                mapped.text.starts_with(reads) && slice(&mapped.text, reads.len()..mapped.text.len()).trim().is_empty();
            is_start.then(|| {
                mapped.text.truncate(reads.len());
                mapped.positions.truncate(reads.len() + 1);
                mapped
            })
        })
    }

    /// Reads the lines of a block scalar with this indentation, with all line ends.
    fn block(&mut self, span: Range<usize>, kind: NodeKind, indent: usize) {
        let mut at = span.start;
        // The positions of line ends that are not yet read.
        let mut ends: Vec<usize> = Vec::new();
        let mut was_folded: Option<bool> = None;
        while at < span.end {
            let next = line_end(self.source, at).min(span.end);
            let line = slice(self.source, at..next);
            let content = line.strip_suffix('\n').unwrap_or(line);
            let content = content.strip_suffix('\r').unwrap_or(content);
            let text = content.get(indent.min(content.len())..).unwrap_or_default();
            let is_blank = text.is_empty();
            if !is_blank {
                let is_folded = kind == NodeKind::Folded && !text.starts_with([' ', '\t']);
                self.line_ends(&mut ends, was_folded == Some(true) && is_folded);
                for (offset, c) in text.char_indices() {
                    self.push(c, at + indent + offset);
                }
                was_folded = Some(is_folded);
            }
            ends.push(at + content.len());
            at = next;
        }
        self.line_ends(&mut ends, false);
        self.positions.push(span.end);
    }

    /// Reads line ends. Between two lines that are folded, a single one is a space and the first of several is dropped.
    fn line_ends(&mut self, ends: &mut Vec<usize>, folds: bool) {
        match (ends.as_slice(), folds) {
            (&[only], true) => self.push(' ', only),
            (all, _) => {
                for &end in all.iter().skip(usize::from(folds)) {
                    self.push('\n', end);
                }
            }
        }
        ends.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a document with the value `a` reads as after cutting `cut` out of its text.
    fn without(document: &str, cut: &str) -> String {
        let tree = Tree::parse(document, 1).unwrap();
        let node = tree.get(tree.root().unwrap(), "a").unwrap().unwrap();
        let start = tree.scalar(node).find(cut).unwrap();
        let range = tree.source_of(node, start..start + cut.len()).unwrap();
        let mut text = document.to_owned();
        text.replace_range(range, "");
        text
    }

    #[test]
    fn parts_of_all_styles_are_found_where_they_are_written() {
        for (document, cut, expected) in [
            ("a: one && two # c\n", " && two", "a: one # c\n"),
            ("a: 'it''s && two'\n", " && two", "a: 'it''s'\n"),
            ("a: \"\\u00e4\\t\\\"x\\\"; two\"\n", "; two", "a: \"\\u00e4\\t\\\"x\\\"\"\n"),
            ("a: one &&\n   two\n", " && two", "a: one\n"),
            ("a: \"one &&\\\n  \\ two\"\n", " two", "a: \"one &&\\\n  \"\n"),
            ("a: |\n  one\n  two\n  three\nb: 1\n", "two\n", "a: |\n  one\n  three\nb: 1\n"),
            ("a: |\n  one\n  two\nb: 1\n", "\ntwo", "a: |\n  one\nb: 1\n"),
            ("a: |-\n\n  one\n\n  two\n", "\n\ntwo", "a: |-\n\n  one\n"),
            ("a: |2-\n    one\n  two\n", "\ntwo", "a: |2-\n    one\n"),
            ("a: >-\n  one &&\n  two\n", " && two", "a: >-\n  one\n"),
            ("a: >\n  one\n\n   more\n  two\n  three\nb: 1\n", "two ", "a: >\n  one\n\n   more\n  three\nb: 1\n"),
            ("a: |\r\n  one\r\n  two\r\nb: 1\r\n", "two\n", "a: |\r\n  one\r\nb: 1\r\n"),
            ("a: |+ # keep\n  ä\n  two\n\n\nb: 1\n", "two\n", "a: |+ # keep\n  ä\n\n\nb: 1\n"),
        ] {
            assert_eq!(without(document, cut), expected, "{document:?} without {cut:?}");
        }
    }
}
