//! A control plane of a mesh file: what the `ConfigMap`s of one revision say, and the mesh that it makes.

use serde_json::{Map, Value};

use super::error::MeshFileError;
use super::object::{Embedded, Object};
use crate::istio::value::{at, text};
use crate::istio::{Mesh, Release};

/// The name of the injector's `ConfigMap`; that of another revision than the default one has the revision behind it.
pub(super) const INJECTOR: &str = "istio-sidecar-injector";
/// The name of the `ConfigMap` of the mesh configuration, likewise.
pub(super) const MESH: &str = "istio";
/// The revision of names without one.
pub(super) const DEFAULT: &str = "default";

/// What a mesh file tells of one istiod.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlPlane {
    /// Its revision, `default` for the default one.
    pub revision: String,
    /// The namespace it is in; empty where the file does not say it.
    pub namespace: String,
    /// The file of the injector's configuration, as people name it.
    pub file: String,
    /// The name of the `ConfigMap` of the injector's configuration.
    pub name: String,
    /// The injector's configuration.
    pub config: Value,
    /// The values that its templates see.
    pub values: Value,
    /// The mesh configuration; none if the file has none of this revision.
    pub mesh: Option<Value>,
}

impl ControlPlane {
    /// Reads the injector's `ConfigMap`.
    pub(super) fn read(object: &Object<'_>) -> Result<Self, MeshFileError> {
        let config = required(object, "config")?;
        let values = required(object, "values")?;
        Ok(Self {
            revision: revision_of(object.name(), INJECTOR).unwrap_or(DEFAULT).to_owned(),
            namespace: object.text(&["metadata", "namespace"]).to_owned(),
            file: object.file.to_owned(),
            name: object.name().to_owned(),
            config,
            values,
            mesh: None,
        })
    }

    /// The release that the values' tag names.
    pub fn release(&self) -> Result<Release, MeshFileError> {
        let tag = at(&self.values, &["global", "tag"]);
        let written = text(tag);
        release_of_tag(&written).ok_or_else(|| {
            let what = if written.is_empty() {
                "global.tag is not set".to_owned()
            } else {
                format!("global.tag is {written:?}, which does not begin with an Istio version")
            };
            self.error("values", format!("{what}: the release cannot be told"))
                .with_hint("say it: --istio VERSION, such as 1.30.3")
        })
    }

    /// The mesh, of this release.
    pub fn mesh(self, release: Release) -> Result<Mesh, MeshFileError> {
        let about = |key: &str, error: &dyn std::fmt::Display| self.error(key, error.to_string());
        let mesh = self.mesh.clone().unwrap_or_else(|| Value::Object(Map::new()));
        Mesh::from_config(release, &self.config, self.values.clone(), mesh).map_err(|error| about("config", &error))
    }

    fn error(&self, key: &str, message: String) -> MeshFileError {
        let about = format!("ConfigMap {}, key {key}", self.name);
        MeshFileError { file: self.file.clone(), about, ..MeshFileError::new(message) }
    }
}

/// The revision in the name of a `ConfigMap`; none if it is another `ConfigMap`.
pub(super) fn revision_of<'n>(name: &'n str, base: &str) -> Option<&'n str> {
    match name.strip_prefix(base)? {
        "" => Some(DEFAULT),
        suffix => suffix.strip_prefix('-').filter(|revision| !revision.is_empty()),
    }
}

/// The name of the `ConfigMap` of the mesh configuration that belongs to that of an injector.
pub(super) fn mesh_map_name(injector: &str) -> String {
    format!("{MESH}{}", injector.strip_prefix(INJECTOR).unwrap_or_default())
}

/// Whether two objects are in one namespace, as far as they name one.
pub(super) fn same_namespace(a: &str, b: &str) -> bool {
    a == b || a.is_empty() || b.is_empty()
}

fn required(object: &Object<'_>, key: &str) -> Result<Value, MeshFileError> {
    let Some(embedded) = Embedded::of(object, key)? else {
        let error = object.error(&["data"], format!("it has no key {key}"));
        return Err(error.with_hint(format!(
            "export it whole: kubectl get configmap -n {} {} -o yaml",
            match object.text(&["metadata", "namespace"]) {
                "" => "istio-system",
                namespace => namespace,
            },
            object.name()
        )));
    };
    let value = embedded.value()?;
    if value.is_object() { Ok(value) } else { Err(embedded.error(&[], "must be a mapping")) }
}

/// The release of an image's tag: its leading version, and what follows that is no variant of the image.
fn release_of_tag(tag: &str) -> Option<Release> {
    let tag = tag.split('@').next().unwrap_or_default();
    let tag = ["-distroless", "-debug"].iter().find_map(|variant| tag.strip_suffix(variant)).unwrap_or(tag);
    if let Ok(release) = tag.parse() {
        return Some(release);
    }
    let digits = tag.strip_prefix('v').unwrap_or(tag);
    let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
    digits.get(..end)?.trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_name_releases() {
        for (tag, release) in [
            ("1.30.3", "1.30.3"),
            ("1.30.3-distroless", "1.30.3"),
            ("1.30.2-2", "1.30.2-2"),
            ("1.30.2-2-distroless", "1.30.2-2"),
            ("v1.29.1-debug", "1.29.1"),
            ("1.31.0-rc.0", "1.31.0-rc.0"),
            ("1.30-alpha.12ab", "1.30.3"),
            ("1.30.3@sha256:0123", "1.30.3"),
        ] {
            assert_eq!(release_of_tag(tag).map(|r| r.to_string()).as_deref(), Some(release), "{tag}");
        }
        for tag in ["", "latest", "release-1.30", "2.1.0", "1"] {
            assert_eq!(release_of_tag(tag), None, "{tag}");
        }
    }

    #[test]
    fn names_tell_revisions() {
        assert_eq!(revision_of("istio-sidecar-injector", INJECTOR), Some("default"));
        assert_eq!(revision_of("istio-sidecar-injector-canary", INJECTOR), Some("canary"));
        assert_eq!(revision_of("istio-sidecar-injectors", INJECTOR), None);
        assert_eq!(revision_of("istio-", MESH), None);
    }
}
