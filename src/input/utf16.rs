//! Decodes UTF-16 with a byte order mark, as PowerShell redirects output, while it is read. Other bytes pass as they are.

use std::io::{self, Read};

/// How many bytes are decoded at once.
const BLOCK: usize = 64 << 10;

/// A reader that passes UTF-16 with a byte order mark on as UTF-8, and other bytes as they are.
pub fn decoding_utf16(from: impl Read) -> impl Read {
    Utf16Reader::as_is(from).decoding()
}

/// The bytes begin as UTF-16, but are not.
#[derive(Debug, thiserror::Error)]
#[error("not UTF-16, although it begins with its byte order mark")]
pub(super) struct NotUtf16;

/// A reader that passes UTF-16 on as UTF-8.
#[derive(Debug)]
pub(super) struct Utf16Reader<R> {
    from: R,
    state: State,
    /// Bytes to pass on next, and how many of them were passed on.
    ready: (Vec<u8>, usize),
}

#[derive(Debug)]
enum State {
    /// Nothing was read.
    Start,
    /// UTF-8, or something else.
    AsIs,
    /// UTF-16, with the bytes that are not a whole character yet.
    Utf16 { unit: fn([u8; 2]) -> u16, rest: Vec<u8> },
}

impl<R: Read> Utf16Reader<R> {
    /// Passes the bytes of `from` on as they are.
    pub(super) fn as_is(from: R) -> Self {
        Self { from, state: State::AsIs, ready: (Vec::new(), 0) }
    }

    /// The same, but decodes UTF-16. Nothing must have been read.
    pub(super) fn decoding(self) -> Self {
        Self { state: State::Start, ..self }
    }

    /// Reads the byte order mark, if there is one.
    fn start(&mut self) -> io::Result<()> {
        let mut mark = Vec::new();
        self.from.by_ref().take(2).read_to_end(&mut mark)?;
        let unit: fn([u8; 2]) -> u16 = match mark[..] {
            [0xff, 0xfe] => u16::from_le_bytes,
            [0xfe, 0xff] => u16::from_be_bytes,
            _ => {
                self.state = State::AsIs;
                self.ready = (mark, 0);
                return Ok(());
            }
        };
        self.state = State::Utf16 { unit, rest: Vec::new() };
        Ok(())
    }

    /// Decodes the next block that has a whole character. At the end, nothing is ready.
    fn decode(&mut self) -> io::Result<()> {
        let State::Utf16 { unit, rest } = &mut self.state else { return Ok(()) };
        loop {
            let count = self.from.by_ref().take(BLOCK as u64).read_to_end(rest)?;
            let (pairs, odd) = rest.as_chunks::<2>();
            let mut units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
            let mut kept = odd.to_vec();
            // The second half of a character may be in the next block.
            if count > 0 && units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)) {
                units.pop();
                kept = pairs.last().into_iter().flatten().chain(odd).copied().collect();
            }
            let text = String::from_utf16(&units).map_err(|_| not_utf16())?;
            if count == 0 && !kept.is_empty() {
                return Err(not_utf16());
            }
            *rest = kept;
            if count == 0 || !text.is_empty() {
                self.ready = (text.into_bytes(), 0);
                return Ok(());
            }
        }
    }
}

fn not_utf16() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, NotUtf16)
}

impl<R: Read> Read for Utf16Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if matches!(self.state, State::Start) {
            self.start()?;
        }
        let (bytes, passed) = &self.ready;
        if *passed == bytes.len() {
            if matches!(self.state, State::AsIs) {
                return self.from.read(buffer);
            }
            self.decode()?;
        }
        let (bytes, passed) = &mut self.ready;
        let count = bytes.get(*passed..).unwrap_or_default().read(buffer)?;
        *passed += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> io::Result<String> {
        let mut text = String::new();
        Utf16Reader::as_is(bytes).decoding().read_to_string(&mut text)?;
        Ok(text)
    }

    fn encoded(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        format!("\u{feff}{text}").encode_utf16().flat_map(to_bytes).collect()
    }

    #[test]
    fn both_byte_orders_are_decoded() {
        // Pairs of units begin at odd and even places, so that some are cut at the end of a block.
        for text in ["", "ü\r\n", &"𝄞".repeat(BLOCK), &format!("a{}", "𝄞".repeat(BLOCK))] {
            assert_eq!(decoded(&encoded(text, u16::to_le_bytes)).unwrap(), text);
            assert_eq!(decoded(&encoded(text, u16::to_be_bytes)).unwrap(), text);
        }
    }

    #[test]
    fn other_bytes_pass_as_they_are() {
        for text in ["", "a", "\u{feff}a: ü\n"] {
            assert_eq!(decoded(text.as_bytes()).unwrap(), text);
        }
    }

    #[test]
    fn broken_utf_16_is_an_error() {
        for bytes in [&b"\xff\xfea"[..], b"\xff\xfe\x00\xd8", b"\xff\xfe\x00\xdca\0"] {
            assert!(decoded(bytes).unwrap_err().downcast::<NotUtf16>().is_ok());
        }
    }
}
