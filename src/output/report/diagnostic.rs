//! Diagnostics as text.

use std::collections::HashSet;
use std::fmt::Write as _;

use anstyle::Style;

use super::entry::rendered_from;
use crate::diagnostic::Diagnostic;
use crate::output::printable;

/// How many hints are remembered to avoid repeating them.
const MAX_HINTS: usize = 1000;

/// The lines of a diagnostic, without its hint.
fn lines(diagnostic: &Diagnostic, style: Style) -> String {
    let mut text = diagnostic.file.clone();
    if let Some(place) = diagnostic.place {
        let source = rendered_from(diagnostic.source.as_deref());
        let _ = write!(text, ":{}:{}{source}", place.line, place.column);
    }
    if !text.is_empty() {
        text.push_str(": ");
    }
    text.push_str(&diagnostic.text());
    let mut lines = format!("{style}{}{style:#}: {}\n", diagnostic.severity.label(), printable(&text));
    for line in diagnostic.excerpt.iter().flat_map(|excerpt| excerpt.lines()) {
        let _ = writeln!(lines, "  {}", printable(line));
    }
    lines
}

/// The lines of a diagnostic and its hint.
pub fn diagnostic_text(diagnostic: &Diagnostic) -> String {
    let mut hints = Hints::default();
    hints.next(diagnostic, Style::new()) + &hints.rest()
}

/// Places hints below their problems. A hint is shown once per run, after the last of consecutive problems that share it.
#[derive(Debug, Default)]
pub(super) struct Hints {
    pending: Option<String>,
    shown: HashSet<String>,
}

impl Hints {
    /// The hint of the preceding problems unless this one shares it, then the lines of `diagnostic`.
    pub(super) fn next(&mut self, diagnostic: &Diagnostic, style: Style) -> String {
        let before = if self.pending == diagnostic.hint { String::new() } else { self.rest() };
        self.pending.clone_from(&diagnostic.hint);
        before + &lines(diagnostic, style)
    }

    /// The hint of the last problem.
    pub(super) fn rest(&mut self) -> String {
        match self.pending.take() {
            Some(hint) if !self.shown.contains(&hint) => {
                let line = format!("  hint: {}\n", printable(&hint));
                if self.shown.len() < MAX_HINTS {
                    self.shown.insert(hint);
                }
                line
            }
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, ExitCode};
    use lossless_yaml::Place;

    fn shown(hints: &[Option<&str>]) -> String {
        let mut state = Hints::default();
        let problem = |hint: Option<&str>| Diagnostic {
            path: "spec".to_owned(),
            hint: hint.map(str::to_owned),
            ..Diagnostic::error(Code::WrongType, ExitCode::Input, "wrong")
                .in_file("a.yaml")
                .at(Some(Place { line: 3, column: 5 }))
        };
        let lines: String = hints.iter().map(|hint| state.next(&problem(*hint), Style::new())).collect();
        (lines + &state.rest()).replace("error: a.yaml:3:5: spec: wrong\n", "E\n")
    }

    #[test]
    fn a_hint_follows_the_problems_that_share_it_and_is_shown_once() {
        assert_eq!(shown(&[Some("a"), Some("a"), None]), "E\nE\n  hint: a\nE\n");
        assert_eq!(shown(&[Some("a"), Some("b"), Some("a"), Some("b")]), "E\n  hint: a\nE\n  hint: b\nE\nE\n");
        assert_eq!(shown(&[None]), "E\n");
    }
}
