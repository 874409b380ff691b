//! Lists and mappings in brackets and braces, JSON among them, on one line: they stay that.

use serde_json::Value;

use super::draft::{Content, Elem, Slot};
use super::open::{self, Open, is_cuddled};
use super::scalar::{self, Marks};
use super::style::{self, NewStyle, Quote, on_one_line, slot_key};
use super::write::{self, Data};
use super::writer::{Edits, Writer};
use crate::text::{byte, line_end_before, line_start, slice};
use crate::tree::{NodeId, NodeKind};

/// Separators of flow text.
#[derive(Clone, Copy, Debug)]
pub(super) struct FlowStyle<'s> {
    pub padding: Padding,
    pub comma: &'s str,
    pub colon: &'s str,
    pub json: bool,
    /// Strings are in double quotes, whatever is in them.
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
    pub(super) fn put(&self, w: &Writer<'_, '_, '_>, out: &mut String, data: Data<'_>, style: &NewStyle) {
        let elem = match data {
            Data::Value(value) => return self.put_value(out, value, style),
            Data::Elem(elem) => elem,
        };
        if let Elem::Draft(id) = elem {
            let node = w.nodes.get(id);
            match &node.content {
                Content::Value(value) => return self.put_value(out, value, style),
                Content::Map(slots) if node.replaced => return self.put_slots(w, out, slots, ['{', '}'], style),
                Content::Seq(slots) if node.replaced => return self.put_slots(w, out, slots, ['[', ']'], style),
                _ => {}
            }
        }
        // Text from elsewhere goes as it is if it can stand on a line.
        match own_text(w, elem).map(|id| w.moved_inline(elem, id)).or_else(|| copied_text(w, elem)) {
            Some(text) => out.push_str(&text),
            None => self.put_value(out, &w.nodes.value(elem).unwrap_or_default(), style),
        }
    }

    /// `value` on one line.
    pub(super) fn text(&self, w: &Writer<'_, '_, '_>, value: &Value, style: &NewStyle) -> String {
        let mut out = String::new();
        self.put(w, &mut out, Data::Value(value), style);
        out
    }

    fn put_slots(&self, w: &Writer<'_, '_, '_>, out: &mut String, slots: &[Slot], ends: [char; 2], style: &NewStyle) {
        self.put_between(out, ends, slots.iter().filter(|s| s.is_live()), |out, slot| {
            if ends == ['{', '}'] {
                self.put_key(out, &slot_key(w.nodes, slot), style.keys);
            }
            self.put(w, out, Data::Elem(slot.elem), style);
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

/// The node whose text an element takes along into brackets; none where that could not be read there.
pub(super) fn own_text(w: &Writer<'_, '_, '_>, elem: Elem) -> Option<NodeId> {
    let id = w.moved_from(elem)?;
    let kind = w.tree.kind(id);
    let fits = !kind.is_block_collection() && !kind.is_block_scalar() && kind != NodeKind::Absent;
    (fits && super::copy::fits_flow(w.tree, id)).then_some(id)
}

/// The text of an element that is a copy, if it fits on one line in brackets.
fn copied_text(w: &Writer<'_, '_, '_>, elem: Elem) -> Option<String> {
    let fits = w.moved_from(elem).is_none_or(|id| super::copy::fits_flow(w.tree, id));
    if fits { w.copied_inline(elem) } else { None }
}

/// The separators of `container`, where it shows some, else of its document.
pub(super) fn separators<'w>(w: &'w Writer<'_, '_, '_>, container: NodeId) -> FlowStyle<'w> {
    let json = w.style.is_json();
    let tree = w.tree;
    let double = json || w.style.quotes_of_all() == Some(Quote::Double);
    let mut separators = FlowStyle { padding: w.style.padding(container), json, double, ..FlowStyle::YAML };
    if json {
        (separators.comma, separators.colon) = w.style.json_separators();
    }
    if is_cuddled(tree, container) || (on_one_line(tree, container) && !json) {
        let mut entries = tree.children(container);
        let step = if tree.kind(container).is_map() { 2 } else { 1 };
        if let (Some(first), Some(second)) = (tree.children(container).nth(step - 1), entries.nth(step)) {
            let gap = slice(&w.text, tree.end(first)..tree.lead(second));
            if gap.starts_with(',') {
                separators.comma = gap;
            }
        }
    }
    separators
}

/// Puts the data of `elem` in the place of the value `old` inside a flow collection, or of a JSON document.
pub(super) fn fill(w: &Writer<'_, '_, '_>, edits: &mut Edits, elem: Elem, old: NodeId) {
    let tree = w.tree;
    let around = tree.parent(old).unwrap_or(old);
    let separators = separators(w, around);
    let own = Some(style::quote_of_kind(tree.kind(old))).filter(|&own| own != Quote::Plain);
    let strings = own.or(w.style.quotes_of_all());
    let quote_all = strings.is_some();
    let strings = strings.unwrap_or(Quote::Double);
    let style = NewStyle { keys: w.style.keys(around), strings, quote_all, ..NewStyle::default() };
    let mut text = String::new();
    match tree.parent(old).and_then(|parent| Open::of(w, parent, tree.start(old))) {
        Some(open) => {
            open.put(w, &mut text, Data::Elem(elem), open::indentation(w, tree.start(old)), separators, &style);
        }
        None => separators.put(w, &mut text, Data::Elem(elem), &style),
    }
    if let Some(tag) = super::replace::lone_tag(tree, old) {
        edits.replace(tag, text);
    } else if let Some(inner) = inside_of_same(w, &text, old) {
        // The comments stay, and with them the bracket that stands below.
        let close = tree.end(old) - 1;
        let line = line_start(&w.text, close);
        let eol = line_end_before(&w.text, line);
        edits.insert(line, [slice(&w.text, line..close), inner, eol].concat());
    } else if tree.kind(old) != NodeKind::Absent {
        edits.replace(tree.span(old), text);
    } else if byte(&w.text, tree.lead(old)) == b':' || tree.anchor(old).is_some() {
        edits.insert(tree.end(old), [" ", &text].concat());
    } else {
        // The name of an alias or tag would take the colon in.
        let key = old.0.checked_sub(1).map(NodeId);
        let ends_in_name = key.is_some_and(|key| matches!(tree.kind(key), NodeKind::Alias | NodeKind::Absent));
        // With a colon, a key that goes on over a line end must be told before.
        let goes_on = |&key: &NodeId| slice(&w.text, tree.head(key)..tree.end(key)).contains('\n');
        if let Some(key) = key.filter(goes_on).filter(|&key| byte(&w.text, tree.lead(key)) != b'?') {
            edits.insert(tree.head(key), "? ");
        }
        let blank = if ends_in_name { " " } else { "" };
        edits.insert(tree.end(old), [blank, separators.colon, &text].concat());
    }
}

/// What stands between the brackets of `text`, where `old` is such brackets with nothing but comments between them.
fn inside_of_same<'x>(w: &Writer<'_, '_, '_>, text: &'x str, old: NodeId) -> Option<&'x str> {
    let is_same =
        super::replace::is_empty_with_comments(w, old) && text.bytes().next() == Some(byte(&w.text, w.tree.start(old)));
    let inner = text.get(1..text.len().saturating_sub(1)).filter(|_| is_same)?.trim_matches(' ');
    (!inner.is_empty()).then_some(inner)
}
