//! The edited document before it is written: the tree, with the nodes that operations have changed.
//!
//! Only nodes on the path of an operation are opened; everything else remains a reference into the tree.

mod data;
mod lookup;

pub(super) use data::Shape;
pub(super) use lookup::Found;

use std::cell::RefCell;
use std::collections::HashMap;

use serde_json::Value;

use super::look::NewStyle;
use crate::tree::{NodeId, Tree};

/// A node of the draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::edit) struct DraftId(usize);

/// A node of the edited document: as it is in the tree, or opened by an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::edit) enum Elem {
    Old(NodeId),
    Draft(DraftId),
}

#[derive(Debug)]
pub(in crate::edit) struct DraftNode {
    /// The node whose text this one keeps, or whose place it takes.
    pub origin: Option<NodeId>,
    /// Set if the text is a copy: `origin` stays as it is elsewhere.
    pub copy: Option<Copy>,
    pub content: Content,
    /// Whether `content` is all new: no text of `origin` is kept.
    pub replaced: bool,
    /// Whether all entries were removed and a comment keeps the key: it gets no value.
    pub is_bare: bool,
    /// Whether it was set to be empty, and is kept.
    pub keeps_empty: bool,
    /// How many items or keys were removed or moved away.
    pub gone: usize,
}

impl DraftNode {
    /// New data in the place of `origin`.
    pub(in crate::edit) fn new(origin: Option<NodeId>, content: Content) -> Self {
        Self { origin, copy: None, content, replaced: true, is_bare: false, keeps_empty: false, gone: 0 }
    }

    /// The slots of a collection; none of a value.
    pub(in crate::edit) fn slots(&self) -> &[Slot] {
        match &self.content {
            Content::Seq(slots) | Content::Map(slots) => slots,
            Content::Value(_) => &[],
        }
    }

    /// The slots of a collection; `None` of a value.
    pub(in crate::edit) fn slots_mut(&mut self) -> Option<&mut Vec<Slot>> {
        match &mut self.content {
            Content::Seq(slots) | Content::Map(slots) => Some(slots),
            Content::Value(_) => None,
        }
    }

    fn slot_mut(&mut self, index: usize) -> Option<&mut Slot> {
        let slot = self.slots_mut().and_then(|slots| slots.get_mut(index));
        debug_assert!(slot.is_some(), "slots are looked up before they are changed");
        slot
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::edit) enum Copy {
    OfAlias(NodeId),
    OfMerged,
}

#[derive(Debug)]
pub(in crate::edit) enum Content {
    /// New data, in the place of `origin` if there is one.
    Value(Value),
    /// A list or mapping: of `origin` with changes, or a new one.
    Seq(Vec<Slot>),
    Map(Vec<Slot>),
}

/// An item of a list or an entry of a mapping. Removed ones stay as marks, so that new text finds its place.
#[derive(Debug)]
pub(in crate::edit) struct Slot {
    pub key: Key,
    pub elem: Elem,
    pub state: State,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::edit) enum Key {
    /// For an item of a list.
    None,
    Old(NodeId),
    New(String),
}

#[derive(Debug)]
pub(in crate::edit) enum State {
    Kept,
    Removed,
    /// Moved to another place, with the comments that belong to it.
    MovedAway,
    /// New text.
    New(Box<NewStyle>),
    /// Text from another place of the document.
    Moved(Box<NewStyle>),
}

impl Slot {
    pub(in crate::edit) fn is_live(&self) -> bool {
        !matches!(self.state, State::Removed | State::MovedAway)
    }

    /// Records that its text comes from another place of the document.
    pub(in crate::edit) fn mark_moved(&mut self) {
        if let State::New(style) = &mut self.state {
            self.state = State::Moved(std::mem::take(style));
        }
    }

    /// Whether the slot is where the tree has it.
    pub(in crate::edit) fn is_old(&self) -> bool {
        !matches!(self.state, State::New(_) | State::Moved(_))
    }
}

/// The nodes that operations have opened.
#[derive(Debug)]
pub(in crate::edit) struct Nodes<'t, 'a> {
    pub tree: &'t Tree<'a>,
    opened: Vec<DraftNode>,
    pub root: Option<Elem>,
    /// By list: a position among all slots, and how many live ones precede it. Items are mostly looked up in order.
    seek: RefCell<HashMap<DraftId, (usize, usize)>>,
    /// By large mapping: the positions of its keys; `None` if it has duplicates or a merge key.
    keys: RefCell<HashMap<DraftId, Option<HashMap<String, usize>>>>,
    /// Whether the last of several equal keys on a path is used. If not, they are an error.
    pub last_key_counts: bool,
}

impl<'t, 'a> Nodes<'t, 'a> {
    pub(in crate::edit) fn new(tree: &'t Tree<'a>) -> Self {
        let root = tree.root().map(Elem::Old);
        let (seek, keys) = (RefCell::default(), RefCell::default());
        Self { tree, opened: Vec::new(), root, seek, keys, last_key_counts: false }
    }

    #[allow(clippy::indexing_slicing, reason = "only `add` makes ids, and nodes are never removed")]
    pub(in crate::edit) fn get(&self, id: DraftId) -> &DraftNode {
        &self.opened[id.0]
    }

    /// The node, to be changed. Drops what is cached about its slots.
    pub(in crate::edit) fn get_mut(&mut self, id: DraftId) -> &mut DraftNode {
        // Mostly nothing is cached, and checking that is cheaper than hashing.
        if !self.seek.get_mut().is_empty() {
            self.seek.get_mut().remove(&id);
        }
        if !self.keys.get_mut().is_empty() {
            self.keys.get_mut().remove(&id);
        }
        self.at(id)
    }

    #[allow(clippy::indexing_slicing, reason = "only `add` makes ids, and nodes are never removed")]
    fn at(&mut self, id: DraftId) -> &mut DraftNode {
        &mut self.opened[id.0]
    }

    pub(in crate::edit) fn is_empty(&self) -> bool {
        self.opened.is_empty()
    }

    pub(in crate::edit) fn add(&mut self, node: DraftNode) -> DraftId {
        self.opened.push(node);
        DraftId(self.opened.len() - 1)
    }

    /// New data, in the place of `origin`.
    pub(in crate::edit) fn add_value(&mut self, origin: Option<NodeId>, value: Value) -> Elem {
        Elem::Draft(self.add(DraftNode::new(origin, Content::Value(value))))
    }

    /// The slots of an opened collection; none of any other node.
    pub(in crate::edit) fn slots(&self, id: DraftId) -> &[Slot] {
        self.get(id).slots()
    }

    pub(in crate::edit) fn slots_mut(&mut self, id: DraftId) -> Option<&mut Vec<Slot>> {
        self.get_mut(id).slots_mut()
    }

    /// The node whose text an element has, or whose place it takes.
    pub(in crate::edit) fn origin(&self, elem: Elem) -> Option<NodeId> {
        match elem {
            Elem::Old(id) => Some(id),
            Elem::Draft(id) => self.get(id).origin,
        }
    }

    /// The node that is written where an element is, or was before it moved: for a copy, the alias.
    pub(in crate::edit) fn written_as(&self, elem: Elem) -> Option<NodeId> {
        match elem {
            Elem::Old(id) => Some(id),
            Elem::Draft(id) => match self.get(id).copy {
                Some(Copy::OfAlias(alias)) => Some(alias),
                Some(Copy::OfMerged) => None,
                None => self.get(id).origin,
            },
        }
    }

    /// Replaces the element of a slot.
    pub(in crate::edit) fn set_elem(&mut self, id: DraftId, index: usize, elem: Elem) {
        if let Some(slot) = self.at(id).slot_mut(index) {
            slot.elem = elem;
        }
    }

    /// Takes a slot of the tree out. It stays behind in this state.
    pub(in crate::edit) fn set_gone(&mut self, id: DraftId, index: usize, state: State) {
        let node = self.at(id);
        if let Some(slot) = node.slot_mut(index) {
            slot.state = state;
            node.gone += 1;
        }
        if self.seek.get_mut().get(&id).is_some_and(|&(pos, _)| index < pos) {
            self.seek.get_mut().remove(&id);
        }
    }

    /// Removes an item that was moved before: it leaves its old place like any removed item, and the comments above it
    /// stay.
    pub(in crate::edit) fn remove_moved(&mut self, moved: Elem) {
        let moved = self.origin(moved);
        let is_it = |s: &Slot| matches!(s.state, State::MovedAway) && self.origin(s.elem) == moved;
        let left = self.opened.iter().position(|node| node.slots().iter().any(is_it));
        let left = left.and_then(|id| Some((id, self.opened.get(id)?.slots().iter().position(is_it)?)));
        debug_assert!(left.is_some(), "an item that moved left its slot behind");
        if let Some((id, index)) = left
            && let Some(slot) = self.at(DraftId(id)).slot_mut(index)
        {
            slot.state = State::Removed;
        }
    }

    pub(in crate::edit) fn slot(&self, id: DraftId, index: usize) -> Option<&Slot> {
        self.slots(id).get(index)
    }

    /// Opens `elem`, so that its children can change.
    pub(in crate::edit) fn open(&mut self, elem: Elem) -> DraftId {
        match elem {
            Elem::Old(id) => {
                let target = self.tree.resolve_alias(id);
                let content = self.slots_of(target);
                // An empty collection has no text to keep.
                let replaced = matches!(&content, Content::Seq(slots) | Content::Map(slots) if slots.is_empty());
                let copy = (target != id && !replaced).then_some(Copy::OfAlias(id));
                let origin = Some(if replaced { id } else { target });
                self.add(DraftNode { copy, replaced, ..DraftNode::new(origin, content) })
            }
            Elem::Draft(id) => {
                // A collection that is open keeps what is cached about it.
                let Content::Value(_) = self.get(id).content else { return id };
                let Content::Value(value) = &mut self.get_mut(id).content else { return id };
                let value = std::mem::take(value);
                let content = self.slots_of_value(value);
                self.get_mut(id).content = content;
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
}
