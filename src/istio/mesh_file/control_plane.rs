//! A control plane of a mesh file: the contents of one revision's `ConfigMap`s, and the mesh that they describe.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::files::{File, locate};
use super::istiod::Istiod;
use super::layers;
use crate::istio::chart::{matters, platform};
use crate::istio::mesh::MeshError;
use crate::istio::names::{DEFAULT_REVISION, label};
use crate::istio::object::{Embedded, Object, ObjectError};
use crate::istio::user_values::UserValues;
use crate::istio::value::{at, text};
use crate::istio::{Mesh, Release, schema};
use crate::k8s::Path;

/// The name of the injector's `ConfigMap` of the default revision; for others, `-` and the revision follow.
pub(super) const INJECTOR: &str = "istio-sidecar-injector";
/// The name of the mesh configuration's `ConfigMap`, with the same suffix.
pub(super) const MESH: &str = "istio";
/// The `ConfigMap` for the mesh configuration of users, where `istio…` is the vendor's (the AKS add-on).
pub(super) const SHARED: &str = "istio-shared-configmap";
/// The variable with the name of another `ConfigMap`, to which istiod applies its own.
const SHARED_ENV: &str = "SHARED_MESH_CONFIG";
/// The number of unknown fields of a mesh configuration that are named.
const MAX_UNKNOWN: usize = 10;

/// An istiod's configuration in a mesh file.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlPlane {
    /// The revision, `default` for the default one.
    pub revision: String,
    /// The namespace; empty if not in the file.
    pub namespace: String,
    /// The file of the injector's configuration.
    pub file: String,
    /// The name of the `ConfigMap` of the injector's configuration.
    pub name: String,
    /// The injector's configuration.
    pub config: Value,
    /// The values for the injector's templates.
    pub values: Value,
    /// The mesh configuration.
    pub mesh: Value,
    /// istiod's environment, if its Deployment is known.
    pub env: Option<BTreeMap<String, String>>,
    /// The version in the labels of istiod's Deployment; empty if there is none.
    pub istiod_version: String,
    /// The variables that its webhooks' URLs set in the proxies' environment.
    pub url_env: BTreeMap<String, String>,
    /// Assumptions about missing objects.
    pub assumed: Vec<String>,
    /// The release in its labels; empty if there is none.
    labelled: String,
}

/// The `ConfigMap` of a mesh configuration.
pub(super) struct MeshConfigMap {
    pub name: String,
    pub namespace: String,
    pub fields: Map<String, Value>,
}

impl MeshConfigMap {
    /// Reads a `ConfigMap`; none if it has no mesh configuration.
    pub(super) fn read(object: &Object<'_>, warnings: &mut Vec<String>) -> Result<Option<Self>, ObjectError> {
        let Some(embedded) = Embedded::of(object, "mesh")? else { return Ok(None) };
        let fields = match embedded.value()? {
            Value::Null => Map::new(),
            Value::Object(fields) => layers::with_usual_names(fields),
            _ => return Err(embedded.error(&Path::default(), "must be a mapping")),
        };
        let fields = Value::Object(fields);
        let unknown = schema::unknown_mesh_fields(&fields, MAX_UNKNOWN);
        if let Some(first) = unknown.first() {
            let name = |schema::UnknownField { path, meant }: &schema::UnknownField| match meant {
                Some(meant) => format!("{} ({meant}?)", path.join(".")),
                None => path.join("."),
            };
            let names: Vec<String> = unknown.iter().map(name).collect();
            let message = format!("unknown fields, which istiod ignores: {}", names.join(", "));
            let path = Path::of_keys(first.path.iter().map(String::as_str));
            warnings.push(embedded.error(&path, message).to_string());
        }
        let Value::Object(fields) = fields else { return Ok(None) };
        let namespace = object.text(&["metadata", "namespace"]).to_owned();
        Ok(Some(Self { name: object.name().to_owned(), namespace, fields }))
    }
}

impl ControlPlane {
    /// Reads the injector's `ConfigMap`.
    pub(super) fn read(object: &Object<'_>) -> Result<Self, ObjectError> {
        let config = required(object, "config")?;
        let config = mapping(&config)?;
        let embedded = required(object, "values")?;
        let values = mapping(&embedded)?;
        if let Some(wrong) = schema::wrong_type(&values) {
            let path = Path::of_keys(wrong.path.iter().map(String::as_str));
            let message = format!("{} must be {}: istiod cannot load it", wrong.path.join("."), wrong.expected);
            return Err(ObjectError { hint: wrong.hint.map(str::to_owned), ..embedded.error(&path, message) });
        }
        Ok(Self {
            revision: revision_of(object.name(), INJECTOR).unwrap_or(DEFAULT_REVISION).to_owned(),
            namespace: object.text(&["metadata", "namespace"]).to_owned(),
            file: object.file.to_owned(),
            name: object.name().to_owned(),
            config,
            values,
            mesh: Value::Null,
            env: None,
            istiod_version: String::new(),
            url_env: BTreeMap::new(),
            assumed: Vec::new(),
            labelled: object.text(&["metadata", "labels", label::APP_VERSION]).to_owned(),
        })
    }

    /// Adds the mesh configuration and istiod's environment from the other objects.
    pub(super) fn complete(&mut self, mesh_configs: &[MeshConfigMap], istiods: &[Istiod]) {
        let mine =
            |istiod: &&Istiod| istiod.revision == self.revision && same_namespace(&istiod.namespace, &self.namespace);
        if let Some(istiod) = istiods.iter().find(mine) {
            self.assumed.extend(istiod.elsewhere.iter().filter(|name| matters(name)).map(|name| {
                format!("the value of istiod's {name} is not in its Deployment, so it is treated as unset (pass --istiod-env)")
            }));
            self.env = Some(istiod.env.clone());
            self.istiod_version.clone_from(&istiod.version_label);
        }
        let suffix = self.suffix().to_owned();
        let map = |name: &str| {
            let found =
                mesh_configs.iter().find(|map| map.name == name && same_namespace(&map.namespace, &self.namespace));
            found.map(|map| map.fields.clone())
        };
        let shared = self.env.as_ref().and_then(|env| env.get(SHARED_ENV)).filter(|name| !name.is_empty());
        let shared = shared.cloned().unwrap_or_else(|| format!("{SHARED}{suffix}"));
        let name = format!("{MESH}{suffix}");
        let own = map(&name);
        if own.is_none() {
            self.assumed.push(format!("ConfigMap {name} is not in {}: using istio's defaults", self.file));
        }
        let mut fields = map(&shared).unwrap_or_default();
        layers::lay_over(&mut fields, own.unwrap_or_default());
        self.mesh = Value::Object(fields);
    }

    /// The release in the values' tag, if there is one.
    pub fn tagged(&self) -> Option<Release> {
        Release::of_tag(&text(at(&self.values, &["global", "tag"])))
    }

    /// The release in the values' tag. `files` are the files of the mesh, for the place of an error.
    pub fn release(&self, files: &[File]) -> Result<Release, ObjectError> {
        let written = text(at(&self.values, &["global", "tag"]));
        Release::of_tag(&written).ok_or_else(|| {
            let what = if written.is_empty() {
                "global.tag is not set".to_owned()
            } else {
                format!("global.tag is {written:?}, which does not begin with an Istio version")
            };
            // The label may also be a version of the vendor that packaged the chart.
            let hint = match Release::of_tag(&self.labelled).filter(Release::is_built_in) {
                Some(release) => format!("pass --istio {release}, as in the ConfigMap's label {}", label::APP_VERSION),
                None => "pass --istio, for example --istio 1.30.3".to_owned(),
            };
            let message = format!("{what}: the release is unknown");
            let path = Path::of_keys(["global", "tag"]);
            let error = locate(files, &self.name, "values", &path, &message);
            error.unwrap_or_else(|| self.error("values", message)).with_hint(hint)
        })
    }

    /// The mesh of this release with the user's values applied. The nodes are unknown. `files` are the files of the
    /// mesh, for the place of an error.
    pub fn mesh(&self, release: Release, user_values: &UserValues, files: &[File]) -> Result<Mesh, ObjectError> {
        let changes = user_values
            .changes(&release)
            .map_err(|error| ObjectError::new(error.to_string()).with_hint(error.hint()))?;
        let merged = changes.over(&self.config, &self.values, &self.mesh);
        let mut mesh = Mesh::from_config(release, &merged.config, merged.values, merged.mesh).map_err(|error| {
            let suffix = self.suffix();
            let (name, key, path) = match &error {
                MeshError::Config(field) => (format!("{MESH}{suffix}"), "mesh", field.path.clone()),
                MeshError::Injector(key) => (self.name.clone(), "config", key.path.clone()),
                MeshError::ValuesNotAMapping | MeshError::Profile(_) | MeshError::Refused { .. } => {
                    (self.name.clone(), "values", String::new())
                }
            };
            let path = Path::of_keys(path.split('.'));
            locate(files, &name, key, &path, &error.to_string()).unwrap_or_else(|| self.error(key, error.to_string()))
        })?;
        mesh.env.extend(platform(&self.values));
        if let Some(env) = &self.env {
            mesh.env.clone_from(env);
        }
        mesh.env.extend(changes.env());
        let revision = self.env.as_ref().and_then(|env| env.get("REVISION"));
        if let Some(revision) = revision.filter(|revision| !revision.is_empty()) {
            mesh.revision.clone_from(revision);
        }
        mesh.url_env.clone_from(&self.url_env);
        Ok(mesh)
    }

    /// `NAMESPACE/NAME` of its `ConfigMap`.
    pub(super) fn display_name(&self) -> String {
        if self.namespace.is_empty() { self.name.clone() } else { format!("{}/{}", self.namespace, self.name) }
    }

    /// The suffix in the names of its `ConfigMap`s: `-` and the revision, or nothing.
    fn suffix(&self) -> &str {
        let suffix = self.name.strip_prefix(INJECTOR);
        debug_assert!(suffix.is_some(), "the name was recognized by its start");
        suffix.unwrap_or("")
    }

    fn error(&self, key: &str, message: String) -> ObjectError {
        let about = format!("ConfigMap {}, key {key}", self.name);
        ObjectError { file: self.file.clone(), about, ..ObjectError::new(message) }
    }
}

/// The revision in the name of a `ConfigMap`; none if the name does not start with `base`.
pub(super) fn revision_of<'n>(name: &'n str, base: &str) -> Option<&'n str> {
    match name.strip_prefix(base)? {
        "" => Some(DEFAULT_REVISION),
        suffix => suffix.strip_prefix('-').filter(|revision| !revision.is_empty()),
    }
}

/// Whether two objects may be in the same namespace; an empty namespace is unknown.
pub(super) fn same_namespace(a: &str, b: &str) -> bool {
    a == b || a.is_empty() || b.is_empty()
}

fn required<'o, 'a>(object: &'o Object<'a>, key: &'o str) -> Result<Embedded<'o, 'a>, ObjectError> {
    Embedded::of(object, key)?.ok_or_else(|| {
        let namespace = match object.text(&["metadata", "namespace"]) {
            "" => "istio-system",
            namespace => namespace,
        };
        let hint =
            format!("export the whole ConfigMap: kubectl get configmap -n {namespace} {} -o yaml", object.name());
        object.error(&["data"], format!("key {key} is missing")).with_hint(hint)
    })
}

fn mapping(embedded: &Embedded<'_, '_>) -> Result<Value, ObjectError> {
    let value = embedded.value()?;
    if value.is_object() { Ok(value) } else { Err(embedded.error(&Path::default(), "must be a mapping")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_with_the_revision() {
        assert_eq!(revision_of("istio-sidecar-injector", INJECTOR), Some("default"));
        assert_eq!(revision_of("istio-sidecar-injector-canary", INJECTOR), Some("canary"));
        assert_eq!(revision_of("istio-sidecar-injectors", INJECTOR), None);
        assert_eq!(revision_of("istio-", MESH), None);
    }
}
