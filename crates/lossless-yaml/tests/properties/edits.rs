//! Random operations.

use proptest::prelude::*;

use crate::model::{Plan, Turns};
use crate::text::{keys, values};

pub(crate) fn turns() -> impl Strategy<Value = Turns> {
    prop::collection::vec(any::<u8>(), 0..6)
}

pub(crate) fn plans() -> impl Strategy<Value = Plan> {
    (0..5u8, turns(), any::<u8>(), keys(), values()).prop_map(|(kind, turns, index, key, value)| Plan {
        kind,
        turns,
        index,
        key: key.to_owned(),
        value,
    })
}
