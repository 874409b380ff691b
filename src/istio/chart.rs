//! The results of the istiod chart for given values: the injector's values and configuration, the mesh configuration
//! and istiod's environment (`manifests/charts/istio-control/istio-discovery`, all built-in releases).

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::names::env;
use super::profiles::{self, UnknownProfile};
use super::release::{Release, ReleaseChange};
use super::value::{at, merge, merge_keeping_nulls, text, truthy};

/// The defaults of the chart's values that reach a sidecar. The tag is the release, also for a patch that was not
/// measured.
fn defaults(release: &Release) -> Value {
    let hub = if release.has(ReleaseChange::OwnRegistry) { "registry.istio.io/release" } else { "docker.io/istio" };
    json!({
        "cni": {"enabled": false, "provider": "default"},
        "configMap": true,
        "env": {},
        "gateways": {"securityContext": {}, "seccompProfile": {}},
        "global": {
            "caAddress": "",
            "caName": "",
            "hub": hub,
            "imagePullPolicy": "",
            "imagePullSecrets": [],
            "istioNamespace": "istio-system",
            "logAsJson": false,
            "logging": {"level": "default:info"},
            "meshID": "",
            "mountMtlsCerts": false,
            "multiCluster": {"clusterName": ""},
            "nativeNftables": false,
            "network": "",
            "pilotCertProvider": "istiod",
            "proxy": proxy_defaults(),
            "proxy_init": {"forceApplyIptables": false, "image": "proxyv2"},
            "sds": {"token": {"aud": "istio-ca"}},
            "sts": {"servicePort": 0},
            "tag": release.to_string(),
            "variant": ""
        },
        "revision": "",
        "sidecarInjectorWebhook": {
            "alwaysInjectSelector": [],
            "defaultTemplates": [],
            "enableNamespacesByDefault": false,
            "injectedAnnotations": {},
            "neverInjectSelector": [],
            "rewriteAppHTTPProbe": true,
            "templates": {}
        }
    })
}

/// `global.proxy`.
fn proxy_defaults() -> Value {
    json!({
        "autoInject": "enabled",
        "clusterDomain": "cluster.local",
        "componentLogLevel": "misc:error",
        "excludeIPRanges": "",
        "excludeInboundPorts": "",
        "excludeOutboundPorts": "",
        "image": "proxyv2",
        "includeIPRanges": "*",
        "includeInboundPorts": "*",
        "includeOutboundPorts": "",
        "logLevel": "warning",
        "outlierLogPath": "",
        "privileged": false,
        "readinessFailureThreshold": 4,
        "readinessInitialDelaySeconds": 0,
        "readinessPeriodSeconds": 15,
        "resources": {
            "requests": {"cpu": "100m", "memory": "128Mi"},
            "limits": {"cpu": "2000m", "memory": "1024Mi"}
        },
        "seccompProfile": {},
        "startupProbe": {"enabled": true, "failureThreshold": 600},
        "statusPort": 15020,
        "tracer": "none"
    })
}

/// The values as the chart's templates read them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chart(Value);

impl Chart {
    /// The values of an installation: defaults, then the profiles that the user selects, then the user's values.
    pub(super) fn of_install(release: &Release, user: &Value) -> Result<Self, UnknownProfile> {
        let mut values = defaults(release);
        merge(&mut values, &profiles::of(release, user)?);
        if user.is_object() {
            merge(&mut values, user);
        }
        Ok(Self::descoped(values))
    }

    /// The user's values and the profiles that they select, without the chart's defaults.
    pub(super) fn of_changes(release: &Release, user: &Value) -> Result<Self, UnknownProfile> {
        let mut values = profiles::of(release, user)?;
        // Unlike in an installation, nulls are kept: they remove values of the mesh later.
        merge_keeping_nulls(&mut values, user.clone());
        Ok(Self::descoped(values))
    }

    /// The chart copies the values under `pilot` to the top level, where they take precedence.
    fn descoped(mut values: Value) -> Self {
        let pilot = values.as_object_mut().and_then(|values| values.shift_remove("pilot"));
        if let Some(pilot @ Value::Object(_)) = pilot {
            merge_keeping_nulls(&mut values, pilot);
        }
        Self(values)
    }

    /// Whether there are no values.
    pub(super) fn is_empty(&self) -> bool {
        self.0.as_object().is_none_or(Map::is_empty)
    }

    /// These values applied to others.
    pub(super) fn laid_over(&self, below: &Value) -> Value {
        let mut values = below.clone();
        merge(&mut values, &self.0);
        values
    }

    /// A value by its path from the top level.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Value> {
        at(&self.0, path)
    }

    /// The values in the injector's `ConfigMap`. Of istiod's own values, it contains only `cni` and `env`.
    pub(super) fn injector_values(&self) -> Value {
        let pick = |from: &Value, keys: &[&str]| {
            let found = keys.iter().filter_map(|key| Some(((*key).to_owned(), from.get(*key)?.clone())));
            found.collect::<Map<_, _>>()
        };
        let mut values = pick(&self.0, &["global", "sidecarInjectorWebhook", "revision"]);
        let gateways = self.0.get("gateways").map(|gateways| pick(gateways, &["securityContext", "seccompProfile"]));
        for (key, picked) in [("pilot", pick(&self.0, &["cni", "env"])), ("gateways", gateways.unwrap_or_default())] {
            if !picked.is_empty() {
                values.insert(key.to_owned(), picked.into());
            }
        }
        Value::Object(values)
    }

    /// The keys of the injector's configuration that these values set.
    pub(super) fn injector_config(&self) -> Value {
        let mut config = Map::new();
        if let Some(policy) = self.at(&["global", "proxy", "autoInject"]) {
            config.insert("policy".to_owned(), text(Some(policy)).into());
        }
        let webhook = self.at(&["sidecarInjectorWebhook"]);
        for key in ["alwaysInjectSelector", "neverInjectSelector", "defaultTemplates", "templates"] {
            if let Some(value) = webhook.and_then(|webhook| webhook.get(key)) {
                config.insert(key.to_owned(), value.clone());
            }
        }
        if let Some(Value::Object(annotations)) = webhook.and_then(|webhook| webhook.get("injectedAnnotations")) {
            let quoted = |value: &Value| if value.is_null() { Value::Null } else { text(Some(value)).into() };
            let annotations: Map<_, _> = annotations.iter().map(|(key, value)| (key.clone(), quoted(value))).collect();
            config.insert("injectedAnnotations".to_owned(), annotations.into());
        }
        Value::Object(config)
    }

    /// The mesh configuration: what the chart derives from values, with the user's `meshConfig` applied.
    pub(super) fn mesh_config(&self) -> Value {
        let mut mesh = derived_mesh_config(&self.0);
        if let Some(user) = self.user_mesh_config() {
            merge(&mut mesh, user);
        }
        mesh
    }

    /// `meshConfig`.
    pub(super) fn user_mesh_config(&self) -> Option<&Value> {
        self.at(&["meshConfig"]).filter(|user| user.is_object())
    }

    /// The variables of istiod's environment that the values set.
    pub(super) fn env(&self) -> BTreeMap<String, String> {
        let own = self.at(&["env"]).and_then(Value::as_object).into_iter().flatten();
        let own = own.map(|(name, value)| (name.clone(), text(Some(value))));
        let listed = self.at(&["envVarFrom"]).and_then(Value::as_array).into_iter().flatten();
        let listed =
            listed.filter_map(|entry| Some((entry.get("name")?.as_str()?.to_owned(), text(Some(entry.get("value")?)))));
        platform(&self.0).into_iter().chain(own).chain(listed).collect()
    }

    /// The path or URL of istiod's injection webhook.
    pub(super) fn injection_path(&self) -> Cow<'_, str> {
        let remote =
            |key: &str| self.at(&["istiodRemote", key]).and_then(Value::as_str).filter(|path| !path.is_empty());
        remote("injectionURL").or_else(|| remote("injectionPath")).unwrap_or("/inject").into()
    }
}

/// Whether a variable of istiod's environment affects injections.
pub(super) fn matters(variable: &str) -> bool {
    ["ENABLE_NATIVE_SIDECARS", env::COMPLIANCE_POLICY, env::PLATFORM, "REVISION"].contains(&variable)
}

/// The variable of istiod's environment that the chart sets for the platform.
pub(super) fn platform(values: &Value) -> Option<(String, String)> {
    let platform = at(values, &["global", "platform"]).or_else(|| at(values, &["platform"]));
    let platform = text(platform);
    (!platform.is_empty()).then(|| (env::PLATFORM.to_owned(), platform))
}

/// The mesh configuration that the chart derives from values other than `meshConfig`.
pub(super) fn derived_mesh_config(values: &Value) -> Value {
    let namespace = text(at(values, &["global", "istioNamespace"]));
    let mut default_config = Map::new();
    default_config.insert("discoveryAddress".to_owned(), discovery_address(values, &namespace).into());
    let mesh_id = text(at(values, &["global", "meshID"]));
    if !mesh_id.is_empty() {
        default_config.insert("meshId".to_owned(), mesh_id.into());
    }
    let variant = [&["global", "proxy", "variant"][..], &["global", "variant"]]
        .into_iter()
        .map(|path| text(at(values, path)))
        .find(|variant| !variant.is_empty());
    if let Some(variant) = variant {
        default_config.insert("image".to_owned(), json!({"imageType": variant}));
    }
    if let Some(tracing) = tracing(values, &namespace) {
        default_config.insert("tracing".to_owned(), tracing);
    }
    json!({
        "trustDomain": "cluster.local",
        "rootNamespace": namespace,
        "defaultProviders": {"metrics": ["prometheus"]},
        "defaultConfig": default_config,
        "enablePrometheusMerge": true
    })
}

/// The address at which proxies connect to istiod. The name of a remote istiod has no revision.
fn discovery_address(values: &Value, namespace: &str) -> String {
    let remote = |key: &str| truthy(at(values, &["istiodRemote", key]));
    let name = if text(at(values, &["global", "remotePilotAddress"])).is_empty() {
        match text(values.get("revision")).as_str() {
            "" | "default" => "istiod".to_owned(),
            revision => format!("istiod-{revision}"),
        }
    } else if remote("enabled") && remote("enabledLocalInjectorIstiod") {
        "istiod-remote".to_owned()
    } else {
        "istiod".to_owned()
    };
    format!("{name}.{namespace}.svc:15012")
}

/// The mesh configuration for `global.proxy.tracer`.
fn tracing(values: &Value, namespace: &str) -> Option<Value> {
    let tracer = text(at(values, &["global", "proxy", "tracer"]));
    let setting = |key: &str| at(values, &["global", "tracer", &tracer, key]).filter(|value| truthy(Some(value)));
    let address = |default: &str| match text(setting("address")) {
        address if address.is_empty() => default.to_owned(),
        address => address,
    };
    match tracer.as_str() {
        "lightstep" => Some(json!({"lightstep": {
            "address": address(""),
            "accessToken": text(setting("accessToken"))
        }})),
        "zipkin" => Some(json!({"zipkin": {"address": address(&format!("zipkin.{namespace}:9411"))}})),
        "datadog" => Some(json!({"datadog": {"address": address("$(HOST_IP):8126")}})),
        "stackdriver" => {
            let most = |key: &str| setting(key).cloned().unwrap_or_else(|| 200.into());
            Some(json!({"stackdriver": {
                "debug": setting("debug").cloned().unwrap_or(Value::Bool(false)),
                "maxNumberOfAttributes": most("maxNumberOfAttributes"),
                "maxNumberOfAnnotations": most("maxNumberOfAnnotations"),
                "maxNumberOfMessageEvents": most("maxNumberOfMessageEvents")
            }}))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(user: &Value) -> Chart {
        Chart::of_install(&"1.30".parse().unwrap(), user).unwrap()
    }

    #[test]
    fn profiles_override_the_defaults_and_user_values_override_profiles() {
        let requests = |user: &Value| chart(user).at(&["global", "proxy", "resources", "requests"]).cloned().unwrap();
        assert_eq!(requests(&json!({"profile": "demo"})), json!({"cpu": "10m", "memory": "40Mi"}));
        let own = json!({"profile": "demo", "global": {"proxy": {"resources": {"requests": {"cpu": "20m"}}}}});
        assert_eq!(requests(&own), json!({"cpu": "20m", "memory": "40Mi"}));
    }

    #[test]
    fn values_under_pilot_take_precedence() {
        let env = |user: &Value| chart(user).env().get("ENABLE_NATIVE_SIDECARS").cloned();
        assert_eq!(env(&json!({"compatibilityVersion": "1.26"})).as_deref(), Some("false"));
        let own = json!({"compatibilityVersion": "1.26", "pilot": {"env": {"ENABLE_NATIVE_SIDECARS": true}}});
        assert_eq!(env(&own).as_deref(), Some("true"));
        // The profile sets it under `pilot` too.
        let top = json!({"compatibilityVersion": "1.26", "env": {"ENABLE_NATIVE_SIDECARS": true}});
        assert_eq!(env(&top).as_deref(), Some("false"));
        assert_eq!(env(&json!({"env": {"ENABLE_NATIVE_SIDECARS": true}})).as_deref(), Some("true"));
    }

    #[test]
    fn two_of_istiods_own_values_reach_the_injector() {
        let values = chart(&json!({
            "pilot": {"cni": {"enabled": true}, "crlConfigMapName": "crl", "env": {"A": "1"}}, "hub": "h", "profile": "stable"
        }))
        .injector_values();
        assert_eq!(values["pilot"], json!({"cni": {"enabled": true, "provider": "default"}, "env": {"A": "1"}}));
        let keys: Vec<&str> = values.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["global", "sidecarInjectorWebhook", "revision", "pilot", "gateways"]);
    }

    #[test]
    fn literal_entries_of_the_list_are_in_istiods_environment() {
        let user = json!({
            "env": {"A": 1}, "global": {"platform": "openshift"},
            "envVarFrom": [{"name": "B", "value": "2"}, {"name": "C", "valueFrom": {"secretKeyRef": {"name": "x", "key": "y"}}}]
        });
        let env: Vec<(String, String)> = chart(&user).env().into_iter().collect();
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(env, [pair("A", "1"), pair("B", "2"), pair("PLATFORM", "openshift")]);
    }

    #[test]
    fn values_become_mesh_configuration() {
        let user = json!({"revision": "canary", "global": {"meshID": "m", "variant": "debug"},
            "meshConfig": {"defaultConfig": {"statusPort": 15100}}});
        assert_eq!(
            chart(&user).mesh_config()["defaultConfig"],
            json!({"discoveryAddress": "istiod-canary.istio-system.svc:15012", "meshId": "m",
                "image": {"imageType": "debug"}, "statusPort": 15100})
        );
    }

    #[test]
    fn the_address_of_a_remote_istiod_has_no_revision() {
        let address = |user: &Value| text(chart(user).mesh_config()["defaultConfig"].get("discoveryAddress"));
        let mut user = json!({"revision": "canary", "global": {"remotePilotAddress": "10.0.0.1"}});
        assert_eq!(address(&user), "istiod.istio-system.svc:15012");
        user["istiodRemote"] = json!({"enabled": true, "enabledLocalInjectorIstiod": true});
        assert_eq!(address(&user), "istiod-remote.istio-system.svc:15012");
    }

    #[test]
    fn tracers_are_configured() {
        let tracing = |tracer: &str, settings: Value| {
            let user = json!({"global": {"proxy": {"tracer": tracer}, "tracer": {tracer: settings}}});
            chart(&user).mesh_config()["defaultConfig"]["tracing"].clone()
        };
        assert_eq!(tracing("zipkin", json!({})), json!({"zipkin": {"address": "zipkin.istio-system:9411"}}));
        let stackdriver = &tracing("stackdriver", json!({"debug": true, "maxNumberOfAttributes": 5}))["stackdriver"];
        assert_eq!(
            *stackdriver,
            json!({"debug": true, "maxNumberOfAttributes": 5, "maxNumberOfAnnotations": 200, "maxNumberOfMessageEvents": 200})
        );
    }
}
