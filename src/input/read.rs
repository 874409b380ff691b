//! Reads sources in batches of whole documents, to process long streams in little memory.

use std::fs::File;
use std::io::{self, Read};
use std::slice::SliceIndex;
use std::sync::Arc;

use memchr::{memchr, memrchr};

use super::Source;
use super::io_text::io_text;
use super::list::{Found, KeptList, ListPart, ListSizes};
use super::utf16::{NotUtf16, Utf16Reader};
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use lossless_yaml::{Chunk, MAX_DOCUMENT, Place, split};

/// The size of a batch in bytes, unless a document is longer.
const BATCH: usize = 32 << 10;

/// Documents from this length on, in bytes, are long.
const LONG: usize = 1 << 20;

/// The maximum length, in bytes, that is allocated for a file at once.
const TRUSTED: usize = 16 << 20;

/// The maximum length of a document in bytes: devices and pipes may never end.
pub const MAX_PART: usize = MAX_DOCUMENT;

/// The number of bytes that are checked first, so that binary files are not read to the end.
const FIRST: usize = 8 << 10;

/// Why a source cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// An I/O error.
    #[error("{}", io_text(.0))]
    Io(io::Error),
    /// The bytes are not UTF-8.
    #[error("not UTF-8: byte 0x{byte:02x}")]
    NotUtf8 {
        /// The first invalid byte.
        byte: u8,
        /// The place of the byte.
        place: Place,
    },
    /// A zero byte near the start: a binary file, or UTF-16.
    #[error("not text: a NUL byte")]
    Binary {
        /// The place of the byte.
        place: Place,
    },
    /// The bytes begin as UTF-16, but are not.
    #[error("{}", NotUtf16)]
    NotUtf16,
    /// A document is too long.
    #[error("a document is longer than the limit of {MAX_PART} bytes")]
    TooLong,
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        error.downcast().map_or_else(Self::Io, |NotUtf16| Self::NotUtf16)
    }
}

impl From<&ReadError> for Diagnostic {
    fn from(error: &ReadError) -> Self {
        let code = match error {
            ReadError::Io(_) => Code::Unreadable,
            ReadError::NotUtf8 { .. } | ReadError::NotUtf16 => Code::NotUtf8,
            ReadError::Binary { .. } => Code::NotText,
            ReadError::TooLong => Code::TooLong,
        };
        let hint = error.hint().map(str::to_owned);
        Self { hint, ..Self::error(code, ExitCode::Input, error.to_string()).at(error.place()) }
    }
}

impl ReadError {
    /// The place in the source, if there is one.
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::Io(_) | Self::TooLong | Self::NotUtf16 => None,
            Self::NotUtf8 { place, .. } | Self::Binary { place } => Some(*place),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Io(_) => None,
            Self::NotUtf8 { .. } | Self::NotUtf16 | Self::Binary { .. } => Some("save the file as UTF-8"),
            Self::TooLong => Some("split it into several documents"),
        }
    }
}

/// A part of a source: whole documents, or a part of a List.
#[derive(Debug, Default)]
pub struct Batch {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The documents, which cover the bytes without gaps. Lines are those of the source.
    pub documents: Vec<Chunk>,
    /// The number of the first document in the source, from 1.
    pub first: usize,
    /// Whether it is the last batch.
    pub is_last: bool,
    /// Set for a part of a List. `documents` then has only this part.
    pub list: Option<ListPart>,
}

impl Batch {
    /// The bytes of one of its documents.
    pub fn text(&self, document: &Chunk) -> &[u8] {
        self.bytes.get(document.range.clone()).unwrap_or_default()
    }
}

/// The batches of one source, in order.
#[derive(Debug)]
pub struct Batches<R> {
    from: Utf16Reader<R>,
    /// Bytes that were read and are not a whole document yet.
    rest: Vec<u8>,
    /// The length of `rest` that is needed before it is split again.
    needed: usize,
    /// How many bytes of a file were not read yet, as far as it is known.
    left: usize,
    document: usize,
    line: usize,
    ended: bool,
    sizes: ListSizes,
    /// The List whose parts are being read.
    list: Option<KeptList>,
    /// Whether the next document is known to be read as a whole.
    is_whole: bool,
}

/// An open source.
pub type Opened = Batches<Box<dyn Read + Send>>;

/// Opens a source.
pub fn open(source: &Source) -> io::Result<Opened> {
    match source {
        Source::File(path) => {
            let file = File::open(path)?;
            // One more byte, to detect the end without growing.
            let length = file.metadata().map_or(0, |m| usize::try_from(m.len()).unwrap_or(BATCH).saturating_add(1));
            let mut batches = Batches::new(Box::new(file) as Box<dyn Read + Send>);
            batches.rest.reserve_exact(length.min(BATCH));
            batches.left = length;
            Ok(batches)
        }
        Source::Stdin => Ok(Batches::new(Box::new(io::stdin()))),
        Source::Text(text) => Ok(Batches::new(Box::new(io::Cursor::new(Arc::clone(text))))),
    }
}

impl<R: Read> Batches<R> {
    /// The batches of `from`.
    pub fn new(from: R) -> Self {
        Self {
            from: Utf16Reader::as_is(from),
            rest: Vec::new(),
            needed: BATCH,
            left: 0,
            document: 1,
            line: 1,
            ended: false,
            sizes: ListSizes::WHOLE,
            list: None,
            is_whole: false,
        }
    }

    /// The same, with Lists in parts of these sizes instead of as a whole.
    #[must_use]
    pub fn with_sizes(self, sizes: ListSizes) -> Self {
        Self { sizes, ..self }
    }

    /// The same, but UTF-16 with a byte order mark is read too. Nothing must have been read.
    #[must_use]
    pub fn decoding_utf16(self) -> Self {
        Self { from: self.from.decoding(), ..self }
    }

    /// Begins the current List again with its first part.
    pub fn rewind_list(&mut self) {
        if let Some(list) = &mut self.list {
            list.rewind();
        }
    }

    /// The current List as a whole, instead of in parts.
    pub fn whole_list(&mut self) -> Option<Result<Batch, ReadError>> {
        let ends_source = self.ended;
        self.list.as_mut().map(|list| list.whole(ends_source))
    }

    /// Reads until there is a whole document or a List.
    fn read(&mut self) -> Result<Batch, ReadError> {
        if self.rest.is_empty() {
            self.look()?;
        }
        loop {
            let missing = self.needed.saturating_sub(self.rest.len());
            self.ended = self.ended || self.read_up_to(missing)? < missing;
            // A List that is in the same batch as other documents is short.
            if self.rest.len() > self.sizes.whole
                && !self.is_whole
                && let Some(first) = self.find_list()?
            {
                return Ok(first);
            }
            // An incomplete line may become a marker.
            let whole = if self.ended { self.rest.len() } else { memrchr(b'\n', &self.rest).map_or(0, |end| end + 1) };
            let mut documents = split(within(&self.rest, ..whole));
            let lines_before = self.line - 1;
            // The last document may continue, and so may the line on which it begins.
            let open = if self.ended { None } else { pop_last_line(&mut documents, &self.rest) };
            if documents.is_empty() {
                if self.rest.len() >= MAX_PART {
                    return Err(ReadError::TooLong);
                }
                self.needed = self.rest.len().saturating_mul(2).min(MAX_PART);
                self.make_room();
                continue;
            }
            for document in &mut documents {
                document.start.line += lines_before;
            }
            let mut bytes = std::mem::take(&mut self.rest);
            if let Some(open) = open {
                let rest = within(&bytes, open.range.start..);
                self.needed = BATCH.max(rest.len() + BATCH / 2);
                self.rest.reserve_exact(self.needed);
                self.rest.extend_from_slice(rest);
                bytes.truncate(open.range.start);
                self.line = lines_before + open.start.line;
            }
            let first = self.document;
            self.document += documents.len();
            self.is_whole = false;
            return Ok(Batch { bytes, documents, first, is_last: self.ended, list: None });
        }
    }
}

impl<R: Read> Batches<R> {
    /// Reads until it is clear whether the current document is a List that can be read in parts, and returns the first part.
    fn find_list(&mut self) -> Result<Option<Batch>, ReadError> {
        let place = [self.line, self.document];
        let mut list = match KeptList::read(&mut self.rest, &mut self.ended, &mut self.from, place, self.sizes)? {
            Found::List(list) => list,
            Found::Other(bytes) => {
                (self.rest, self.is_whole) = (bytes, true);
                return Ok(None);
            }
        };
        // What was read beyond the List are further documents.
        self.ended &= self.rest.is_empty();
        self.needed = BATCH.max(self.rest.len() + BATCH / 2);
        self.line += list.lines();
        self.document += 1;
        let first = list.part(self.ended).transpose()?;
        self.list = Some(list);
        Ok(first)
    }

    /// Reserves memory for the rest of a file whose document is long. Memory that grows step by step is copied each time,
    /// and needed twice then.
    fn make_room(&mut self) {
        if self.rest.len() >= LONG {
            // What is reserved and not used is no memory of the machine. Where it is limited, less will do.
            let _ = self.rest.try_reserve_exact(self.left.min(MAX_PART));
        }
    }

    fn read_up_to(&mut self, count: usize) -> io::Result<usize> {
        // Room for these bytes and one more to detect the end: doubling could exceed the limit.
        self.rest.try_reserve_exact(count + 1).map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
        let found = self.from.by_ref().take(count as u64).read_to_end(&mut self.rest)?;
        self.left = self.left.saturating_sub(found);
        Ok(found)
    }

    /// Reads the first bytes, and refuses those that are not UTF-8.
    fn look(&mut self) -> Result<(), ReadError> {
        self.ended = self.read_up_to(FIRST)? < FIRST;
        if let Some(at) = memchr(0, &self.rest) {
            return Err(ReadError::Binary { place: place(&self.rest, at, 1.into()) });
        }
        let broken = std::str::from_utf8(&self.rest).is_err_and(|error| error.error_len().is_some());
        if broken { Err(not_utf8(&self.rest, 1)) } else { Ok(()) }
    }
}

/// Removes the documents that begin on the last line on which one begins, and returns the first of them.
fn pop_last_line(documents: &mut Vec<Chunk>, bytes: &[u8]) -> Option<Chunk> {
    let begins_line = |chunk: &Chunk| chunk.range.start.checked_sub(1).is_none_or(|end| bytes.get(end) == Some(&b'\n'));
    let last = documents.iter().rposition(begins_line)?;
    documents.drain(last..).next()
}

/// An empty source has one batch with one document. There are no batches after an error.
impl<R: Read> Iterator for Batches<R> {
    type Item = Result<Batch, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let ends_source = self.ended;
        let part = self.list.as_mut().and_then(|list| list.part(ends_source));
        let batch = match part {
            Some(part) => part,
            None if self.ended => return None,
            None => {
                self.list = None;
                self.read()
            }
        };
        if batch.is_err() {
            (self.ended, self.list) = (true, None);
        }
        Some(batch)
    }
}

/// Reads a whole source, up to the maximum length of a document. It may also be UTF-16 with a byte order mark, as
/// PowerShell redirects output.
pub fn read(source: &Source) -> Result<String, ReadError> {
    let mut opened = open(source)?.decoding_utf16();
    opened.look()?;
    let bytes = read_all(source, opened)?;
    String::from_utf8(bytes).map_err(|error| not_utf8(error.as_bytes(), 1))
}

/// Reads the rest of a source, up to the maximum length of a document.
fn read_all(source: &Source, mut opened: Opened) -> Result<Vec<u8>, ReadError> {
    // One more byte, to detect the end.
    let length = match source {
        Source::File(path) => std::fs::metadata(path).map_or(0, |file| {
            usize::try_from(file.len()).map_or(TRUSTED, |length| length.saturating_add(1).min(TRUSTED))
        }),
        Source::Stdin | Source::Text(_) => 0,
    };
    while !opened.ended {
        // Double the length, so that long files are not read in short parts.
        let known = length.saturating_sub(opened.rest.len());
        let want = if known > 0 { known } else { opened.rest.len().max(BATCH) };
        opened.ended = opened.read_up_to(want)? < want;
        if opened.rest.len() >= MAX_PART {
            return Err(ReadError::TooLong);
        }
    }
    Ok(opened.rest)
}

/// The error for a document that begins at `first` and is not UTF-8.
pub fn not_utf8(document: &[u8], first: impl Into<Place>) -> ReadError {
    let good = document.utf8_chunks().next().map_or(0, |chunk| chunk.valid().len());
    debug_assert!(good < document.len(), "a byte is not UTF-8");
    let byte = document.get(good).copied().unwrap_or(0);
    ReadError::NotUtf8 { byte, place: place(document, good, first.into()) }
}

/// The part of `bytes` in a range that is within them.
fn within(bytes: &[u8], range: impl SliceIndex<[u8], Output = [u8]>) -> &[u8] {
    let part = bytes.get(range);
    debug_assert!(part.is_some(), "the range is within the bytes");
    part.unwrap_or(bytes)
}

/// The place of the byte at `position` of a text that begins at `first`.
fn place(text: &[u8], position: usize, first: Place) -> Place {
    let before = String::from_utf8_lossy(within(text, ..position));
    let lines = before.matches('\n').count();
    let column = before.rsplit_once('\n').map_or(&*before, |(_, line)| line).chars().count();
    Place { line: first.line + lines, column: column + if lines == 0 { first.column } else { 1 } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bad_byte_is_named() {
        let error = not_utf8(b"a: 1\nb: \xff\n", 3);
        assert_eq!(
            (error.to_string().as_str(), error.place()),
            ("not UTF-8: byte 0xff", Some(Place { line: 4, column: 4 }))
        );
    }

    /// Returns a few bytes at a time.
    struct Trickle<'t>(&'t [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let count = to.len().min(self.0.len()).min(1000);
            let (now, later) = self.0.split_at(count);
            to[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    #[test]
    fn batches_are_cut_between_documents() {
        let document = format!("# a comment\n---\nkind: A\nx: {}\n", "x".repeat(90));
        let ended = format!("y: |\n  {}\n...\n# in between\n", "---\n  ".repeat(10));
        let long = format!("--- # long\nz: '{}'\n", "z\n\n  ".repeat(BATCH));
        let stream = [document.repeat(8000), ended.repeat(6000), long, document.repeat(3), "---".to_owned()].concat();
        let mut batches = Batches::new(Trickle(stream.as_bytes()));
        let (mut bytes, mut documents, mut count) = (Vec::new(), Vec::new(), 0);
        for batch in batches.by_ref().map(Result::unwrap) {
            assert_eq!(batch.first, documents.len() + 1);
            for mut chunk in batch.documents {
                chunk.range = chunk.range.start + bytes.len()..chunk.range.end + bytes.len();
                documents.push(chunk);
            }
            bytes.extend_from_slice(&batch.bytes);
            count += 1;
        }
        assert!(count > 5, "{count} batches");
        assert!(bytes == stream.as_bytes());
        assert!(documents == split(stream.as_bytes()));
    }

    #[test]
    fn endless_sources_are_not_read_to_the_end() {
        let first = |byte| Batches::new(io::repeat(byte)).next().unwrap();
        assert!(matches!(first(0), Err(ReadError::Binary { place: Place { line: 1, column: 1 } })));
        assert!(matches!(first(0xff), Err(ReadError::NotUtf8 { byte: 0xff, .. })));
    }

    #[test]
    fn utf_16_with_a_byte_order_mark_is_read() {
        let text = "{\"a\": \"ü\"}\r\n";
        let bytes = |to_bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(to_bytes).collect()
        };
        for encoded in [bytes(u16::to_le_bytes), bytes(u16::to_be_bytes)] {
            assert_eq!(read(&Source::Text(encoded.into())).unwrap(), text);
        }
        let broken = read(&Source::Text(b"\xff\xfea\0b".to_vec().into())).unwrap_err();
        assert!(matches!(broken, ReadError::NotUtf16));
    }

    #[test]
    fn an_empty_source_is_one_document() {
        let mut batches = Batches::new(io::empty());
        let batch = batches.next().unwrap().unwrap();
        assert!(batch.is_last && batch.documents.len() == 1);
        assert!(batches.next().is_none());
    }
}
