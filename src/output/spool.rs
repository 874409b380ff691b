//! Buffers for output that is held back until the run ends: in memory first, then in an unnamed temporary file.

use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom, Write};
use std::ops::Range;

use tempfile::{SpooledData, SpooledTempFile};

/// Bytes kept for later. Writes go through unbuffered, so pass them in large pieces.
#[derive(Debug)]
pub struct Spool {
    kept: SpooledTempFile,
    len: u64,
    last: Option<u8>,
}

/// See [`Spool::mark`].
#[derive(Clone, Copy, Debug)]
pub struct SpoolMark {
    len: u64,
    last: Option<u8>,
}

impl Spool {
    /// An empty spool that holds up to `in_memory` bytes in memory.
    pub fn new(in_memory: usize) -> Self {
        Self { kept: SpooledTempFile::new(in_memory), len: 0, last: None }
    }

    /// The number of bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The last byte. `None` after [`truncate`](Self::truncate).
    pub fn last(&self) -> Option<u8> {
        self.last
    }

    /// Appends `bytes`.
    pub fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.kept.write_all(bytes)?;
        self.len += bytes.len() as u64;
        self.last = bytes.last().copied().or(self.last);
        Ok(())
    }

    /// Writes all bytes to `out`.
    pub fn write_to(self, out: &mut impl Write) -> io::Result<()> {
        match self.kept.into_inner() {
            SpooledData::InMemory(bytes) => out.write_all(bytes.get_ref()),
            SpooledData::OnDisk(mut file) => {
                file.rewind()?;
                io::copy(&mut file, out).map(drop)
            }
        }
    }

    /// Writes all bytes to `out` and keeps them.
    pub fn copy_to(&mut self, out: &mut impl Write) -> io::Result<()> {
        self.kept.rewind()?;
        io::copy(&mut self.kept, out).map(drop)
    }

    /// The bytes of a range that was appended.
    pub fn read_range(&mut self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.kept.seek(SeekFrom::Start(range.start))?;
        (&mut self.kept).take(range.end.saturating_sub(range.start)).read_to_end(&mut bytes)?;
        self.kept.seek(SeekFrom::Start(self.len))?;
        Ok(bytes)
    }

    /// Passes each line, with its line end, to `visit`, and keeps the bytes, which must be UTF-8.
    pub fn each_line(&mut self, mut visit: impl FnMut(&str) -> io::Result<()>) -> io::Result<()> {
        self.kept.rewind()?;
        let (mut lines, mut line) = (BufReader::new(&mut self.kept), String::new());
        while lines.read_line(&mut line)? > 0 {
            visit(&line)?;
            line.clear();
        }
        Ok(())
    }

    /// All bytes.
    pub fn into_bytes(mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        bytes.reserve_exact(usize::try_from(self.len).unwrap_or(0).saturating_add(1));
        self.kept.rewind()?;
        self.kept.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Reads all bytes from the start.
    pub fn reader(mut self) -> io::Result<impl BufRead> {
        self.kept.rewind()?;
        Ok(BufReader::new(self.kept))
    }

    /// The current content of the spool, to return to it.
    pub fn mark(&self) -> SpoolMark {
        SpoolMark { len: self.len, last: self.last }
    }

    /// Drops everything that was appended after `mark`.
    pub fn rewind(&mut self, mark: SpoolMark) -> io::Result<()> {
        self.truncate(mark.len)?;
        self.last = mark.last;
        Ok(())
    }

    /// Keeps the first `len` bytes only.
    pub fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.kept.set_len(len)?;
        self.kept.seek(SeekFrom::Start(len))?;
        (self.len, self.last) = (len, None);
        Ok(())
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_disk_give_the_same_bytes() {
        for in_memory in [0, 3, 4, 7, 100] {
            let mut spool = Spool::new(in_memory);
            for part in ["abc", "", "defg", "x"] {
                spool.push(part.as_bytes()).unwrap();
            }
            spool.truncate(7).unwrap();
            spool.push(b"h").unwrap();
            assert_eq!((spool.len(), spool.last()), (8, Some(b'h')));
            let (mut copy, mut out) = (Vec::new(), Vec::new());
            spool.copy_to(&mut copy).unwrap();
            spool.push(b"i").unwrap();
            spool.write_to(&mut out).unwrap();
            assert_eq!((&copy[..], &out[..]), (&b"abcdefgh"[..], &b"abcdefghi"[..]));
        }
    }
}
