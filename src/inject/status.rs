//! Stage: the status annotation, which lists what was added, and the annotations that the mesh sets on every pod.

use serde_json::{Value, json};

use super::error::InjectError;
use super::merge;
use super::pod::{self, Group};
use crate::istio::Mesh;
use crate::istio::names::annotation;

/// The names of what the templates add, in the order of all overlays merged with each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Added {
    containers: Vec<String>,
    init_containers: Vec<String>,
    volumes: Vec<String>,
    image_pull_secrets: Vec<String>,
}

impl Added {
    /// What the overlays of a pod add.
    pub(super) fn of(overlays: &[Value]) -> Result<Self, InjectError> {
        match overlays {
            [only] => Ok(Self::by(only)),
            overlays => {
                let mut all = json!({});
                for overlay in overlays {
                    all = merge::overlay(all, overlay.clone())?;
                }
                Ok(Self::by(&all))
            }
        }
    }

    fn by(overlay: &Value) -> Self {
        let names = |key: &str| {
            let items = pod::part(pod::part(overlay, "spec"), key).as_array();
            items.into_iter().flatten().map(|item| pod::name(item).to_owned()).collect()
        };
        Self {
            containers: names(Group::Containers.key()),
            init_containers: names(Group::InitContainers.key()),
            volumes: names("volumes"),
            image_pull_secrets: names("imagePullSecrets"),
        }
    }

    /// The containers added to a group.
    pub(super) fn group(&self, group: Group) -> &[String] {
        match group {
            Group::Containers => &self.containers,
            Group::InitContainers => &self.init_containers,
        }
    }
}

/// Records what the templates added.
pub(super) fn set(pod: &mut Value, added: &Added, mesh: &Mesh) {
    // Go writes a nil slice as null.
    let names = |names: &[String]| if names.is_empty() { Value::Null } else { names.to_vec().into() };
    let status = json!({
        "initContainers": names(&added.init_containers),
        "containers": names(&added.containers),
        "volumes": names(&added.volumes),
        "imagePullSecrets": names(&added.image_pull_secrets),
        "revision": mesh.revision
    });
    pod::set_annotation(pod, annotation::STATUS, gostd::json::marshal(&status));
    for (name, value) in &mesh.injector.injected_annotations {
        pod::set_annotation(pod, name, value.as_str());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_lists_added_items() {
        let mesh = Mesh::install("1.30".parse().unwrap(), &Value::Null).unwrap();
        let template = json!({"spec": {"initContainers": [{"name": "a"}, {"name": "b"}], "volumes": []}});
        let mut pod = json!({});
        set(&mut pod, &Added::of(&[template]).unwrap(), &mesh);
        assert_eq!(
            pod::annotation(&pod, annotation::STATUS),
            Some(
                "{\"initContainers\":[\"a\",\"b\"],\"containers\":null,\"volumes\":null,\
                 \"imagePullSecrets\":null,\"revision\":\"default\"}"
            )
        );
    }
}
