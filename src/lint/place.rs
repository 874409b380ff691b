//! Places findings: positions, names and source lines.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use super::finding::{Excerpt, Finding, Found};
use super::ignores::Ignore;
use super::items::Item;
use super::rule::Rule;
use crate::k8s::{Element, Path};
use lossless_yaml::{NodeId, Tree};

/// How many bytes of a line are kept on either side of what is marked.
const AROUND: usize = 400;

/// The most bytes and lines of a string that are shown.
const MOST: usize = 4_000;
const MAX_LINES: usize = 30;

/// The findings in a document.
pub(super) struct Placed<'p> {
    file: &'p Arc<str>,
    tree: &'p Tree<'p>,
    findings: Vec<Finding>,
    /// Reported nodes: a node that several objects share through an anchor is reported once.
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

    /// Adds a finding about a comment.
    pub(super) fn add_comment(
        &mut self,
        rule: &'static Rule,
        item: &Item<'_>,
        namespace: &str,
        found: Found,
        ignore: &Ignore,
    ) {
        self.findings.push(self.finding_at(rule, item, namespace, found, ignore.comment.clone()));
    }

    /// The line of a node.
    pub(super) fn line(&self, node: NodeId) -> usize {
        self.tree.line(node)
    }

    fn finding(&self, rule: &'static Rule, item: &Item<'_>, namespace: &str, found: Found) -> Finding {
        let span = self.tree.span(found.node);
        let written = self.tree.text().get(span.clone()).unwrap_or_default().trim_end().len();
        let head = self.tree.head(found.node);
        self.finding_at(rule, item, namespace, found, head..head.max(span.start + written))
    }

    fn finding_at(
        &self,
        rule: &'static Rule,
        item: &Item<'_>,
        namespace: &str,
        found: Found,
        Range { start: head, end }: Range<usize>,
    ) -> Finding {
        let tree = self.tree;
        let help = found.advice();
        let part = found.part.and_then(|part| tree.source_of(tree.resolve_alias(found.node), part));
        Finding {
            rule,
            file: Arc::clone(self.file),
            start: tree.place_at(head),
            end: tree.place_at(end),
            kind: item.kind.clone().into_owned(),
            namespace: namespace.to_owned(),
            name: item.name.clone(),
            path: stable_path(tree, item, found.node),
            message: found.message,
            help,
            fix: found.fix,
            change: None,
            excerpt: self.excerpt(head, end, part),
        }
    }

    /// The line that begins a node, with its part on that line marked; and the lines up to the part of a string.
    fn excerpt(&self, head: usize, end: usize, part: Option<Range<usize>>) -> Excerpt {
        let text = self.tree.text();
        let line_start = text.get(..head).unwrap_or_default().rfind('\n').map_or(0, |at| at + 1);
        let line_end = |at: usize| at + text.get(at..).and_then(|rest| rest.find('\n')).unwrap_or(text.len() - at);
        let first_end = line_end(head);
        let line = self.tree.place_at(head).line;
        let shown = |end: usize| text.get(line_start..end).unwrap_or_default().trim_end_matches(['\r', '\n']);
        let within = |range: &Range<usize>| range.start - line_start..range.end.saturating_sub(line_start);
        // A part on a later line is shown with the lines between, if they are few.
        if let Some(part) = part.clone().filter(|part| part.start >= first_end) {
            let last = line_end(part.end.saturating_sub(1).max(part.start));
            let lines = shown(last);
            if lines.len() <= MOST && lines.lines().count() <= MAX_LINES {
                let marked = within(&(head..end.min(first_end).max(head)));
                let part = within(&part);
                let part = part.start..part.end.min(lines.len()).max(part.start);
                return Excerpt { line, text: lines.to_owned(), marked, part: Some(part), is_cut: false };
            }
        }
        let whole = shown(first_end);
        let marked = part.filter(|part| part.start >= head && part.start < first_end).unwrap_or(head..end);
        let marked = within(&marked);
        let marked = marked.start.min(whole.len())..marked.end.min(whole.len()).max(marked.start.min(whole.len()));
        // Lines are cut at their start only if they are very long: what draws them counts columns.
        let from = if marked.start > MOST { whole.floor_char_boundary(marked.start - AROUND) } else { 0 };
        let to = whole.floor_char_boundary((marked.end.min(marked.start + AROUND) + AROUND).min(whole.len()));
        let cut = whole.get(from..to).unwrap_or_default().to_owned();
        let marked = marked.start - from..(marked.end - from).min(cut.len());
        Excerpt { line, text: cut, marked, part: None, is_cut: from > 0 }
    }

    /// The findings by position; those at the same position in the order of the registry.
    pub(super) fn sorted(mut self) -> Vec<Finding> {
        self.findings.sort_by_key(|finding| (finding.start.line, finding.start.column));
        self.findings
    }
}

/// The path of a node in its object, with the names of items in place of their positions.
fn stable_path(tree: &Tree<'_>, item: &Item<'_>, node: NodeId) -> String {
    let object = item.node.path();
    let path: Path = tree.path(node).iter().collect();
    // The target of an alias is elsewhere.
    let (start, skipped) =
        if path.starts_with(&object) { (Some(item.node.id()), object.len()) } else { (tree.root(), 0) };
    let mut at = start;
    let mut out = String::new();
    for (depth, element) in path.iter().enumerate().skip(skipped) {
        at = at.and_then(|node| element.node(tree, node));
        if depth < object.len() {
            continue;
        }
        match element {
            Element::Key(key) => {
                let dot = if out.is_empty() { "" } else { "." };
                let _ = write!(out, "{dot}{key}");
            }
            Element::Index(index) => {
                let name = at.and_then(|item| tree.get_last(item, "name").ok().flatten());
                match name.map(|name| tree.scalar(tree.resolve_alias(name))) {
                    Some(name) => _ = write!(out, "[{name}]"),
                    None => _ = write!(out, "[{index}]"),
                }
            }
        }
    }
    out
}
