//! Comments that suppress findings: `# nativesidecar: ignore[rule, other-rule]`, at the end of a finding's line or alone on
//! the line above.

use std::ops::Range;

use super::rule_set::{UnknownRule, rule};
use lossless_yaml::{Place, Tree};

/// What every such comment has, also one with a mistake.
pub(super) const WORDS: &str = "nativesidecar:";

/// What follows it.
const IGNORE: &str = "ignore";

/// A comment that suppresses findings.
#[derive(Debug)]
pub(super) struct Ignore {
    /// The bytes in the document.
    pub comment: Range<usize>,
    /// Where it begins.
    pub start: Place,
    /// The rules that it names; none if it is not written as it must be.
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
        let (_, after) = words.split_once(WORDS)?;
        let is_meant = after.trim_start().get(..IGNORE.len()).is_some_and(|word| word.eq_ignore_ascii_case(IGNORE));
        if !is_meant {
            return None;
        }
        let rules = rules(after).unwrap_or_default();
        let start = tree.place_at(comment.start);
        let line_start = text.get(..comment.start)?.rfind('\n').map_or(0, |at| at + 1);
        let is_alone = text.get(line_start..comment.start)?.trim_matches(['\u{feff}', ' ', '\t']).is_empty();
        let line = start.line + usize::from(is_alone);
        Some(Self { start, comment, rules, line, is_used: false })
    }

    /// Whether it is written as it must be.
    pub(super) fn is_well_formed(&self) -> bool {
        !self.rules.is_empty()
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

/// The rules that ` ignore[rule, other-rule]` names.
fn rules(after: &str) -> Option<Vec<String>> {
    let (names, _) = after.strip_prefix(' ')?.strip_prefix(IGNORE)?.strip_prefix('[')?.split_once(']')?;
    Some(names.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_with_mistakes_name_no_rules() {
        let of = |comment: &str| {
            let text = format!("a: 1 {comment}\n");
            let found = Ignore::all_in(&Tree::parse(&text, 1).unwrap());
            found.first().map(|ignore| ignore.rules.join(" "))
        };
        assert_eq!(of("# nativesidecar: ignore[a, b-c] because"), Some("a b-c".to_owned()));
        for comment in [
            "# nativesidecar: ignore",
            "# nativesidecar: ignore[a",
            "# nativesidecar: ignore[]",
            "# nativesidecar: ignore [a]",
            "# nativesidecar:ignore[a]",
            "# nativesidecar: Ignore[a]",
            "# nativesidecar: ignore a",
        ] {
            assert_eq!(of(comment), Some(String::new()), "{comment}");
        }
        assert_eq!(of("# nativesidecar: see the wiki"), None);
    }
}
