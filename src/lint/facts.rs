//! What documents of the input say that rules about other documents depend on.

use std::collections::BTreeMap;

use crate::istio::Namespaces;

/// What other documents of the input say.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The namespaces in the input.
    pub namespaces: Namespaces,
    /// `ConfigMap`s whose data have calls that rules look for, by namespace and name.
    pub config_maps: BTreeMap<(String, String), MountedConfigMap>,
}

/// A `ConfigMap`, and the pods of the input that mount it.
#[derive(Clone, Debug, Default)]
pub struct MountedConfigMap {
    /// Whether at least one pod mounts it, and all that do are native.
    pub is_native: bool,
    /// The values of `data`.
    pub data: BTreeMap<String, String>,
}
