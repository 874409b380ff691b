//! Places findings: positions, names, and the lines that show them.

use std::collections::HashSet;
use std::sync::Arc;

use super::finding::{Excerpt, Finding, Found};
use super::items::Item;
use super::rule::Rule;
use lossless_yaml::{NodeId, Tree};

/// How many bytes of a line are kept on either side of what is marked.
const AROUND: usize = 400;

/// The findings in a document.
pub(super) struct Placed<'p> {
    file: &'p Arc<str>,
    tree: &'p Tree<'p>,
    findings: Vec<Finding>,
    /// What was found already: a node that several objects share through an anchor is reported once.
    seen: HashSet<(&'static str, NodeId)>,
}

impl<'p> Placed<'p> {
    pub(super) fn new(file: &'p Arc<str>, tree: &'p Tree<'p>) -> Self {
        Self { file, tree, findings: Vec::new(), seen: HashSet::new() }
    }

    /// Adds what `rule` found in an object.
    pub(super) fn add(&mut self, rule: &'static Rule, item: &Item<'_>, namespace: &str, found: Vec<Found>) {
        for found in found {
            if self.seen.insert((rule.name, found.node)) {
                self.findings.push(self.finding(rule, item, namespace, found));
            }
        }
    }

    fn finding(&self, rule: &'static Rule, item: &Item<'_>, namespace: &str, found: Found) -> Finding {
        let (tree, text) = (self.tree, self.tree.text());
        let head = tree.head(found.node);
        let span = tree.span(found.node);
        let end = span.start + text.get(span.clone()).unwrap_or_default().trim_end().len();
        Finding {
            rule,
            file: Arc::clone(self.file),
            start: tree.place(found.node),
            end: tree.place_at(end.max(head)),
            kind: item.kind.clone().into_owned(),
            namespace: namespace.to_owned(),
            name: item.name.clone(),
            path: tree.path(found.node).to_string(),
            message: found.message,
            help: found.help,
            fix: found.fix,
            excerpt: self.excerpt(head, end),
        }
    }

    /// The line that begins a node, with its part on that line marked.
    fn excerpt(&self, head: usize, end: usize) -> Excerpt {
        let text = self.tree.text();
        let before = text.get(..head).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = text.get(head..).unwrap_or_default();
        let line_end = head + rest.find('\n').unwrap_or(rest.len());
        let line = text.get(line_start..line_end).unwrap_or_default().trim_end_matches('\r');
        let marked = (head - line_start)..end.min(line_start + line.len()).max(head) - line_start;
        let from = line.floor_char_boundary(marked.start.saturating_sub(AROUND));
        let to = line.floor_char_boundary((marked.end.min(marked.start + AROUND) + AROUND).min(line.len()));
        let cut = line.get(from..to).unwrap_or_default().to_owned();
        let marked = marked.start - from..(marked.end - from).min(cut.len());
        Excerpt { line: self.tree.place_at(head).line, text: cut, marked }
    }

    /// The findings by position; those at the same position in the order of the registry.
    pub(super) fn sorted(mut self) -> Vec<Finding> {
        self.findings.sort_by_key(|finding| (finding.start.line, finding.start.column));
        self.findings
    }
}
