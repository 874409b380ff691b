//! Go's `unicode/utf8`: runes in bytes that are mostly UTF-8.

/// `utf8.RuneError`: the character for a byte that is not UTF-8.
pub const RUNE_ERROR: char = '\u{fffd}';

/// `utf8.DecodeRune`: the first rune and its length in bytes; a byte that starts none is [`RUNE_ERROR`] of length 1.
/// `None` where Go returns a length of 0: at the end.
#[inline]
pub fn decode_rune(bytes: &[u8]) -> Option<(char, usize)> {
    let first = *bytes.first()?;
    if first < 0x80 {
        return Some((char::from(first), 1));
    }
    let len = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Some((RUNE_ERROR, 1)),
    };
    let found = bytes.get(..len).and_then(|b| std::str::from_utf8(b).ok()).and_then(|text| text.chars().next());
    Some(found.map_or((RUNE_ERROR, 1), |c| (c, len)))
}

/// All runes with their lengths in bytes, as `range` over a Go string finds them.
pub fn runes(bytes: &[u8]) -> impl Iterator<Item = (char, usize)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (c, len) = decode_rune(bytes.get(at..)?)?;
        at += len;
        Some((c, len))
    })
}

/// `utf8.RuneCount`: the number of runes.
pub fn rune_count(bytes: &[u8]) -> usize {
    if bytes.is_ascii() { bytes.len() } else { runes(bytes).count() }
}

/// `utf8.AppendRune`: appends the UTF-8 of a rune.
pub fn append_rune(out: &mut Vec<u8>, c: char) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_that_is_not_utf8_is_a_rune() {
        // A lone continuation byte, a truncated sequence, a surrogate, and an overlong form.
        let bytes = b"a\x80\xe2\x82z\xed\xa0\x80\xc0\x80\xf0\x9f\x9a\x80";
        let found: Vec<_> = runes(bytes).collect();
        let bad = (RUNE_ERROR, 1);
        assert_eq!(found, [('a', 1), bad, bad, bad, ('z', 1), bad, bad, bad, bad, bad, ('\u{1f680}', 4)]);
        assert_eq!(rune_count(bytes), 11);
        assert_eq!(decode_rune(b""), None);
    }
}
