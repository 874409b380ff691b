//! The injector's values that a sidecar depends on, typed.

use std::collections::BTreeMap;

use serde_json::Value;

use super::value::{at, omit_nil, text, truthy};
use crate::k8s::quantity;

/// The values that a sidecar depends on. Numbers that become arguments are kept as the text that Go prints.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a separate value of the chart")]
pub struct Values {
    /// `global.hub`.
    pub hub: String,
    /// `global.tag`, a number as text.
    pub tag: String,
    /// `global.variant`.
    pub variant: String,
    /// `global.imagePullPolicy`, empty if unset.
    pub image_pull_policy: String,
    /// `global.imagePullSecrets`.
    pub image_pull_secrets: Vec<String>,
    /// `global.istioNamespace`.
    pub istio_namespace: String,
    /// `global.caAddress`, empty for istiod's own.
    pub ca_address: String,
    /// `global.caName`.
    pub ca_name: String,
    /// `global.pilotCertProvider`.
    pub pilot_cert_provider: String,
    /// `global.mountMtlsCerts`.
    pub mount_mtls_certs: bool,
    /// `global.trustBundleName`, empty for the default.
    pub trust_bundle_name: String,
    /// `global.trustDomain`, empty if absent.
    pub trust_domain: String,
    /// `global.meshID`.
    pub mesh_id: String,
    /// `global.network`.
    pub network: String,
    /// `global.multiCluster.clusterName`.
    pub cluster_name: String,
    /// `global.logging.level`.
    pub agent_log_level: String,
    /// `global.logAsJson`.
    pub log_as_json: bool,
    /// `global.sds.token.aud`.
    pub token_audience: String,
    /// `global.sts.servicePort`, empty if zero.
    pub sts_port: String,
    /// `global.nativeNftables`.
    pub native_nftables: bool,
    /// `global.proxy_init.forceApplyIptables`.
    pub force_apply_iptables: bool,
    /// `global.proxy_init.image`.
    pub init_image: String,
    /// `global.proxy`.
    pub proxy: ProxyValues,
    /// `pilot.cni.enabled`.
    pub cni: bool,
    /// `pilot.cni.provider`.
    pub cni_provider: String,
    /// `pilot.env`, values as text.
    pub pilot_env: BTreeMap<String, String>,
    /// `pilot.env.ENABLE_CLUSTER_TRUST_BUNDLE_API`. The template compares it with a boolean, and fails for any other
    /// value.
    pub cluster_trust_bundle: Result<bool, String>,
    /// `pilot.crlConfigMapName`, empty for the default.
    pub crl_config_map: String,
    /// `sidecarInjectorWebhook.rewriteAppHTTPProbe`.
    pub rewrite_app_http_probe: bool,
    /// `revision`, empty for the default one.
    pub revision: String,
}

/// The values under `global.proxy`.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a separate value of the chart")]
pub struct ProxyValues {
    /// `image`.
    pub image: String,
    /// `clusterDomain`.
    pub cluster_domain: String,
    /// `logLevel`.
    pub log_level: String,
    /// `componentLogLevel`.
    pub component_log_level: String,
    /// `outlierLogPath`.
    pub outlier_log_path: String,
    /// `includeIPRanges`.
    pub include_ip_ranges: String,
    /// `excludeIPRanges`.
    pub exclude_ip_ranges: String,
    /// `includeInboundPorts`.
    pub include_inbound_ports: String,
    /// `excludeInboundPorts`.
    pub exclude_inbound_ports: String,
    /// `includeOutboundPorts`.
    pub include_outbound_ports: String,
    /// `excludeOutboundPorts`.
    pub exclude_outbound_ports: String,
    /// `statusPort`.
    pub status_port: String,
    /// `readinessInitialDelaySeconds`.
    pub readiness_initial_delay: Value,
    /// `readinessPeriodSeconds`.
    pub readiness_period: Value,
    /// `readinessFailureThreshold`.
    pub readiness_failure_threshold: Value,
    /// `startupProbe.failureThreshold` where `startupProbe.enabled`.
    pub startup_failure_threshold: Option<Value>,
    /// `resources` without nulls and with canonical quantities; none if nothing is left.
    pub resources: Option<Value>,
    /// `privileged`.
    pub privileged: bool,
    /// Whether `capNetBindService` is the text `true`.
    pub cap_net_bind_service: bool,
    /// `seccompProfile`, if not empty.
    pub seccomp_profile: Option<Value>,
    /// `lifecycle`, if not empty.
    pub lifecycle: Option<Value>,
    /// `holdApplicationUntilProxyStarts`.
    pub hold_application: bool,
    /// Whether `tracer` is `datadog`.
    pub datadog: bool,
    /// Whether `tracer` is `lightstep`.
    pub lightstep: bool,
}

impl Values {
    /// Reads the values that a sidecar depends on.
    pub(crate) fn from_value(values: &Value) -> Self {
        let get = |path: &[&str]| at(values, path);
        let global = |key: &str| text(get(&["global", key]));
        let yes = |path: &[&str]| truthy(get(path));
        let env = get(&["pilot", "env"]).and_then(Value::as_object);
        let secrets = get(&["global", "imagePullSecrets"]).and_then(Value::as_array);
        Self {
            hub: global("hub"),
            tag: global("tag"),
            variant: global("variant"),
            image_pull_policy: global("imagePullPolicy"),
            image_pull_secrets: secrets.into_iter().flatten().map(|secret| text(Some(secret))).collect(),
            istio_namespace: global("istioNamespace"),
            ca_address: global("caAddress"),
            ca_name: global("caName"),
            pilot_cert_provider: global("pilotCertProvider"),
            mount_mtls_certs: yes(&["global", "mountMtlsCerts"]),
            trust_bundle_name: global("trustBundleName"),
            trust_domain: global("trustDomain"),
            mesh_id: global("meshID"),
            network: global("network"),
            cluster_name: text(get(&["global", "multiCluster", "clusterName"])),
            agent_log_level: text(get(&["global", "logging", "level"])),
            log_as_json: yes(&["global", "logAsJson"]),
            token_audience: text(get(&["global", "sds", "token", "aud"])),
            sts_port: text(get(&["global", "sts", "servicePort"]).filter(|port| truthy(Some(port)))),
            native_nftables: yes(&["global", "nativeNftables"]),
            force_apply_iptables: yes(&["global", "proxy_init", "forceApplyIptables"]),
            init_image: text(get(&["global", "proxy_init", "image"])),
            proxy: ProxyValues::from_value(get(&["global", "proxy"]).unwrap_or(&Value::Null)),
            cni: yes(&["pilot", "cni", "enabled"]),
            cni_provider: text(get(&["pilot", "cni", "provider"])),
            pilot_env: env.into_iter().flatten().map(|(key, value)| (key.clone(), text(Some(value)))).collect(),
            cluster_trust_bundle: cluster_trust_bundle(get(&[
                "pilot",
                "env",
                super::names::env::ENABLE_CLUSTER_TRUST_BUNDLE_API,
            ])),
            crl_config_map: text(get(&["pilot", "crlConfigMapName"])),
            rewrite_app_http_probe: yes(&["sidecarInjectorWebhook", "rewriteAppHTTPProbe"]),
            revision: text(get(&["revision"])),
        }
    }
}

impl ProxyValues {
    fn from_value(proxy: &Value) -> Self {
        let get = |key: &str| at(proxy, &[key]);
        let filled = |key: &str| get(key).filter(|value| truthy(Some(value))).cloned();
        let number = |key: &str| get(key).cloned().unwrap_or(Value::Null);
        let startup = truthy(at(proxy, &["startupProbe", "enabled"]));
        let startup_threshold = at(proxy, &["startupProbe", "failureThreshold"]).cloned();
        Self {
            image: text(get("image")),
            cluster_domain: text(get("clusterDomain")),
            log_level: text(get("logLevel")),
            component_log_level: text(get("componentLogLevel")),
            outlier_log_path: text(get("outlierLogPath")),
            include_ip_ranges: text(get("includeIPRanges")),
            exclude_ip_ranges: text(get("excludeIPRanges")),
            include_inbound_ports: text(get("includeInboundPorts")),
            exclude_inbound_ports: text(get("excludeInboundPorts")),
            include_outbound_ports: text(get("includeOutboundPorts")),
            exclude_outbound_ports: text(get("excludeOutboundPorts")),
            status_port: text(get("statusPort")),
            readiness_initial_delay: number("readinessInitialDelaySeconds"),
            readiness_period: number("readinessPeriodSeconds"),
            readiness_failure_threshold: number("readinessFailureThreshold"),
            startup_failure_threshold: startup.then(|| startup_threshold.unwrap_or(Value::Null)),
            resources: filled("resources").and_then(|resources| omit_nil(&resources)).map(with_canonical_quantities),
            privileged: truthy(get("privileged")),
            cap_net_bind_service: text(get("capNetBindService")) == "true",
            seccomp_profile: filled("seccompProfile"),
            lifecycle: filled("lifecycle"),
            hold_application: truthy(get("holdApplicationUntilProxyStarts")),
            datadog: text(get("tracer")) == "datadog",
            lightstep: text(get("tracer")) == "lightstep",
        }
    }
}

/// Resources with the quantities that the API server returns for them.
fn with_canonical_quantities(mut resources: Value) -> Value {
    for group in ["requests", "limits"] {
        for (_, value) in resources.get_mut(group).and_then(Value::as_object_mut).into_iter().flatten() {
            let written = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            *value = quantity::canonical(&written).into();
        }
    }
    resources
}

/// istioctl turns the texts `true` and `false` into booleans, so both forms are accepted.
fn cluster_trust_bundle(value: Option<&Value>) -> Result<bool, String> {
    match text(value).as_str() {
        "true" => Ok(true),
        "false" | "" => Ok(false),
        other => Err(other.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::istio::chart::Chart;
    use serde_json::json;

    fn values(user: &Value) -> Value {
        Chart::of_install(&"1.30".parse().unwrap(), user).unwrap().injector_values()
    }

    #[test]
    fn user_values_override_the_defaults() {
        let user = json!({"global": {"proxy": {"resources": {"limits": {"cpu": "1500m"}}}, "logAsJson": true}});
        let typed = Values::from_value(&values(&user));
        assert_eq!(typed.proxy.resources.unwrap()["limits"], json!({"cpu": "1500m", "memory": "1Gi"}));
        assert!(typed.log_as_json);
        assert_eq!((typed.tag.as_str(), typed.proxy.status_port.as_str()), ("1.30.3", "15020"));
    }
}
