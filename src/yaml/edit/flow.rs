//! Lists and mappings in brackets and braces, JSON among them: they stay that, on one line or on several.

use serde_json::Value;

use super::super::text::{byte, line_end, line_end_before, line_start, skip_blanks, slice};
use super::super::tree::{NodeId, NodeKind, Tree};
use super::draft::{Content, Elem, Slot};
use super::scalar::{self, Marks};
use super::style::{self, NewStyle, Quote, on_one_line, padded, slot_key};
use super::write::{self, Data};
use super::writer::{Edits, Writer};

/// Separators of flow text.
#[derive(Clone, Copy, Debug)]
pub(super) struct FlowStyle<'s> {
    /// A blank inside brackets.
    pub padded: bool,
    pub comma: &'s str,
    pub colon: &'s str,
    pub json: bool,
}

impl FlowStyle<'static> {
    pub(super) const YAML: Self = Self { padded: false, comma: ", ", colon: ": ", json: false };
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
        let own = w.moved_from(elem).filter(|&id| !w.tree.kind(id).is_block_collection());
        if own.is_some_and(|id| !super::copy::fits_flow(w.tree, id)) {
            return self.put_value(out, &w.nodes.value(elem).unwrap_or_default(), style);
        }
        let own = own.filter(|&id| !matches!(w.tree.kind(id), NodeKind::Literal | NodeKind::Folded | NodeKind::Absent));
        match own.map(|id| w.moved_inline(elem, id)).or_else(|| w.copied_inline(elem)) {
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

    fn put_value(&self, out: &mut String, value: &Value, style: &NewStyle) {
        match value {
            Value::Object(map) if !map.is_empty() => self.put_between(out, ['{', '}'], map, |out, (key, value)| {
                self.put_key(out, key, style.keys);
                self.put_value(out, value, style);
            }),
            Value::Array(items) if !items.is_empty() => {
                self.put_between(out, ['[', ']'], items, |out, value| self.put_value(out, value, style));
            }
            Value::String(text) if self.json => scalar::put(out, text, Marks::of(text), Quote::Double),
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
        let blank = if self.padded { " " } else { "" };
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

/// The separators of `container`, where it shows some, else of its document.
pub(super) fn separators<'w>(w: &'w Writer<'_, '_, '_>, container: NodeId) -> FlowStyle<'w> {
    let json = w.style.is_json();
    let tree = w.tree;
    let mut separators = FlowStyle { padded: padded_around(tree, container), json, ..FlowStyle::YAML };
    if json {
        (separators.comma, separators.colon) = w.style.json_separators();
    } else if on_one_line(tree, container) {
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

/// Whether `container` has blanks inside its brackets; an empty one does as the one around it.
pub(super) fn padded_around(tree: &Tree<'_>, container: NodeId) -> bool {
    let mut at = Some(container).filter(|&c| tree.kind(c).is_flow());
    while let Some(flow) = at {
        if tree.children(flow).next().is_some() && tree.kind(flow) != NodeKind::Pair {
            return on_one_line(tree, flow) && padded(tree, flow);
        }
        at = tree.parent(flow).filter(|&p| tree.kind(p).is_flow());
    }
    false
}

/// Puts the data of `elem` in the place of the value `old` inside a flow collection, or of a JSON document.
pub(super) fn fill(w: &Writer<'_, '_, '_>, edits: &mut Edits, elem: Elem, old: NodeId) {
    let tree = w.tree;
    let around = tree.parent(old).unwrap_or(old);
    let separators = separators(w, around);
    let separators = FlowStyle { padded: padded_around(tree, around), ..separators };
    let own = style::quote_of_kind(tree.kind(old));
    let strings = if own == Quote::Plain { Quote::Double } else { own };
    let style = NewStyle { keys: w.style.keys(around), strings, quote_all: own != Quote::Plain, ..NewStyle::default() };
    let mut text = String::new();
    if w.style.is_json() && tree.parent(old).is_some_and(|p| !on_one_line(tree, p)) {
        let at = tree.start(old);
        let line = line_start(&w.text, at);
        let prefix = slice(&w.text, line..skip_blanks(&w.text, line));
        let pretty = Pretty { unit: w.style.json_unit(), eol: line_end_before(&w.text, line_end(&w.text, at)) };
        pretty.put(w, &mut text, Data::Elem(elem), prefix, separators);
    } else {
        separators.put(w, &mut text, Data::Elem(elem), &style);
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

/// JSON over several lines.
pub(super) struct Pretty<'s> {
    pub unit: &'s str,
    pub eol: &'s str,
}

impl Pretty<'_> {
    /// Writes `data`; `prefix` is the indentation of the line it begins on.
    pub(super) fn put(
        &self,
        w: &Writer<'_, '_, '_>,
        out: &mut String,
        data: Data<'_>,
        prefix: &str,
        separators: FlowStyle<'_>,
    ) {
        let value;
        let value = match data {
            Data::Value(value) => value,
            Data::Elem(elem) => {
                if let Some(text) = moved(w, elem, prefix) {
                    out.push_str(&text);
                    return;
                }
                value = w.nodes.value(elem).unwrap_or_default();
                &value
            }
        };
        let inner = [prefix, self.unit].concat();
        match value {
            Value::Object(map) if !map.is_empty() => {
                out.push('{');
                for (i, (key, value)) in map.iter().enumerate() {
                    out.push_str(if i > 0 { "," } else { "" });
                    out.extend([self.eol, &inner]);
                    separators.put_key(out, key, Quote::Double);
                    self.put(w, out, Data::Value(value), &inner, separators);
                }
                out.extend([self.eol, prefix, "}"]);
            }
            Value::Array(items) if !items.is_empty() => {
                out.push('[');
                for (i, value) in items.iter().enumerate() {
                    out.push_str(if i > 0 { "," } else { "" });
                    out.extend([self.eol, &inner]);
                    self.put(w, out, Data::Value(value), &inner, separators);
                }
                out.extend([self.eol, prefix, "]"]);
            }
            other => separators.put_value(out, other, &NewStyle::default()),
        }
    }
}

/// The text of a moved item, its lines indented for their new place; none of new data.
fn moved(w: &Writer<'_, '_, '_>, elem: Elem, prefix: &str) -> Option<String> {
    let is_new = matches!(elem, Elem::Draft(id) if w.nodes.get(id).replaced);
    if is_new { None } else { reindented(w, elem, prefix) }
}

/// The text of an item, its lines indented by `prefix` in the place of its own indentation.
fn reindented(w: &Writer<'_, '_, '_>, elem: Elem, prefix: &str) -> Option<String> {
    let item = w.moved_from(elem)?;
    let line = line_start(&w.text, w.tree.start(item));
    let from = slice(&w.text, line..skip_blanks(&w.text, line));
    let text = w.moved_inline(elem, item);
    let mut lines = text.split_inclusive('\n');
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        match line.strip_prefix(from) {
            Some(rest) => out.extend([prefix, rest]),
            None => out.push_str(line),
        }
    }
    Some(out)
}
