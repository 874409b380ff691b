//! Drops nested values without recursion, so that deep ones do not overflow the stack.

use std::sync::{Arc, PoisonError};

use super::list::ListData;
use super::map::MapData;
use super::{NamedData, PointerData, StructData, Value};

fn drop_all(mut todo: Vec<Value>) {
    while let Some(value) = todo.pop() {
        match value {
            Value::List(list) => {
                if let Some(mut data) = Arc::into_inner(list.0) {
                    data.take_contents(&mut todo);
                }
            }
            Value::Map(map) => {
                if let Some(mut data) = Arc::into_inner(map.0) {
                    data.take_contents(&mut todo);
                }
            }
            Value::Struct(of) => {
                if let Some(mut data) = Arc::into_inner(of.0) {
                    data.take_contents(&mut todo);
                }
            }
            Value::Pointer(pointer) => {
                if let Some(mut data) = Arc::into_inner(pointer.0) {
                    data.take_contents(&mut todo);
                }
            }
            Value::Named(named) => {
                if let Some(mut data) = Arc::into_inner(named.0) {
                    data.take_contents(&mut todo);
                }
            }
            _ => {}
        }
    }
}

fn take_contents(value: &mut Value, todo: &mut Vec<Value>) {
    if value.is_container() {
        todo.push(std::mem::take(value));
    }
}

impl ListData {
    fn take_contents(&mut self, todo: &mut Vec<Value>) {
        if let Some(values) = Arc::get_mut(&mut self.buffer) {
            for value in values {
                take_contents(value, todo);
            }
        }
    }
}

impl MapData {
    fn take_contents(&mut self, todo: &mut Vec<Value>) {
        let later = self.later.get_mut().unwrap_or_else(PoisonError::into_inner);
        // Before its first change, a map shares its entries.
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
    fn take_contents(&mut self, todo: &mut Vec<Value>) {
        for value in &mut self.fields {
            take_contents(value, todo);
        }
    }
}

impl PointerData {
    fn take_contents(&mut self, todo: &mut Vec<Value>) {
        take_contents(&mut self.to, todo);
    }
}

impl NamedData {
    fn take_contents(&mut self, todo: &mut Vec<Value>) {
        take_contents(&mut self.value, todo);
    }
}

/// Moves the contents to a list and drops them one by one.
macro_rules! drop_flat {
    ($($data:ty),*) => {$(
        impl Drop for $data {
            fn drop(&mut self) {
                let mut todo = Vec::new();
                self.take_contents(&mut todo);
                if !todo.is_empty() {
                    drop_all(todo);
                }
            }
        }
    )*};
}

drop_flat!(ListData, MapData, StructData, PointerData, NamedData);
