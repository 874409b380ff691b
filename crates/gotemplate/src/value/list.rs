//! Slices and arrays.

use std::ops::Deref;
use std::sync::Arc;

use super::{Type, Value};

/// A slice or an array. Clones and parts share the elements, which do not change.
#[derive(Clone)]
pub struct List(pub(super) Arc<ListData>);

pub(super) struct ListData {
    element: Type,
    array: bool,
    nil: bool,
    pub(super) buffer: Arc<[Value]>,
    start: usize,
    len: usize,
    capacity: usize,
}

impl List {
    /// A slice.
    pub fn new(element: Type, values: Vec<Value>) -> Self {
        Self::whole(element, values, false, false)
    }

    /// An array.
    pub fn array(element: Type, values: Vec<Value>) -> Self {
        Self::whole(element, values, true, false)
    }

    /// The nil slice.
    pub fn nil(element: Type) -> Self {
        Self::whole(element, Vec::new(), false, true)
    }

    /// A slice with a capacity beyond its length. `values` fill all the capacity.
    pub fn with_capacity(element: Type, values: Vec<Value>, len: usize) -> Self {
        let mut data = Self::data(element, values, false, false);
        data.len = len.min(data.capacity);
        Self(Arc::new(data))
    }

    fn whole(element: Type, values: Vec<Value>, array: bool, nil: bool) -> Self {
        Self(Arc::new(Self::data(element, values, array, nil)))
    }

    fn data(element: Type, values: Vec<Value>, array: bool, nil: bool) -> ListData {
        let len = values.len();
        ListData { element, array, nil, buffer: Arc::from(values), start: 0, len, capacity: len }
    }

    /// The slice `[from:to:room]`. `None` if that is out of range.
    pub fn part(&self, from: usize, to: usize, room: usize) -> Option<Self> {
        if from > to || to > room || room > self.capacity() {
            return None;
        }
        Some(Self(Arc::new(ListData {
            element: self.0.element.clone(),
            array: false,
            nil: self.0.nil,
            buffer: Arc::clone(&self.0.buffer),
            start: self.0.start + from,
            len: to - from,
            capacity: room - from,
        })))
    }

    /// The type of its elements.
    pub fn element(&self) -> &Type {
        &self.0.element
    }

    /// Whether it is an array.
    pub fn is_array(&self) -> bool {
        self.0.array
    }

    /// Whether it is the nil slice, which a [`Value::List`] never is.
    pub fn is_nil(&self) -> bool {
        self.0.nil
    }

    /// The largest index that [`List::part`] accepts.
    pub fn capacity(&self) -> usize {
        self.0.capacity
    }

    /// The type.
    pub fn ty(&self) -> Type {
        if self.0.array { Type::array(self.len(), self.0.element.clone()) } else { Type::slice(self.0.element.clone()) }
    }

    /// A number that distinguishes it from other lists while it exists.
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }
}

impl Deref for List {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        self.0.buffer.get(self.0.start..self.0.start + self.0.len).unwrap_or(&[])
    }
}

impl From<List> for Value {
    fn from(list: List) -> Self {
        if list.0.nil { Self::Null(list.ty()) } else { Self::List(list) }
    }
}
