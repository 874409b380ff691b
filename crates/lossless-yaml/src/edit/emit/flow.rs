//! New lists and mappings in brackets and braces on one line, such as JSON.

use serde_json::Value;

use super::Emitter;
use super::context::Context;
use super::open::Open;
use super::write::{self, Data};
use crate::edit::layout::{fits_flow, indentation, is_cuddled, is_empty_with_comments, lone_tag, on_one_line};
use crate::edit::look::{NewStyle, Padding, Quote};
use crate::edit::nodes::{Content, Elem, Slot};
use crate::edit::scalar::{self, Marks};
use crate::text::{byte, line_end_before, line_start, slice};
use crate::tree::{NodeId, NodeKind};

/// How text in brackets and braces is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct FlowStyle<'s> {
    pub padding: Padding,
    pub comma: &'s str,
    pub colon: &'s str,
    pub json: bool,
    /// Whether all strings are in double quotes.
    pub double: bool,
}

impl FlowStyle<'static> {
    pub(super) const YAML: Self = Self {
        padding: Padding { braces: false, brackets: false },
        comma: ", ",
        colon: ": ",
        json: false,
        double: false,
    };
}

impl FlowStyle<'_> {
    /// Writes `data` on one line.
    pub(super) fn put(&self, e: &mut Emitter<'_>, out: &mut String, data: Data<'_>, style: &NewStyle) {
        let cx = e.cx;
        let elem = match data {
            Data::Value(value) => return self.put_value(out, value, style),
            Data::Elem(elem) => elem,
        };
        if let Elem::Draft(id) = elem {
            let node = cx.nodes.get(id);
            match &node.content {
                Content::Value(value) => return self.put_value(out, value, style),
                Content::Map(slots) if node.replaced => return self.put_slots(e, out, slots, ['{', '}'], style),
                Content::Seq(slots) if node.replaced => return self.put_slots(e, out, slots, ['[', ']'], style),
                _ => {}
            }
        }
        // Text from elsewhere is kept if it fits on a line.
        let text = match own_text(cx, elem) {
            Some(id) => Some(e.moved_inline(elem, id)),
            None => copied_text(e, elem),
        };
        match text {
            Some(text) => out.push_str(&text),
            None => self.put_value(out, &e.value(elem), style),
        }
    }

    /// `value` on one line.
    pub(super) fn text(&self, e: &mut Emitter<'_>, value: &Value, style: &NewStyle) -> String {
        let mut out = String::new();
        self.put(e, &mut out, Data::Value(value), style);
        out
    }

    fn put_slots(&self, e: &mut Emitter<'_>, out: &mut String, slots: &[Slot], ends: [char; 2], style: &NewStyle) {
        self.put_between(out, ends, slots.iter().filter(|s| s.is_live()), |out, slot| {
            if ends == ['{', '}'] {
                self.put_key(out, &e.cx.nodes.key_of(slot), style.keys);
            }
            self.put(e, out, Data::Elem(slot.elem), style);
        });
    }

    pub(super) fn put_value(&self, out: &mut String, value: &Value, style: &NewStyle) {
        match value {
            Value::Object(map) if !map.is_empty() => self.put_between(out, ['{', '}'], map, |out, (key, value)| {
                self.put_key(out, key, style.keys);
                self.put_value(out, value, style);
            }),
            Value::Array(items) if !items.is_empty() => {
                self.put_between(out, ['[', ']'], items, |out, value| self.put_value(out, value, style));
            }
            Value::String(text) if self.double => scalar::put(out, text, Marks::of(text), Quote::Double),
            other => write::put_simple(out, other, style, true),
        }
    }

    fn put_between<I>(
        &self,
        out: &mut String,
        [open, close]: [char; 2],
        items: impl IntoIterator<Item = I>,
        mut put: impl FnMut(&mut String, I),
    ) {
        let blank = if self.padding.of(open) { " " } else { "" };
        out.push(open);
        out.push_str(blank);
        for (i, item) in items.into_iter().enumerate() {
            if i > 0 {
                out.push_str(self.comma);
            }
            put(out, item);
        }
        out.push_str(blank);
        out.push(close);
    }

    pub(super) fn put_key(&self, out: &mut String, key: &str, quote: Quote) {
        let quote = if self.json { Quote::Double } else { quote };
        let (quote, always) = if quote == Quote::Plain { (Quote::Double, false) } else { (quote, true) };
        scalar::write(out, key, Marks::of(key), quote, always, true);
        out.push_str(self.colon);
    }
}

/// The node whose text an element keeps in brackets; `None` if the text would not mean the same there.
pub(super) fn own_text(cx: &Context<'_>, elem: Elem) -> Option<NodeId> {
    let id = cx.moved_from(elem)?;
    let kind = cx.tree.kind(id);
    let fits = !kind.is_block_collection() && !kind.is_block_scalar() && kind != NodeKind::Absent;
    (fits && fits_flow(cx.tree, id)).then_some(id)
}

/// The text of a copy, if it fits on a line in brackets.
fn copied_text(e: &mut Emitter<'_>, elem: Elem) -> Option<String> {
    let fits = e.cx.moved_from(elem).is_none_or(|id| fits_flow(e.cx.tree, id));
    if fits { e.copied_inline(elem) } else { None }
}

/// The separators of `container` if it shows some, else those of its document.
pub(super) fn separators<'c>(cx: &'c Context<'_>, container: NodeId) -> FlowStyle<'c> {
    let json = cx.style.is_json();
    let tree = cx.tree;
    let double = json || cx.style.quotes_of_all() == Some(Quote::Double);
    let mut separators = FlowStyle { padding: cx.style.padding(container), json, double, ..FlowStyle::YAML };
    if json {
        (separators.comma, separators.colon) = cx.style.json_separators();
    }
    if is_cuddled(tree, container) || (on_one_line(tree, container) && !json) {
        let mut entries = tree.children(container);
        let step = if tree.kind(container).is_map() { 2 } else { 1 };
        if let (Some(first), Some(second)) = (tree.children(container).nth(step - 1), entries.nth(step)) {
            let gap = slice(&cx.text, tree.end(first)..tree.lead(second));
            if gap.starts_with(',') {
                separators.comma = gap;
            }
        }
    }
    separators
}

/// Replaces the value `old` inside of a flow collection, or a whole JSON document, by the data of `elem`.
pub(super) fn fill(e: &mut Emitter<'_>, elem: Elem, old: NodeId) {
    let (cx, tree) = (e.cx, e.cx.tree);
    let around = tree.parent(old).unwrap_or(old);
    let separators = separators(cx, around);
    let own = Some(Quote::of_kind(tree.kind(old))).filter(|&own| own != Quote::Plain);
    let strings = own.or(cx.style.quotes_of_all());
    let quote_all = strings.is_some();
    let strings = strings.unwrap_or(Quote::Double);
    let style = NewStyle { keys: cx.style.keys(around), strings, quote_all, ..NewStyle::default() };
    let mut text = String::new();
    match tree.parent(old).and_then(|parent| Open::of(cx, parent, tree.start(old))) {
        Some(open) => {
            open.put(e, &mut text, Data::Elem(elem), indentation(&cx.text, tree.start(old)), separators, &style);
        }
        None => separators.put(e, &mut text, Data::Elem(elem), &style),
    }
    if let Some(tag) = lone_tag(tree, old) {
        e.edits.replace(tag, text);
    } else if let Some(inner) = inside_of_same(cx, &text, old) {
        // Comments stay, and with them the bracket below.
        let close = tree.end(old) - 1;
        let line = line_start(&cx.text, close);
        let eol = line_end_before(&cx.text, line);
        e.edits.insert(line, [slice(&cx.text, line..close), inner, eol].concat());
    } else if tree.kind(old) != NodeKind::Absent {
        e.edits.replace(tree.span(old), text);
    } else if byte(&cx.text, tree.lead(old)) == b':' || tree.anchor(old).is_some() {
        e.edits.insert(tree.end(old), [" ", &text].concat());
    } else {
        // A colon would become part of the name of an alias or tag.
        let key = old.0.checked_sub(1).map(NodeId);
        let ends_in_name = key.is_some_and(|key| matches!(tree.kind(key), NodeKind::Alias | NodeKind::Absent));
        // With a colon, a key of several lines must be explicit.
        let goes_on = |&key: &NodeId| slice(&cx.text, tree.head(key)..tree.end(key)).contains('\n');
        if let Some(key) = key.filter(goes_on).filter(|&key| byte(&cx.text, tree.lead(key)) != b'?') {
            e.edits.insert(tree.head(key), "? ");
        }
        let blank = if ends_in_name { " " } else { "" };
        e.edits.insert(tree.end(old), [blank, separators.colon, &text].concat());
    }
}

/// The text between the brackets of `text`, if `old` has the same brackets with nothing but comments between them.
fn inside_of_same<'x>(cx: &Context<'_>, text: &'x str, old: NodeId) -> Option<&'x str> {
    let is_same =
        is_empty_with_comments(cx.tree, old) && text.bytes().next() == Some(byte(&cx.text, cx.tree.start(old)));
    let inner = text.get(1..text.len().saturating_sub(1)).filter(|_| is_same)?.trim_matches(' ');
    (!inner.is_empty()).then_some(inner)
}
