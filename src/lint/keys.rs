//! The annotations and labels of Istio's API (istio.io/api, package `annotation` and `label`, and what injection reads).

use crate::istio::names::{annotation, label};

/// Keys that [`crate::istio::names`] does not have: other components than injection read them.
const OTHERS: &[&str] = &[
    "ambient.istio.io/bypass-inbound-capture",
    "ambient.istio.io/dns-capture",
    "ambient.istio.io/redirection",
    "galley.istio.io/analyze-suppress",
    "gateway.istio.io/controller-version",
    "gateway.istio.io/managed",
    "gateway.istio.io/name-override",
    "gateway.istio.io/service-account",
    "istio.io/autoRegistrationGroup",
    "istio.io/connectedAt",
    "istio.io/dataplane-mode",
    "istio.io/dry-run",
    "istio.io/ingress-use-waypoint",
    "istio.io/use-waypoint",
    "istio.io/use-waypoint-namespace",
    "istio.io/waypoint-for",
    "istio.io/workloadController",
    "networking.istio.io/address-type",
    "networking.istio.io/enable-autoallocate-ip",
    "networking.istio.io/exportTo",
    "networking.istio.io/gatewayPort",
    "networking.istio.io/service-type",
    "networking.istio.io/traffic-distribution",
    "readiness.status.sidecar.istio.io/applicationPorts",
    "security.istio.io/autoMTLS",
    "sidecar.istio.io/controlPlaneAuthPolicy",
    "sidecar.istio.io/discoveryAddress",
    "sidecar.istio.io/enableCoreDump",
    "sidecar.istio.io/extraStatTags",
    "sidecar.istio.io/statsCompression",
    "sidecar.istio.io/statsEvictionInterval",
    "sidecar.istio.io/statsFlushInterval",
    "sidecar.istio.io/statsHistogramBuckets",
    "sidecar.istio.io/statsInclusionPrefixes",
    "sidecar.istio.io/statsInclusionRegexps",
    "sidecar.istio.io/statsInclusionSuffixes",
    "topology.istio.io/cluster",
    "topology.istio.io/controlPlaneClusters",
    "topology.istio.io/subzone",
];

/// Keys that injection reads or writes.
const OF_INJECTION: &[&str] = &[
    annotation::INJECT,
    annotation::TEMPLATES,
    annotation::NATIVE_SIDECAR,
    annotation::STATUS,
    annotation::OVERRIDES,
    annotation::PROXY_CONFIG,
    annotation::REVISION,
    annotation::INTERCEPTION_MODE,
    annotation::STATUS_PORT,
    annotation::READINESS_INITIAL_DELAY,
    annotation::READINESS_PERIOD,
    annotation::READINESS_FAILURE_THRESHOLD,
    annotation::INCLUDE_OUTBOUND_IP_RANGES,
    annotation::EXCLUDE_OUTBOUND_IP_RANGES,
    annotation::INCLUDE_INBOUND_PORTS,
    annotation::EXCLUDE_INBOUND_PORTS,
    annotation::INCLUDE_OUTBOUND_PORTS,
    annotation::EXCLUDE_OUTBOUND_PORTS,
    annotation::EXCLUDE_INTERFACES,
    annotation::KUBEVIRT_INTERFACES,
    annotation::REROUTE_VIRTUAL_INTERFACES,
    annotation::PROMETHEUS_MERGE,
    annotation::PROXY_CPU,
    annotation::PROXY_MEMORY,
    annotation::PROXY_CPU_LIMIT,
    annotation::PROXY_MEMORY_LIMIT,
    annotation::PROXY_IMAGE,
    annotation::PROXY_IMAGE_TYPE,
    annotation::LOG_LEVEL,
    annotation::COMPONENT_LOG_LEVEL,
    annotation::AGENT_LOG_LEVEL,
    annotation::CAP_NET_BIND_SERVICE,
    annotation::BOOTSTRAP_OVERRIDE,
    annotation::USER_VOLUME,
    annotation::USER_VOLUME_MOUNT,
    annotation::REWRITE_APP_HTTP_PROBERS,
    annotation::PROMETHEUS_SCRAPE_TARGETS,
    annotation::PROMETHEUS_SECURE_PORT,
    label::TLS_MODE,
    label::TUNNEL,
    label::TAG,
    label::INJECTION,
    label::CANONICAL_NAME,
    label::CANONICAL_REVISION,
    label::WORKLOAD_NAME,
    label::NETWORK,
];

/// Whether Istio reads the annotation from pods only. Those that an injection writes are not among them.
pub(super) fn is_of_pods(key: &str) -> bool {
    const PREFIXES: [&str; 3] =
        ["sidecar.istio.io/", "traffic.sidecar.istio.io/", "readiness.status.sidecar.istio.io/"];
    let is_named = [annotation::PROXY_CONFIG, annotation::TEMPLATES, annotation::STATUS_PORT].contains(&key);
    is_named || (key != annotation::STATUS && PREFIXES.iter().any(|prefix| key.starts_with(prefix)))
}

/// The known key that `key` is a near miss of: it differs in case, dashes or a plural only.
pub(super) fn meant(key: &str) -> Option<&'static str> {
    // The release notes of Istio 1.27 have this name.
    const OF_RELEASE_NOTE: &str = "sidecar.istio.io/native-side";
    if key == OF_RELEASE_NOTE {
        return Some(annotation::NATIVE_SIDECAR);
    }
    if !key.contains('/') || is_known(key) {
        return None;
    }
    let folded = folded(key);
    known().find(|known| self::folded(known) == folded)
}

fn is_known(key: &str) -> bool {
    known().any(|known| known == key)
}

fn known() -> impl Iterator<Item = &'static str> {
    OF_INJECTION.iter().chain(OTHERS).copied()
}

fn folded(key: &str) -> String {
    let lower = key.to_ascii_lowercase().replace('-', "");
    lower.strip_suffix('s').unwrap_or(&lower).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_differ_in_case_dashes_or_a_plural() {
        for (key, expected) in [
            ("sidecar.istio.io/native-sidecar", Some(annotation::NATIVE_SIDECAR)),
            ("sidecar.istio.io/native-side", Some(annotation::NATIVE_SIDECAR)),
            ("sidecar.istio.io/proxyCpu", Some(annotation::PROXY_CPU)),
            ("Sidecar.istio.io/inject", Some(annotation::INJECT)),
            ("sidecar.istio.io/proxyMemoryLimits", Some(annotation::PROXY_MEMORY_LIMIT)),
            ("traffic.sidecar.istio.io/excludeInboundPort", Some(annotation::EXCLUDE_INBOUND_PORTS)),
            ("sidecar.istio.io/nativeSidecar", None),
            ("sidecar.istio.io/teamContact", None),
            ("example.com/native-sidecar", None),
            ("nativesidecar", None),
        ] {
            assert_eq!(meant(key), expected, "{key}");
        }
    }

    #[test]
    fn what_injections_write_may_be_anywhere() {
        assert!(is_of_pods("sidecar.istio.io/inject") && is_of_pods("status.sidecar.istio.io/port"));
        assert!(!is_of_pods("sidecar.istio.io/status") && !is_of_pods("networking.istio.io/exportTo"));
    }
}
