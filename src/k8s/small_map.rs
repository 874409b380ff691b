//! Fields of JSON objects as manifests have them: few.

use serde_json::{Map, Value};

/// Up to so many fields, comparing their names costs less than hashing one.
const FEW: usize = 16;

/// A field of an object.
pub(crate) fn field<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    if object.len() > FEW {
        return object.get(key);
    }
    object.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
}
