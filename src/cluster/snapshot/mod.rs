//! `snapshot`: everything in a cluster that decides injection, as one mesh file.
//!
//! Objects are sorted and reduced to what people and installers set ([`reduced`]), so that a snapshot differs from an
//! earlier one only where a decision may differ. It has no Secrets. Values that look secret are redacted before it is
//! printed ([`redacted`]); a snapshot in memory has them, as sidecars do.

mod redacted;
mod reduced;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::fields::text;
use crate::k8s::group;
use crate::k8s::yaml_text::to_yaml;

/// The first line of a snapshot.
const HEADER: &str = "# What decides Istio's injection in a cluster, written by `kubectl nativesidecar snapshot`.\n";

/// The kinds in a snapshot, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The injector's configuration, and that of the mesh.
    ConfigMap,
    /// istiod.
    Deployment,
    /// Kyma's module.
    Istio,
    /// Webhooks that may change pods, Istio's and others.
    MutatingWebhookConfiguration,
    /// Labels and annotations of namespaces.
    Namespace,
    /// Configurations of proxies.
    ProxyConfig,
    /// Default resources of containers.
    LimitRange,
    /// Service accounts with pull secrets.
    ServiceAccount,
    /// Versions of kubelets.
    Node,
}

impl Kind {
    /// All kinds, in their order.
    pub const ALL: [Self; 9] = [
        Self::ConfigMap,
        Self::Deployment,
        Self::Istio,
        Self::MutatingWebhookConfiguration,
        Self::Namespace,
        Self::ProxyConfig,
        Self::LimitRange,
        Self::ServiceAccount,
        Self::Node,
    ];

    /// The API group and the kind.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::ConfigMap => ("", "ConfigMap"),
            Self::Deployment => ("apps", "Deployment"),
            Self::Istio => ("operator.kyma-project.io", "Istio"),
            Self::MutatingWebhookConfiguration => ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
            Self::Namespace => ("", "Namespace"),
            Self::ProxyConfig => ("networking.istio.io", "ProxyConfig"),
            Self::LimitRange => ("", "LimitRange"),
            Self::ServiceAccount => ("", "ServiceAccount"),
            Self::Node => ("", "Node"),
        }
    }

    fn of(object: &Value) -> Option<Self> {
        let (api_version, kind) = (text(object, &["apiVersion"]), text(object, &["kind"]));
        Self::ALL.into_iter().find(|known| known.names() == (group(&api_version), kind.as_str()))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.names().1)
    }
}

/// What decides injection in a cluster.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// By kind, namespace and name.
    objects: BTreeMap<(Kind, String, String), Value>,
}

impl Snapshot {
    /// Adds an object if it matters. Of two with the same name, the later one counts. Returns whether it is of a kind that
    /// is read.
    pub fn take(&mut self, object: &Value) -> bool {
        let Some(kind) = Kind::of(object) else { return false };
        if let Some(reduced) = reduced::object(kind, object) {
            let name = |key: &str| text(object, &["metadata", key]);
            self.objects.insert((kind, name("namespace"), name("name")), reduced);
        }
        true
    }

    /// Replaces values that look secret. Returns where they were.
    pub fn redact(&mut self) -> Vec<String> {
        let mut places = Vec::new();
        for ((kind, namespace, name), object) in &mut self.objects {
            let mut paths = Vec::new();
            redacted::redact(*kind, object, &mut paths);
            let separator = if namespace.is_empty() { "" } else { "/" };
            places.extend(paths.iter().map(|path| format!("{kind} {namespace}{separator}{name}: {path}")));
        }
        places
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// The number of objects of a kind.
    pub fn count(&self, kind: Kind) -> usize {
        self.objects.keys().filter(|(of, ..)| *of == kind).count()
    }

    /// Whether it has the configuration of an injector, which rendering needs.
    pub fn has_injector(&self) -> bool {
        self.objects.values().any(|object| object.pointer("/data/config").is_some())
    }

    /// The mesh file.
    pub fn text(&self) -> String {
        let mut out = HEADER.to_owned();
        for (index, object) in self.objects.values().enumerate() {
            if index > 0 {
                out.push_str("---\n");
            }
            let yaml = to_yaml(object, usize::MAX);
            debug_assert!(yaml.is_some(), "the length is not limited");
            out.push_str(&yaml.unwrap_or_default());
        }
        out
    }
}

#[cfg(test)]
mod tests;
