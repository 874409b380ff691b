//! Control planes whose `ConfigMap`s are not in the files, but only istiod's Deployment or a vendor's document.

use std::collections::BTreeMap;

use super::control_plane::{ControlPlane, same_namespace};
use super::istiod::Istiod;
use crate::istio::Release;
use crate::istio::platform::{AksRevision, PlatformDocuments};

/// A control plane without `ConfigMap`s: enough for decisions, but not to render sidecars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BareControlPlane {
    /// The revision, `default` for the default one.
    pub revision: String,
    /// The namespace; empty if it is not known.
    pub namespace: String,
    /// The release, if it is clear from the image or the revision.
    pub release: Option<Release>,
    /// istiod's environment, if its Deployment is known.
    pub env: Option<BTreeMap<String, String>>,
    /// The version in the labels of its Deployment; empty if there is none.
    pub version_label: String,
}

/// The control planes besides `whole` ones: those of istiods, then those that only a vendor's document names.
pub(super) fn control_planes(
    whole: &[ControlPlane],
    istiods: Vec<Istiod>,
    platform: &PlatformDocuments,
) -> Vec<BareControlPlane> {
    let mut bare: Vec<BareControlPlane> = Vec::new();
    for istiod in istiods {
        let is_known = whole
            .iter()
            .any(|plane| plane.revision == istiod.revision && same_namespace(&plane.namespace, &istiod.namespace));
        let is_twice = bare.iter().any(|plane| plane.revision == istiod.revision);
        if !is_known && !is_twice && platform.injects(&istiod.namespace) {
            bare.push(BareControlPlane {
                revision: istiod.revision,
                namespace: istiod.namespace,
                release: istiod.release,
                env: Some(istiod.env),
                version_label: istiod.version_label,
            });
        }
    }
    for revision in platform.aks.clusters.iter().flat_map(|cluster| &cluster.revisions) {
        let is_known = whole.iter().any(|plane| plane.revision == *revision);
        if !is_known && !bare.iter().any(|plane| plane.revision == *revision) {
            bare.push(BareControlPlane {
                revision: revision.clone(),
                namespace: String::new(),
                release: AksRevision::of_name(revision).and_then(AksRevision::release),
                env: None,
                version_label: String::new(),
            });
        }
    }
    bare
}
