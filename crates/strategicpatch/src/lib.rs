//! Kubernetes' strategic merge patch over JSON values.
//!
//! A patch has the structure of the object that it patches. Objects are merged field by field, and `null` removes a
//! field. Lists are replaced or merged, as the Kubernetes API specifies for each: containers are merged by name, ports by
//! number, tolerations are replaced. Directives in the patch do the rest:
//!
//! | directive | effect |
//! |---|---|
//! | `$patch: replace` | its object, or the list with this item, replaces the original's |
//! | `$patch: delete` | its object is emptied, or the item removed from its list |
//! | `$retainKeys: [a, b]` | all other fields of the original are removed |
//! | `$setElementOrder/x: […]` | the order of the list `x` |
//! | `$deleteFromPrimitiveList/x: […]` | scalars to remove from the list `x` |
//!
//! The results are those of `StrategicMergePatch` in `k8s.io/apimachinery`, including the order of items and its
//! peculiarities. Two of them are worth knowing: if the original lacks a field, nulls and directives are removed from the
//! patch's value, but a new item of a merged list is added unchanged. And a field that the API does not have can be set to
//! an object or a list, but these cannot be merged there.
//!
//! ```
//! use strategicpatch::{Kind, merge};
//! use serde_json::json;
//!
//! let pod = json!({"spec": {"containers": [{"name": "app", "image": "app:1"}]}});
//! let patch = json!({"spec": {"containers": [{"name": "proxy"}, {"name": "app", "tty": true}]}});
//! let merged = merge(pod, patch, Kind::Pod)?;
//! assert_eq!(
//!     merged,
//!     json!({"spec": {"containers": [{"name": "proxy"}, {"name": "app", "image": "app:1", "tty": true}]}})
//! );
//! # Ok::<(), strategicpatch::PatchError>(())
//! ```

mod diff;
mod error;
mod lists;
mod merge;
mod order;
mod schema;
mod table;
#[cfg(test)]
mod tests;
mod value;

use serde_json::{Map, Value};

pub use error::{PatchError, Problem};
pub use schema::{Field, Kind, PatchRule, Scalar, Shape, Strategy, Struct};

/// Merges a patch into an object of the given kind.
///
/// `null` counts as an object without fields. The fields of the original keep their order. New ones follow in the order
/// of the patch, those with a `$setElementOrder` list first.
pub fn merge(original: Value, patch: Value, kind: Kind) -> Result<Value, PatchError> {
    if !value::nests_within(&patch, value::MAX_DEPTH) {
        return Err(Problem::TooDeep { limit: value::MAX_DEPTH }.into());
    }
    let original = value::document(original, "original")?;
    let patch = value::document(patch, "patch")?;
    merge::merge_objects(original, patch, Some(kind.structure())).map(Value::Object)
}

/// The patch that turns `original` into `modified`.
///
/// If something in a list changes, the patch has all of its items in the order of `modified`, so that the order is right
/// in programs without `$setElementOrder`, too, such as kustomize. Without a kind, as for custom resources, a list
/// replaces the other. Null fields count as missing.
pub fn diff(original: &Value, modified: &Value, kind: Option<Kind>) -> Value {
    let none = Map::new();
    let (original, modified) = (original.as_object().unwrap_or(&none), modified.as_object().unwrap_or(&none));
    Value::Object(diff::objects(original, modified, kind.map(Kind::structure)))
}
