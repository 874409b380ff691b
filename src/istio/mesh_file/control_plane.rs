//! A control plane of a mesh file: what the `ConfigMap`s of one revision say, and the mesh that they make.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::files::{File, locate};
use super::istiod::Istiod;
use super::layers;
use crate::istio::chart::{matters, platform};
use crate::istio::mesh::MeshError;
use crate::istio::names::{DEFAULT_REVISION, label};
use crate::istio::object::{Embedded, Object, ObjectError, Step};
use crate::istio::user_values::UserValues;
use crate::istio::value::{at, text};
use crate::istio::{Mesh, Release, schema};

/// The name of the injector's `ConfigMap`; that of another revision than the default one has the revision behind it.
pub(super) const INJECTOR: &str = "istio-sidecar-injector";
/// The name of the `ConfigMap` of the mesh configuration, likewise.
pub(super) const MESH: &str = "istio";
/// What a vendor's users may set, where `istio…` is the vendor's own (the AKS add-on).
pub(super) const SHARED: &str = "istio-shared-configmap";
/// The variable that names istiod a `ConfigMap` to lay its own over.
const SHARED_ENV: &str = "SHARED_MESH_CONFIG";
/// So many unknown fields of a mesh configuration are named.
const MAX_UNKNOWN: usize = 10;

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
    /// The mesh configuration.
    pub mesh: Value,
    /// istiod's environment, where its Deployment is known.
    pub env: Option<BTreeMap<String, String>>,
    /// What its webhooks' URLs set in the proxies' environment.
    pub url_env: BTreeMap<String, String>,
    /// What was not found, and what counts instead.
    pub assumed: Vec<String>,
    /// The release that its labels name.
    labelled: String,
}

/// The `ConfigMap` of a mesh configuration.
pub(super) struct MeshConfigMap {
    pub name: String,
    pub namespace: String,
    pub fields: Map<String, Value>,
}

impl MeshConfigMap {
    /// Reads a `ConfigMap`, if it has a mesh configuration. Adds what is odd about it.
    pub(super) fn read(object: &Object<'_>, warnings: &mut Vec<String>) -> Result<Option<Self>, ObjectError> {
        let Some(embedded) = Embedded::of(object, "mesh")? else { return Ok(None) };
        let fields = match embedded.value()? {
            Value::Null => Map::new(),
            Value::Object(fields) => layers::with_usual_names(fields),
            _ => return Err(embedded.error(&[], "must be a mapping")),
        };
        let fields = Value::Object(fields);
        let unknown = schema::unknown_mesh_fields(&fields, MAX_UNKNOWN);
        if let Some(first) = unknown.first() {
            let name = |schema::UnknownField { path, meant }: &schema::UnknownField| match meant {
                Some(meant) => format!("{} ({meant}?)", path.join(".")),
                None => path.join("."),
            };
            let names: Vec<String> = unknown.iter().map(name).collect();
            let message = format!("unknown fields, which istiod passes over: {}", names.join(", "));
            let path: Vec<Step> = first.path.iter().cloned().map(Step::Key).collect();
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
            let path: Vec<Step> = wrong.path.iter().cloned().map(Step::Key).collect();
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
            url_env: BTreeMap::new(),
            assumed: Vec::new(),
            labelled: object.text(&["metadata", "labels", label::APP_VERSION]).to_owned(),
        })
    }

    /// Takes what belongs to it of the other objects.
    pub(super) fn complete(&mut self, mesh_configs: &[MeshConfigMap], istiods: &[Istiod]) {
        let mine =
            |istiod: &&Istiod| istiod.revision == self.revision && same_namespace(&istiod.namespace, &self.namespace);
        if let Some(istiod) = istiods.iter().find(mine) {
            self.assumed.extend(istiod.elsewhere.iter().filter(|name| matters(name)).map(|name| {
                format!("istiod's {name} comes from elsewhere than its Deployment, and counts as unset (--istiod-env says it)")
            }));
            self.env = Some(istiod.env.clone());
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
            self.assumed.push(format!("ConfigMap {name}: not in {}, istio's own defaults", self.file));
        }
        let mut fields = map(&shared).unwrap_or_default();
        layers::lay_over(&mut fields, own.unwrap_or_default());
        self.mesh = Value::Object(fields);
    }

    /// The release that the values' tag names, if it names one.
    pub fn tagged(&self) -> Option<Release> {
        Release::of_tag(&text(at(&self.values, &["global", "tag"])))
    }

    /// The release that the values' tag names. `files` are those that it was read from, to tell places.
    pub fn release(&self, files: &[File]) -> Result<Release, ObjectError> {
        let written = text(at(&self.values, &["global", "tag"]));
        Release::of_tag(&written).ok_or_else(|| {
            let what = if written.is_empty() {
                "global.tag is not set".to_owned()
            } else {
                format!("global.tag is {written:?}, which does not begin with an Istio version")
            };
            // The label may also be the version of whoever packed the chart.
            let hint = match Release::of_tag(&self.labelled).filter(Release::is_built_in) {
                Some(release) => format!("pass --istio {release}, as in the ConfigMap's label {}", label::APP_VERSION),
                None => "pass --istio, for example --istio 1.30.3".to_owned(),
            };
            let message = format!("{what}: the release cannot be told");
            let path = ["global", "tag"].map(|key| Step::Key(key.to_owned()));
            let error = locate(files, &self.name, "values", &path, &message);
            error.unwrap_or_else(|| self.error("values", message)).with_hint(hint)
        })
    }

    /// The mesh, of this release, with settings laid over it. No nodes are known. `files` are those that it was read
    /// from, to tell places.
    pub fn mesh(&self, release: Release, settings: &UserValues, files: &[File]) -> Result<Mesh, ObjectError> {
        let changes =
            settings.changes(&release).map_err(|error| ObjectError::new(error.to_string()).with_hint(error.hint()))?;
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
            let path: Vec<Step> = path.split('.').map(|key| Step::Key(key.to_owned())).collect();
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

    /// What the names of its `ConfigMap`s end with: `-` and the revision, or nothing.
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

/// The revision in the name of a `ConfigMap`; none if it is another `ConfigMap`.
pub(super) fn revision_of<'n>(name: &'n str, base: &str) -> Option<&'n str> {
    match name.strip_prefix(base)? {
        "" => Some(DEFAULT_REVISION),
        suffix => suffix.strip_prefix('-').filter(|revision| !revision.is_empty()),
    }
}

/// Whether two objects are in one namespace, as far as they name one.
pub(super) fn same_namespace(a: &str, b: &str) -> bool {
    a == b || a.is_empty() || b.is_empty()
}

fn required<'o, 'a>(object: &'o Object<'a>, key: &'o str) -> Result<Embedded<'o, 'a>, ObjectError> {
    Embedded::of(object, key)?.ok_or_else(|| {
        let namespace = match object.text(&["metadata", "namespace"]) {
            "" => "istio-system",
            namespace => namespace,
        };
        let hint = format!("export it whole: kubectl get configmap -n {namespace} {} -o yaml", object.name());
        object.error(&["data"], format!("it has no key {key}")).with_hint(hint)
    })
}

fn mapping(embedded: &Embedded<'_, '_>) -> Result<Value, ObjectError> {
    let value = embedded.value()?;
    if value.is_object() { Ok(value) } else { Err(embedded.error(&[], "must be a mapping")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_revisions() {
        assert_eq!(revision_of("istio-sidecar-injector", INJECTOR), Some("default"));
        assert_eq!(revision_of("istio-sidecar-injector-canary", INJECTOR), Some("canary"));
        assert_eq!(revision_of("istio-sidecar-injectors", INJECTOR), None);
        assert_eq!(revision_of("istio-", MESH), None);
    }
}
