//! Reads documents of a plain form into a [`Tree`] by themselves, many times faster than by the whole grammar.
//!
//! The form: ASCII without tabs, a mapping in block style at column 0, keys on one line; scalars that are plain or quoted
//! and end on their line; literal blocks; lists and mappings in brackets and braces. It is what most manifests are. What
//! goes beyond it is not read here at all, and left to the parser, so errors are the parser's, too. The tree is the
//! parser's to the last byte; tests and fuzzing hold both to each other.

mod top_level;

pub use top_level::top_level_entries;

use std::sync::OnceLock;

use crate::error::Place;
use crate::tree::{Node, NodeId, NodeKind, Tree, add_child, small};

/// Deeper than this a document is left to the parser.
pub(super) const MAX_OPEN: usize = 64;
/// YAML's limit for a key on one line is 1,024 characters (YAML 1.2.2, section 7.4.2).
pub(super) const MAX_KEY: usize = 1_000;

/// The tree of a document of the plain form; none for another document.
pub(super) fn parse(text: &str, first: Place) -> Option<Tree<'_>> {
    if u32::try_from(text.len()).is_err() {
        return None;
    }
    let is_plain = text.bytes().fold(true, |plain, b| plain & (matches!(b, b' '..=b'~' | b'\n')));
    let beyond_ascii = if is_plain { Vec::new() } else { beyond_ascii(text)? };
    let mut reader = Reader {
        text: text.as_bytes(),
        whole: text,
        nodes: Vec::with_capacity(text.len() / 16),
        texts: Vec::new(),
        open: Vec::new(),
        expected: None,
        cursor: 0,
        line: 0,
        beyond_ascii: &beyond_ascii,
    };
    reader.lines()?;
    let Reader { nodes, texts, .. } = reader;
    if nodes.is_empty() {
        return None;
    }
    Some(Tree {
        text,
        is_plain: true,
        first,
        root: Some(NodeId(0)),
        nodes,
        texts,
        props: Vec::new(),
        anchors: Vec::new(),
        aliases: Vec::new(),
        line_ends: OnceLock::new(),
        chars: OnceLock::new(),
        ordinals: OnceLock::new(),
    })
}

/// A collection that is open.
struct Open {
    node: NodeId,
    last_child: Option<NodeId>,
    /// Where its entries stand, in bytes from the line's start; of a collection in brackets nothing.
    column: usize,
    is_list: bool,
}

/// A key or a dash that may still get its value on later lines.
struct Expected {
    column: usize,
    is_list: bool,
    /// Where its colon or dash is.
    sign: usize,
}

struct Reader<'a> {
    text: &'a [u8],
    whole: &'a str,
    nodes: Vec<Node>,
    texts: Vec<Box<str>>,
    open: Vec<Open>,
    expected: Option<Expected>,
    /// One past the last byte that belongs to a node.
    cursor: usize,
    /// Where the line that is read begins.
    line: usize,
    /// Where bytes beyond ASCII are that no literal block was found to hold.
    beyond_ascii: &'a [usize],
}

/// Where bytes beyond ASCII are; none if there is a character that some readers take for a line end or do not print.
fn beyond_ascii(text: &str) -> Option<Vec<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b' '..=b'~' | b'\n' => {}
            0xe2 if matches!(bytes.get(at + 1..at + 3), Some([0x80, 0xa8 | 0xa9])) => return None,
            0x80..=0xbf | 0xc3..=0xee | 0xf0..=0xf3 => found.push(at),
            _ => return None,
        }
    }
    Some(found)
}

/// A scalar as it stands.
struct Scalar<'a> {
    kind: NodeKind,
    end: usize,
    /// What it says, where that is not what stands there.
    says: Option<std::borrow::Cow<'a, str>>,
}

impl<'a> Reader<'a> {
    fn byte(&self, pos: usize) -> u8 {
        self.text.get(pos).copied().unwrap_or(b'\n')
    }

    fn blanks(&self, pos: usize) -> usize {
        let rest = self.text.get(pos..).unwrap_or_default();
        pos + rest.iter().take_while(|b| **b == b' ').count()
    }

    fn line_end(&self, pos: usize) -> usize {
        let rest = self.text.get(pos..).unwrap_or_default();
        pos + memchr::memchr(b'\n', rest).unwrap_or(rest.len())
    }

    /// Does the line end here, perhaps with a comment after blanks?
    fn ends(&self, pos: usize) -> bool {
        let next = self.blanks(pos);
        self.byte(next) == b'\n' || (next > pos && self.byte(next) == b'#')
    }

    fn lines(&mut self) -> Option<()> {
        let mut may_have_marker = true;
        let mut pos = 0;
        while pos < self.text.len() {
            self.line = pos;
            let start = self.blanks(pos);
            let next = match self.byte(start) {
                b'\n' | b'#' => start,
                b'-' if may_have_marker && start == pos && self.whole.get(pos..pos + 3) == Some("---") => {
                    may_have_marker = false;
                    let after = self.blanks(pos + 3);
                    (self.byte(after) == b'\n').then_some(after)?
                }
                _ => {
                    may_have_marker = false;
                    self.nodes(start)?
                }
            };
            pos = self.line_end(next) + 1;
        }
        self.absent();
        while !self.open.is_empty() {
            self.close();
        }
        self.beyond_ascii.is_empty().then_some(())
    }

    /// Takes in the dashes, the key and the value of a line; gives where to go on.
    fn nodes(&mut self, mut pos: usize) -> Option<usize> {
        let mut dash = None;
        while self.byte(pos) == b'-' && matches!(self.byte(pos + 1), b' ' | b'\n') {
            self.begin(pos, true, dash)?;
            self.cursor = pos + 1;
            let next = self.blanks(pos + 1);
            if self.ends(pos + 1) {
                self.expected = Some(Expected { column: pos - self.line, is_list: true, sign: pos });
                return Some(next);
            }
            dash = Some(pos);
            pos = next;
        }
        let Some((key, colon)) = self.key(pos) else {
            // A text may be an item; on a line of its own it may go on a text before it.
            return match dash {
                Some(dash) => self.value(pos, dash, dash - self.line + 1),
                None => self.brackets_below(pos),
            };
        };
        let column = pos - self.line;
        self.begin(pos, false, dash)?;
        self.scalar(key, pos, pos)?;
        self.cursor = colon + 1;
        let next = self.blanks(colon + 1);
        if self.ends(colon + 1) {
            self.expected = Some(Expected { column, is_list: false, sign: colon });
            return Some(next);
        }
        self.value(next, colon, column + 1)
    }

    /// A list or mapping in brackets on the line below its key or dash.
    fn brackets_below(&mut self, pos: usize) -> Option<usize> {
        let parent = self.expected.take().filter(|parent| pos - self.line > parent.column)?;
        if !matches!(self.byte(pos), b'[' | b'{') {
            return None;
        }
        let end = self.flow(pos, parent.sign, parent.column + 1)?;
        self.ends(end).then_some(end)
    }

    /// A dash or a key stands here: it begins a collection, or goes on with one. `dash` is before it on its line.
    fn begin(&mut self, pos: usize, is_list: bool, dash: Option<usize>) -> Option<()> {
        let column = pos - self.line;
        let sign = match self.expected.take() {
            Some(parent) if column > parent.column || (is_list && !parent.is_list && column == parent.column) => {
                Some(parent.sign)
            }
            Some(parent) => {
                self.nothing(parent.sign);
                None
            }
            None if dash.is_some() => dash,
            None if self.open.is_empty() => (column == 0 && !is_list && self.nodes.is_empty()).then_some(Some(pos))?,
            None => None,
        };
        if let Some(sign) = sign {
            if self.open.len() == MAX_OPEN {
                return None;
            }
            let kind = if is_list { NodeKind::BlockSeq } else { NodeKind::BlockMap };
            let node = self.enter(kind, sign, pos, pos);
            self.open.push(Open { node, last_child: None, column, is_list });
            return Some(());
        }
        // A list may stand in the column of the key that it belongs to; a key there ends it.
        while self.open.last().is_some_and(|o| o.column > column || (o.column == column && o.is_list && !is_list)) {
            self.close();
        }
        self.open.last().is_some_and(|o| o.column == column && o.is_list == is_list).then_some(())
    }

    /// Ends the collection that was begun last. One in block style begins with its first entry.
    fn close(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let end = small(self.cursor);
        if let Some(node) = self.nodes.get_mut(open.node.0 as usize) {
            node.end = end;
        }
    }

    /// The key or dash that waits for its value gets none.
    fn absent(&mut self) {
        if let Some(expected) = self.expected.take() {
            self.nothing(expected.sign);
        }
    }

    fn nothing(&mut self, sign: usize) {
        self.enter(NodeKind::Absent, sign, sign + 1, sign + 1);
    }

    /// Adds a node below the open collection.
    fn enter(&mut self, kind: NodeKind, lead: usize, start: usize, end: usize) -> NodeId {
        let open = self.open.last_mut();
        let node = Node::new(kind, lead, start, end, open.as_ref().map(|open| open.node));
        let id = add_child(&mut self.nodes, node, open.as_ref().and_then(|open| open.last_child));
        if let Some(open) = open {
            open.last_child = Some(id);
        }
        id
    }

    fn scalar(&mut self, scalar: Scalar<'_>, lead: usize, start: usize) -> Option<usize> {
        let node = self.enter(scalar.kind, lead, start, scalar.end);
        if let Some(says) = scalar.says {
            let index = small(self.texts.len());
            self.texts.push(says.into());
            self.nodes.get_mut(node.0 as usize)?.data = index;
        }
        self.cursor = scalar.end;
        Some(scalar.end)
    }

    /// A key, and where its colon is.
    fn key(&self, pos: usize) -> Option<(Scalar<'a>, usize)> {
        let key = match self.byte(pos) {
            b'"' | b'\'' => self.quoted(pos)?,
            first => {
                let is_key = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/');
                let length = self.text.get(pos..)?.iter().take_while(is_key).count();
                if !(first.is_ascii_alphanumeric() || first == b'_') {
                    return None;
                }
                Scalar { kind: NodeKind::Plain, end: pos + length, says: None }
            }
        };
        let colon = key.end;
        let is_key = self.byte(colon) == b':' && matches!(self.byte(colon + 1), b' ' | b'\n') && colon - pos <= MAX_KEY;
        is_key.then_some((key, colon))
    }

    /// The value behind a colon or a dash, with what ends its line; gives where to go on. A block has `least` blanks
    /// before its lines, or more.
    fn value(&mut self, pos: usize, sign: usize, least: usize) -> Option<usize> {
        if self.byte(pos) == b'|' {
            return self.literal(pos, sign, least);
        }
        let end = self.on_one_line(pos, sign, least, Self::text)?;
        self.ends(end).then_some(end)
    }

    /// A value in brackets, in quotes, or plain as `plain` reads it; gives where it ends.
    fn on_one_line(
        &mut self,
        pos: usize,
        sign: usize,
        least: usize,
        plain: fn(&Self, usize) -> Option<Scalar<'a>>,
    ) -> Option<usize> {
        let scalar = match self.byte(pos) {
            b'{' | b'[' => return self.flow(pos, sign, least),
            b'"' | b'\'' => self.quoted(pos)?,
            _ => plain(self, pos)?,
        };
        self.scalar(scalar, sign, pos)
    }

    /// A quoted text that ends on its line.
    fn quoted(&self, pos: usize) -> Option<Scalar<'a>> {
        let line = self.whole.get(pos + 1..self.line_end(pos))?;
        if self.byte(pos) == b'\'' {
            let mut length = line.find('\'')?;
            let mut doubled = false;
            while line.as_bytes().get(length + 1) == Some(&b'\'') {
                doubled = true;
                length += 2 + line.get(length + 2..)?.find('\'')?;
            }
            let says = doubled.then(|| line.get(..length).unwrap_or_default().replace("''", "'").into());
            return Some(Scalar { kind: NodeKind::Single, end: pos + length + 2, says });
        }
        let stop = memchr::memchr2(b'"', b'\\', line.as_bytes())?;
        if line.as_bytes().get(stop) == Some(&b'"') {
            return Some(Scalar { kind: NodeKind::Double, end: pos + stop + 2, says: None });
        }
        let mut says = line.get(..stop)?.to_owned();
        let mut chars = line.get(stop..)?.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    let end = pos + 1 + stop + at + 1;
                    return Some(Scalar { kind: NodeKind::Double, end, says: Some(says.into()) });
                }
                '\\' => says.push(match chars.next()?.1 {
                    c @ ('"' | '\\' | '/') => c,
                    'n' => '\n',
                    't' => '\t',
                    _ => return None,
                }),
                c => says.push(c),
            }
        }
        None
    }

    /// A plain text that ends on its line, in block style.
    fn text(&self, pos: usize) -> Option<Scalar<'a>> {
        let line = self.whole.get(pos..self.line_end(pos))?;
        let text = without_comment(line);
        is_text(text).then_some(Scalar { kind: NodeKind::Plain, end: pos + text.len(), says: None })
    }

    /// A list or mapping in brackets or braces; gives where it ends. Its lines have `least` blanks or more.
    fn flow(&mut self, pos: usize, lead: usize, least: usize) -> Option<usize> {
        if self.open.len() == MAX_OPEN {
            return None;
        }
        let is_list = self.byte(pos) == b'[';
        let kind = if is_list { NodeKind::FlowSeq } else { NodeKind::FlowMap };
        let close = if is_list { b']' } else { b'}' };
        let node = self.enter(kind, lead, pos, pos);
        self.open.push(Open { node, last_child: None, column: 0, is_list });
        let mut pos = self.trivia(pos + 1, least)?;
        loop {
            if self.byte(pos) == close {
                self.cursor = pos + 1;
                self.close();
                return Some(pos + 1);
            }
            let mut sign = pos;
            if !is_list {
                let (key, colon) = self.key(pos)?;
                self.scalar(key, pos, pos)?;
                sign = colon;
                pos = self.blanks(colon + 1);
            }
            let end = self.on_one_line(pos, sign, least, Self::flow_text)?;
            let is_plain = !matches!(self.byte(end - 1), b'"' | b'\'' | b']' | b'}');
            pos = self.trivia(end, least)?;
            match self.byte(pos) {
                b',' => pos = self.trivia(pos + 1, least)?,
                // A plain text may go on below.
                found if found == close && !(is_plain && self.whole.get(end..pos)?.contains('\n')) => {}
                _ => return None,
            }
        }
    }

    /// Skips blanks and line ends inside of brackets; none where a comment stands, or a line is too far left.
    fn trivia(&self, mut pos: usize, least: usize) -> Option<usize> {
        loop {
            pos = self.blanks(pos);
            match self.byte(pos) {
                b'\n' if pos < self.text.len() => {
                    let next = self.blanks(pos + 1);
                    let is_empty = self.byte(next) == b'\n';
                    if !is_empty && next - pos - 1 < least {
                        return None;
                    }
                    pos += 1;
                }
                b'#' | b'\n' => return None,
                _ => return Some(pos),
            }
        }
    }

    /// A plain text inside of brackets, that ends on its line.
    fn flow_text(&self, pos: usize) -> Option<Scalar<'a>> {
        // Not to the end of the line, which may hold any number of entries.
        let rest = self.whole.get(pos..)?;
        let text = rest.get(..rest.find(['\n', ',', '[', ']', '{', '}']).unwrap_or(rest.len()))?.trim_end_matches(' ');
        let is_text = begins_text(text) && !text.contains([':', '#', '"', '\'']);
        is_text.then_some(Scalar { kind: NodeKind::Plain, end: pos + text.len(), says: None })
    }

    /// A literal block; gives where to go on.
    fn literal(&mut self, pos: usize, sign: usize, least: usize) -> Option<usize> {
        let header = self.line_end(pos);
        let keeps_end = match self.whole.get(pos + 1..header)?.trim_end_matches(' ') {
            "" => true,
            "-" => false,
            _ => return None,
        };
        let mut says = String::new();
        let mut indent = None;
        let (mut end, mut next) = (header, header + 1);
        let mut empty_lines = 0;
        while next < self.text.len() {
            let start = self.blanks(next);
            let line_end = self.line_end(start);
            let column = start - next;
            if start == line_end {
                // Blanks before the first line of text must not be more than it has, and further right they are text.
                if column > indent.unwrap_or(0) {
                    return None;
                }
                empty_lines += 1;
            } else {
                let indent = *indent.get_or_insert(column.max(least));
                if column < indent {
                    if column >= least {
                        return None;
                    }
                    break;
                }
                says.extend(std::iter::repeat_n('\n', std::mem::take(&mut empty_lines)));
                says.push_str(self.whole.get(next + indent..line_end)?);
                end = line_end;
                // The last line of a document may have no line end to keep.
                if line_end < self.text.len() {
                    says.push('\n');
                    end += 1;
                }
            }
            next = line_end + 1;
        }
        if says.is_empty() {
            return None;
        }
        if self.beyond_ascii.first().is_some_and(|&at| at < header) {
            return None;
        }
        let rest = self.beyond_ascii;
        self.beyond_ascii = rest.get(rest.partition_point(|&at| at < end)..).unwrap_or_default();
        if !keeps_end && says.ends_with('\n') {
            says.pop();
        }
        self.scalar(Scalar { kind: NodeKind::Literal, end, says: Some(says.into()) }, sign, pos)?;
        // The block's last line end is part of it.
        Some(if end == self.text.len() { end } else { end - 1 })
    }
}

/// A plain text with what follows it on its line, without a comment and blanks at its end.
pub(super) fn without_comment(line: &str) -> &str {
    line.find(" #").and_then(|comment| line.get(..comment)).unwrap_or(line).trim_end_matches(' ')
}

/// Is this a plain text in block style, and nothing else?
pub(super) fn is_text(text: &str) -> bool {
    begins_text(text) && !text.contains(": ") && !text.ends_with(':')
}

/// Can a plain text begin like this, and be nothing else?
fn begins_text(text: &str) -> bool {
    let mut bytes = text.bytes();
    match bytes.next() {
        Some(b'-') => bytes.next().is_some_and(|b| b != b' '),
        Some(b) => b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'/' | b'$' | b'('),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::Tree;
    use proptest::prelude::*;

    /// Lines of simple documents, and some that are not.
    const LINES: [&str; 30] = [
        "a: 1\n",
        "b:\n",
        "c:\n  ",
        "- ",
        "- d\n",
        "  - e: f\n",
        "    g: h\n",
        "  ",
        "    ",
        "[]\n",
        "  []\n",
        "  {}\n",
        "    [1, {x: y}]\n",
        "  [a,\n   b]\n",
        "t: |\n",
        "- |\n",
        "u: |-\n",
        "  text – text\n",
        "    ü\n",
        "\n",
        "   \n",
        "# é\n",
        "  # c\n",
        "v: 'x' # y\n",
        "é: 1\n",
        "  text",
        "\u{2028}",
        "--- \n",
        "\tx\n",
        "- []\n",
    ];

    fn check(text: &str) -> Result<(), TestCaseError> {
        if let Some(tree) = Tree::parse_simple(text, 1) {
            let by_grammar = Tree::parse_by_grammar(text, 1);
            prop_assert!(
                by_grammar.as_ref().is_ok_and(|other| other.is_same(&tree)),
                "{text:?}\n{tree:?}\n{by_grammar:?}"
            );
        }
        Ok(())
    }

    #[test]
    fn simple_documents_include_literal_blocks_of_any_text_and_brackets_below_a_key() {
        for text in ["a: |\n  x – y\n", "a: |-\n  x\n\n  y", "a:\n  []\nb:\n  - {}\n", "a: |\n  x"] {
            assert!(Tree::parse_simple(text, 1).is_some(), "{text:?}");
            check(text).unwrap();
        }
        for text in ["a: é\n", "# é\na: 1\n", "a: |\n  x\u{2028}\n", "a: |\n  x\u{85}\n", "a:\n[]\n"] {
            assert!(Tree::parse_simple(text, 1).is_none(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn the_tree_is_the_one_of_the_grammar(lines in prop::collection::vec(prop::sample::select(LINES.to_vec()), 1..8)) {
            check(&lines.concat())?;
        }
    }
}
