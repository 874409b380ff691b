//! Replaces a value by new data: a scalar, an absent value, an empty collection, or a whole block.

use std::ops::Range;

use serde_json::Value;

use super::context::Context;
use super::write::{self, Data, Lines};
use super::{Emitter, flow};
use crate::edit::layout::{
    CommentLimit, column, column_of_entry, comments_after, is_empty_with_comments, last_line_end, lone_tag,
    parent_line, text_end,
};
use crate::edit::look::{Dash, ListStyle, NewStyle, Quote};
use crate::edit::nodes::{Content, Elem, Slot};
use crate::edit::scalar::{self, Marks};
use crate::text::{blanks_before, byte, indent, is_blank_line, line_end, line_start, part, skip_blanks, slice};
use crate::tree::{NodeId, NodeKind};

/// Replaces the value `old` by the data of `elem`.
pub(super) fn value(e: &mut Emitter<'_>, elem: Elem, old: NodeId) {
    let (cx, tree) = (e.cx, e.cx.tree);
    let in_flow = tree.parent(old).map_or(cx.style.is_json(), |p| tree.kind(p).is_flow());
    let site = Site::new(cx, old);
    let goes_with_old = if in_flow { lone_tag(tree, old).is_some() } else { site.holds_tag };
    if let Some((tag, _)) = tree.props(old).and_then(|p| p.tag.as_ref()).filter(|_| !goes_with_old) {
        let (before, end) = (blanks_before(&cx.text, tag.start), skip_blanks(&cx.text, tag.end));
        let ends_line = matches!(byte(&cx.text, end), b'\r' | b'\n') && before != line_start(&cx.text, before);
        e.edits.delete(if ends_line { before..end } else { tag.start..end });
    }
    if in_flow {
        return flow::fill(e, elem, old);
    }
    match new_text(cx, elem) {
        New::Simple(value) => site.put_simple(e, value),
        New::Lines => site.put_lines(e, elem),
    }
}

enum New<'v> {
    /// A scalar or an empty collection.
    Simple(&'v Value),
    /// A list or mapping that takes lines of its own.
    Lines,
}

fn new_text<'v>(cx: &Context<'v>, elem: Elem) -> New<'v> {
    const NULL: &Value = &Value::Null;
    let Elem::Draft(id) = elem else { return New::Lines };
    match &cx.nodes.get(id).content {
        Content::Value(Value::Object(map)) if !map.is_empty() => New::Lines,
        Content::Value(Value::Array(items)) if !items.is_empty() => New::Lines,
        Content::Value(value) => New::Simple(value),
        Content::Map(slots) | Content::Seq(slots) if slots.iter().any(Slot::is_live) => New::Lines,
        Content::Map(_) | Content::Seq(_) => New::Simple(NULL),
    }
}

/// The replaced value and its surroundings.
struct Site<'c> {
    cx: &'c Context<'c>,
    old: NodeId,
    kind: NodeKind,
    /// The replaced bytes: the content, and a tag directly before it.
    span: Range<usize>,
    holds_tag: bool,
    is_item: bool,
}

impl<'c> Site<'c> {
    fn new(cx: &'c Context<'c>, old: NodeId) -> Self {
        let tree = cx.tree;
        let is_item = tree.parent(old).is_some_and(|p| tree.kind(p) == NodeKind::BlockSeq);
        if let Some(span) = lone_tag(tree, old) {
            return Self { cx, old, kind: NodeKind::Plain, span, holds_tag: true, is_item };
        }
        let (mut span, kind) = (tree.span(old), tree.kind(old));
        let tag = tree.props(old).and_then(|p| p.tag.as_ref()).map(|(tag, _)| tag.clone());
        let tag = tag.filter(|tag| kind != NodeKind::Absent && skip_blanks(&cx.text, tag.end) == span.start);
        let holds_tag = tag.is_some();
        span.start = tag.map_or(span.start, |tag| tag.start);
        Self { cx, old, kind, span, holds_tag, is_item }
    }

    fn text(&self) -> &'c str {
        &self.cx.text
    }

    /// The quotes of a new string: those of the old one, or else of its neighbors.
    fn style(&self) -> NewStyle {
        let tree = self.cx.tree;
        let own = Quote::of_kind(self.kind);
        if own != Quote::Plain {
            return NewStyle { strings: own, quote_all: true, ..NewStyle::default() };
        }
        let single = tree.parent(self.old).is_some_and(|parent| self.cx.style.is_single_quoted(parent));
        NewStyle { strings: if single { Quote::Single } else { Quote::Double }, ..NewStyle::default() }
    }

    fn put_simple(&self, e: &mut Emitter<'c>, value: &Value) {
        let after = last_line_end(self.text(), self.span.end);
        let lines = e.lines(after, self.cx.step_at(self.old));
        if let Value::String(text) = value
            // Double quotes stay: they can represent it.
            && self.kind != NodeKind::Double
        {
            let column = self.literal_column(lines);
            if write::fits_literal(e, text, Marks::of(text), column, lines.tail) {
                return self.put_literal(e, text, column, lines);
            }
        }
        let mut new = String::new();
        let style = match value {
            // Quotes stay only if a string replaces a string.
            Value::String(_) => self.style(),
            _ => NewStyle::default(),
        };
        let kept = style.quote_all.then_some(style.strings);
        match (value, kept) {
            (Value::String(text), Some(Quote::Double)) => scalar::put(&mut new, text, Marks::of(text), Quote::Double),
            _ => write::put_simple(&mut new, value, &style, false),
        }
        self.put_inline(e, &new);
    }

    /// Replaces the old value by text on its line. Returns where more lines of it go.
    fn put_inline(&self, e: &mut Emitter<'c>, new: &str) -> usize {
        let text = self.text();
        let after = last_line_end(text, self.span.end);
        match self.kind {
            NodeKind::Absent if self.lacks_colon() => self.add_colon(e, &[" ", new].concat()),
            NodeKind::Absent => e.edits.insert(self.span.end, [" ", new].concat()),
            NodeKind::Literal | NodeKind::Folded => {
                e.edits.replace(self.header(), new);
                e.edits.delete_lines(line_end(text, self.span.start)..self.lines_end());
            }
            NodeKind::BlockMap | NodeKind::BlockSeq => match self.key_line() {
                Some(key_line) => {
                    e.edits.insert(key_line, [" ", new].concat());
                    e.edits.delete_lines(line_end(text, key_line)..after);
                }
                None => e.edits.replace(self.span.start..self.last_text(), new),
            },
            _ => e.edits.replace(self.span.clone(), new),
        }
        after
    }

    /// The position behind the colon, dash or anchor, if the old block begins on a later line.
    fn key_line(&self) -> Option<usize> {
        let line = parent_line(self.cx.tree, self.old);
        (line > 0 && line_start(self.text(), line) != line_start(self.text(), self.span.start)).then_some(line)
    }

    /// End of the old block's last line, without its line end.
    fn last_text(&self) -> usize {
        // Blank lines of a block scalar go with it.
        text_end(self.text(), self.span.end)
    }

    /// The header of the old block scalar.
    fn header(&self) -> Range<usize> {
        let start = self.cx.tree.start(self.old);
        let rest = slice(self.text(), start..self.text().len());
        let len = rest.find([' ', '\t', '\r', '\n']).unwrap_or(rest.len());
        self.span.start..start + len
    }

    /// End of the last line of the old block scalar, with the line end that the text may lack.
    fn lines_end(&self) -> usize {
        if self.span.end > self.header().end { last_line_end(self.text(), self.span.end) } else { self.span.end }
    }

    /// Whether the old value is a literal block with lines, whose header and column a new one keeps.
    fn is_filled_literal(&self) -> bool {
        self.kind == NodeKind::Literal && self.span.end > line_end(self.text(), self.span.start)
    }

    fn literal_column(&self, lines: Lines<'_>) -> usize {
        if self.is_filled_literal() {
            return self.cx.literal_column(self.old);
        }
        column_of_entry(self.cx.tree, self.old) + if self.is_item { 2 } else { lines.step }
    }

    fn put_literal(&self, e: &mut Emitter<'c>, text: &str, column: usize, lines: Lines<'_>) {
        let chomp = if text.ends_with('\n') { "" } else { "-" };
        let mut block = String::new();
        if self.is_filled_literal() {
            let digits: String = self.cx.header(self.old).chars().filter(char::is_ascii_digit).collect();
            e.edits.replace(self.header(), ["|", &digits, chomp].concat());
            write::literal(&mut block, text, column, lines.eol);
            e.edits.replace(line_end(self.text(), self.span.start)..self.lines_end(), block);
            return;
        }
        write::literal(&mut block, text, column, lines.eol);
        let at = self.put_inline(e, &["|", chomp].concat());
        e.edits.insert(at, block);
    }

    /// Writes a list or mapping on lines of its own below the key. In an item, it begins behind the dash.
    fn put_lines(&self, e: &mut Emitter<'c>, elem: Elem) {
        let (cx, text) = (self.cx, self.text());
        let key_column = column_of_entry(self.cx.tree, self.old);
        let keys = cx.tree.parent(self.old).map_or(Quote::Plain, |p| cx.style.keys(p));
        if self.is_item && (cx.tree.anchor(self.old).is_some() || self.key_line().is_some()) {
            // The anchor stays behind the dash: text on its line would get the anchor. And text below the dash stays there.
            let at = self.make_room(e);
            let lines = Lines { keys, ..e.lines(at, self.cx.step_at(self.old)) };
            let style = NewStyle { dash: Some(Dash { blanks: 1, alone: true }), keys, ..NewStyle::default() };
            let mut item = String::new();
            write::item(e, &mut item, Data::Elem(elem), key_column, &style, lines);
            let below = part(&item, line_end(&item, 0)..item.len());
            e.edits.insert(at, below);
            return;
        }
        if self.is_item {
            let after = last_line_end(text, self.span.end);
            let lines = Lines { keys, ..e.lines(after, self.cx.step_at(self.old)) };
            let mut item = String::new();
            let blanks = match self.kind {
                NodeKind::Absent => 1,
                _ => column(cx.tree, self.span.start).saturating_sub(key_column + 1),
            };
            let dash = Some(Dash { blanks, alone: false });
            let style = NewStyle { dash, keys, strings: Quote::Double, ..NewStyle::default() };
            write::item(e, &mut item, Data::Elem(elem), key_column, &style, lines);
            let inline = part(&item, key_column + 1 + blanks..item.len());
            let (first, rest) = inline.split_once('\n').unwrap_or((inline, ""));
            let at = self.put_inline(e, first.trim_end_matches('\r'));
            e.edits.insert(at, rest);
            return;
        }
        let at = self.make_room(e);
        let lines = Lines { keys, ..e.lines(at, self.cx.step_at(self.old)) };
        let style = NewStyle { keys, strings: Quote::Double, ..NewStyle::default() };
        let mut below = String::new();
        if cx.tree.parent(self.old).is_some() {
            write::after_key(e, &mut below, Data::Elem(elem), key_column, &style, lines);
            // The key already has a line end.
            below.drain(..lines.eol.len().min(below.len()));
        } else {
            // A whole document: its keys are at the margin.
            let margin = Lines { step: 0, lists: ListStyle { offset: 0, ..lines.lists }, ..lines };
            write::after_key(e, &mut below, Data::Elem(elem), 0, &style, margin);
            below.drain(..lines.eol.len().min(below.len()));
        }
        e.edits.insert(at, below);
    }

    /// Whether the value is that of an explicit key without a colon, `? key`.
    fn lacks_colon(&self) -> bool {
        !self.is_item
            && self.cx.tree.parent(self.old).is_some()
            && byte(self.text(), self.cx.tree.lead(self.old)) != b':'
    }

    /// Adds the colon of an explicit key, on the line below.
    fn add_colon(&self, e: &mut Emitter<'c>, value: &str) {
        let below = last_line_end(self.text(), self.span.end);
        let mut line = String::new();
        indent(&mut line, column_of_entry(self.cx.tree, self.old));
        line.extend([":", value, e.lines(below, 0).eol]);
        e.edits.insert(below, line);
    }

    /// Removes the old value behind its key. Returns where lines under the key go.
    fn make_room(&self, e: &mut Emitter<'c>) -> usize {
        let text = self.text();
        let key_column = column_of_entry(self.cx.tree, self.old);
        let below = CommentLimit(key_column + 1);
        let line = line_start(text, self.span.start);
        match self.kind {
            NodeKind::Absent => {
                if self.lacks_colon() {
                    self.add_colon(e, "");
                }
                comments_after(self.cx.tree, text, self.span.end, below)
            }
            NodeKind::BlockMap | NodeKind::BlockSeq => {
                let end = last_line_end(text, self.span.end);
                match self.key_line() {
                    Some(key_line) => e.edits.delete_lines(line_end(text, key_line)..end),
                    None => e.edits.delete(blanks_before(text, self.span.start)..self.last_text()),
                }
                end
            }
            NodeKind::Literal | NodeKind::Folded => {
                let header = self.header();
                e.edits.delete(blanks_before(text, header.start)..header.end);
                e.edits.delete_lines(line_end(text, self.span.start)..self.lines_end());
                last_line_end(text, self.span.end)
            }
            NodeKind::FlowMap | NodeKind::FlowSeq if is_empty_with_comments(self.cx.tree, self.old) => {
                // There are comments inside of the empty brackets: only the brackets go.
                let close = self.span.end - 1;
                let rest = skip_blanks(text, self.span.end);
                let alone = line_start(text, close) == blanks_before(text, close);
                e.edits.delete(blanks_before(text, self.span.start)..self.span.start + 1);
                e.edits.delete(match byte(text, rest) {
                    b'#' => close..rest,
                    _ if alone => line_start(text, close)..line_end(text, close),
                    _ => close..close + 1,
                });
                comments_after(self.cx.tree, text, self.span.end, below)
            }
            _ if line == blanks_before(text, self.span.start) => {
                // The value is on a line of its own: the new lines take its place.
                let end = last_line_end(text, self.span.end);
                let alone = matches!(byte(text, skip_blanks(text, self.span.end)), b'\r' | b'\n' | 0);
                e.edits.delete(if alone { line..end } else { self.span.start..skip_blanks(text, self.span.end) });
                end
            }
            _ => {
                e.edits.delete(blanks_before(text, self.span.start)..self.span.end);
                debug_assert!(!is_blank_line(text, line), "the line of a value is not blank");
                comments_after(self.cx.tree, text, self.span.end, below)
            }
        }
    }
}
