//! Kubernetes objects: which of them have a pod template, and its path; selectors, quantities, defaults of the API
//! server.

mod api_group;
mod containers;
pub mod defaults;
mod detect;
mod effective_resources;
mod find;
mod kind_names;
mod kinds;
mod known_crds;
pub(crate) mod matching_items;
mod object;
mod origin;
mod path;
mod pod;
pub(crate) mod pod_changes;
pub(crate) mod quantity;
mod renderers;
mod selector;
mod shell;
pub(crate) mod small_map;
mod stable_hash;
mod template_path;
mod time;
mod unhandled;
mod unparsed;
mod version;
pub(crate) mod yaml_text;

pub(crate) use api_group::group;
pub use api_group::qualified_kind;
pub use containers::{container_name, pod_containers};
pub use detect::DetectedTemplates;
pub use effective_resources::{
    EffectiveResources, Resources, TightPart, TightResources, add_resources, effective_resources, is_native_sidecar,
    odd_quantities, resource_names, tight_resources,
};
pub use find::{Objects, objects, passes_unparsed, plainly_without_templates};
pub use kind_names::KindNames;
pub use kinds::Kinds;
pub use object::Object;
pub use origin::{helm_source, kustomize_origin};
pub use path::{Element, Path};
pub use pod::{metadata_goes_before, pod_value, update_pod};
pub use pod_changes::FieldPath;
pub use quantity::Quantity;
pub use selector::{LabelSelector, MatchExpression, SelectorError};
pub use shell::{shell_quoted, shell_word};
pub(crate) use stable_hash::stable_hash;
pub use template_path::{PathPattern, PatternStep, TemplatePath, TemplatePathError};
pub use time::{Time, last_day};
pub use unhandled::{Unhandled, UnhandledReason};
pub use unparsed::unparsed_without_templates;
pub use version::KubernetesVersion;
