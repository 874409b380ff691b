//! What the mesh would inject into the pods of a workload now.

use super::workload::Template;
use crate::cluster::owners::{GroupKind, ObjectKey};
use crate::cluster::pod::Pod;
use crate::explain::{Explanation, Proxy};
use crate::inject::{Injection, Injector, Meshes, ModeRequest, Workload};
use crate::istio::names::annotation;
use crate::istio::{Templates, image_tag};

/// What the mesh would inject.
pub(super) struct Next {
    /// The proxy, or why it is not known.
    pub(super) proxy: Result<Proxy, String>,
    /// The version and revision of the proxy, if the mesh's own configuration is known.
    version: Option<Version>,
}

struct Version {
    /// The tag of the proxy's image.
    tag: String,
    /// The revision.
    revision: String,
}

impl Next {
    /// Decides about the pods of a workload.
    pub(super) fn of(meshes: &Meshes, key: &ObjectKey, template: &Template) -> Self {
        let GroupKind { group, kind } = &key.kind;
        let api_version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
        let pod = template.value();
        let mut workload = Workload::new(&api_version, kind, &key.name, &key.namespace);
        workload.set_cluster(&meshes.objects, &pod);
        match Explanation::of_pod(meshes, &workload, &pod) {
            Err(error) => Self { proxy: Err(error.to_string()), version: None },
            Ok(explanation) => {
                let injector = explanation.injector.filter(|injector| knows_images(injector));
                let version = injector.and_then(|injector| {
                    let Ok(Injection::Injected(injected) | Injection::Unchanged(injected)) =
                        injector.inject(&workload, &pod, ModeRequest::Mesh)
                    else {
                        return None;
                    };
                    let rendered = Pod::of(&injected.pod);
                    let tag = image_tag(rendered.proxy_image())?.to_owned();
                    Some(Version { tag, revision: injector.mesh().revision.clone() })
                });
                Self { proxy: Ok(explanation.proxy), version }
            }
        }
    }

    /// Whether the proxy that the pod runs has another version or revision. Where an image comes from does not matter: it
    /// may be mirrored.
    pub(super) fn is_newer_than(&self, pod: &Pod) -> bool {
        let Some(version) = &self.version else { return false };
        let is_other_tag = image_tag(pod.proxy_image()).is_some_and(|tag| tag != version.tag);
        is_other_tag || revision(pod).is_some_and(|revision| revision != version.revision)
    }
}

/// Whether the images that this mesh injects are those of a cluster.
pub(super) fn knows_images(injector: &Injector) -> bool {
    matches!(injector.mesh().injector.templates, Templates::Own(_))
}

/// The revision that injected a pod.
fn revision(pod: &Pod) -> Option<String> {
    let status: serde_json::Value = serde_json::from_str(pod.annotations.get(annotation::STATUS)?).ok()?;
    Some(status.get("revision")?.as_str()?.to_owned()).filter(|revision| !revision.is_empty())
}
