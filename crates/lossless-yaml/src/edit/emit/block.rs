//! Adds and removes entries of lists and mappings in block style.

use std::ops::Range;

use super::Emitter;
use super::context::Context;
use super::write::{self, Data, Lines};
use crate::edit::layout::{
    CommentLimit, column, comment_limit, comments_after, entry_of, parent_line, taken_lines, text_end,
};
use crate::edit::nodes::{DraftId, Elem, Key, Slot, State};
use crate::parts;
use crate::text::{blanks_before, indent, line_end, line_start, slice};
use crate::tree::{NodeId, NodeKind};

/// Writes the changes of an opened block collection.
pub(super) fn edit(e: &mut Emitter<'_>, id: DraftId, container: NodeId, copied: bool) {
    let cx = e.cx;
    let slots = cx.nodes.slots(id);
    for slot in slots.iter().filter(|s| s.is_live() && s.is_old()) {
        if let Key::Old(key) = slot.key {
            e.elem(Elem::Old(key), copied);
        }
        e.elem(slot.elem, copied);
    }
    if slots.iter().all(|s| matches!(s.state, State::Kept)) {
        return;
    }
    Entries::new(cx, id, container).edit(e);
}

/// The slots of a block collection whose entries change.
struct Entries<'c> {
    cx: &'c Context<'c>,
    slots: &'c [Slot],
    container: NodeId,
    is_bare: bool,
    /// Column of the keys or dashes.
    column: usize,
    /// First byte of the first entry, if it is on the line of the dash or sign of the entry around.
    shared: Option<usize>,
}

impl<'c> Entries<'c> {
    fn new(cx: &'c Context<'c>, id: DraftId, container: NodeId) -> Self {
        let start = cx.tree.start(container);
        let before = blanks_before(&cx.text, start);
        let shared = (line_start(&cx.text, start) != before && column(cx.tree, before) > 0).then_some(start);
        let is_bare = cx.nodes.get(id).is_bare;
        Self { cx, slots: cx.nodes.slots(id), container, is_bare, column: column(cx.tree, start), shared }
    }

    fn text(&self) -> &'c str {
        &self.cx.text
    }

    fn edit(&self, e: &mut Emitter<'c>) {
        let no_live = !self.slots.iter().any(Slot::is_live);
        let first_live = self.slots.iter().position(|s| s.is_old() && s.is_live());
        let first_old = self.slots.iter().position(Slot::is_old);
        let head_goes = first_old.is_some() && first_live != first_old;
        let mut in_head = Vec::new();
        if no_live && !self.is_bare {
            self.empty(e, first_old);
        } else if let (Some(start), Some(first_old)) = (self.shared, first_old) {
            in_head = self.head(first_old, first_live);
            if head_goes || !in_head.is_empty() {
                self.edit_head(e, start, first_old, first_live, &in_head);
            }
        }
        let leaving = self.leaving();
        let (mut last, mut earlier, mut old) = (0, None, 0);
        for (index, slot) in self.slots.iter().enumerate() {
            if slot.is_old() {
                earlier = Some(slot);
                old += 1;
            }
            if !slot.is_live() {
                let shared = self.shared.is_some() && Some(index) == first_old;
                if let Some(range) = self.taken(slot).filter(|_| !shared) {
                    e.edits.delete(range);
                }
            } else if !slot.is_old() && in_head.binary_search(&index).is_err() {
                let behind = parts::from(&leaving, leaving.partition_point(|&(gone, _)| gone < index));
                last = self.free_position(e, slot, self.position(slot, earlier, behind).max(last));
                let lines = e.lines(last, 2);
                let is_moved = matches!(slot.state, State::Moved(_));
                let may_keep = is_moved || e.filler(last).is_none_or(|line| line.is_comment);
                let around = std::mem::replace(&mut e.scope.may_keep_line_ends, may_keep);
                let new = self.new_lines(e, slot, old, lines);
                e.scope.may_keep_line_ends = around;
                e.edits.insert(last, new);
            }
        }
    }

    /// Writes an empty collection: all entries are removed, and there is no key to remove with them.
    fn empty(&self, e: &mut Emitter<'_>, first_old: Option<usize>) {
        let empty = if self.cx.tree.kind(self.container) == NodeKind::BlockSeq { "[]" } else { "{}" };
        let parent = parent_line(self.cx.tree, self.container);
        if self.shared.is_none() && parent > 0 {
            e.edits.insert(parent, [" ", empty].concat());
        } else if let Some((lead, value)) = first_old.and_then(|i| self.bounds(i)) {
            e.edits.replace(lead..text_end(self.text(), self.cx.tree.end(value)), empty);
        }
    }

    /// The new slots that go to the line that the first entry shares.
    fn head(&self, first_old: usize, first_live: Option<usize>) -> Vec<usize> {
        // If the first entry is removed, new ones up to the first that stays take its line.
        let head_goes = first_live != Some(first_old);
        let until = if head_goes { first_live.unwrap_or(self.slots.len()) } else { first_old };
        (0..until).filter(|&i| self.slots.get(i).is_some_and(|s| !s.is_old())).collect()
    }

    fn edit_head(&self, e: &mut Emitter<'c>, start: usize, first_old: usize, first_live: Option<usize>, new: &[usize]) {
        let text = self.text();
        let lines = e.lines(line_end(text, start), 2);
        let mut block = String::new();
        let mut old = 0;
        for (index, slot) in self.slots.iter().enumerate().take(new.last().map_or(0, |last| last + 1)) {
            if slot.is_old() {
                old += 1;
            } else if new.binary_search(&index).is_ok() {
                block.push_str(&self.new_lines(e, slot, old, lines));
            }
        }
        // The dash stays: the first new line goes directly behind it.
        let inline = slice(&block, self.column.min(block.len())..block.len());
        let inline = inline.strip_suffix(lines.eol).unwrap_or(inline);
        if first_live == Some(first_old) {
            let mut inserted = inline.to_owned();
            inserted.push_str(lines.eol);
            indent(&mut inserted, self.column);
            e.edits.insert(start, inserted);
            return;
        }
        let Some((_, value)) = self.bounds(first_old) else { return };
        let end = text_end(self.text(), self.cx.tree.end(value));
        if !new.is_empty() {
            e.edits.replace(start..end, inline);
            return;
        }
        let Some((first_live, (next, _))) = first_live.and_then(|i| Some((i, self.bounds(i)?))) else { return };
        let mut between = line_end(text, end);
        for slot in self.slots.iter().take(first_live).skip(first_old + 1) {
            between = self.taken(slot).filter(|r| r.start == between).map_or(between, |r| r.end);
        }
        if between == line_start(text, next) {
            e.edits.delete(start..next);
        } else {
            // A comment or blank line stays between: then the dash is alone on its line.
            e.edits.delete(blanks_before(text, start)..end);
        }
    }

    /// First byte of an old entry, and its value.
    fn bounds(&self, index: usize) -> Option<(usize, NodeId)> {
        let (entry, value) = entry_of(self.cx.nodes, self.slots.get(index)?)?;
        Some((self.cx.tree.lead(entry), value))
    }

    fn taken(&self, slot: &Slot) -> Option<Range<usize>> {
        taken_lines(self.cx.nodes, self.text(), slot)
    }

    /// The lines of the entries that are removed or move away, with the indices of their slots.
    fn leaving(&self) -> Vec<(usize, Range<usize>)> {
        let gone = self.slots.iter().enumerate().filter(|(_, slot)| !slot.is_live());
        let leaving: Vec<_> = gone.filter_map(|(index, slot)| Some((index, self.taken(slot)?))).collect();
        debug_assert!(leaving.is_sorted_by(|(_, a), (_, b)| a.end <= b.start), "entries have lines of their own");
        leaving
    }

    /// Where a new slot goes: at the start of a line. `earlier` is the nearest old slot before it; `leaving` has the lines of
    /// the entries behind it that leave.
    fn position(&self, slot: &Slot, earlier: Option<&Slot>, leaving: &[(usize, Range<usize>)]) -> usize {
        let (tree, text) = (self.cx.tree, self.text());
        let style = match &slot.state {
            State::New(style) | State::Moved(style) => Some(style),
            _ => None,
        };
        let position = match earlier.and_then(|s| Some((s, entry_of(self.cx.nodes, s)?))) {
            Some((old, _)) if style.is_some_and(|s| s.in_place) => return self.taken(old).map_or(0, |r| r.start),
            Some((_, (_, value))) => {
                let last = style.is_some_and(|s| s.last);
                let limit = if last { comment_limit(tree, self.container) } else { CommentLimit(self.column + 1) };
                comments_after(tree, text, tree.end(value), limit)
            }
            // The line above the first key of a document is not its own.
            None => match parent_line(tree, self.container) {
                0 => line_start(text, tree.start(self.container)),
                parent => line_end(text, parent),
            },
        };
        // Comments above an item that moves away go with it.
        let above = leaving.partition_point(|(_, range)| range.start < position).checked_sub(1);
        let around = above.and_then(|above| leaving.get(above)).filter(|(_, range)| position < range.end);
        around.map_or(position, |(_, range)| range.start)
    }

    /// The place for a new slot at `pos`: a moved item that ends in a block scalar goes behind the filler that would become
    /// part of it.
    fn free_position(&self, e: &mut Emitter<'_>, slot: &Slot, pos: usize) -> usize {
        let tree = self.cx.tree;
        let moved = matches!(slot.state, State::Moved(_)).then(|| self.cx.moved_from(slot.elem)).flatten();
        let Some(item) = moved.filter(|&item| !tree.parent(item).is_some_and(|list| tree.kind(list).is_flow())) else {
            return pos;
        };
        let Some(scalar) = self.cx.last_block_scalar(slot.elem) else { return pos };
        e.depends_on_filler = true;
        let keeps_line_ends = self.cx.keeps_line_ends(scalar);
        let deeper = self.cx.literal_column(scalar).saturating_sub(column(tree, tree.lead(item)));
        let mut free = pos;
        let mut next = pos;
        while let Some(line) = e.filler(next) {
            next = line.end;
            let joins = line.indent >= self.column + deeper || (keeps_line_ends && !line.is_comment);
            if joins {
                free = line.end;
            } else if line.is_comment {
                break;
            }
        }
        free
    }

    /// The lines of a new slot, which has `old` old ones before it.
    fn new_lines(&self, e: &mut Emitter<'c>, slot: &'c Slot, old: usize, lines: Lines<'_>) -> String {
        let (tree, style) = (self.cx.tree, self.cx.style);
        // Enough for a container, to allocate once.
        let mut out = String::with_capacity(1 << 10);
        if tree.kind(self.container) == NodeKind::BlockSeq {
            let lines = Lines { step: style.item_step(self.container, None), ..lines };
            write::slot_item(e, &mut out, slot, self.column, lines);
        } else if let State::New(new) | State::Moved(new) = &slot.state {
            let lines = Lines { step: style.step(self.container, old), keys: new.keys, ..lines };
            let key = self.cx.nodes.key_of(slot);
            write::entry(e, &mut out, &key, Data::Elem(slot.elem), self.column, new, lines);
            write::moved_comment(e, &mut out, slot, lines.eol);
        }
        out
    }
}
