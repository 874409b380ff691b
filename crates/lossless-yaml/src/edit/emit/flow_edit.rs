//! Adds and removes entries of lists and mappings in brackets and braces.

use std::ops::Range;

use super::Emitter;
use super::context::Context;
use super::flow::{FlowStyle, separators};
use super::open::Open;
use super::write::Data;
use crate::edit::layout::{
    CommentLimit, column, comments_after, has_comment, indentation, is_cuddled, moved_lines, on_one_line, text_end,
};
use crate::edit::nodes::{DraftId, Elem, Key, Slot, State};
use crate::parts;
use crate::text::{blanks_before, byte, line_end, line_end_before, line_start, skip_blanks, skip_trivia, slice};
use crate::tree::{NodeId, NodeKind};

/// A longer list or mapping is not written on one line, even if its neighbors are.
const LONG_LINE: usize = 120;

/// Writes the changes of an opened flow collection.
pub(super) fn edit(e: &mut Emitter<'_>, id: DraftId, container: NodeId, copied: bool) {
    let cx = e.cx;
    let slots = cx.nodes.slots(id);
    if slots.iter().all(|s| matches!(s.state, State::Kept)) {
        for slot in slots {
            if let Key::Old(key) = slot.key {
                e.elem(Elem::Old(key), copied);
            }
            e.elem(slot.elem, copied);
        }
        return;
    }
    let span = cx.tree.span(container);
    let has_comment = has_comment(&cx.text, span.clone(), cx.tree, container);
    if cx.nodes.get(id).is_bare && !has_comment {
        e.edits.delete(blanks_before(&cx.text, span.start)..span.end);
        return;
    }
    if !slots.iter().any(Slot::is_live) && !has_comment && cx.tree.kind(container) != NodeKind::Pair {
        e.edits.delete(span.start + 1..span.end - 1);
        return;
    }
    let entries = Entries { cx, slots, container, copied, separators: separators(cx, container) };
    let is_pair = cx.tree.kind(container) == NodeKind::Pair;
    let is_rewritten = || entries.is_cuddled() || entries.lose_part_of_lines();
    if is_pair || on_one_line(cx.tree, container) || (!has_comment && is_rewritten()) {
        entries.rewrite(e);
    } else {
        entries.edit_lines(e);
    }
}

/// A slot with new text.
#[derive(Clone, Copy)]
struct New<'c> {
    index: usize,
    slot: &'c Slot,
}

/// The slots of a flow collection whose entries change.
struct Entries<'c> {
    cx: &'c Context<'c>,
    slots: &'c [Slot],
    container: NodeId,
    copied: bool,
    separators: FlowStyle<'c>,
}

impl<'c> Entries<'c> {
    fn text(&self) -> &'c str {
        &self.cx.text
    }

    /// The span of an old entry: of the item, or from key to value.
    fn span(&self, slot: &Slot) -> Option<Range<usize>> {
        let tree = self.cx.tree;
        match &slot.key {
            Key::Old(key) => Some(tree.lead(*key)..tree.end(tree.value_of(*key))),
            Key::New(_) => None,
            Key::None => {
                slot.is_old().then(|| self.cx.moved_from(slot.elem)).flatten().map(|i| tree.head(i)..tree.end(i))
            }
        }
    }

    fn collect(&self, e: &mut Emitter<'_>, slot: &Slot) {
        if let Key::Old(key) = slot.key {
            e.elem(Elem::Old(key), self.copied);
        }
        e.elem(slot.elem, self.copied);
        if self.copied {
            let value = match slot.key {
                Key::Old(key) => Some(self.cx.tree.value_of(key)),
                _ => self.cx.moved_from(slot.elem),
            };
            let key = if let Key::Old(key) = slot.key { Some(key) } else { None };
            for node in key.into_iter().chain(value) {
                e.strip_anchors(node);
            }
        }
    }

    fn is_cuddled(&self) -> bool {
        is_cuddled(self.cx.tree, self.container)
    }

    /// New text of a slot on one line.
    fn inline(&self, e: &mut Emitter<'_>, slot: &Slot) -> String {
        let mut out = String::new();
        let (State::New(style) | State::Moved(style)) = &slot.state else { return out };
        if let Key::New(key) = &slot.key {
            self.separators.put_key(&mut out, key, style.keys);
        }
        self.separators.put(e, &mut out, Data::Elem(slot.elem), style);
        out
    }

    /// Whether a removed entry shares a line with another one or with a bracket, and some entry spans several lines. Then
    /// whole lines cannot be removed.
    fn lose_part_of_lines(&self) -> bool {
        let text = self.text();
        let tall = self.slots.iter().filter_map(|s| self.span(s)).any(|s| slice(text, s).contains('\n'));
        let alone = |own: &Range<usize>| {
            let after = skip_blanks(text, self.end_with_comma(own.end));
            line_start(text, own.start) == blanks_before(text, own.start)
                && matches!(byte(text, after), b'#' | b'\r' | b'\n' | 0)
        };
        let mut gone = self.slots.iter().filter(|s| !s.is_live()).filter_map(|s| self.span(s));
        tall && gone.any(|own| !alone(&own))
    }

    /// Writes a collection on one line. Kept entries keep their bytes, and the separators between them.
    fn rewrite(&self, e: &mut Emitter<'_>) {
        let (tree, text) = (self.cx.tree, self.text());
        let pair = tree.kind(self.container) == NodeKind::Pair;
        let span = tree.span(self.container);
        let inner = if pair { span.clone() } else { span.start + 1..span.end - 1 };
        let old = || self.slots.iter().filter_map(|s| self.span(s));
        let first = old().next().map_or(inner.start, |s| s.start);
        let last = old().next_back().map_or(inner.end, |s| s.end);
        let mut out = String::new();
        let was_empty = old().next().is_none();
        let open = if tree.kind(self.container).is_map() { '{' } else { '[' };
        let blank = if was_empty && self.separators.padding.of(open) { " " } else { "" };
        let indentation = self.is_cuddled().then(|| indentation(text, span.start));
        out.push_str(if pair {
            "{"
        } else if was_empty {
            blank
        } else {
            slice(text, inner.start..first)
        });
        // End of the previous entry, if it is an old one.
        let mut before: Option<usize> = None;
        let mut empty = true;
        for (index, slot) in self.slots.iter().enumerate() {
            let own = self.span(slot);
            if !slot.is_live() {
                // The next entry no longer follows the previous one.
                before = before.filter(|_| own.is_none());
                continue;
            }
            if !empty {
                let adjacent = own.clone();
                match (adjacent, before) {
                    (Some(own), Some(before)) => out.push_str(slice(text, before..own.start)),
                    _ => out.push_str(self.separators.comma),
                }
            }
            empty = false;
            if let Some(own) = own {
                out.push_str(&e.fragment(own.clone(), |e| self.collect(e, slot)));
                before = Some(own.end);
            } else {
                out.push_str(&match indentation {
                    Some(indentation) => self.new_text(e, New { index, slot }, indentation, span.start),
                    None => self.inline(e, slot),
                });
                before = None;
            }
        }
        if !empty || pair {
            out.push_str(if pair {
                "}"
            } else if was_empty {
                blank
            } else {
                slice(text, last..inner.end)
            });
            e.edits.replace(inner, out);
        } else {
            e.edits.replace(inner, "");
        }
    }

    /// Edits a collection on several lines: each new entry gets a line of its own.
    fn edit_lines(&self, e: &mut Emitter<'_>) {
        let (tree, text) = (self.cx.tree, self.text());
        let close = tree.end(self.container) - 1;
        let trailing = self.slots.iter().filter_map(|s| self.span(s)).next_back();
        let trailing = trailing.is_some_and(|s| byte(text, skip_trivia(text, s.end)) == b',');
        let last_live = self.slots.iter().rposition(Slot::is_live);
        for slot in self.slots.iter().filter(|s| s.is_live() && s.is_old()) {
            self.collect(e, slot);
        }
        for (index, slot) in self.slots.iter().enumerate() {
            let is_last = Some(index) == last_live;
            match self.span(slot) {
                Some(own) if slot.is_live() => {
                    let comma = skip_trivia(text, own.end);
                    let has_comma = byte(text, comma) == b',';
                    if is_last && has_comma && !trailing {
                        e.edits.delete(comma..comma + 1);
                    } else if !is_last && !has_comma {
                        // A comment needs a space before it.
                        e.edits.insert(own.end, if byte(text, own.end) == b'#' { ", " } else { "," });
                    }
                }
                Some(own) => self.take_out(e, index, &own, last_live),
                None if slot.is_live() => self.put_in(e, index, slot, !is_last || trailing, close),
                None => {}
            }
        }
    }

    /// Removes an entry with its lines, or with the blanks around it if it shares them.
    fn take_out(&self, e: &mut Emitter<'_>, index: usize, own: &Range<usize>, last_live: Option<usize>) {
        let text = self.text();
        let end = self.end_with_comma(own.end);
        let rest = skip_blanks(text, end);
        let mut before = blanks_before(text, own.start);
        let alone_before = line_start(text, own.start) == before;
        if !alone_before && self.comes_behind_removed(index) {
            before = own.start;
        }
        let alone_after = matches!(byte(text, rest), b'#' | b'\r' | b'\n' | 0);
        let later = parts::from(self.slots, index + 1);
        if alone_before && alone_after {
            let lines = self.slots.get(index).filter(|s| matches!(s.state, State::MovedAway));
            match lines.and_then(|s| self.cx.moved_from(s.elem)) {
                Some(item) => e.edits.delete(self.moved_lines(item)),
                None => e.edits.delete(line_start(text, own.start)..line_end(text, end)),
            }
        } else if alone_after && before == self.cx.tree.start(self.container) + 1 {
            // The first one, directly behind the bracket: the next one moves up, unless there is a comment between.
            let next = later.iter().filter(|s| s.is_live()).find_map(|s| self.span(s)).map(|s| s.start);
            match next.filter(|&next| self.only_entries_between(end, next)) {
                Some(next) => e.edits.delete(own.start..next),
                // A new entry takes its place.
                None if last_live.is_some() => e.edits.delete(own.start..text_end(text, rest)),
                None => e.edits.delete(before..text_end(text, rest)),
            }
        } else if alone_after {
            // The last one on its line: the ones before it stay.
            e.edits.delete(before..end);
        } else if later.iter().any(Slot::is_old) {
            let next = line_start(text, rest);
            if alone_before && next > own.end {
                // The comma is at the start of the next line, which stays where it is.
                e.edits.delete(line_start(text, own.start)..next);
                e.edits.delete(skip_blanks(text, next)..rest);
            } else {
                e.edits.delete(own.start..rest);
            }
        } else {
            // The last one: the bracket moves behind the one before it.
            let last = last_live.filter(|_| alone_before).and_then(|i| self.span(self.slots.get(i)?));
            let from = last.map(|last| self.end_with_comma(last.end));
            match from.filter(|&from| byte(text, skip_blanks(text, from)) != b'#') {
                Some(from) if self.only_entries_between(from, own.start) => e.edits.delete(from..end),
                _ if alone_before => e.edits.delete(own.start..end),
                _ => e.edits.delete(before..end),
            }
        }
    }

    /// Whether new text goes directly before the old entry `index`, because the old entry before it is removed too.
    fn comes_behind_removed(&self, index: usize) -> bool {
        let earlier = parts::before(self.slots, index);
        let is_new = earlier.last().is_some_and(|s| s.is_live() && !s.is_old());
        is_new && earlier.iter().rev().find(|s| s.is_old()).is_some_and(|s| !s.is_live())
    }

    /// The end of the comma that follows an entry, or the end of the entry.
    fn end_with_comma(&self, end: usize) -> usize {
        let comma = skip_trivia(self.text(), end);
        if byte(self.text(), comma) == b',' { comma + 1 } else { end }
    }

    /// Whether all lines between those of `from` and `to` are lines of entries.
    fn only_entries_between(&self, from: usize, to: usize) -> bool {
        let text = self.text();
        let mut line = line_end(text, from);
        while line < line_start(text, to) {
            if matches!(byte(text, skip_blanks(text, line)), b'#' | b'\r' | b'\n') {
                return false;
            }
            line = line_end(text, line);
        }
        true
    }

    fn put_in(&self, e: &mut Emitter<'_>, index: usize, slot: &Slot, comma: bool, close: usize) {
        let (tree, text) = (self.cx.tree, self.text());
        let comma = if comma { "," } else { "" };
        let bracket = tree.start(self.container);
        let earlier = parts::before(self.slots, index);
        let first = self.slots.iter().find_map(|s| self.span(s));
        // If the first entry is removed from directly behind the bracket, the new one takes its place.
        let stays = |s: &Slot| s.is_old() && s.is_live();
        let at_head = first.as_ref().is_some_and(|f| blanks_before(text, f.start) == bracket + 1)
            && self.slots.iter().any(stays)
            && !earlier.iter().any(stays);
        let before = earlier.iter().rev().find_map(|s| self.span(s)).filter(|_| !at_head);
        let next = parts::from(self.slots, index).iter().find_map(|s| self.span(s));
        let next = if at_head { first } else { next };
        let reference = before.clone().or(next.clone()).map_or(close, |s| s.start);
        let prefix = self.prefix(reference);
        let Some(before) = before else {
            let first = next.map_or(close, |s| s.start);
            let eol = line_end_before(text, line_end(text, bracket));
            if line_start(text, first) == line_start(text, bracket) {
                let new = self.new_text(e, New { index, slot }, &prefix, bracket);
                e.edits.insert(first, [&new, comma, eol, &prefix].concat());
            } else {
                let new = self.new_lines(e, New { index, slot }, &prefix, bracket, comma, eol);
                e.edits.insert(line_end(text, bracket), new);
            }
            return;
        };
        let new = self.new_text(e, New { index, slot }, &prefix, before.end);
        let comma_at = skip_trivia(text, before.end);
        let end = if byte(text, comma_at) == b',' { comma_at + 1 } else { before.end };
        let after = skip_blanks(text, end);
        let eol = line_end_before(text, line_end(text, end));
        if !matches!(byte(text, after), b'#' | b'\r' | b'\n' | 0) {
            // Something follows on the line: the bracket, or another entry.
            let stays = earlier.iter().rev().find(|s| self.span(s).is_some()).is_some_and(Slot::is_live);
            let line = line_start(text, end);
            let first = earlier.iter().filter_map(|s| self.span(s)).find(|own| own.start >= line);
            let is_emptied = first.is_some_and(|own| blanks_before(text, own.start) == line);
            if after >= close && is_emptied && !earlier.iter().any(Slot::is_live) {
                e.edits.insert(end, [&new, comma].concat());
            } else if after >= close {
                e.edits.insert(end, [eol, &prefix, &new, comma].concat());
            } else if stays && after > end {
                e.edits.insert(end, [" ", &new, comma].concat());
            } else {
                e.edits.insert(after, [&new, comma, " "].concat());
            }
            return;
        }
        let style_last = matches!(&slot.state, State::New(s) | State::Moved(s) if s.last);
        let limit = CommentLimit(column(tree, reference) + usize::from(!style_last));
        let at = self.outside_of_moved(index, comments_after(tree, text, end, limit));
        let new = self.new_lines(e, New { index, slot }, &prefix, before.end, comma, eol);
        e.edits.insert(at, new);
    }

    /// The place for new text at the slot `index`: `at`, or above the lines there of an item that moves away.
    fn outside_of_moved(&self, index: usize, at: usize) -> usize {
        let later = parts::from(self.slots, index);
        let leaving = later.iter().filter(|s| matches!(s.state, State::MovedAway));
        let mut lines = leaving.filter_map(|s| self.cx.moved_from(s.elem)).map(|item| self.moved_lines(item));
        lines.find(|lines| lines.start < at && at < lines.end).map_or(at, |lines| lines.start)
    }

    fn moved_lines(&self, item: NodeId) -> Range<usize> {
        moved_lines(self.cx.tree, self.text(), item)
    }

    /// The indentation of entries: that of the one at `pos` if it begins a line, else of any that does.
    fn prefix(&self, pos: usize) -> String {
        let text = self.text();
        let first_of_line = |pos: usize| line_start(text, pos) == blanks_before(text, pos);
        let all = || self.slots.iter().filter_map(|s| self.span(s)).map(|s| s.start);
        match Some(pos).filter(|&p| first_of_line(p)).or_else(|| all().find(|&p| first_of_line(p))) {
            Some(pos) => slice(text, line_start(text, pos)..pos).to_owned(),
            None => " ".repeat(column(self.cx.tree, pos)),
        }
    }

    /// A new entry on lines of its own.
    fn new_lines(
        &self,
        e: &mut Emitter<'_>,
        New { index, slot }: New<'_>,
        prefix: &str,
        near: usize,
        comma: &str,
        eol: &str,
    ) -> String {
        let moved = Some(slot).filter(|s| matches!(s.state, State::Moved(_)) && !self.separators.json);
        let moved = moved.filter(|s| !matches!(s.elem, Elem::Draft(id) if self.cx.nodes.get(id).replaced));
        let item = moved.and_then(|s| self.cx.moved_from(s.elem));
        if let Some(item) = item.filter(|&i| self.cx.tree.parent(i).is_some_and(|p| self.cx.tree.kind(p).is_flow())) {
            let moved = e.moved_flow(slot.elem, item, prefix.len(), prefix.len());
            return [&moved.above, prefix, &moved.text, comma, moved.after.as_deref().unwrap_or(eol)].concat();
        }
        [prefix, &self.new_text(e, New { index, slot }, prefix, near), comma, eol].concat()
    }

    /// A new entry on a line that begins with `prefix`. It spans several lines if its neighbors do.
    fn new_text(&self, e: &mut Emitter<'_>, New { index, slot }: New<'_>, prefix: &str, near: usize) -> String {
        let open = Open::of(self.cx, self.container, near).filter(|_| !self.stays_on_line(New { index, slot }));
        let (Some(open), State::New(style) | State::Moved(style)) = (open, &slot.state) else {
            return self.inline(e, slot);
        };
        if !self.separators.json && self.has_entries_on_lines() {
            let line = self.inline(e, slot);
            if line.len() <= LONG_LINE && !line.contains('\n') {
                return line;
            }
        }
        let mut out = String::new();
        if let Key::New(key) = &slot.key {
            self.separators.put_key(&mut out, key, style.keys);
        }
        open.put(e, &mut out, Data::Elem(slot.elem), prefix, self.separators, style);
        out
    }

    /// Whether there are lists or mappings among the old entries, and each is on one line.
    fn has_entries_on_lines(&self) -> bool {
        let tree = self.cx.tree;
        let inner = || tree.children(self.container).filter(|&id| tree.children(id).next().is_some());
        inner().next().is_some() && inner().all(|id| on_one_line(tree, id))
    }

    /// Whether a flat item is written on one line: as the item before it, or else the one behind it.
    fn stays_on_line(&self, New { index, slot }: New<'_>) -> bool {
        let before = parts::before(self.slots, index).iter().rev().find_map(|s| self.span(s));
        let neighbour = before.or_else(|| parts::from(self.slots, index).iter().find_map(|s| self.span(s)));
        let on_line = neighbour.is_some_and(|s| !slice(self.text(), s).contains('\n'));
        matches!(&slot.state, State::New(style) | State::Moved(style) if style.flow) && on_line
    }
}
