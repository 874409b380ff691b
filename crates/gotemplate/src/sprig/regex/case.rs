//! Letters that differ in case only.
//!
//! They follow from the mappings of the standard library. The tables of regex-syntax have a pointer for each letter, which
//! the dynamic linker would relocate at the start of every process.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The blocks that have letters with case. Others need not be searched.
const BLOCKS: [(u32, u32); 5] =
    [(0, 0x2e80), (0xa640, 0xac00), (0xfb00, 0x11a00), (0x16e00, 0x17000), (0x1e000, 0x1f000)];

/// All sets of two or more letters that differ in case only, by the form that stands for the set.
static SETS: LazyLock<HashMap<char, Vec<char>>> = LazyLock::new(|| {
    let mut sets: HashMap<char, Vec<char>> = HashMap::new();
    for c in BLOCKS.iter().flat_map(|&(first, end)| first..end).filter_map(char::from_u32) {
        let form = form(c);
        if form != c {
            sets.entry(form).or_insert_with(|| vec![form]).push(c);
        }
    }
    sets
});

/// The form that a letter shares with those that differ from it in case only.
fn form(c: char) -> char {
    // The upper case of the dotless i is that of the i, but both are different letters.
    if c == 'ı' {
        return c;
    }
    let upper = single(c.to_uppercase()).unwrap_or(c);
    single(upper.to_lowercase()).unwrap_or(upper)
}

/// The letter, unless there are several.
fn single(mut letters: impl Iterator<Item = char>) -> Option<char> {
    letters.next().filter(|_| letters.next().is_none())
}

/// The letters that differ from `c` in case only, with `c` itself; none if there are no others.
pub(super) fn variants(c: char) -> &'static [char] {
    match c {
        'k' | 'K' => &['k', 'K', '\u{212a}'],
        's' | 'S' => &['s', 'S', 'ſ'],
        _ => SETS.get(&form(c)).map_or(&[], Vec::as_slice),
    }
}

/// All sets of letters that differ in case only.
pub(super) fn sets() -> impl Iterator<Item = &'static [char]> {
    SETS.values().map(Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

    /// Letters that are new since the tables of regex-syntax, and pairs that Unicode has only since 15.1. Go has 15.0.
    fn may_differ(c: char) -> bool {
        let new = ['\u{a7ce}'..='\u{a7d5}', '\u{16ea0}'..='\u{16ed3}', '\u{a7cb}'..='\u{a7dc}'];
        let since_15_1 = ['\u{390}', '\u{1fd3}', '\u{3b0}', '\u{1fe3}', '\u{fb05}', '\u{fb06}'];
        new.iter().any(|range| range.contains(&c)) || since_15_1.contains(&c)
    }

    #[test]
    fn variants_are_those_of_unicode() {
        let mut differing = Vec::new();
        for c in ('\0'..=char::MAX).filter(|c| !may_differ(*c)) {
            let mut expected = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
            expected.try_case_fold_simple().expect("the tests have the tables");
            let mut found = variants(c).to_vec();
            found.push(c);
            let found = ClassUnicode::new(found.into_iter().map(|c| ClassUnicodeRange::new(c, c)));
            if found != expected {
                differing.push(c);
            }
        }
        assert!(differing.is_empty(), "{differing:x?}");
    }
}
