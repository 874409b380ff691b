//! Strings and keys as YAML text: plain if every reader of YAML 1.1 and 1.2 reads them as strings, else quoted.

use std::fmt::Write as _;

use serde_json::Value;

use super::look::Quote;

/// Which bytes with a meaning in YAML a string has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks(u8);

impl Marks {
    /// A space or a colon: whether it is syntax depends on the byte next to it.
    const PAIR: u8 = 1;
    /// Syntax inside braces and brackets, besides the colon.
    const FLOW: u8 = 2;
    const SINGLE_QUOTE: u8 = 4;
    const DOUBLE_QUOTE: u8 = 8;
    const BACKSLASH: u8 = 16;
    /// A control character, or the first byte of one beyond ASCII.
    const CONTROL: u8 = 32;
    const LINE_END: u8 = 64;
    /// Other syntax: it has a meaning only at the start of a text.
    const OTHER: u8 = 128;

    #[allow(clippy::indexing_slicing, reason = "done when compiled, and 256 bytes have 256 marks")]
    const OF_BYTES: [u8; 256] = {
        let mut marks = [0; 256];
        let mut byte = 0_u8;
        loop {
            marks[byte as usize] = match byte {
                b' ' | b':' => Self::PAIR,
                b',' | b'[' | b']' | b'{' | b'}' | b'?' => Self::FLOW,
                b'\'' => Self::SINGLE_QUOTE,
                b'"' => Self::DOUBLE_QUOTE,
                b'\\' => Self::BACKSLASH,
                b'\n' => Self::CONTROL | Self::LINE_END,
                0..=0x1f | 0x7f | 0xc2 | 0xe2 | 0xef => Self::CONTROL,
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'/' => 0,
                _ => Self::OTHER,
            };
            if byte == u8::MAX {
                break marks;
            }
            byte += 1;
        }
    };

    /// Looks at every byte of `text` once.
    #[allow(clippy::indexing_slicing, reason = "256 bytes have 256 marks")]
    pub(super) fn of(text: &str) -> Self {
        Self(text.bytes().fold(0, |marks, byte| marks | Self::OF_BYTES[usize::from(byte)]))
    }

    fn has(self, marks: u8) -> bool {
        self.0 & marks != 0
    }
}

/// The quotes that `text` gets in a place where strings have `style`; `always` adds quotes even if they are not needed.
pub(super) fn quote_used(text: &str, style: Quote, always: bool) -> Quote {
    quote_in(text, Marks::of(text), style, always, false)
}

/// Writes `text` in a place where strings have `style`, which may be inside of braces or brackets (`flow`); `always` adds
/// quotes even if they are not needed.
pub(super) fn write(out: &mut String, text: &str, marks: Marks, style: Quote, always: bool, flow: bool) {
    put(out, text, marks, quote_in(text, marks, style, always, flow));
}

fn quote_in(text: &str, marks: Marks, style: Quote, always: bool, flow: bool) -> Quote {
    if !always && is_plain(text, marks, flow) {
        Quote::Plain
    } else if has_control(text, marks) {
        Quote::Double
    } else if marks.has(Marks::DOUBLE_QUOTE) && !marks.has(Marks::SINGLE_QUOTE) || style == Quote::Single {
        Quote::Single
    } else {
        Quote::Double
    }
}

/// Writes `text` in the given quotes. In double quotes it has JSON's escapes.
pub(super) fn put(out: &mut String, text: &str, marks: Marks, quote: Quote) {
    match quote {
        Quote::Plain => out.push_str(text),
        Quote::Single => {
            out.push('\'');
            for (i, part) in text.split('\'').enumerate() {
                if i > 0 {
                    out.push_str("''");
                }
                out.push_str(part);
            }
            out.push('\'');
        }
        Quote::Double if !marks.has(Marks::CONTROL | Marks::DOUBLE_QUOTE | Marks::BACKSLASH) => {
            out.extend(["\"", text, "\""]);
        }
        Quote::Double => {
            out.push('"');
            for c in text.chars() {
                match c {
                    '"' => out.push_str("\\\""),
                    '\\' => out.push_str("\\\\"),
                    '\n' => out.push_str("\\n"),
                    '\r' => out.push_str("\\r"),
                    '\t' => out.push_str("\\t"),
                    '\u{8}' => out.push_str("\\b"),
                    '\u{c}' => out.push_str("\\f"),
                    c if is_control(c) => {
                        let _ = write!(out, "\\u{:04x}", u32::from(c));
                    }
                    c => out.push(c),
                }
            }
            out.push('"');
        }
    }
}

/// The limit for a key on the line of its value, in characters with its quotes. YAML's limit is 1,024 (YAML 1.2.2, section
/// 7.4.2), which includes blanks.
pub(super) const MAX_KEY: usize = 1_000;

/// The first key in `value` that is too long.
pub(super) fn too_long_key(value: &Value) -> Option<&str> {
    // Most values are scalars, which do not need a call.
    let below = |value| if matches!(value, &Value::Array(_) | &Value::Object(_)) { too_long_key(value) } else { None };
    match value {
        Value::Array(items) => items.iter().find_map(below),
        Value::Object(map) => {
            map.iter().find_map(|(key, value)| if is_too_long(key) { Some(key.as_str()) } else { below(value) })
        }
        _ => None,
    }
}

/// Whether `key` is too long in any quotes.
pub(super) fn is_too_long(key: &str) -> bool {
    // An escape has at most six characters.
    key.len() > MAX_KEY / 6 - 2
        && [Quote::Single, Quote::Double].into_iter().any(|quote| {
            let mut written = String::new();
            put(&mut written, key, Marks::of(key), quote);
            written.chars().count() > MAX_KEY
        })
}

/// Whether YAML allows a character only as an escape, or some readers read it as a line end or a byte order mark.
fn is_control(c: char) -> bool {
    matches!(c, '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn has_control(text: &str, marks: Marks) -> bool {
    marks.has(Marks::CONTROL) && text.chars().any(is_control)
}

/// Whether `text` has several lines and can be written as a literal block.
pub(super) fn is_literal(text: &str, marks: Marks) -> bool {
    let lines = text.strip_suffix('\n').unwrap_or(text);
    marks.has(Marks::LINE_END)
        && !lines.is_empty()
        && !lines.ends_with('\n')
        && !text.starts_with([' ', '\n', '\t'])
        && !text.chars().any(|c| c != '\n' && c != '\t' && is_control(c))
}

/// Whether every reader reads the plain `text` as a string.
fn is_plain(text: &str, marks: Marks, flow: bool) -> bool {
    const INDICATORS: &[u8] = b"?:,[]{}#&*!|>'\"%@`";
    let Some(first) = text.as_bytes().first() else { return false };
    if marks.0 == 0 && (first.is_ascii_alphabetic() || matches!(first, b'_' | b'/')) {
        return !is_word(text);
    }
    let is_syntax = |pair: &[u8]| matches!(pair, b": " | b" #");
    !(INDICATORS.contains(first)
        || ["- ", "---", "... "].iter().any(|sign| text.starts_with(sign))
        || text.starts_with(' ')
        || text.ends_with([' ', ':'])
        || (marks.has(Marks::PAIR) && text.as_bytes().windows(2).any(is_syntax))
        || (flow && (marks.has(Marks::FLOW) || text.contains(':')))
        || has_control(text, marks)
        || is_word(text)
        || is_number(text)
        || is_date(text))
}

/// Whether some reader reads `text` as null, a boolean, or syntax. Case is ignored: readers differ.
fn is_word(text: &str) -> bool {
    const WORDS: [&str; 14] = ["~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "=", "<<", "-", "---"];
    const LONGEST: usize = 5;
    let may_begin_one = |b: &u8| b"~ntfyo=<-.".contains(&b.to_ascii_lowercase());
    text.len() <= LONGEST
        && text.as_bytes().first().is_some_and(may_begin_one)
        && (text == "..." || WORDS.iter().any(|word| word.eq_ignore_ascii_case(text)))
}

/// Whether some reader reads `text` as a number: decimal, octal, hexadecimal, binary, with exponent, underscores, leading
/// zeros, base 60, infinite, or not a number.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if [".inf", ".nan"].iter().any(|word| word.eq_ignore_ascii_case(unsigned)) {
        return true;
    }
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return false;
    }
    let digits: String = unsigned.chars().filter(|&c| c != '_').collect::<String>().to_ascii_lowercase();
    let radix = |prefix: &str, is_digit: fn(char) -> bool| {
        digits.strip_prefix(prefix).is_some_and(|d| !d.is_empty() && d.chars().all(is_digit))
    };
    radix("0x", |c| c.is_ascii_hexdigit())
        || radix("0o", |c| c.is_digit(8))
        || radix("0b", |c| c.is_digit(2))
        || is_decimal(&digits)
        || is_base_60(&digits)
}

fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once('e').map_or((text, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |s: &str| s.chars().all(|c| c.is_ascii_digit());
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|e| {
            let e = e.strip_prefix(['+', '-']).unwrap_or(e);
            !e.is_empty() && digits(e)
        })
}

fn is_base_60(text: &str) -> bool {
    let mut parts = text.split(':');
    let digits = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_digit());
    let below_60 = |s: &str| {
        let whole = s.split_once('.').map_or(s, |(whole, _)| whole);
        digits(whole) && whole.len() <= 2 && whole.parse::<u8>().is_ok_and(|n| n < 60)
    };
    text.contains(':') && parts.next().is_some_and(digits) && parts.all(below_60)
}

fn is_date(text: &str) -> bool {
    if text.as_bytes().get(4) != Some(&b'-') {
        return false;
    }
    let mut parts = text.splitn(3, '-');
    let digits = |s: &str, most: usize| !s.is_empty() && s.len() <= most && s.chars().all(|c| c.is_ascii_digit());
    let (year, month, rest) = (parts.next(), parts.next(), parts.next());
    let day = rest.map(|r| r.split_once(['T', 't', ' ', '\t']).map_or(r, |(day, _)| day));
    year.is_some_and(|y| y.len() == 4 && digits(y, 4))
        && month.is_some_and(|m| digits(m, 2))
        && day.is_some_and(|d| digits(d, 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_texts_that_some_reader_does_not_read_as_strings() {
        for text in [
            "",
            "~",
            "Null",
            "YES",
            "n",
            "=",
            "<<",
            "-",
            "--- ",
            "--- a",
            "...",
            "----|",
            "... a",
            "0",
            "08",
            "0o7",
            "0x1F",
            "1_000",
            "12:30",
            "1e3",
            ".5",
            "5.",
            "+1",
            "-.INF",
            ".NaN",
            "2024-01-02",
            "2024-1-2 10:00",
            " a",
            "a ",
            "a:",
            "a: b",
            "a #b",
            "#a",
            "- a",
            "@a",
            "a\tb",
            "a\u{85}b",
        ] {
            assert!(!is_plain(text, Marks::of(text), false), "{text:?}");
        }
    }

    #[test]
    fn leaves_texts_plain_that_all_readers_read_as_strings() {
        for text in [
            "-a",
            "--x",
            "1Gi",
            "v1:80",
            "8080:80",
            "1.2.3",
            "a,b",
            "10.0.0.0/8,::1/128",
            "it's",
            "a b",
            "a\\b",
            "grüße",
            "_1",
        ] {
            assert!(is_plain(text, Marks::of(text), false), "{text:?}");
        }
        assert!(["a,b", "a:b", "a[0]"].iter().all(|text| !is_plain(text, Marks::of(text), true)));
    }

    #[test]
    fn quotes_depend_on_the_text_and_then_on_the_neighbors() {
        assert_eq!(quote_used("1", Quote::Double, false), Quote::Double);
        assert_eq!(quote_used("1", Quote::Single, false), Quote::Single);
        assert_eq!(quote_used("{\"a\":1}", Quote::Double, false), Quote::Single);
        assert_eq!(quote_used("a\u{1}", Quote::Single, false), Quote::Double);
        let mut out = String::new();
        for (text, quote) in [("it's", Quote::Single), ("a\"\\\n\u{1}", Quote::Double)] {
            put(&mut out, text, Marks::of(text), quote);
        }
        assert_eq!(out, "'it''s'\"a\\\"\\\\\\n\\u0001\"");
    }
}
