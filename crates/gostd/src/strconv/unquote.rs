//! The values of strings and runes in quotes.

use super::Error;
use crate::utf8::{append_rune, decode_rune};

/// The value of a character or escape in a quoted string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unquoted {
    /// A byte: `\x` and octal escapes need not be UTF-8.
    Byte(u8),
    /// A rune
    Char(char),
}

/// `strconv.Unquote`: the value of a string in double quotes or backquotes, or of a rune in single quotes.
pub fn unquote(quoted: &[u8]) -> Result<Vec<u8>, Error> {
    let (&quote, rest) = quoted.split_first().ok_or(Error::Syntax)?;
    let inside = rest.strip_suffix(&[quote]).ok_or(Error::Syntax)?;
    match quote {
        b'`' if inside.contains(&b'`') => return Err(Error::Syntax),
        b'`' => return Ok(inside.iter().copied().filter(|b| *b != b'\r').collect()),
        b'"' | b'\'' => {}
        _ => return Err(Error::Syntax),
    }
    let mut out = Vec::with_capacity(inside.len());
    let mut rest = inside;
    let mut count = 0;
    while !rest.is_empty() {
        let (unquoted, left) = unquote_char(rest, quote)?;
        match unquoted {
            Unquoted::Byte(byte) => out.push(byte),
            Unquoted::Char(c) => append_rune(&mut out, c),
        }
        rest = left;
        count += 1;
    }
    // Go takes an empty rune as well.
    if quote == b'\'' && count > 1 { Err(Error::Syntax) } else { Ok(out) }
}

/// `strconv.UnquoteChar`: the first character, which may be escaped, of a string in these quotes, and the rest.
pub fn unquote_char(text: &[u8], quote: u8) -> Result<(Unquoted, &[u8]), Error> {
    read_char(text, quote).ok_or(Error::Syntax)
}

fn read_char(text: &[u8], quote: u8) -> Option<(Unquoted, &[u8])> {
    let (c, len) = decode_rune(text)?;
    let rest = text.get(len..)?;
    if c == char::from(quote) || c == '\n' {
        return None;
    }
    if c != '\\' {
        return Some((Unquoted::Char(c), rest));
    }
    let (&escape, rest) = rest.split_first()?;
    let byte = |byte| Some((Unquoted::Byte(byte), rest));
    match escape {
        b'a' => byte(7),
        b'b' => byte(8),
        b'f' => byte(12),
        b'n' => byte(b'\n'),
        b'r' => byte(b'\r'),
        b't' => byte(b'\t'),
        b'v' => byte(11),
        b'\\' => byte(b'\\'),
        b'\'' | b'"' if escape == quote => byte(escape),
        b'x' => {
            let (code, rest) = number(rest, 2, 16)?;
            Some((Unquoted::Byte(u8::try_from(code).ok()?), rest))
        }
        b'u' | b'U' => {
            let (code, rest) = number(rest, if escape == b'u' { 4 } else { 8 }, 16)?;
            Some((Unquoted::Char(char::from_u32(code)?), rest))
        }
        b'0'..=b'7' => {
            let (code, rest) = number(text.get(1..)?, 3, 8)?;
            Some((Unquoted::Byte(u8::try_from(code).ok()?), rest))
        }
        _ => None,
    }
}

/// The number that the first `digits` digits are, and the rest.
fn number(text: &[u8], digits: usize, radix: u32) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_at_checked(digits)?;
    let mut code = 0_u32;
    for digit in digits {
        code = code.checked_mul(radix)?.checked_add(char::from(*digit).to_digit(radix)?)?;
    }
    Some((code, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings() {
        for (quoted, value) in [
            (&br#""a\tb\x41\u00e9\101""#[..], "a\tbA\u{e9}A".as_bytes()),
            (br#""\a\b\f\n\r\v\\\"'\U0001f680""#, "\u{7}\u{8}\u{c}\n\r\u{b}\\\"'\u{1f680}".as_bytes()),
            (b"`a\r\n\\n`", b"a\n\\n"),
            (b"\"\xff\"", "\u{fffd}".as_bytes()),
            (br#""\xff""#, b"\xff"),
            (br"'\''", b"'"),
            ("'é'".as_bytes(), "é".as_bytes()),
            (b"\"\"", b""),
            (b"''", b""),
        ] {
            assert_eq!(unquote(quoted).as_deref(), Ok(value), "{}", String::from_utf8_lossy(quoted));
        }
    }

    #[test]
    fn invalid_strings() {
        for bad in [
            "",
            "\"",
            "a",
            "\"a",
            "\"a'",
            "aba",
            r#""\'""#,
            r#""\ud800""#,
            r#""\400""#,
            r#""\U00110000""#,
            r#""\xg0""#,
            r#""\q""#,
            r#""\""#,
            "\"a\nb\"",
            "\"a\"b\"",
            "`a`b`",
            "'ab'",
        ] {
            assert_eq!(unquote(bad.as_bytes()), Err(Error::Syntax), "{bad}");
        }
    }
}
