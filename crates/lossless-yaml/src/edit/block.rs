//! Lists and mappings of lines: where entries begin and end, which comments are theirs, and how some come and go.

use std::ops::Range;

use super::draft::{Copy, DraftId, Elem, Key, Nodes, Slot, State};
use super::style::{column, key_of};
use super::write::{self, Lines};
use super::writer::{Edits, Writer};
use crate::text::{blanks_before, byte, byte_before, is_blank_line, line_end, line_start, skip_blanks, slice};
use crate::tree::{NodeId, NodeKind, Tree};

/// Own-line comments from this column on belong to what stands above them.
#[derive(Clone, Copy)]
pub(super) struct CommentLimit(pub usize);

/// Where an old slot stands in the tree: the key of an entry, or the item, and the value.
fn place(tree: &Tree<'_>, nodes: &Nodes<'_, '_>, slot: &Slot) -> Option<(NodeId, NodeId)> {
    match slot.key {
        Key::Old(key) => Some((key, NodeId(tree.node(key).next))),
        Key::New(_) => None,
        Key::None => {
            let item = match slot.elem {
                Elem::Old(id) => id,
                Elem::Draft(id) => match nodes.get(id).copy {
                    Some(Copy::OfAlias(alias)) => alias,
                    _ => nodes.get(id).origin?,
                },
            };
            Some((item, item))
        }
    }
}

/// One past the last line of a value that ends at `end`.
pub(super) fn last_line_end(text: &str, end: usize) -> usize {
    if byte_before(text, end) == b'\n' { end } else { line_end(text, end) }
}

/// One past the last byte of text, comments included, of the last line of a value that ends at `end`.
pub(super) fn text_end(text: &str, end: usize) -> usize {
    let line = slice(text, 0..last_line_end(text, end));
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line).len()
}

/// One past the last own-line comment, from the column of `limit` on, that follows a value that ends at `end`: blank
/// lines may stand between.
pub(super) fn comments_after(tree: &Tree<'_>, text: &str, end: usize, limit: CommentLimit) -> usize {
    let mut result = last_line_end(text, end);
    let mut pos = result;
    while pos < text.len() {
        let first = skip_blanks(text, pos);
        if byte(text, first) == b'#' {
            if column(tree, first) < limit.0 {
                break;
            }
            result = line_end(text, pos);
        } else if !is_blank_line(text, pos) {
            break;
        }
        pos = line_end(text, pos);
    }
    result
}

/// From which column on comments after the last entry of `container` are in it: a mapping's from that of its keys, a
/// list's from that of its dashes where these stand deeper than the key, else deeper than the dashes.
pub(super) fn comment_limit(tree: &Tree<'_>, container: NodeId) -> CommentLimit {
    let own = column(tree, tree.start(container));
    let flat = tree.kind(container) == NodeKind::BlockSeq
        && key_of(tree, container).is_some_and(|key| column(tree, tree.lead(key)) >= own);
    CommentLimit(own + usize::from(flat))
}

/// A position on the line after which the entries of `container` begin: behind its key's colon, its dash, or its
/// anchor and tag.
pub(super) fn parent_line(tree: &Tree<'_>, container: NodeId) -> usize {
    let props = tree.props(container);
    let anchor = props.and_then(|p| p.anchor.as_ref()).map_or(0, |a| a.end);
    let tag = props.and_then(|p| p.tag.as_ref()).map_or(0, |(t, _)| t.end);
    let sign = tree.lead(container);
    let sign = if matches!(byte(tree.text, sign), b':' | b'-') && sign < tree.head(container) { sign + 1 } else { 0 };
    anchor.max(tag).max(sign)
}

/// Whether a comment stands in `range` outside of the nodes below `container`.
pub(super) fn has_comment(text: &str, range: Range<usize>, tree: &Tree<'_>, container: NodeId) -> bool {
    let mut pos = range.start;
    let gap_has = |from: usize, to: usize| slice(text, from..to.max(from)).contains('#');
    for child in tree.children(container) {
        if gap_has(pos, tree.head(child)) {
            return true;
        }
        pos = tree.end(child);
    }
    gap_has(pos, range.end)
}

/// The lines that an old slot takes with it where it is removed or moved away.
pub(super) fn taken_lines(nodes: &Nodes<'_, '_>, text: &str, slot: &Slot) -> Option<Range<usize>> {
    let tree = nodes.tree;
    let (entry, value) = place(tree, nodes, slot)?;
    Some(match slot.state {
        State::MovedAway => moved_lines(tree, text, value),
        _ => line_start(text, tree.lead(entry))..last_line_end(text, tree.end(value)),
    })
}

/// The lines of an item that moves: comments directly above it in the column of its dash, and below it what is deeper.
pub(super) fn moved_lines(tree: &Tree<'_>, text: &str, item: NodeId) -> Range<usize> {
    let dash = tree.lead(item);
    let indent = column(tree, dash);
    let mut start = line_start(text, dash);
    while start > 0 {
        let above = line_start(text, start - 1);
        let first = skip_blanks(text, above);
        if byte(text, first) != b'#' || column(tree, first) != indent {
            break;
        }
        start = above;
    }
    start..comments_after(tree, text, tree.end(item), CommentLimit(indent + 1))
}

/// Writes the changes of an opened block collection.
pub(super) fn edit(w: &Writer<'_, '_, '_>, edits: &mut Edits, id: DraftId, container: NodeId, copied: bool) {
    let slots = w.nodes.slots(id);
    for slot in slots.iter().filter(|s| s.is_live() && s.is_old()) {
        if let Key::Old(key) = slot.key {
            w.elem(edits, Elem::Old(key), copied);
        }
        w.elem(edits, slot.elem, copied);
    }
    if slots.iter().all(|s| matches!(s.state, State::Kept)) {
        return;
    }
    Entries::new(w, id, container).edit(edits);
}

/// The slots of a block collection that has some that come or go.
struct Entries<'e, 'w, 't, 'a> {
    w: &'e Writer<'w, 't, 'a>,
    slots: &'w [Slot],
    container: NodeId,
    hollow: bool,
    /// Column of the keys or dashes.
    column: usize,
    /// First byte of the first entry, if it shares its line with the dash or sign of the entry around.
    shared: Option<usize>,
}

impl<'e, 'w, 't, 'a> Entries<'e, 'w, 't, 'a> {
    fn new(w: &'e Writer<'w, 't, 'a>, id: DraftId, container: NodeId) -> Self {
        let start = w.tree.start(container);
        let before = blanks_before(&w.text, start);
        let shared = (line_start(&w.text, start) != before && column(w.tree, before) > 0).then_some(start);
        let hollow = w.nodes.get(id).hollow;
        Self { w, slots: w.nodes.slots(id), container, hollow, column: column(w.tree, start), shared }
    }

    fn text(&self) -> &'e str {
        &self.w.text
    }

    fn edit(&self, edits: &mut Edits) {
        let no_live = !self.slots.iter().any(Slot::is_live);
        let first_live = self.slots.iter().position(|s| s.is_old() && s.is_live());
        let first_old = self.slots.iter().position(Slot::is_old);
        let head_goes = first_old.is_some() && first_live != first_old;
        let mut in_head = Vec::new();
        if no_live && !self.hollow {
            self.empty(edits, first_old);
        } else if let (Some(start), Some(first_old)) = (self.shared, first_old) {
            in_head = self.head(first_old, first_live);
            if head_goes || !in_head.is_empty() {
                self.edit_head(edits, start, first_old, first_live, &in_head);
            }
        }
        let mut last = 0;
        for (index, slot) in self.slots.iter().enumerate() {
            if !slot.is_live() {
                let shared = self.shared.is_some() && Some(index) == first_old;
                if let Some(range) = self.taken(slot).filter(|_| !shared) {
                    edits.delete(range);
                }
            } else if !slot.is_old() && !in_head.contains(&index) {
                last = self.free_position(slot, self.position(index).max(last));
                let lines = self.lines(last);
                let is_free = || self.w.spare_lines(last).next().is_none_or(|line| line.is_comment);
                let may_keep = matches!(slot.state, State::Moved(_)) || is_free();
                let around = self.w.may_keep_line_ends.replace(may_keep);
                edits.insert(last, self.new_lines(slot, lines));
                self.w.may_keep_line_ends.set(around);
            }
        }
    }

    /// All is gone, and there is no key that could go with it: an item, a document, or what was set to be empty.
    fn empty(&self, edits: &mut Edits, first_old: Option<usize>) {
        let empty = if self.w.tree.kind(self.container) == NodeKind::BlockSeq { "[]" } else { "{}" };
        let parent = parent_line(self.w.tree, self.container);
        if self.shared.is_none() && parent > 0 {
            edits.insert(parent, [" ", empty].concat());
        } else if let Some((lead, value)) = first_old.and_then(|i| self.bounds(i)) {
            edits.replace(lead..text_end(self.text(), self.w.tree.end(value)), empty);
        }
    }

    /// New slots that come to stand on the line that the first entry shares.
    fn head(&self, first_old: usize, first_live: Option<usize>) -> Vec<usize> {
        // Where the first entry goes, what follows it up to the first that stays takes its line.
        let head_goes = first_live != Some(first_old);
        let until = if head_goes { first_live.unwrap_or(self.slots.len()) } else { first_old };
        (0..until).filter(|&i| self.slots.get(i).is_some_and(|s| !s.is_old())).collect()
    }

    fn edit_head(&self, edits: &mut Edits, start: usize, first_old: usize, first_live: Option<usize>, new: &[usize]) {
        let text = self.text();
        let lines = self.lines(line_end(text, start));
        let mut block = String::new();
        for slot in new.iter().filter_map(|&i| self.slots.get(i)) {
            block.push_str(&self.new_lines(slot, lines));
        }
        // The dash before stays: the first new line goes on right behind it.
        let inline = block.get(self.column..).unwrap_or_default();
        let inline = inline.strip_suffix(lines.eol).unwrap_or(inline);
        if first_live == Some(first_old) {
            let mut inserted = inline.to_owned();
            inserted.push_str(lines.eol);
            write::indent(&mut inserted, self.column);
            edits.insert(start, inserted);
            return;
        }
        let Some((_, value)) = self.bounds(first_old) else { return };
        let end = text_end(self.text(), self.w.tree.end(value));
        if !new.is_empty() {
            edits.replace(start..end, inline);
            return;
        }
        let Some((next, _)) = first_live.and_then(|i| self.bounds(i)) else { return };
        let mut between = line_end(text, end);
        for slot in self.slots.iter().take(first_live.unwrap_or_default()).skip(first_old + 1) {
            between = self.taken(slot).filter(|r| r.start == between).map_or(between, |r| r.end);
        }
        if between == line_start(text, next) {
            edits.delete(start..next);
        } else {
            // A comment or blank line stays between: the dash stands alone then.
            edits.delete(blanks_before(text, start)..end);
        }
    }

    /// First byte of an old entry, and its value.
    fn bounds(&self, index: usize) -> Option<(usize, NodeId)> {
        let (entry, value) = place(self.w.tree, self.w.nodes, self.slots.get(index)?)?;
        Some((self.w.tree.lead(entry), value))
    }

    fn taken(&self, slot: &Slot) -> Option<Range<usize>> {
        taken_lines(self.w.nodes, self.text(), slot)
    }

    /// Where the new slot `index` goes: at the start of a line.
    fn position(&self, index: usize) -> usize {
        let (tree, text) = (self.w.tree, self.text());
        let before = self.slots.get(..index).unwrap_or_default().iter().rev().find(|s| s.is_old());
        let style = match self.slots.get(index).map(|s| &s.state) {
            Some(State::New(style) | State::Moved(style)) => Some(style),
            _ => None,
        };
        let position = match before.and_then(|s| Some((s, place(tree, self.w.nodes, s)?))) {
            Some((old, _)) if style.is_some_and(|s| s.in_place) => return self.taken(old).map_or(0, |r| r.start),
            Some((_, (_, value))) => {
                let last = style.is_some_and(|s| s.last);
                let limit = if last { comment_limit(tree, self.container) } else { CommentLimit(self.column + 1) };
                comments_after(tree, text, tree.end(value), limit)
            }
            // A document has no line above its first key that is its own.
            None => match parent_line(tree, self.container) {
                0 => line_start(text, tree.start(self.container)),
                parent => line_end(text, parent),
            },
        };
        // Comments above an item that moves away go with it, and are no place to stand behind.
        let leaving = self.slots.get(index..).unwrap_or_default().iter().filter(|s| !s.is_live());
        let mut leaving = leaving.filter_map(|s| self.taken(s));
        leaving.find(|range| range.start < position && position < range.end).map_or(position, |range| range.start)
    }

    /// Where a slot goes whose place is `pos`: an item that moves and ends in a block scalar goes behind the lines that
    /// would become a part of it.
    fn free_position(&self, slot: &Slot, pos: usize) -> usize {
        let tree = self.w.tree;
        let moved = matches!(slot.state, State::Moved(_)).then(|| self.w.moved_from(slot.elem)).flatten();
        let Some(item) = moved.filter(|&item| !tree.parent(item).is_some_and(|list| tree.kind(list).is_flow())) else {
            return pos;
        };
        let Some(scalar) = self.w.last_block_scalar(slot.elem) else { return pos };
        self.w.wrote_block_scalar.set(true);
        let keeps_line_ends = self.w.keeps_line_ends(scalar);
        let deeper = self.w.literal_column(scalar).saturating_sub(column(tree, tree.lead(item)));
        let mut free = pos;
        for line in self.w.spare_lines(pos) {
            let joins = line.indent >= self.column + deeper || (keeps_line_ends && !line.is_comment);
            if joins {
                free = line.end;
            } else if line.is_comment {
                break;
            }
        }
        free
    }

    fn lines(&self, pos: usize) -> Lines<'static> {
        self.w.lines(pos, 2)
    }

    /// The lines of a new slot.
    fn new_lines(&self, slot: &'w Slot, lines: Lines<'_>) -> String {
        let (tree, style) = (self.w.tree, self.w.style);
        // Room for a container: mostly a few lines or some dozens are new.
        let mut out = String::with_capacity(1 << 10);
        if tree.kind(self.container) == NodeKind::BlockSeq {
            let lines = Lines { step: style.item_step(self.container, None), ..lines };
            write::slot_item(self.w, &mut out, slot, self.column, lines);
        } else if let State::New(new) = &slot.state {
            let index = self.slots.iter().position(|s| std::ptr::eq(s, slot)).unwrap_or_default();
            let near = self.slots.iter().take(index).filter(|s| s.is_old()).count();
            let lines = Lines { step: style.step(self.container, near), keys: new.keys, ..lines };
            let key = super::style::slot_key(self.w.nodes, slot);
            write::entry(self.w, &mut out, &key, write::Data::Elem(slot.elem), self.column, new, lines);
        }
        out
    }
}
