//! The data of a draft after the operations so far.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Content, Elem, Key, Nodes, Slot, State};
use crate::error::YamlError;
use crate::resolve::same;

/// The type of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::edit) enum Shape {
    Null,
    Scalar,
    Seq,
    Map,
}

impl Nodes<'_, '_> {
    /// The key of a slot as a string, empty for an item.
    pub(in crate::edit) fn key_of(&self, slot: &Slot) -> String {
        match &slot.key {
            Key::Old(key) => self.tree.key(*key).map_or_else(|_| String::new(), Cow::into_owned),
            Key::New(key) => key.clone(),
            Key::None => String::new(),
        }
    }

    /// The type of an element's data.
    pub(in crate::edit) fn shape(&self, elem: Elem) -> Shape {
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

    /// The data of an element after the operations so far.
    pub(in crate::edit) fn value(&self, elem: Elem) -> Result<Value, YamlError> {
        let id = match elem {
            Elem::Old(id) => return self.tree.value(id),
            Elem::Draft(id) => id,
        };
        match &self.get(id).content {
            Content::Value(value) => Ok(value.clone()),
            _ if self.get(id).is_bare => Ok(Value::Null),
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

    /// Whether an element has the data `value`.
    pub(in crate::edit) fn equals(&self, elem: Elem, value: &Value) -> bool {
        match elem {
            Elem::Old(id) => self.tree.equals(id, value),
            Elem::Draft(_) => self.value(elem).is_ok_and(|v| same(&v, value)),
        }
    }

    /// Whether an operation has changed the data of `elem`.
    pub(in crate::edit) fn changed(&self, elem: Elem) -> bool {
        let Elem::Draft(id) = elem else { return false };
        let node = self.get(id);
        match &node.content {
            Content::Value(_) => true,
            // A new collection may have been emptied again.
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
