//! Adds entries to opened lists and mappings, and takes them out.

use super::Draft;
use super::look::NewStyle;
use super::nodes::{DraftId, Elem, Found, Key, Slot, State};
use super::style;
use crate::parts;

impl Draft<'_, '_> {
    /// Takes a slot out. Old text leaves its slot behind, so that its neighbours keep their places; new text leaves nothing.
    pub(super) fn take(&mut self, parent: DraftId, slot: usize, state: State) {
        if self.nodes.slot(parent, slot).is_some_and(Slot::is_old) {
            self.nodes.set_gone(parent, slot, state);
        } else if let Some(slots) = self.nodes.slots_mut(parent) {
            let taken = slots.remove(slot);
            let is_item = matches!(taken.key, Key::None);
            if is_item && matches!((taken.state, state), (State::Moved(_), State::Removed)) {
                self.nodes.remove_moved(taken.elem);
            }
        }
    }

    pub(super) fn put_item(
        &mut self,
        seq: DraftId,
        index: usize,
        elem: Elem,
        flat: bool,
        state: impl FnOnce(Box<NewStyle>) -> State,
    ) {
        let slots = self.nodes.slots(seq);
        // Directly behind the previous live item, whatever becomes of the ones that follow.
        let at = match index.checked_sub(1) {
            Some(before) => self.nodes.live(seq, before).map_or(slots.len(), |i| i + 1),
            None if self.nodes.live_count(seq) == 0 => slots.len(),
            None => 0,
        };
        let mut new = style::new_item(&self.nodes, &self.style, slots, at, flat);
        new.last = parts::from(slots, at).iter().all(|s| !s.is_live());
        if let Some(slots) = self.nodes.slots_mut(seq) {
            slots.insert(at, Slot { key: Key::None, elem, state: state(Box::new(new)) });
        }
    }

    /// Adds a key and returns its slot. `found` is the result of looking it up: a key that overrides a merge key goes behind
    /// that, and replaces an own key that the merge key overrides.
    pub(super) fn put_key(&mut self, map: DraftId, key: &str, elem: Elem, found: Found, before: Option<&str>) -> usize {
        let Found::Merged(_) = found else { return self.add_key(map, key, elem, before) };
        if let Some(slot) = self.nodes.find_own(map, key) {
            self.take(map, slot, State::Removed);
        }
        self.add_key(map, key, elem, None)
    }

    /// Adds a key to an opened mapping and returns its slot.
    pub(super) fn add_key(&mut self, map: DraftId, key: &str, elem: Elem, before: Option<&str>) -> usize {
        let slots = self.nodes.slots(map);
        let named = before.and_then(|name| match self.nodes.find(map, name) {
            Ok(Found::Slot(slot)) => Some(slot),
            _ => None,
        });
        let at = match named {
            // Directly behind the last live entry before the named key.
            Some(named) => {
                let earlier = parts::before(slots, named);
                earlier.iter().rposition(Slot::is_live).map_or(0, |i| i + 1)
            }
            None => slots.len(),
        };
        let origin = self.nodes.get(map).origin.filter(|_| !self.nodes.get(map).replaced);
        let mut new = style::new_entry(&self.nodes, &self.style, slots, origin);
        new.last = named.is_none();
        new.beside_merge = slots.iter().any(|s| matches!(s.key, Key::Old(key) if self.nodes.tree.is_merge(key)));
        if let Some(slots) = self.nodes.slots_mut(map) {
            slots.insert(at, Slot { key: Key::New(key.to_owned()), elem, state: State::New(Box::new(new)) });
        }
        at
    }
}
