//! Text of others in lines of our own: names and values may hold what a terminal would obey.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` with escapes in the place of control characters, line ends among them, and of characters that change the
/// direction of the text around them.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (b' '..=b'~').contains(&b)) || !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_obeyed(c) {
            let _ = write!(escaped, "{}", c.escape_default());
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

fn is_obeyed(c: char) -> bool {
    let turns_text =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns_text || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_escaped() {
        assert!(matches!(printable("web, größer 漢字"), Cow::Borrowed(_)));
        assert_eq!(printable("a\u{1b}[2J\nb\u{9b}c\u{202e}d\u{7f}"), "a\\u{1b}[2J\\nb\\u{9b}c\\u{202e}d\\u{7f}");
    }
}
