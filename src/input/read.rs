//! Reads one source, and says where it is not UTF-8.

use std::io::Read as _;

use super::Source;
use super::find::io_text;
use crate::yaml::Place;

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
}

impl ReadError {
    /// Where, if it is about a place.
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::Io(_) => None,
            Self::NotUtf8 { place, .. } => Some(*place),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        matches!(self, Self::NotUtf8 { .. }).then_some("save the file as UTF-8")
    }
}

/// Reads all of `source`.
pub fn read(source: &Source) -> Result<String, ReadError> {
    let bytes = match source {
        Source::File(path) => std::fs::read(path)?,
        Source::Stdin => {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes)?;
            bytes
        }
    };
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let byte = error.as_bytes().get(good).copied().unwrap_or_default();
        let before = String::from_utf8_lossy(error.as_bytes().get(..good).unwrap_or_default());
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        ReadError::NotUtf8 { byte, place: Place { line, column } }
    })
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
}
