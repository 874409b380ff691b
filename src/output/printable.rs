//! Escapes names and values from manifests, which may contain control sequences for terminals and commands for CI logs.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Escapes control characters (including newlines), characters that change the text direction, and the `#` that starts
/// a command in a CI log (`##[error]`, `##vso[…]`).
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'#')
        || !(text.contains(needs_escape) || text.contains("##"))
    {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for (at, c) in text.char_indices() {
        if needs_escape(c) {
            let _ = write!(escaped, "{}", c.escape_default());
        } else if text.get(at..).is_some_and(begins_log_command) {
            let _ = write!(escaped, "{}", c.escape_unicode());
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

/// A file name for the start of a line. The prefix `./` keeps GitHub from running a name like `::error …` as a command.
pub fn printable_file(name: &str) -> Cow<'_, str> {
    let printed = printable(name);
    if name.trim_start().starts_with("::") { Cow::Owned(format!("./{printed}")) } else { printed }
}

/// Whether `text` starts like a command that CI systems find anywhere in a line.
fn begins_log_command(text: &str) -> bool {
    let word = text.strip_prefix("##").map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()));
    word.is_some_and(|rest| rest.starts_with('['))
}

pub(super) fn needs_escape(c: char) -> bool {
    let changes_direction =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || changes_direction || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ci_commands_are_escaped() {
        assert_eq!(printable("#1: ## a [b] ##"), "#1: ## a [b] ##");
        assert_eq!(printable("a/##vso[task.complete]"), "a/\\u{23}#vso[task.complete]");
        assert_eq!(printable("###[error]"), "#\\u{23}#[error]");
        assert_eq!(printable("##teamcity[x"), "\\u{23}#teamcity[x");
        assert_eq!(printable("section_start:0:a\r"), "section_start:0:a\\r");
    }

    #[test]
    fn a_file_name_cannot_start_a_command() {
        assert_eq!(printable_file("::error file=x::a.yaml"), "./::error file=x::a.yaml");
        assert_eq!(printable_file(" ::debug::a.yaml"), "./ ::debug::a.yaml");
        assert_eq!(printable_file("a::b.yaml"), "a::b.yaml");
    }

    #[test]
    fn control_characters_are_escaped() {
        assert!(matches!(printable("web, größer 漢字"), Cow::Borrowed(_)));
        assert_eq!(printable("a\u{1b}[2J\nb\u{9b}c\u{202e}d\u{7f}"), "a\\u{1b}[2J\\nb\\u{9b}c\\u{202e}d\\u{7f}");
    }
}
