//! New lists and mappings in brackets and braces over several lines, such as pretty-printed JSON and KYAML.

use serde_json::Value;

use super::Emitter;
use super::context::Context;
use super::flow::{FlowStyle, own_text};
use super::write::Data;
use crate::edit::layout::{indentation, is_open, on_one_line, unit_of};
use crate::edit::look::{NewStyle, OpenHabits};
use crate::edit::nodes::{Content, Elem, Shape, Slot};
use crate::text::{line_end, line_end_before};
use crate::tree::NodeId;

/// The layout of text over several lines.
#[derive(Clone, Copy)]
pub(super) struct Open<'s> {
    /// One level of indentation.
    unit: &'s str,
    eol: &'s str,
    /// Whether a comma follows the last entry.
    trailing: bool,
    /// Whether collections in a list begin on the line of its bracket, or where the one before ends: `[{`, `}, {`.
    cuddled: bool,
}

impl<'s> Open<'s> {
    /// The layout of new text in the flow collection `container` near `pos`; `None` if it goes on one line.
    pub(super) fn of(cx: &'s Context<'_>, container: NodeId, pos: usize) -> Option<Self> {
        let (tree, style) = (cx.tree, cx.style);
        let is_tall = |item: NodeId| tree.kind(item).is_flow() && !on_one_line(tree, item);
        let has_tall_items = || style.is_flow() && tree.items(container).any(is_tall);
        if on_one_line(tree, container) || !(style.is_json() || is_open(tree, container) || has_tall_items()) {
            return None;
        }
        let unit = if style.is_flow() { style.flow_unit() } else { unit_of(tree, container) };
        let OpenHabits { trailing, cuddled } = style.open_habits();
        Some(Self { unit, eol: line_end_before(&cx.text, line_end(&cx.text, pos)), trailing, cuddled })
    }

    /// Writes `data`; `prefix` is the indentation of the line it begins on.
    pub(super) fn put(
        &self,
        e: &mut Emitter<'_>,
        out: &mut String,
        data: Data<'_>,
        prefix: &str,
        separators: FlowStyle<'_>,
        style: &NewStyle,
    ) {
        let cx = e.cx;
        let value;
        let value = match data {
            Data::Value(value) => value,
            Data::Elem(elem) => {
                if let Some(text) = moved(e, elem, prefix) {
                    out.push_str(&text);
                    return;
                }
                match elem {
                    Elem::Draft(id) => match &cx.nodes.get(id).content {
                        Content::Value(value) => value,
                        Content::Map(slots) => {
                            let slots = slots.iter().filter(|slot| slot.is_live());
                            return self.put_lines(out, ['{', '}'], prefix, slots, |out, slot, inner| {
                                separators.put_key(out, &cx.nodes.key_of(slot), style.keys);
                                self.put(e, out, Data::Elem(slot.elem), inner, separators, style);
                            });
                        }
                        Content::Seq(slots) => {
                            let slots = || slots.iter().filter(|slot| slot.is_live());
                            let is_collection =
                                |slot: &Slot| matches!(cx.nodes.shape(slot.elem), Shape::Map | Shape::Seq);
                            let put = |out: &mut String, slot: &Slot, prefix: &str| {
                                self.put(e, out, Data::Elem(slot.elem), prefix, separators, style);
                            };
                            return if self.cuddled && slots().all(is_collection) {
                                put_cuddled(out, prefix, slots(), put);
                            } else {
                                self.put_lines(out, ['[', ']'], prefix, slots(), put);
                            };
                        }
                    },
                    Elem::Old(_) => {
                        value = e.value(elem);
                        &value
                    }
                }
            }
        };
        match value {
            Value::Object(map) if !map.is_empty() => {
                self.put_lines(out, ['{', '}'], prefix, map, |out, (key, value), inner| {
                    separators.put_key(out, key, style.keys);
                    self.put(e, out, Data::Value(value), inner, separators, style);
                });
            }
            Value::Array(items) if !items.is_empty() => {
                let put = |out: &mut String, item: &Value, prefix: &str| {
                    self.put(e, out, Data::Value(item), prefix, separators, style);
                };
                if self.cuddled && items.iter().all(|item| item.is_object() || item.is_array()) {
                    put_cuddled(out, prefix, items, put);
                } else {
                    self.put_lines(out, ['[', ']'], prefix, items, put);
                }
            }
            other => separators.put_value(out, other, style),
        }
    }

    /// Each entry on a line of its own.
    fn put_lines<I>(
        &self,
        out: &mut String,
        [open, close]: [char; 2],
        prefix: &str,
        entries: impl IntoIterator<Item = I>,
        mut put: impl FnMut(&mut String, I, &str),
    ) {
        let inner = [prefix, self.unit].concat();
        let mut is_empty = true;
        out.push(open);
        for entry in entries {
            out.push_str(if is_empty { "" } else { "," });
            is_empty = false;
            out.extend([self.eol, &inner]);
            put(out, entry, &inner);
        }
        if !is_empty {
            out.push_str(if self.trailing { "," } else { "" });
            out.extend([self.eol, prefix]);
        }
        out.push(close);
    }
}

/// Each item of a list where the one before ends.
fn put_cuddled<I>(
    out: &mut String,
    prefix: &str,
    items: impl IntoIterator<Item = I>,
    mut put: impl FnMut(&mut String, I, &str),
) {
    out.push('[');
    for (index, item) in items.into_iter().enumerate() {
        out.push_str(if index > 0 { ", " } else { "" });
        put(out, item, prefix);
    }
    out.push(']');
}

/// The text of a moved item with its lines indented for their new place; `None` for new data.
fn moved(e: &mut Emitter<'_>, elem: Elem, prefix: &str) -> Option<String> {
    let cx = e.cx;
    if matches!(elem, Elem::Draft(id) if cx.nodes.get(id).replaced) {
        return None;
    }
    let item = own_text(cx, elem)?;
    let from = indentation(&cx.text, cx.tree.start(item));
    let text = e.moved_inline(elem, item);
    let (first, later) = text.split_at(line_end(&text, 0));
    let mut out = first.to_owned();
    for line in later.split_inclusive('\n') {
        match line.strip_prefix(from) {
            Some(rest) => out.extend([prefix, rest]),
            None => out.push_str(line),
        }
    }
    Some(out)
}
