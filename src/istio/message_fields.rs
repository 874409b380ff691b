//! The fields of the messages `ProxyConfig` and `MeshConfig` (istio.io/api, `mesh/v1alpha1`): names and types in
//! declaration order, in which they are written. Like istiod, readers drop fields that are not in these tables.

/// The type of a field.
#[derive(Debug)]
pub(crate) enum Kind {
    /// A string.
    Text,
    /// A boolean.
    Bool,
    /// A signed integer of at most 32 bits.
    Int,
    /// An unsigned integer of at most 32 bits.
    Uint,
    /// A signed integer of 64 bits, written as a string.
    Int64,
    /// A 64-bit float.
    Double,
    /// A `google.protobuf.Duration`, in Go's syntax.
    Duration,
    /// A wrapper message: a value that distinguishes zero from absent.
    Wrapped(&'static Kind),
    /// An enumeration: the names of the numbers from 0.
    Enum(&'static [&'static str]),
    /// A nested message.
    Message(&'static [Field]),
    /// A repeated field.
    List(&'static Kind),
    /// A map from strings.
    Map(&'static Kind),
    /// A message whose fields are not listed: kept as it is written.
    Any,
}

/// A field of a message.
#[derive(Debug)]
pub(crate) struct Field {
    /// The name in camel case.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The `oneof` group, of which only one field can be set. A zero is a set field there.
    pub(crate) one_of: Option<&'static str>,
    /// The change that added it; none if all built-in releases have it.
    pub(crate) since: Option<ReleaseChange>,
}

const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, one_of: None, since: None }
}

const fn newer(since: ReleaseChange, name: &'static str, kind: Kind) -> Field {
    Field { name, kind, one_of: None, since: Some(since) }
}

const fn choice(name: &'static str, kind: Kind, group: &'static str) -> Field {
    Field { name, kind, one_of: Some(group), since: None }
}

use super::release::ReleaseChange;
use Kind::{Any, Bool, Double, Duration, Enum, Int, Int64, List, Map, Message, Text, Uint, Wrapped};

/// `ProxyConfig`.
pub(crate) static PROXY_CONFIG: [Field; 40] = [
    field("configPath", Text),
    field("binaryPath", Text),
    choice("serviceCluster", Text, "clusterName"),
    choice("tracingServiceName", TRACING_SERVICE_NAME, "clusterName"),
    field("drainDuration", Duration),
    field("discoveryAddress", Text),
    field("discoveryRefreshDelay", Duration),
    field("zipkinAddress", Text),
    field("statsdUdpAddress", Text),
    field("envoyMetricsServiceAddress", Text),
    field("proxyAdminPort", Int),
    field("availabilityZone", Text),
    field("controlPlaneAuthPolicy", AUTHENTICATION_POLICY),
    field("customConfigFile", Text),
    field("statNameLength", Int),
    field("concurrency", Wrapped(&Int)),
    field("proxyBootstrapTemplatePath", Text),
    field("interceptionMode", Enum(&["REDIRECT", "TPROXY", "NONE"])),
    field("tracing", Message(&TRACING)),
    field("sds", Message(&SDS)),
    field("envoyAccessLogService", Message(&REMOTE_SERVICE)),
    field("envoyMetricsService", Message(&REMOTE_SERVICE)),
    field("proxyMetadata", Map(&Text)),
    field("runtimeValues", Map(&Text)),
    field("statusPort", Int),
    field("extraStatTags", List(&Text)),
    field("gatewayTopology", Message(&GATEWAY_TOPOLOGY)),
    field("terminationDrainDuration", Duration),
    field("meshId", Text),
    field("readinessProbe", Message(&READINESS_PROBE)),
    field("proxyStatsMatcher", Message(&STATS_MATCHER)),
    field("holdApplicationUntilProxyStarts", Wrapped(&Bool)),
    field("caCertificatesPem", List(&Text)),
    field("image", Message(&IMAGE)),
    field("privateKeyProvider", Message(&PRIVATE_KEY_PROVIDER)),
    field("proxyHeaders", Message(&PROXY_HEADERS)),
    newer(ReleaseChange::FileFlushSettings, "fileFlushInterval", Duration),
    newer(ReleaseChange::FileFlushSettings, "fileFlushMinSizeKb", Wrapped(&Uint)),
    newer(ReleaseChange::StatsCompressionSetting, "statsCompression", Wrapped(&Bool)),
    newer(ReleaseChange::ConnectionSettings, "connectionSettings", Any),
];

const TRACING_SERVICE_NAME: Kind =
    Enum(&["APP_LABEL_AND_NAMESPACE", "CANONICAL_NAME_ONLY", "CANONICAL_NAME_AND_NAMESPACE"]);
const AUTHENTICATION_POLICY: Kind = Enum(&["NONE", "MUTUAL_TLS"]);

static TRACING: [Field; 10] = [
    choice("zipkin", Message(&ADDRESS), "tracer"),
    choice("lightstep", Message(&LIGHTSTEP), "tracer"),
    choice("datadog", Message(&ADDRESS), "tracer"),
    choice("stackdriver", Message(&STACKDRIVER), "tracer"),
    choice("openCensusAgent", Message(&OPEN_CENSUS_AGENT), "tracer"),
    field("customTags", Map(&Message(&CUSTOM_TAG))),
    field("maxPathTagLength", Uint),
    field("sampling", Double),
    field("tlsSettings", Message(&TLS_SETTINGS)),
    newer(ReleaseChange::IstioTagsSetting, "enableIstioTags", Wrapped(&Bool)),
];
static ADDRESS: [Field; 1] = [field("address", Text)];
static LIGHTSTEP: [Field; 2] = [field("address", Text), field("accessToken", Text)];
static STACKDRIVER: [Field; 4] = [
    field("debug", Bool),
    field("maxNumberOfAttributes", Wrapped(&Int64)),
    field("maxNumberOfAnnotations", Wrapped(&Int64)),
    field("maxNumberOfMessageEvents", Wrapped(&Int64)),
];
static OPEN_CENSUS_AGENT: [Field; 2] = [
    field("address", Text),
    field("context", List(&Enum(&["UNSPECIFIED", "W3C_TRACE_CONTEXT", "GRPC_BIN", "CLOUD_TRACE_CONTEXT", "B3"]))),
];
static CUSTOM_TAG: [Field; 3] = [
    choice("literal", Message(&VALUE), "type"),
    choice("environment", Message(&NAME_AND_DEFAULT), "type"),
    choice("header", Message(&NAME_AND_DEFAULT), "type"),
];
static VALUE: [Field; 1] = [field("value", Text)];
static NAME_AND_DEFAULT: [Field; 2] = [field("name", Text), field("defaultValue", Text)];
static TLS_SETTINGS: [Field; 9] = [
    field("mode", Enum(&["DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"])),
    field("clientCertificate", Text),
    field("privateKey", Text),
    field("caCertificates", Text),
    field("credentialName", Text),
    field("subjectAltNames", List(&Text)),
    field("sni", Text),
    field("insecureSkipVerify", Wrapped(&Bool)),
    field("caCrl", Text),
];
static SDS: [Field; 2] = [field("enabled", Bool), field("k8sSaJwtPath", Text)];
static REMOTE_SERVICE: [Field; 3] = [
    field("address", Text),
    field("tlsSettings", Message(&TLS_SETTINGS)),
    field("tcpKeepalive", Message(&TCP_KEEPALIVE)),
];
static TCP_KEEPALIVE: [Field; 3] = [field("probes", Uint), field("time", Duration), field("interval", Duration)];
static GATEWAY_TOPOLOGY: [Field; 3] = [
    field("numTrustedProxies", Uint),
    field("forwardClientCertDetails", FORWARD_CLIENT_CERT),
    field("proxyProtocol", Message(&[])),
];
const FORWARD_CLIENT_CERT: Kind =
    Enum(&["UNDEFINED", "SANITIZE", "FORWARD_ONLY", "APPEND_FORWARD", "SANITIZE_SET", "ALWAYS_FORWARD_ONLY"]);
static READINESS_PROBE: [Field; 8] = [
    field("initialDelaySeconds", Int),
    field("timeoutSeconds", Int),
    field("periodSeconds", Int),
    field("successThreshold", Int),
    field("failureThreshold", Int),
    choice("httpGet", Message(&HTTP_GET), "healthCheckMethod"),
    choice("tcpSocket", Message(&TCP_SOCKET), "healthCheckMethod"),
    choice("exec", Message(&EXEC), "healthCheckMethod"),
];
static HTTP_GET: [Field; 5] = [
    field("path", Text),
    field("port", Uint),
    field("host", Text),
    field("scheme", Text),
    field("httpHeaders", List(&Message(&HTTP_HEADER))),
];
static HTTP_HEADER: [Field; 2] = [field("name", Text), field("value", Text)];
static TCP_SOCKET: [Field; 2] = [field("host", Text), field("port", Uint)];
static EXEC: [Field; 1] = [field("command", List(&Text))];
static STATS_MATCHER: [Field; 3] = [
    field("inclusionPrefixes", List(&Text)),
    field("inclusionSuffixes", List(&Text)),
    field("inclusionRegexps", List(&Text)),
];
static IMAGE: [Field; 1] = [field("imageType", Text)];
static PRIVATE_KEY_PROVIDER: [Field; 2] =
    [choice("cryptomb", Message(&POLL), "provider"), choice("qat", Message(&POLL), "provider")];
static POLL: [Field; 2] = [field("pollDelay", Duration), field("fallback", Wrapped(&Bool))];
static PROXY_HEADERS: [Field; 10] = [
    field("forwardedClientCert", FORWARD_CLIENT_CERT),
    field("setCurrentClientCertDetails", Message(&CLIENT_CERT_DETAILS)),
    field("requestId", Message(&DISABLED)),
    field("server", Message(&SERVER)),
    field("attemptCount", Message(&DISABLED)),
    field("envoyDebugHeaders", Message(&DISABLED)),
    field("metadataExchangeHeaders", Message(&METADATA_EXCHANGE)),
    newer(ReleaseChange::HeaderCaseSetting, "preserveHttp1HeaderCase", Wrapped(&Bool)),
    newer(ReleaseChange::ForwardedHeaderSettings, "xForwardedHost", Message(&ENABLED)),
    newer(ReleaseChange::ForwardedHeaderSettings, "xForwardedPort", Message(&ENABLED)),
];
static CLIENT_CERT_DETAILS: [Field; 5] = [
    field("subject", Wrapped(&Bool)),
    field("cert", Wrapped(&Bool)),
    field("chain", Wrapped(&Bool)),
    field("dns", Wrapped(&Bool)),
    field("uri", Wrapped(&Bool)),
];
static DISABLED: [Field; 1] = [field("disabled", Wrapped(&Bool))];
static ENABLED: [Field; 1] = [field("enabled", Wrapped(&Bool))];
static SERVER: [Field; 2] = [field("disabled", Wrapped(&Bool)), field("value", Text)];
static METADATA_EXCHANGE: [Field; 1] = [field("mode", Enum(&["UNDEFINED", "IN_MESH"]))];

/// The fields of `MeshConfig` that injections read.
pub(crate) static MESH_CONFIG_READ: [Field; 6] = [
    field("proxyListenPort", Int),
    field("proxyInboundListenPort", Int),
    field("inboundTrafficPolicy", Message(&[field("mode", Enum(&["PASSTHROUGH", "LOCALHOST"]))])),
    field("trustDomain", Text),
    field("rootNamespace", Text),
    field("enablePrometheusMerge", Wrapped(&Bool)),
];

/// The fields of `MeshConfig` that templates can use: scalars, and the messages that a sidecar depends on.
pub(crate) static MESH_CONFIG: [Field; 28] = [
    field("proxyListenPort", Int),
    field("proxyInboundListenPort", Int),
    field("proxyHttpPort", Int),
    field("connectTimeout", Duration),
    field("tcpKeepalive", Message(&TCP_KEEPALIVE)),
    field("ingressClass", Text),
    field("ingressService", Text),
    field("ingressControllerMode", Enum(&["UNSPECIFIED", "OFF", "DEFAULT", "STRICT"])),
    field("ingressSelector", Text),
    field("enableTracing", Bool),
    field("accessLogFile", Text),
    field("accessLogFormat", Text),
    field("accessLogEncoding", Enum(&["TEXT", "JSON"])),
    field("enableEnvoyAccessLogService", Bool),
    field("disableEnvoyListenerLog", Bool),
    field("outboundTrafficPolicy", Message(&[field("mode", Enum(&["REGISTRY_ONLY", "ALLOW_ANY"]))])),
    field("inboundTrafficPolicy", Message(&[field("mode", Enum(&["PASSTHROUGH", "LOCALHOST"]))])),
    field("enableAutoMtls", Wrapped(&Bool)),
    field("trustDomain", Text),
    field("trustDomainAliases", List(&Text)),
    field("defaultServiceExportTo", List(&Text)),
    field("defaultVirtualServiceExportTo", List(&Text)),
    field("defaultDestinationRuleExportTo", List(&Text)),
    field("rootNamespace", Text),
    field("dnsRefreshRate", Duration),
    field("inboundClusterStatName", Text),
    field("outboundClusterStatName", Text),
    field("enablePrometheusMerge", Wrapped(&Bool)),
];
