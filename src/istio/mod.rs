//! Facts about Istio: names, releases and their changes, values and mesh configuration, and the decision whether a
//! proxy is native. Nothing here renders or changes a pod.

mod chart;
mod cluster_objects;
mod effective_config;
mod image;
mod injector;
mod kubelet;
mod mesh;
mod mesh_config;
pub mod mesh_file;
pub(crate) mod message_fields;
pub mod names;
pub mod native;
mod nodes;
mod object;
pub mod platform;
mod profiles;
mod proxy_config;
mod release;
mod requested_release;
mod revisions;
pub(crate) mod schema;
mod selector;
mod user_values;
pub(crate) mod value;
mod values;
mod webhook_list;
mod webhooks;

pub use cluster_objects::{
    Autoscaler, Autoscalers, ClusterObjects, ContainerDefaults, Document, LimitRanges, Namespace, Namespaces,
    ProxyConfigObject, ProxyConfigs, Quota, Quotas, ServiceAccounts, may_hold,
};
pub use effective_config::{AppliedObjects, EffectiveConfig};
pub use image::image_tag;
pub use injector::{InjectorConfig, InjectorConfigError, Policy, Templates};
pub use kubelet::{MIN_KUBELET_MINOR, OldKubelets, RUNS_SIDECARS, UnreadableKubelets};
pub use mesh::{Mesh, MeshError};
pub use mesh_config::MeshConfig;
pub use nodes::{Node, NodeKind, NodeList, Nodes};
pub use object::ObjectError;
pub use profiles::UnknownProfile;
pub use proxy_config::{ProxyConfig, ProxyConfigError};
pub use release::{
    AnnotationAnswer, ChangeSummary, Coverage, Release, ReleaseChange, ReleaseDefault, ReleaseError, ReleaseStage,
    ReleaseSummary,
};
pub use requested_release::RequestedRelease;
pub use revisions::{RevisionChoice, RevisionError, RevisionWarning, Revisions};
pub use selector::Selector;
pub use user_values::{Remarks, SetError, UnusedKey, UserValues, UserValuesError, WhyUnused};
pub use values::{ProxyValues, Values};
pub use webhook_list::Webhooks;
pub use webhooks::Webhook;
