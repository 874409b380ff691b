//! Text that stands elsewhere in the document too, or that moves: aliases written out, and items that change place.

use super::anchors::Fate;
use super::block::{self, comment_limit, comments_after};
use super::draft::{Copy, Elem};
use super::scalar::{self, Marks};
use super::style::{Dash, NewStyle, Quote, column, key_of};
use super::write::{self, Lines};
use super::writer::{Edits, Writer};
use crate::text::{blanks_before, byte, line_end, line_end_before, line_start, skip_blanks, slice};
use crate::tree::{NodeId, NodeKind, Tree};

/// Text of a node, to be written in another place.
enum Text {
    /// On the line of its key or dash, and what follows as it is.
    Inline(String),
    /// The header of a block scalar, and its lines.
    Literal(String, String),
    /// Whole lines.
    Block(String),
}

/// An item of a flow list that moves.
#[derive(Default)]
pub(super) struct MovedFlow {
    /// Comment lines.
    pub above: String,
    pub text: String,
    /// The end of its line, with the comment there and the comment lines below; none if it shared its lines.
    pub after: Option<String>,
}

/// Shifts whole lines by the distance between two columns. Empty lines stay empty.
pub(super) fn shift(text: &str, from: usize, to: usize) -> String {
    if from == to {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let blanks = line.len() - line.trim_start_matches(' ').len();
        if line.trim_end_matches(['\r', '\n']).is_empty() {
            out.push_str(line);
        } else if to > from {
            write::indent(&mut out, to - from);
            out.push_str(line);
        } else {
            out.push_str(slice(line, blanks.min(from - to)..line.len()));
        }
    }
    out
}

impl Writer<'_, '_, '_> {
    /// The node whose text an element shows.
    fn shown(&self, elem: Elem) -> Option<NodeId> {
        match elem {
            Elem::Old(id) => Some(self.tree.resolve_alias(id)),
            Elem::Draft(id) => self.nodes.get(id).origin.map(|o| self.tree.resolve_alias(o)),
        }
    }

    /// The text of an element, with its edits and without its anchors.
    fn copied(&self, elem: Elem) -> Option<(NodeId, Text)> {
        let id = self.shown(elem)?;
        let tree = self.tree;
        let span = tree.span(id);
        let block = tree.kind(id).is_block_collection();
        let range = if block {
            let above = line_end(&self.text, block::parent_line(tree, id)).min(line_start(&self.text, span.start));
            above..comments_after(tree, &self.text, span.end, comment_limit(tree, id))
        } else {
            span.clone()
        };
        let around = self.copies.replace(true);
        let text = self.fragment(range, |edits| {
            self.content(edits, elem, id, true);
            self.strip_anchors(edits, id);
            self.drop_kept_line_ends(edits, elem, block);
        });
        self.copies.set(around);
        // Its later lines could stand too far left.
        let text = if tree.kind(id) == NodeKind::Plain && text.contains('\n') {
            let says = tree.scalar(id);
            let mut line = String::new();
            scalar::write(&mut line, says, Marks::of(says), Quote::Double, false, false);
            line
        } else {
            text
        };
        let is_quoted = text.starts_with('"');
        // Without its tag, a scalar could be read as something else.
        let is_new = matches!(elem, Elem::Draft(draft) if self.nodes.get(draft).replaced);
        let tag = tree.props(id).and_then(|p| p.tag.as_ref()).filter(|_| !block && !is_new);
        let text = match tag {
            Some((range, _)) => [slice(&self.text, range.clone()), " ", &text].concat(),
            None => text,
        };
        let text = match tree.kind(id) {
            _ if block => Text::Block(text),
            NodeKind::Literal | NodeKind::Folded if !is_quoted => {
                let (header, lines) = text.split_once('\n').map_or((&*text, ""), |(h, l)| (h, l));
                Text::Literal(header.trim_end_matches('\r').to_owned(), lines.to_owned())
            }
            NodeKind::Absent if tree.equals(id, &serde_json::Value::Null) => Text::Inline("null".to_owned()),
            // A tag makes it an empty string.
            NodeKind::Absent => Text::Inline("\"\"".to_owned()),
            _ => Text::Inline(text),
        };
        Some((id, text))
    }

    /// A block scalar at the end of a copied text, of whole lines or not, keeps no line ends: what blank lines follow is
    /// not known.
    fn drop_kept_line_ends(&self, edits: &mut Edits, elem: Elem, whole_lines: bool) {
        let last = self.last_block_scalar(elem);
        let Some(scalar) = last.filter(|&scalar| self.keeps_line_ends(scalar)) else { return };
        let (span, text) = (self.tree.span(scalar), self.tree.scalar(scalar));
        if edits.touch(&span) {
            return;
        }
        if text.ends_with('\n') && !text.ends_with("\n\n") && text.len() > 1 {
            let sign = slice(&self.text, span.clone()).find('+').map_or(span.start, |at| span.start + at);
            edits.delete(sign..sign + 1);
            return;
        }
        let mut quoted = String::new();
        scalar::put(&mut quoted, text, Marks::of(text), Quote::Double);
        if whole_lines {
            quoted.push_str(line_end_before(&self.text, span.end));
        }
        edits.replace(span, quoted);
    }

    /// Takes the anchors out of the copied text of `id`, but for those that go with what is written anew.
    pub(super) fn strip_anchors(&self, edits: &mut Edits, id: NodeId) {
        for &anchor in self.tree.anchors_in(id) {
            let Some(range) = self.tree.anchor(anchor) else { continue };
            let in_brackets = self.tree.parent(anchor).is_some_and(|list| self.tree.kind(list) == NodeKind::FlowSeq);
            let is_lone = self.tree.kind(anchor) == NodeKind::Absent && self.tree.tag(anchor).is_none();
            if in_brackets && is_lone {
                if !edits.touch(&range) {
                    let null = if edits.insert_at(range.end) { "" } else { "null" };
                    edits.replace(range, null);
                }
                continue;
            }
            let end = skip_blanks(&self.text, range.end);
            // An anchor alone behind its colon takes the blank before it along.
            let at_end = matches!(byte(&self.text, end), b'\r' | b'\n');
            let start = if at_end { blanks_before(&self.text, range.start) } else { range.start };
            if !edits.rewrite(&range) {
                edits.delete(start..if at_end { range.end } else { end });
            }
        }
    }

    /// Column from which the copied lines of `id` are shifted, and the one under a key in column `key` that they come
    /// to: as far from it as they were from their own.
    fn columns_under(&self, id: NodeId, key: usize, lines: Lines<'_>) -> (usize, usize) {
        let tree = self.tree;
        let literal = tree.kind(id).is_block_scalar();
        let from = if literal { self.literal_column(id) } else { column(tree, tree.start(id)) };
        let own = key_of(tree, id).map(|k| column(tree, tree.lead(k)));
        let other = if tree.kind(id) == NodeKind::BlockSeq { lines.lists.offset } else { lines.step };
        (from, key + own.map_or(other, |own| from.saturating_sub(own)))
    }

    /// How much deeper than its entry the lines of a block scalar stand, if its header tells it.
    fn told_step(&self, id: NodeId) -> Option<usize> {
        self.header(id).chars().find_map(|c| c.to_digit(10)).and_then(|told| usize::try_from(told).ok())
    }

    /// Column of the lines of a block scalar; where it has none but blank ones, where they would be.
    pub(super) fn literal_column(&self, id: NodeId) -> usize {
        if let Some(told) = self.told_step(id) {
            return column_of_entry(self, id) + told;
        }
        let mut pos = line_end(&self.text, self.tree.start(id));
        while pos < self.tree.end(id) && crate::text::is_blank_line(&self.text, pos) {
            pos = line_end(&self.text, pos);
        }
        if pos < self.tree.end(id) {
            column(self.tree, skip_blanks(&self.text, pos))
        } else {
            column_of_entry(self, id) + 2
        }
    }

    /// What follows the colon of a key in column `key`.
    pub(super) fn copied_after_key(&self, out: &mut String, elem: Elem, key: usize, lines: Lines<'_>) {
        match self.copied(elem) {
            Some((id, Text::Block(text))) => {
                let (from, to) = self.columns_under(id, key, lines);
                out.push_str(lines.eol);
                out.push_str(&shift(&text, from, to));
            }
            Some((id, Text::Literal(header, text))) => {
                let (from, to) = self.columns_under(id, key, lines);
                out.extend([" ", &header, lines.eol, &shift(&text, from, to)]);
            }
            Some((_, Text::Inline(text))) => out.extend([" ", &text, lines.eol]),
            None => out.push_str(lines.eol),
        }
    }

    /// Whole lines that begin in column `to`, for an item.
    pub(super) fn copied_below(&self, out: &mut String, elem: Elem, to: usize, lines: Lines<'_>) {
        match self.copied(elem) {
            Some((id, Text::Block(text))) => out.push_str(&shift(&text, column(self.tree, self.tree.start(id)), to)),
            Some((id, Text::Literal(header, text))) => {
                write::indent(out, to);
                out.extend([&header, lines.eol, &shift(&text, self.literal_column(id), to)]);
            }
            Some((_, Text::Inline(text))) => {
                write::indent(out, to);
                out.extend([&text, lines.eol]);
            }
            None => {}
        }
    }

    /// An item that was moved, as whole lines with its dash in column `to`.
    pub(super) fn moved_item(&self, out: &mut String, elem: Elem, to: usize, style: &NewStyle, lines: Lines<'_>) {
        let tree = self.tree;
        let Some(item) = self.moved_from(elem) else {
            return write::item(self, out, write::Data::Elem(elem), to, style, lines);
        };
        let from_block = tree.parent(item).is_some_and(|p| tree.kind(p) == NodeKind::BlockSeq);
        if !from_block {
            let dash = style.dash.filter(|d| !d.alone).unwrap_or(Dash { blanks: lines.lists.blanks, alone: false });
            let moved = self.moved_flow(elem, item, to, to + 1 + dash.blanks);
            out.push_str(&moved.above);
            write::indent(out, to);
            out.push('-');
            write::indent(out, dash.blanks);
            out.push_str(&moved.text);
            out.push_str(moved.after.as_deref().unwrap_or(lines.eol));
            return;
        }
        let range = block::moved_lines(tree, &self.text, item);
        let dash = tree.lead(item);
        let shares_line = blanks_before(&self.text, dash) != line_start(&self.text, dash);
        let range = if shares_line { dash..range.end } else { range };
        let mut text = self.fragment(range, |edits| {
            self.elem(edits, elem, false);
            self.strip_last_literal(edits, tree.subtree(item));
            if self.copies.get() {
                self.strip_anchors(edits, item);
            }
            if self.copies.get() || !self.may_keep_line_ends.get() {
                self.drop_kept_line_ends(edits, elem, true);
            }
        });
        if shares_line {
            text.insert_str(0, &" ".repeat(column(tree, dash)));
        }
        out.push_str(&shift(&text, column(tree, dash), to));
    }

    /// The item of the tree that `elem` was before it moved.
    pub(super) fn moved_from(&self, elem: Elem) -> Option<NodeId> {
        match elem {
            Elem::Old(id) => Some(id),
            Elem::Draft(id) => match self.nodes.get(id).copy {
                Some(Copy::OfAlias(alias)) => Some(alias),
                Some(Copy::OfMerged) => None,
                None => self.nodes.get(id).origin,
            },
        }
    }

    /// A moved item of a flow list: its own bytes, with edits.
    pub(super) fn moved_inline(&self, elem: Elem, item: NodeId) -> String {
        self.fragment(self.tree.head(item)..self.tree.end(item), |edits| self.elem(edits, elem, false))
    }

    /// A moved item of a flow list and the comments that belong to it, in column `to`; its text in column `text_to`.
    pub(super) fn moved_flow(&self, elem: Elem, item: NodeId, to: usize, text_to: usize) -> MovedFlow {
        let (tree, text) = (self.tree, &*self.text);
        let (head, end) = (tree.head(item), tree.end(item));
        let from = column(tree, head);
        let later_lines = |text: &str, to: usize| match text.split_once('\n') {
            Some((first, rest)) => [first, "\n", &shift(rest, from, to)].concat(),
            None => text.to_owned(),
        };
        let moved = MovedFlow { text: later_lines(&self.moved_inline(elem, item), text_to), ..MovedFlow::default() };
        let comma = skip_blanks(text, end);
        let end = if byte(text, comma) == b',' { comma + 1 } else { end };
        let shares_line = line_start(text, head) != blanks_before(text, head)
            || !matches!(byte(text, skip_blanks(text, end)), b'#' | b'\r' | b'\n');
        if shares_line {
            return moved;
        }
        let lines = block::moved_lines(tree, text, item);
        let above = shift(slice(text, lines.start..line_start(text, head)), from, to);
        MovedFlow { above, after: Some(later_lines(slice(text, end..lines.end), to)), ..moved }
    }

    /// The text of a copied element where it fits on a line: none of a block collection.
    pub(super) fn copied_inline(&self, elem: Elem) -> Option<String> {
        match self.copied(elem)?.1 {
            Text::Inline(text) => Some(text),
            Text::Literal(..) | Text::Block(_) => None,
        }
    }
}

/// Writes an alias out: a copy of `elem` takes its place, with the anchor if that went from where it was.
pub(super) fn alias(w: &Writer<'_, '_, '_>, edits: &mut Edits, alias: NodeId, elem: Elem, fate: Fate) {
    let tree = w.tree;
    let Some((id, text)) = w.copied(elem) else { return };
    let anchor = match fate {
        Fate::TakesOver => slice(&w.text, tree.start(alias) + 1..tree.end(alias)),
        Fate::WrittenOut => "",
    };
    let span = tree.span(alias);
    let after = line_end(&w.text, span.end);
    let head = if anchor.is_empty() { String::new() } else { format!("&{anchor}") };
    let in_item = tree.parent(alias).is_some_and(|p| tree.kind(p) == NodeKind::BlockSeq);
    let in_flow = tree.parent(alias).is_some_and(|p| tree.kind(p).is_flow());
    let commented = byte(&w.text, skip_blanks(&w.text, span.end)) == b'#';
    match text {
        text if in_flow && !(matches!(text, Text::Inline(_)) && fits_flow(tree, id)) => {
            let blank = if head.is_empty() { "" } else { " " };
            let value = w.nodes.value(elem).unwrap_or_default();
            let style = NewStyle { strings: Quote::Double, ..NewStyle::default() };
            let text = super::flow::FlowStyle::YAML.text(w, &value, &style);
            edits.replace(span, [&head, blank, &text].concat());
        }
        Text::Inline(text) => {
            let blank = if head.is_empty() { "" } else { " " };
            edits.replace(span, [&head, blank, &text].concat());
        }
        Text::Literal(header, lines) => {
            let to = column_of_entry(w, alias) + w.told_step(id).unwrap_or(2);
            let blank = if head.is_empty() { "" } else { " " };
            edits.replace(span, [&head, blank, &header].concat());
            edits.insert(after, shift(&lines, w.literal_column(id), to));
            w.keep_out_of_copy(edits, after, column_of_entry(w, alias));
        }
        // A comment cannot come behind the first line of a scalar that goes on.
        Text::Block(lines) if in_item && head.is_empty() && !(commented && has_tall_scalar(tree, id)) => {
            let from = column(tree, tree.start(id));
            let to = column(tree, span.start);
            let shifted = shift(&lines, from, to);
            let inline = shifted.trim_start_matches(' ');
            let (first, rest) = inline.split_once('\n').unwrap_or((inline, ""));
            edits.replace(span, first.trim_end_matches('\r'));
            edits.insert(after, rest);
            keep_out_of_copy(w, edits, after, elem, (from, to));
        }
        Text::Block(text) => {
            let key = column_of_entry(w, alias);
            let lines = w.lines(after, step_at(w, alias));
            let (from, to) = w.columns_under(id, key, lines);
            let to = if in_item { key + 2 } else { to };
            let line = line_start(&w.text, span.start);
            if head.is_empty() && line == blanks_before(&w.text, span.start) {
                // The alias stands on a line of its own, below its key.
                let rest = skip_blanks(&w.text, span.end);
                edits.delete(if commented { span.start..rest } else { line..after });
            } else if head.is_empty() {
                edits.delete(blanks_before(&w.text, span.start)..span.end);
            } else {
                edits.replace(span, head);
            }
            edits.insert(after, shift(&text, from, to));
            keep_out_of_copy(w, edits, after, elem, (from, to));
        }
    }
}

/// Keeps the lines that follow `pos` out of the copy of `id` there, whose columns go from one to the other.
fn keep_out_of_copy(w: &Writer<'_, '_, '_>, edits: &mut Edits, pos: usize, elem: Elem, (from, to): (usize, usize)) {
    if let Some(scalar) = w.last_block_scalar(elem) {
        w.keep_out_of_copy(edits, pos, (column_of_entry(w, scalar) + to).saturating_sub(from));
    }
}

/// The step of a mapping that comes to stand in the place of `value`.
pub(super) fn step_at(w: &Writer<'_, '_, '_>, value: NodeId) -> usize {
    let tree = w.tree;
    match tree.parent(value) {
        Some(map) if tree.kind(map) == NodeKind::BlockMap => w.style.step_at(map, value),
        Some(list) if tree.kind(list) == NodeKind::BlockSeq => w.style.item_step(list, Some(value)),
        _ => 2,
    }
}
