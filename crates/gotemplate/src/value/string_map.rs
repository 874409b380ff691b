//! The entries of a map whose keys are strings, sorted by key.

use std::collections::{BTreeMap, btree_map};

use super::{Str, Value};

/// The maximum number of entries in a list. Searching so few one by one is faster than a tree.
const MAX_LIST: usize = 16;

/// A map of strings to values, sorted by key.
#[derive(Clone)]
pub struct StringMap(Storage);

#[derive(Clone)]
enum Storage {
    List(Vec<(Str, Value)>),
    Tree(BTreeMap<Str, Value>),
}

impl StringMap {
    /// An empty map.
    pub fn new() -> Self {
        Self(Storage::List(Vec::new()))
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        match &self.0 {
            Storage::List(list) => list.len(),
            Storage::Tree(map) => map.len(),
        }
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a key.
    #[inline]
    pub fn get(&self, key: &[u8]) -> Option<&Value> {
        match &self.0 {
            // Most keys of a map differ in their length or first byte.
            Storage::List(list) => list
                .iter()
                .find(|(name, _)| name.len() == key.len() && name.first() == key.first() && name.as_bytes() == key)
                .map(|(_, value)| value),
            Storage::Tree(map) => map.get(key),
        }
    }

    /// Sets an entry and returns its previous value.
    pub fn insert(&mut self, key: Str, value: Value) -> Option<Value> {
        let list = match &mut self.0 {
            Storage::List(list) => list,
            Storage::Tree(map) => return map.insert(key, value),
        };
        match list.binary_search_by(|(name, _)| name.cmp(&key)) {
            Ok(at) => list.get_mut(at).map(|(_, there)| std::mem::replace(there, value)),
            Err(at) if list.len() < MAX_LIST => {
                list.insert(at, (key, value));
                None
            }
            Err(_) => {
                let mut map: BTreeMap<_, _> = std::mem::take(list).into_iter().collect();
                map.insert(key, value);
                self.0 = Storage::Tree(map);
                None
            }
        }
    }

    /// Removes an entry and returns its value.
    pub fn remove(&mut self, key: &[u8]) -> Option<Value> {
        match &mut self.0 {
            Storage::List(list) => {
                let at = list.binary_search_by(|(name, _)| name.as_bytes().cmp(key)).ok()?;
                Some(list.remove(at).1)
            }
            Storage::Tree(map) => map.remove(key),
        }
    }

    /// All entries, in order.
    pub fn iter(&self) -> StringMapIter<'_> {
        match &self.0 {
            Storage::List(list) => StringMapIter::List(list.iter()),
            Storage::Tree(map) => StringMapIter::Tree(map.iter()),
        }
    }

    /// All entries, in order, if they are in a list.
    pub(in super::super) fn as_list(&self) -> Option<&[(Str, Value)]> {
        match &self.0 {
            Storage::List(list) => Some(list),
            Storage::Tree(_) => None,
        }
    }

    pub(super) fn into_values(self) -> Box<dyn Iterator<Item = Value>> {
        match self.0 {
            Storage::List(list) => Box::new(list.into_iter().map(|(_, value)| value)),
            Storage::Tree(map) => Box::new(map.into_values()),
        }
    }
}

impl Default for StringMap {
    fn default() -> Self {
        Self::new()
    }
}

impl FromIterator<(Str, Value)> for StringMap {
    /// Of two entries with the same key, the later one counts.
    fn from_iter<T: IntoIterator<Item = (Str, Value)>>(entries: T) -> Self {
        let entries = entries.into_iter();
        if entries.size_hint().0 > MAX_LIST {
            let map: BTreeMap<_, _> = entries.collect();
            if map.len() > MAX_LIST {
                return Self(Storage::Tree(map));
            }
            return Self(Storage::List(map.into_iter().collect()));
        }
        let mut all = Self(Storage::List(Vec::with_capacity(entries.size_hint().0)));
        for (key, value) in entries {
            all.insert(key, value);
        }
        all
    }
}

impl<'t> IntoIterator for &'t StringMap {
    type Item = (&'t Str, &'t Value);
    type IntoIter = StringMapIter<'t>;

    fn into_iter(self) -> StringMapIter<'t> {
        self.iter()
    }
}

/// The entries of a [`StringMap`], in order.
pub enum StringMapIter<'t> {
    /// Of a list
    List(std::slice::Iter<'t, (Str, Value)>),
    /// Of a tree
    Tree(btree_map::Iter<'t, Str, Value>),
}

impl<'t> Iterator for StringMapIter<'t> {
    type Item = (&'t Str, &'t Value);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::List(list) => list.next().map(|(key, value)| (key, value)),
            Self::Tree(map) => map.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::List(list) => list.size_hint(),
            Self::Tree(map) => map.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_and_a_tree_are_the_same_map() {
        let mut map = StringMap::new();
        let mut model = BTreeMap::new();
        let mut number = 7_u64;
        for _ in 0..4000 {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (choice, of) = (number >> 60, 1 + (number >> 40) % 40);
            let key = Str::from("k".repeat(usize::try_from(of % 3).unwrap()) + &(of * 7).to_string());
            let value = |value: Option<Value>| value.map(|value| format!("{value:?}"));
            if choice < 9 {
                let new = Value::int(i64::try_from(of).unwrap());
                assert_eq!(value(map.insert(key.clone(), new.clone())), value(model.insert(key.clone(), new)));
            } else {
                assert_eq!(value(map.remove(&key)), value(model.remove(key.as_bytes())));
            }
            assert_eq!(value(map.get(&key).cloned()), value(model.get(key.as_bytes()).cloned()));
            assert_eq!((map.len(), map.is_empty()), (model.len(), model.is_empty()));
            assert!(map.iter().map(|(key, _)| key).eq(model.keys()));
            let again: StringMap = model.iter().rev().map(|(key, value)| (key.clone(), value.clone())).collect();
            assert!(again.iter().map(|(key, _)| key).eq(map.iter().map(|(key, _)| key)));
        }
    }
}
