//! A mesh as an injection sees it: release, values, mesh configuration, injector configuration, istiod's environment and
//! the cluster's nodes. Built once, then read by every pod.

use std::collections::BTreeMap;

use serde_json::Value;

use super::proxy_config::{FieldError, ProxyConfig};
use super::release::Release;
use super::selector::Selector;
use super::value::{at, text, truthy};
use super::values::{self, Values};

/// A mesh, prepared for injections.
#[derive(Debug, Clone, PartialEq)]
pub struct Mesh {
    /// The Istio release.
    pub release: Release,
    /// istiod's revision, `default` for the default one.
    pub revision: String,
    /// What `values` say about sidecars.
    pub values: Values,
    /// The mesh configuration, as far as it concerns a sidecar.
    pub config: MeshConfig,
    /// The injector's own configuration.
    pub injector: InjectorConfig,
    /// istiod's environment.
    pub env: BTreeMap<String, String>,
    /// The cluster's nodes.
    pub nodes: Nodes,
}

/// What is known of a cluster's nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nodes {
    /// Nothing.
    Unknown,
    /// All of them.
    Known(Vec<Node>),
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name; empty where only versions are known.
    pub name: String,
    /// Its kubelet's version, such as `v1.33.2`.
    pub kubelet_version: String,
}

/// The part of the mesh configuration that concerns a sidecar.
#[derive(Debug, Clone, PartialEq)]
pub struct MeshConfig {
    /// `proxyListenPort`, 15001 if zero.
    pub proxy_listen_port: i64,
    /// `proxyInboundListenPort`, 15006 if zero.
    pub proxy_inbound_listen_port: i64,
    /// `trustDomain`.
    pub trust_domain: String,
    /// `inboundTrafficPolicy.mode` is `LOCALHOST`.
    pub inbound_localhost: bool,
    /// `enablePrometheusMerge`.
    pub prometheus_merge: bool,
    /// Does an extension provider ask for OpenTelemetry's resource attributes (istio 1.30)?
    pub otel_resource_attributes: bool,
    /// `defaultConfig` over the defaults.
    pub proxy_config: ProxyConfig,
    /// `proxy_config` as the proxy gets it, for pods that do not change it.
    pub proxy_config_json: String,
}

/// The injector's own configuration (key `config` of its `ConfigMap`).
#[derive(Debug, Clone, PartialEq)]
pub struct InjectorConfig {
    /// Whether pods that say nothing are injected.
    pub policy: Policy,
    /// Pods never injected.
    pub never: Vec<Selector>,
    /// Pods always injected.
    pub always: Vec<Selector>,
    /// Annotations set on every injected pod.
    pub injected_annotations: Vec<(String, String)>,
}

/// The injector's policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Policy {
    /// Pods that say nothing are injected.
    Enabled,
    /// Pods that say nothing are left alone.
    Disabled,
    /// Any other value: no pod is ever injected.
    Other(String),
}

/// Why a mesh cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MeshError {
    /// The values are no mapping.
    #[error("istio's values must be a mapping")]
    ValuesNotAMapping,
    /// `meshConfig.defaultConfig` cannot be read.
    #[error("meshConfig.defaultConfig: {0}")]
    DefaultConfig(#[from] FieldError),
}

impl Mesh {
    /// The mesh of an installation with the user's own values (of the istiod chart) laid over the defaults;
    /// `null` for a default installation. No nodes are known.
    pub fn install(release: Release, user_values: &Value) -> Result<Self, MeshError> {
        if !user_values.is_object() && !user_values.is_null() {
            return Err(MeshError::ValuesNotAMapping);
        }
        let installed = values::of_install(&release, user_values);
        Self::from_values(release, &installed)
    }

    fn from_values(release: Release, installed: &Value) -> Result<Self, MeshError> {
        let typed = Values::from_value(installed);
        let revision = if typed.revision.is_empty() { "default".to_owned() } else { typed.revision.clone() };
        let env = typed.pilot_env.clone();
        Ok(Self {
            revision,
            config: MeshConfig::from_value(&values::chart_mesh_config(installed))?,
            injector: InjectorConfig::from_values(installed),
            env,
            nodes: Nodes::Unknown,
            values: typed,
            release,
        })
    }
}

impl MeshConfig {
    /// Reads a mesh configuration (key `mesh` of the `ConfigMap` `istio`), laid over the code's defaults.
    pub fn from_value(mesh: &Value) -> Result<Self, FieldError> {
        let proxy_config = ProxyConfig::of_mesh(mesh.get("defaultConfig").unwrap_or(&Value::Null))?;
        Ok(Self::of_proxy_config(mesh, proxy_config))
    }

    fn of_proxy_config(mesh: &Value, proxy_config: ProxyConfig) -> Self {
        let port = |key: &str, default: i64| match mesh.get(key).and_then(Value::as_i64) {
            None | Some(0) => default,
            Some(port) => port,
        };
        let providers = at(mesh, &["extensionProviders"]).and_then(Value::as_array);
        let enriches = |provider: &Value| {
            at(provider, &["opentelemetry", "serviceAttributeEnrichment"]).and_then(Value::as_str)
                == Some("OTEL_SEMANTIC_CONVENTIONS")
        };
        Self {
            proxy_listen_port: port("proxyListenPort", 15001),
            proxy_inbound_listen_port: port("proxyInboundListenPort", 15006),
            trust_domain: at(mesh, &["trustDomain"]).map_or_else(|| "cluster.local".to_owned(), |v| text(Some(v))),
            inbound_localhost: at(mesh, &["inboundTrafficPolicy", "mode"]).and_then(Value::as_str) == Some("LOCALHOST"),
            prometheus_merge: at(mesh, &["enablePrometheusMerge"]).is_none_or(|merge| truthy(Some(merge))),
            otel_resource_attributes: providers.is_some_and(|providers| providers.iter().any(enriches)),
            proxy_config_json: proxy_config.to_json(),
            proxy_config,
        }
    }
}

/// That of a default installation: all pods that say nothing are injected.
impl Default for InjectorConfig {
    fn default() -> Self {
        Self { policy: Policy::Enabled, never: Vec::new(), always: Vec::new(), injected_annotations: Vec::new() }
    }
}

impl InjectorConfig {
    /// The configuration that the chart writes for these values.
    fn from_values(values: &Value) -> Self {
        let webhook = |key: &str| at(values, &["sidecarInjectorWebhook", key]);
        let selectors = |key: &str| {
            let list = webhook(key).and_then(Value::as_array);
            list.into_iter().flatten().map(Selector::from_value).collect()
        };
        let annotations = webhook("injectedAnnotations").and_then(Value::as_object);
        Self {
            policy: match text(at(values, &["global", "proxy", "autoInject"])).as_str() {
                "enabled" => Policy::Enabled,
                "disabled" => Policy::Disabled,
                other => Policy::Other(other.to_owned()),
            },
            never: selectors("neverInjectSelector"),
            always: selectors("alwaysInjectSelector"),
            injected_annotations: annotations
                .into_iter()
                .flatten()
                .map(|(key, value)| (key.clone(), text(Some(value))))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_default_installation_can_be_read() {
        for minor in 24..=31 {
            let release = Release::newest_of(minor).unwrap();
            let mesh = Mesh::install(release, &Value::Null).unwrap();
            assert_eq!((mesh.revision.as_str(), mesh.config.proxy_config_json.as_str()), ("default", "{}"));
            assert_eq!(mesh.injector, InjectorConfig::default());
        }
    }

    #[test]
    fn a_bad_default_config_is_named() {
        let values = json!({"meshConfig": {"defaultConfig": {"tracing": {"sampling": "much"}}}});
        let error = Mesh::install("1.30".parse().unwrap(), &values).unwrap_err();
        assert_eq!(error.to_string(), "meshConfig.defaultConfig: tracing.sampling must be a number, found a string");
    }
}
