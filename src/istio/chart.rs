//! What the istiod chart makes of values: the values that the injector's templates see, its configuration, the mesh
//! configuration and istiod's environment (`manifests/charts/istio-control/istio-discovery`, all built-in releases).

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::names::env;
use super::profiles::{self, UnknownProfile};
use super::release::{Release, ReleaseChange};
use super::value::{at, merge, text, truthy};

/// The chart's values that reach a sidecar, with their defaults. The tag is the release's own, also where it is a patch
/// that was not measured.
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

/// The chart's values as its templates read them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chart(Value);

impl Chart {
    /// An installation: defaults, then the profiles that the user chose, then the user's values.
    pub(super) fn of_install(release: &Release, user: &Value) -> Result<Self, UnknownProfile> {
        let mut values = defaults(release);
        merge(&mut values, &profiles::of(release, user)?);
        if user.is_object() {
            merge(&mut values, user);
        }
        Ok(Self::descoped(values))
    }

    /// What these values change, with the profiles that they choose, wherever they are laid.
    pub(super) fn of_changes(release: &Release, user: &Value) -> Result<Self, UnknownProfile> {
        let mut values = profiles::of(release, user)?;
        // Unlike in an installation, what is null takes something away only later.
        lay(&mut values, user.clone());
        Ok(Self::descoped(values))
    }

    /// The chart copies what is under `pilot` to the top, over what is there.
    fn descoped(mut values: Value) -> Self {
        let pilot = values.as_object_mut().and_then(|values| values.shift_remove("pilot"));
        if let Some(pilot @ Value::Object(_)) = pilot {
            lay(&mut values, pilot);
        }
        Self(values)
    }

    /// Whether they change nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.0.as_object().is_none_or(Map::is_empty)
    }

    /// These values laid over others.
    pub(super) fn laid_over(&self, below: &Value) -> Value {
        let mut values = below.clone();
        merge(&mut values, &self.0);
        values
    }

    /// A value by its path, at the top.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Value> {
        at(&self.0, path)
    }

    /// The values in the injector's `ConfigMap`: of istiod's own only `cni` and `env` are copied there.
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

    /// The mesh configuration: what the chart derives from values, with the user's `meshConfig` laid over it.
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

    /// What the chart sets in istiod's environment, as far as values say it.
    pub(super) fn env(&self) -> BTreeMap<String, String> {
        let own = self.at(&["env"]).and_then(Value::as_object).into_iter().flatten();
        let own = own.map(|(name, value)| (name.clone(), text(Some(value))));
        let listed = self.at(&["envVarFrom"]).and_then(Value::as_array).into_iter().flatten();
        let listed =
            listed.filter_map(|entry| Some((entry.get("name")?.as_str()?.to_owned(), text(Some(entry.get("value")?)))));
        platform(&self.0).into_iter().chain(own).chain(listed).collect()
    }

    /// The path or URL at which the API server asks istiod to inject a pod.
    pub(super) fn injection_path(&self) -> Cow<'_, str> {
        let remote =
            |key: &str| self.at(&["istiodRemote", key]).and_then(Value::as_str).filter(|path| !path.is_empty());
        remote("injectionURL").or_else(|| remote("injectionPath")).unwrap_or("/inject").into()
    }
}

/// Whether a variable of istiod's changes what is injected.
pub(super) fn matters(variable: &str) -> bool {
    ["ENABLE_NATIVE_SIDECARS", env::COMPLIANCE_POLICY, env::PLATFORM, "REVISION"].contains(&variable)
}

/// The platform that the chart puts into istiod's environment.
pub(super) fn platform(values: &Value) -> Option<(String, String)> {
    let platform = at(values, &["global", "platform"]).or_else(|| at(values, &["platform"]));
    let platform = text(platform);
    (!platform.is_empty()).then(|| (env::PLATFORM.to_owned(), platform))
}

/// Lays values over others, as Helm does with its files: mappings are merged, and what is null stays so, to take a
/// default away.
pub(super) fn lay(below: &mut Value, above: Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (key, value) in above {
                lay(below.entry(key).or_insert(Value::Null), value);
            }
        }
        (below, above) => *below = above,
    }
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

/// Where proxies find istiod. A remote one has no revision in its name.
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

/// `global.proxy.tracer` as the chart turns it into mesh configuration.
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
    fn a_profile_lies_between_the_defaults_and_the_users_values() {
        let requests = |user: &Value| chart(user).at(&["global", "proxy", "resources", "requests"]).cloned().unwrap();
        assert_eq!(requests(&json!({"profile": "demo"})), json!({"cpu": "10m", "memory": "40Mi"}));
        let own = json!({"profile": "demo", "global": {"proxy": {"resources": {"requests": {"cpu": "20m"}}}}});
        assert_eq!(requests(&own), json!({"cpu": "20m", "memory": "40Mi"}));
    }

    #[test]
    fn what_is_under_pilot_wins_over_the_top() {
        let env = |user: &Value| chart(user).env().get("ENABLE_NATIVE_SIDECARS").cloned();
        assert_eq!(env(&json!({"compatibilityVersion": "1.26"})).as_deref(), Some("false"));
        let own = json!({"compatibilityVersion": "1.26", "pilot": {"env": {"ENABLE_NATIVE_SIDECARS": true}}});
        assert_eq!(env(&own).as_deref(), Some("true"));
        // The profile's is under `pilot`, too.
        let top = json!({"compatibilityVersion": "1.26", "env": {"ENABLE_NATIVE_SIDECARS": true}});
        assert_eq!(env(&top).as_deref(), Some("false"));
        assert_eq!(env(&json!({"env": {"ENABLE_NATIVE_SIDECARS": true}})).as_deref(), Some("true"));
    }

    #[test]
    fn of_istiods_own_values_two_reach_the_injector() {
        let values = chart(&json!({
            "pilot": {"cni": {"enabled": true}, "crlConfigMapName": "crl", "env": {"A": "1"}}, "hub": "h", "profile": "stable"
        }))
        .injector_values();
        assert_eq!(values["pilot"], json!({"cni": {"enabled": true, "provider": "default"}, "env": {"A": "1"}}));
        let keys: Vec<&str> = values.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["global", "sidecarInjectorWebhook", "revision", "pilot", "gateways"]);
    }

    #[test]
    fn istiods_environment_has_literal_entries_of_its_list() {
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
    fn proxies_of_a_remote_istiod_find_it_without_its_revision() {
        let address = |user: &Value| text(chart(user).mesh_config()["defaultConfig"].get("discoveryAddress"));
        let mut user = json!({"revision": "canary", "global": {"remotePilotAddress": "10.0.0.1"}});
        assert_eq!(address(&user), "istiod.istio-system.svc:15012");
        user["istiodRemote"] = json!({"enabled": true, "enabledLocalInjectorIstiod": true});
        assert_eq!(address(&user), "istiod-remote.istio-system.svc:15012");
    }

    #[test]
    fn tracers_have_their_settings() {
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
