//! Quoted strings as Go's strconv reads them.

use super::super::text::{first_char, push_char};

/// One character or byte of a quoted string.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unquoted {
    Byte(u8),
    Char(char),
}

/// The value of a string with its quotes.
pub(super) fn string(quoted: &[u8]) -> Option<Vec<u8>> {
    let (&quote, rest) = quoted.split_first()?;
    let inside = rest.strip_suffix(&[quote])?;
    if quote == b'`' {
        return Some(inside.iter().copied().filter(|b| *b != b'\r').collect());
    }
    let mut out = Vec::with_capacity(inside.len());
    let mut rest = inside;
    while !rest.is_empty() {
        let (unquoted, left) = character(rest, quote)?;
        match unquoted {
            Unquoted::Byte(byte) => out.push(byte),
            Unquoted::Char(c) => push_char(&mut out, c),
        }
        rest = left;
    }
    Some(out)
}

/// The first character, perhaps escaped, and what follows it.
pub(super) fn character(text: &[u8], quote: u8) -> Option<(Unquoted, &[u8])> {
    let (c, len) = first_char(text)?;
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
            let (code, rest) = digits(rest, 2, 16)?;
            Some((Unquoted::Byte(u8::try_from(code).ok()?), rest))
        }
        b'u' | b'U' => {
            let (code, rest) = digits(rest, if escape == b'u' { 4 } else { 8 }, 16)?;
            Some((Unquoted::Char(char::from_u32(code)?), rest))
        }
        b'0'..=b'7' => {
            let (code, rest) = digits(text.get(1..)?, 3, 8)?;
            Some((Unquoted::Byte(u8::try_from(code).ok()?), rest))
        }
        _ => None,
    }
}

fn digits(text: &[u8], count: usize, radix: u32) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_at_checked(count)?;
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
        assert_eq!(string(br#""a\tb\x41\u00e9\101""#).unwrap(), "a\tbA\u{e9}A".as_bytes());
        assert_eq!(string(b"`a\r\n\\n`").unwrap(), b"a\n\\n");
        assert_eq!(string(b"\"\xff\"").unwrap(), "\u{fffd}".as_bytes());
        assert_eq!(string(br#""\xff""#).unwrap(), b"\xff");
        for bad in [r#""\'""#, r#""\ud800""#, r#""\400""#, r#""\U00110000""#, r#""\xg0""#, "\"a\nb\""] {
            assert_eq!(string(bad.as_bytes()), None, "{bad}");
        }
    }
}
