//! Values nested without end are dropped without recursion: what is inside moves onto a list of what is left to drop.

use std::sync::{Arc, PoisonError};

use super::list::ListData;
use super::map::MapData;
use super::{NamedData, PointerData, StructData, Value};

fn drain(mut todo: Vec<Value>) {
    while let Some(value) = todo.pop() {
        match value {
            Value::List(list) => {
                if let Some(mut data) = Arc::into_inner(list.0) {
                    data.give(&mut todo);
                }
            }
            Value::Map(map) => {
                if let Some(mut data) = Arc::into_inner(map.0) {
                    data.give(&mut todo);
                }
            }
            Value::Struct(of) => {
                if let Some(mut data) = Arc::into_inner(of.0) {
                    data.give(&mut todo);
                }
            }
            Value::Pointer(pointer) => {
                if let Some(mut data) = Arc::into_inner(pointer.0) {
                    data.give(&mut todo);
                }
            }
            Value::Named(named) => {
                if let Some(mut data) = Arc::into_inner(named.0) {
                    data.give(&mut todo);
                }
            }
            _ => {}
        }
    }
}

fn give(value: &mut Value, todo: &mut Vec<Value>) {
    if value.is_container() {
        todo.push(std::mem::take(value));
    }
}

impl ListData {
    fn give(&mut self, todo: &mut Vec<Value>) {
        if let Some(values) = Arc::get_mut(&mut self.buffer) {
            for value in values {
                give(value, todo);
            }
        }
    }
}

impl MapData {
    fn give(&mut self, todo: &mut Vec<Value>) {
        let later = self.later.get_mut().unwrap_or_else(PoisonError::into_inner);
        // A map that was changed once may share its entries with what it was before.
        for entries in [later.as_mut(), Some(&mut self.first)].into_iter().flatten() {
            if let Some(entries) = Arc::get_mut(entries)
                && entries.values().any(Value::is_container)
            {
                todo.extend(entries.take());
            }
        }
    }
}

impl StructData {
    fn give(&mut self, todo: &mut Vec<Value>) {
        for value in &mut self.fields {
            give(value, todo);
        }
    }
}

impl PointerData {
    fn give(&mut self, todo: &mut Vec<Value>) {
        give(&mut self.to, todo);
    }
}

impl NamedData {
    fn give(&mut self, todo: &mut Vec<Value>) {
        give(&mut self.value, todo);
    }
}

/// Drops what is inside without recursion.
macro_rules! drop_flat {
    ($($data:ty),*) => {$(
        impl Drop for $data {
            fn drop(&mut self) {
                let mut todo = Vec::new();
                self.give(&mut todo);
                if !todo.is_empty() {
                    drain(todo);
                }
            }
        }
    )*};
}

drop_flat!(ListData, MapData, StructData, PointerData, NamedData);
