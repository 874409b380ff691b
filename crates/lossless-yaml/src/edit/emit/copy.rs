//! Copies and moves text: aliases that are written out, and items that move.

use super::Emitter;
use super::flow::FlowStyle;
use super::write::{self, Data, Lines};
use crate::edit::anchors::Fate;
use crate::edit::layout::{
    column, column_of_entry, comment_limit, comments_after, fits_flow, has_tall_scalar, moved_lines, parent_line,
};
use crate::edit::look::{Dash, NewStyle, Quote};
use crate::edit::nodes::Elem;
use crate::edit::scalar::{self, Marks};
use crate::text::{blanks_before, byte, indent, line_end, line_end_before, line_start, skip_blanks, slice};
use crate::tree::{NodeId, NodeKind};

/// Text of a node, to be written in another place.
enum Text {
    /// Text on the line of its key or dash, and any lines below as they are.
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
    /// The end of its line with a comment, and the comment lines below; `None` if it shared its lines.
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
            indent(&mut out, to - from);
            out.push_str(line);
        } else {
            out.push_str(slice(line, blanks.min(from - to)..line.len()));
        }
    }
    out
}

impl Emitter<'_> {
    /// The text of an element, with its edits and without its anchors.
    fn copied(&mut self, elem: Elem) -> Option<(NodeId, Text)> {
        let (cx, tree) = (self.cx, self.cx.tree);
        let id = cx.shown(elem)?;
        let span = tree.span(id);
        let block = tree.kind(id).is_block_collection();
        let range = if block {
            let above = line_end(&self.cx.text, parent_line(tree, id)).min(line_start(&self.cx.text, span.start));
            above..comments_after(tree, &self.cx.text, span.end, comment_limit(tree, id))
        } else {
            span.clone()
        };
        let around = std::mem::replace(&mut self.scope.is_copy, true);
        let text = self.fragment(range, |e| {
            e.content(elem, id, true);
            e.strip_anchors(id);
            e.drop_kept_line_ends(elem, block);
        });
        self.scope.is_copy = around;
        // Its later lines could be too far left.
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
        let is_new = matches!(elem, Elem::Draft(draft) if self.cx.nodes.get(draft).replaced);
        let tag = tree.props(id).and_then(|p| p.tag.as_ref()).filter(|_| !block && !is_new);
        let text = match tag {
            Some((range, _)) => [slice(&self.cx.text, range.clone()), " ", &text].concat(),
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

    /// Writes a block scalar at the end of a copied text without `+`: it is not known which blank lines follow the copy.
    fn drop_kept_line_ends(&mut self, elem: Elem, whole_lines: bool) {
        let cx = self.cx;
        let last = cx.last_block_scalar(elem);
        let Some(scalar) = last.filter(|&scalar| cx.keeps_line_ends(scalar)) else { return };
        let (span, text) = (cx.tree.span(scalar), cx.tree.scalar(scalar));
        if self.edits.touch(&span) {
            return;
        }
        if text.ends_with('\n') && !text.ends_with("\n\n") && text.len() > 1 {
            let sign = slice(&self.cx.text, span.clone()).find('+').map_or(span.start, |at| span.start + at);
            self.edits.delete(sign..sign + 1);
            return;
        }
        let mut quoted = String::new();
        scalar::put(&mut quoted, text, Marks::of(text), Quote::Double);
        if whole_lines {
            quoted.push_str(line_end_before(&self.cx.text, span.end));
        }
        self.edits.replace(span, quoted);
    }

    /// Removes the anchors from the copied text of `id`.
    pub(super) fn strip_anchors(&mut self, id: NodeId) {
        let (tree, text) = (self.cx.tree, &*self.cx.text);
        for &anchor in tree.anchors_in(id) {
            let Some(range) = tree.anchor(anchor) else { continue };
            let in_brackets = tree.parent(anchor).is_some_and(|list| tree.kind(list) == NodeKind::FlowSeq);
            let is_lone = tree.kind(anchor) == NodeKind::Absent && tree.tag(anchor).is_none();
            if in_brackets && is_lone {
                if !self.edits.touch(&range) {
                    let null = if self.edits.insert_at(range.end) { "" } else { "null" };
                    self.edits.replace(range, null);
                }
                continue;
            }
            let end = skip_blanks(text, range.end);
            // An anchor alone behind its colon goes with the blank before it.
            let at_end = matches!(byte(text, end), b'\r' | b'\n');
            let start = if at_end { blanks_before(text, range.start) } else { range.start };
            if !self.edits.replace_all_of(&range) {
                self.edits.delete(start..if at_end { range.end } else { end });
            }
        }
    }

    /// Writes a copy behind the colon of a key in column `key`.
    pub(super) fn copied_after_key(&mut self, out: &mut String, elem: Elem, key: usize, lines: Lines<'_>) {
        match self.copied(elem) {
            Some((id, Text::Block(text))) => {
                let (from, to) = self.cx.columns_under(id, key, lines);
                out.push_str(lines.eol);
                out.push_str(&shift(&text, from, to));
            }
            Some((id, Text::Literal(header, text))) => {
                let (from, to) = self.cx.columns_under(id, key, lines);
                out.extend([" ", &header, lines.eol, &shift(&text, from, to)]);
            }
            Some((_, Text::Inline(text))) => out.extend([" ", &text, lines.eol]),
            None => out.push_str(lines.eol),
        }
    }

    /// Writes a copy as whole lines in column `to`, for an item.
    pub(super) fn copied_below(&mut self, out: &mut String, elem: Elem, to: usize, lines: Lines<'_>) {
        match self.copied(elem) {
            Some((id, Text::Block(text))) => {
                out.push_str(&shift(&text, column(self.cx.tree, self.cx.tree.start(id)), to));
            }
            Some((id, Text::Literal(header, text))) => {
                indent(out, to);
                out.extend([&header, lines.eol, &shift(&text, self.cx.literal_column(id), to)]);
            }
            Some((_, Text::Inline(text))) => {
                indent(out, to);
                out.extend([&text, lines.eol]);
            }
            None => {}
        }
    }

    /// Writes a moved item as whole lines, with its dash in column `to`.
    pub(super) fn moved_item(&mut self, out: &mut String, elem: Elem, to: usize, style: &NewStyle, lines: Lines<'_>) {
        let (cx, tree) = (self.cx, self.cx.tree);
        let Some(item) = cx.moved_from(elem) else {
            return write::item(self, out, Data::Elem(elem), to, style, lines);
        };
        let from_block = tree.parent(item).is_some_and(|p| tree.kind(p) == NodeKind::BlockSeq);
        if !from_block {
            let dash = style.dash.filter(|d| !d.alone).unwrap_or(Dash { blanks: lines.lists.blanks, alone: false });
            let moved = self.moved_flow(elem, item, to, to + 1 + dash.blanks);
            out.push_str(&moved.above);
            indent(out, to);
            out.push('-');
            indent(out, dash.blanks);
            out.push_str(&moved.text);
            out.push_str(moved.after.as_deref().unwrap_or(lines.eol));
            return;
        }
        let range = moved_lines(tree, &self.cx.text, item);
        let dash = tree.lead(item);
        let shares_line = blanks_before(&self.cx.text, dash) != line_start(&self.cx.text, dash);
        let range = if shares_line { dash..range.end } else { range };
        let mut text = self.fragment(range, |e| {
            e.elem(elem, false);
            e.strip_last_literal(&tree.subtree(item));
            if e.scope.is_copy {
                e.strip_anchors(item);
            }
            if e.scope.is_copy || !e.scope.may_keep_line_ends {
                e.drop_kept_line_ends(elem, true);
            }
        });
        if shares_line {
            text.insert_str(0, &" ".repeat(column(tree, dash)));
        }
        out.push_str(&shift(&text, column(tree, dash), to));
    }

    /// The text of a moved item of a flow list, with its edits.
    pub(super) fn moved_inline(&mut self, elem: Elem, item: NodeId) -> String {
        let range = self.cx.tree.head(item)..self.cx.tree.end(item);
        self.fragment(range, |e| e.elem(elem, false))
    }

    /// A moved item of a flow list with the comments that belong to it: they are shifted to column `to`, its text to column
    /// `text_to`.
    pub(super) fn moved_flow(&mut self, elem: Elem, item: NodeId, to: usize, text_to: usize) -> MovedFlow {
        let (tree, text) = (self.cx.tree, &*self.cx.text);
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
        let lines = moved_lines(tree, text, item);
        let above = shift(slice(text, lines.start..line_start(text, head)), from, to);
        MovedFlow { above, after: Some(later_lines(slice(text, end..lines.end), to)), ..moved }
    }

    /// The text of a copied element; `None` if it takes lines of its own.
    pub(super) fn copied_inline(&mut self, elem: Elem) -> Option<String> {
        match self.copied(elem)?.1 {
            Text::Inline(text) => Some(text),
            Text::Literal(..) | Text::Block(_) => None,
        }
    }
}

/// Replaces an alias by a copy of `elem`, which may take over the anchor.
pub(super) fn alias(e: &mut Emitter<'_>, alias: NodeId, elem: Elem, fate: Fate) {
    let (cx, tree) = (e.cx, e.cx.tree);
    let Some((id, text)) = e.copied(elem) else { return };
    let anchor = match fate {
        Fate::TakesOver => slice(&cx.text, tree.start(alias) + 1..tree.end(alias)),
        Fate::WrittenOut => "",
    };
    let span = tree.span(alias);
    let after = line_end(&cx.text, span.end);
    let head = if anchor.is_empty() { String::new() } else { format!("&{anchor}") };
    let in_item = tree.parent(alias).is_some_and(|p| tree.kind(p) == NodeKind::BlockSeq);
    let in_flow = tree.parent(alias).is_some_and(|p| tree.kind(p).is_flow());
    let commented = byte(&cx.text, skip_blanks(&cx.text, span.end)) == b'#';
    match text {
        text if in_flow && !(matches!(text, Text::Inline(_)) && fits_flow(tree, id)) => {
            let blank = if head.is_empty() { "" } else { " " };
            let value = e.value(elem);
            let style = NewStyle { strings: Quote::Double, ..NewStyle::default() };
            let text = FlowStyle::YAML.text(e, &value, &style);
            e.edits.replace(span, [&head, blank, &text].concat());
        }
        Text::Inline(text) => {
            let blank = if head.is_empty() { "" } else { " " };
            e.edits.replace(span, [&head, blank, &text].concat());
        }
        Text::Literal(header, lines) => {
            let to = column_of_entry(tree, alias) + cx.stated_indent(id).unwrap_or(2);
            let blank = if head.is_empty() { "" } else { " " };
            e.edits.replace(span, [&head, blank, &header].concat());
            e.edits.insert(after, shift(&lines, cx.literal_column(id), to));
            e.keep_filler_out_of_copy(after, column_of_entry(tree, alias));
        }
        // A comment cannot follow the first line of a scalar of several lines.
        Text::Block(lines) if in_item && head.is_empty() && !(commented && has_tall_scalar(tree, id)) => {
            let from = column(tree, tree.start(id));
            let to = column(tree, span.start);
            let shifted = shift(&lines, from, to);
            let inline = shifted.trim_start_matches(' ');
            let (first, rest) = inline.split_once('\n').unwrap_or((inline, ""));
            e.edits.replace(span, first.trim_end_matches('\r'));
            e.edits.insert(after, rest);
            keep_filler_out_of_copy(e, after, elem, (from, to));
        }
        Text::Block(text) => {
            let key = column_of_entry(tree, alias);
            let lines = e.lines(after, cx.step_at(alias));
            let (from, to) = cx.columns_under(id, key, lines);
            let to = if in_item { key + 2 } else { to };
            let line = line_start(&cx.text, span.start);
            if head.is_empty() && line == blanks_before(&cx.text, span.start) {
                // The alias is on a line of its own, below its key.
                let rest = skip_blanks(&cx.text, span.end);
                e.edits.delete(if commented { span.start..rest } else { line..after });
            } else if head.is_empty() {
                e.edits.delete(blanks_before(&cx.text, span.start)..span.end);
            } else {
                e.edits.replace(span, head);
            }
            e.edits.insert(after, shift(&text, from, to));
            keep_filler_out_of_copy(e, after, elem, (from, to));
        }
    }
}

/// Keeps the filler behind `pos` out of the copy of `elem` there, which is shifted from one column to the other.
fn keep_filler_out_of_copy(e: &mut Emitter<'_>, pos: usize, elem: Elem, (from, to): (usize, usize)) {
    if let Some(scalar) = e.cx.last_block_scalar(elem) {
        e.keep_filler_out_of_copy(pos, (column_of_entry(e.cx.tree, scalar) + to).saturating_sub(from));
    }
}
