//! Go's `strconv`: numbers, booleans and quoted strings as text.

mod format_float;
mod parse_float;
mod parse_int;
mod quote;
mod unquote;

use thiserror::Error;

pub use format_float::{BitSize, MAX_FRACTION_DIGITS, append_float, format_float};
pub use parse_float::parse_float;
pub use parse_int::{parse_int, parse_uint};
pub use quote::{
    append_quote, append_quote_rune, append_quote_rune_to_ascii, append_quote_to_ascii, can_backquote, is_print, quote,
};
pub use unquote::{Unquoted, unquote, unquote_char};

/// Why a text cannot be parsed: the `Err` of Go's `strconv.NumError`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Error {
    /// `strconv.ErrSyntax`
    #[error("invalid syntax")]
    Syntax,
    /// `strconv.ErrRange`: the number does not fit. With this error, Go returns the nearest number that does.
    #[error("value out of range")]
    Range {
        /// Whether it is too small
        negative: bool,
    },
    /// No number has this base.
    #[error("invalid base {0}")]
    Base(u32),
}

impl Error {
    /// The text of Go's `strconv.NumError` from this Go function, which was called with `text`.
    pub fn message(self, function: &str, text: impl AsRef<[u8]>) -> String {
        format!("strconv.{function}: parsing {}: {self}", quote(text))
    }
}

/// `strconv.ParseBool`: one of `1`, `t`, `T`, `TRUE`, `true`, `True`, and their opposites.
pub fn parse_bool(text: &str) -> Result<bool, Error> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err(Error::Syntax),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans() {
        assert_eq!(["1", "t", "T", "TRUE", "true", "True"].map(parse_bool), [Ok(true); 6]);
        assert_eq!(["0", "f", "F", "FALSE", "false", "False"].map(parse_bool), [Ok(false); 6]);
        assert_eq!(["", "yes", "tRUE", " true", "00"].map(parse_bool), [Err(Error::Syntax); 5]);
    }

    #[test]
    fn messages_are_gos() {
        assert_eq!(
            Error::Syntax.message("ParseBool", "é\u{1}"),
            r#"strconv.ParseBool: parsing "é\x01": invalid syntax"#
        );
        let range = Error::Range { negative: false };
        assert_eq!(range.message("ParseFloat", "1e999"), "strconv.ParseFloat: parsing \"1e999\": value out of range");
        assert_eq!(Error::Base(37).message("ParseInt", "1"), "strconv.ParseInt: parsing \"1\": invalid base 37");
    }
}
