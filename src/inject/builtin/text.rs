//! How the template changes values. Its output is parsed as YAML, so a value in double quotes or without quotes may be read
//! differently, or not at all.

use std::borrow::Cow;

use crate::inject::error::InjectError;
use crate::istio::{Release, ReleaseChange};
use lossless_yaml::Scalar;

fn failure(place: &str, problem: &str) -> InjectError {
    InjectError::Render { place: place.to_owned(), problem: problem.to_owned() }
}

/// Reads a value that the template writes between double quotes without escaping it: `\` starts an escape sequence, a quote ends
/// the string, and line breaks are folded. `place` names the value in errors.
pub(super) fn quoted<'a>(text: &'a str, place: &str) -> Result<Cow<'a, str>, InjectError> {
    if text.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\') {
        return Ok(Cow::Borrowed(text));
    }
    check_characters(text, place)?;
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => return Err(failure(place, "contains a double quote, which Istio's template does not escape")),
            '\\' => match escape(&mut chars) {
                Some(c) => out.push(c),
                None => return Err(failure(place, "contains a backslash that does not start a YAML escape sequence")),
            },
            '\n' | '\r' => {
                let kept = out.trim_end_matches([' ', '\t']).len();
                out.truncate(kept);
                let mut breaks = 1;
                while let Some(next) = chars.next_if(|next| matches!(next, ' ' | '\t' | '\n' | '\r')) {
                    breaks += usize::from(next == '\n');
                }
                if breaks == 1 {
                    out.push(' ');
                }
                out.extend(std::iter::repeat_n('\n', breaks - 1));
            }
            _ => out.push(c),
        }
    }
    Ok(Cow::Owned(out))
}

/// Rejects characters that YAML does not allow unescaped.
fn check_characters(text: &str, place: &str) -> Result<(), InjectError> {
    let is_break = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    let is_odd = |c: char| (c.is_control() && !is_break(c)) || matches!(c, '\u{fffe}' | '\u{ffff}');
    if text.contains(is_odd) {
        Err(failure(place, "contains a control character, which YAML does not allow"))
    } else {
        Ok(())
    }
}

/// The character of a YAML escape sequence, after its backslash.
fn escape(chars: &mut impl Iterator<Item = char>) -> Option<char> {
    let digits = match chars.next()? {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        c => return simple_escape(c),
    };
    (0..digits).try_fold(0, |code, _| Some(code * 16 + chars.next()?.to_digit(16)?)).and_then(char::from_u32)
}

fn simple_escape(c: char) -> Option<char> {
    Some(match c {
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        ' ' | '"' | '\'' | '/' | '\\' => c,
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        _ => return None,
    })
}

/// Reads an unquoted value inside a list item, such as `--proxyLogLevel=<text>`: a comment ends it, spaces are trimmed, and `: `
/// makes it a mapping.
pub(super) fn plain<'a>(text: &'a str, place: &str) -> Result<Cow<'a, str>, InjectError> {
    if text.contains(": ") || text.trim_end().ends_with(':') {
        return Err(failure(place, "contains a colon, which makes it a mapping in Istio's template"));
    }
    if text.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
        return Err(failure(place, "contains a line break, which Istio's template does not support"));
    }
    check_characters(text, place)?;
    let end = text.find(" #").unwrap_or(text.len());
    Ok(Cow::Borrowed(text.get(..end).unwrap_or(text).trim_end()))
}

/// Reads an unquoted value, such as the name of a variable, which YAML 1.1 must read as a string.
pub(super) fn plain_scalar<'a>(text: &'a str, place: &str) -> Result<Cow<'a, str>, InjectError> {
    let read = plain(text.trim_start_matches([' ', '\t']), place)?;
    let indicators = ['[', ']', '{', '}', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', '#', ','];
    let is_text = matches!(Scalar::of_plain(&read), Scalar::Str(_))
        && !read.starts_with(indicators)
        && !["- ", "? "].iter().any(|start| read.starts_with(start));
    if is_text { Ok(read) } else { Err(failure(place, &format!("is {text:?}, which Istio's template does not quote"))) }
}

/// How a value is read back.
pub(super) type Reader<'a> = fn(&'a str, &str) -> Result<Cow<'a, str>, InjectError>;

/// Reads a value that the template quotes and escapes since 1.32, so that it does not change; before, as `read` does.
pub(super) fn annotated<'a>(
    text: &'a str,
    place: &str,
    release: &Release,
    read: Reader<'a>,
) -> Result<Cow<'a, str>, InjectError> {
    if release.has(ReleaseChange::QuotesAnnotations) { Ok(Cow::Borrowed(text)) } else { read(text, place) }
}

/// An unquoted number as YAML 1.1 reads it: octal with a leading zero, if its digits allow.
pub(super) fn number(text: &str) -> Option<i64> {
    let octal = text.strip_prefix('0').filter(|rest| !rest.is_empty() && rest.bytes().all(|b| b < b'8'));
    match octal {
        Some(digits) => i64::from_str_radix(digits, 8).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_between_double_quotes_are_read_as_yaml() {
        let text = |text| quoted(text, "x").map(Cow::into_owned).ok();
        assert_eq!(text("plain # text: 1").as_deref(), Some("plain # text: 1"));
        assert_eq!(text(r"a\tb\x41\u00e9\\").as_deref(), Some("a\tbA\u{e9}\\"));
        assert_eq!(text("a\n b").as_deref(), Some("a b"));
        assert_eq!(text("a\n\nb").as_deref(), Some("a\nb"));
        assert_eq!(text("say \"hi\""), None);
        assert_eq!(text(r"\d"), None);
        assert_eq!(text("bell \u{7}"), None);
        assert_eq!(text("caf\u{e9} \u{1f600}").as_deref(), Some("caf\u{e9} \u{1f600}"));
    }

    #[test]
    fn unquoted_values_end_at_comments() {
        let text = |text| plain(text, "x").map(Cow::into_owned).ok();
        assert_eq!(text("misc:error,rbac:debug ").as_deref(), Some("misc:error,rbac:debug"));
        assert_eq!(text("debug # why").as_deref(), Some("debug"));
        assert_eq!(text("a: b"), None);
        assert_eq!(text("a:"), None);
        assert_eq!((text("a\u{85}b"), text("a\u{7f}")), (None, None));
    }

    #[test]
    fn unquoted_values_must_be_strings() {
        for good in ["A", "true-ish", "1.2.3", "my-map"] {
            assert!(plain_scalar(good, "x").is_ok(), "{good}");
        }
        assert_eq!(plain_scalar(" my-map ", "x").unwrap(), "my-map");
        for bad in ["", " ", "yes", "1", "0x1f", "1.5", "null", "*a", "'a'", "[a]"] {
            assert!(plain_scalar(bad, "x").is_err(), "{bad}");
        }
    }

    #[test]
    fn values_that_the_template_quotes_do_not_change() {
        for (text, before) in [("null", None), ("debug # why ", Some("debug")), ("say \"hi\"", Some("say \"hi\""))] {
            let read: Reader<'_> = if text == "null" { plain_scalar } else { plain };
            let of = |release: &str| annotated(text, "x", &release.parse().unwrap(), read).ok();
            assert_eq!(of("1.31").as_deref(), before);
            assert_eq!(of("1.32").as_deref(), Some(text));
        }
    }

    #[test]
    fn numbers_with_a_leading_zero_are_octal() {
        assert_eq!(["10", "010", "08", "0", "00"].map(number), [Some(10), Some(8), Some(8), Some(0), Some(0)]);
    }
}
