//! Random documents and data.

use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::model::text::{Document, document};
use crate::model::{KEYS, TEXTS};

/// Documents with a mapping at the root.
pub(crate) fn documents(anchors: bool) -> impl Strategy<Value = Document> {
    (maps(), prop::collection::vec(any::<u8>(), 0..150))
        .prop_map(move |(value, choices)| document(value, choices, anchors))
}

fn scalars() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => prop::sample::select(&TEXTS[..]).prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => (-3i64..5000).prop_map(Value::from),
        1 => Just(Value::from(1.5)),
        1 => Just(Value::Null),
    ]
}

pub(crate) fn values() -> impl Strategy<Value = Value> {
    scalars().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            entries(inner).prop_map(Value::Object),
        ]
    })
}

fn entries(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::vec((keys(), inner), 0..5)
        .prop_map(|entries| entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
}

pub(crate) fn keys() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&KEYS[..])
}

fn maps() -> impl Strategy<Value = Value> {
    (entries(values()), values()).prop_map(|(mut map, last)| {
        map.insert("last".to_owned(), last);
        Value::Object(map)
    })
}
