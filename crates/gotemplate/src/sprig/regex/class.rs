//! Character classes.

use regex_syntax::Parser;
use regex_syntax::ast::ClassAsciiKind;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

use super::case;

/// The class of these ranges.
pub(super) fn of(ranges: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(ranges.iter().map(|(low, high)| ClassUnicodeRange::new(*low, *high)))
}

/// In a class with more characters, the letters with case are looked up instead of all characters.
const FEW: u32 = 1000;

/// Adds all letters that differ in case only.
pub(super) fn folded(mut class: ClassUnicode) -> ClassUnicode {
    let range = |range: &ClassUnicodeRange| (range.start(), range.end());
    let count: u32 = class.iter().map(range).map(|(first, last)| u32::from(last) - u32::from(first) + 1).sum();
    let mut added: Vec<char> = Vec::new();
    if count <= FEW {
        let characters = class.iter().map(range).flat_map(|(first, last)| first..=last);
        added.extend(characters.flat_map(case::variants));
    } else {
        let has = |c: &char| {
            let at = class.ranges().partition_point(|range| range.end() < *c);
            class.ranges().get(at).is_some_and(|range| range.start() <= *c)
        };
        added.extend(case::sets().filter(|set| set.iter().any(has)).flatten());
    }
    class.union(&ClassUnicode::new(added.into_iter().map(|c| ClassUnicodeRange::new(c, c))));
    class
}

/// The characters that are not in the class.
pub(super) fn negated(mut class: ClassUnicode) -> ClassUnicode {
    class.negate();
    class
}

/// `\d`, `\s` and `\w`, which are ASCII in Go, or their opposites: the class, and whether it is negated.
pub(super) fn perl(letter: u8) -> Option<(ClassUnicode, bool)> {
    let name = match letter.to_ascii_lowercase() {
        b'd' => "[0-9]",
        b's' => r"[\t\n\f\r ]",
        b'w' => "[0-9A-Za-z_]",
        _ => return None,
    };
    Some((parsed(name)?, letter.is_ascii_uppercase()))
}

/// `[:alpha:]` and the like, by name.
pub(super) fn posix(name: &[u8]) -> Option<ClassUnicode> {
    let name = std::str::from_utf8(name).ok()?;
    ClassAsciiKind::from_name(name)?;
    parsed(&format!("[[:{name}:]]"))
}

/// The class of a general category or a script, by its name.
pub(super) fn unicode(name: &str) -> Option<ClassUnicode> {
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '-' | ' ')) {
        return None;
    }
    let plain: String = name.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect();
    match plain.as_str() {
        // No text contains surrogates.
        "cs" | "surrogate" => return Some(ClassUnicode::empty()),
        // Go does not have this prefix.
        plain if plain.starts_with("is") => return None,
        _ => {}
    }
    parsed(&format!("\\p{{{name}}}"))
}

/// Parses a class with regex-syntax.
fn parsed(class: &str) -> Option<ClassUnicode> {
    let hir = Parser::new().parse(class).ok()?;
    match hir.into_kind() {
        HirKind::Class(Class::Unicode(class)) => Some(class),
        // A class of one character.
        HirKind::Literal(literal) => {
            let c = std::str::from_utf8(&literal.0).ok()?.chars().next()?;
            Some(of(&[(c, c)]))
        }
        _ => None,
    }
}
