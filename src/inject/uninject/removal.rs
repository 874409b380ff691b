//! Removes an injected sidecar for good: everything that the records list, and the labels and annotations that a new
//! injection would set to the same values.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::{Uninjected, uninject};
use crate::inject::pod;
use crate::inject::{Injection, Injector, ModeRequest, Workload};
use crate::istio::names::{annotation, container, label};
use crate::istio::native::Mode;
use crate::istio::{Mesh, Release};

/// Labels that an injection sets where the pod has none.
const LABELS: [&str; 5] =
    [label::TLS_MODE, label::CANONICAL_NAME, label::CANONICAL_REVISION, label::WORKLOAD_NAME, label::NETWORK];

/// Annotations that an injection sets, beside its records and those of Prometheus, which are recorded.
const ANNOTATIONS: [&str; 9] = [
    annotation::REVISION,
    annotation::DEFAULT_CONTAINER,
    annotation::DEFAULT_LOGS_CONTAINER,
    annotation::CNI_NETWORKS,
    annotation::INTERCEPTION_MODE,
    annotation::INCLUDE_OUTBOUND_IP_RANGES,
    annotation::EXCLUDE_OUTBOUND_IP_RANGES,
    annotation::INCLUDE_INBOUND_PORTS,
    annotation::EXCLUDE_INBOUND_PORTS,
];

/// A pod template without the sidecar that it had.
#[derive(Debug, Clone, PartialEq)]
pub struct Removal {
    /// `metadata` and `spec`.
    pub pod: Value,
    /// The mode of the proxy that was removed, if there was one.
    pub mode: Option<Mode>,
    /// The labels and annotations that were removed because an injection sets them to these values. The pod may have had
    /// them before: that is not recorded.
    pub unrecorded: Vec<&'static str>,
    /// The labels and annotations that some injections set, and that were kept: an injection by this program's templates
    /// would not set them to these values.
    pub kept: Vec<&'static str>,
}

/// Why a sidecar cannot be removed. Its pod is not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RemovalError {
    /// The annotation that lists what was added is not the JSON that istiod writes.
    #[error("annotation {} cannot be read: what was added is not known", annotation::STATUS)]
    Status,
    /// The annotation with the user's settings of the proxy cannot be read.
    #[error("annotation {} cannot be read: what the pod set before is not known", annotation::OVERRIDES)]
    Overrides,
}

/// What decides which labels and annotations an injection sets: the release, the revision, and whether the CNI plugin is
/// installed.
type MeshKey = (String, String, bool);

/// Removes sidecars. Meshes are prepared once.
#[derive(Debug, Default)]
pub struct SidecarRemover {
    injectors: Mutex<BTreeMap<MeshKey, Option<Arc<Injector>>>>,
}

impl SidecarRemover {
    /// Removes the sidecar of a pod template; `None` if it has none.
    pub fn remove(&self, workload: &Workload, injected: &Value) -> Result<Option<Removal>, RemovalError> {
        let Some(Uninjected { pod: mut before, proxy }) = uninject(injected) else { return Ok(None) };
        if let Some(text) = pod::annotation(&before, annotation::STATUS) {
            let is_readable = serde_json::from_str::<Value>(text).is_ok_and(|status| status.is_object());
            return Err(if is_readable { RemovalError::Overrides } else { RemovalError::Status });
        }
        let mode = proxy.as_ref().map(|(mode, _)| *mode);
        let kinds = [("labels", &LABELS[..]), ("annotations", &ANNOTATIONS)];
        let mut bare = before.clone();
        for (kind, names) in kinds {
            for name in names {
                remove_entry(&mut bare, kind, name);
            }
        }
        let image = proxy.as_ref().map_or("", |(_, image)| image);
        let again = self.injector(injected, image).and_then(|injector| {
            let request = ModeRequest::Set { mode: mode.unwrap_or(Mode::Native), keep_existing: false };
            match injector.inject(workload, &bare, request) {
                Ok(Injection::Injected(again) | Injection::Unchanged(again)) => Some(again.pod),
                _ => None,
            }
        });
        let (mut unrecorded, mut kept) = (Vec::new(), Vec::new());
        for (kind, names) in kinds {
            for &name in names {
                let Some(value) = entry(&before, kind, name) else { continue };
                let is_set = again.as_ref().and_then(|again| entry(again, kind, name)) == Some(value);
                if is_set {
                    unrecorded.push(name);
                    remove_entry(&mut before, kind, name);
                } else {
                    kept.push(name);
                }
            }
        }
        Ok(Some(Removal { pod: before, mode, unrecorded, kept }))
    }

    /// An injector like the one that injected a pod with this image of the proxy.
    fn injector(&self, injected: &Value, image: &str) -> Option<Arc<Injector>> {
        let tag = image.rsplit('/').next()?.split_once(':').map_or("", |(_, tag)| tag);
        let release = Release::of_tag(tag).filter(Release::is_built_in).unwrap_or_else(Release::newest_built_in);
        let status: Value = serde_json::from_str(pod::annotation(injected, annotation::STATUS)?).ok()?;
        let revision = pod::text(&status, "revision").to_owned();
        let has_cni = pod::part(&status, "initContainers").as_array()?.iter().any(|name| name == container::VALIDATION);
        let mut injectors = self.injectors.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (release.to_string(), revision, has_cni);
        if let Some(known) = injectors.get(&key) {
            return known.clone();
        }
        let values = if has_cni { json!({"cni": {"enabled": true}}) } else { Value::Null };
        let injector = Mesh::install(release, &values).ok().and_then(|mut mesh| {
            key.1.clone_into(&mut mesh.revision);
            Injector::new(mesh).ok().map(Arc::new)
        });
        injectors.insert(key, injector.clone());
        injector
    }
}

fn entry<'p>(pod: &'p Value, kind: &str, name: &str) -> Option<&'p str> {
    pod::part(pod::part(pod, "metadata"), kind).get(name)?.as_str()
}

/// Removes a label or annotation, and their mapping with the last one.
fn remove_entry(pod: &mut Value, kind: &str, name: &str) {
    let Some(metadata) = pod.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    let Some(entries) = metadata.get_mut(kind).and_then(Value::as_object_mut) else { return };
    if entries.shift_remove(name).is_some() && entries.is_empty() {
        metadata.shift_remove(kind);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod() -> Value {
        json!({
            "metadata": {"labels": {"app": "web"}, "annotations": {"team": "shop"}},
            "spec": {"containers": [{"name": "web", "image": "web"}]},
        })
    }

    fn injected(pod: &Value, release: &str, mode: Mode) -> Value {
        let injector = Injector::new(Mesh::install(release.parse().unwrap(), &Value::Null).unwrap()).unwrap();
        let request = ModeRequest::Set { mode, keep_existing: true };
        match injector.inject(&workload(), pod, request) {
            Ok(Injection::Injected(injected)) => injected.pod,
            other => panic!("{other:?}"),
        }
    }

    fn workload() -> Workload {
        Workload::new("apps/v1", "Deployment", "web", "shop")
    }

    #[test]
    fn nothing_is_left_of_an_injection_in_either_mode_by_any_release() {
        for release in Release::built_in() {
            for (mode, value) in [(Mode::Native, "true"), (Mode::Regular, "false")] {
                let mut pod = pod();
                pod["metadata"]["annotations"][annotation::NATIVE_SIDECAR] = value.into();
                let injected = injected(&pod, &release.to_string(), mode);
                let removal = SidecarRemover::default().remove(&workload(), &injected).unwrap().unwrap();
                assert_eq!((removal.pod, removal.mode), (pod, Some(mode)), "{release}");
                assert_eq!(removal.kept, [""; 0]);
            }
        }
    }

    #[test]
    fn what_an_injection_would_not_set_is_kept() {
        let mut pod = injected(&pod(), "1.30", Mode::Native);
        pod["metadata"]["labels"][label::CANONICAL_NAME] = "other".into();
        let removal = SidecarRemover::default().remove(&workload(), &pod).unwrap().unwrap();
        assert_eq!(removal.kept, [label::CANONICAL_NAME]);
        assert_eq!(removal.pod["metadata"]["labels"], json!({"app": "web", label::CANONICAL_NAME: "other"}));
    }

    #[test]
    fn records_that_cannot_be_read_are_errors() {
        let remover = SidecarRemover::default();
        assert_eq!(remover.remove(&workload(), &pod()), Ok(None));
        for (name, error) in
            [(annotation::STATUS, RemovalError::Status), (annotation::OVERRIDES, RemovalError::Overrides)]
        {
            let mut pod = injected(&pod(), "1.30", Mode::Native);
            pod["metadata"]["annotations"][name] = "{".into();
            assert_eq!(remover.remove(&workload(), &pod), Err(error));
        }
    }
}
