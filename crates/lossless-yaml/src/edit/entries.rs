//! Adds entries to opened lists and mappings, and takes them out.

use serde_json::Value;

use super::Draft;
use super::look::{NewStyle, is_flat};
use super::nodes::{DraftId, Elem, Found, Key, Slot, State};
use super::style::{NewEntries, NewItems};
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

    /// Moves an element into a list, before the live item `index`.
    pub(super) fn put_moved(
        &mut self,
        seq: DraftId,
        index: usize,
        elem: Elem,
        flat: bool,
        state: impl FnOnce(Box<NewStyle>) -> State,
    ) {
        let at = self.place_of_item(seq, index);
        let mut styles = NewItems::new(&self.nodes, &self.style, self.nodes.slots(seq), at);
        let state = state(Box::new(styles.next(None, flat)));
        if let Some(slots) = self.nodes.slots_mut(seq) {
            slots.insert(at, Slot { key: Key::None, elem, state });
        }
    }

    /// Adds new items to a list, before the live item `index`.
    pub(super) fn put_items(&mut self, seq: DraftId, index: usize, values: impl IntoIterator<Item = Value>) {
        let at = self.place_of_item(seq, index);
        let mut styles = NewItems::new(&self.nodes, &self.style, self.nodes.slots(seq), at);
        let new: Vec<Slot> = values
            .into_iter()
            .map(|value| {
                let state = State::New(Box::new(styles.next(Some(&value), is_flat(&value))));
                Slot { key: Key::None, elem: self.nodes.add_value(None, value), state }
            })
            .collect();
        if let Some(slots) = self.nodes.slots_mut(seq) {
            slots.splice(at..at, new);
        }
    }

    /// Where new items before the live item `index` go, among all slots: directly behind the previous live item, whatever
    /// becomes of the ones that follow.
    fn place_of_item(&self, seq: DraftId, index: usize) -> usize {
        let slots = self.nodes.slots(seq);
        match index.checked_sub(1) {
            Some(before) => self.nodes.live(seq, before).map_or(slots.len(), |i| i + 1),
            None if self.nodes.live_count(seq) == 0 => slots.len(),
            None => 0,
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
        let mut new = self.new_entries(map).next(None);
        new.last = named.is_none();
        if let Some(slots) = self.nodes.slots_mut(map) {
            slots.insert(at, Slot { key: Key::New(key.to_owned()), elem, state: State::New(Box::new(new)) });
        }
        at
    }

    /// Adds new keys to an opened mapping that has none of them, as its last ones.
    pub(super) fn add_keys(&mut self, map: DraftId, entries: Vec<(&str, Value)>) {
        if entries.is_empty() {
            return;
        }
        let mut styles = self.new_entries(map);
        let new: Vec<Slot> = entries
            .into_iter()
            .map(|(key, value)| {
                let style = NewStyle { last: true, ..styles.next(Some(&value)) };
                let elem = self.nodes.add_value(None, value);
                Slot { key: Key::New(key.to_owned()), elem, state: State::New(Box::new(style)) }
            })
            .collect();
        if let Some(slots) = self.nodes.slots_mut(map) {
            slots.extend(new);
        }
    }

    fn new_entries(&self, map: DraftId) -> NewEntries {
        let origin = self.nodes.get(map).origin.filter(|_| !self.nodes.get(map).replaced);
        NewEntries::new(&self.nodes, &self.style, self.nodes.slots(map), origin)
    }
}
