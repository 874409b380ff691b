//! The runes of names and spaces in templates.

use gostd::strconv::is_print;
use gostd::unicode::{is_digit, is_letter};
use gostd::utf8::runes;

/// The first `count` runes.
pub(super) fn take_runes(bytes: &[u8], count: usize) -> &[u8] {
    let len = runes(bytes).take(count).map(|(_, len)| len).sum::<usize>();
    bytes.get(..len).unwrap_or(bytes)
}

/// A rune as `U+0040 '@'`, as the verb `%#U` writes it.
pub(super) fn code_point(c: char) -> String {
    let code = u32::from(c);
    if is_print(c) { format!("U+{code:04X} '{c}'") } else { format!("U+{code:04X}") }
}

/// Whether a rune may be part of a name.
pub(super) fn is_alphanumeric(c: char) -> bool {
    c == '_' || is_letter(c) || is_digit(c)
}

/// Whether a byte separates the words of an action.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}
