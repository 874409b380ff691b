//! New text in block style: entries and items as whole lines, indented and with line ends.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::Emitter;
use super::context::Context;
use super::flow::FlowStyle;
use crate::edit::look::{Dash, ListStyle, NewStyle, Padding, Quote};
use crate::edit::nodes::{Content, Elem, Slot, State};
use crate::edit::scalar::{self, Marks};
use crate::text::{indent, line_end, part, slice};

/// How the lines of new text look, at all levels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines<'e> {
    pub eol: &'e str,
    /// Columns from a key to the keys of the mapping under it.
    pub step: usize,
    pub lists: ListStyle,
    /// Quotes of keys.
    pub keys: Quote,
    pub tail: Tail,
}

impl Lines<'_> {
    /// The same for a part of the text: what follows the text matters only for the last part.
    fn part(self, is_last: bool) -> Self {
        Self { tail: if is_last { self.tail } else { Tail::Blanks(0) }, ..self }
    }
}

/// What follows new text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// Filler with at most this indentation: it would become part of a literal block that is not indented deeper.
    Blanks(usize),
    /// The end of a text without a final line end: a literal block there cannot end with one.
    NoLineEnd,
}

/// Data to write: a value, or an element of the draft, which may have text of its own.
#[derive(Clone, Copy)]
pub(super) enum Data<'v> {
    Value(&'v Value),
    Elem(Elem),
}

impl<'v> Data<'v> {
    /// The value of a draft node that has one.
    fn unwrap(self, cx: &Context<'v>) -> Self {
        if let Self::Elem(Elem::Draft(id)) = self
            && let Content::Value(value) = &cx.nodes.get(id).content
        {
            return Self::Value(value);
        }
        self
    }
}

/// Writes an entry of a mapping with its keys in column `column`.
pub(super) fn entry<'v>(
    e: &mut Emitter<'v>,
    out: &mut String,
    key: &str,
    data: Data<'v>,
    column: usize,
    style: &NewStyle,
    lines: Lines<'_>,
) {
    indent(out, column);
    let (quote, always) = if lines.keys == Quote::Plain { (Quote::Double, false) } else { (lines.keys, true) };
    scalar::write(out, key, Marks::of(key), quote, always, false);
    out.push(':');
    after_key(e, out, data, column, style, lines);
}

/// Writes the value behind the colon of a key in column `column`, with the last line end.
pub(super) fn after_key<'v>(
    e: &mut Emitter<'v>,
    out: &mut String,
    data: Data<'v>,
    column: usize,
    style: &NewStyle,
    lines: Lines<'_>,
) {
    match data.unwrap(e.cx) {
        Data::Value(Value::Object(map)) if !map.is_empty() => {
            out.push_str(lines.eol);
            entries(e, out, map, column + lines.step, lines);
        }
        Data::Value(Value::Array(items)) if !items.is_empty() => {
            out.push_str(lines.eol);
            list(e, out, items, column + lines.lists.offset, lines);
        }
        Data::Value(value) => {
            out.push(' ');
            simple(e, out, value, column + lines.step, style, lines);
        }
        Data::Elem(elem) => match elem {
            Elem::Draft(id) if e.cx.nodes.get(id).copy.is_none() => match &e.cx.nodes.get(id).content {
                Content::Map(slots) if slots.iter().any(Slot::is_live) => {
                    out.push_str(lines.eol);
                    map_slots(e, out, slots, column + lines.step, lines);
                }
                Content::Seq(slots) if slots.iter().any(Slot::is_live) => {
                    out.push_str(lines.eol);
                    seq_slots(e, out, slots, column + lines.lists.offset, lines);
                }
                Content::Map(_) => out.extend([" {}", lines.eol]),
                Content::Seq(_) => out.extend([" []", lines.eol]),
                Content::Value(_) => out.push_str(lines.eol),
            },
            _ => e.copied_after_key(out, elem, column, lines),
        },
    }
}

fn entries<'v>(e: &mut Emitter<'v>, out: &mut String, map: &'v Map<String, Value>, column: usize, lines: Lines<'_>) {
    let style = NewStyle { keys: lines.keys, strings: Quote::Double, ..NewStyle::default() };
    let last = map.len() - 1;
    for (i, (key, value)) in map.iter().enumerate() {
        let lines = lines.part(i == last);
        entry(e, out, key, Data::Value(value), column, &style, lines);
    }
}

fn list<'v>(e: &mut Emitter<'v>, out: &mut String, items: &'v [Value], column: usize, lines: Lines<'_>) {
    let style = NewStyle { keys: lines.keys, strings: Quote::Double, ..NewStyle::default() };
    let last = items.len() - 1;
    for (i, value) in items.iter().enumerate() {
        let lines = lines.part(i == last);
        item(e, out, Data::Value(value), column, &style, lines);
    }
}

/// Writes the live slots of a new mapping.
pub(super) fn map_slots<'v>(e: &mut Emitter<'v>, out: &mut String, slots: &'v [Slot], column: usize, lines: Lines<'_>) {
    let last = slots.iter().rposition(Slot::is_live);
    for (i, slot) in slots.iter().enumerate().filter(|(_, s)| s.is_live()) {
        let lines = lines.part(Some(i) == last);
        let key = e.cx.nodes.key_of(slot);
        let style = new_style(slot, lines.keys);
        entry(e, out, &key, Data::Elem(slot.elem), column, &style, lines);
        moved_comment(e, out, slot, lines.eol);
    }
}

/// Adds the comment at the end of the line that a key was moved from. A block scalar has it in its header.
pub(super) fn moved_comment(e: &Emitter<'_>, out: &mut String, slot: &Slot, eol: &str) {
    let State::Moved(_) = slot.state else { return };
    let (tree, text) = (e.cx.tree, &*e.cx.text);
    let Some(node) = e.cx.moved_from(slot.elem).filter(|&node| !tree.kind(node).is_block_collection()) else { return };
    let end = tree.end(node);
    let rest = slice(text, end..line_end(text, end)).trim_end();
    if !tree.kind(node).is_block_scalar() && rest.trim_start().starts_with('#') && out.ends_with(eol) {
        out.truncate(out.len() - eol.len());
        out.extend([rest, eol]);
    }
}

/// Writes the live slots of a new list.
pub(super) fn seq_slots<'v>(e: &mut Emitter<'v>, out: &mut String, slots: &'v [Slot], column: usize, lines: Lines<'_>) {
    let last = slots.iter().rposition(Slot::is_live);
    for (i, slot) in slots.iter().enumerate().filter(|(_, s)| s.is_live()) {
        let lines = lines.part(Some(i) == last);
        slot_item(e, out, slot, column, lines);
    }
}

/// Writes one slot of a list: new, or moved here with its text.
pub(super) fn slot_item<'v>(e: &mut Emitter<'v>, out: &mut String, slot: &'v Slot, column: usize, lines: Lines<'_>) {
    let style = new_style(slot, lines.keys);
    if let State::Moved(_) = slot.state {
        e.moved_item(out, slot.elem, column, &style, lines);
    } else {
        let lines = Lines { keys: style.keys, ..lines };
        item(e, out, Data::Elem(slot.elem), column, &style, lines);
    }
}

fn new_style(slot: &Slot, keys: Quote) -> NewStyle {
    match &slot.state {
        State::New(style) | State::Moved(style) => NewStyle::clone(style),
        _ => NewStyle { keys, strings: Quote::Double, ..NewStyle::default() },
    }
}

/// Writes an item of a list with its dashes in column `column`.
pub(super) fn item<'v>(
    e: &mut Emitter<'v>,
    out: &mut String,
    data: Data<'v>,
    column: usize,
    style: &NewStyle,
    lines: Lines<'_>,
) {
    let data = data.unwrap(e.cx);
    let dash = style.dash.unwrap_or(Dash { blanks: lines.lists.blanks, alone: false });
    let inner = column + 1 + dash.blanks;
    indent(out, column);
    out.push('-');
    if style.flow {
        indent(out, dash.blanks);
        FlowStyle { padding: Padding::both(style.padded), ..FlowStyle::YAML }.put(e, out, data, style);
        out.push_str(lines.eol);
        return;
    }
    if dash.alone {
        out.push_str(lines.eol);
    } else {
        indent(out, dash.blanks);
    }
    let start = out.len();
    match data {
        Data::Value(Value::Object(map)) if !map.is_empty() => entries(e, out, map, inner, lines),
        Data::Value(Value::Array(items)) if !items.is_empty() => list(e, out, items, inner, lines),
        Data::Value(value) => {
            indent(out, inner);
            simple(e, out, value, column + 2, style, lines);
        }
        Data::Elem(Elem::Draft(id)) if e.cx.nodes.get(id).copy.is_none() => match &e.cx.nodes.get(id).content {
            Content::Map(slots) if slots.iter().any(Slot::is_live) => map_slots(e, out, slots, inner, lines),
            Content::Seq(slots) if slots.iter().any(Slot::is_live) => seq_slots(e, out, slots, inner, lines),
            content => {
                indent(out, inner);
                out.extend([if matches!(content, Content::Seq(_)) { "[]" } else { "{}" }, lines.eol]);
            }
        },
        Data::Elem(elem) => e.copied_below(out, elem, inner, lines),
    }
    if !dash.alone {
        // The first line continues behind the dash.
        let below = part(out, start..out.len());
        let blanks = below.bytes().take_while(|b| *b == b' ').count();
        out.replace_range(start..start + blanks, "");
    }
}

/// Writes a scalar or an empty collection, with its line end. A string of several lines becomes a literal block with its
/// lines in column `column`.
fn simple(e: &mut Emitter<'_>, out: &mut String, value: &Value, column: usize, style: &NewStyle, lines: Lines<'_>) {
    if let Value::String(text) = value {
        let marks = Marks::of(text);
        if fits_literal(e, text, marks, column, lines.tail) {
            out.push_str(if text.ends_with('\n') { "|" } else { "|-" });
            out.push_str(lines.eol);
            literal(out, text, column, lines.eol);
            return;
        }
        scalar::write(out, text, marks, style.strings, style.quote_all, false);
    } else {
        put_simple(out, value, style, false);
    }
    out.push_str(lines.eol);
}

/// Whether `text` is written as a literal block with its lines in column `column`, if `tail` follows.
pub(super) fn fits_literal(e: &mut Emitter<'_>, text: &str, marks: Marks, column: usize, tail: Tail) -> bool {
    if !scalar::is_literal(text, marks) {
        return false;
    }
    e.depends_on_filler = true;
    match tail {
        Tail::Blanks(deep) => deep < column,
        Tail::NoLineEnd => !text.ends_with('\n'),
    }
}

/// Writes the lines of a literal block.
pub(super) fn literal(out: &mut String, text: &str, column: usize, eol: &str) {
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        if !line.is_empty() {
            indent(out, column);
            out.push_str(line);
        }
        out.push_str(eol);
    }
}

/// Writes a scalar or an empty collection on one line.
pub(super) fn put_simple(out: &mut String, value: &Value, style: &NewStyle, flow: bool) {
    match value {
        Value::String(text) => {
            scalar::write(out, text, Marks::of(text), style.strings, style.quote_all, flow);
        }
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
        other => {
            let _ = write!(out, "{other}");
        }
    }
}
