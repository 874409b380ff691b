//! Kubernetes objects in a document: which carry a pod template, and where it is.

pub(crate) mod counterparts;
pub mod defaults;
mod detect;
mod kinds;
mod object;
mod pod;
mod selector;
pub(crate) mod value;

pub use detect::Unhandled;
pub use kinds::{KindError, Kinds, TemplatePath, names_kind};
pub use object::{Element, Found, Object, objects, plainly_without_templates};
pub use pod::{metadata_goes_before, pod_value, update_pod};
pub use selector::{LabelSelector, SelectorError};
