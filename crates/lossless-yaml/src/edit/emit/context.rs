//! The facts that new text is written from. Nothing here changes while it is written.

use std::borrow::Cow;
use std::ops::Range;

use crate::edit::anchors::Plan;
use crate::edit::layout::{column, column_of_entry, key_of};
use crate::edit::nodes::{Content, Elem, Nodes, State};
use crate::edit::style::Style;
use crate::edit::verify;
use crate::text::{is_blank_line, line_end, line_end_before, skip_blanks, slice};
use crate::tree::{NodeId, NodeKind, Tree};

use super::write::Lines;

pub(super) struct Context<'c> {
    pub nodes: &'c Nodes<'c, 'c>,
    pub tree: &'c Tree<'c>,
    pub style: &'c Style<'c, 'c>,
    pub plan: &'c Plan,
    /// The tree's text, with a line end after its last line.
    pub text: Cow<'c, str>,
    /// The line end that was added for that, or nothing.
    pub added: &'static str,
}

impl<'c> Context<'c> {
    pub(super) fn new(nodes: &'c Nodes<'c, 'c>, style: &'c Style<'c, 'c>, plan: &'c Plan) -> Self {
        let tree = nodes.tree;
        let added = if tree.text.ends_with('\n') { "" } else { line_end_before(tree.text, tree.text.len()) };
        let text = if added.is_empty() { Cow::Borrowed(tree.text) } else { Cow::Owned([tree.text, added].concat()) };
        Self { nodes, tree, style, plan, text, added }
    }

    /// The item of the tree that `elem` is, or was before it moved.
    pub(super) fn moved_from(&self, elem: Elem) -> Option<NodeId> {
        self.nodes.written_as(elem)
    }

    /// The node whose text an element shows.
    pub(super) fn shown(&self, elem: Elem) -> Option<NodeId> {
        self.nodes.origin(elem).map(|origin| self.tree.resolve_alias(origin))
    }

    /// The block scalar of the old text that an element ends in, if it is kept.
    pub(super) fn last_block_scalar(&self, elem: Elem) -> Option<NodeId> {
        let node = match elem {
            Elem::Old(id) => return self.tree.last_block_scalar(self.tree.resolve_alias(id)),
            Elem::Draft(id) => self.nodes.get(id),
        };
        match &node.content {
            Content::Map(slots) | Content::Seq(slots) if !node.replaced => {
                let last = slots.iter().rev().find(|slot| slot.is_live())?;
                if matches!(last.state, State::New(_)) { None } else { self.last_block_scalar(last.elem) }
            }
            _ => None,
        }
    }

    /// The block scalar that ends a text without a final line end.
    pub(super) fn last_literal(&self) -> Option<NodeId> {
        let end = self.tree.text.len();
        if self.added.is_empty() {
            return None;
        }
        // It may be a key without a value.
        let last = self.tree.nodes.iter().rposition(|n| n.end as usize == end && n.kind != NodeKind::Absent)?;
        let last = NodeId(u32::try_from(last).ok()?);
        self.tree.kind(last).is_block_scalar().then_some(last)
    }

    /// The block scalars that begin in `range`.
    pub(super) fn block_scalars_in(&self, range: &Range<usize>) -> impl Iterator<Item = NodeId> + use<'c> {
        let tree = self.tree;
        let first_at = |pos: usize| tree.nodes.partition_point(|n| (n.start as usize) < pos);
        tree.ids(first_at(range.start)..first_at(range.end)).filter(|&id| tree.kind(id).is_block_scalar())
    }

    /// The header of a block scalar, without the comment behind it.
    pub(super) fn header(&self, scalar: NodeId) -> &str {
        let start = self.tree.start(scalar);
        let line = slice(&self.text, start..line_end(&self.text, start));
        line.split('#').next().unwrap_or(line).trim_end()
    }

    /// Whether blank lines at the end of a block scalar are a part of it.
    pub(super) fn keeps_line_ends(&self, scalar: NodeId) -> bool {
        self.header(scalar).contains('+')
    }

    /// How much deeper than its entry the lines of a block scalar are indented, if its header states it.
    pub(super) fn stated_indent(&self, scalar: NodeId) -> Option<usize> {
        self.header(scalar).chars().find_map(|c| c.to_digit(10)).and_then(|indent| usize::try_from(indent).ok())
    }

    /// Column of the lines of a block scalar; if they are all blank, where they would be.
    pub(super) fn literal_column(&self, scalar: NodeId) -> usize {
        if let Some(indent) = self.stated_indent(scalar) {
            return column_of_entry(self.tree, scalar) + indent;
        }
        let mut pos = line_end(&self.text, self.tree.start(scalar));
        while pos < self.tree.end(scalar) && is_blank_line(&self.text, pos) {
            pos = line_end(&self.text, pos);
        }
        if pos < self.tree.end(scalar) {
            column(self.tree, skip_blanks(&self.text, pos))
        } else {
            column_of_entry(self.tree, scalar) + 2
        }
    }

    /// The column that the copied lines of `id` are shifted from, and the one under a key in column `key` that they are
    /// shifted to: as far from it as they were from their own key.
    pub(super) fn columns_under(&self, id: NodeId, key: usize, lines: Lines<'_>) -> (usize, usize) {
        let tree = self.tree;
        let is_literal = tree.kind(id).is_block_scalar();
        let from = if is_literal { self.literal_column(id) } else { column(tree, tree.start(id)) };
        let own = key_of(tree, id).map(|k| column(tree, tree.lead(k)));
        let other = if tree.kind(id) == NodeKind::BlockSeq { lines.lists.offset } else { lines.step };
        (from, key + own.map_or(other, |own| from.saturating_sub(own)))
    }

    /// The step of a mapping in the place of `value`.
    pub(super) fn step_at(&self, value: NodeId) -> usize {
        match self.tree.parent(value) {
            Some(map) if self.tree.kind(map) == NodeKind::BlockMap => self.style.step_at(map, value),
            Some(list) if self.tree.kind(list) == NodeKind::BlockSeq => self.style.item_step(list, Some(value)),
            _ => 2,
        }
    }

    /// Whether a text without its final line end has other data: it ends in a block scalar that has one.
    pub(super) fn needs_final_line_end(&self, text: &str) -> bool {
        text.contains(['|', '>']) && !verify::have_same_data(text, &[text, self.added].concat())
    }
}
