//! Finds keys and items among the slots of an opened list or mapping.

use std::collections::HashMap;

use super::{Content, DraftId, Elem, Key, Nodes, Slot};
use crate::error::YamlError;
use crate::path::Step;
use crate::tree::NodeId;

/// Mappings with so many keys have them indexed.
const LARGE: usize = 64;

/// The result of looking up a key.
#[derive(Clone, Copy)]
pub(in crate::edit) enum Found {
    /// A live slot, by its position among all slots.
    Slot(usize),
    /// A value that a merge key adds.
    Merged(NodeId),
    Nothing,
}

impl Nodes<'_, '_> {
    /// Looks up `name` in an opened mapping.
    pub(in crate::edit) fn find(&self, map: DraftId, name: &str) -> Result<Found, YamlError> {
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
                        // A merge key overrides the keys before it.
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
    pub(in crate::edit) fn find_own(&self, map: DraftId, name: &str) -> Option<usize> {
        let is_own = |slot: &Slot| match &slot.key {
            Key::Old(key) => self.tree.is_key(*key, name),
            Key::New(key) => key == name,
            Key::None => false,
        };
        self.slots(map).iter().position(|slot| slot.is_live() && is_own(slot))
    }

    /// Whether a merge key of an opened mapping adds the key `name`, overridden or not.
    pub(in crate::edit) fn is_merged(&self, map: DraftId, name: &str) -> Result<bool, YamlError> {
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

    /// Whether an opened mapping is known to have no merge key and no duplicate keys.
    pub(in crate::edit) fn has_plain_keys(&self, map: DraftId) -> bool {
        self.keys.borrow().get(&map).is_some_and(Option::is_some)
    }

    /// Whether removing a slot would reveal another value of its key: of a duplicate, or from a merge key.
    pub(in crate::edit) fn hides_another(&self, map: DraftId, index: usize) -> bool {
        let Some(name) = self.slot(map, index).map(|slot| self.key_of(slot)) else { return false };
        self.find_own(map, &name).is_some_and(|own| own != index) || self.is_merged(map, &name).unwrap_or(true)
    }

    /// The positions of the live keys of a mapping; `None` if it has duplicates or a merge key.
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

    /// The element one step below `elem`. Opens nothing of the tree.
    pub(in crate::edit) fn peek(&mut self, elem: Elem, step: &Step<'_>) -> Result<Option<Elem>, YamlError> {
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

    /// The position of the live item `index` among all slots.
    pub(in crate::edit) fn live(&self, seq: DraftId, index: usize) -> Option<usize> {
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

    pub(in crate::edit) fn live_count(&self, seq: DraftId) -> usize {
        self.slots(seq).len() - self.get(seq).gone
    }
}
