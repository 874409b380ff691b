//! The revisions of the mesh in all documents.

use super::{Facts, Istiod};
use crate::istio::Release;
use crate::istio::platform::AksRevision;

/// A revision of the mesh.
#[derive(Debug, Clone)]
pub(in crate::cluster::precheck) struct Revision<'f> {
    pub name: String,
    /// Whether it is one of AKS's add-on.
    pub is_addon: bool,
    pub release: Option<Release>,
    pub istiod: Option<&'f Istiod>,
}

impl<'f> Revision<'f> {
    pub(super) fn all(facts: &'f Facts) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for name in facts.cluster.iter().flat_map(|cluster| &cluster.revisions) {
            let release = AksRevision::of_name(name).and_then(AksRevision::release);
            all.push(Self { name: name.clone(), is_addon: true, release, istiod: None });
        }
        for istiod in facts.istiods() {
            let (name, is_addon) = (istiod.revision.clone(), istiod.is_of_addon());
            match all.iter_mut().find(|revision| revision.name == name && revision.istiod.is_none()) {
                Some(known) => {
                    known.release = istiod.release.clone().or(known.release.take());
                    known.istiod = Some(istiod);
                }
                None => all.push(Self { name, is_addon, release: istiod.release.clone(), istiod: Some(istiod) }),
            }
        }
        for injector in &facts.injectors {
            match all.iter_mut().find(|revision| revision.name == injector.revision) {
                Some(known) => known.release = known.release.take().or_else(|| injector.release.clone()),
                None => all.push(Self {
                    name: injector.revision.clone(),
                    is_addon: injector.is_of_addon(),
                    release: injector.release.clone(),
                    istiod: None,
                }),
            }
        }
        all.sort_by(|a, b| (AksRevision::of_name(&a.name), &a.name).cmp(&(AksRevision::of_name(&b.name), &b.name)));
        all
    }

    pub(in crate::cluster::precheck) fn subject(&self) -> String {
        format!("revision {}", self.name)
    }
}
