//! Reads one source, and says where it is not UTF-8.

use std::fs::File;
use std::io::Read;

use super::Source;
use super::find::io_text;
use crate::yaml::{MAX_DOCUMENT, Place};

/// Most bytes of a source that are read: as many as one document may have. Devices and pipes may never end.
pub const MAX_SOURCE: u64 = MAX_DOCUMENT as u64;

/// What is looked at first, so that what is no text at all is not read to its end.
const FIRST: u64 = 1 << 13;

/// Why a source cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system refuses.
    #[error("{}", io_text(.0))]
    Io(#[from] std::io::Error),
    /// The bytes are no UTF-8.
    #[error("not UTF-8: byte 0x{byte:02x}")]
    NotUtf8 {
        /// The first byte that does not fit.
        byte: u8,
        /// Where it stands.
        place: Place,
    },
    /// A zero byte near the beginning: no text, or one in UTF-16.
    #[error("not text: a NUL byte")]
    Binary {
        /// Where it stands.
        place: Place,
    },
    /// There is more than is read.
    #[error("longer than the limit of {MAX_SOURCE} bytes")]
    TooLong,
}

impl ReadError {
    /// Where, if it is about a place.
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::Io(_) | Self::TooLong => None,
            Self::NotUtf8 { place, .. } | Self::Binary { place } => Some(*place),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Io(_) => None,
            Self::NotUtf8 { .. } | Self::Binary { .. } => Some("save the file as UTF-8"),
            Self::TooLong => Some("split it into several files"),
        }
    }
}

/// Reads all of `source`.
pub fn read(source: &Source) -> Result<String, ReadError> {
    let bytes = match source {
        Source::File(path) => {
            let file = File::open(path)?;
            let len = file.metadata().ok().filter(std::fs::Metadata::is_file).map_or(0, |metadata| metadata.len());
            read_limited(file, len)?
        }
        Source::Stdin => read_limited(std::io::stdin().lock(), 0)?,
    };
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let byte = error.as_bytes().get(good).copied().unwrap_or_default();
        ReadError::NotUtf8 { byte, place: place(error.as_bytes(), good) }
    })
}

/// Reads to the end, if that comes within the limit; `expected` bytes are likely. What is not UTF-8 in its first bytes
/// is read no further.
fn read_limited(mut from: impl Read, expected: u64) -> Result<Vec<u8>, ReadError> {
    if expected > MAX_SOURCE {
        return Err(ReadError::TooLong);
    }
    let mut bytes = Vec::new();
    let expected = usize::try_from(expected).unwrap_or_default() + 1;
    bytes.try_reserve_exact(expected).map_err(|_| std::io::Error::from(std::io::ErrorKind::OutOfMemory))?;
    from.by_ref().take(FIRST).read_to_end(&mut bytes)?;
    if let Some(at) = memchr::memchr(0, &bytes) {
        return Err(ReadError::Binary { place: place(&bytes, at) });
    }
    let broken = std::str::from_utf8(&bytes).err().is_some_and(|error| error.error_len().is_some());
    if !broken {
        from.take(MAX_SOURCE + 1 - FIRST).read_to_end(&mut bytes)?;
    }
    if bytes.len() as u64 > MAX_SOURCE { Err(ReadError::TooLong) } else { Ok(bytes) }
}

fn place(bytes: &[u8], at: usize) -> Place {
    let before = String::from_utf8_lossy(bytes.get(..at).unwrap_or_default());
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Place { line, column }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bad_byte_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"a: 1\nb: \xff\n").unwrap();
        let error = read(&Source::File(file.path().to_owned())).unwrap_err();
        assert_eq!(error.place(), Some(Place { line: 2, column: 4 }));
        assert_eq!(error.to_string(), "not UTF-8: byte 0xff");
    }

    #[test]
    fn what_never_ends_is_not_read_to_its_end() {
        assert!(matches!(read_limited(std::io::repeat(0), 0), Err(ReadError::Binary { .. })));
        assert_eq!(read_limited(std::io::repeat(0xff), 0).map(|bytes| bytes.len() as u64).ok(), Some(FIRST));
        assert!(matches!(read_limited(std::io::empty(), MAX_SOURCE + 1), Err(ReadError::TooLong)));
    }
}
