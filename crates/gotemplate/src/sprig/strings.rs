//! Strings.

#![expect(clippy::needless_pass_by_value, reason = "the functions of a template take their arguments over")]

use std::collections::HashSet;

use gostd::strconv::quote;
use gostd::unicode::{is_digit, is_letter, is_lower, is_space, is_title, is_upper, to_lower, to_title, to_upper};
use gostd::utf8::{append_rune, runes};
use memchr::memmem;

use super::super::error::{FunctionError, FunctionResult};
use super::super::functions::{Context, Functions, Variadic};
use super::super::value::{Str, Value};
use super::conversion::{to_text, to_texts};
use super::wrap::wrap;
use super::{case, fmt_text};

pub(super) fn add(functions: &mut Functions) {
    add_cases(functions);
    add_trims(functions);
    add_tests_and_parts(functions);
    add_lists(functions);
    functions.add_with("quote", |context: &mut Context, Variadic(values): Variadic<Value>| {
        joined(context, &values, |context, value| Ok(quote(&to_text(context, value)?).into_bytes()))
    });
    functions.add_with("squote", |context: &mut Context, Variadic(values): Variadic<Value>| {
        joined(context, &values, |context, value| Ok([b"'".as_slice(), &fmt_text(context, value)?, b"'"].concat()))
    });
    functions
        .add_with("cat", |context: &mut Context, Variadic(values): Variadic<Value>| joined(context, &values, fmt_text));
    functions.add_with("toString", |context: &mut Context, value: Value| to_text(context, &value));
    functions.add_with("repeat", repeat);
    functions.add_with("indent", |context: &mut Context, count: isize, text: Str| indent(context, count, &text, ""));
    functions.add_with("nindent", |context: &mut Context, count: isize, text: Str| indent(context, count, &text, "\n"));
    functions.add_with("replace", replace);
    functions.add("plural", |one: Str, many: Str, count: isize| -> Str {
        if count == 1 { one } else { many }
    });
    functions
        .add_with("wrap", |context: &mut Context, width: isize, text: Str| wrap(context, &text, width, b"\n", false));
    functions.add_with("wrapWith", |context: &mut Context, width: isize, end: Str, text: Str| {
        wrap(context, &text, width, if end.is_empty() { b"\n" } else { &end }, true)
    });
}

fn add_cases(functions: &mut Functions) {
    functions.add("upper", |text: Str| -> Str { map(&text, to_upper).into() });
    functions.add("lower", |text: Str| -> Str { map(&text, to_lower).into() });
    functions.add_with("title", |context: &mut Context, text: Str| -> FunctionResult<Str> {
        context.budget.touch(text.len())?;
        let mut before = ' ';
        let is_separator = |c: char| match c {
            '_' => false,
            c if c.is_ascii() => !c.is_ascii_alphanumeric(),
            c => !is_letter(c) && !is_digit(c) && is_space(c),
        };
        Ok(map(&text, |c| if is_separator(std::mem::replace(&mut before, c)) { to_title(c) } else { c }).into())
    });
    functions.add("untitle", |text: Str| -> Str {
        let mut before = ' ';
        let lower_first = |c| if is_space(std::mem::replace(&mut before, c)) { to_lower(c) } else { c };
        map(&text, lower_first).into()
    });
    functions.add("swapcase", |text: Str| -> Str {
        let mut at_start = true;
        let lower_first = |c| {
            let starts = at_start;
            at_start = !is_upper(c) && !is_title(c) && !is_lower(c) && is_space(c);
            match c {
                c if is_upper(c) || is_title(c) => to_lower(c),
                c if is_lower(c) && starts => to_title(c),
                c if is_lower(c) => to_upper(c),
                c => c,
            }
        };
        map(&text, lower_first).into()
    });
    for (name, connector) in [("snakecase", '_'), ("kebabcase", '-')] {
        functions.add_with(name, move |context: &mut Context, text: Str| -> FunctionResult<Str> {
            // This looks up the class of each character several times.
            context.budget.touch_many(3, text.len())?;
            Ok(case::connected(&text, connector).into())
        });
    }
    functions.add("camelcase", |text: Str| -> Str { case::pascal_case(&text).into() });
}

fn add_trims(functions: &mut Functions) {
    functions.add("trim", |text: Str| -> Str { trim(&text, is_space).into() });
    for name in ["trimAll", "trimall"] {
        functions.add(name, |set: Str, text: Str| -> Str {
            let set: HashSet<char> = runes(&set).map(|(c, _)| c).collect();
            trim(&text, |c| set.contains(&c)).into()
        });
    }
    functions.add("trimSuffix", |suffix: Str, text: Str| -> Str {
        text.strip_suffix(suffix.as_bytes()).unwrap_or(&text).into()
    });
    functions.add("trimPrefix", |prefix: Str, text: Str| -> Str {
        text.strip_prefix(prefix.as_bytes()).unwrap_or(&text).into()
    });
    functions.add("nospace", |text: Str| -> Str { without_spaces(&text).into() });
    functions.add("initials", |text: Str| -> Str { initials(&text).into() });
}

fn add_tests_and_parts(functions: &mut Functions) {
    functions.add("contains", |part: Str, text: Str| -> bool { memmem::find(&text, &part).is_some() });
    functions.add("hasPrefix", |prefix: Str, text: Str| -> bool { text.starts_with(&prefix) });
    functions.add("hasSuffix", |suffix: Str, text: Str| -> bool { text.ends_with(&suffix) });
    functions.add("substr", substr);
    functions.add("trunc", |count: isize, text: Str| -> Str {
        let (size, len) = (count.unsigned_abs(), text.len());
        match count {
            0.. if size < len => text.get(..size),
            ..0 if size < len => text.get(len - size..),
            _ => None,
        }
        .unwrap_or(&text)
        .into()
    });
    functions.add("abbrev", |width: isize, text: Str| -> Str { abbreviated(&text, 0, width).into() });
    functions.add("abbrevboth", |left: isize, width: isize, text: Str| -> Str {
        if width < 4 || left > 0 && width < 7 { text } else { abbreviated(&text, left, width).into() }
    });
}

fn add_lists(functions: &mut Functions) {
    functions.add_with("toStrings", |context: &mut Context, value: Value| to_texts(context, &value));
    functions.add_with("join", |context: &mut Context, separator: Str, value: Value| -> FunctionResult<Str> {
        let texts = to_texts(context, &value)?;
        context.budget.allocate_many(texts.len().saturating_sub(1), separator.len())?;
        context.budget.allocate(texts.iter().map(|text| text.len()).sum())?;
        Ok(texts.join(separator.as_bytes()).into())
    });
    functions.add_with("split", |context: &mut Context, separator: Str, text: Str| {
        Ok::<_, FunctionError>(numbered(split(context, &text, &separator, usize::MAX)?))
    });
    functions.add_with("splitn", |context: &mut Context, separator: Str, count: isize, text: Str| {
        // A negative count means no limit, and zero gives nothing.
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        Ok::<_, FunctionError>(numbered(split(context, &text, &separator, count)?))
    });
    functions.add_with("splitList", |context: &mut Context, separator: Str, text: Str| {
        split(context, &text, &separator, usize::MAX)
    });
}

/// `bytes.Map`: every rune replaced by another.
fn map(text: &[u8], mut mapping: impl FnMut(char) -> char) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for (c, _) in runes(text) {
        append_rune(&mut out, mapping(c));
    }
    out
}

/// Removes runes of a set at both ends.
fn trim(text: &[u8], is_in: impl Fn(char) -> bool) -> &[u8] {
    let start = runes(text).take_while(|(c, _)| is_in(*c)).map(|(_, len)| len).sum();
    let mut rest = text.get(start..).unwrap_or(&[]);
    while let Some((c, len)) = last_char(rest).filter(|(c, _)| is_in(*c)) {
        let _ = c;
        rest = rest.get(..rest.len() - len).unwrap_or(&[]);
    }
    rest
}

/// The last rune and its length in bytes. A byte that ends none is U+FFFD.
fn last_char(text: &[u8]) -> Option<(char, usize)> {
    let last = *text.last()?;
    if last.is_ascii() {
        return Some((char::from(last), 1));
    }
    let found = (2..=4).find_map(|len| {
        let end = text.get(text.len().checked_sub(len)?..)?;
        let (c, whole) = runes(end).next()?;
        (whole == len).then_some((c, len))
    });
    Some(found.unwrap_or((char::REPLACEMENT_CHARACTER, 1)))
}

/// Removes spaces. As in the library that sprig uses, each byte counts as a character.
fn without_spaces(text: &[u8]) -> Vec<u8> {
    if !text.iter().any(|byte| is_space(char::from(*byte))) {
        return text.to_vec();
    }
    let mut out = Vec::with_capacity(text.len());
    text.iter().map(|byte| char::from(*byte)).filter(|c| !is_space(*c)).for_each(|c| append_rune(&mut out, c));
    out
}

/// The first letter of each word. As in the library that sprig uses, each byte counts as a character.
fn initials(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut after_space = true;
    for c in text.iter().map(|byte| char::from(*byte)) {
        if is_space(c) {
            after_space = true;
        } else if std::mem::take(&mut after_space) {
            append_rune(&mut out, c);
        }
    }
    out
}

fn substr(start: isize, end: isize, text: Str) -> FunctionResult<Str> {
    let len = text.len();
    let index = |at: isize| usize::try_from(at).ok();
    let (from, to) = match (index(start), index(end)) {
        (None, Some(end)) => (0, end),
        (None, None) => return Err(format!("runtime error: slice bounds out of range [:{end}]").into()),
        (Some(start), Some(end)) if end <= len => (start, end),
        (Some(start), _) => (start, len),
    };
    let part = text.get(from..to).map(Str::from);
    part.ok_or_else(|| match to {
        to if to > len => format!("runtime error: slice bounds out of range [:{to}] with length {len}").into(),
        to => format!("runtime error: slice bounds out of range [{from}:{to}]").into(),
    })
}

/// Truncates to a width, with dots in place of the rest.
fn abbreviated(text: &[u8], offset: isize, width: isize) -> Vec<u8> {
    const DOTS: &[u8] = b"...";
    let len = text.len();
    let Some(width) = usize::try_from(width).ok().filter(|width| (4..len).contains(width)) else {
        return text.to_vec();
    };
    let offset = usize::try_from(offset).unwrap_or(0).min(len).min(len - (width - 3).min(len));
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or(&[]);
    if offset <= 4 {
        return [part(0, width - 3), DOTS].concat();
    }
    if width < 7 {
        return Vec::new();
    }
    if offset + width - 3 < len {
        return [DOTS, &abbreviated_start(part(offset, len), width - 3)].concat();
    }
    [DOTS, part(len - (width - 3), len)].concat()
}

fn abbreviated_start(text: &[u8], width: usize) -> Vec<u8> {
    if text.len() <= width {
        return text.to_vec();
    }
    [text.get(..width.saturating_sub(3)).unwrap_or(text), b"..."].concat()
}

/// The texts of the values that are not nil, separated by spaces.
fn joined(
    context: &mut Context,
    values: &[Value],
    mut make: impl FnMut(&mut Context, &Value) -> FunctionResult<Vec<u8>>,
) -> FunctionResult<Str> {
    let mut out = Vec::new();
    for (at, value) in values.iter().filter(|value| !matches!(value, Value::Nil)).enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        let text = make(context, value)?;
        context.budget.allocate(text.len())?;
        out.extend(text);
    }
    Ok(out.into())
}

fn repeat(context: &mut Context, count: isize, text: Str) -> FunctionResult<Str> {
    let count = usize::try_from(count).map_err(|_| FunctionError::new("strings: negative Repeat count"))?;
    context.budget.allocate_many(count, text.len())?;
    Ok(text.repeat(count).into())
}

fn indent(context: &mut Context, count: isize, text: &[u8], before: &str) -> FunctionResult<Str> {
    let count = usize::try_from(count).map_err(|_| FunctionError::new("strings: negative Repeat count"))?;
    let lines = memchr::memchr_iter(b'\n', text).count() + 1;
    context.budget.allocate_many(lines, count)?;
    context.budget.allocate(text.len())?;
    let pad = vec![b' '; count];
    let mut out = Vec::with_capacity(before.len() + text.len() + lines * count);
    out.extend_from_slice(before.as_bytes());
    out.extend_from_slice(&pad);
    for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
        if at > 0 {
            out.push(b'\n');
            out.extend_from_slice(&pad);
        }
        out.extend_from_slice(line);
    }
    Ok(out.into())
}

fn replace(context: &mut Context, old: Str, new: Str, text: Str) -> FunctionResult<Str> {
    if old == new {
        return Ok(text);
    }
    let mut out = Vec::new();
    if old.is_empty() {
        // Insert it before each character and after the last.
        context.budget.allocate_many(runes(&text).count() + 1, new.len())?;
        context.budget.allocate(text.len())?;
        let mut at = 0;
        for (_, len) in runes(&text) {
            out.extend_from_slice(&new);
            out.extend_from_slice(text.get(at..at + len).unwrap_or(&[]));
            at += len;
        }
        out.extend_from_slice(&new);
        return Ok(out.into());
    }
    context.budget.allocate_many(memmem::find_iter(&text, &*old).count(), new.len())?;
    context.budget.allocate(text.len())?;
    let mut at = 0;
    for start in memmem::find_iter(&text, &*old) {
        out.extend_from_slice(text.get(at..start).unwrap_or(&[]));
        out.extend_from_slice(&new);
        at = start + old.len();
    }
    out.extend_from_slice(text.get(at..).unwrap_or(&[]));
    Ok(out.into())
}

/// Splits into at most `count` parts; into characters, if the separator is empty.
fn split(context: &mut Context, text: &[u8], separator: &[u8], count: usize) -> FunctionResult<Vec<Str>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let mut parts = Vec::new();
    let mut start = 0;
    let mut part = |context: &mut Context, end: usize, next: usize| -> FunctionResult<()> {
        // Each part is a string.
        context.budget.allocate(4 * size_of::<Value>())?;
        parts.push(text.get(start..end).unwrap_or(&[]).into());
        start = next;
        Ok(())
    };
    if separator.is_empty() {
        let mut at = 0;
        for (nth, (_, len)) in runes(text).enumerate() {
            if nth + 1 == count {
                part(context, text.len(), text.len())?;
                break;
            }
            at += len;
            part(context, at, at)?;
        }
        return Ok(parts);
    }
    for at in memmem::find_iter(text, separator).take(count - 1) {
        part(context, at, at + separator.len())?;
    }
    part(context, text.len(), text.len())?;
    Ok(parts)
}

/// A map of the parts, with keys `_0`, `_1` and so on.
fn numbered(parts: Vec<Str>) -> Vec<(Str, Str)> {
    parts.into_iter().enumerate().map(|(at, part)| (format!("_{at}").into(), part)).collect()
}
