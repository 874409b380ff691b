//! Strings and runes in quotes.

use crate::utf8::{RUNE_ERROR, append_rune, runes};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// `strconv.Quote`: a string in double quotes.
pub fn quote(text: impl AsRef<[u8]>) -> String {
    let text = text.as_ref();
    let mut out = Vec::with_capacity(text.len() + 2);
    append_quote(&mut out, text);
    debug_assert!(str::from_utf8(&out).is_ok(), "what is not UTF-8 is escaped");
    String::from_utf8_lossy(&out).into_owned()
}

/// `strconv.AppendQuote`
pub fn append_quote(out: &mut Vec<u8>, text: &[u8]) {
    append(out, text, false);
}

/// `strconv.AppendQuoteToASCII`: all that is not ASCII is escaped.
pub fn append_quote_to_ascii(out: &mut Vec<u8>, text: &[u8]) {
    append(out, text, true);
}

/// `strconv.AppendQuoteRune`: a rune in single quotes.
pub fn append_quote_rune(out: &mut Vec<u8>, c: char) {
    append_rune_quoted(out, c, false);
}

/// `strconv.AppendQuoteRuneToASCII`
pub fn append_quote_rune_to_ascii(out: &mut Vec<u8>, c: char) {
    append_rune_quoted(out, c, true);
}

fn append(out: &mut Vec<u8>, text: &[u8], ascii: bool) {
    out.push(b'"');
    let mut at = 0;
    for (c, len) in runes(text) {
        match text.get(at) {
            Some(byte) if c == RUNE_ERROR && len == 1 => {
                out.extend_from_slice(b"\\x");
                append_hex(out, u32::from(*byte), 2);
            }
            _ => append_escaped(out, c, b'"', ascii),
        }
        at += len;
    }
    out.push(b'"');
}

fn append_rune_quoted(out: &mut Vec<u8>, c: char, ascii: bool) {
    out.push(b'\'');
    append_escaped(out, c, b'\'', ascii);
    out.push(b'\'');
}

fn append_escaped(out: &mut Vec<u8>, c: char, quote: u8, ascii: bool) {
    if c == char::from(quote) || c == '\\' {
        out.push(b'\\');
        append_rune(out, c);
        return;
    }
    if is_print(c) && (!ascii || c.is_ascii()) {
        append_rune(out, c);
        return;
    }
    let code = u32::from(c);
    let (letter, digits) = match c {
        '\u{7}' => (b'a', 0),
        '\u{8}' => (b'b', 0),
        '\u{c}' => (b'f', 0),
        '\n' => (b'n', 0),
        '\r' => (b'r', 0),
        '\t' => (b't', 0),
        '\u{b}' => (b'v', 0),
        '\0'..='\u{1f}' | '\u{7f}' => (b'x', 2),
        '\0'..='\u{ffff}' => (b'u', 4),
        _ => (b'U', 8),
    };
    out.extend([b'\\', letter]);
    append_hex(out, code, digits);
}

fn append_hex(out: &mut Vec<u8>, code: u32, digits: u32) {
    for digit in (0..digits).rev() {
        out.push(HEX.get((code >> (4 * digit) & 15) as usize).copied().unwrap_or(b'0'));
    }
}

/// `strconv.CanBackquote`: whether a string can be written between backquotes.
pub fn can_backquote(text: &[u8]) -> bool {
    runes(text).all(|(c, len)| match c {
        RUNE_ERROR => len > 1,
        '\u{feff}' | '`' | '\u{7f}' => false,
        '\t' => true,
        c => c >= ' ',
    })
}

/// `strconv.IsPrint`: letters, marks, numbers, punctuation, symbols, and the ASCII space.
pub fn is_print(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    !matches!(c.general_category_group(), GeneralCategoryGroup::Other | GeneralCategoryGroup::Separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings() {
        assert_eq!(quote("a\"b'\\\n\u{1}\u{7f}é\u{200b}🚀"), r#""a\"b'\\\n\x01\x7fé\u200b🚀""#);
        assert_eq!(quote("\u{7}\u{8}\u{c}\r\t\u{b}\u{a0}\u{e0000}"), r#""\a\b\f\r\t\v\u00a0\U000e0000""#);
        assert_eq!(quote(b"\xff\xfe"), r#""\xff\xfe""#);
        let mut out = Vec::new();
        append_quote_to_ascii(&mut out, "é🚀'".as_bytes());
        assert_eq!(out, br#""\u00e9\U0001f680'""#);
    }

    #[test]
    fn runes_in_quotes() {
        let mut out = Vec::new();
        for c in ['\'', '"', 'é'] {
            append_quote_rune(&mut out, c);
        }
        append_quote_rune_to_ascii(&mut out, 'é');
        assert_eq!(out, r#"'\'''"''é''\u00e9'"#.as_bytes());
    }

    #[test]
    fn backquotes() {
        assert!(can_backquote("a\t\"\\é\u{fffd}".as_bytes()));
        for text in ["`", "\n", "\u{7f}", "\u{feff}"] {
            assert!(!can_backquote(text.as_bytes()), "{text:?}");
        }
        assert!(!can_backquote(b"\xff"));
    }
}
