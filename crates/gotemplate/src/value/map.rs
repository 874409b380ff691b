//! Maps: shared, sorted by key, and the only values that can change.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::super::error::FunctionError;
use super::super::limits::Budget;
use super::{Str, StringMap, Type, Value, go_order};

/// A map. Clones are the same map.
#[derive(Clone)]
pub struct Map(pub(super) Arc<MapData>);

pub(super) struct MapData {
    key: Type,
    element: Type,
    nil: bool,
    /// The entries that it was created with.
    pub(super) first: Arc<Entries>,
    /// Whether it has changed since.
    changed: AtomicBool,
    /// The entries after the first change. Reading them takes a lock; an unchanged map needs none.
    pub(super) later: RwLock<Option<Arc<Entries>>>,
}

/// The entries of a map, sorted by key as in Go's output and loops.
#[derive(Clone)]
pub enum Entries {
    /// Of a map whose keys are strings or have a named string type
    Text(StringMap),
    /// Of any other map
    Other(BTreeMap<Key, Value>),
}

/// A key that is not a string.
#[derive(Clone)]
pub struct Key(pub Value);

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        go_order(&self.0, &other.0)
    }
}

impl Entries {
    /// The number of entries.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(entries) => entries.len(),
            Self::Other(entries) => entries.len(),
        }
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a string key.
    #[inline]
    pub fn get(&self, key: &[u8]) -> Option<&Value> {
        match self {
            Self::Text(entries) => entries.get(key),
            Self::Other(entries) => entries.get(&Key(Value::string(key))),
        }
    }

    /// The values, in the order of their keys.
    pub fn values(&self) -> Box<dyn Iterator<Item = &Value> + '_> {
        match self {
            Self::Text(entries) => Box::new(entries.iter().map(|(_, value)| value)),
            Self::Other(entries) => Box::new(entries.values()),
        }
    }

    /// The entries, if the keys are strings. Another map has none here.
    pub fn text(&self) -> impl Iterator<Item = (&Str, &Value)> {
        match self {
            Self::Text(entries) => Some(entries),
            Self::Other(_) => None,
        }
        .into_iter()
        .flatten()
    }

    pub(super) fn take(&mut self) -> Box<dyn Iterator<Item = Value>> {
        match self {
            Self::Text(entries) => Box::new(std::mem::take(entries).into_values()),
            Self::Other(entries) => Box::new(std::mem::take(entries).into_values()),
        }
    }
}

impl Map {
    /// An empty map.
    pub fn new(key: Type, element: Type) -> Self {
        Self::make(key, element, false)
    }

    /// A nil map, which can be read but not written.
    pub fn nil(key: Type, element: Type) -> Self {
        Self::make(key, element, true)
    }

    fn make(key: Type, element: Type, nil: bool) -> Self {
        let entries = if matches!(key.underlying(), Type::String) {
            Entries::Text(StringMap::new())
        } else {
            Entries::Other(BTreeMap::new())
        };
        Self::from_entries(key, element, nil, entries)
    }

    fn from_entries(key: Type, element: Type, nil: bool, entries: Entries) -> Self {
        let (first, changed, later) = (Arc::new(entries), AtomicBool::new(false), RwLock::new(None));
        Self(Arc::new(MapData { key, element, nil, first, changed, later }))
    }

    /// A `map[string]element` with these entries.
    pub fn of(element: Type, entries: impl IntoIterator<Item = (Str, Value)>) -> Self {
        let entries = Entries::Text(entries.into_iter().collect());
        Self::from_entries(Type::String, element, false, entries)
    }

    /// A map of any type with these entries.
    pub fn with(key: Type, element: Type, entries: impl IntoIterator<Item = (Value, Value)>) -> Self {
        let entries = if matches!(key.underlying(), Type::String) {
            Entries::Text(entries.into_iter().filter_map(|(k, v)| Some((k.as_string()?.clone(), v))).collect())
        } else {
            Entries::Other(entries.into_iter().map(|(k, v)| (Key(k), v)).collect())
        };
        Self::from_entries(key, element, false, entries)
    }

    /// A `map[string]interface {}` with these entries.
    pub fn of_any(entries: impl IntoIterator<Item = (Str, Value)>) -> Self {
        Self::of(Type::Any, entries)
    }

    /// The type of its keys.
    pub fn key_type(&self) -> &Type {
        &self.0.key
    }

    /// The type of its values.
    pub fn element(&self) -> &Type {
        &self.0.element
    }

    /// The type.
    pub fn ty(&self) -> Type {
        Type::map(self.0.key.clone(), self.0.element.clone())
    }

    /// Whether it is nil, which a [`Value::Map`] never is.
    pub fn is_nil(&self) -> bool {
        self.0.nil
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.read(Entries::len)
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn is_changed(&self) -> bool {
        self.0.changed.load(Ordering::Acquire)
    }

    fn read<T>(&self, job: impl FnOnce(&Entries) -> T) -> T {
        if self.is_changed() {
            job(self.0.later.read().unwrap_or_else(PoisonError::into_inner).as_ref().unwrap_or(&self.0.first))
        } else {
            job(&self.0.first)
        }
    }

    fn change<T>(&self, job: impl FnOnce(&mut Entries) -> T) -> T {
        let mut later = self.0.later.write().unwrap_or_else(PoisonError::into_inner);
        // The first change copies the entries, and so does a change while they are iterated.
        let result = job(Arc::make_mut(later.get_or_insert_with(|| Arc::clone(&self.0.first))));
        self.0.changed.store(true, Ordering::Release);
        result
    }

    /// The value of a string key.
    pub fn get(&self, key: &[u8]) -> Option<Value> {
        self.read(|entries| entries.get(key).cloned())
    }

    /// The entries, without a lock, if the map has never changed.
    #[inline]
    pub(in super::super) fn unchanged(&self) -> Option<&Entries> {
        if self.is_changed() { None } else { Some(&self.0.first) }
    }

    /// The value of a key of any type.
    pub fn get_key(&self, key: &Value) -> Option<Value> {
        if let Some(text) = key.as_string().filter(|_| matches!(self.0.key.underlying(), Type::String)) {
            return self.get(text);
        }
        self.read(|entries| match entries {
            Entries::Text(_) => None,
            Entries::Other(entries) => entries.get(&Key(key.clone())).cloned(),
        })
    }

    /// A snapshot of the entries.
    pub fn entries(&self) -> Arc<Entries> {
        if self.is_changed() {
            let later = self.0.later.read().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(later.as_ref().unwrap_or(&self.0.first))
        } else {
            Arc::clone(&self.0.first)
        }
    }

    /// A string key as a value of the key type.
    pub fn key_value(&self, text: &Str) -> Value {
        match &self.0.key {
            Type::Named(named) => Value::named(named, Value::String(text.clone())),
            _ => Value::String(text.clone()),
        }
    }

    /// Sets an entry. Fails with Go's error for a nil map, and for a value that contains this map.
    pub fn insert(&self, budget: &mut Budget, key: Str, value: Value) -> Result<(), FunctionError> {
        if self.0.nil {
            return Err("assignment to entry in nil map".into());
        }
        if value.is_container() && self.is_inside(&value, budget)? {
            return Err("a map cannot hold itself".into());
        }
        budget.step(1)?;
        self.change(|entries| match entries {
            Entries::Text(entries) => entries.insert(key, value),
            Entries::Other(entries) => entries.insert(Key(Value::String(key)), value),
        });
        Ok(())
    }

    /// Removes an entry and returns its value.
    pub fn remove(&self, key: &[u8]) -> Option<Value> {
        self.change(|entries| match entries {
            Entries::Text(entries) => entries.remove(key),
            Entries::Other(entries) => entries.remove(&Key(Value::string(key))),
        })
    }

    /// Whether both are the same map.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// A number that distinguishes it from other maps while it exists.
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Whether `value` is this map or contains it.
    fn is_inside(&self, value: &Value, budget: &mut Budget) -> Result<bool, FunctionError> {
        let mut seen = HashSet::new();
        let mut todo = vec![value.clone()];
        while let Some(value) = todo.pop() {
            budget.step(1)?;
            let address = match &value {
                Value::Map(map) if self.is_same(map) => return Ok(true),
                Value::Map(map) => map.address(),
                Value::List(list) => list.address(),
                Value::Struct(of) => Arc::as_ptr(&of.0).addr(),
                Value::Pointer(pointer) => pointer.address(),
                Value::Named(of) => Arc::as_ptr(&of.0).addr(),
                _ => continue,
            };
            if !seen.insert(address) {
                continue;
            }
            match &value {
                Value::Map(map) => {
                    let entries = map.entries();
                    budget.touch(entries.len())?;
                    todo.extend(entries.values().filter(|v| v.is_container()).cloned());
                }
                Value::List(list) => {
                    budget.touch(list.0.buffer.len())?;
                    todo.extend(list.0.buffer.iter().filter(|v| v.is_container()).cloned());
                }
                Value::Struct(of) => todo.extend(of.values().iter().filter(|v| v.is_container()).cloned()),
                Value::Pointer(pointer) => todo.push(pointer.target().clone()),
                Value::Named(of) => todo.push(of.value().clone()),
                _ => {}
            }
        }
        Ok(false)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        if map.0.nil { Self::Null(map.ty()) } else { Self::Map(map) }
    }
}
