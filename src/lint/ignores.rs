//! Comments that suppress findings: `# nativesidecar: ignore[rule, other-rule]`, at the end of a finding's line or alone on
//! the line above.

use std::ops::Range;

use super::rule_set::{UnknownRule, rule};
use lossless_yaml::{Place, Tree};

/// The words that every such comment has.
pub(super) const WORDS: &str = "nativesidecar: ignore[";

/// A comment that suppresses findings.
#[derive(Debug)]
pub(super) struct Ignore {
    /// Its bytes in the document.
    pub comment: Range<usize>,
    /// Where it begins.
    pub start: Place,
    /// The rules that it names.
    pub rules: Vec<String>,
    /// The line whose findings it suppresses.
    pub line: usize,
    /// Whether it suppressed a finding.
    pub is_used: bool,
}

impl Ignore {
    /// The comments in a document, in order.
    pub(super) fn all_in(tree: &Tree<'_>) -> Vec<Self> {
        tree.comments_with(WORDS).into_iter().filter_map(|comment| Self::read(tree, comment)).collect()
    }

    fn read(tree: &Tree<'_>, comment: Range<usize>) -> Option<Self> {
        let text = tree.text();
        let words = text.get(comment.clone())?;
        let (_, names) = words.split_once(WORDS)?;
        let (names, _) = names.split_once(']')?;
        let rules = names.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
        let start = tree.place_at(comment.start);
        let line_start = text.get(..comment.start)?.rfind('\n').map_or(0, |at| at + 1);
        let is_alone = text.get(line_start..comment.start)?.trim_matches(['\u{feff}', ' ', '\t']).is_empty();
        let line = start.line + usize::from(is_alone);
        Some(Self { start, comment, rules, line, is_used: false })
    }

    /// Whether it names the rule and is about the line.
    pub(super) fn is_about(&self, rule: &str, line: usize) -> bool {
        self.line == line && self.rules.iter().any(|name| name == rule)
    }

    /// The first name that no rule has.
    pub(super) fn unknown(&self) -> Option<UnknownRule> {
        self.rules.iter().find(|name| rule(name).is_none()).map(|name| UnknownRule::of(name))
    }
}
