//! A mesh as files describe it: the two `ConfigMap`s of each revision, as exported or as a chart renders them. Text comes
//! in, facts come out.

mod error;
mod object;
mod pieces;
mod plane;

use serde_json::Value;

pub use error::MeshFileError;
pub use plane::ControlPlane;

use object::{Embedded, Object};
use pieces::pieces;

/// A file, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// As people name it.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// What files tell of a mesh.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeshFile {
    /// Its istiods, one a revision.
    pub control_planes: Vec<ControlPlane>,
}

/// The `ConfigMap` of a mesh configuration.
struct MeshMap {
    name: String,
    namespace: String,
    value: Value,
}

impl MeshFile {
    /// Reads files.
    pub fn read(files: &[File]) -> Result<Self, MeshFileError> {
        let mut found = Self::default();
        let mut meshes = Vec::new();
        for file in files {
            for piece in pieces(&file.text, &is_wanted) {
                for object in Object::read(&file.name, piece)? {
                    found.take(&object, &mut meshes)?;
                }
            }
        }
        if found.control_planes.is_empty() {
            let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
            let message = format!("{}: no ConfigMap {} in it", names.join(", "), plane::INJECTOR);
            return Err(MeshFileError::new(message).with_hint(
                "export it: kubectl get configmap -n istio-system istio istio-sidecar-injector -o yaml > mesh.yaml",
            ));
        }
        for control_plane in &mut found.control_planes {
            let name = plane::mesh_map_name(&control_plane.name);
            let mine = |m: &&MeshMap| m.name == name && plane::same_namespace(&m.namespace, &control_plane.namespace);
            control_plane.mesh = meshes.iter().find(mine).map(|mesh| mesh.value.clone());
        }
        Ok(found)
    }

    fn take(&mut self, object: &Object<'_>, meshes: &mut Vec<MeshMap>) -> Result<(), MeshFileError> {
        let name = object.name();
        if object.kind != "ConfigMap" {
            return Ok(());
        }
        if plane::revision_of(name, plane::INJECTOR).is_some() {
            self.control_planes.push(ControlPlane::read(object)?);
        } else if plane::revision_of(name, plane::MESH).is_some()
            && let Some(mesh) = Embedded::of(object, "mesh")?
        {
            let value = match mesh.value()? {
                Value::Null => Value::Object(serde_json::Map::new()),
                value if value.is_object() => value,
                _ => return Err(mesh.error(&[], "must be a mapping")),
            };
            let namespace = object.text(&["metadata", "namespace"]).to_owned();
            meshes.push(MeshMap { name: name.to_owned(), namespace, value });
        }
        Ok(())
    }
}

/// Whether an object of this kind, with this text, may tell of a mesh.
fn is_wanted(kind: &str, text: &str) -> bool {
    kind == "ConfigMap" && text.contains("istio")
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
        MeshFile::read(&[File { name: "mesh.yaml".to_owned(), text: text.to_owned() }])
    }

    #[test]
    fn a_list_of_the_two_is_a_mesh() {
        let found = read(&mesh("-canary")).unwrap();
        let [plane] = &found.control_planes[..] else { panic!("{found:?}") };
        assert_eq!((plane.revision.as_str(), plane.namespace.as_str()), ("canary", "istio-system"));
        assert_eq!(plane.mesh, Some(json!({"trustDomain": "example.org"})));
        assert_eq!(plane.config["templates"], json!({"sidecar": "spec: {}"}));
        assert_eq!(plane.release().unwrap().to_string(), "1.30.3");
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
