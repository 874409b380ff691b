//! Encodings and checksums.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::super::functions::Functions;
use super::super::value::Str;

pub(super) fn add(functions: &mut Functions) {
    functions.add("b64enc", |text: Str| -> String { STANDARD.encode(&*text) });
    functions.add("b32enc", |text: Str| -> Str { base32(&text).into() });
    // Invalid input gives the text of the error.
    functions.add("b64dec", |text: Str| -> Str { decoded("base64", base64_decoded(&text)) });
    functions.add("b32dec", |text: Str| -> Str { decoded("base32", base32_decoded(&text)) });
    functions.add("sha1sum", |text: Str| -> String { hex(&Sha1::digest(&*text)) });
    functions.add("sha256sum", |text: Str| -> String { hex(&Sha256::digest(&*text)) });
    functions.add("sha512sum", |text: Str| -> String { hex(&Sha512::digest(&*text)) });
    functions.add("adler32sum", |text: Str| -> String { adler32(&text).to_string() });
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn adler32(text: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    let (mut low, mut high) = (1, 0);
    for byte in text {
        low = (low + u32::from(*byte)) % MODULUS;
        high = (high + low) % MODULUS;
    }
    high << 16 | low
}

const BASE32_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn base32(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len().div_ceil(5) * 8);
    for group in text.chunks(5) {
        let bits = (0..5).fold(0_u64, |bits, at| bits << 8 | u64::from(group.get(at).copied().unwrap_or(0)));
        let count = (group.len() * 8).div_ceil(5);
        for at in 0..8 {
            let digit = usize::try_from(bits >> (35 - 5 * at) & 31).unwrap_or(0);
            out.push(if at < count { BASE32_ALPHABET.get(digit).copied().unwrap_or(b'=') } else { b'=' });
        }
    }
    out
}

/// The bytes, or the text of Go's error, which has the offset of the invalid byte.
fn decoded(name: &str, bytes: Result<Vec<u8>, usize>) -> Str {
    match bytes {
        Ok(bytes) => bytes.into(),
        Err(at) => format!("illegal {name} data at input byte {at}").into(),
    }
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

fn base64_digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// Decodes base64. Newlines and trailing bits are ignored.
fn base64_decoded(text: &[u8]) -> Result<Vec<u8>, usize> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut bytes = text.iter().copied().enumerate().filter(|(_, byte)| !is_line_end(*byte)).peekable();
    loop {
        let (mut bits, mut count) = (0_u32, 0);
        let mut padding = None;
        while count < 4 {
            match bytes.next() {
                None if count == 0 => return Ok(out),
                None => return Err(text.len() - count),
                Some((at, b'=')) => {
                    padding = Some(at);
                    break;
                }
                Some((at, byte)) => {
                    bits = bits << 6 | u32::from(base64_digit(byte).ok_or(at)?);
                    count += 1;
                }
            }
        }
        let [_, group @ ..] = (bits << (6 * (4 - count))).to_be_bytes();
        let Some(at) = padding else {
            out.extend_from_slice(&group);
            continue;
        };
        if count < 2 {
            return Err(at);
        }
        if count == 2 {
            match bytes.next() {
                Some((_, b'=')) => {}
                Some((at, _)) => return Err(at - 1),
                None => return Err(text.len()),
            }
        }
        out.extend_from_slice(group.get(..count - 1).unwrap_or(&[]));
        // Only newlines may follow.
        return bytes.next().map_or(Ok(out), |(at, _)| Err(at));
    }
}

/// Decodes base32. Newlines are removed first. Bytes after the padding are ignored.
fn base32_decoded(text: &[u8]) -> Result<Vec<u8>, usize> {
    let text: Vec<u8> = text.iter().copied().filter(|byte| !is_line_end(*byte)).collect();
    let mut out = Vec::with_capacity(text.len() / 8 * 5);
    let mut at = 0;
    while at < text.len() {
        let (mut bits, mut count) = (0_u64, 0);
        while count < 8 {
            let Some(byte) = text.get(at) else { return Err(text.len() - count) };
            at += 1;
            if *byte == b'=' && count >= 2 && text.len() - at < 8 {
                base32_padding(&text, at, count)?;
                at = text.len();
                break;
            }
            let digit = BASE32_ALPHABET.iter().position(|digit| digit == byte).ok_or(at - 1)?;
            bits = bits << 5 | u64::try_from(digit).unwrap_or(0);
            count += 1;
        }
        let [_, _, _, group @ ..] = (bits << (5 * (8 - count))).to_be_bytes();
        out.extend_from_slice(group.get(..count * 5 / 8).unwrap_or(&[]));
    }
    Ok(out)
}

/// Whether a group of so many digits has the right padding. `at` is the offset after the first `=`.
fn base32_padding(text: &[u8], at: usize, count: usize) -> Result<(), usize> {
    let rest = text.get(at..).unwrap_or(&[]);
    if rest.len() + count < 7 {
        return Err(text.len());
    }
    if let Some(wrong) = rest.iter().take(7 - count).position(|byte| *byte != b'=') {
        return Err(at + wrong - 1);
    }
    if matches!(count, 3 | 6) { Err(at - 1) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_back() {
        for text in ["", "a", "ab", "abc", "abcd", "abcde", "foobar"] {
            assert_eq!(base32_decoded(&base32(text.as_bytes())), Ok(text.as_bytes().to_vec()));
            assert_eq!(base64_decoded(STANDARD.encode(text).as_bytes()), Ok(text.as_bytes().to_vec()));
        }
        assert_eq!(base32(b"foobar"), b"MZXW6YTBOI======");
        assert_eq!(base64_decoded(b"YW\nJj\r\n"), Ok(b"abc".to_vec()));
    }

    #[test]
    fn faults() {
        assert_eq!(base64_decoded(b"YWJj ZGVm"), Err(4));
        assert_eq!(base64_decoded(b"YQ==="), Err(4));
        assert_eq!(base64_decoded(b"YR=="), Ok(b"a".to_vec()));
        assert_eq!(base32_decoded(b"x"), Err(0));
    }

    #[test]
    fn checksums() {
        assert_eq!(adler32(b"hello world"), 436_929_629);
        assert_eq!(hex(&Sha1::digest(b"a")), "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8");
    }
}
