//! Kubernetes' strategic merge patch over JSON values.
//!
//! A patch is an object of the same form as what it patches. Objects are merged field by field and a `null` removes a
//! field. Lists are replaced or merged, as the Kubernetes API says for each: containers are merged by their name,
//! ports by their number, tolerations are replaced. Directives in the patch say the rest:
//!
//! | directive | effect |
//! |---|---|
//! | `$patch: replace` | the object that holds it, or the list whose item holds it, takes the original's place |
//! | `$patch: delete` | the object is emptied, the list's item removed |
//! | `$retainKeys: [a, b]` | every other field of the original goes |
//! | `$setElementOrder/x: […]` | the order of list `x` |
//! | `$deleteFromPrimitiveList/x: […]` | scalars to take out of list `x` |
//!
//! The results are those of `StrategicMergePatch` in `k8s.io/apimachinery`, the order of a list's items and all oddities
//! included. Two deserve to be known. A patch's value is cleaned of nulls and directives where the original has no
//! such field, but a new item of a merged list is taken as it is. And an object or a list in a field that the API does
//! not know can be set, but an object cannot be merged with an object there, nor a list with a list.
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
/// `null` stands for an object without fields on either side. The original's fields keep their order; new ones follow
/// in the patch's order, those with a `$setElementOrder` list first.
pub fn merge(original: Value, patch: Value, kind: Kind) -> Result<Value, PatchError> {
    if !value::nests_within(&patch, value::MAX_DEPTH) {
        return Err(Problem::TooDeep { limit: value::MAX_DEPTH }.into());
    }
    let original = value::document(original, "original")?;
    let patch = value::document(patch, "patch")?;
    merge::merge_objects(original, patch, Some(kind.structure())).map(Value::Object)
}

/// The patch that makes `original` say `modified`: merging it gives that.
///
/// Where something in a list changes, the patch names every item of it, in the order of `modified`: so the order comes
/// out also where `$setElementOrder` is not known, as in kustomize. Without a kind, as for custom resources, a list takes
/// the other's place. What is null counts as not there.
pub fn diff(original: &Value, modified: &Value, kind: Option<Kind>) -> Value {
    let none = Map::new();
    let (original, modified) = (original.as_object().unwrap_or(&none), modified.as_object().unwrap_or(&none));
    Value::Object(diff::objects(original, modified, kind.map(Kind::structure)))
}
