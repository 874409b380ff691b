//! Fast access to the fields of small JSON objects.

use serde_json::{Map, Value};

/// Up to this number of fields, comparing names is faster than hashing.
const FEW: usize = 16;

/// A field of an object.
pub(crate) fn field<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    if object.len() > FEW {
        return object.get(key);
    }
    object.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
}
