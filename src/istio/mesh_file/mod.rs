//! Reads a mesh from files: the two `ConfigMap`s of each revision, exported by kubectl or rendered by a chart, and
//! other objects of the cluster.

mod bare;
mod control_plane;
mod files;
mod istiod;
mod layers;

/// What `snapshot` writes instead of a value that looks secret.
pub const REDACTED: &str = "redacted-by-nativesidecar";

pub use bare::BareControlPlane;
pub use control_plane::ControlPlane;
pub use files::File;

use super::cluster_objects::ClusterObjects;
use super::object::{Object, ObjectError};
use super::platform::{Installed, KymaResource, PlatformDocuments};
use super::value::merge;
use super::{Node, Nodes, UserValues, Webhook};
use control_plane::MeshConfigMap;
use files::is_wanted;
use istiod::Istiod;

/// The maximum number of revisions in the files of a mesh.
const MAX_REVISIONS: usize = 100;

/// The contents of a mesh's files.
#[derive(Clone, Debug, PartialEq)]
pub struct MeshFile {
    /// The control planes, one for each revision whose `ConfigMap` is there.
    pub control_planes: Vec<ControlPlane>,
    /// Control planes without `ConfigMap`s.
    pub bare: Vec<BareControlPlane>,
    /// Vendors' own documents.
    pub platform: PlatformDocuments,
    /// The webhooks, in the order of their configurations' names.
    pub webhooks: Vec<Webhook>,
    /// The nodes.
    pub nodes: Nodes,
    /// The other objects that injections depend on.
    pub objects: ClusterObjects,
    /// Warnings about the files.
    pub warnings: Vec<String>,
}

/// Reads the objects of a mesh, one by one.
#[derive(Default)]
struct Reader {
    control_planes: Vec<ControlPlane>,
    mesh_configs: Vec<MeshConfigMap>,
    istiods: Vec<Istiod>,
    webhooks: Vec<Webhook>,
    nodes: Vec<Node>,
    platform: PlatformDocuments,
    objects: ClusterObjects,
    warnings: Vec<String>,
}

impl MeshFile {
    /// Reads files. `default_namespace` is for objects without a namespace.
    pub fn read(files: &[File], default_namespace: &str) -> Result<Self, ObjectError> {
        let mut reader = Reader::default();
        for file in files {
            reader.platform.aks.read(&file.name, &file.text)?;
            for objects in Object::all_in(&file.name, &file.text, 1, &is_wanted) {
                for object in objects? {
                    reader.read(&object, default_namespace)?;
                }
            }
        }
        let Reader { mut control_planes, mesh_configs, istiods, mut webhooks, nodes, platform, objects, mut warnings } =
            reader;
        webhooks.sort_by(|a, b| a.configuration.cmp(&b.configuration));
        for control_plane in &mut control_planes {
            control_plane.complete(&mesh_configs, &istiods);
            let mut mine = webhooks.iter().filter(|webhook| webhook.revision == control_plane.revision);
            control_plane.url_env =
                mine.find_map(|w| (!w.url_env.is_empty()).then(|| w.url_env.clone())).unwrap_or_default();
        }
        warnings.extend(platform.aks.warnings.iter().cloned());
        let bare = bare::control_planes(&control_planes, istiods, &platform);
        let nodes = if nodes.is_empty() { platform.nodes() } else { Nodes::known(nodes) };
        Ok(Self { control_planes, bare, platform, webhooks, nodes, objects, warnings })
    }

    /// The facts of its istiods that identify the vendor.
    pub fn installed(&self) -> Vec<Installed<'_>> {
        let whole = self
            .control_planes
            .iter()
            .map(|plane| Installed { namespace: &plane.namespace, version_label: &plane.istiod_version });
        let bare = self
            .bare
            .iter()
            .map(|plane| Installed { namespace: &plane.namespace, version_label: &plane.version_label });
        whole.chain(bare).collect()
    }

    /// Whether anything in it bears on native or regular.
    pub fn has_facts(&self) -> bool {
        let aks = &self.platform.aks;
        !self.control_planes.is_empty()
            || !self.bare.is_empty()
            || self.nodes != Nodes::Unknown
            || !self.platform.kyma.is_empty()
            || !aks.clusters.is_empty()
            || aks.preview_flag.is_some()
            || !self.objects.namespaces.is_empty()
    }

    /// The error about files in which the configuration of an injector is missing.
    pub fn no_injector(files: &[File]) -> ObjectError {
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        let message = format!("{}: no ConfigMap {} found", names.join(", "), control_plane::INJECTOR);
        ObjectError::new(message).with_hint(
            "export it: kubectl get configmap -n istio-system istio istio-sidecar-injector -o yaml > mesh.yaml",
        )
    }
}

/// The webhooks, and for revisions without any, those that the chart renders for their values with the user's applied.
/// Of `bare` control planes, only the user's values are known.
pub fn all_webhooks(
    control_planes: &[ControlPlane],
    bare: &[BareControlPlane],
    mut webhooks: Vec<Webhook>,
    user_values: &UserValues,
) -> Vec<Webhook> {
    let without: Vec<_> =
        control_planes.iter().filter(|p| !webhooks.iter().any(|w| w.revision == p.revision)).collect();
    for control_plane in without {
        let mut values = control_plane.values.clone();
        merge(&mut values, user_values.values());
        webhooks.extend(Webhook::of_values(&control_plane.revision, &values));
    }
    for plane in bare {
        if !webhooks.iter().any(|webhook| webhook.revision == plane.revision) {
            webhooks.extend(Webhook::of_values(&plane.revision, user_values.values()));
        }
    }
    webhooks
}

impl Reader {
    fn read(&mut self, object: &Object<'_>, default_namespace: &str) -> Result<(), ObjectError> {
        match (object.group(), object.kind.as_str()) {
            ("", "ConfigMap") => self.config_map(object)?,
            ("", "Node") => self.nodes.push(Node::of_object(&object.value)),
            // Items of a DeploymentList may lack their group.
            ("apps" | "", "Deployment") => self.istiods.extend(Istiod::read(object)),
            (KymaResource::GROUP, "Istio") => self.platform.kyma.push(KymaResource::read(object)?),
            ("admissionregistration.k8s.io", "MutatingWebhookConfiguration") => {
                self.webhooks.extend(Webhook::of_configuration(&object.value));
            }
            _ => self.objects.take(object, default_namespace, &mut self.warnings)?,
        }
        Ok(())
    }

    fn config_map(&mut self, object: &Object<'_>) -> Result<(), ObjectError> {
        let name = object.name();
        let is = |base| control_plane::revision_of(name, base).is_some();
        if is(control_plane::INJECTOR) {
            let control_plane = ControlPlane::read(object)?;
            if let Some(other) = self.control_planes.iter().find(|other| other.revision == control_plane.revision) {
                if (&other.config, &other.values) == (&control_plane.config, &control_plane.values) {
                    return Ok(());
                }
                let message = format!(
                    "revision {} is defined twice: in {} of {}, and in {} here",
                    control_plane.revision,
                    other.display_name(),
                    other.file,
                    control_plane.display_name()
                );
                return Err(object.error(&[], message).with_hint("pass the ConfigMaps of one mesh"));
            }
            if self.control_planes.len() == MAX_REVISIONS {
                return Err(object.error(&[], format!("more revisions than the limit of {MAX_REVISIONS}")));
            }
            self.control_planes.push(control_plane);
        } else if (is(control_plane::MESH) || is(control_plane::SHARED))
            && let Some(map) = MeshConfigMap::read(object, &mut self.warnings)?
        {
            self.mesh_configs.push(map);
        }
        Ok(())
    }
}

/// The revision in the name of an injector's `ConfigMap`; none for other names.
pub(crate) fn injector_revision(name: &str) -> Option<&str> {
    control_plane::revision_of(name, control_plane::INJECTOR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The two `ConfigMap`s of a small mesh, as kubectl exports them; the revision's suffix is in their names.
    fn mesh(suffix: &str) -> String {
        format!(
            "apiVersion: v1\nitems:\n- apiVersion: v1\n  data:\n    mesh: |-\n      trustDomain: example.org\n  kind: \
             ConfigMap\n  metadata:\n    name: istio{suffix}\n    namespace: istio-system\n- apiVersion: v1\n  data:\n    \
             config: |-\n      policy: enabled\n      templates:\n        sidecar: |\n          spec: {{}}\n    values: \
             |-\n      {{\"global\": {{\"tag\": \"1.30.3\"}}}}\n  kind: ConfigMap\n  metadata:\n    name: \
             istio-sidecar-injector{suffix}\n    namespace: istio-system\nkind: List\nmetadata: {{}}\n"
        )
    }

    fn read(text: &str) -> Result<MeshFile, ObjectError> {
        MeshFile::read(&[File { name: "mesh.yaml".to_owned(), text: text.to_owned() }], "default")
    }

    #[test]
    fn a_list_of_both_config_maps_is_a_mesh() {
        let found = read(&mesh("-canary")).unwrap();
        let [control_plane] = &found.control_planes[..] else { panic!("{found:?}") };
        assert_eq!((control_plane.revision.as_str(), control_plane.namespace.as_str()), ("canary", "istio-system"));
        assert_eq!(control_plane.mesh, json!({"trustDomain": "example.org"}));
        assert_eq!(control_plane.config["templates"], json!({"sidecar": "spec: {}"}));
        assert_eq!(control_plane.release(&[]).unwrap().to_string(), "1.30.3");
    }

    #[test]
    fn files_without_an_injector_are_an_error() {
        let found = read("apiVersion: v1\nkind: Service\nmetadata: {name: istiod}\n").unwrap();
        assert!(!found.has_facts());
        let file = File { name: "mesh.yaml".to_owned(), text: String::new() };
        assert_eq!(MeshFile::no_injector(&[file]).to_string(), "mesh.yaml: no ConfigMap istio-sidecar-injector found");
    }

    #[test]
    fn errors_have_the_place_in_the_file() {
        let text = mesh("").replace("policy: enabled", "policy: [enabled");
        let error = read(&text).unwrap_err();
        assert!(error.to_string().starts_with("mesh.yaml:14:"), "{error}");
        assert!(error.to_string().contains("ConfigMap istio-sidecar-injector, key config"), "{error}");
    }
}
