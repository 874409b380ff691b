//! The injector's `ConfigMap`.

use serde_json::Value;

use super::text;
use crate::istio::Release;
use crate::istio::mesh_file::injector_revision;
use crate::istio::platform::AKS_NAMESPACE;
use crate::istio::value::{at, text as printed};
use lossless_yaml::Tree;

/// The injector's configuration and values.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cluster::precheck) struct Injector {
    pub namespace: String,
    /// The name of its `ConfigMap`.
    pub name: String,
    pub revision: String,
    pub release: Option<Release>,
    /// The key that cannot be read, if one cannot.
    pub unreadable: Option<&'static str>,
    pub config: Value,
    pub values: Value,
}

impl Injector {
    /// Reads a `ConfigMap`; none if it is not the injector's.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let name = text(value, &["metadata", "name"]);
        let revision = injector_revision(name)?.to_owned();
        let read = |key: &str| {
            let tree = Tree::parse(text(value, &["data", key]), 1).ok()?;
            tree.value(tree.root()?).ok().filter(Value::is_object)
        };
        let (config, values) = (read("config"), read("values"));
        let unreadable = [("config", &config), ("values", &values)].into_iter().find(|(_, value)| value.is_none());
        let unreadable = unreadable.map(|(key, _)| key);
        let values = values.unwrap_or_default();
        Some(Self {
            namespace: text(value, &["metadata", "namespace"]).to_owned(),
            name: name.to_owned(),
            revision,
            release: Release::of_tag(&printed(at(&values, &["global", "tag"]))),
            unreadable,
            config: config.unwrap_or_default(),
            values,
        })
    }

    /// Whether a `ConfigMap` of this name is exported together with the injector's.
    pub(super) fn is_beside(name: &str) -> bool {
        name == "istio" || name.starts_with("istio-")
    }

    /// Whether AKS runs its istiod.
    pub(super) fn is_of_addon(&self) -> bool {
        self.namespace == AKS_NAMESPACE
    }
}
