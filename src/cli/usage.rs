//! Prints clap's errors about a wrong command line.

use std::ffi::OsString;
use std::io::Write as _;

use clap::Error;
use clap::error::ContextValue;

use crate::output::printable;

/// Prints an error about the command line, or the help, which clap returns as an error.
pub(super) fn print(error: Error, words: &[OsString]) {
    let is_obeyed = |word: &OsString| {
        let word = word.to_string_lossy();
        printable(&word) != word
    };
    if error.use_stderr() && words.iter().any(is_obeyed) {
        let _ = writeln!(std::io::stderr(), "{}\n\nFor more information, try '--help'.", text(error));
    } else {
        let _ = error.print();
    }
}

/// The error on one line, with the quoted parts of the command line escaped.
fn text(mut error: Error) -> String {
    let quoted: Vec<_> = error
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(text) => Some((kind, ContextValue::String(printable(text).into_owned()))),
            ContextValue::Strings(texts) => {
                let texts = texts.iter().map(|text| printable(text).into_owned());
                Some((kind, ContextValue::Strings(texts.collect())))
            }
            _ => None,
        })
        .collect();
    for (kind, value) in quoted {
        error.insert(kind, value);
    }
    let text = error.render().to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    printable(first.trim_end()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_words_are_escaped() {
        let error = |words: &[&str]| {
            let words = std::iter::once("kubectl-nativesidecar").chain(words.iter().copied());
            text(super::super::command().try_get_matches_from(words).unwrap_err())
        };
        assert_eq!(
            error(&["annotate", "--no\u{1b}[31m\n::error::such"]),
            "error: unexpected argument '--no\\u{1b}[31m\\n::error::such' found"
        );
        assert_eq!(
            error(&["inject", "--istio", "1\u{1b}[2J"]),
            "error: invalid value '1\\u{1b}[2J' for '--istio <VERSION>': \"1\\u{1b}[2J\" is not a valid Istio version \
             (expected 1.30 or 1.30.3)"
        );
        for (flag, value) in [
            ("-l", "a\n::x=b"),
            ("--pod-template-path", "a\n::x"),
            ("--node-version", "=\n::"),
            ("--set", "\n::"),
            ("--color", "\n::"),
        ] {
            let command = super::super::command().try_get_matches_from(["k", "inject", flag, value]);
            let text = command.err().map(text).unwrap_or_default();
            assert!(!text.contains('\n'), "{text}");
        }
    }
}
