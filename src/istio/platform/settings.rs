//! A platform as users name it: `aks,revision=asm-1-30,install=new`.

use std::fmt;
use std::str::FromStr;

use super::error::PlatformError;
use super::{Aks, IstiodFacts, Kyma, Ruling, openshift};
use crate::istio::release::Release;
use crate::k8s::KubernetesVersion;

/// The names of the platforms.
pub(super) const NAMES: [&str; 3] = ["aks", "kyma", "openshift"];

/// A vendor's platform and what is known of its mesh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Platform {
    /// The Istio add-on of Azure Kubernetes Service.
    Aks(Aks),
    /// The Istio module of SAP Kyma.
    Kyma(Kyma),
    /// `OpenShift`, with Red Hat's or the Sail operator.
    OpenShift,
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split(',').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let mut settings = Settings { pairs: Vec::new() };
        for part in parts {
            settings.pairs.push(match part.split_once('=') {
                Some((key, value)) => (key.trim(), Some(value.trim())),
                None => (part, None),
            });
        }
        match name {
            "aks" => Ok(Self::Aks(Aks::read(settings)?)),
            "kyma" => Ok(Self::Kyma(Kyma::read(settings)?)),
            "openshift" if settings.pairs.is_empty() => Ok(Self::OpenShift),
            "openshift" => Err(PlatformError::NoSettings("openshift")),
            name => Err(PlatformError::unknown("platform", name, NAMES)),
        }
    }
}

/// The platform's name for messages.
impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aks(_) => "the AKS add-on",
            Self::Kyma(_) => "Kyma",
            Self::OpenShift => "OpenShift",
        })
    }
}

impl Platform {
    /// The revision that its settings name.
    pub fn revision(&self) -> Option<String> {
        match self {
            Self::Aks(aks) => aks.revision.map(|revision| revision.to_string()),
            Self::Kyma(_) | Self::OpenShift => None,
        }
    }

    /// The release that its settings name.
    pub fn release(&self) -> Option<Release> {
        match self {
            Self::Aks(aks) => aks.revision?.release(),
            Self::Kyma(kyma) => Some(kyma.module.as_ref()?.release()),
            Self::OpenShift => None,
        }
    }

    /// Adds the version of the API server, unless the settings have one.
    pub fn set_kubernetes(&mut self, version: KubernetesVersion) {
        if let Self::Aks(aks) = self {
            aks.kubernetes.get_or_insert(version);
        }
    }

    /// The ruling of the vendor about an istiod; none if its environment decides.
    pub fn ruling(&self, istiod: IstiodFacts<'_>) -> Option<Ruling> {
        match self {
            Self::Aks(aks) => Some(aks.ruling(istiod)),
            Self::Kyma(kyma) => kyma.ruling(istiod),
            Self::OpenShift => openshift::ruling(istiod),
        }
    }

    /// How to export the mesh's own configuration from the cluster.
    pub fn export_command(&self) -> String {
        let (namespace, suffix) = match self {
            Self::Aks(aks) => {
                let revision = aks.revision.map_or_else(|| "asm-1-N".to_owned(), |revision| revision.to_string());
                (super::aks::NAMESPACE, format!("-{revision}"))
            }
            Self::Kyma(_) | Self::OpenShift => ("istio-system", String::new()),
        };
        let shared = if let Self::Aks(_) = self { format!(" istio-shared-configmap{suffix}") } else { String::new() };
        let maps = format!("istio-sidecar-injector{suffix} istio{suffix}{shared}");
        format!("kubectl get configmap -n {namespace} {maps} -o yaml > mesh.yaml")
    }
}

/// The value of a setting that is on if it has no value.
pub(super) fn flag(setting: &'static str, value: Option<&str>) -> Result<bool, PlatformError> {
    match value {
        None | Some("true") => Ok(true),
        Some("false") => Ok(false),
        Some(_) => Err(PlatformError::Value { setting, expected: "true or false" }),
    }
}

/// The settings after a platform's name.
pub(super) struct Settings<'t> {
    pairs: Vec<(&'t str, Option<&'t str>)>,
}

impl<'t> Settings<'t> {
    /// The settings in their order, each known and given once, with an empty value where there is none.
    pub(super) fn each(self, known: &[&'static str]) -> Result<Vec<(&'static str, Option<&'t str>)>, PlatformError> {
        let mut read: Vec<(&'static str, Option<&'t str>)> = Vec::new();
        for (key, value) in self.pairs {
            let Some(name) = known.iter().find(|name| **name == key) else {
                return Err(PlatformError::unknown("setting", key, known.iter().copied()));
            };
            if read.iter().any(|(earlier, _)| earlier == name) {
                return Err(PlatformError::Twice(name));
            }
            read.push((name, value));
        }
        Ok(read)
    }
}
