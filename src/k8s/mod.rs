//! Kubernetes objects in a document: which carry a pod template, and where it is.

pub(crate) mod counterparts;
pub mod defaults;
mod detect;
mod elsewhere;
mod find;
mod glance;
mod kinds;
mod known_crds;
mod object;
mod pod;
mod selector;
mod source;
mod template_path;
mod unhandled;
pub(crate) mod value;

pub use detect::Templates;
pub use find::{objects, plainly_without_templates};
pub use glance::passes_unread;
pub use kinds::{Kinds, names_kind, qualified_kind};
pub use object::{Element, Found, Object};
pub use pod::{metadata_goes_before, pod_value, update_pod};
pub use selector::{LabelSelector, SelectorError};
pub use source::{helm_source, kustomize_origin};
pub use template_path::{PathStep, StepPath, TemplatePath, TemplatePathError};
pub use unhandled::{Unhandled, Why};
