//! Quoted strings and characters, as Go's strconv writes them.

use super::super::text::{REPLACEMENT, chars, is_print, push_char};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// A string in double quotes.
pub(in super::super) fn quoted(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len() + 2);
    append(&mut out, text, b'"', false);
    String::from_utf8_lossy(&out).into_owned()
}

/// Appends `text` in quotes; with `ascii`, all other characters are escaped.
pub(super) fn append(out: &mut Vec<u8>, text: &[u8], quote: u8, ascii: bool) {
    out.push(quote);
    let mut at = 0;
    for (c, len) in chars(text) {
        match text.get(at) {
            Some(byte) if c == REPLACEMENT && len == 1 => {
                out.extend_from_slice(b"\\x");
                push_hex(out, u32::from(*byte), 2);
            }
            _ => append_escaped(out, c, quote, ascii),
        }
        at += len;
    }
    out.push(quote);
}

/// Appends a character in single quotes.
pub(super) fn append_char(out: &mut Vec<u8>, c: char, ascii: bool) {
    out.push(b'\'');
    append_escaped(out, c, b'\'', ascii);
    out.push(b'\'');
}

fn append_escaped(out: &mut Vec<u8>, c: char, quote: u8, ascii: bool) {
    if c == char::from(quote) || c == '\\' {
        out.push(b'\\');
        push_char(out, c);
        return;
    }
    if is_print(c) && (!ascii || c.is_ascii()) {
        push_char(out, c);
        return;
    }
    let short = match c {
        '\u{7}' => b'a',
        '\u{8}' => b'b',
        '\u{c}' => b'f',
        '\n' => b'n',
        '\r' => b'r',
        '\t' => b't',
        '\u{b}' => b'v',
        _ => 0,
    };
    out.push(b'\\');
    let code = u32::from(c);
    match code {
        _ if short != 0 => out.push(short),
        0..0x20 | 0x7f => {
            out.push(b'x');
            push_hex(out, code, 2);
        }
        ..0x10000 => {
            out.push(b'u');
            push_hex(out, code, 4);
        }
        _ => {
            out.push(b'U');
            push_hex(out, code, 8);
        }
    }
}

fn push_hex(out: &mut Vec<u8>, code: u32, digits: u32) {
    for digit in (0..digits).rev() {
        out.push(HEX.get((code >> (4 * digit) & 15) as usize).copied().unwrap_or(b'0'));
    }
}

/// Whether a string can stand between backquotes.
pub(in super::super) fn can_backquote(text: &[u8]) -> bool {
    chars(text).all(|(c, len)| match c {
        REPLACEMENT => len > 1,
        '\u{feff}' | '`' | '\u{7f}' => false,
        '\t' => true,
        c => c >= ' ',
    })
}

/// A character as `U+0040 '@'`, as `%#U` writes it.
pub(in super::super) fn code_point(c: char) -> String {
    let code = u32::from(c);
    if is_print(c) { format!("U+{code:04X} '{c}'") } else { format!("U+{code:04X}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings() {
        assert_eq!(quoted("a\"b\\\n\u{1}\u{7f}é\u{200b}🚀".as_bytes()), r#""a\"b\\\n\x01\x7fé\u200b🚀""#);
        assert_eq!(quoted(b"\xff\xfe"), r#""\xff\xfe""#);
        let mut out = Vec::new();
        append(&mut out, "é🚀'".as_bytes(), b'"', true);
        assert_eq!(out, br#""\u00e9\U0001f680'""#);
    }
}
