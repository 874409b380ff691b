//! The proxy's configuration (`ProxyConfig`): read from `meshConfig.defaultConfig` and from the pod annotation
//! `proxy.istio.io/config`, validated as istiod does, merged, and written as JSON for the proxy.

mod check;
mod duration;
mod read;

use serde_json::{Map, Value, json};

pub use read::ProxyConfigError;
use read::Zeros;

use super::message_fields::{Kind, MESH_CONFIG_READ, PROXY_CONFIG};
use super::release::Release;

/// Fields that are written only if they differ from the default (`protoToJSON`, pkg/kube/inject).
const WRITTEN_IF_CHANGED: [&str; 14] = [
    "configPath",
    "binaryPath",
    "controlPlaneAuthPolicy",
    "serviceCluster",
    "drainDuration",
    "terminationDrainDuration",
    "discoveryAddress",
    "envoyMetricsService",
    "envoyAccessLogService",
    "tracing",
    "proxyAdminPort",
    "statNameLength",
    "statusPort",
    "concurrency",
];

/// Subfields of `proxyHeaders` that stay if the configuration that is applied does not set them.
pub(super) const KEPT_HEADERS: [&str; 5] =
    ["forwardedClientCert", "requestId", "attemptCount", "server", "envoyDebugHeaders"];

/// A proxy configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct ProxyConfig {
    fields: Map<String, Value>,
    /// The release that reads it.
    release: Release,
}

/// Reads the part of a mesh configuration that sidecars depend on, except `defaultConfig`.
pub(super) fn read_mesh(mesh: &Value, release: &Release) -> Result<Value, ProxyConfigError> {
    if mesh.is_null() {
        return Ok(Value::Null);
    }
    read::message(mesh, &MESH_CONFIG_READ, (Zeros::Kept, release), "").map(Value::Object)
}

impl ProxyConfig {
    /// The defaults of Istio's code (pkg/config/mesh, the same in all built-in releases).
    fn defaults() -> Map<String, Value> {
        let fields = json!({
            "configPath": "./etc/istio/proxy",
            "binaryPath": "/usr/local/bin/envoy",
            "serviceCluster": "istio-proxy",
            "drainDuration": "45s",
            "discoveryAddress": "istiod.istio-system.svc:15012",
            "proxyAdminPort": 15000,
            "controlPlaneAuthPolicy": "MUTUAL_TLS",
            "statNameLength": 189,
            "statusPort": 15020,
            "terminationDrainDuration": "5s"
        });
        match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }

    /// The defaults with a mesh's `defaultConfig` applied, explicit zeros included.
    pub fn of_mesh(default_config: &Value, release: &Release) -> Result<Self, ProxyConfigError> {
        let mut config = Self { fields: Self::defaults(), release: release.clone() };
        if !default_config.is_null() {
            let upper = read::message(default_config, &PROXY_CONFIG, (Zeros::Kept, release), "defaultConfig")?;
            config.lay_over(upper);
        }
        Ok(config)
    }

    /// Validates a pod's annotation as istiod does: applied to the defaults, not to the mesh's configuration.
    pub fn check_annotation(value: &Value, release: &Release) -> Result<(), Vec<ProxyConfigError>> {
        let mut config = Self { fields: Self::defaults(), release: release.clone() };
        if !value.is_null() {
            let upper = read::message(value, &PROXY_CONFIG, (Zeros::Kept, release), "");
            let upper = upper.map_err(|error| vec![error])?;
            config.lay_over(upper);
        }
        let errors = check::check(&config.fields);
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// This configuration with a pod's annotation applied. As in istiod, explicit zeros are ignored.
    pub fn with_annotation(&self, value: &Value) -> Result<Self, ProxyConfigError> {
        let mut config = self.clone();
        if !value.is_null() {
            config.lay_over(read::message(value, &PROXY_CONFIG, (Zeros::Dropped, &self.release), "")?);
        }
        Ok(config)
    }

    /// Applies the fields of `upper`. They replace those of the same name, but `proxyMetadata` is merged by key, and
    /// some proxy headers stay.
    pub(super) fn lay_over(&mut self, upper: Map<String, Value>) {
        for (name, mut value) in upper {
            match (name.as_str(), self.fields.get_mut(&name)) {
                ("proxyMetadata", Some(Value::Object(below))) => {
                    if let Value::Object(above) = value {
                        below.extend(above);
                        below.sort_keys();
                    }
                    continue;
                }
                ("proxyHeaders", Some(Value::Object(below))) => {
                    if let Value::Object(above) = &mut value {
                        let kept = below.iter().filter(|(header, _)| KEPT_HEADERS.contains(&header.as_str()));
                        let mut all: Map<_, _> = kept.map(|(key, value)| (key.clone(), value.clone())).collect();
                        all.append(above);
                        *above = in_declaration_order("proxyHeaders", all);
                    }
                }
                _ => {}
            }
            let group = PROXY_CONFIG.iter().find(|field| field.name == name).and_then(|field| field.one_of);
            if let Some(group) = group {
                let others = PROXY_CONFIG.iter().filter(|field| field.one_of == Some(group) && field.name != name);
                for other in others {
                    self.fields.shift_remove(other.name);
                }
            }
            self.fields.insert(name, value);
        }
    }

    /// All fields that are set, by their JSON names.
    pub fn fields(&self) -> Value {
        Value::Object(self.fields.clone())
    }

    fn text(&self, name: &str) -> &str {
        self.fields.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// `REDIRECT`, `TPROXY` or `NONE`.
    pub fn interception_mode(&self) -> &str {
        match self.text("interceptionMode") {
            "" => "REDIRECT",
            mode => mode,
        }
    }

    /// Whether the application waits for the proxy.
    pub fn hold_application(&self) -> bool {
        self.fields.get("holdApplicationUntilProxyStarts").and_then(Value::as_bool).unwrap_or_default()
    }

    /// The agent's status port.
    pub fn status_port(&self) -> i64 {
        self.fields.get("statusPort").and_then(Value::as_i64).unwrap_or_default()
    }

    /// The image's variant if `image` is set; it may be empty.
    pub fn image_type(&self) -> Option<&str> {
        let image = self.fields.get("image")?;
        Some(image.get("imageType").and_then(Value::as_str).unwrap_or_default())
    }

    /// Environment variables of the proxy, sorted by name.
    pub fn metadata(&self) -> impl Iterator<Item = (&str, &str)> {
        let metadata = self.fields.get("proxyMetadata").and_then(Value::as_object);
        metadata.into_iter().flatten().map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
    }

    /// Sets an environment variable of the proxy.
    pub fn set_metadata(&mut self, name: &str, value: &str) {
        let metadata = self.fields.entry("proxyMetadata").or_insert_with(|| Value::Object(Map::new()));
        if let Some(metadata) = metadata.as_object_mut() {
            metadata.insert(name.to_owned(), value.into());
        }
    }

    /// An environment variable of the proxy.
    pub fn metadata_value(&self, name: &str) -> Option<&str> {
        self.fields.get("proxyMetadata")?.get(name)?.as_str()
    }

    /// The certificate file of the tracer's TLS settings; `Some("")` if the settings do not name one.
    pub fn tracing_ca_certificates(&self) -> Option<&str> {
        let settings = self.fields.get("tracing")?.get("tlsSettings")?;
        Some(settings.get("caCertificates").and_then(Value::as_str).unwrap_or_default())
    }

    /// The configuration as compact JSON for the proxy: fields in declaration order, without defaults.
    pub fn to_json(&self) -> String {
        let default = Self::defaults();
        let mut out = String::from("{");
        for field in &PROXY_CONFIG {
            let Some(value) = self.fields.get(field.name) else { continue };
            let unchanged = WRITTEN_IF_CHANGED.contains(&field.name) && default.get(field.name) == Some(value);
            let zero = match value {
                Value::String(text) => {
                    text.is_empty() || matches!(&field.kind, Kind::Enum(names) if names.first() == Some(&text.as_str()))
                }
                Value::Number(number) => number.as_i64() == Some(0) && !matches!(field.kind, Kind::Wrapped(_)),
                Value::Array(items) => items.is_empty(),
                Value::Object(map) => map.is_empty() && matches!(field.kind, Kind::Map(_)),
                _ => false,
            };
            if unchanged || (zero && field.one_of.is_none()) {
                continue;
            }
            if out.len() > 1 {
                out.push(',');
            }
            gostd::json::append_string(&mut out, field.name, true);
            out.push(':');
            gostd::json::append(&mut out, value);
        }
        out.push('}');
        out
    }
}

/// The fields of a nested message in declaration order. `message` is the field that contains it.
fn in_declaration_order(message: &str, mut fields: Map<String, Value>) -> Map<String, Value> {
    let declared = PROXY_CONFIG.iter().find(|field| field.name == message).map(|field| &field.kind);
    let Some(Kind::Message(declared)) = declared else { return fields };
    declared.iter().filter_map(|field| fields.remove_entry(field.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release() -> Release {
        "1.30".parse().unwrap()
    }

    fn default() -> ProxyConfig {
        ProxyConfig::of_mesh(&Value::Null, &release()).unwrap()
    }

    #[test]
    fn the_default_is_written_as_nothing() {
        assert_eq!(default().to_json(), "{}");
    }

    #[test]
    fn fields_are_written_in_declaration_order_without_defaults() {
        let annotation = json!({
            "image": {"imageType": "debug"},
            "extra_stat_tags": ["a"],
            "tracing": {"sampling": 12.5, "zipkin": {"address": "zipkin.obs:9411"}},
            "terminationDrainDuration": "1m",
            "concurrency": 0,
            "drainDuration": "45s",
            "unknown": 1,
            "proxyMetadata": {"B": "<2>", "A": "1"}
        });
        ProxyConfig::check_annotation(&annotation, &release()).unwrap();
        let json = default().with_annotation(&annotation).unwrap().to_json();
        assert_eq!(
            json,
            "{\"concurrency\":0,\"tracing\":{\"zipkin\":{\"address\":\"zipkin.obs:9411\"},\"sampling\":12.5},\
             \"proxyMetadata\":{\"A\":\"1\",\"B\":\"\\u003c2\\u003e\"},\"extraStatTags\":[\"a\"],\
             \"terminationDrainDuration\":\"60s\",\"image\":{\"imageType\":\"debug\"}}"
        );
    }

    #[test]
    fn zeros_of_an_annotation_are_ignored() {
        let mesh =
            ProxyConfig::of_mesh(&json!({"interceptionMode": "TPROXY", "proxyMetadata": {"A": "1"}}), &release())
                .unwrap();
        let pod = json!({"interceptionMode": "REDIRECT", "proxyMetadata": {"B": "2"}});
        let config = mesh.with_annotation(&pod).unwrap();
        assert_eq!(config.interception_mode(), "TPROXY");
        assert_eq!(config.metadata().collect::<Vec<_>>(), [("A", "1"), ("B", "2")]);
    }

    #[test]
    fn some_proxy_headers_stay_when_others_are_set() {
        let mesh = json!({"proxyHeaders": {"server": {"value": "x"}, "xForwardedHost": {"enabled": true}}});
        let mesh = ProxyConfig::of_mesh(&mesh, &release()).unwrap();
        let config = mesh.with_annotation(&json!({"proxyHeaders": {"requestId": {"disabled": true}}})).unwrap();
        let expected = r#"{"proxyHeaders":{"requestId":{"disabled":true},"server":{"value":"x"}}}"#;
        assert_eq!(config.to_json(), expected);
    }

    #[test]
    fn wrong_types_and_values_are_refused() {
        let bad = [
            json!("text"),
            json!({"concurrency": "many"}),
            json!({"proxyMetadata": {"A": true}}),
            json!({"holdApplicationUntilProxyStarts": "true"}),
            json!({"statusPort": 0}),
            json!({"discoveryAddress": "istiod"}),
            json!({"drainDuration": "1500ms"}),
            json!({"interceptionMode": "redirect"}),
            json!({"serviceCluster": "a", "tracingServiceName": "CANONICAL_NAME_ONLY"}),
        ];
        for value in bad {
            assert!(ProxyConfig::check_annotation(&value, &release()).is_err(), "{value}");
        }
        for good in [json!(null), json!({}), json!({"concurrency": "2"}), json!({"statusPort": 15021, "x": []})] {
            assert!(ProxyConfig::check_annotation(&good, &release()).is_ok(), "{good}");
        }
    }

    #[test]
    fn fields_of_a_later_release_are_dropped() {
        let later = json!({"statsCompression": true, "meshId": "m"});
        let of = |release: &str| ProxyConfig::of_mesh(&later, &release.parse().unwrap()).unwrap().to_json();
        assert_eq!(of("1.28"), r#"{"meshId":"m"}"#);
        assert_eq!(of("1.29"), r#"{"meshId":"m","statsCompression":true}"#);
    }
}
