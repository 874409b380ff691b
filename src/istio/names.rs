//! Names that Istio and Kubernetes agree on: annotations, labels, environment variables, containers. Each literal once.

/// The revision of an istiod that is installed without a revision, and of objects without one.
pub const DEFAULT_REVISION: &str = "default";

/// Pod annotations (istio.io/api `annotation` package, unless noted).
pub mod annotation {
    /// Whether to inject; the label of the same name takes precedence.
    pub const INJECT: &str = "sidecar.istio.io/inject";
    /// The templates to render, comma separated.
    pub const TEMPLATES: &str = "inject.istio.io/templates";
    /// `"true"`: native sidecar, `"false"`: regular (since istio 1.24).
    pub const NATIVE_SIDECAR: &str = "sidecar.istio.io/nativeSidecar";
    /// The names of what an injection added, as JSON.
    pub const STATUS: &str = "sidecar.istio.io/status";
    /// The user's own fields of containers that the template also renders, as JSON.
    pub const OVERRIDES: &str = "proxy.istio.io/overrides";
    /// A `ProxyConfig` as YAML.
    pub const PROXY_CONFIG: &str = "proxy.istio.io/config";
    /// The revision that injected the pod.
    pub const REVISION: &str = "istio.io/rev";
    /// `REDIRECT`, `TPROXY` or `NONE`.
    pub const INTERCEPTION_MODE: &str = "sidecar.istio.io/interceptionMode";
    /// The agent's status port.
    pub const STATUS_PORT: &str = "status.sidecar.istio.io/port";
    /// Readiness probe, `initialDelaySeconds`.
    pub const READINESS_INITIAL_DELAY: &str = "readiness.status.sidecar.istio.io/initialDelaySeconds";
    /// Readiness probe, `periodSeconds`.
    pub const READINESS_PERIOD: &str = "readiness.status.sidecar.istio.io/periodSeconds";
    /// Readiness probe, `failureThreshold`.
    pub const READINESS_FAILURE_THRESHOLD: &str = "readiness.status.sidecar.istio.io/failureThreshold";
    /// Captured outbound ranges.
    pub const INCLUDE_OUTBOUND_IP_RANGES: &str = "traffic.sidecar.istio.io/includeOutboundIPRanges";
    /// Outbound ranges that are not captured.
    pub const EXCLUDE_OUTBOUND_IP_RANGES: &str = "traffic.sidecar.istio.io/excludeOutboundIPRanges";
    /// Captured inbound ports.
    pub const INCLUDE_INBOUND_PORTS: &str = "traffic.sidecar.istio.io/includeInboundPorts";
    /// Inbound ports that are not captured.
    pub const EXCLUDE_INBOUND_PORTS: &str = "traffic.sidecar.istio.io/excludeInboundPorts";
    /// Captured outbound ports; no release validates them.
    pub const INCLUDE_OUTBOUND_PORTS: &str = "traffic.sidecar.istio.io/includeOutboundPorts";
    /// Outbound ports that are not captured.
    pub const EXCLUDE_OUTBOUND_PORTS: &str = "traffic.sidecar.istio.io/excludeOutboundPorts";
    /// Interfaces that are not captured.
    pub const EXCLUDE_INTERFACES: &str = "traffic.sidecar.istio.io/excludeInterfaces";
    /// Virtual interfaces whose inbound traffic counts as outbound; the older name.
    pub const KUBEVIRT_INTERFACES: &str = "traffic.sidecar.istio.io/kubevirtInterfaces";
    /// The newer name of [`KUBEVIRT_INTERFACES`].
    pub const REROUTE_VIRTUAL_INTERFACES: &str = "istio.io/reroute-virtual-interfaces";
    /// Turns Prometheus merging on or off.
    pub const PROMETHEUS_MERGE: &str = "prometheus.istio.io/merge-metrics";
    /// The proxy's requested CPU.
    pub const PROXY_CPU: &str = "sidecar.istio.io/proxyCPU";
    /// The proxy's requested memory.
    pub const PROXY_MEMORY: &str = "sidecar.istio.io/proxyMemory";
    /// The proxy's CPU limit.
    pub const PROXY_CPU_LIMIT: &str = "sidecar.istio.io/proxyCPULimit";
    /// The proxy's memory limit.
    pub const PROXY_MEMORY_LIMIT: &str = "sidecar.istio.io/proxyMemoryLimit";
    /// The proxy's image; values without a slash are ignored.
    pub const PROXY_IMAGE: &str = "sidecar.istio.io/proxyImage";
    /// The image's variant, such as `distroless`.
    pub const PROXY_IMAGE_TYPE: &str = "sidecar.istio.io/proxyImageType";
    /// Envoy's log level.
    pub const LOG_LEVEL: &str = "sidecar.istio.io/logLevel";
    /// Envoy's log levels by component.
    pub const COMPONENT_LOG_LEVEL: &str = "sidecar.istio.io/componentLogLevel";
    /// The agent's log levels.
    pub const AGENT_LOG_LEVEL: &str = "sidecar.istio.io/agentLogLevel";
    /// Whether the proxy may bind ports below 1024.
    pub const CAP_NET_BIND_SERVICE: &str = "sidecar.istio.io/capNetBindService";
    /// A `ConfigMap` with the user's own Envoy bootstrap configuration.
    pub const BOOTSTRAP_OVERRIDE: &str = "sidecar.istio.io/bootstrapOverride";
    /// Additional volumes of the pod, as a JSON object.
    pub const USER_VOLUME: &str = "sidecar.istio.io/userVolume";
    /// Additional volume mounts of the proxy, as a JSON object.
    pub const USER_VOLUME_MOUNT: &str = "sidecar.istio.io/userVolumeMount";
    /// Turns the rewriting of probes on or off.
    pub const REWRITE_APP_HTTP_PROBERS: &str = "sidecar.istio.io/rewriteAppHTTPProbers";
    /// kubectl: the container for `exec` and `attach`.
    pub const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";
    /// kubectl: the container for `logs`.
    pub const DEFAULT_LOGS_CONTAINER: &str = "kubectl.kubernetes.io/default-logs-container";
    /// Multus: additional networks of the pod.
    pub const CNI_NETWORKS: &str = "k8s.v1.cni.cncf.io/networks";
    /// Datadog: environment of the tracer, as a JSON object.
    pub const DATADOG_ENV: &str = "apm.datadoghq.com/env";
    /// OpenTelemetry's `service.namespace`.
    pub const OTEL_SERVICE_NAMESPACE: &str = "resource.opentelemetry.io/service.namespace";
    /// OpenTelemetry's `service.version`.
    pub const OTEL_SERVICE_VERSION: &str = "resource.opentelemetry.io/service.version";
    /// OpenTelemetry's `service.instance.id`.
    pub const OTEL_SERVICE_INSTANCE_ID: &str = "resource.opentelemetry.io/service.instance.id";
    /// Prometheus: whether to scrape the pod.
    pub const PROMETHEUS_SCRAPE: &str = "prometheus.io/scrape";
    /// Prometheus: the port to scrape.
    pub const PROMETHEUS_PORT: &str = "prometheus.io/port";
    /// Several scrape targets, `port[:path]` each (istio 1.31).
    pub const PROMETHEUS_SCRAPE_TARGETS: &str = "prometheus.istio.io/scrape-targets";
    /// Where the proxy serves merged metrics securely (istio 1.31).
    pub const PROMETHEUS_SECURE_PORT: &str = "prometheus.istio.io/secure-port";
    /// Prometheus: the path to scrape.
    pub const PROMETHEUS_PATH: &str = "prometheus.io/path";
    /// `OpenShift`, on a workload: image triggers that set its images.
    pub const IMAGE_TRIGGERS: &str = "image.openshift.io/triggers";
}

/// Injection templates of the chart (`sidecarInjectorWebhook.templates`).
pub mod template {
    /// The default template of a mesh.
    pub const SIDECAR: &str = "sidecar";
    /// Templates that render the proxy as an ordinary container in either mode (all built-in releases).
    pub const NEVER_NATIVE: [&str; 7] =
        ["agentgateway", "agentgateway-waypoint", "gateway", "grpc-agent", "grpc-simple", "kube-gateway", "waypoint"];
}

/// Pod labels.
pub mod label {
    /// Whether to inject; takes precedence over the annotation of the same name.
    pub const INJECT: &str = super::annotation::INJECT;
    /// `istio` where the pod accepts mutual TLS.
    pub const TLS_MODE: &str = "security.istio.io/tlsMode";
    /// `http` where the pod accepts HBONE.
    pub const TUNNEL: &str = "networking.istio.io/tunnel";
    /// On namespaces and pods: the revision or tag that injects.
    pub const REVISION: &str = super::annotation::REVISION;
    /// On webhook configurations: the tag that the webhooks serve.
    pub const TAG: &str = "istio.io/tag";
    /// On namespaces: `enabled` for the default revision, any other value for none.
    pub const INJECTION: &str = "istio-injection";
    /// On namespaces: their own name, set by the API server.
    pub const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";
    /// The workload's name for telemetry.
    pub const CANONICAL_NAME: &str = "service.istio.io/canonical-name";
    /// The workload's version for telemetry.
    pub const CANONICAL_REVISION: &str = "service.istio.io/canonical-revision";
    /// The workload's name where it differs from its owner's (istio 1.25).
    pub const WORKLOAD_NAME: &str = "service.istio.io/workload-name";
    /// The pod's network.
    pub const NETWORK: &str = "topology.istio.io/network";
    /// Kubernetes' recommended name label.
    pub const APP_NAME: &str = "app.kubernetes.io/name";
    /// Kubernetes' recommended version label.
    pub const APP_VERSION: &str = "app.kubernetes.io/version";
    /// The older name label.
    pub const APP: &str = "app";
    /// The older version label.
    pub const VERSION: &str = "version";
    /// Set by the Deployment controller.
    pub const POD_TEMPLATE_HASH: &str = "pod-template-hash";
    /// Set by Argo Rollouts.
    pub const ROLLOUTS_POD_TEMPLATE_HASH: &str = "rollouts-pod-template-hash";
    /// Set by `OpenShift`'s `DeploymentConfig` controller.
    pub const DEPLOYMENT_CONFIG: &str = "deploymentconfig";
}

/// Containers that an injection adds.
pub mod container {
    /// The proxy.
    pub const PROXY: &str = "istio-proxy";
    /// The init container that sets up iptables.
    pub const INIT: &str = "istio-init";
    /// The init container that checks iptables where CNI sets them up.
    pub const VALIDATION: &str = "istio-validation";
    /// The init container that enabled core dumps, up to istio 1.23.
    pub const CORE_DUMP: &str = "enable-core-dump";
    /// The containers that the templates of every release may add.
    pub const INJECTED: [&str; 3] = [PROXY, INIT, VALIDATION];
}

/// Annotations of namespaces.
pub mod namespace {
    /// The users that `OpenShift` assigns to a namespace.
    pub const UID_RANGE: &str = "openshift.io/sa.scc.uid-range";
    /// The groups that `OpenShift` assigns to a namespace.
    pub const SUPPLEMENTAL_GROUPS: &str = "openshift.io/sa.scc.supplemental-groups";
}

/// Environment variables of the proxy and of istiod.
pub mod env {
    /// istiod: native sidecars, `true`, `false` or unset.
    pub const ENABLE_NATIVE_SIDECARS: &str = "ENABLE_NATIVE_SIDECARS";
    /// istiod: the platform, such as `openshift`.
    pub const PLATFORM: &str = "PLATFORM";
    /// istiod and proxy: the compliance policy.
    pub const COMPLIANCE_POLICY: &str = "COMPLIANCE_POLICY";
    /// istiod, read from the values: whether the root certificate comes from a `ClusterTrustBundle`.
    pub const ENABLE_CLUSTER_TRUST_BUNDLE_API: &str = "ENABLE_CLUSTER_TRUST_BUNDLE_API";
    /// Proxy: the application's probes, as JSON.
    pub const KUBE_APP_PROBERS: &str = "ISTIO_KUBE_APP_PROBERS";
    /// Proxy: the ports of the pod's containers, as JSON.
    pub const POD_PORTS: &str = "ISTIO_META_POD_PORTS";
    /// Proxy: the application's own Prometheus annotations, as JSON.
    pub const PROMETHEUS_ANNOTATIONS: &str = "ISTIO_PROMETHEUS_ANNOTATIONS";
    /// Where the proxy serves merged metrics securely (istio 1.31).
    pub const SECURE_MERGED_METRICS_PORT: &str = "ENVOY_SECURE_MERGED_METRICS_PORT";
    /// Proxy: the cluster.
    pub const CLUSTER_ID: &str = "ISTIO_META_CLUSTER_ID";
    /// Proxy: the network.
    pub const NETWORK: &str = "ISTIO_META_NETWORK";
}

/// Namespaces in which no pod is ever injected (`IgnoredNamespaces`, pkg/kube/inject).
pub const IGNORED_NAMESPACES: [&str; 4] = ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];

/// Where the control plane and the gateways of a mesh are installed by default (charts of Istio; AKS's add-on).
pub const MESH_NAMESPACES: [&str; 5] =
    ["aks-istio-egress", "aks-istio-ingress", "aks-istio-system", "istio-egress", "istio-system"];
