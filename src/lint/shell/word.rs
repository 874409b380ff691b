//! Words: quotes, escapes and expansions.

use super::ast::{List, Word};
use super::cursor::{Cursor, Parsed, Unparsed};
use super::parse;

/// Whether a word can begin at the position.
pub(super) fn begins(cursor: &Cursor<'_>) -> bool {
    match cursor.byte(0) {
        b'<' | b'>' => cursor.byte(1) == b'(',
        byte => !is_end(byte),
    }
}

fn is_end(byte: u8) -> bool {
    matches!(byte, 0 | b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')')
}

pub(super) fn word(cursor: &mut Cursor<'_>) -> Parsed<Word> {
    let start = cursor.at;
    let mut word = Word::default();
    if matches!(cursor.byte(0), b'<' | b'>') && cursor.byte(1) == b'(' {
        cursor.at += 2;
        substitution(cursor, start, ")", &mut word)?;
    }
    loop {
        match cursor.byte(0) {
            b'(' if word.text.ends_with('=') => array(cursor, &mut word)?,
            byte if is_end(byte) => break,
            b'\\' => {
                cursor.at += 1;
                // A backslash before a line break continues the line.
                let escaped = cursor.next_char()?;
                if escaped != '\n' {
                    word.text.push(escaped);
                }
            }
            b'\'' => single_quoted(cursor, &mut word)?,
            b'"' => double_quoted(cursor, &mut word)?,
            b'$' if cursor.byte(1) == b'\'' => ansi_quoted(cursor, &mut word)?,
            b'$' if cursor.byte(1) == b'"' => {
                cursor.at += 1;
                double_quoted(cursor, &mut word)?;
            }
            b'$' | b'`' => expansion(cursor, &mut word)?,
            _ => word.text.push(cursor.next_char()?),
        }
    }
    word.range = start..cursor.at;
    if word.range.is_empty() { Err(Unparsed) } else { Ok(word) }
}

fn single_quoted(cursor: &mut Cursor<'_>, word: &mut Word) -> Parsed<()> {
    cursor.at += 1;
    while !cursor.take("'") {
        word.text.push(cursor.next_char()?);
    }
    Ok(())
}

/// `$'…'`: escapes are kept as they are.
fn ansi_quoted(cursor: &mut Cursor<'_>, word: &mut Word) -> Parsed<()> {
    cursor.at += 2;
    while !cursor.take("'") {
        if cursor.byte(0) == b'\\' {
            word.text.push(cursor.next_char()?);
        }
        word.text.push(cursor.next_char()?);
    }
    Ok(())
}

fn double_quoted(cursor: &mut Cursor<'_>, word: &mut Word) -> Parsed<()> {
    cursor.at += 1;
    while !cursor.take("\"") {
        match cursor.byte(0) {
            b'\\' => {
                cursor.at += 1;
                match cursor.next_char()? {
                    '\n' => {}
                    escaped @ ('"' | '\\' | '$' | '`') => word.text.push(escaped),
                    other => word.text.extend(['\\', other]),
                }
            }
            b'$' | b'`' => expansion(cursor, word)?,
            _ => word.text.push(cursor.next_char()?),
        }
    }
    Ok(())
}

/// An expansion or a lone `$`. Its text is kept as it is.
fn expansion(cursor: &mut Cursor<'_>, word: &mut Word) -> Parsed<()> {
    let start = cursor.at;
    if cursor.take("`") {
        return backquoted(cursor, start, word);
    }
    cursor.at += 1;
    if cursor.starts_with("((") {
        let open = cursor.at;
        cursor.at += 2;
        if cursor.nested(|cursor| arithmetic(cursor)).is_ok() {
            word.text.push_str(cursor.slice(start..cursor.at));
            return Ok(());
        }
        cursor.at = open;
    }
    if cursor.take("(") {
        return substitution(cursor, start, ")", word);
    }
    if cursor.take("{") {
        cursor.nested(|cursor| braces(cursor, word))?;
    }
    word.text.push_str(cursor.slice(start..cursor.at));
    Ok(())
}

/// The rest of a command or process substitution, up to `close`.
fn substitution(cursor: &mut Cursor<'_>, start: usize, close: &str, word: &mut Word) -> Parsed<()> {
    let list = cursor.nested(parse::list)?;
    cursor.expect(close)?;
    word.substitutions.push(list);
    word.text.push_str(cursor.slice(start..cursor.at));
    Ok(())
}

/// The rest of a backquoted substitution. One with escapes inside has no syntax tree.
fn backquoted(cursor: &mut Cursor<'_>, start: usize, word: &mut Word) -> Parsed<()> {
    let open = cursor.at;
    let mut has_escapes = false;
    while cursor.byte(0) != b'`' {
        if cursor.byte(0) == b'\\' {
            has_escapes = true;
            cursor.at += 1;
        }
        cursor.next_char()?;
    }
    let close = cursor.at;
    if !has_escapes {
        cursor.at = open;
        let list: Parsed<List> = cursor.nested(|cursor| cursor.within(close, parse::list));
        word.substitutions.push(list?);
    }
    cursor.at = close + 1;
    word.text.push_str(cursor.slice(start..cursor.at));
    Ok(())
}

/// The rest of `${…}`. Substitutions inside belong to the word.
fn braces(cursor: &mut Cursor<'_>, word: &mut Word) -> Parsed<()> {
    let mut inner = Word::default();
    while !cursor.take("}") {
        match cursor.byte(0) {
            b'\\' => {
                cursor.at += 1;
                cursor.next_char()?;
            }
            b'\'' => single_quoted(cursor, &mut inner)?,
            b'"' => double_quoted(cursor, &mut inner)?,
            b'$' | b'`' => cursor.nested(|cursor| expansion(cursor, &mut inner))?,
            _ => {
                cursor.next_char()?;
            }
        }
    }
    word.substitutions.append(&mut inner.substitutions);
    Ok(())
}

/// The rest of an arithmetic expression, up to its `))`. Substitutions inside have no syntax tree.
pub(super) fn arithmetic(cursor: &mut Cursor<'_>) -> Parsed<()> {
    let mut open = 0_usize;
    loop {
        match cursor.next_char()? {
            '(' => open += 1,
            ')' if open > 0 => open -= 1,
            ')' => return cursor.expect(")"),
            ';' if open == 0 && cursor.byte(0) == b';' => return Err(Unparsed),
            _ => {}
        }
    }
}

/// The items of `name=(…)`.
fn array(cursor: &mut Cursor<'_>, word: &mut Word) -> Parsed<()> {
    let start = cursor.at;
    cursor.at += 1;
    cursor.skip_lines();
    while !cursor.take(")") {
        let mut item = cursor.nested(self::word)?;
        word.substitutions.append(&mut item.substitutions);
        cursor.skip_lines();
    }
    word.text.push_str(cursor.slice(start..cursor.at));
    Ok(())
}
