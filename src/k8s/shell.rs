//! Quotes words in commands that are printed for users to run.

use std::borrow::Cow;

/// A word as a POSIX shell reads it, in single quotes only if it needs them.
pub fn shell_word(word: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) { Cow::Borrowed(word) } else { Cow::Owned(shell_quoted(word)) }
}

/// A word in single quotes.
pub fn shell_quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_if_a_shell_would_read_something_else() {
        for (word, expected) in [
            ("rg-shop", "rg-shop"),
            ("--name=a,b:c", "--name=a,b:c"),
            ("rg (prod)", "'rg (prod)'"),
            ("it's; rm -rf ~", r"'it'\''s; rm -rf ~'"),
            ("größe", "'größe'"),
            ("$HOME", "'$HOME'"),
            ("", "''"),
        ] {
            assert_eq!(shell_word(word), expected, "{word}");
        }
    }
}
