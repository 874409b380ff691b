//! Classes of characters.

use regex_syntax::Parser;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

/// The class of these ranges.
pub(super) fn of(ranges: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(ranges.iter().map(|(low, high)| ClassUnicodeRange::new(*low, *high)))
}

/// The class with all letters that differ in their case only.
pub(super) fn folded(mut class: ClassUnicode) -> ClassUnicode {
    // It fails only where the tables are left out of the build.
    let _ = class.try_case_fold_simple();
    class
}

/// All characters that are not in the class.
pub(super) fn negated(mut class: ClassUnicode) -> ClassUnicode {
    class.negate();
    class
}

const DIGITS: (char, char) = ('0', '9');
const UPPER: (char, char) = ('A', 'Z');
const LOWER: (char, char) = ('a', 'z');

/// `\d`, `\s` and `\w`, which are ASCII's, and their opposites: the class, and whether it is negated.
pub(super) fn perl(letter: u8) -> Option<(ClassUnicode, bool)> {
    let class = match letter.to_ascii_lowercase() {
        b'd' => of(&[DIGITS]),
        b's' => of(&[('\t', '\n'), ('\x0c', '\r'), (' ', ' ')]),
        b'w' => of(&[DIGITS, UPPER, ('_', '_'), LOWER]),
        _ => return None,
    };
    Some((class, letter.is_ascii_uppercase()))
}

/// `[:alpha:]` and its relatives, by name.
pub(super) fn posix(name: &[u8]) -> Option<ClassUnicode> {
    Some(match name {
        b"alnum" => of(&[DIGITS, UPPER, LOWER]),
        b"alpha" => of(&[UPPER, LOWER]),
        b"ascii" => of(&[('\0', '\x7f')]),
        b"blank" => of(&[('\t', '\t'), (' ', ' ')]),
        b"cntrl" => of(&[('\0', '\x1f'), ('\x7f', '\x7f')]),
        b"digit" => of(&[DIGITS]),
        b"graph" => of(&[('!', '~')]),
        b"lower" => of(&[LOWER]),
        b"print" => of(&[(' ', '~')]),
        b"punct" => of(&[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
        b"space" => of(&[('\t', '\r'), (' ', ' ')]),
        b"upper" => of(&[UPPER]),
        b"word" => of(&[DIGITS, UPPER, LOWER, ('_', '_')]),
        b"xdigit" => of(&[DIGITS, ('A', 'F'), ('a', 'f')]),
        _ => return None,
    })
}

/// The class of a general category or a script, by its name.
pub(super) fn unicode(name: &str) -> Option<ClassUnicode> {
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '-' | ' ')) {
        return None;
    }
    let plain: String = name.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect();
    match plain.as_str() {
        // Half characters are in no text.
        "cs" | "surrogate" => return Some(ClassUnicode::empty()),
        // Go has no such prefix.
        plain if plain.starts_with("is") => return None,
        _ => {}
    }
    let hir = Parser::new().parse(&format!("\\p{{{name}}}")).ok()?;
    match hir.into_kind() {
        HirKind::Class(Class::Unicode(class)) => Some(class),
        // A class of one character only.
        HirKind::Literal(literal) => {
            let c = std::str::from_utf8(&literal.0).ok()?.chars().next()?;
            Some(of(&[(c, c)]))
        }
        _ => None,
    }
}
