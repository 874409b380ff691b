//! Tables: the effect of each value of the istiod chart on sidecars, and the fields of a mesh configuration.

use serde_json::Value;

/// The type of a value, as istiod reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Bool,
    /// A whole number, also in quotes.
    Number,
    Map,
    List,
    /// Any type.
    Any,
}

impl Type {
    pub(super) fn takes(self, value: &Value) -> bool {
        match (self, value) {
            (_, Value::Null)
            | (Self::Any, _)
            | (Self::Text, Value::String(_))
            | (Self::Bool, Value::Bool(_))
            | (Self::Map, Value::Object(_))
            | (Self::List, Value::Array(_)) => true,
            (Self::Number, Value::Number(number)) => number.as_f64().is_some_and(|n| n >= 0.0 && n.fract() == 0.0),
            (Self::Number, Value::String(text)) => text.parse::<u32>().is_ok(),
            _ => false,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Bool => "a boolean",
            Self::Number => "a whole number",
            Self::Map => "a mapping",
            Self::List => "a list",
            Self::Any => "any value",
        }
    }
}

/// The effect of a value of the istiod chart on sidecars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// It affects sidecars in this way, and is of this type.
    Applied(By, Type),
    /// With such a value, another configuration than the chart's determines the sidecars. The text is the consequence
    /// or what to do instead.
    Refused(When, &'static str),
    /// It has another purpose, or the chart does not pass it on.
    NoEffect,
}

/// How a value affects sidecars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// The template `sidecar` or the injector's code reads it.
    Sidecar,
    /// Other templates can read it, such as those that values add.
    OtherTemplates,
    /// The chart writes it into the mesh configuration.
    MeshConfig,
    /// The chart writes it into the injector's configuration.
    Injector,
    /// The chart sets it in istiod's environment.
    Istiod,
    /// The chart writes it into the webhooks' selectors or URLs.
    Webhook,
    /// It selects a profile, which sets other values.
    Profile,
}

/// The values that are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Any value.
    Set,
    /// Values that are true in Go's templates.
    True,
    /// Values that are true, unless this sibling key is true.
    TrueWithout(&'static str),
    /// Values that are false in Go's templates.
    False,
    /// This text.
    Is(&'static str),
}

use Use::{Applied, NoEffect, Refused};

/// The values of the istiod chart of all built-in releases, with their effect on a sidecar. A row covers the keys below
/// it. Keys that the chart also accepts under `pilot` are listed at the top level, where the chart moves them.
pub(super) const KEYS: [(&str, Use); 180] = [
    ("_internal_defaults_do_not_set", Refused(When::Set, "set the values under it without this prefix")),
    ("_original", NoEffect),
    ("affinity", NoEffect),
    ("ambient", NoEffect),
    ("autoscaleBehavior", NoEffect),
    ("autoscaleEnabled", NoEffect),
    ("autoscaleMax", NoEffect),
    ("autoscaleMin", NoEffect),
    ("base", NoEffect),
    ("cni", NoEffect),
    ("cni.enabled", Applied(By::Sidecar, Type::Bool)),
    ("cni.provider", Applied(By::Sidecar, Type::Text)),
    ("cni_windows", NoEffect),
    ("compatibilityVersion", Applied(By::Profile, Type::Text)),
    ("configMap", Refused(When::False, "the chart then writes no mesh configuration, so the one in use is unknown")),
    ("cpu", NoEffect),
    ("crlConfigMapName", NoEffect),
    ("defaultRevision", NoEffect),
    ("defaults", Refused(When::Set, "set the values under it without this prefix")),
    ("deploymentAnnotations", NoEffect),
    ("deploymentLabels", NoEffect),
    ("env", Applied(By::Istiod, Type::Map)),
    ("envVarFrom", Applied(By::Istiod, Type::List)),
    ("experimental", NoEffect),
    ("extraContainerArgs", NoEffect),
    ("gatewayClasses", NoEffect),
    ("gateways", NoEffect),
    ("gateways.seccompProfile", Applied(By::OtherTemplates, Type::Any)),
    ("gateways.securityContext", Applied(By::OtherTemplates, Type::Any)),
    ("global.agentgateway", NoEffect),
    ("global.arch", NoEffect),
    ("global.caAddress", Applied(By::Sidecar, Type::Text)),
    ("global.caName", Applied(By::Sidecar, Type::Text)),
    ("global.certSigners", NoEffect),
    ("global.configCluster", NoEffect),
    ("global.configValidation", NoEffect),
    ("global.defaultNodeSelector", NoEffect),
    ("global.defaultPodDisruptionBudget", NoEffect),
    ("global.defaultResources", NoEffect),
    ("global.defaultTolerations", NoEffect),
    ("global.enableReaderRBAC", NoEffect),
    ("global.externalIstiod", NoEffect),
    ("global.hub", Applied(By::Sidecar, Type::Text)),
    ("global.imagePullPolicy", Applied(By::Sidecar, Type::Text)),
    ("global.imagePullSecrets", Applied(By::Sidecar, Type::List)),
    ("global.ipFamilies", NoEffect),
    ("global.ipFamilyPolicy", NoEffect),
    ("global.istioNamespace", Applied(By::Sidecar, Type::Text)),
    ("global.istiod", NoEffect),
    ("global.jwtPolicy", NoEffect),
    ("global.logAsJson", Applied(By::Sidecar, Type::Bool)),
    ("global.logging.level", Applied(By::Sidecar, Type::Text)),
    ("global.meshID", Applied(By::Sidecar, Type::Text)),
    ("global.meshNetworks", NoEffect),
    ("global.mountMtlsCerts", Applied(By::Sidecar, Type::Bool)),
    ("global.multiCluster.clusterName", Applied(By::Sidecar, Type::Text)),
    ("global.multiCluster.enabled", NoEffect),
    ("global.multiCluster.globalDomainSuffix", NoEffect),
    ("global.multiCluster.includeEnvoyFilter", NoEffect),
    ("global.nativeNftables", Applied(By::Sidecar, Type::Bool)),
    ("global.network", Applied(By::Sidecar, Type::Text)),
    ("global.networkPolicy", NoEffect),
    (
        "global.omitSidecarInjectorConfigMap",
        Refused(When::True, "the chart then writes no injector configuration, and another istiod makes the sidecars"),
    ),
    ("global.operatorManageWebhooks", NoEffect),
    ("global.pilotCertProvider", Applied(By::Sidecar, Type::Text)),
    ("global.platform", Applied(By::Profile, Type::Text)),
    ("global.podDNSSearchNamespaces", NoEffect),
    ("global.priorityClassName", NoEffect),
    ("global.profile", Applied(By::Profile, Type::Text)),
    ("global.proxy.autoInject", Applied(By::Injector, Type::Text)),
    ("global.proxy.capNetBindService", Applied(By::Sidecar, Type::Any)),
    ("global.proxy.clusterDomain", Applied(By::Sidecar, Type::Text)),
    ("global.proxy.componentLogLevel", Applied(By::Sidecar, Type::Text)),
    ("global.proxy.enableCoreDump", NoEffect),
    ("global.proxy.excludeIPRanges", Applied(By::Sidecar, Type::Text)),
    ("global.proxy.excludeInboundPorts", Applied(By::Sidecar, Type::Text)),
    ("global.proxy.excludeOutboundPorts", Applied(By::Sidecar, Type::Text)),
    ("global.proxy.holdApplicationUntilProxyStarts", Applied(By::Sidecar, Type::Bool)),
    ("global.proxy.image", Applied(By::Sidecar, Type::Text)),
    ("global.proxy.includeIPRanges", Applied(By::Sidecar, Type::Text)),
    ("global.proxy.includeInboundPorts", Applied(By::Sidecar, Type::Text)),
    ("global.proxy.includeOutboundPorts", Applied(By::Sidecar, Type::Text)),
    ("global.proxy.lifecycle", Applied(By::Sidecar, Type::Map)),
    ("global.proxy.logLevel", Applied(By::Sidecar, Type::Text)),
    ("global.proxy.outlierLogPath", Applied(By::Sidecar, Type::Text)),
    ("global.proxy.privileged", Applied(By::Sidecar, Type::Bool)),
    ("global.proxy.proxyAdminPort", NoEffect),
    ("global.proxy.readinessFailureThreshold", Applied(By::Sidecar, Type::Number)),
    ("global.proxy.readinessInitialDelaySeconds", Applied(By::Sidecar, Type::Number)),
    ("global.proxy.readinessPeriodSeconds", Applied(By::Sidecar, Type::Number)),
    ("global.proxy.resources", Applied(By::Sidecar, Type::Map)),
    ("global.proxy.seccompProfile", Applied(By::Sidecar, Type::Map)),
    ("global.proxy.startupProbe.enabled", Applied(By::Sidecar, Type::Bool)),
    ("global.proxy.startupProbe.failureThreshold", Applied(By::Sidecar, Type::Number)),
    ("global.proxy.statusPort", Applied(By::Sidecar, Type::Number)),
    ("global.proxy.tracer", Applied(By::Sidecar, Type::Text)),
    ("global.proxy.variant", Applied(By::MeshConfig, Type::Any)),
    ("global.proxy_init.forceApplyIptables", Applied(By::Sidecar, Type::Any)),
    ("global.proxy_init.image", Applied(By::Sidecar, Type::Text)),
    ("global.proxy_init.resources", NoEffect),
    ("global.remotePilotAddress", Applied(By::MeshConfig, Type::Text)),
    ("global.resourceScope", Refused(When::Is("cluster"), "the chart then writes no injector configuration")),
    ("global.revision", NoEffect),
    ("global.sds.enabled", NoEffect),
    ("global.sds.token.aud", Applied(By::Sidecar, Type::Text)),
    ("global.sts.servicePort", Applied(By::Sidecar, Type::Number)),
    ("global.tag", Applied(By::Sidecar, Type::Any)),
    ("global.tracer.datadog.address", Applied(By::MeshConfig, Type::Text)),
    ("global.tracer.lightstep.accessToken", Applied(By::MeshConfig, Type::Text)),
    ("global.tracer.lightstep.address", Applied(By::MeshConfig, Type::Text)),
    ("global.tracer.stackdriver.debug", Applied(By::MeshConfig, Type::Bool)),
    ("global.tracer.stackdriver.maxNumberOfAnnotations", Applied(By::MeshConfig, Type::Number)),
    ("global.tracer.stackdriver.maxNumberOfAttributes", Applied(By::MeshConfig, Type::Number)),
    ("global.tracer.stackdriver.maxNumberOfMessageEvents", Applied(By::MeshConfig, Type::Number)),
    ("global.tracer.zipkin.address", Applied(By::MeshConfig, Type::Text)),
    ("global.trustBundleName", Applied(By::Sidecar, Type::Text)),
    ("global.trustDomain", Applied(By::Sidecar, Type::Any)),
    ("global.variant", Applied(By::Sidecar, Type::Text)),
    ("global.waypoint", NoEffect),
    ("hub", NoEffect),
    ("image", NoEffect),
    ("initContainers", NoEffect),
    ("ipFamilies", NoEffect),
    ("ipFamilyPolicy", NoEffect),
    ("istio_cni", NoEffect),
    (
        "istiodRemote.enabled",
        Refused(
            When::TrueWithout("enabledLocalInjectorIstiod"),
            "the istiod of another cluster then makes the sidecars, by its own configuration",
        ),
    ),
    ("istiodRemote.enabledLocalInjectorIstiod", Applied(By::MeshConfig, Type::Any)),
    ("istiodRemote.injectionCABundle", NoEffect),
    ("istiodRemote.injectionPath", Applied(By::Webhook, Type::Text)),
    ("istiodRemote.injectionURL", Applied(By::Webhook, Type::Text)),
    ("jwksResolverExtraRootCA", NoEffect),
    ("keepaliveMaxServerConnectionAge", NoEffect),
    ("memory", NoEffect),
    ("meshConfig", Applied(By::MeshConfig, Type::Map)),
    ("nodeSelector", NoEffect),
    ("ownerName", NoEffect),
    ("pdb", NoEffect),
    ("platform", Applied(By::Profile, Type::Text)),
    ("podAnnotations", NoEffect),
    ("podLabels", NoEffect),
    ("profile", Applied(By::Profile, Type::Text)),
    ("replicaCount", NoEffect),
    ("resourceQuotas", NoEffect),
    ("resources", NoEffect),
    ("revision", Applied(By::Sidecar, Type::Text)),
    ("revisionTags", Applied(By::Webhook, Type::List)),
    ("rollingMaxSurge", NoEffect),
    ("rollingMaxUnavailable", NoEffect),
    ("seLinuxOptions", NoEffect),
    ("seccompProfile", NoEffect),
    ("serviceAccountAnnotations", NoEffect),
    ("serviceAnnotations", NoEffect),
    ("sidecarInjectorWebhook.aliases", NoEffect),
    ("sidecarInjectorWebhook.alwaysInjectSelector", Applied(By::Injector, Type::List)),
    ("sidecarInjectorWebhook.defaultTemplates", Applied(By::Injector, Type::List)),
    ("sidecarInjectorWebhook.enableNamespacesByDefault", Applied(By::Webhook, Type::Bool)),
    ("sidecarInjectorWebhook.injectedAnnotations", Applied(By::Injector, Type::Map)),
    ("sidecarInjectorWebhook.injectionURL", NoEffect),
    ("sidecarInjectorWebhook.neverInjectSelector", Applied(By::Injector, Type::List)),
    ("sidecarInjectorWebhook.objectSelector", NoEffect),
    ("sidecarInjectorWebhook.reinvocationPolicy", NoEffect),
    ("sidecarInjectorWebhook.revisionLabelPreference", NoEffect),
    ("sidecarInjectorWebhook.rewriteAppHTTPProbe", Applied(By::Sidecar, Type::Bool)),
    ("sidecarInjectorWebhook.templates", Applied(By::Injector, Type::Map)),
    ("sidecarInjectorWebhook.useLegacySelectors", NoEffect),
    ("sidecarInjectorWebhookAnnotations", NoEffect),
    ("tag", NoEffect),
    ("taint", NoEffect),
    ("telemetry", NoEffect),
    ("terminationGracePeriodSeconds", NoEffect),
    ("tolerations", NoEffect),
    ("topologySpreadConstraints", NoEffect),
    ("traceSampling", NoEffect),
    ("trustedZtunnelName", NoEffect),
    ("trustedZtunnelNamespace", NoEffect),
    ("unvalidatedValues", NoEffect),
    ("variant", NoEffect),
    ("volumeMounts", NoEffect),
    ("volumes", NoEffect),
    ("ztunnel", NoEffect),
];

/// The fields of a mesh configuration.
pub(super) const MESH_CONFIG: [&str; 47] = [
    "accessLogEncoding",
    "accessLogFile",
    "accessLogFormat",
    "ca",
    "caCertificates",
    "certificates",
    "compliancePolicy",
    "configSources",
    "connectTimeout",
    "defaultConfig",
    "defaultDestinationRuleExportTo",
    "defaultHttpRetryPolicy",
    "defaultProviders",
    "defaultServiceExportTo",
    "defaultVirtualServiceExportTo",
    "disableEnvoyListenerLog",
    "discoverySelectors",
    "dnsRefreshRate",
    "enableAutoMtls",
    "enableEnvoyAccessLogService",
    "enablePrometheusMerge",
    "enableTracing",
    "extensionProviders",
    "h2UpgradePolicy",
    "hboneIdleTimeout",
    "inboundClusterStatName",
    "inboundTrafficPolicy",
    "ingressClass",
    "ingressControllerMode",
    "ingressSelector",
    "ingressService",
    "localityLbSetting",
    "meshMTLS",
    "outboundClusterStatName",
    "outboundTrafficPolicy",
    "pathNormalization",
    "protocolDetectionTimeout",
    "proxyHttpPort",
    "proxyInboundListenPort",
    "proxyListenPort",
    "rootNamespace",
    "serviceScopeConfigs",
    "serviceSettings",
    "tcpKeepalive",
    "tlsDefaults",
    "trustDomain",
    "trustDomainAliases",
];

/// Fields of older mesh configurations, which istiod still accepts.
pub(super) const MESH_CONFIG_OLD: [&str; 2] = ["thriftConfig", "verifyCertificateAtClient"];
