//! How the document is written around a place: indentation, dashes, quotes. New text follows it.

mod flow;

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use self::flow::FlowHabits;
use super::layout::{column, dash_of, key_of, padded};
use super::look::{ListStyle, NewStyle, Quote};
use super::nodes::{Content, Elem, Key, Nodes, Slot, State};
use super::scalar::quote_used;
use crate::parts;
use crate::resolve::Scalar;
use crate::tree::{NodeId, NodeKind, Tree};

/// The most frequent way to write something, or several that are equally frequent, by position.
struct Habit(Vec<(usize, usize)>);

impl Habit {
    fn of(seen: &[(usize, usize)]) -> Self {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for &(_, value) in seen {
            *counts.entry(value).or_default() += 1;
        }
        let most = counts.values().copied().max();
        let frequent = |value: usize| counts.get(&value).copied() == most;
        Self(seen.iter().copied().filter(|&(_, value)| frequent(value)).collect())
    }

    /// The most frequent way; on a tie the nearest above `pos`, else below.
    fn near(&self, pos: usize) -> Option<usize> {
        let below = self.0.partition_point(|&(at, _)| at < pos);
        self.0.get(below.saturating_sub(1)).map(|&(_, value)| value)
    }
}

struct MapSteps {
    keys: Vec<NodeId>,
    steps: Vec<(usize, usize)>,
}

/// The style of a document, computed on first use.
pub(super) struct Style<'t, 'a> {
    pub(super) tree: &'t Tree<'a>,
    /// Columns from key to dash, and blanks behind the dash.
    lists: OnceCell<(Habit, Habit)>,
    flow: FlowHabits,
    /// By block mapping: its keys in order, and the positions of those that show a step.
    map_steps: RefCell<HashMap<NodeId, MapSteps>>,
    /// By collection: whether its quoted strings all have single quotes.
    single: RefCell<HashMap<NodeId, bool>>,
    /// By list: its items that show a step, in order.
    item_steps: RefCell<HashMap<NodeId, Vec<(NodeId, usize)>>>,
}

impl<'t, 'a> Style<'t, 'a> {
    pub(super) fn new(tree: &'t Tree<'a>) -> Self {
        Self {
            tree,
            lists: OnceCell::new(),
            flow: FlowHabits::default(),
            map_steps: RefCell::default(),
            single: RefCell::default(),
            item_steps: RefCell::default(),
        }
    }

    /// How a new list under a key is written: as most lists of the document, on a tie as the nearest above `pos`, else below.
    pub(super) fn list(&self, pos: usize) -> ListStyle {
        let (offsets, blanks) = self.lists.get_or_init(|| self.look_at_lists());
        ListStyle { offset: offsets.near(pos).unwrap_or(0), blanks: blanks.near(pos).unwrap_or(1) }
    }

    fn look_at_lists(&self) -> (Habit, Habit) {
        let tree = self.tree;
        let (mut offsets, mut blanks) = (Vec::new(), Vec::new());
        for id in tree.all_ids() {
            let Some(map) = tree.parent(id).filter(|_| tree.kind(id) == NodeKind::BlockSeq) else { continue };
            // The key is the node before its value.
            let Some(key) = (tree.kind(map) == NodeKind::BlockMap).then(|| id.0.checked_sub(1)).flatten() else {
                continue;
            };
            let dash = tree.start(id);
            if let Some(offset) = column(tree, dash).checked_sub(column(tree, tree.lead(NodeId(key)))) {
                offsets.push((dash, offset));
            }
            if let Some(shown) = tree.items(id).map(|i| dash_of(tree, i)).find(|d| !d.alone) {
                blanks.push((dash, shown.blanks));
            }
        }
        (Habit::of(&offsets), Habit::of(&blanks))
    }

    /// Columns from a key of the block mapping `map` to the keys of a new mapping under it. `near` is the number of
    /// entries before that key.
    pub(super) fn step(&self, map: NodeId, near: usize) -> usize {
        let tree = self.tree;
        let mut cache = self.map_steps.borrow_mut();
        let steps = &cache.entry(map).or_insert_with(|| self.look_at_steps(map)).steps;
        let after = steps.partition_point(|&(i, _)| i < near);
        let before = after.checked_sub(1).and_then(|i| steps.get(i));
        // On a tie the one before wins.
        let distance = |&&(i, _): &&(usize, usize)| if i < near { near - i - 1 } else { i - near };
        if let Some(&(_, step)) = before.into_iter().chain(steps.get(after)).min_by_key(distance) {
            return step;
        }
        if let Some(key) = key_of(tree, map) {
            return self.own_step(key, map).unwrap_or(2);
        }
        match tree.parent(map).filter(|&p| tree.kind(p) == NodeKind::BlockSeq) {
            Some(list) => self.item_step(list, Some(map)),
            None => 2,
        }
    }

    /// The step of a mapping in the place of `value`, a value of the block mapping `map`.
    pub(super) fn step_at(&self, map: NodeId, value: NodeId) -> usize {
        let near = {
            let mut cache = self.map_steps.borrow_mut();
            let keys = &cache.entry(map).or_insert_with(|| self.look_at_steps(map)).keys;
            keys.partition_point(|&key| key < value).saturating_sub(1)
        };
        self.step(map, near)
    }

    fn look_at_steps(&self, map: NodeId) -> MapSteps {
        let entries = || self.tree.entries(map);
        let steps = entries().enumerate().filter_map(|(i, (k, v))| Some((i, self.own_step(k, v)?))).collect();
        MapSteps { keys: entries().map(|(k, _)| k).collect(), steps }
    }

    /// Whether `container` has quoted strings, and all have single quotes.
    pub(super) fn is_single_quoted(&self, container: NodeId) -> bool {
        let tree = self.tree;
        *self.single.borrow_mut().entry(container).or_insert_with(|| {
            let values = tree.entries(container).map(|(_, v)| v).chain(tree.items(container));
            let mut quotes = values.map(|v| Quote::of_kind(tree.kind(v))).filter(|&q| q != Quote::Plain);
            quotes.next() == Some(Quote::Single) && quotes.all(|q| q == Quote::Single)
        })
    }

    /// The step inside a new item of `list`: that of mappings in other items, else of the nearest mapping around the list.
    pub(super) fn item_step(&self, list: NodeId, item: Option<NodeId>) -> usize {
        let tree = self.tree;
        let mut cache = self.item_steps.borrow_mut();
        let steps = cache
            .entry(list)
            .or_insert_with(|| tree.items(list).filter_map(|i| Some((i, self.step_inside(i)?))).collect());
        let after = item.map_or(steps.len(), |item| steps.partition_point(|&(i, _)| i < item));
        let next = parts::from(steps, after).iter().find(|&&(i, _)| Some(i) != item);
        let before = after.checked_sub(1).and_then(|i| steps.get(i));
        if let Some(&(_, step)) = before.or(next) {
            return step;
        }
        let mut at = list;
        while let Some(parent) = tree.parent(at) {
            if tree.kind(parent) == NodeKind::BlockMap
                && let Some(step) = key_of(tree, parent).and_then(|k| self.own_step(k, parent))
            {
                return step;
            }
            at = parent;
        }
        2
    }

    /// The first step inside of an item.
    fn step_inside(&self, item: NodeId) -> Option<usize> {
        let tree = self.tree;
        if tree.kind(item) != NodeKind::BlockMap {
            return None;
        }
        tree.entries(item).find_map(|(k, v)| self.own_step(k, v))
    }

    fn own_step(&self, key: NodeId, value: NodeId) -> Option<usize> {
        let tree = self.tree;
        if tree.kind(value) != NodeKind::BlockMap {
            return None;
        }
        column(tree, tree.start(value)).checked_sub(column(tree, tree.lead(key))).filter(|&step| step > 0)
    }

    /// Quotes of a new key in `map`: those of all its keys, or of the mapping above if it has none.
    pub(super) fn keys(&self, map: NodeId) -> Quote {
        let tree = self.tree;
        let mut at = Some(map);
        while let Some(id) = at {
            let mut quote = None;
            for (key, _) in tree.entries(id) {
                match tree.kind(key) {
                    NodeKind::Single => quote = Some(Quote::Single),
                    NodeKind::Double => quote = Some(Quote::Double),
                    _ => return Quote::Plain,
                }
            }
            if let Some(quote) = quote {
                return quote;
            }
            at = tree.parent(id);
        }
        Quote::Plain
    }
}

/// The styles of new items of an opened list, one behind the other: like the slot before the first, or else behind it.
pub(super) struct NewItems {
    /// That of the item before, or of the neighbor.
    near: NewStyle,
    strings: NewStrings,
}

impl NewItems {
    /// For items that are inserted at the position `at` among the slots.
    pub(super) fn new(nodes: &Nodes<'_, '_>, style: &Style<'_, '_>, slots: &[Slot], at: usize) -> Self {
        let tree = nodes.tree;
        let mut near = NewStyle { last: parts::from(slots, at).iter().all(|s| !s.is_live()), ..NewStyle::default() };
        let strings = NewStrings::in_list(nodes, style, slots);
        let before = parts::before(slots, at).iter().rev().find(|s| s.is_live());
        let neighbour = before.or_else(|| parts::from(slots, at).iter().find(|s| s.is_live()));
        let Some(slot) = neighbour else { return Self { near, strings } };
        match (&slot.state, slot.elem) {
            (State::New(of) | State::Moved(of), _) => {
                (near.keys, near.dash, near.padded, near.flow) = (of.keys, of.dash, of.padded, of.flow);
            }
            (_, elem) => {
                let id = match elem {
                    Elem::Old(id) => Some(id),
                    Elem::Draft(id) => nodes.get(id).origin.filter(|_| nodes.get(id).copy.is_none()),
                };
                if let Some(id) = id {
                    near.dash =
                        Some(dash_of(tree, id)).filter(|_| tree.kind(id) != NodeKind::Absent || before.is_some());
                    near.flow = tree.kind(id) == NodeKind::FlowMap;
                    near.padded = padded(tree, id);
                    if tree.kind(id).is_map() {
                        near.keys = style.keys(id);
                    }
                }
            }
        }
        Self { near, strings }
    }

    /// The style of the next item, whose value is `value` unless its text comes from another place.
    pub(super) fn next(&mut self, value: Option<&Value>, flat: bool) -> NewStyle {
        let (strings, quote_all) = self.strings.next(value);
        self.near = NewStyle { strings, quote_all, flow: self.near.flow && flat, ..self.near.clone() };
        self.near.clone()
    }
}

/// The styles of new entries of an opened mapping, one behind the other.
pub(super) struct NewEntries {
    keys: Quote,
    beside_merge: bool,
    strings: NewStrings,
}

impl NewEntries {
    pub(super) fn new(nodes: &Nodes<'_, '_>, style: &Style<'_, '_>, slots: &[Slot], map: Option<NodeId>) -> Self {
        let inherited = || {
            slots.iter().find_map(|s| match &s.state {
                State::New(near) => Some(near.keys),
                _ => None,
            })
        };
        let keys = map.map(|m| style.keys(m)).or_else(inherited).unwrap_or(Quote::Plain);
        let beside_merge = slots.iter().any(|s| matches!(s.key, Key::Old(key) if nodes.tree.is_merge(key)));
        Self { keys, beside_merge, strings: NewStrings::in_map(nodes, style, slots) }
    }

    /// The style of the next entry, whose value is `value` unless it is a copy of another.
    pub(super) fn next(&mut self, value: Option<&Value>) -> NewStyle {
        let (strings, quote_all) = self.strings.next(value);
        NewStyle { keys: self.keys, strings, quote_all, beside_merge: self.beside_merge, ..NewStyle::default() }
    }
}

/// The quotes of new strings in a list or mapping.
enum NewStrings {
    /// Those of the whole document, for all strings.
    OfAll(Quote),
    /// Those of the values beside them, new ones included.
    Beside {
        /// Whether there are quoted values, and all have single quotes.
        single: Option<bool>,
        /// The quotes of all strings; `Plain` if they differ, and `None` if there are no strings.
        alike: Option<Quote>,
    },
}

impl NewStrings {
    /// In a list, strings are quoted if all others are.
    fn in_list(nodes: &Nodes<'_, '_>, style: &Style<'_, '_>, slots: &[Slot]) -> Self {
        Self::new(nodes, style, slots, None)
    }

    fn in_map(nodes: &Nodes<'_, '_>, style: &Style<'_, '_>, slots: &[Slot]) -> Self {
        Self::new(nodes, style, slots, Some(Quote::Plain))
    }

    fn new(nodes: &Nodes<'_, '_>, style: &Style<'_, '_>, slots: &[Slot], alike: Option<Quote>) -> Self {
        if let Some(quotes) = style.quotes_of_all() {
            return Self::OfAll(quotes);
        }
        let mut this = Self::Beside { single: None, alike };
        for slot in slots.iter().filter(|s| s.is_live()) {
            this.add(quote_of(nodes, slot), || is_string(nodes, slot.elem));
        }
        this
    }

    fn add(&mut self, quote: Quote, is_string: impl FnOnce() -> bool) {
        let Self::Beside { single, alike } = self else { return };
        if quote != Quote::Plain {
            *single = Some(quote == Quote::Single && single.unwrap_or(true));
        }
        if *alike != Some(Quote::Plain) && is_string() {
            *alike = Some(if alike.is_none_or(|others| others == quote) { quote } else { Quote::Plain });
        }
    }

    /// The quotes of the next string, and whether it has them even if it need not. `value` is the next value.
    fn next(&mut self, value: Option<&Value>) -> (Quote, bool) {
        let (quote, quote_all) = match self {
            Self::OfAll(quote) => (*quote, true),
            Self::Beside { single, alike } => {
                let quote = if *single == Some(true) { Quote::Single } else { Quote::Double };
                (quote, alike.is_some_and(|others| others != Quote::Plain))
            }
        };
        if let Some(text) = value.and_then(Value::as_str) {
            self.add(quote_used(text, quote, quote_all), || true);
        }
        (quote, quote_all)
    }
}

fn is_string(nodes: &Nodes<'_, '_>, elem: Elem) -> bool {
    match elem {
        Elem::Old(id) => matches!(nodes.tree.scalar_value(id), Ok(Some(Scalar::Str(_)))),
        Elem::Draft(id) => matches!(&nodes.get(id).content, Content::Value(Value::String(_))),
    }
}

fn quote_of(nodes: &Nodes<'_, '_>, slot: &Slot) -> Quote {
    let id = match slot.elem {
        Elem::Old(id) => id,
        Elem::Draft(id) => {
            let node = nodes.get(id);
            match (&node.content, node.origin) {
                (Content::Value(Value::String(text)), origin) => {
                    let old = origin.map_or(Quote::Plain, |o| Quote::of_kind(nodes.tree.kind(o)));
                    return match &slot.state {
                        State::New(new) | State::Moved(new) => quote_used(text, new.strings, new.quote_all),
                        _ => quote_used(text, old, old != Quote::Plain),
                    };
                }
                _ => return Quote::Plain,
            }
        }
    };
    Quote::of_kind(nodes.tree.kind(id))
}
