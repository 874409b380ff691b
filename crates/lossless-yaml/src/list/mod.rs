//! Cuts a document that is one long list of objects into parts, while it is read and without a tree of the whole.
//!
//! A [`ListScanner`] finds where the items begin and end: [`block`] in lines of dashes, [`json`] in JSON. What comes
//! before the first item is the head of the document, what comes after the last one its tail. The head, some items and
//! the tail together are an excerpt, a document of the same form: [`Tree::parse_excerpt`](crate::Tree::parse_excerpt)
//! reads it, with places and paths of the whole document.
//!
//! The scanner only follows lines, strings and brackets. A text that is not what it seems does not parse as an excerpt: a
//! quoted text or a bracket that is open at a cut never ends, and an alias to an anchor of another part is unknown.

mod block;
mod excerpt;
mod json;

use std::ops::Range;

pub use excerpt::Excerpt;

use crate::error::Place;
use crate::split::{Marker, has_bom, marker};
use crate::text::BOM;
use crate::tree::{NodeKind, Tree};
use block::Block;
use json::Json;

/// The longest head and tail, in bytes: each excerpt has them.
const MAX_FRAME: usize = 16 << 10;

/// Where the parts of a list are in its document, as byte ranges that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListParts {
    /// The length of the head.
    pub head: usize,
    /// The start of the tail.
    pub tail: usize,
    /// The length of the document.
    pub len: usize,
    /// How many lines end in the document.
    pub lines: usize,
    /// The parts, at least two.
    pub parts: Vec<ListPart>,
}

/// Some items of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPart {
    /// Where the part begins: at the start of a line if it can. The part ends where the next one begins.
    pub start: usize,
    /// The items, without what separates them from those of other parts.
    pub items: Range<usize>,
    /// The position of the first item in the file.
    pub place: Place,
    /// The index of the first item in the list.
    pub index: usize,
    /// How many items there are.
    pub count: usize,
}

/// What a [`ListScanner`] made of more bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// The document goes on. This many bytes were taken; the others must be given again, with those that follow.
    More(usize),
    /// The document ends behind this many bytes.
    End(usize),
    /// The document cannot be cut.
    Unsuitable,
}

/// Finds the items of a document that is read in blocks.
#[derive(Debug)]
pub struct ListScanner {
    form: Form,
    parts: Parts,
    /// The line of the file that the document begins on.
    first: usize,
}

#[derive(Debug)]
enum Form {
    Block(Block),
    Json(Json),
}

impl ListScanner {
    /// A scanner for the list at the top-level key `key` of a document that begins with `start`, on line `line` of its
    /// file. Each part but the last has at least `size` bytes. `None` if the document is of another form.
    pub fn new(start: &[u8], line: usize, key: &'static str, size: usize) -> Option<Self> {
        let content = first_content(start)?;
        let form = if start.get(content) == Some(&b'{') {
            Form::Json(Json::new(key, content))
        } else {
            Form::Block(Block::new(key, content))
        };
        Some(Self { form, parts: Parts { found: Vec::new(), size, index: 0, line, taken: 0 }, first: line })
    }

    /// Takes the next bytes of the document. `is_last` says that none follow.
    pub fn take(&mut self, bytes: &[u8], is_last: bool) -> Scanned {
        let scanned = match &mut self.form {
            Form::Block(block) => block.take(bytes, is_last, &mut self.parts),
            Form::Json(json) => json.take(bytes, is_last, &mut self.parts),
        };
        if let Scanned::More(count) | Scanned::End(count) = scanned {
            self.parts.taken += count;
        }
        scanned
    }

    /// The parts, once the document has ended. `None` if there are fewer than two, or if the head or the tail is long.
    pub fn finish(self) -> Option<ListParts> {
        let (head, tail) = match self.form {
            Form::Block(block) => block.frame(&self.parts),
            Form::Json(json) => json.frame(),
        }?;
        let (len, lines) = (self.parts.taken, self.parts.line - self.first);
        let mut parts = self.parts.found;
        if let Some(last) = parts.last_mut() {
            last.items.end = tail;
        }
        let is_long = head > MAX_FRAME || len - tail > MAX_FRAME;
        (parts.len() > 1 && !is_long).then_some(ListParts { head, tail, len, lines, parts })
    }
}

/// The parts found so far.
#[derive(Debug)]
struct Parts {
    found: Vec<ListPart>,
    /// The length from which on a part may end.
    size: usize,
    /// How many items began.
    index: usize,
    /// The current line of the file.
    line: usize,
    /// How many bytes were taken before the current ones.
    taken: usize,
}

impl Parts {
    /// Whether the next item, at `start`, begins a part.
    fn is_due(&self, start: usize) -> bool {
        self.found.last().is_none_or(|last| start - last.start >= self.size)
    }

    /// Counts an item, which belongs to the part that began last.
    fn count(&mut self) {
        self.index += 1;
        if let Some(part) = self.found.last_mut() {
            part.count += 1;
        }
    }

    /// Begins a part at `start`, with the item at `item`. The items of the part before end at `end`.
    fn begin(&mut self, start: usize, item: usize, end: usize, column: usize) {
        if let Some(before) = self.found.last_mut() {
            before.items.end = end;
        }
        let place = Place { line: self.line, column };
        self.found.push(ListPart { start, items: item..item, place, index: self.index, count: 0 });
    }
}

/// The position of the first content of a document that begins with `start`: behind a byte order mark, comments, and one
/// `---`. `None` if there is anything else before it, or none.
fn first_content(start: &[u8]) -> Option<usize> {
    let mut pos = if has_bom(start) { BOM.len_utf8() } else { 0 };
    let mut has_marker = false;
    loop {
        let rest = start.get(pos..)?;
        let end = memchr::memchr(b'\n', rest);
        let blanks = rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count();
        match (rest.get(blanks)?, marker(rest)) {
            (b'\n' | b'#', _) => {}
            (_, Some(Marker::Start)) if !has_marker => {
                has_marker = true;
                let after = rest.get(3..end?)?.trim_ascii_start();
                if !after.is_empty() && !after.starts_with(b"#") {
                    return None;
                }
            }
            (b'%', _) | (_, Some(_)) => return None,
            _ => return Some(pos + blanks),
        }
        pos += end? + 1;
    }
}

/// The text of `key` in a document of this head and tail, if they are the frame of a list at the key `list`: a mapping
/// without anchors, aliases, tags and duplicate keys, and with nothing in the list.
pub fn frame_text(head: &str, tail: &str, list: &str, key: &str) -> Option<String> {
    let text = [head, tail].concat();
    let tree = Tree::parse(&text, 1).ok()?;
    let root = tree.root().filter(|&root| tree.kind(root).is_map())?;
    let is_plain = tree.anchors.is_empty() && tree.aliases.is_empty() && tree.props.is_empty();
    if !is_plain || !tree.duplicate_keys(root).ok()?.is_empty() || tree.entries(root).any(|(key, _)| tree.is_merge(key))
    {
        return None;
    }
    let items = tree.get(root, list).ok()??;
    let is_empty = match tree.kind(items) {
        NodeKind::Absent => true,
        NodeKind::FlowSeq => tree.items(items).next().is_none(),
        _ => false,
    };
    let value = tree.get(root, key).ok()??;
    is_empty.then(|| tree.scalar(value).to_owned())
}

#[cfg(test)]
mod tests;
