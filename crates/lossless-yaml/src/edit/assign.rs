//! Replaces data by other data, and touches only what differs.

use serde_json::{Map, Value};

use super::Draft;
use super::nodes::{Content, DraftId, Elem, Found, Key, Shape, Slot, State};
use crate::error::YamlError;
use crate::tree::NodeId;

impl Draft<'_, '_> {
    /// Replaces the data of a slot by `value`, and touches only what differs.
    pub(super) fn replace(&mut self, parent: DraftId, slot: usize, value: Value) -> Result<(), YamlError> {
        let Some(elem) = self.nodes.slot(parent, slot).map(|s| s.elem) else { return Ok(()) };
        if self.nodes.equals(elem, &value) {
            self.keep_empty(elem);
            return Ok(());
        }
        let new = match (self.nodes.shape(elem), value) {
            (Shape::Map, Value::Object(map)) if !map.is_empty() && self.is_plain_map(elem) => {
                let opened = self.nodes.open(elem);
                self.replace_entries(opened, map)?;
                Elem::Draft(opened)
            }
            (Shape::Seq, Value::Array(items)) if !items.is_empty() && !self.is_empty(elem) => {
                let opened = self.nodes.open(elem);
                self.replace_items(opened, items)?;
                Elem::Draft(opened)
            }
            (_, value) => match elem {
                Elem::Draft(id) if self.nodes.get(id).origin.is_none() => {
                    let node = self.nodes.get_mut(id);
                    (node.content, node.gone) = (Content::Value(value), 0);
                    elem
                }
                _ => {
                    let origin = self.nodes.written_as(elem);
                    self.nodes.add_value(origin, value)
                }
            },
        };
        self.nodes.set_elem(parent, slot, new);
        Ok(())
    }

    /// Keeps a collection that operations have emptied: now it is set to be empty.
    fn keep_empty(&mut self, elem: Elem) {
        let Elem::Draft(id) = elem else { return };
        if self.nodes.get(id).gone > 0 && self.nodes.live_count(id) == 0 {
            self.nodes.get_mut(id).keeps_empty = true;
        }
    }

    /// Whether `elem` is a mapping that is not empty and has no merge key.
    fn is_plain_map(&self, elem: Elem) -> bool {
        let merges = |key: &NodeId| self.nodes.tree.is_merge(*key);
        match elem {
            Elem::Old(id) => {
                let mut entries = self.nodes.tree.entries(id).peekable();
                entries.peek().is_some() && entries.all(|(k, _)| !merges(&k))
            }
            Elem::Draft(id) => match &self.nodes.get(id).content {
                Content::Map(slots) => {
                    slots.iter().any(Slot::is_live) && !slots.iter().any(|s| matches!(&s.key, Key::Old(k) if merges(k)))
                }
                Content::Value(Value::Object(map)) => !map.is_empty(),
                _ => false,
            },
        }
    }

    fn is_empty(&self, elem: Elem) -> bool {
        match elem {
            Elem::Old(id) => self.nodes.tree.items(id).next().is_none(),
            Elem::Draft(id) => match &self.nodes.get(id).content {
                Content::Value(Value::Array(items)) => items.is_empty(),
                _ => self.nodes.live_count(id) == 0,
            },
        }
    }

    /// Replaces a mapping key by key. New keys take the place of the first one that is removed.
    fn replace_entries(&mut self, map: DraftId, new: Map<String, Value>) -> Result<(), YamlError> {
        let mut gone = None;
        for index in (0..self.nodes.slots(map).len()).rev() {
            let Some(slot) = self.nodes.slot(map, index) else { continue };
            if slot.is_live() && !new.contains_key(&self.nodes.key_of(slot)) {
                let stays = slot.is_old();
                self.take(map, index, State::Removed);
                // New text leaves no slot: the slots behind it move up.
                gone = if stays { Some(index) } else { gone.map(|g: usize| g - 1) };
            }
        }
        for (key, value) in new {
            if let Found::Slot(slot) = self.nodes.find(map, &key)? {
                self.replace(map, slot, value)?;
            } else {
                let elem = self.nodes.add_value(None, value);
                let added = self.add_key(map, &key, elem, None);
                let Some(place) = gone else { continue };
                let Some(slots) = self.nodes.slots_mut(map) else { continue };
                let mut slot = slots.remove(added);
                if let State::New(style) = &mut slot.state {
                    (style.in_place, style.last) = (true, false);
                }
                slots.insert(place + 1, slot);
                gone = Some(place + 1);
            }
        }
        Ok(())
    }

    /// Keeps equal items at the start and the end of a list, and replaces those between item by item.
    fn replace_items(&mut self, seq: DraftId, new: Vec<Value>) -> Result<(), YamlError> {
        let old: Vec<Elem> = self.nodes.slots(seq).iter().filter(|s| s.is_live()).map(|s| s.elem).collect();
        let alike = |pair: &(&Elem, &Value)| self.nodes.equals(*pair.0, pair.1);
        let start = old.iter().zip(&new).take_while(alike).count();
        let most = old.len().min(new.len()) - start;
        let end = old.iter().rev().zip(new.iter().rev()).take(most).take_while(alike).count();
        let (old_middle, new_middle) = (old.len() - start - end, new.len() - start - end);
        let mut new = new.into_iter().skip(start).take(new_middle);
        for (i, value) in new.by_ref().take(old_middle).enumerate() {
            if let Some(slot) = self.nodes.live(seq, start + i) {
                self.replace(seq, slot, value)?;
            }
        }
        if new_middle > old_middle {
            self.put_items(seq, start + old_middle, new);
        }
        for _ in new_middle..old_middle {
            if let Some(slot) = self.nodes.live(seq, start + new_middle) {
                self.take(seq, slot, State::Removed);
            }
        }
        Ok(())
    }
}
