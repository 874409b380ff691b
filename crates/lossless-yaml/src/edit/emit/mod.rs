//! Writes an edited draft: byte ranges of the old text, and the new text in their places.
//!
//! [`Context`] holds the facts, [`Edits`] what was found so far, and [`Emitter`] goes through the draft. Its writers call
//! each other as lists and mappings nest: [`block`] and [`flow_edit`] change collections that stay, [`replace`] puts data
//! in the place of a value, [`write`], [`flow`] and [`open`] write new data, [`copy`] text that is shown elsewhere or
//! moves. [`filler`] is about blank lines and comments that a block scalar above could take in.

mod block;
mod context;
mod copy;
mod edits;
mod filler;
mod flow;
mod flow_edit;
mod open;
mod replace;
mod write;

use std::ops::Range;

use serde_json::Value;

use self::context::Context;
use self::edits::Edits;
use self::filler::behind;
use super::anchors::{Fate, Plan};
use super::nodes::{Content, Copy, Elem, Nodes};
use super::style::Style;
use crate::error::YamlError;
use crate::text::line_start;
use crate::tree::NodeId;

/// The edited text.
pub(super) fn write<'c>(
    nodes: &'c Nodes<'c, 'c>,
    style: &'c Style<'c, 'c>,
    plan: &'c Plan,
) -> Result<String, YamlError> {
    let cx = &Context::new(nodes, style, plan);
    let mut emitter = Emitter::new(cx, Vec::new());
    emitter.root();
    if emitter.depends_on_filler {
        // Whether a literal block fits in a place depends on what follows it after the edit: now that is known.
        let cuts = emitter.edits.cuts();
        if emitter.asked.iter().any(|&pos| behind(&cuts, pos) != pos) {
            emitter = Emitter::new(cx, cuts);
            emitter.root();
        }
    }
    if let Some(error) = emitter.error {
        return Err(error);
    }
    emitter.keep_filler_apart(&(0..cx.text.len()));
    let ends_as_before = emitter.end_of_text();
    let mut text = emitter.edits.apply(&cx.text, 0..cx.text.len());
    if text.ends_with(cx.added) {
        text.truncate(text.len() - cx.added.len());
        if !cx.added.is_empty() && !ends_as_before && cx.needs_final_line_end(&text) {
            text.push_str(cx.added);
        }
    }
    Ok(text)
}

/// What the text that is being written is for.
#[derive(Clone, Copy, Default)]
struct Scope {
    /// Where the part of the text ends that is written for another place; `None` for text that stays in its place.
    within: Option<usize>,
    /// Whether a copy is written: without anchors.
    is_copy: bool,
    /// Whether an item that moves may end in a block scalar that keeps line ends: what follows it is known.
    may_keep_line_ends: bool,
}

/// Goes through the draft and collects edits.
struct Emitter<'c> {
    cx: &'c Context<'c>,
    edits: Edits,
    scope: Scope,
    /// What is cut out of the text, as far as it is known from an earlier pass.
    cuts: Vec<Range<usize>>,
    /// The positions whose filler lines were asked for.
    asked: Vec<usize>,
    /// Whether a block scalar was written, so that it matters what follows it.
    depends_on_filler: bool,
    /// The first data that could not be read, and so cannot be rewritten.
    error: Option<YamlError>,
}

impl<'c> Emitter<'c> {
    fn new(cx: &'c Context<'c>, cuts: Vec<Range<usize>>) -> Self {
        let (edits, scope) = (Edits::default(), Scope::default());
        Self { cx, edits, scope, cuts, asked: Vec::new(), depends_on_filler: false, error: None }
    }

    fn root(&mut self) {
        if let Some(root) = self.cx.nodes.root {
            self.elem(root, false);
        }
    }

    /// The data of an element that is rewritten. If they cannot be read, the edit fails.
    fn value(&mut self, elem: Elem) -> Value {
        self.cx.nodes.value(elem).unwrap_or_else(|error| {
            self.error.get_or_insert(error);
            Value::Null
        })
    }

    /// Edits inside an element that keeps its place. In a `copied` text no anchor is written.
    fn elem(&mut self, elem: Elem, copied: bool) {
        let cx = self.cx;
        let id = match elem {
            Elem::Old(id) => {
                for (alias, fate) in cx.plan.aliases_in(cx.tree.subtree(id)) {
                    let fate = if copied { Fate::WrittenOut } else { fate };
                    copy::alias(self, alias, Elem::Old(cx.tree.resolve_alias(alias)), fate);
                }
                return;
            }
            Elem::Draft(id) => id,
        };
        if cx.plan.keeps(id) {
            return;
        }
        let node = cx.nodes.get(id);
        match (node.copy, node.origin) {
            (Some(Copy::OfAlias(alias)), _) => {
                if cx.nodes.changed(elem) {
                    copy::alias(self, alias, elem, Fate::WrittenOut);
                } else {
                    self.elem(Elem::Old(alias), copied);
                }
            }
            (_, Some(origin)) => self.content(elem, origin, copied),
            (_, None) => {}
        }
    }

    /// Edits inside the node `origin`.
    fn content(&mut self, elem: Elem, origin: NodeId, copied: bool) {
        let Elem::Draft(id) = elem else { return self.elem(elem, copied) };
        let node = self.cx.nodes.get(id);
        match &node.content {
            _ if node.replaced => replace::value(self, elem, origin),
            Content::Value(_) => {}
            Content::Map(_) | Content::Seq(_) if self.cx.tree.kind(origin).is_flow() => {
                flow_edit::edit(self, id, origin, copied);
            }
            Content::Map(_) | Content::Seq(_) => block::edit(self, id, origin, copied),
        }
    }

    /// The text in `range` with the edits that `collect` finds in it.
    fn fragment(&mut self, range: Range<usize>, collect: impl FnOnce(&mut Self)) -> String {
        let scope = self.scope.within.replace(range.end);
        let around = std::mem::take(&mut self.edits);
        collect(self);
        self.keep_filler_apart(&range);
        self.scope.within = scope;
        std::mem::replace(&mut self.edits, around).apply(&self.cx.text, range)
    }

    /// Settles the end of a text without a final line end. A block scalar there has no line end in its data: if lines follow
    /// now, its header must say so. Returns whether the text ends as before.
    fn end_of_text(&mut self) -> bool {
        let text = self.cx.tree.text;
        let Some(last) = self.cx.last_literal() else { return self.edits.end_by(line_start(text, text.len())) };
        let follows = self.edits.insert_behind(text.len());
        let goes = self.edits.take(self.cx.tree.start(last));
        if follows && !goes {
            self.strip_literal(last);
        }
        !follows && !goes
    }

    /// Settles a block scalar among `nodes` that moves away from the end of a text without a final line end.
    fn strip_last_literal(&mut self, nodes: &Range<NodeId>) {
        if let Some(last) = self.cx.last_literal().filter(|last| nodes.contains(last)) {
            self.strip_literal(last);
        }
    }

    /// Makes the header of a block scalar say that its last line end is none of its data.
    fn strip_literal(&mut self, literal: NodeId) {
        let start = self.cx.tree.start(literal);
        let header = self.cx.header(literal);
        if !header.contains('-') {
            let stripped: String = header.chars().filter(|&c| c != '+').chain(['-']).collect();
            self.edits.replace(start..start + header.len(), stripped);
        }
    }
}
