//! Go's `unicode`: the classes and cases of runes. A rune's case is always one rune.

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory as _};

/// `unicode.IsLetter`
pub fn is_letter(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() } else { c.general_category_group() == GeneralCategoryGroup::Letter }
}

/// `unicode.IsDigit`
pub fn is_digit(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_digit() } else { c.general_category() == GeneralCategory::DecimalNumber }
}

/// `unicode.IsNumber`
pub fn is_number(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Number
}

/// `unicode.IsPunct`
pub fn is_punct(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Punctuation
}

/// `unicode.IsUpper`
pub fn is_upper(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_uppercase() } else { c.general_category() == GeneralCategory::UppercaseLetter }
}

/// `unicode.IsLower`
pub fn is_lower(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_lowercase() } else { c.general_category() == GeneralCategory::LowercaseLetter }
}

/// `unicode.IsTitle`
pub fn is_title(c: char) -> bool {
    !c.is_ascii() && c.general_category() == GeneralCategory::TitlecaseLetter
}

/// `unicode.IsSpace`
pub fn is_space(c: char) -> bool {
    c.is_whitespace()
}

/// `unicode.ToUpper`
pub fn to_upper(c: char) -> char {
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(upper), None) => upper,
        // Rust gives several runes. Greek letters with an iota below have one rune for their upper case as well.
        _ => match c {
            '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => plus(c, 8),
            '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => plus(c, 9),
            c => c,
        },
    }
}

fn plus(c: char, offset: u32) -> char {
    char::from_u32(u32::from(c) + offset).unwrap_or(c)
}

/// `unicode.ToLower`
pub fn to_lower(c: char) -> char {
    let mut mapped = c.to_lowercase();
    match (mapped.next(), mapped.next()) {
        (Some(lower), None) => lower,
        // The only letter for which Rust gives several runes: a capital I with a dot.
        _ if c == '\u{130}' => 'i',
        _ => c,
    }
}

/// `unicode.ToTitle`: the upper case, except for letters that are two in one, and for Georgian.
pub fn to_title(c: char) -> char {
    match c {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        '\u{10d0}'..='\u{10fa}' | '\u{10fd}'..='\u{10ff}' => c,
        c => to_upper(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_single_runes() {
        let mapped = |text: &str, map: fn(char) -> char| text.chars().map(map).collect::<String>();
        assert_eq!(mapped("aß\u{149}\u{1f80}\u{1fb3}ǆé", to_upper), "Aß\u{149}\u{1f88}\u{1fbc}ǄÉ");
        assert_eq!(mapped("AİÉǅ", to_lower), "aiéǆ");
        assert_eq!(mapped("ǆaბ", to_title), "ǅAბ");
    }

    #[test]
    fn classes() {
        assert!(is_letter('é') && !is_letter('1') && is_letter('ǅ'));
        assert!(is_digit('٣') && !is_digit('½') && is_number('½'));
        assert!(is_upper('É') && !is_upper('ǅ') && is_title('ǅ') && is_lower('ß'));
        assert!(is_space('\u{85}') && is_space('\u{a0}') && !is_space('\u{200b}'));
        assert!(is_punct('!') && !is_punct('+'));
    }
}
