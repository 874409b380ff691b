//! Facts about Istio: names, releases and what changed in each, values and mesh configuration, and the decision whether
//! a proxy will be native. Nothing here renders or changes a pod.

pub mod go_json;
mod injector;
mod mesh;
pub mod mesh_file;
pub(crate) mod message;
pub mod names;
pub mod native;
mod proxy_config;
pub(crate) mod quantity;
mod release;
mod selector;
pub(crate) mod value;
mod values;

pub use injector::{InjectorConfig, Policy, Templates};
pub use mesh::{Mesh, MeshConfig, MeshError, Node, Nodes};
pub use proxy_config::{FieldError, ProxyConfig};
pub use release::{Release, ReleaseError};
pub use selector::Selector;
pub use values::{ProxyValues, Values};
