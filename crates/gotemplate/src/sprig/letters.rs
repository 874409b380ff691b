//! Single characters as Go's unicode package sees them: mapped to one character each.

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory as _};

use super::super::text::{chars, push_char};

/// Whether it is an upper-case letter.
pub(super) fn is_upper(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_uppercase() } else { c.general_category() == GeneralCategory::UppercaseLetter }
}

/// Whether it is a lower-case letter.
pub(super) fn is_lower(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_lowercase() } else { c.general_category() == GeneralCategory::LowercaseLetter }
}

/// Whether it is a title-case letter.
pub(super) fn is_title(c: char) -> bool {
    !c.is_ascii() && c.general_category() == GeneralCategory::TitlecaseLetter
}

/// Whether it is punctuation.
pub(super) fn is_punct(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Punctuation
}

/// Whether it is a number of any kind.
pub(super) fn is_number(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Number
}

/// The upper-case letter of a character.
pub(super) fn upper(c: char) -> char {
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(upper), None) => upper,
        // Several characters: what stands for them alone.
        _ => match c {
            '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => shifted(c, 8),
            '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => shifted(c, 9),
            c => c,
        },
    }
}

fn shifted(c: char, by: u32) -> char {
    char::from_u32(u32::from(c) + by).unwrap_or(c)
}

/// The lower-case letter of a character.
pub(super) fn lower(c: char) -> char {
    let mut mapped = c.to_lowercase();
    match (mapped.next(), mapped.next()) {
        (Some(lower), None) => lower,
        // The only letter with several: a capital I with a dot.
        _ => {
            if c == '\u{130}' {
                'i'
            } else {
                c
            }
        }
    }
}

/// The title-case letter of a character: an upper-case one, but for letters that are two in one, and Georgian.
pub(super) fn title(c: char) -> char {
    match c {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        '\u{10d0}'..='\u{10fa}' | '\u{10fd}'..='\u{10ff}' => c,
        c => upper(c),
    }
}

/// All characters of a text, each mapped. What is not UTF-8 counts as U+FFFD.
pub(super) fn mapped(text: &[u8], mut map: impl FnMut(char) -> char) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for (c, _) in chars(text) {
        push_char(&mut out, map(c));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_to_one() {
        assert_eq!("aß\u{149}\u{1f80}\u{1fb3}ǆé".chars().map(upper).collect::<String>(), "Aß\u{149}\u{1f88}\u{1fbc}ǄÉ");
        assert_eq!("AİÉǅ".chars().map(lower).collect::<String>(), "aiéǆ");
        assert_eq!("ǆaბ".chars().map(title).collect::<String>(), "ǅAბ");
    }
}
