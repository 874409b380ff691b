//! Splits characters, escapes and counts off the text of an expression.

use gostd::utf8::decode_rune;

/// Go's error for an unknown escape.
pub(super) const BAD_ESCAPE: &str = "invalid escape sequence";

/// An error and the text that it quotes.
pub(super) type Fault<'a> = (&'static str, &'a [u8]);
/// The result and the rest of the text.
pub(super) type Step<'a, T> = Result<(T, &'a [u8]), Fault<'a>>;

/// The text before its rest.
pub(super) fn until<'a>(text: &'a [u8], rest: &[u8]) -> &'a [u8] {
    text.get(..text.len() - rest.len()).unwrap_or(text)
}

/// The text from an offset on.
pub(super) fn behind(text: &[u8], len: usize) -> &[u8] {
    text.get(len..).unwrap_or(&[])
}

/// The next character. A byte that is not UTF-8 is an error.
pub(super) fn character(text: &[u8]) -> Step<'_, char> {
    match decode_rune(text) {
        Some((char::REPLACEMENT_CHARACTER, 1)) => Err(("invalid UTF-8", text)),
        Some((c, len)) => Ok((c, behind(text, len))),
        // Go reads beyond the end only for the second of two hexadecimal digits.
        None => Ok((char::REPLACEMENT_CHARACTER, text)),
    }
}

/// The offset of `part` in a text.
pub(super) fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, part)
}

/// Fails if a byte is not UTF-8.
pub(super) fn check_utf8(text: &[u8]) -> Result<(), Fault<'_>> {
    let mut rest = text;
    while !rest.is_empty() {
        rest = character(rest)?.1;
    }
    Ok(())
}

/// A character of a class. `whole` is the class, for the error that it does not end.
pub(super) fn class_character<'a>(text: &'a [u8], whole: &'a [u8]) -> Step<'a, char> {
    match text.first() {
        None => Err(("missing closing ]", whole)),
        Some(b'\\') => escape(text),
        Some(_) => character(text),
    }
}

/// A number without leading zeros. `None` if there is none; without a value if it is too large.
fn count(text: &[u8]) -> Option<(Option<u32>, &[u8])> {
    let len = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(len);
    if digits.is_empty() || digits.len() > 1 && digits.starts_with(b"0") {
        return None;
    }
    let value = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
    Some((value.filter(|value| *value < 1_000_000_000), rest))
}

type Count = Option<u32>;

/// `{2}`, `{2,}` or `{2,3}`: the minimum, the maximum if there is one, and the rest. A number without a value is too
/// large. `None` for anything else, which is literal text.
pub(super) fn counts(text: &[u8]) -> Option<(Count, Option<Count>, &[u8])> {
    let (min, rest) = count(behind(text, 1))?;
    let (max, rest) = match rest.strip_prefix(b",") {
        None => (min.map(Some), rest),
        Some(rest) if rest.starts_with(b"}") => (Some(None), rest),
        Some(rest) => {
            let (max, rest) = count(rest)?;
            (max.map(Some), rest)
        }
    };
    Some((min, max, rest.strip_prefix(b"}")?))
}

/// An escaped character.
pub(super) fn escape(text: &[u8]) -> Step<'_, char> {
    let rest = behind(text, 1);
    if rest.is_empty() {
        return Err(("trailing backslash at end of expression", &[]));
    }
    let (c, rest) = character(rest)?;
    let bad = |rest: &[u8]| (BAD_ESCAPE, until(text, rest));
    let is_octal = |rest: &[u8]| matches!(rest.first(), Some(b'0'..=b'7'));
    Ok(match c {
        '0' => octal(c, rest),
        '1'..='7' if is_octal(rest) => octal(c, rest),
        'x' => return hexadecimal(text, rest),
        'a' => ('\x07', rest),
        'f' => ('\x0c', rest),
        'n' => ('\n', rest),
        'r' => ('\r', rest),
        't' => ('\t', rest),
        'v' => ('\x0b', rest),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => (c, rest),
        _ => return Err(bad(rest)),
    })
}

/// Up to three octal digits.
fn octal(first: char, rest: &[u8]) -> (char, &[u8]) {
    let digits = rest.iter().take(2).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
    let (digits, rest) = rest.split_at(digits);
    let value = digits.iter().fold(first.to_digit(8).unwrap_or(0), |value, byte| value * 8 + u32::from(byte - b'0'));
    (char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER), rest)
}

/// `\x7F` or `\x{10FFFF}`.
fn hexadecimal<'a>(text: &'a [u8], rest: &'a [u8]) -> Step<'a, char> {
    let bad = |rest: &[u8]| (BAD_ESCAPE, until(text, rest));
    if rest.is_empty() {
        return Err(bad(rest));
    }
    let (first, mut rest) = character(rest)?;
    if first != '{' {
        let (second, rest) = character(rest)?;
        return match (first.to_digit(16), second.to_digit(16)) {
            (Some(high), Some(low)) => Ok((char::from_u32(high * 16 + low).unwrap_or('\0'), rest)),
            _ => Err(bad(rest)),
        };
    }
    let mut value = None;
    loop {
        if rest.is_empty() {
            return Err(bad(rest));
        }
        let (c, after) = character(rest)?;
        rest = after;
        if c == '}' {
            break;
        }
        let digit = c.to_digit(16).ok_or_else(|| bad(rest))?;
        let more = value.unwrap_or(0) * 16 + digit;
        if more > u32::from(char::MAX) {
            return Err(bad(rest));
        }
        value = Some(more);
    }
    // No text contains surrogates.
    let value = value.ok_or_else(|| bad(rest))?;
    Ok((char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER), rest))
}
