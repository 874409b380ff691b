//! Finds the items of a list in a JSON object: on one line as a whole, or each beginning on a line of its own.

use memchr::memchr3;

use super::{Parts, Scanned};
use crate::split::{Marker, marker};

/// The longest key that is compared, and the longest white space before an item, in bytes.
const MAX_KEPT: usize = 256;

#[derive(Debug)]
pub(super) struct Json {
    key: &'static str,
    state: State,
    /// The object begins here.
    start: usize,
    /// How many braces and brackets are open.
    depth: usize,
    /// Whether the byte before is a backslash in a string.
    is_escaped: bool,
    /// The byte before, outside of strings.
    before: u8,
    /// The last string directly in the object.
    text: Vec<u8>,
    /// White space since the last bracket, comma or item.
    gap: Vec<u8>,
    /// The white space before the first item.
    first_gap: Vec<u8>,
    /// Whether a comma was the last thing in the list.
    is_behind_comma: bool,
    /// The end of the last item.
    item_end: usize,
    /// Characters of the line before the bytes that are being taken.
    column: usize,
    head: usize,
    tail: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the object.
    Before,
    /// In the object, outside of the list.
    Outside,
    /// The same, in a string.
    String,
    /// Behind the list's key.
    Key,
    /// In the list, between items.
    List,
    /// In an item.
    Item,
    /// In a string of an item.
    ItemString,
    /// Behind the object.
    Behind,
}

impl Json {
    pub(super) fn new(key: &'static str, start: usize) -> Self {
        Self {
            key,
            state: State::Before,
            start,
            depth: 0,
            is_escaped: false,
            before: b'\n',
            text: Vec::new(),
            gap: Vec::new(),
            first_gap: Vec::new(),
            is_behind_comma: false,
            item_end: 0,
            column: 0,
            head: 0,
            tail: None,
        }
    }

    pub(super) fn take(&mut self, bytes: &[u8], is_last: bool, parts: &mut Parts) -> Scanned {
        let mut taking = Taking { json: self, bytes, is_last, counted: 0, parts };
        let scanned = taking.take();
        let (counted, end) = (taking.counted, bytes.len());
        self.column += characters(bytes.get(counted..end).unwrap_or_default());
        scanned
    }

    /// The end of the head and the start of the tail.
    pub(super) fn frame(&self) -> Option<(usize, usize)> {
        (self.state == State::Behind).then_some((self.head, self.tail?))
    }
}

/// How many characters begin in `bytes`.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&b| b & 0xc0 != 0x80).count()
}

/// The document with the bytes that are being taken.
struct Taking<'t> {
    json: &'t mut Json,
    bytes: &'t [u8],
    is_last: bool,
    /// Up to here, characters are counted in `column`.
    counted: usize,
    parts: &'t mut Parts,
}

/// The document cannot be cut.
struct Unsuitable;

impl Taking<'_> {
    fn take(&mut self) -> Scanned {
        let mut pos = 0;
        while let Some(&byte) = self.bytes.get(pos) {
            let next = match self.json.state {
                State::String | State::ItemString => self.string(pos),
                State::Behind => match self.behind(pos, byte) {
                    Ok(Some(scanned)) => return scanned,
                    Ok(None) => Ok(pos + 1),
                    Err(unsuitable) => Err(unsuitable),
                },
                State::Item => self.item(pos, byte),
                State::Before if self.parts.taken + pos < self.json.start => {
                    if byte == b'\n' {
                        self.end_line(pos);
                    }
                    Ok(pos + 1)
                }
                _ => self.structure(pos, byte),
            };
            match next {
                Ok(next) => pos = next,
                Err(Unsuitable) => return Scanned::Unsuitable,
            }
        }
        if self.is_last { Scanned::End(pos) } else { Scanned::More(pos) }
    }

    /// Continues in a string. JSON has no line end in it.
    fn string(&mut self, pos: usize) -> Result<usize, Unsuitable> {
        if std::mem::take(&mut self.json.is_escaped) {
            self.keep(pos, pos + 1);
            return Ok(pos + 1);
        }
        let rest = self.bytes.get(pos..).unwrap_or_default();
        let Some(at) = memchr3(b'"', b'\\', b'\n', rest).map(|at| pos + at) else {
            self.keep(pos, self.bytes.len());
            return Ok(self.bytes.len());
        };
        self.keep(pos, at);
        match self.bytes.get(at) {
            Some(b'"') if self.json.state == State::ItemString => self.json.state = State::Item,
            Some(b'"') => self.json.state = State::Outside,
            Some(b'\\') => {
                self.keep(at, at + 1);
                self.json.is_escaped = true;
            }
            _ => return Err(Unsuitable),
        }
        Ok(at + 1)
    }

    /// Keeps the start of a string that may be a key of the object.
    fn keep(&mut self, start: usize, end: usize) {
        let kept = &mut self.json.text;
        if self.json.state == State::String && self.json.depth == 1 && kept.len() < MAX_KEPT {
            kept.extend(self.bytes.get(start..end).unwrap_or_default().iter().take(MAX_KEPT));
        }
    }

    /// Reads what is in an item, outside of strings, up to its end.
    fn item(&mut self, mut pos: usize, mut byte: u8) -> Result<usize, Unsuitable> {
        loop {
            match byte {
                // Most bytes are these.
                b' ' | b':' | b',' => {}
                b'"' => {
                    self.json.state = State::ItemString;
                    return Ok(pos + 1);
                }
                b'{' | b'[' => self.json.depth += 1,
                b'}' | b']' => {
                    self.json.depth -= 1;
                    if self.json.depth == 2 {
                        self.json.state = State::List;
                        self.json.item_end = self.parts.taken + pos + 1;
                        self.json.gap.clear();
                        return Ok(pos + 1);
                    }
                }
                _ => self.other(pos, byte)?,
            }
            self.json.before = byte;
            pos += 1;
            match self.bytes.get(pos) {
                Some(&next) => byte = next,
                None => return Ok(pos),
            }
        }
    }

    /// Reads what is outside of items and strings.
    fn structure(&mut self, pos: usize, byte: u8) -> Result<usize, Unsuitable> {
        let json = &mut *self.json;
        match (json.state, byte) {
            (State::List, b'{') => {
                self.begin_item(pos)?;
                return Ok(pos + 1);
            }
            (State::List, b',') if !json.is_behind_comma && json.item_end > 0 => {
                json.is_behind_comma = true;
                json.gap.clear();
            }
            (State::List, b']') if !json.is_behind_comma && json.item_end > 0 => {
                json.tail = Some(json.item_end);
                (json.state, json.depth) = (State::Outside, 1);
            }
            (State::Key, b'[') => {
                if json.tail.is_some() {
                    return Err(Unsuitable);
                }
                (json.state, json.depth) = (State::List, 2);
                json.gap.clear();
            }
            (State::List | State::Key, b' ' | b'\t' | b'\r' | b'\n') => {
                if json.gap.len() == MAX_KEPT {
                    return Err(Unsuitable);
                }
                json.gap.push(byte);
                self.other(pos, byte)?;
            }
            (State::List, _) => return Err(Unsuitable),
            (_, b'"') => {
                json.text.clear();
                json.state = State::String;
            }
            (_, b'{' | b'[') => (json.state, json.depth) = (State::Outside, json.depth + 1),
            (_, b'}' | b']') => {
                (json.state, json.depth) = (State::Outside, json.depth.saturating_sub(1));
                if json.depth == 0 {
                    json.state = State::Behind;
                }
            }
            (_, b':') => {
                let is_key = json.depth == 1 && json.text == json.key.as_bytes();
                json.state = if is_key { State::Key } else { State::Outside };
            }
            _ => {
                json.state = State::Outside;
                self.other(pos, byte)?;
            }
        }
        self.json.before = byte;
        Ok(pos + 1)
    }

    fn begin_item(&mut self, pos: usize) -> Result<(), Unsuitable> {
        let item = self.parts.taken + pos;
        let json = &mut *self.json;
        if json.item_end == 0 {
            json.head = item;
            json.first_gap.clone_from(&json.gap);
        } else if !json.is_behind_comma {
            return Err(Unsuitable);
        }
        let is_alike = json.gap == json.first_gap || !json.first_gap.contains(&b'\n');
        if self.parts.is_due(item) && is_alike {
            // A part begins with its line.
            let line_end = json.gap.iter().rposition(|&b| b == b'\n');
            let start = line_end.map_or(item, |end| item - (json.gap.len() - end - 1));
            self.count(pos);
            let json = &*self.json;
            self.parts.begin(start, item, json.item_end, json.column + 1);
        }
        self.parts.count();
        let json = &mut *self.json;
        (json.state, json.depth, json.is_behind_comma, json.before) = (State::Item, 3, false, b'{');
        Ok(())
    }

    /// A byte of white space, or of numbers, `true`, `false` and `null`. Two dashes or points may be a marker.
    fn other(&mut self, pos: usize, byte: u8) -> Result<(), Unsuitable> {
        match byte {
            b'\n' => {
                let json = &mut *self.json;
                // A list that begins on the line of its bracket is on that line as a whole.
                let in_list = matches!(json.state, State::List | State::Item);
                if in_list && json.head > 0 && !json.first_gap.contains(&b'\n') {
                    return Err(Unsuitable);
                }
                self.end_line(pos);
                Ok(())
            }
            b'-' | b'.' if self.json.before == byte => Err(Unsuitable),
            _ if byte.is_ascii_digit() || b",:-+. \t\rEaeflnrstu".contains(&byte) => Ok(()),
            _ => Err(Unsuitable),
        }
    }

    fn end_line(&mut self, pos: usize) {
        self.json.column = 0;
        self.counted = pos + 1;
        self.parts.line += 1;
    }

    /// Counts the characters of the line up to `pos`.
    fn count(&mut self, pos: usize) {
        self.json.column += characters(self.bytes.get(self.counted..pos).unwrap_or_default());
        self.counted = pos;
    }

    /// Reads what follows the object: the next document, or nothing.
    fn behind(&mut self, pos: usize, byte: u8) -> Result<Option<Scanned>, Unsuitable> {
        let begins_line = self.json.before == b'\n';
        self.json.before = byte;
        match byte {
            b'\n' => self.parts.line += 1,
            b' ' | b'\t' | b'\r' => {}
            b'{' if begins_line => return Ok(Some(Scanned::End(pos))),
            b'-' if begins_line => {
                let rest = self.bytes.get(pos..).unwrap_or_default();
                if rest.len() < 4 && !self.is_last {
                    self.json.before = b'\n';
                    return Ok(Some(Scanned::More(pos)));
                }
                return if matches!(marker(rest), Some(Marker::Start)) {
                    Ok(Some(Scanned::End(pos)))
                } else {
                    Err(Unsuitable)
                };
            }
            _ => return Err(Unsuitable),
        }
        Ok(None)
    }
}
