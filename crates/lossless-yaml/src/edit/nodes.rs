//! The edited document before it is written: the tree, and what the operations have made of the nodes on their way.
//!
//! Only nodes that an operation passes through are opened; everything else stays a reference into the tree.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::Step;
use super::look::NewStyle;
use crate::error::YamlError;
use crate::resolve::same;
use crate::tree::{NodeId, Tree};

/// A node of the draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct DraftId(u32);

/// A node of the edited document: as it is in the tree, or opened by an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Elem {
    Old(NodeId),
    Draft(DraftId),
}

#[derive(Debug)]
pub(super) struct DraftNode {
    /// The node in whose place, or with whose text, this one stands.
    pub origin: Option<NodeId>,
    /// Set where the text is a copy: `origin` stays as it is elsewhere. It is the alias that the copy takes the place
    /// of, or none for what a merge key brings.
    pub copy: Option<Copy>,
    pub content: Content,
    /// `content` is all new: nothing of the text of `origin` stays.
    pub replaced: bool,
    /// Everything in it went, and a comment keeps its key: nothing stands behind that.
    pub hollow: bool,
    /// It was set to be empty, and stays so.
    pub kept: bool,
    /// How many items or keys were removed or moved away.
    pub gone: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copy {
    OfAlias(NodeId),
    OfMerged,
}

#[derive(Debug)]
pub(super) enum Content {
    /// New data, in the place of `origin` if there is one.
    Value(Value),
    /// A list or mapping: of `origin` with changes, or a new one.
    Seq(Vec<Slot>),
    Map(Vec<Slot>),
}

/// An item of a list or an entry of a mapping. Removed ones stay, so that new text finds its place.
#[derive(Debug)]
pub(super) struct Slot {
    pub key: Key,
    pub elem: Elem,
    pub state: State,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// An item has none.
    None,
    Old(NodeId),
    New(String),
}

#[derive(Debug)]
pub(super) enum State {
    Kept,
    Removed,
    /// Gone to another list, with the comments that belong to it.
    MovedAway,
    /// New text.
    New(Box<NewStyle>),
    /// Text from another place of the document.
    Moved(Box<NewStyle>),
}

impl Slot {
    pub(super) fn is_live(&self) -> bool {
        !matches!(self.state, State::Removed | State::MovedAway)
    }

    /// Whether the slot stands where the tree has it.
    pub(super) fn is_old(&self) -> bool {
        !matches!(self.state, State::New(_) | State::Moved(_))
    }
}

/// What a path leads to at the node at hand.
#[derive(Clone, Copy)]
pub(super) enum Found {
    /// A live slot, by its position among all slots.
    Slot(usize),
    /// A value that a merge key brings.
    Merged(NodeId),
    Nothing,
}

/// The nodes that operations have opened.
#[derive(Debug)]
pub(super) struct Nodes<'t, 'a> {
    pub tree: &'t Tree<'a>,
    opened: Vec<DraftNode>,
    pub root: Option<Elem>,
    /// By list: a position among all slots, and how many live ones stand before it. Items are mostly asked for in
    /// turn.
    seek: RefCell<HashMap<DraftId, (usize, usize)>>,
    /// By large mapping: its keys' positions; none where a key may be there twice or be merged.
    keys: RefCell<HashMap<DraftId, Option<HashMap<String, usize>>>>,
    /// Of several equal keys on the way the last counts; else they are an error.
    pub last_key_counts: bool,
}

/// Mappings with so many keys have them indexed.
const LARGE: usize = 64;

const GONE: DraftNode = DraftNode {
    origin: None,
    copy: None,
    content: Content::Value(Value::Null),
    replaced: true,
    hollow: false,
    kept: false,
    gone: 0,
};

impl<'t, 'a> Nodes<'t, 'a> {
    pub(super) fn new(tree: &'t Tree<'a>) -> Self {
        let root = tree.root().map(Elem::Old);
        let (seek, keys) = (RefCell::default(), RefCell::default());
        Self { tree, opened: Vec::new(), root, seek, keys, last_key_counts: false }
    }

    pub(super) fn get(&self, id: DraftId) -> &DraftNode {
        self.opened.get(id.0 as usize).unwrap_or(const { &GONE })
    }

    /// The node, to be changed: what was known of its slots is forgotten.
    pub(super) fn get_mut(&mut self, id: DraftId) -> Option<&mut DraftNode> {
        // Mostly nothing is known yet, and looking that up costs as much as hashing.
        if !self.seek.get_mut().is_empty() {
            self.seek.get_mut().remove(&id);
        }
        if !self.keys.get_mut().is_empty() {
            self.keys.get_mut().remove(&id);
        }
        self.opened.get_mut(id.0 as usize)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.opened.is_empty()
    }

    pub(super) fn add(&mut self, node: DraftNode) -> DraftId {
        let id = DraftId(u32::try_from(self.opened.len()).unwrap_or(u32::MAX));
        self.opened.push(node);
        id
    }

    /// New data, in the place of `origin`.
    pub(super) fn add_value(&mut self, origin: Option<NodeId>, value: Value) -> Elem {
        let content = Content::Value(value);
        Elem::Draft(self.add(DraftNode {
            origin,
            copy: None,
            content,
            replaced: true,
            hollow: false,
            kept: false,
            gone: 0,
        }))
    }

    /// Slots of an opened collection; none of any other node.
    pub(super) fn slots(&self, id: DraftId) -> &[Slot] {
        match &self.get(id).content {
            Content::Seq(slots) | Content::Map(slots) => slots,
            Content::Value(_) => &[],
        }
    }

    pub(super) fn slots_mut(&mut self, id: DraftId) -> Option<&mut Vec<Slot>> {
        match &mut self.get_mut(id)?.content {
            Content::Seq(slots) | Content::Map(slots) => Some(slots),
            Content::Value(_) => None,
        }
    }

    /// The key of a slot as a string, empty for an item.
    pub(super) fn key_of(&self, slot: &Slot) -> String {
        match &slot.key {
            Key::Old(key) => self.tree.key(*key).map_or_else(|_| String::new(), Cow::into_owned),
            Key::New(key) => key.clone(),
            Key::None => String::new(),
        }
    }

    /// The node whose text an element has, or whose place it takes.
    pub(super) fn origin(&self, elem: Elem) -> Option<NodeId> {
        match elem {
            Elem::Old(id) => Some(id),
            Elem::Draft(id) => self.get(id).origin,
        }
    }

    /// The node that is written where an element is, or was before it moved: for a copy, the alias.
    pub(super) fn written_as(&self, elem: Elem) -> Option<NodeId> {
        match elem {
            Elem::Old(id) => Some(id),
            Elem::Draft(id) => match self.get(id).copy {
                Some(Copy::OfAlias(alias)) => Some(alias),
                Some(Copy::OfMerged) => None,
                None => self.get(id).origin,
            },
        }
    }

    /// Puts another element in the place of a slot's.
    pub(super) fn set_elem(&mut self, id: DraftId, index: usize, elem: Elem) {
        let content = self.opened.get_mut(id.0 as usize).map(|n| &mut n.content);
        if let Some(Content::Seq(slots) | Content::Map(slots)) = content
            && let Some(slot) = slots.get_mut(index)
        {
            slot.elem = elem;
        }
    }

    /// Takes a slot of the tree out, which stays behind in this state.
    pub(super) fn set_gone(&mut self, id: DraftId, index: usize, state: State) {
        let Some(node) = self.opened.get_mut(id.0 as usize) else { return };
        let (Content::Seq(slots) | Content::Map(slots)) = &mut node.content else { return };
        let Some(slot) = slots.get_mut(index) else { return };
        slot.state = state;
        node.gone += 1;
        if self.seek.get_mut().get(&id).is_some_and(|&(pos, _)| index < pos) {
            self.seek.get_mut().remove(&id);
        }
    }

    /// What moved is removed: it goes from where it was like any other item, and the comments above it stay.
    pub(super) fn set_removed_there(&mut self, moved: Elem) {
        let origin = |elem, opened: &[DraftNode]| match elem {
            Elem::Old(id) => Some(id),
            Elem::Draft(id) => opened.get(id.0 as usize).and_then(|n| n.origin),
        };
        let moved = origin(moved, &self.opened);
        for id in 0..self.opened.len() {
            let Some(Content::Seq(slots)) = self.opened.get(id).map(|n| &n.content) else { continue };
            let is_it = |s: &Slot| matches!(s.state, State::MovedAway) && origin(s.elem, &self.opened) == moved;
            let Some(index) = slots.iter().position(is_it) else { continue };
            if let Some(Content::Seq(slots)) = self.opened.get_mut(id).map(|n| &mut n.content)
                && let Some(slot) = slots.get_mut(index)
            {
                slot.state = State::Removed;
            }
        }
    }

    pub(super) fn slot(&self, id: DraftId, index: usize) -> Option<&Slot> {
        self.slots(id).get(index)
    }

    /// Opens `elem`, so that its children can change. New data become slots too.
    pub(super) fn open(&mut self, elem: Elem) -> DraftId {
        match elem {
            Elem::Old(id) => {
                let target = self.tree.resolve_alias(id);
                let content = self.slots_of(target);
                // An empty one has no text that could stay.
                let replaced = matches!(&content, Content::Seq(slots) | Content::Map(slots) if slots.is_empty());
                let copy = (target != id && !replaced).then_some(Copy::OfAlias(id));
                let origin = Some(if replaced { id } else { target });
                self.add(DraftNode { origin, copy, content, replaced, hollow: false, kept: false, gone: 0 })
            }
            Elem::Draft(id) => {
                if !matches!(self.get(id).content, Content::Value(_)) {
                    return id;
                }
                let value = match self.get_mut(id).map(|n| &mut n.content) {
                    Some(Content::Value(value)) => std::mem::take(value),
                    _ => return id,
                };
                let content = self.slots_of_value(value);
                if let Some(node) = self.get_mut(id) {
                    node.content = content;
                }
                id
            }
        }
    }

    fn slots_of(&self, id: NodeId) -> Content {
        let kept = |key, elem| Slot { key, elem: Elem::Old(elem), state: State::Kept };
        if self.tree.kind(id).is_seq() {
            Content::Seq(self.tree.items(id).map(|i| kept(Key::None, i)).collect())
        } else if self.tree.kind(id).is_map() {
            Content::Map(self.tree.entries(id).map(|(k, v)| kept(Key::Old(k), v)).collect())
        } else {
            Content::Value(Value::Null)
        }
    }

    fn slots_of_value(&mut self, value: Value) -> Content {
        let mut slot = |key, value| Slot { key, elem: self.add_value(None, value), state: State::New(Box::default()) };
        match value {
            Value::Array(items) => Content::Seq(items.into_iter().map(|v| slot(Key::None, v)).collect()),
            Value::Object(map) => Content::Map(map.into_iter().map(|(k, v)| slot(Key::New(k), v)).collect()),
            scalar => Content::Value(scalar),
        }
    }

    /// What an element is, as a kind of data.
    pub(super) fn shape(&self, elem: Elem) -> Shape {
        match elem {
            Elem::Old(id) => {
                let id = self.tree.resolve_alias(id);
                match self.tree.kind(id) {
                    kind if kind.is_seq() => Shape::Seq,
                    kind if kind.is_map() => Shape::Map,
                    _ if self.tree.equals(id, &Value::Null) => Shape::Null,
                    _ => Shape::Scalar,
                }
            }
            Elem::Draft(id) => match &self.get(id).content {
                Content::Seq(_) | Content::Value(Value::Array(_)) => Shape::Seq,
                Content::Map(_) | Content::Value(Value::Object(_)) => Shape::Map,
                Content::Value(Value::Null) => Shape::Null,
                Content::Value(_) => Shape::Scalar,
            },
        }
    }

    /// Looks up `name` in an opened mapping.
    pub(super) fn find(&self, map: DraftId, name: &str) -> Result<Found, YamlError> {
        if self.slots(map).len() >= LARGE {
            let mut keys = self.keys.borrow_mut();
            if let Some(index) = keys.entry(map).or_insert_with(|| self.key_positions(map)) {
                let live = |&&i: &&usize| self.slot(map, i).is_some_and(Slot::is_live);
                return Ok(index.get(name).filter(live).map_or(Found::Nothing, |&i| Found::Slot(i)));
            }
        }
        let mut found = Found::Nothing;
        let mut first: Option<NodeId> = None;
        for (index, slot) in self.slots(map).iter().enumerate().filter(|(_, s)| s.is_live()) {
            match &slot.key {
                Key::Old(key) if self.tree.is_merge(*key) => {
                    let Elem::Old(value) = slot.elem else { continue };
                    for merged in self.tree.merged(value)? {
                        // A merge key overrides what stands before it.
                        if let Some(value) = self.tree.lookup(merged, name)? {
                            found = Found::Merged(value);
                        }
                    }
                }
                Key::Old(key) if self.tree.is_key(*key, name) => match first.replace(*key) {
                    Some(first) if !self.last_key_counts => return Err(self.tree.duplicate(name, first, *key)),
                    _ => found = Found::Slot(index),
                },
                Key::New(key) if key == name => found = Found::Slot(index),
                _ => {}
            }
        }
        Ok(found)
    }

    /// The slot of a mapping's own key `name`, whether or not a merge key behind it overrides it.
    pub(super) fn find_own(&self, map: DraftId, name: &str) -> Option<usize> {
        let is_own = |slot: &Slot| match &slot.key {
            Key::Old(key) => self.tree.is_key(*key, name),
            Key::New(key) => key == name,
            Key::None => false,
        };
        self.slots(map).iter().position(|slot| slot.is_live() && is_own(slot))
    }

    /// Whether a merge key of an opened mapping brings the key `name`, overridden or not.
    pub(super) fn is_merged(&self, map: DraftId, name: &str) -> Result<bool, YamlError> {
        for slot in self.slots(map).iter().filter(|slot| slot.is_live()) {
            let (Key::Old(key), Elem::Old(value)) = (&slot.key, slot.elem) else { continue };
            if self.tree.is_merge(*key) {
                for merged in self.tree.merged(value)? {
                    if self.tree.lookup(merged, name)?.is_some() {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    /// Whether an opened mapping is known to have no merge key and no key twice.
    pub(super) fn has_plain_keys(&self, map: DraftId) -> bool {
        self.keys.borrow().get(&map).is_some_and(Option::is_some)
    }

    /// Whether another value counts for the key of a slot where that goes: of an equal key, or what a merge key brings.
    pub(super) fn hides_another(&self, map: DraftId, index: usize) -> bool {
        let Some(name) = self.slot(map, index).map(|slot| self.key_of(slot)) else { return false };
        self.find_own(map, &name).is_some_and(|own| own != index) || self.is_merged(map, &name).unwrap_or(true)
    }

    /// The positions of the live keys of a mapping; none if one is there twice, or is a merge key.
    fn key_positions(&self, map: DraftId) -> Option<HashMap<String, usize>> {
        let mut positions = HashMap::new();
        for (index, slot) in self.slots(map).iter().enumerate().filter(|(_, s)| s.is_live()) {
            let name = match &slot.key {
                Key::Old(key) if self.tree.is_merge(*key) => return None,
                Key::Old(key) => self.tree.key(*key).ok()?.into_owned(),
                Key::New(key) => key.clone(),
                Key::None => return None,
            };
            if positions.insert(name, index).is_some() {
                return None;
            }
        }
        Some(positions)
    }

    /// What stands one step below `elem`, without opening anything of the tree.
    pub(super) fn peek(&mut self, elem: Elem, step: &Step<'_>) -> Result<Option<Elem>, YamlError> {
        if let Elem::Draft(id) = elem {
            self.open(Elem::Draft(id));
        }
        match (elem, *step) {
            (Elem::Old(id), Step::Index(index)) => Ok(self.tree.items(id).nth(index).map(Elem::Old)),
            (Elem::Old(id), Step::Key(key)) => {
                let map = self.tree.resolve_alias(id);
                Ok(self.tree.lookup(map, key)?.map(Elem::Old))
            }
            (Elem::Draft(id), step) => match (&self.get(id).content, step) {
                (Content::Seq(_), Step::Index(index)) => {
                    Ok(self.live(id, index).and_then(|i| self.slot(id, i)).map(|s| s.elem))
                }
                (Content::Map(_), Step::Key(key)) => Ok(match self.find(id, key)? {
                    Found::Slot(slot) => self.slot(id, slot).map(|s| s.elem),
                    Found::Merged(value) => Some(Elem::Old(value)),
                    Found::Nothing => None,
                }),
                _ => Ok(None),
            },
        }
    }

    /// Position among all slots of the live item `index`; the count of all slots for one past the last.
    pub(super) fn live(&self, seq: DraftId, index: usize) -> Option<usize> {
        let slots = self.slots(seq);
        if self.get(seq).gone == 0 {
            return (index < slots.len()).then_some(index);
        }
        let mut seek = self.seek.borrow_mut();
        let (pos, count) = seek.entry(seq).or_default();
        while *count > index {
            *pos -= 1;
            *count -= usize::from(slots.get(*pos).is_some_and(Slot::is_live));
        }
        while let Some(slot) = slots.get(*pos) {
            if slot.is_live() && *count == index {
                return Some(*pos);
            }
            *count += usize::from(slot.is_live());
            *pos += 1;
        }
        None
    }

    pub(super) fn live_count(&self, seq: DraftId) -> usize {
        self.slots(seq).len() - self.get(seq).gone
    }

    /// The data of an element as they are after the operations.
    pub(super) fn value(&self, elem: Elem) -> Result<Value, YamlError> {
        let id = match elem {
            Elem::Old(id) => return self.tree.value(id),
            Elem::Draft(id) => id,
        };
        match &self.get(id).content {
            Content::Value(value) => Ok(value.clone()),
            _ if self.get(id).hollow => Ok(Value::Null),
            Content::Seq(slots) => {
                let live = slots.iter().filter(|s| s.is_live());
                live.map(|s| self.value(s.elem)).collect::<Result<_, _>>().map(Value::Array)
            }
            Content::Map(slots) => {
                let mut map = Map::new();
                for slot in slots.iter().filter(|s| s.is_live()) {
                    let value = self.value(slot.elem)?;
                    let name = match &slot.key {
                        Key::Old(key) if self.tree.is_merge(*key) => {
                            let Elem::Old(merge) = slot.elem else { continue };
                            for merged in self.tree.merged(merge)? {
                                if let Value::Object(brought) = self.tree.value(merged)? {
                                    map.extend(brought);
                                }
                            }
                            continue;
                        }
                        Key::Old(key) => self.tree.key(*key)?.into_owned(),
                        Key::New(key) => key.clone(),
                        Key::None => continue,
                    };
                    map.insert(name, value);
                }
                Ok(Value::Object(map))
            }
        }
    }

    /// Whether the data of an element are `value`.
    pub(super) fn equals(&self, elem: Elem, value: &Value) -> bool {
        match elem {
            Elem::Old(id) => self.tree.equals(id, value),
            Elem::Draft(_) => self.value(elem).is_ok_and(|v| same(&v, value)),
        }
    }

    /// Whether an operation has changed the data of `elem`.
    pub(super) fn changed(&self, elem: Elem) -> bool {
        let Elem::Draft(id) = elem else { return false };
        let node = self.get(id);
        match &node.content {
            Content::Value(_) => true,
            // One that took the place of other data may have been emptied since.
            Content::Seq(slots) | Content::Map(slots) if slots.is_empty() => {
                let is_same = |origin| self.value(elem).is_ok_and(|value| self.tree.equals(origin, &value));
                node.replaced && !node.origin.is_some_and(is_same)
            }
            Content::Seq(slots) | Content::Map(slots) => {
                slots.iter().any(|s| !matches!(s.state, State::Kept) || self.changed(s.elem))
            }
        }
    }
}

/// A kind of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Null,
    Scalar,
    Seq,
    Map,
}
