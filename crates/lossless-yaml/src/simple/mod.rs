//! Reads simple documents without the whole grammar, many times faster.
//!
//! A simple document has no anchors, tags or merge keys. Its keys are on one line; its scalars are plain or quoted and end
//! on their line, or are literal blocks. Outside of literal blocks it is ASCII without tabs. Most manifests are simple
//! documents, and so is most JSON. Anything else is refused and left to the parser, and so are all errors.
//!
//! What is read goes to a [`Sink`]: [`tree`] builds the same [`crate::Tree`] as the parser does, to the last byte;
//! [`top_level`] only reports the keys of the root; an edited document is compared with its draft. Tests and fuzzing compare the trees.

#[cfg(test)]
mod tests;
mod top_level;
mod tree;

pub use top_level::top_level_entries;
pub(super) use tree::parse;

use std::borrow::Cow;

use crate::parts::from;
use crate::text::{self, slice};
use crate::tree::{LiteralBlock, NodeKind, written_text};

/// Documents that nest deeper are left to the parser.
const MAX_OPEN: usize = 64;
/// YAML's limit for a key on one line is 1,024 characters (YAML 1.2.2, section 7.4.2).
const MAX_KEY: usize = 1_000;

/// The bytes of plain keys.
static IN_KEY: [bool; 256] = table(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./");
/// The bytes before which a plain text may end.
static ENDS_TEXT: [bool; 256] = table(b"\n:#");

#[allow(clippy::indexing_slicing, reason = "a byte is below 256, and the index below the length")]
const fn table(members: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut index = 0;
    while index < members.len() {
        table[members[index] as usize] = true;
        index += 1;
    }
    table
}

/// Takes in the nodes of a document in order. `None` ends the reading: the document is left to the parser.
///
/// `lead` is where a node's entry begins, as in [`crate::tree::Node`].
pub(crate) trait Sink {
    /// Whether the sink uses the text of block scalars. If not, all of their headers are read.
    const READS_BLOCKS: bool;

    /// A list or mapping begins. Its items, or its keys and values in turn, follow.
    fn begin(&mut self, kind: NodeKind, lead: usize, start: usize) -> Option<()>;

    /// The list or mapping that began last, and has not ended yet, ends.
    fn end(&mut self, end: usize);

    /// A scalar at `start`.
    fn scalar(&mut self, scalar: Scalar<'_>, lead: usize, start: usize) -> Option<()>;
}

/// A scalar as it is written.
pub(crate) struct Scalar<'a> {
    pub kind: NodeKind,
    pub end: usize,
    pub value: Value<'a>,
}

/// The value of a scalar.
pub(crate) enum Value<'a> {
    /// As it is written.
    Written,
    /// Another text.
    Other(Cow<'a, str>),
    /// That of a literal block.
    Block(LiteralBlock),
}

impl Scalar<'_> {
    /// The value of the scalar, which begins at `start` of `document`.
    pub(crate) fn text<'t>(&'t self, document: &'t str, start: usize) -> Cow<'t, str> {
        match &self.value {
            Value::Written => written_text(document, self.kind, start..self.end).into(),
            Value::Other(value) => (&**value).into(),
            Value::Block(block) => block.text(document).into(),
        }
    }
}

/// Reads `text` into `sink`; `None` if it is not a simple document.
pub(crate) fn read(text: &str, sink: &mut impl Sink) -> Option<()> {
    // Without a branch, so that many bytes are looked at together.
    let is_other = |b: u8| u8::from(b.wrapping_sub(b' ') > b'~' - b' ') & u8::from(b != b'\n');
    let is_ascii = text.bytes().fold(0, |others, b| others | is_other(b)) == 0;
    let beyond_ascii = if is_ascii { Vec::new() } else { beyond_ascii(text)? };
    let mut reader = Reader {
        text,
        sink,
        is_empty: true,
        open: Vec::new(),
        expected: None,
        cursor: 0,
        line: 0,
        beyond_ascii: &beyond_ascii,
    };
    reader.lines()?;
    (!reader.is_empty).then_some(())
}

/// The position of the first byte beyond ASCII of each line that has any; `None` for control characters, and for those
/// beyond ASCII that some readers take for line ends or refuse.
fn beyond_ascii(text: &str) -> Option<Vec<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut is_first = true;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b' '..=b'~' => {}
            b'\n' => is_first = true,
            0xe2 if matches!(bytes.get(at + 1..at + 3), Some([0x80, 0xa8 | 0xa9])) => return None,
            0x80..=0xbf | 0xc3..=0xee | 0xf0..=0xf3 => {
                if std::mem::take(&mut is_first) {
                    found.push(at);
                }
            }
            _ => return None,
        }
    }
    Some(found)
}

/// A list or mapping that has not ended.
struct Open {
    /// Column of its dashes or keys in bytes; 0 if it is in brackets.
    column: usize,
    is_list: bool,
}

/// A key or a dash that may get its value on a later line.
struct Expected {
    column: usize,
    is_list: bool,
    /// Position of its colon or dash.
    sign: usize,
}

struct Reader<'a, 's, S> {
    text: &'a str,
    sink: &'s mut S,
    /// Whether no node was read yet.
    is_empty: bool,
    open: Vec<Open>,
    expected: Option<Expected>,
    /// One past the last byte that belongs to a node.
    cursor: usize,
    /// Start of the current line.
    line: usize,
    /// Positions of bytes beyond ASCII behind the literal blocks that were read, the first of each line.
    beyond_ascii: &'a [usize],
}

impl<'a, S: Sink> Reader<'a, '_, S> {
    fn byte(&self, pos: usize) -> u8 {
        self.text.as_bytes().get(pos).copied().unwrap_or(b'\n')
    }

    fn skip_spaces(&self, pos: usize) -> usize {
        text::skip_spaces(self.text, pos)
    }

    fn line_end(&self, pos: usize) -> usize {
        text::line_feed(self.text, pos)
    }

    /// Whether the line ends here, perhaps with a comment after spaces.
    fn ends(&self, pos: usize) -> bool {
        let next = self.skip_spaces(pos);
        self.byte(next) == b'\n' || (next > pos && self.byte(next) == b'#')
    }

    fn lines(&mut self) -> Option<()> {
        let mut may_have_marker = true;
        let mut pos = 0;
        while pos < self.text.len() {
            self.line = pos;
            let start = self.skip_spaces(pos);
            let next = match self.byte(start) {
                b'\n' | b'#' => start,
                b'-' if may_have_marker && start == pos && self.text.get(pos..pos + 3) == Some("---") => {
                    may_have_marker = false;
                    let after = self.skip_spaces(pos + 3);
                    (self.byte(after) == b'\n').then_some(after)?
                }
                _ => {
                    may_have_marker = false;
                    self.nodes(start)?
                }
            };
            pos = self.line_end(next) + 1;
        }
        self.absent()?;
        while !self.open.is_empty() {
            self.close();
        }
        self.beyond_ascii.is_empty().then_some(())
    }

    /// Reads the dashes, the key and the value of a line. Returns the position to go on at.
    fn nodes(&mut self, mut pos: usize) -> Option<usize> {
        let mut dash = None;
        while self.byte(pos) == b'-' && matches!(self.byte(pos + 1), b' ' | b'\n') {
            self.begin(pos, true, dash)?;
            self.cursor = pos + 1;
            let next = self.skip_spaces(pos + 1);
            if self.ends(pos + 1) {
                self.expected = Some(Expected { column: pos - self.line, is_list: true, sign: pos });
                return Some(next);
            }
            dash = Some(pos);
            pos = next;
        }
        let Some((key, colon)) = self.key(pos, false) else {
            return match dash {
                Some(dash) => self.value(pos, dash, dash - self.line + 1),
                // A text alone on its line may continue the one before it.
                None => self.brackets_below(pos),
            };
        };
        let column = pos - self.line;
        self.begin(pos, false, dash)?;
        self.scalar(key, pos, pos)?;
        self.cursor = colon + 1;
        let next = self.skip_spaces(colon + 1);
        if self.ends(colon + 1) {
            self.expected = Some(Expected { column, is_list: false, sign: colon });
            return Some(next);
        }
        self.value(next, colon, column + 1)
    }

    /// Reads a list or mapping in brackets on the line below its key or dash, or of a whole document, such as JSON.
    fn brackets_below(&mut self, pos: usize) -> Option<usize> {
        let (lead, least) = match self.expected.take() {
            Some(parent) if pos - self.line > parent.column => (parent.sign, parent.column + 1),
            None if self.is_empty => (pos, 0),
            _ => return None,
        };
        if !matches!(self.byte(pos), b'[' | b'{') {
            return None;
        }
        let end = self.flow(pos, lead, least)?;
        self.ends(end).then_some(end)
    }

    /// Enters the entry of a dash or a key: it begins a collection, or continues one. `dash` is the one before it on its
    /// line.
    fn begin(&mut self, pos: usize, is_list: bool, dash: Option<usize>) -> Option<()> {
        let column = pos - self.line;
        let sign = match self.expected.take() {
            Some(parent) if column > parent.column || (is_list && !parent.is_list && column == parent.column) => {
                Some(parent.sign)
            }
            Some(parent) => {
                self.nothing(parent.sign)?;
                None
            }
            None if dash.is_some() => dash,
            None if self.open.is_empty() => self.is_empty.then_some(Some(pos))?,
            None => None,
        };
        if let Some(sign) = sign {
            let kind = if is_list { NodeKind::BlockSeq } else { NodeKind::BlockMap };
            return self.open(kind, sign, pos, column);
        }
        // A list may be in the column of its own key; the next key there ends it.
        while self.open.last().is_some_and(|o| o.column > column || (o.column == column && o.is_list && !is_list)) {
            self.close();
        }
        self.open.last().is_some_and(|o| o.column == column && o.is_list == is_list).then_some(())
    }

    /// Begins a collection.
    fn open(&mut self, kind: NodeKind, lead: usize, start: usize, column: usize) -> Option<()> {
        if self.open.len() == MAX_OPEN {
            return None;
        }
        self.is_empty = false;
        self.open.push(Open { column, is_list: kind.is_seq() });
        self.sink.begin(kind, lead, start)
    }

    /// Ends the collection that began last.
    fn close(&mut self) {
        self.open.pop();
        self.sink.end(self.cursor);
    }

    /// Ends the wait for a value: the key or dash has none.
    fn absent(&mut self) -> Option<()> {
        match self.expected.take() {
            Some(expected) => self.nothing(expected.sign),
            None => Some(()),
        }
    }

    fn nothing(&mut self, sign: usize) -> Option<()> {
        self.sink.scalar(Scalar { kind: NodeKind::Absent, end: sign + 1, value: Value::Written }, sign, sign + 1)
    }

    /// Passes a scalar on. Returns its end.
    fn scalar(&mut self, scalar: Scalar<'_>, lead: usize, start: usize) -> Option<usize> {
        self.is_empty = false;
        self.cursor = scalar.end;
        self.sink.scalar(scalar, lead, start)?;
        Some(self.cursor)
    }

    /// The key at `pos`, and the position of its colon.
    fn key(&self, pos: usize, in_flow: bool) -> Option<(Scalar<'a>, usize)> {
        let key = match self.byte(pos) {
            b'"' | b'\'' => self.quoted(pos)?,
            first => {
                let is_key = |b: &&u8| IN_KEY.get(usize::from(**b)) == Some(&true);
                let length = self.text.as_bytes().get(pos..)?.iter().take_while(is_key).count();
                if !(first.is_ascii_alphanumeric() || first == b'_') {
                    return None;
                }
                Scalar { kind: NodeKind::Plain, end: pos + length, value: Value::Written }
            }
        };
        let colon = key.end;
        // As in JSON, a colon in braces may directly follow a quoted key and precede its value.
        let is_json = in_flow && key.kind != NodeKind::Plain;
        let ends_key = self.byte(colon) == b':' && (is_json || matches!(self.byte(colon + 1), b' ' | b'\n'));
        (ends_key && colon - pos <= MAX_KEY).then_some((key, colon))
    }

    /// Reads the value behind a colon or a dash, to the end of its line or block. Returns the position to go on at. Lines of
    /// a block are indented by `least` spaces or more.
    fn value(&mut self, pos: usize, sign: usize, least: usize) -> Option<usize> {
        if self.byte(pos) == b'|' || (!S::READS_BLOCKS && self.byte(pos) == b'>') {
            return self.block(pos, sign, least);
        }
        let end = self.on_one_line(pos, sign, least, Self::text)?;
        self.ends(end).then_some(end)
    }

    /// Reads a value in brackets, in quotes, or plain as `plain` reads it. Returns its end.
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
        // The end of the line is not looked for first: a document can be one line with many quoted texts.
        let rest = self.text.get(pos + 1..)?;
        if self.byte(pos) == b'\'' {
            let (mut length, mut doubled) = (0, false);
            loop {
                length += memchr::memchr2(b'\'', b'\n', rest.as_bytes().get(length..)?)?;
                if rest.as_bytes().get(length) != Some(&b'\'') {
                    return None;
                }
                if rest.as_bytes().get(length + 1) != Some(&b'\'') {
                    break;
                }
                (length, doubled) = (length + 2, true);
            }
            let other = || Some(Value::Other(rest.get(..length)?.replace("''", "'").into()));
            let value = if doubled { other()? } else { Value::Written };
            return Some(Scalar { kind: NodeKind::Single, end: pos + length + 2, value });
        }
        let stop = memchr::memchr3(b'"', b'\\', b'\n', rest.as_bytes())?;
        match rest.as_bytes().get(stop)? {
            b'"' => return Some(Scalar { kind: NodeKind::Double, end: pos + stop + 2, value: Value::Written }),
            b'\n' => return None,
            _ => {}
        }
        let mut value = rest.get(..stop)?.to_owned();
        let mut chars = rest.get(stop..)?.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\n' => return None,
                '"' => {
                    let end = pos + 1 + stop + at + 1;
                    return Some(Scalar { kind: NodeKind::Double, end, value: Value::Other(value.into()) });
                }
                '\\' => value.push(match chars.next()?.1 {
                    c @ ('"' | '\\' | '/') => c,
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    // Halves of a surrogate pair are left to the parser.
                    'u' => {
                        char::from_u32((0..4).try_fold(0, |code, _| Some(code * 16 + chars.next()?.1.to_digit(16)?))?)?
                    }
                    _ => return None,
                }),
                c => value.push(c),
            }
        }
        None
    }

    /// A plain text that ends on its line, perhaps before a comment, in block style.
    fn text(&self, pos: usize) -> Option<Scalar<'a>> {
        let rest = from(self.text.as_bytes(), pos);
        let mut end = 0;
        loop {
            let may_end = |b: &u8| ENDS_TEXT.get(usize::from(*b)) == Some(&true);
            end += from(rest, end).iter().position(may_end).unwrap_or(rest.len() - end);
            match rest.get(end) {
                // It is a key.
                Some(b':') if matches!(rest.get(end + 1), None | Some(b' ' | b'\n')) => return None,
                Some(b'#') if end.checked_sub(1).and_then(|before| rest.get(before)) == Some(&b' ') => break,
                Some(b':' | b'#') => end += 1,
                _ => break,
            }
        }
        let text = self.text.get(pos..pos + end)?.trim_end_matches(' ');
        begins_text(text).then_some(Scalar { kind: NodeKind::Plain, end: pos + text.len(), value: Value::Written })
    }

    /// Reads a list or mapping in brackets or braces. Returns its end. Its lines are indented by `least` spaces or more.
    fn flow(&mut self, pos: usize, lead: usize, least: usize) -> Option<usize> {
        let is_list = self.byte(pos) == b'[';
        let kind = if is_list { NodeKind::FlowSeq } else { NodeKind::FlowMap };
        let close = if is_list { b']' } else { b'}' };
        self.open(kind, lead, pos, 0)?;
        let mut pos = self.trivia(pos + 1, least)?;
        loop {
            if self.byte(pos) == close {
                self.cursor = pos + 1;
                self.close();
                return Some(pos + 1);
            }
            let mut sign = pos;
            if !is_list {
                let (key, colon) = self.key(pos, true)?;
                self.scalar(key, pos, pos)?;
                sign = colon;
                pos = self.skip_spaces(colon + 1);
            }
            let end = self.on_one_line(pos, sign, least, Self::flow_text)?;
            pos = self.trivia(end, least)?;
            match self.byte(pos) {
                b',' => pos = self.trivia(pos + 1, least)?,
                found if found == close => {}
                _ => return None,
            }
        }
    }

    /// Skips spaces and line ends inside of brackets; `None` at a comment, or if a line is too far left.
    fn trivia(&self, mut pos: usize, least: usize) -> Option<usize> {
        loop {
            pos = self.skip_spaces(pos);
            match self.byte(pos) {
                b'\n' if pos < self.text.len() => {
                    let next = self.skip_spaces(pos + 1);
                    let is_empty = self.byte(next) == b'\n';
                    let is_marker = ["---", "..."].iter().any(|sign| slice(self.text, pos + 1..pos + 4) == *sign);
                    if is_marker || (!is_empty && next - pos - 1 < least) {
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
        // Not to the end of the line, which may have any number of entries.
        let rest = self.text.get(pos..)?;
        let text = rest.get(..rest.find(['\n', ',', '[', ']', '{', '}']).unwrap_or(rest.len()))?.trim_end_matches(' ');
        let is_text = begins_text(text) && !text.contains([':', '#', '"', '\'']);
        is_text.then_some(Scalar { kind: NodeKind::Plain, end: pos + text.len(), value: Value::Written })
    }

    /// Reads a literal block, or a folded one whose text is not needed. Returns the position to go on at.
    fn block(&mut self, pos: usize, sign: usize, least: usize) -> Option<usize> {
        let header = self.line_end(pos);
        let keeps_end = match self.text.get(pos + 1..header)?.trim_end_matches(' ') {
            "" => true,
            "-" => false,
            "+" if !S::READS_BLOCKS => true,
            _ => return None,
        };
        let mut indent = None;
        let (mut end, mut next) = (header, header + 1);
        while next < self.text.len() {
            let start = self.skip_spaces(next);
            let line_end = self.line_end(start);
            let column = start - next;
            if start == line_end {
                // Spaces before the first line of text must not be more than it has; later they are text.
                if indent.map_or(column > 0, |indent| S::READS_BLOCKS && column > indent) {
                    return None;
                }
            } else {
                let indent = *indent.get_or_insert(column.max(least));
                if column < indent {
                    if column >= least {
                        return None;
                    }
                    break;
                }
                // The last line of a document may have no line end.
                end = self.text.len().min(line_end + 1);
            }
            next = line_end + 1;
        }
        let lines = if S::READS_BLOCKS { header + 1..end } else { 0..0 };
        if self.beyond_ascii.first().is_some_and(|&at| at < header) || (S::READS_BLOCKS && lines.is_empty()) {
            return None;
        }
        let rest = self.beyond_ascii;
        self.beyond_ascii = from(rest, rest.partition_point(|&at| at < end));
        let block = LiteralBlock::new(lines, indent.unwrap_or_default(), keeps_end);
        self.scalar(Scalar { kind: NodeKind::Literal, end, value: Value::Block(block) }, sign, pos)?;
        // The block's last line end is part of it.
        Some(if self.byte(end - 1) == b'\n' { end - 1 } else { end })
    }
}

/// Whether a plain text may begin like this, and nothing else.
fn begins_text(text: &str) -> bool {
    let mut bytes = text.bytes();
    match bytes.next() {
        Some(b'-') => bytes.next().is_some_and(|b| b != b' '),
        Some(b) => b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'/' | b'$' | b'('),
        None => false,
    }
}
