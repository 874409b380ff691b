//! Something wrong with an input, a workload or an output, and how people read of it.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;

use anstyle::Style;

use super::entry::rendered_from;
use crate::output::printable;
use lossless_yaml::Place;

/// How many hints are remembered, so that none is repeated.
const HINTS: usize = 1000;

/// Something wrong with an input, a workload or an output.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The file, as people name it; empty where it is about none.
    pub file: String,
    /// Where in it.
    pub place: Option<Place>,
    /// What its document was rendered from.
    pub source: Option<Arc<str>>,
    /// Path of keys to the node.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// Lines that show it.
    pub excerpt: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// The exit code that belongs to it.
    pub code: u8,
}

impl Problem {
    /// What is wrong with what, without its place.
    pub fn text(&self) -> String {
        if self.path.is_empty() { self.message.clone() } else { format!("{}: {}", self.path, self.message) }
    }

    /// The lines for people, but for the hint.
    fn lines(&self, style: Style) -> String {
        let mut text = self.file.clone();
        if let Some(place) = self.place {
            let source = rendered_from(self.source.as_deref());
            let _ = write!(text, ":{}:{}{source}", place.line, place.column);
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&self.text());
        let mut lines = format!("{style}error{style:#}: {}\n", printable(&text));
        for line in self.excerpt.iter().flat_map(|excerpt| excerpt.lines()) {
            let _ = writeln!(lines, "  {}", printable(line));
        }
        lines
    }
}

/// Puts hints below the problems that they help with: once for neighbours that share one, and once a run.
#[derive(Debug, Default)]
pub(super) struct Hints {
    pending: Option<String>,
    shown: HashSet<String>,
}

impl Hints {
    /// The lines of `problem`, after the hint of those before it unless they share it.
    pub(super) fn next(&mut self, problem: &Problem, style: Style) -> String {
        let before = if self.pending == problem.hint { String::new() } else { self.rest() };
        self.pending.clone_from(&problem.hint);
        before + &problem.lines(style)
    }

    /// The hint of the last problems.
    pub(super) fn rest(&mut self) -> String {
        match self.pending.take() {
            Some(hint) if !self.shown.contains(&hint) => {
                let line = format!("  hint: {}\n", printable(&hint));
                if self.shown.len() < HINTS {
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

    fn shown(hints: &[Option<&str>]) -> String {
        let mut state = Hints::default();
        let problem = |hint: Option<&str>| Problem {
            file: "a.yaml".to_owned(),
            place: Some(Place { line: 3, column: 5 }),
            source: None,
            path: "spec".to_owned(),
            message: "wrong".to_owned(),
            excerpt: None,
            hint: hint.map(str::to_owned),
            code: 3,
        };
        let lines: String = hints.iter().map(|hint| state.next(&problem(*hint), Style::new())).collect();
        (lines + &state.rest()).replace("error: a.yaml:3:5: spec: wrong\n", "E\n")
    }

    #[test]
    fn a_hint_follows_the_problems_that_share_it_and_comes_once() {
        assert_eq!(shown(&[Some("a"), Some("a"), None]), "E\nE\n  hint: a\nE\n");
        assert_eq!(shown(&[Some("a"), Some("b"), Some("a"), Some("b")]), "E\n  hint: a\nE\n  hint: b\nE\nE\n");
        assert_eq!(shown(&[None]), "E\n");
    }
}
