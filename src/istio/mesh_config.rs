//! The part of the mesh configuration that sidecars depend on.

use serde_json::Value;

use super::proxy_config::{self, ProxyConfig, ProxyConfigError};
use super::release::Release;
use super::value::at;

/// The part of the mesh configuration that sidecars depend on.
#[derive(Debug, Clone, PartialEq)]
pub struct MeshConfig {
    /// `proxyListenPort`; 15001 if zero.
    pub proxy_listen_port: i64,
    /// `proxyInboundListenPort`; 15006 if zero.
    pub proxy_inbound_listen_port: i64,
    /// `rootNamespace`, in which objects apply to the whole mesh.
    pub root_namespace: String,
    /// `trustDomain`.
    pub trust_domain: String,
    /// Whether `inboundTrafficPolicy.mode` is `LOCALHOST`.
    pub inbound_localhost: bool,
    /// `enablePrometheusMerge`.
    pub prometheus_merge: bool,
    /// Whether an extension provider requests OpenTelemetry's resource attributes (istio 1.30).
    pub otel_resource_attributes: bool,
    /// The whole mesh configuration as it was written, for the mesh's own templates.
    pub fields: Value,
    /// The defaults with `defaultConfig` and the root namespace's `ProxyConfig` object applied.
    pub proxy_config: ProxyConfig,
    /// `proxy_config` as JSON for proxies, for pods that do not change it.
    pub proxy_config_json: String,
}

impl MeshConfig {
    /// Reads a mesh configuration (key `mesh` of the `ConfigMap` `istio`) and applies it to the defaults of Istio's
    /// code.
    pub fn from_value(fields: Value, release: &Release) -> Result<Self, ProxyConfigError> {
        let mesh = &fields;
        let proxy_config = ProxyConfig::of_mesh(mesh.get("defaultConfig").unwrap_or(&Value::Null), release)?;
        let known = proxy_config::read_mesh(mesh, release)?;
        let port = |key: &str, default: i64| match known.get(key).and_then(Value::as_i64) {
            None | Some(0) => default,
            Some(port) => port,
        };
        let text = |key: &str, default: &str| known.get(key).and_then(Value::as_str).unwrap_or(default).to_owned();
        let providers = at(mesh, &["extensionProviders"]).and_then(Value::as_array);
        let enriches = |provider: &Value| {
            at(provider, &["opentelemetry", "serviceAttributeEnrichment"]).and_then(Value::as_str)
                == Some("OTEL_SEMANTIC_CONVENTIONS")
        };
        Ok(Self {
            proxy_listen_port: port("proxyListenPort", 15001),
            proxy_inbound_listen_port: port("proxyInboundListenPort", 15006),
            root_namespace: text("rootNamespace", "istio-system"),
            trust_domain: text("trustDomain", "cluster.local"),
            inbound_localhost: at(&known, &["inboundTrafficPolicy", "mode"]).is_some_and(|mode| mode == "LOCALHOST"),
            prometheus_merge: known.get("enablePrometheusMerge").and_then(Value::as_bool).unwrap_or(true),
            otel_resource_attributes: providers.is_some_and(|providers| providers.iter().any(enriches)),
            proxy_config_json: proxy_config.to_json(),
            proxy_config,
            fields,
        })
    }
}
