//! A long List is read twice: first to find its items and its end, and then in parts. Between the two it is kept, in memory
//! up to a limit, then in a temporary file.

use std::io::{self, Read, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::sync::Arc;

use tempfile::{SpooledData, SpooledTempFile};

use super::read::{Batch, MAX_PART, ReadError};
use lossless_yaml::{Chunk, Excerpt, ListParts, ListScanner, Place, Scanned, frame_text};

/// How much of a List is kept in memory, in bytes.
const IN_MEMORY: usize = 16 << 20;

/// How many bytes are read at once.
const BLOCK: usize = 64 << 10;

/// The key of a List's items.
const ITEMS: &str = "items";

/// Which Lists are read in parts, and the size of these, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct ListSizes {
    /// Documents up to this size are read as a whole.
    pub whole: usize,
    /// The least size of a part.
    pub part: usize,
}

impl ListSizes {
    /// All Lists are read as a whole.
    pub const WHOLE: Self = Self { whole: usize::MAX, part: usize::MAX };
}

impl Default for ListSizes {
    fn default() -> Self {
        Self { whole: 64 << 10, part: 32 << 10 }
    }
}

/// What the parts of a List have in common.
#[derive(Debug, PartialEq, Eq)]
pub struct ListFrame {
    /// The document up to the first item.
    pub head: String,
    /// The rest of the document after the last item.
    pub tail: String,
    /// Where the document begins.
    pub start: Place,
}

impl ListFrame {
    /// The value of a key of the List.
    pub fn text(&self, key: &str) -> Option<String> {
        frame_text(&self.head, &self.tail, ITEMS, key)
    }
}

/// A part of a List. The first part includes the head of the document, the last one the tail.
#[derive(Clone, Debug)]
pub struct ListPart {
    /// What the parts have in common.
    pub frame: Arc<ListFrame>,
    /// The bytes of the items in the batch, without the separators to other parts.
    pub items: Range<usize>,
    /// Where the first item is.
    pub place: Place,
    /// The index of the first item.
    pub index: usize,
    /// How many items there are.
    pub count: usize,
    /// Whether no part precedes it.
    pub is_first: bool,
    /// Whether no part follows it.
    pub is_last: bool,
}

impl ListPart {
    /// The excerpt of the document with these items.
    pub fn text(&self, items: &str) -> String {
        [&self.frame.head, items, &self.frame.tail].concat()
    }

    /// The items of an excerpt; `None` if its head or tail are others.
    pub fn items_of<'e>(&self, excerpt: &'e str) -> Option<&'e str> {
        excerpt.strip_prefix(&*self.frame.head)?.strip_suffix(&*self.frame.tail)
    }

    /// Whether the part begins and ends with a line.
    pub fn has_own_lines(&self) -> bool {
        self.frame.head.trim_end_matches([' ', '\t']).ends_with('\n')
    }

    /// The place of the excerpt's items in the document.
    pub fn excerpt(&self) -> Excerpt {
        Excerpt { head: self.frame.head.len(), place: self.place, index: self.index }
    }
}

/// A List of a source, or another document.
pub(super) enum Found {
    /// A List that can be read in parts.
    List(KeptList),
    /// The bytes of another document.
    Other(Vec<u8>),
}

/// A List that is kept to be read in parts.
#[derive(Debug)]
pub(super) struct KeptList {
    kept: SpooledTempFile,
    parts: ListParts,
    frame: Arc<ListFrame>,
    /// The number in the source, from 1.
    number: usize,
    /// The next part.
    next: usize,
}

impl KeptList {
    /// Reads a document that begins with `bytes` on line `line`. Bytes after it are left in `bytes`; `ended` is set if
    /// the whole source was read.
    pub(super) fn read(
        bytes: &mut Vec<u8>,
        ended: &mut bool,
        from: &mut impl Read,
        [line, number]: [usize; 2],
        sizes: ListSizes,
    ) -> Result<Found, ReadError> {
        let Some(mut scanner) = ListScanner::new(bytes, line, ITEMS, sizes.part) else {
            return Ok(Found::Other(std::mem::take(bytes)));
        };
        let mut kept = SpooledTempFile::new(IN_MEMORY);
        let mut length = 0;
        let parts = loop {
            let found = scanner.take(bytes, *ended);
            if let Scanned::More(count) | Scanned::End(count) = found {
                kept.write_all(bytes.get(..count).unwrap_or_default()).map_err(of_temporary_file)?;
                bytes.drain(..count);
                length += count;
            }
            match found {
                Scanned::More(_) => {}
                Scanned::End(_) => break scanner.finish(),
                Scanned::Unsuitable => break None,
            }
            if length + bytes.len() >= MAX_PART {
                return Err(ReadError::TooLong);
            }
            *ended |= from.by_ref().take(BLOCK as u64).read_to_end(bytes)? < BLOCK;
        };
        let frame = parts.as_ref().map(|parts| frame(&mut kept, parts, line)).transpose().map_err(of_temporary_file)?;
        let Some((parts, frame)) = parts.zip(frame.flatten()) else {
            let mut document = into_bytes(kept).map_err(of_temporary_file)?;
            document.append(bytes);
            return Ok(Found::Other(document));
        };
        Ok(Found::List(Self { kept, parts, frame: Arc::new(frame), number, next: 0 }))
    }

    /// The next part. `ends_source`: nothing follows the List.
    pub(super) fn part(&mut self, ends_source: bool) -> Option<Result<Batch, ReadError>> {
        let part = self.parts.parts.get(self.next)?.clone();
        let (is_first, following) = (self.next == 0, self.parts.parts.get(self.next + 1));
        let is_last = following.is_none();
        let range = if is_first { 0 } else { part.start }..following.map_or(self.parts.len, |next| next.start);
        self.next += 1;
        let items = part.items.start - range.start..part.items.end - range.start;
        let start = if is_first { self.frame.start } else { Place { column: 1, ..part.place } };
        let (frame, place, index, count) = (Arc::clone(&self.frame), part.place, part.index, part.count);
        let list = ListPart { frame, items, place, index, count, is_first, is_last };
        Some(self.batch(range, start, is_last && ends_source).map(|batch| Batch { list: Some(list), ..batch }))
    }

    /// How many lines the document has.
    pub(super) fn lines(&self) -> usize {
        self.parts.lines
    }

    /// Begins again with the first part.
    pub(super) fn rewind(&mut self) {
        self.next = 0;
    }

    /// The whole document. No part follows it.
    pub(super) fn whole(&mut self, ends_source: bool) -> Result<Batch, ReadError> {
        self.next = self.parts.parts.len();
        self.batch(0..self.parts.len, self.frame.start, ends_source)
    }

    fn batch(&mut self, range: Range<usize>, start: Place, is_last: bool) -> Result<Batch, ReadError> {
        let bytes = read(&mut self.kept, range).map_err(of_temporary_file)?;
        let documents = vec![Chunk { range: 0..bytes.len(), start }];
        Ok(Batch { bytes, documents, first: self.number, is_last, list: None })
    }
}

/// The frame of a document, if it is a List.
fn frame(kept: &mut SpooledTempFile, parts: &ListParts, line: usize) -> io::Result<Option<ListFrame>> {
    let head = String::from_utf8(read(kept, 0..parts.head)?);
    let tail = String::from_utf8(read(kept, parts.tail..parts.len)?);
    let frame = head.ok().zip(tail.ok()).map(|(head, tail)| ListFrame { head, tail, start: line.into() });
    Ok(frame.filter(|frame| frame.text("kind").is_some_and(|kind| kind.ends_with("List"))))
}

fn read(kept: &mut SpooledTempFile, range: Range<usize>) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; range.len()];
    kept.seek(SeekFrom::Start(range.start as u64))?;
    kept.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// All bytes that are kept.
fn into_bytes(kept: SpooledTempFile) -> io::Result<Vec<u8>> {
    match kept.into_inner() {
        SpooledData::InMemory(bytes) => Ok(bytes.into_inner()),
        SpooledData::OnDisk(mut file) => {
            let mut bytes = Vec::new();
            file.rewind()?;
            file.read_to_end(&mut bytes)?;
            Ok(bytes)
        }
    }
}

#[allow(clippy::needless_pass_by_value, reason = "the signature that `map_err` takes")]
fn of_temporary_file(error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("a temporary file: {error}"))
}
