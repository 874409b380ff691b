//! A mesh as files describe it: the two `ConfigMap`s of each revision, as exported or as a chart renders them. Text comes
//! in, facts come out.

mod cluster;
mod error;
mod mesh_config;
mod object;
mod object_text;
mod plane;

use memchr::memmem;

pub use error::MeshFileError;
pub use plane::ControlPlane;

use super::cluster_objects::{self, ClusterObjects, Document};
use super::value::merge;
use super::{Node, Nodes, Settings, Webhook};
use cluster::Istiod;
use object::Embedded;
pub(super) use object::{Object, Step};
use object_text::object_texts;
use plane::MeshMap;

/// So many revisions may be in the files of a mesh.
const MAX_REVISIONS: usize = 100;

/// A file, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// As people name it.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// What files tell of a mesh.
#[derive(Clone, Debug, PartialEq)]
pub struct MeshFile {
    /// Its istiods, one a revision.
    pub control_planes: Vec<ControlPlane>,
    /// The webhooks in the files, in the order of their configurations' names.
    pub webhooks: Vec<Webhook>,
    /// The cluster's nodes.
    pub nodes: Nodes,
    /// The objects of the cluster that an injection depends on.
    pub objects: ClusterObjects,
    /// What is odd in the files.
    pub warnings: Vec<String>,
}

/// What was found so far.
#[derive(Default)]
struct Found {
    control_planes: Vec<ControlPlane>,
    maps: Vec<MeshMap>,
    istiods: Vec<Istiod>,
    webhooks: Vec<Webhook>,
    nodes: Vec<Node>,
    objects: ClusterObjects,
    warnings: Vec<String>,
}

impl MeshFile {
    /// Reads files. `default_namespace` is that of objects which name none.
    pub fn read(files: &[File], default_namespace: &str) -> Result<Self, MeshFileError> {
        let mut found = Found::default();
        for file in files {
            for text in object_texts(&file.text, &is_wanted) {
                for object in Object::read(&file.name, text)? {
                    found.take(&object, default_namespace)?;
                }
            }
        }
        let Found { mut control_planes, maps, istiods, mut webhooks, nodes, objects, warnings } = found;
        if control_planes.is_empty() {
            let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
            let message = format!("{}: no ConfigMap {} in it", names.join(", "), plane::INJECTOR);
            return Err(MeshFileError::new(message).with_hint(
                "export it: kubectl get configmap -n istio-system istio istio-sidecar-injector -o yaml > mesh.yaml",
            ));
        }
        webhooks.sort_by(|a, b| a.configuration.cmp(&b.configuration));
        for plane in &mut control_planes {
            plane.complete(&maps, &istiods);
            let mut mine = webhooks.iter().filter(|webhook| webhook.revision == plane.revision);
            plane.url_env = mine.find_map(|w| (!w.url_env.is_empty()).then(|| w.url_env.clone())).unwrap_or_default();
        }
        let nodes = if nodes.is_empty() { Nodes::Unknown } else { Nodes::Known(nodes) };
        Ok(Self { control_planes, webhooks, nodes, objects, warnings })
    }
}

/// The webhooks, and those that the chart would make, with settings laid over it, for revisions that have none.
pub fn all_webhooks(planes: &[ControlPlane], mut webhooks: Vec<Webhook>, settings: &Settings) -> Vec<Webhook> {
    let without: Vec<_> = planes.iter().filter(|p| !webhooks.iter().any(|w| w.revision == p.revision)).collect();
    for plane in without {
        let mut values = plane.values.clone();
        merge(&mut values, settings.values());
        webhooks.extend(Webhook::of_values(&plane.revision, &values));
    }
    webhooks
}

impl Found {
    fn take(&mut self, object: &Object<'_>, default_namespace: &str) -> Result<(), MeshFileError> {
        match (object.group(), object.kind.as_str()) {
            ("", "ConfigMap") => self.config_map(object)?,
            ("", "Node") => self.nodes.push(cluster::node(object)),
            ("apps", "Deployment") => self.istiods.extend(Istiod::read(object)),
            ("admissionregistration.k8s.io", "MutatingWebhookConfiguration") => {
                self.webhooks.extend(Webhook::of_configuration(&object.value));
            }
            _ => self.objects.take(object, default_namespace, &mut self.warnings)?,
        }
        Ok(())
    }

    fn config_map(&mut self, object: &Object<'_>) -> Result<(), MeshFileError> {
        let name = object.name();
        let is = |base| plane::revision_of(name, base).is_some();
        if is(plane::INJECTOR) {
            let plane = ControlPlane::read(object)?;
            if let Some(other) = self.control_planes.iter().find(|other| other.revision == plane.revision) {
                if (&other.config, &other.values) == (&plane.config, &plane.values) {
                    return Ok(());
                }
                let message = format!(
                    "revision {} stands twice: {} of {}, and {} here",
                    plane.revision,
                    other.display_name(),
                    other.file,
                    plane.display_name()
                );
                return Err(object.error(&[], message).with_hint("hand over the ConfigMaps of one mesh"));
            }
            if self.control_planes.len() == MAX_REVISIONS {
                return Err(object.error(&[], format!("there are more revisions than the limit of {MAX_REVISIONS}")));
            }
            self.control_planes.push(plane);
        } else if (is(plane::MESH) || is(plane::SHARED))
            && let Some(map) = MeshMap::read(object, &mut self.warnings)?
        {
            self.maps.push(map);
        }
        Ok(())
    }
}

impl MeshFileError {
    /// The error about a line of a template, counted from 1, with its place in the `ConfigMap` of this name.
    pub fn of_template(files: &[File], map: &str, template: &str, line: usize, message: &str) -> Option<Self> {
        let path = [Step::Key("templates".to_owned()), Step::Key(template.to_owned())];
        maps(files, |name| name == map)
            .find_map(|map| Some(Embedded::of(&map, "config").ok()??.error_in_block(&path, line, message)))
    }
}

/// The `ConfigMap`s whose names are such.
fn maps(files: &[File], is: impl Fn(&str) -> bool) -> impl Iterator<Item = Object<'_>> {
    let objects = files.iter().flat_map(|file| {
        let texts = object_texts(&file.text, &is_wanted).into_iter();
        texts.filter_map(|text| Object::read(&file.name, text).ok()).flatten()
    });
    objects.filter(move |object| object.kind == "ConfigMap" && is(object.name()))
}

/// The error about what stands at a path of keys in the text at `key` of the `ConfigMap` of this name, with its place.
fn locate(files: &[File], name: &str, key: &str, path: &[Step], message: &str) -> Option<MeshFileError> {
    maps(files, |other| other == name).find_map(|map| Some(Embedded::of(&map, key).ok()??.error(path, message)))
}

/// Whether an object of this kind, with this text, may tell of a mesh.
fn is_wanted(kind: &str, text: &str) -> bool {
    match kind {
        "Node" => true,
        "ConfigMap" => memmem::find_iter(text.as_bytes(), b"name:").any(|at| {
            let name = text.get(at..).and_then(|text| text.strip_prefix("name:")).unwrap_or_default();
            name.trim_start_matches([' ', '"', '\'']).starts_with("istio")
        }),
        "Deployment" => text.contains("discovery"),
        "MutatingWebhookConfiguration" => text.contains("inject"),
        // A closer look tells.
        "" => text.contains("istio") || text.contains("Node") || cluster_objects::may_be("", text),
        kind => cluster_objects::may_be(kind, text),
    }
}

/// The objects in a document of manifests of which `wanted` takes the kind and the text; what does not parse is passed over.
pub(super) fn objects_of<'a>(
    document: Document<'a>,
    wanted: &dyn Fn(&str, &str) -> bool,
) -> impl Iterator<Item = Object<'a>> {
    let texts = object_texts(document.text, wanted).into_iter();
    texts.filter_map(move |text| Object::read(document.file, text.at_line(document.line)).ok()).flatten()
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

    fn read(text: &str) -> Result<MeshFile, MeshFileError> {
        MeshFile::read(&[File { name: "mesh.yaml".to_owned(), text: text.to_owned() }], "default")
    }

    #[test]
    fn a_list_of_the_two_is_a_mesh() {
        let found = read(&mesh("-canary")).unwrap();
        let [plane] = &found.control_planes[..] else { panic!("{found:?}") };
        assert_eq!((plane.revision.as_str(), plane.namespace.as_str()), ("canary", "istio-system"));
        assert_eq!(plane.mesh, json!({"trustDomain": "example.org"}));
        assert_eq!(plane.config["templates"], json!({"sidecar": "spec: {}"}));
        assert_eq!(plane.release(&[]).unwrap().to_string(), "1.30.3");
    }

    #[test]
    fn a_file_without_an_injector_is_none() {
        let error = read("apiVersion: v1\nkind: Service\nmetadata: {name: istiod}\n").unwrap_err();
        assert_eq!(error.to_string(), "mesh.yaml: no ConfigMap istio-sidecar-injector in it");
    }

    #[test]
    fn errors_tell_the_place_in_the_file() {
        let text = mesh("").replace("policy: enabled", "policy: [enabled");
        let error = read(&text).unwrap_err();
        assert!(error.to_string().starts_with("mesh.yaml:14:"), "{error}");
        assert!(error.to_string().contains("ConfigMap istio-sidecar-injector, key config"), "{error}");
    }
}
