//! Slices as Go's `append` builds them: with a capacity beyond their end, which sprig's `slice` can reach.
//!
//! The capacity doubles when it is exceeded. Go also rounds it up to the sizes of its allocator,
//! which matters only beyond 16 elements, and is not done here.

use std::marker::PhantomData;

use super::super::functions::ReturnType;
use super::super::value::{List, Type, Value};

/// A slice of `T`, which may be nil.
#[derive(Debug)]
pub(super) struct Slice<T> {
    /// `None` is nil
    values: Option<Vec<Value>>,
    capacity: usize,
    element: PhantomData<T>,
}

impl<T: ReturnType> Slice<T> {
    /// The nil slice.
    pub(super) fn nil() -> Self {
        Self { values: None, capacity: 0, element: PhantomData }
    }

    /// An empty slice.
    pub(super) fn new() -> Self {
        Self::with_capacity(0)
    }

    /// `make([]T, 0, capacity)`
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { values: Some(Vec::new()), capacity, element: PhantomData }
    }

    /// A slice of these values, with no capacity beyond them.
    pub(super) fn exact(values: Vec<Value>) -> Self {
        Self { capacity: values.len(), values: Some(values), element: PhantomData }
    }

    /// `append(slice, value)`
    pub(super) fn push(&mut self, value: T) {
        let values = self.values.get_or_insert_default();
        values.push(value.into_value());
        if values.len() > self.capacity {
            self.capacity = values.len().max(2 * self.capacity);
        }
    }

    /// The elements.
    pub(super) fn values(&self) -> &[Value] {
        self.values.as_deref().unwrap_or(&[])
    }
}

impl<T: ReturnType> Extend<T> for Slice<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, values: I) {
        values.into_iter().for_each(|value| self.push(value));
    }
}

impl<T: ReturnType> ReturnType for Slice<T> {
    fn ty() -> Type {
        Type::slice(T::ty())
    }

    fn into_value(self) -> Value {
        match self.values {
            None => List::nil(T::ty()).into(),
            Some(values) => with_capacity(T::ty(), values, self.capacity).into(),
        }
    }
}

/// A slice of these values with a capacity. Beyond them there are zero values.
pub(super) fn with_capacity(element: Type, mut values: Vec<Value>, capacity: usize) -> List {
    let len = values.len();
    let zero = Value::zero(&element);
    values.resize(capacity.max(len), zero);
    List::with_capacity(element, values, len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capacity(slice: Slice<isize>) -> usize {
        let Value::List(list) = slice.into_value() else { return 0 };
        list.capacity()
    }

    #[test]
    fn capacities_double() {
        let mut slice = Slice::nil();
        slice.extend(0..5);
        assert_eq!(capacity(slice), 8);
        let mut slice = Slice::exact(vec![Value::int(1); 3]);
        slice.push(1);
        assert_eq!(capacity(slice), 6);
        assert_eq!(capacity(Slice::with_capacity(10)), 10);
        assert_eq!(capacity(Slice::nil()), 0);
    }
}
