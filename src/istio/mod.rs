//! Facts about Istio: names, releases and what changed in each, values and mesh configuration, and the decision whether
//! a proxy will be native. Nothing here renders or changes a pod.

mod changes;
pub mod go_json;
mod injector;
mod kubelet;
mod mesh;
pub mod mesh_file;
pub(crate) mod message;
pub mod names;
mod namespaces;
pub mod native;
mod proxy_config;
pub(crate) mod quantity;
mod release;
mod revisions;
pub(crate) mod schema;
mod selector;
mod settings;
pub(crate) mod value;
mod values;
mod webhooks;

pub use changes::Change;
pub use injector::{InjectorConfig, Policy, Templates};
pub use kubelet::{KubeletWarning, OldKubelets};
pub use mesh::{Mesh, MeshConfig, MeshError, Node, Nodes};
pub use namespaces::{Namespace, Namespaces};
pub use proxy_config::{FieldError, ProxyConfig};
pub use release::{Preview, Release, ReleaseError, Standing};
pub use revisions::{Choice, ChoiceError, Doubt, Revisions};
pub use selector::Selector;
pub use settings::{Finding, Remarks, SetError, Settings, SettingsError};
pub use values::{ProxyValues, Values};
pub use webhooks::Webhook;
