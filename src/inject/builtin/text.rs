//! Texts on their way through the template. The template is text that is read as YAML afterwards, so what it puts
//! between double quotes, or unquoted, is not always what arrives.

use std::borrow::Cow;

use crate::inject::error::InjectError;
use crate::istio::{Release, ReleaseChange};
use lossless_yaml::Scalar;

fn failure(place: &str, problem: &str) -> InjectError {
    InjectError::Render { place: place.to_owned(), problem: problem.to_owned() }
}

/// A text that the template puts between double quotes without escaping it: `\` starts an escape, a quote ends the
/// string too early, line breaks are folded. `place` names the text in errors.
pub(super) fn quoted<'a>(text: &'a str, place: &str) -> Result<Cow<'a, str>, InjectError> {
    if text.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\') {
        return Ok(Cow::Borrowed(text));
    }
    check_characters(text, place)?;
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => return Err(failure(place, "holds a double quote, which ends the string in istio's template")),
            '\\' => match escape(&mut chars) {
                Some(c) => out.push(c),
                None => return Err(failure(place, "holds a backslash that starts no escape of YAML's")),
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

/// Characters that no YAML may hold unescaped.
fn check_characters(text: &str, place: &str) -> Result<(), InjectError> {
    let is_break = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    let is_odd = |c: char| (c.is_control() && !is_break(c)) || matches!(c, '\u{fffe}' | '\u{ffff}');
    if text.contains(is_odd) {
        Err(failure(place, "holds a control character, which no YAML can carry"))
    } else {
        Ok(())
    }
}

/// The character of a YAML escape, its backslash already read.
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

/// An unquoted text in a list item, such as `--proxyLogLevel=<text>`: YAML ends it at a comment and trims it, and takes
/// `: ` for a mapping.
pub(super) fn plain<'a>(text: &'a str, place: &str) -> Result<Cow<'a, str>, InjectError> {
    if text.contains(": ") || text.trim_end().ends_with(':') {
        return Err(failure(place, "holds a colon that makes a mapping of it in istio's template"));
    }
    if text.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
        return Err(failure(place, "holds a line break, which istio's template cannot carry"));
    }
    check_characters(text, place)?;
    let end = text.find(" #").unwrap_or(text.len());
    Ok(Cow::Borrowed(text.get(..end).unwrap_or(text).trim_end()))
}

/// An unquoted text that is a whole value, such as a variable's name: it must be one that YAML 1.1 takes for a string.
pub(super) fn plain_scalar<'a>(text: &'a str, place: &str) -> Result<Cow<'a, str>, InjectError> {
    let read = plain(text.trim_start_matches([' ', '\t']), place)?;
    let indicators = ['[', ']', '{', '}', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', '#', ','];
    let is_text = matches!(Scalar::of_plain(&read), Scalar::Str(_))
        && !read.starts_with(indicators)
        && !["- ", "? "].iter().any(|start| read.starts_with(start));
    if is_text {
        Ok(read)
    } else {
        Err(failure(place, &format!("is {text:?}, which istio's template leaves unquoted")))
    }
}

/// How a text is read back from where the template puts it.
pub(super) type Reader<'a> = fn(&'a str, &str) -> Result<Cow<'a, str>, InjectError>;

/// A text that the template quotes and escapes (istio 1.32), so that it arrives as it is; before, as `read` has it.
pub(super) fn annotated<'a>(
    text: &'a str,
    place: &str,
    release: &Release,
    read: Reader<'a>,
) -> Result<Cow<'a, str>, InjectError> {
    if release.has(ReleaseChange::QuotesAnnotations) { Ok(Cow::Borrowed(text)) } else { read(text, place) }
}

/// An unquoted number as YAML 1.1 reads it: a leading zero makes it octal where its digits allow.
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
    fn double_quotes_of_yaml_are_honoured() {
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
    fn plain_texts_are_cut_at_comments() {
        let text = |text| plain(text, "x").map(Cow::into_owned).ok();
        assert_eq!(text("misc:error,rbac:debug ").as_deref(), Some("misc:error,rbac:debug"));
        assert_eq!(text("debug # why").as_deref(), Some("debug"));
        assert_eq!(text("a: b"), None);
        assert_eq!(text("a:"), None);
        assert_eq!((text("a\u{85}b"), text("a\u{7f}")), (None, None));
    }

    #[test]
    fn plain_scalars_must_be_strings() {
        for good in ["A", "true-ish", "1.2.3", "my-map"] {
            assert!(plain_scalar(good, "x").is_ok(), "{good}");
        }
        assert_eq!(plain_scalar(" my-map ", "x").unwrap(), "my-map");
        for bad in ["", " ", "yes", "1", "0x1f", "1.5", "null", "*a", "'a'", "[a]"] {
            assert!(plain_scalar(bad, "x").is_err(), "{bad}");
        }
    }

    #[test]
    fn what_the_template_quotes_is_a_value_whatever_it_holds() {
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
