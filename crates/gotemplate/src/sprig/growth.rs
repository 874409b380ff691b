//! Lists as Go's `append` makes them: with room behind their end, which `slice` can reach.

use super::super::functions::ReturnType;
use super::super::value::{List, Str, Type, Value};

/// The sizes in which Go's allocator hands out small memory, in bytes.
const SIZE_CLASSES: &[usize] = &[
    8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416, 448, 480,
    512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096, 4864,
    5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072, 20480,
    21760, 24576, 27264, 28672, 32768,
];
const LARGEST_CLASS: usize = 32_768;
const PAGE: usize = 8_192;

/// The capacity of a list whose capacity `old` is too small for `len` elements of `size` bytes each. `pointers` tells
/// whether the elements hold pointers.
pub(super) fn grown(old: usize, len: usize, size: usize, pointers: bool) -> usize {
    const SLOW_FROM: usize = 256;
    let mut capacity = old;
    if len > old.saturating_mul(2) {
        capacity = len;
    } else if old < SLOW_FROM {
        capacity = old * 2;
    } else {
        while capacity < len {
            capacity += (capacity + 3 * SLOW_FROM) / 4;
        }
    }
    rounded(capacity.saturating_mul(size), pointers) / size
}

/// As many bytes as the allocator gives for so many.
fn rounded(bytes: usize, pointers: bool) -> usize {
    // Larger memory with pointers begins with a word for the garbage collector.
    let header = if pointers && bytes > 512 { 8 } else { 0 };
    if bytes <= LARGEST_CLASS - 8 {
        let class = SIZE_CLASSES.iter().find(|class| **class >= bytes + header);
        return class.unwrap_or(&LARGEST_CLASS) - header;
    }
    bytes.div_ceil(PAGE) * PAGE
}

/// A list that grows one element at a time.
#[derive(Debug, Default)]
pub(super) struct Growing {
    values: Vec<Value>,
    capacity: usize,
}

impl Growing {
    /// An empty one.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Appends an element.
    pub(super) fn push(&mut self, value: Value) {
        self.values.push(value);
        if self.values.len() > self.capacity {
            // An interface has two words.
            self.capacity = grown(self.capacity, self.values.len(), 16, true);
        }
    }

    /// Its elements so far.
    pub(super) fn values(&self) -> &[Value] {
        &self.values
    }

    /// The list as a `[]interface {}`.
    pub(super) fn into_value(self) -> Value {
        self.into_list().into()
    }

    /// The list as a `[]interface {}`.
    pub(super) fn into_list(self) -> List {
        with_room(Type::Any, self.values, self.capacity)
    }
}

/// A slice with a capacity.
pub(super) fn with_room(element: Type, mut values: Vec<Value>, capacity: usize) -> List {
    let len = values.len();
    let zero = Value::zero(&element);
    values.resize(capacity.max(len), zero);
    List::with_capacity(element, values, len)
}

/// A `[]string`, perhaps nil, with its capacity.
#[derive(Debug)]
pub(super) struct StrSlice {
    /// `None` is nil
    values: Option<Vec<Value>>,
    capacity: usize,
}

impl StrSlice {
    /// An empty one with room.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { values: Some(Vec::new()), capacity }
    }

    /// The nil slice.
    pub(super) fn nil() -> Self {
        Self { values: None, capacity: 0 }
    }

    /// Appends a text.
    pub(super) fn push(&mut self, text: Str) {
        let values = self.values.get_or_insert_default();
        values.push(Value::String(text));
        if values.len() > self.capacity {
            // A string has two words.
            self.capacity = grown(self.capacity, values.len(), 16, true);
        }
    }

    /// How many texts it has.
    pub(super) fn len(&self) -> usize {
        self.values.as_ref().map_or(0, Vec::len)
    }

    /// Whether it has none.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl ReturnType for StrSlice {
    fn ty() -> Type {
        Type::slice(Type::String)
    }

    fn into_value(self) -> Value {
        match self.values {
            None => List::nil(Type::String).into(),
            Some(values) => with_room(Type::String, values, self.capacity).into(),
        }
    }
}
