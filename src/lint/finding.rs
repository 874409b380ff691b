//! What rules report.

use std::ops::Range;
use std::sync::Arc;

use super::fix::Fix;
use super::rule::Rule;
use lossless_yaml::{NodeId, Place};

/// A finding of a rule, without its position.
#[derive(Clone, Debug)]
pub struct Found {
    /// The node to change.
    pub node: NodeId,
    /// What is wrong: a fragment in lower case, without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The fix, if there is one.
    pub fix: Option<Fix>,
    /// What to do to get a fix, if this run offers none.
    pub for_a_fix: Option<&'static str>,
    /// The part of a string that the finding is about: a byte range of the string as it is read.
    pub part: Option<Range<usize>>,
}

impl Found {
    /// A finding at a node.
    pub(super) fn new(node: NodeId, message: String) -> Self {
        Self { node, message, help: None, fix: None, for_a_fix: None, part: None }
    }

    /// Adds what to do about it.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the fix, if there is one.
    pub fn fix(&mut self, fix: impl Into<Option<Fix>>) -> &mut Self {
        self.fix = fix.into();
        self
    }

    /// Adds what to do to get a fix.
    pub fn for_a_fix(&mut self, advice: &'static str) -> &mut Self {
        self.for_a_fix = Some(advice);
        self
    }

    /// What to do about it, and to get a fix.
    pub(super) fn advice(&self) -> Option<String> {
        match (&self.help, self.for_a_fix) {
            (Some(help), Some(reason)) => Some(format!("{help} ({reason})")),
            (None, Some(reason)) => Some(reason.to_owned()),
            (help, None) => help.clone(),
        }
    }

    /// Adds the part of the string that it is about.
    pub fn part(&mut self, part: Range<usize>) -> &mut Self {
        self.part = Some(part);
        self
    }
}

/// Takes the findings of one rule about one object.
pub struct Findings<'f> {
    found: &'f mut Vec<Found>,
}

impl<'f> Findings<'f> {
    pub(super) fn new(found: &'f mut Vec<Found>) -> Self {
        Self { found }
    }

    /// Adds a finding at a node, with a message in lower case and without a full stop.
    pub fn add(&mut self, node: NodeId, message: impl Into<String>) -> &mut Found {
        self.found.push(Found::new(node, message.into()));
        let last = self.found.len() - 1;
        #[allow(clippy::indexing_slicing, reason = "it was just added")]
        &mut self.found[last]
    }
}

/// A finding, for output.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// The file or stream, as the user named it.
    pub file: Arc<str>,
    /// Where it begins.
    pub start: Place,
    /// One character past its end.
    pub end: Place,
    /// The object's kind.
    pub kind: String,
    /// The object's namespace.
    pub namespace: String,
    /// The object's name.
    pub name: String,
    /// The path of the node in its object, items by their names: `spec.template.spec.containers[web].command[0]`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The fix, if there is one.
    pub fix: Option<Fix>,
    /// What the fix changes in the text, where that was asked for.
    pub change: Option<Change>,
    /// The lines that show it.
    pub excerpt: Excerpt,
}

impl Finding {
    /// Moves the finding by as many lines, and by columns if it is on the line `line`.
    pub fn shift(&mut self, lines: isize, columns: isize, line: usize) {
        let shift = |place: &mut Place| {
            if place.line == line {
                place.column = place.column.saturating_add_signed(columns);
            }
            place.line = place.line.saturating_add_signed(lines);
        };
        shift(&mut self.start);
        shift(&mut self.end);
        if let Some(change) = &mut self.change {
            shift(&mut change.start);
            shift(&mut change.end);
        }
        self.excerpt.line = self.excerpt.line.saturating_add_signed(lines);
    }
}

/// A change of a file's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where the old text begins.
    pub start: Place,
    /// Where it ends.
    pub end: Place,
    /// The new text.
    pub text: String,
}

/// Lines of a file, with the part that a finding is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// The first line, counted from 1.
    pub line: usize,
    /// The lines, without the last line end. Long ones are cut.
    pub text: String,
    /// The bytes of the text that the finding is about.
    pub marked: Range<usize>,
    /// The bytes of a part of it on later lines that shows why.
    pub part: Option<Range<usize>>,
    /// Whether the first line is cut at its start.
    pub is_cut: bool,
}
