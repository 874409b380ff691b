//! The value of the annotation: a delta, compressed, with a digest that shows whether it is whole.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::delta::{Delta, Replacement};

/// Precedes the record. Another form would get another number.
const VERSION: &str = "v1.";

/// The most bytes that a record may have in the annotation.
pub(super) const MAX_RECORD: usize = 64 << 10;

/// The most bytes that a record may have before compression.
const MAX_PAYLOAD: usize = 1 << 20;

/// How many bytes of the digest are kept.
const DIGEST: usize = 12;

/// The best compression of `miniz_oxide`: records are small.
const LEVEL: u8 = 10;

/// Why there is no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RecordError {
    /// It would be too large.
    #[error("the record of the original would be larger than {} KiB, the most that an annotation should hold", MAX_RECORD >> 10)]
    TooLarge,
    /// Another version of this program made it.
    #[error("is not a record of this version of the program: it begins with {VERSION}")]
    Version,
    /// It was edited or cut off.
    #[error("is not whole: it was edited or cut off")]
    Broken,
}

/// The value of the annotation for a delta. `digest` is that of the original.
pub(super) fn encode(delta: &Delta, original: &str) -> Result<String, RecordError> {
    let mut payload = Vec::from(digest(original.as_bytes()));
    for Replacement { gap, len, hash, old, after } in &delta.replacements {
        for number in [*gap as u64, *len as u64, old.len() as u64] {
            push_number(&mut payload, number);
        }
        payload.extend(hash.to_le_bytes());
        payload.extend(after.to_le_bytes());
        payload.extend(old.as_bytes());
    }
    if payload.len() > MAX_PAYLOAD {
        return Err(RecordError::TooLarge);
    }
    let compressed = miniz_oxide::deflate::compress_to_vec(&payload, LEVEL);
    let mut bytes = Vec::from(digest(&compressed));
    bytes.extend(compressed);
    let value = VERSION.to_owned() + &STANDARD_NO_PAD.encode(bytes);
    if value.len() > MAX_RECORD { Err(RecordError::TooLarge) } else { Ok(value) }
}

/// What a record holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub delta: Delta,
    /// The digest of the original.
    original: [u8; DIGEST],
}

impl Record {
    /// Reads the value of the annotation.
    pub(super) fn decode(value: &str) -> Result<Self, RecordError> {
        if value.len() > MAX_RECORD {
            return Err(RecordError::Broken);
        }
        let value = value.strip_prefix(VERSION).ok_or(RecordError::Version)?;
        let bytes = STANDARD_NO_PAD.decode(value).map_err(|_| RecordError::Broken)?;
        let (expected, compressed) = bytes.split_at_checked(DIGEST).ok_or(RecordError::Broken)?;
        if digest(compressed) != expected {
            return Err(RecordError::Broken);
        }
        let payload = miniz_oxide::inflate::decompress_to_vec_with_limit(compressed, MAX_PAYLOAD)
            .map_err(|_| RecordError::Broken)?;
        Self::read(&payload).ok_or(RecordError::Broken)
    }

    fn read(mut payload: &[u8]) -> Option<Self> {
        let original = *payload.split_off(..DIGEST)?.as_array()?;
        let mut replacements = Vec::new();
        while !payload.is_empty() {
            let mut number = || usize::try_from(take_number(&mut payload)?).ok();
            let [gap, len, old_len] = [number()?, number()?, number()?];
            let [hash, after] = [take_hash(&mut payload)?, take_hash(&mut payload)?];
            let old = std::str::from_utf8(payload.split_off(..old_len)?).ok()?.to_owned();
            replacements.push(Replacement { gap, len, hash, old, after });
        }
        Some(Self { delta: Delta { replacements }, original })
    }

    /// Whether this is the original.
    pub(super) fn is_of(&self, original: &str) -> bool {
        digest(original.as_bytes()) == self.original
    }
}

fn digest(bytes: &[u8]) -> [u8; DIGEST] {
    let whole: [u8; 32] = Sha256::digest(bytes).into();
    let mut part = [0; DIGEST];
    part.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
    part
}

/// Appends a number, seven bits a byte, the low ones first.
fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

fn take_hash(bytes: &mut &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.split_off(..8)?.as_array()?))
}

fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.split_off_first()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta() -> Delta {
        Delta::between("a: 1\nadded: ä\nb: 2\n", "a: 1\nb: 3\n", 20)
    }

    #[test]
    fn records_are_read_as_they_were_written() {
        let value = encode(&delta(), "a: 1\nb: 3\n").unwrap();
        let record = Record::decode(&value).unwrap();
        assert_eq!(record.delta, delta());
        assert!(record.is_of("a: 1\nb: 3\n") && !record.is_of("a: 1\nb: 4\n"));
    }

    #[test]
    fn no_broken_record_is_read() {
        let value = encode(&delta(), "").unwrap();
        for at in 0..value.len() {
            assert!(Record::decode(value.get(..at).unwrap()).is_err(), "{at}");
            let mut broken = value.clone().into_bytes();
            broken[at] = if broken[at] == b'A' { b'B' } else { b'A' };
            assert!(Record::decode(std::str::from_utf8(&broken).unwrap()).is_err(), "{at}");
        }
        assert_eq!(Record::decode("v2.AAAA"), Err(RecordError::Version));
    }

    #[test]
    fn records_have_a_limit() {
        let mut random = 1_u64;
        let mut next = || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'!' + u8::try_from(random >> 58).unwrap())
        };
        let large: String = (0..80 << 10).map(|_| next()).collect();
        assert_eq!(encode(&Delta::between("", &large, 0), &large), Err(RecordError::TooLarge));
    }
}
