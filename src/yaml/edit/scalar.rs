//! Strings and keys as YAML text: plain where every reader of YAML 1.1 and 1.2 takes them for strings, else quoted.

use std::fmt::Write as _;

use serde_json::Value;

use super::style::Quote;

/// The quotes that `text` gets where strings have `style`; `always` quotes even what need not be.
pub(super) fn quote_used(text: &str, style: Quote, always: bool) -> Quote {
    quote_in(text, style, always, false)
}

/// As [`quote_used`], for a text inside braces or brackets if `flow`.
pub(super) fn quote_in(text: &str, style: Quote, always: bool, flow: bool) -> Quote {
    if !always && is_plain(text, flow) {
        return Quote::Plain;
    }
    let control = has_control(text);
    if control {
        Quote::Double
    } else if text.contains('"') && !text.contains('\'') || style == Quote::Single {
        Quote::Single
    } else {
        Quote::Double
    }
}

/// Writes `text` in the given quotes; in double quotes with JSON's escapes.
pub(super) fn put(out: &mut String, text: &str, quote: Quote) {
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

/// Longest key on the line of its value, in characters and with its quotes; YAML's limit is 1,024 (YAML 1.2.2, section
/// 7.4.2), beside which blanks may stand.
pub(super) const MAX_KEY: usize = 1_000;

/// The first key in `value` that is longer than a key can be.
pub(super) fn too_long_key(value: &Value) -> Option<&str> {
    match value {
        Value::Array(items) => items.iter().find_map(too_long_key),
        Value::Object(map) => {
            map.iter().find_map(|(key, value)| if is_too_long(key) { Some(key.as_str()) } else { too_long_key(value) })
        }
        _ => None,
    }
}

/// Whether `key` is longer than a key can be, in whatever quotes.
pub(super) fn is_too_long(key: &str) -> bool {
    // No character takes more than six as an escape.
    key.len() > MAX_KEY / 6 - 2
        && [Quote::Single, Quote::Double].into_iter().any(|quote| {
            let mut written = String::new();
            put(&mut written, key, quote);
            written.chars().count() > MAX_KEY
        })
}

/// Characters that YAML takes only as escapes, and those that some readers take for a line end or a byte order mark.
fn is_control(c: char) -> bool {
    matches!(c, '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn has_control(text: &str) -> bool {
    text.chars().any(is_control)
}

/// Whether a literal block can carry `text`: it has several lines, and says all it holds by its lines alone.
pub(super) fn is_literal(text: &str) -> bool {
    let lines = text.strip_suffix('\n').unwrap_or(text);
    text.contains('\n')
        && !lines.is_empty()
        && !lines.ends_with('\n')
        && !text.starts_with([' ', '\n', '\t'])
        && !text.chars().any(|c| c != '\n' && c != '\t' && is_control(c))
}

/// Whether every reader takes the plain `text` for the string that it is.
pub(super) fn is_plain(text: &str, flow: bool) -> bool {
    const INDICATORS: &str = "?:,[]{}#&*!|>'\"%@`";
    let Some(first) = text.chars().next() else { return false };
    !(INDICATORS.contains(first)
        || ["- ", "--- ", "... "].iter().any(|sign| text.starts_with(sign))
        || text.starts_with(' ')
        || text.ends_with([' ', ':'])
        || text.contains(": ")
        || text.contains(" #")
        || (flow && text.contains([',', '[', ']', '{', '}', ':', '?']))
        || has_control(text)
        || is_word(text)
        || is_number(text)
        || is_date(text))
}

/// Names that some reader takes for null, a boolean, or syntax; in any case, as readers differ in that too.
fn is_word(text: &str) -> bool {
    const WORDS: [&str; 14] = ["~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "=", "<<", "-", "---"];
    text == "..." || WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Numbers of any reader: decimal, octal, hexadecimal, binary, with exponent, underscores, leading zeros, base 60,
/// infinite, or not a number.
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
        let whole = s.split('.').next().unwrap_or_default();
        digits(whole) && whole.len() <= 2 && whole.parse::<u8>().is_ok_and(|n| n < 60)
    };
    text.contains(':') && parts.next().is_some_and(digits) && parts.all(below_60)
}

fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let digits = |s: &str, most: usize| !s.is_empty() && s.len() <= most && s.chars().all(|c| c.is_ascii_digit());
    let (year, month, rest) = (parts.next(), parts.next(), parts.next());
    let day = rest.map(|r| r.split(['T', 't', ' ', '\t']).next().unwrap_or_default());
    year.is_some_and(|y| y.len() == 4 && digits(y, 4))
        && month.is_some_and(|m| digits(m, 2))
        && day.is_some_and(|d| digits(d, 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_as_something_else_is_quoted() {
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
            assert!(!is_plain(text, false), "{text:?}");
        }
    }

    #[test]
    fn what_is_a_string_to_all_stays_plain() {
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
            assert!(is_plain(text, false), "{text:?}");
        }
        assert!(!is_plain("a,b", true) && !is_plain("a:b", true));
    }

    #[test]
    fn quotes_follow_the_text_then_the_neighbours() {
        assert_eq!(quote_used("1", Quote::Double, false), Quote::Double);
        assert_eq!(quote_used("1", Quote::Single, false), Quote::Single);
        assert_eq!(quote_used("{\"a\":1}", Quote::Double, false), Quote::Single);
        assert_eq!(quote_used("a\u{1}", Quote::Single, false), Quote::Double);
        let mut out = String::new();
        put(&mut out, "it's", Quote::Single);
        put(&mut out, "a\"\\\n\u{1}", Quote::Double);
        assert_eq!(out, "'it''s'\"a\\\"\\\\\\n\\u0001\"");
    }
}
