//! Characters in bytes that are mostly UTF-8, as Go reads them.

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};

/// What stands for a byte that is not UTF-8.
pub(super) const REPLACEMENT: char = '\u{fffd}';

/// The first character and its length in bytes; a byte that starts none counts as U+FFFD of length 1. `None` at the end.
#[inline]
pub(super) fn first_char(bytes: &[u8]) -> Option<(char, usize)> {
    let first = *bytes.first()?;
    if first < 0x80 {
        return Some((char::from(first), 1));
    }
    let len = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Some((REPLACEMENT, 1)),
    };
    let found = bytes.get(..len).and_then(|b| std::str::from_utf8(b).ok()).and_then(|text| text.chars().next());
    Some(found.map_or((REPLACEMENT, 1), |c| (c, len)))
}

/// All characters with their lengths in bytes.
pub(super) fn chars(bytes: &[u8]) -> impl Iterator<Item = (char, usize)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (c, len) = first_char(bytes.get(at..)?)?;
        at += len;
        Some((c, len))
    })
}

/// How many characters there are.
pub(super) fn count_chars(bytes: &[u8]) -> usize {
    if bytes.is_ascii() { bytes.len() } else { chars(bytes).count() }
}

/// The first `count` characters.
pub(super) fn take_chars(bytes: &[u8], count: usize) -> &[u8] {
    let len = chars(bytes).take(count).map(|(_, len)| len).sum::<usize>();
    bytes.get(..len).unwrap_or(bytes)
}

/// Appends a character as UTF-8.
pub(super) fn push_char(out: &mut Vec<u8>, c: char) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Go's `unicode.IsLetter`.
pub(super) fn is_letter(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() } else { c.general_category_group() == GeneralCategoryGroup::Letter }
}

/// Go's `unicode.IsDigit`.
pub(super) fn is_digit(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_digit()
    } else {
        c.general_category() == unicode_properties::GeneralCategory::DecimalNumber
    }
}

/// Go's `strconv.IsPrint`: letters, marks, numbers, punctuation, symbols, and the ASCII blank.
pub(super) fn is_print(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    !matches!(c.general_category_group(), GeneralCategoryGroup::Other | GeneralCategoryGroup::Separator)
}

/// Whether a character may be part of a name.
pub(super) fn is_alphanumeric(c: char) -> bool {
    c == '_' || is_letter(c) || is_digit(c)
}

/// Whether a byte is a blank between the words of an action.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}
