//! A mesh: release, values, mesh configuration, injector configuration, istiod's environment and the cluster's nodes.
//! It is built once and used for all pods.

use std::collections::BTreeMap;

use serde_json::Value;

use super::chart::Chart;
use super::cluster_objects::ProxyConfigs;
use super::effective_config::{AppliedObjects, EffectiveConfig};
use super::injector::{InjectorConfig, InjectorConfigError};
use super::mesh_config::MeshConfig;
use super::names::DEFAULT_REVISION;
use super::nodes::Nodes;
use super::platform::Ruling;
use super::profiles::UnknownProfile;
use super::proxy_config::ProxyConfigError;
use super::release::Release;
use super::value::{at, text};
use super::values::Values;
use super::{schema, webhooks};
use crate::diagnostic::{Code, Diagnostic, ExitCode};

/// A mesh, ready to inject pods.
#[derive(Debug, Clone, PartialEq)]
pub struct Mesh {
    /// The Istio release.
    pub release: Release,
    /// istiod's revision, `default` for the default one.
    pub revision: String,
    /// The values that sidecars depend on.
    pub values: Values,
    /// All values, for the mesh's own templates.
    pub all_values: Value,
    /// The mesh configuration that sidecars depend on.
    pub config: MeshConfig,
    /// The injector's configuration.
    pub injector: InjectorConfig,
    /// istiod's environment.
    pub env: BTreeMap<String, String>,
    /// Variables that the webhook's URL sets in the proxy's environment (`/inject/cluster/a/net/b`).
    pub url_env: BTreeMap<String, String>,
    /// The cluster's nodes.
    pub nodes: Nodes,
    /// The vendor's ruling about pods without an annotation, if istiod's environment is not known.
    pub ruling: Option<Ruling>,
    proxy_configs: AppliedObjects,
}

/// Why a mesh cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MeshError {
    /// The values are not a mapping.
    #[error("istio's values must be a mapping")]
    ValuesNotAMapping,
    /// The injector's configuration cannot be read.
    #[error(transparent)]
    Injector(#[from] InjectorConfigError),
    /// A field of the mesh configuration cannot be read.
    #[error("meshConfig.{0}")]
    Config(#[from] ProxyConfigError),
    /// The values select a profile that the release does not have.
    #[error(transparent)]
    Profile(#[from] UnknownProfile),
    /// With this value, another configuration than the chart's determines the sidecars.
    #[error("{path} is {value}{by}: {why}")]
    Refused {
        /// The value's path.
        path: &'static str,
        /// The value.
        value: String,
        /// The profile that sets it, in parentheses; empty if none does.
        by: String,
        /// The consequence.
        why: &'static str,
    },
}

impl From<&MeshError> for Diagnostic {
    fn from(error: &MeshError) -> Self {
        Self { hint: error.hint(), ..Self::error(Code::InvalidMesh, ExitCode::Mesh, error.to_string()) }
    }
}

impl MeshError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Profile(unknown) => Some(unknown.hint()),
            Self::Refused { .. } => {
                Some("pass --mesh-file with the ConfigMaps of the istiod that makes the sidecars".to_owned())
            }
            _ => None,
        }
    }
}

impl Mesh {
    /// The mesh of an installation with these values of the istiod chart, or `null` for a default installation. The
    /// nodes are unknown.
    pub fn install(release: Release, user_values: &Value) -> Result<Self, MeshError> {
        if !user_values.is_object() && !user_values.is_null() {
            return Err(MeshError::ValuesNotAMapping);
        }
        let chart = Chart::of_install(&release, user_values)?;
        if let Some(schema::Refusal { path, why }) = schema::refused(|path| chart.at(path)) {
            let keys: Vec<&str> = path.split('.').collect();
            let profile = at(user_values, &["profile"]).or_else(|| at(user_values, &["global", "profile"]));
            let profile = profile.and_then(Value::as_str).filter(|_| at(user_values, &keys).is_none());
            let by = profile.map_or_else(String::new, |profile| format!(" (profile {profile})"));
            return Err(MeshError::Refused { path, value: text(chart.at(&keys)), by, why });
        }
        let injector = InjectorConfig::of_install(&chart.injector_config(), &release)?;
        let config = MeshConfig::from_value(chart.mesh_config(), &release)?;
        let values = chart.injector_values();
        let typed = Values::from_value(&values);
        Ok(Self {
            all_values: values,
            env: chart.env(),
            url_env: webhooks::url_env(&chart.injection_path()),
            ..Self::new(release, injector, typed, config)
        })
    }

    /// The mesh of an installation that may be older than those that are built in: its decisions are known, but its sidecar
    /// cannot be rendered.
    pub fn install_any(release: Release, user_values: &Value) -> Result<Self, MeshError> {
        let of_values = Release::built_in().find(|oldest| oldest.minor() > release.minor());
        let installed = of_values.filter(|_| !release.is_built_in()).unwrap_or_else(|| release.clone());
        Ok(Self { release, ..Self::install(installed, user_values)? })
    }

    /// A mesh from the contents of its `ConfigMap`s: the injector's `config` and `values`, and istiod's `mesh`.
    pub fn from_config(release: Release, config: &Value, values: Value, mesh: Value) -> Result<Self, MeshError> {
        if !values.is_object() {
            return Err(MeshError::ValuesNotAMapping);
        }
        let mesh = MeshConfig::from_value(mesh, &release)?;
        let injector = InjectorConfig::from_value(config, &release)?;
        let typed = Values::from_value(&values);
        Ok(Self { all_values: values, ..Self::new(release, injector, typed, mesh) })
    }

    /// Applies the `ProxyConfig` objects of the cluster. Call it once, before any pod is injected.
    pub fn apply(&mut self, objects: &ProxyConfigs) {
        self.proxy_configs = AppliedObjects::prepare(objects, &mut self.config, &self.revision);
    }

    /// The proxy's configuration for a pod with these labels in a namespace. `annotation` is the value of
    /// `proxy.istio.io/config`.
    pub fn proxy_config<'l>(
        &self,
        namespace: &str,
        label: &impl Fn(&str) -> Option<&'l str>,
        annotation: Option<&Value>,
    ) -> Result<EffectiveConfig<'_>, ProxyConfigError> {
        self.proxy_configs.effective(&self.config, namespace, label, annotation)
    }

    fn new(release: Release, injector: InjectorConfig, values: Values, config: MeshConfig) -> Self {
        Self {
            revision: if values.revision.is_empty() { DEFAULT_REVISION.to_owned() } else { values.revision.clone() },
            config,
            injector,
            env: values.pilot_env.clone(),
            url_env: BTreeMap::new(),
            nodes: Nodes::Unknown,
            ruling: None,
            proxy_configs: AppliedObjects::default(),
            values,
            all_values: Value::Null,
            release,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::istio::ReleaseChange;
    use serde_json::json;

    #[test]
    fn the_default_installation_can_be_read() {
        for release in Release::built_in() {
            let yaml_answers = !release.has(ReleaseChange::ExactAnswers);
            let mesh = Mesh::install(release, &Value::Null).unwrap();
            assert_eq!((mesh.revision.as_str(), mesh.config.proxy_config_json.as_str()), ("default", "{}"));
            assert_eq!(mesh.injector, InjectorConfig { yaml_answers, ..InjectorConfig::default() });
        }
    }

    #[test]
    fn values_for_sidecars_of_another_istiod_are_refused() {
        let error = |values: serde_json::Value| Mesh::install("1.30".parse().unwrap(), &values).unwrap_err();
        let remote = error(json!({"profile": "remote"}));
        assert!(remote.to_string().starts_with("configMap is false (profile remote): "), "{remote}");
        let omitted = error(json!({"global": {"omitSidecarInjectorConfigMap": true}}));
        assert!(omitted.to_string().starts_with("global.omitSidecarInjectorConfigMap is true: "), "{omitted}");
        assert!(omitted.hint().unwrap().contains("--mesh-file"));
    }

    #[test]
    fn the_webhook_path_sets_variables() {
        let values = json!({"istiodRemote": {"injectionPath": "/inject/cluster/east/net/n1"}});
        let mesh = Mesh::install("1.30".parse().unwrap(), &values).unwrap();
        let set: Vec<(&str, &str)> = mesh.url_env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(set, [("ISTIO_META_CLUSTER_ID", "east"), ("ISTIO_META_NETWORK", "n1")]);
        assert!(Mesh::install("1.30".parse().unwrap(), &Value::Null).unwrap().url_env.is_empty());
    }

    #[test]
    fn the_chart_does_not_pass_on_the_crl_config_map_name() {
        let values = json!({"pilot": {"crlConfigMapName": "crl2"}});
        assert_eq!(Mesh::install("1.30".parse().unwrap(), &values).unwrap().values.crl_config_map, "");
    }

    #[test]
    fn errors_name_the_field_of_the_default_config() {
        let values = json!({"meshConfig": {"defaultConfig": {"tracing": {"sampling": "much"}}}});
        let error = Mesh::install("1.30".parse().unwrap(), &values).unwrap_err();
        assert_eq!(error.to_string(), "meshConfig.defaultConfig.tracing.sampling must be a number, found a string");
    }
}
