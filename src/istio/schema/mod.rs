//! The values of the istiod chart and the fields of its mesh configuration: their effect on sidecars, the known key
//! that an unknown one is similar to, and types that istiod cannot load (`values.yaml` and the templates of the chart,
//! `operator/pkg/apis/values_types.proto`, istio 1.30; istio.io/api mesh/v1alpha1).

mod fields;
mod key;
mod tables;

use serde_json::Value;

use super::message_fields::PROXY_CONFIG;
use super::value::{at, text, truthy};
use fields::{mesh_field, message_field};
use key::{MAX_NAME, nearest, with_rest};
use tables::{KEYS, Type, Use, When};

pub(crate) use fields::{UnknownField, camel_case, unknown_mesh_fields};
pub(crate) use key::Key;

/// The key under which the chart also accepts istiod's own values.
const PILOT: &str = "pilot";

/// A value of a type that istiod cannot load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrongType {
    /// The path of the value.
    pub path: Vec<String>,
    /// The type that istiod expects.
    pub expected: &'static str,
    /// What to do about it.
    pub hint: Option<&'static str>,
}

/// The keys that affect sidecars, with their types.
fn applied() -> impl Iterator<Item = (&'static str, Type)> {
    KEYS.iter().filter_map(|(path, effect)| match effect {
        Use::Applied(_, kind) => Some((*path, *kind)),
        _ => None,
    })
}

/// The first value of a wrong type.
pub(crate) fn wrong_type(values: &Value) -> Option<WrongType> {
    let top = applied().find_map(|(path, kind)| wrong_type_at(values, path, kind));
    top.or_else(|| {
        let pilot = at(values, &[PILOT])?;
        if !pilot.is_object() {
            return Some(WrongType { path: vec![PILOT.to_owned()], expected: Type::Map.name(), hint: None });
        }
        let mut wrong = applied().find_map(|(path, kind)| wrong_type_at(pilot, path, kind))?;
        wrong.path.insert(0, PILOT.to_owned());
        Some(wrong)
    })
}

fn wrong_type_at(values: &Value, path: &str, kind: Type) -> Option<WrongType> {
    let mut value = values;
    let mut parts = path.split('.').peekable();
    let mut upto = 0;
    while let Some(part) = parts.next() {
        value = value.get(part).filter(|value| !value.is_null())?;
        upto += 1;
        let expected = if parts.peek().is_some() { Type::Map } else { kind };
        if !expected.takes(value) {
            let path = path.split('.').take(upto).map(str::to_owned).collect();
            let hint = match (expected, value) {
                (Type::Bool, Value::String(text)) if text == "true" || text == "false" => Some("remove the quotes"),
                (Type::Text, Value::Number(_) | Value::Bool(_)) => Some("quote it"),
                _ => None,
            };
            return Some(WrongType { path, expected: expected.name(), hint });
        }
    }
    None
}

/// A value with which another configuration than the chart's determines the sidecars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub path: &'static str,
    pub why: &'static str,
}

/// The first value that is refused. `get` finds a value by its path.
pub(super) fn refused<'v>(get: impl Fn(&[&str]) -> Option<&'v Value>) -> Option<Refusal> {
    KEYS.iter().find_map(|(path, effect)| {
        let Use::Refused(when, why) = effect else { return None };
        let parts: Vec<&str> = path.split('.').collect();
        let value = get(&parts)?;
        let is_refused = match when {
            When::Set => true,
            When::True => truthy(Some(value)),
            When::TrueWithout(other) => {
                let (_, parents) = parts.split_last()?;
                truthy(Some(value)) && !truthy(get(&[parents, &[other]].concat()))
            }
            When::False => !truthy(Some(value)),
            When::Is(refused) => text(Some(value)) == *refused,
        };
        is_refused.then_some(Refusal { path, why })
    })
}

/// Looks up a key by its path, such as `global.proxy.image`.
pub(crate) fn key(path: &[&str]) -> Key {
    match path {
        ["meshConfig", "defaultConfig" | "default_config", rest @ ..] => match message_field(&PROXY_CONFIG, rest) {
            Key::Meant(meant) => Key::Meant(format!("meshConfig.defaultConfig.{meant}")),
            key => key,
        },
        ["global", "proxy", "resources", group, ..] if !RESOURCES.contains(group) => match nearest(group, RESOURCES) {
            Key::Meant(near) => Key::Meant(with_rest(&format!("global.proxy.resources.{near}"), path)),
            key => key,
        },
        ["meshConfig", field, ..] => match mesh_field(field) {
            Key::Meant(near) => Key::Meant(with_rest(&format!("meshConfig.{near}"), path)),
            key => key,
        },
        // A parent chart has the values of istiod under `istiod`.
        ["_internal_defaults_do_not_set" | "defaults" | "istiod"] => {
            Key::Meant("the values under it, without this prefix".to_owned())
        }
        ["_internal_defaults_do_not_set" | "defaults" | "istiod", rest @ ..] => Key::Meant(rest.join(".")),
        [PILOT] => Key::Applied,
        // The chart moves them to the top level.
        [PILOT, rest @ ..] => match at_top(rest) {
            Key::Meant(meant) if applied().any(|(known, _)| is_istiods(known) && starts_path(&meant, known)) => {
                Key::Meant(format!("{PILOT}.{meant}"))
            }
            key => key,
        },
        path => at_top(path),
    }
}

/// Whether a key is usually written under `pilot`.
fn is_istiods(key: &str) -> bool {
    matches!(key, "cni.enabled" | "cni.provider" | "env" | "envVarFrom")
}

/// Whether a path is `start` or below it.
fn starts_path(path: &str, start: &str) -> bool {
    path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn at_top(path: &[&str]) -> Key {
    let whole = path.join(".");
    if applied().any(|(known, _)| starts_path(&whole, known) || starts_path(known, &whole)) {
        return Key::Applied;
    }
    // Rows for a key and for a key above it have the same effect.
    if KEYS.iter().any(|(known, _)| starts_path(&whole, known) || starts_path(known, &whole)) {
        return Key::NoEffect;
    }
    if let Some(place) = misplaced(path) {
        return Key::Meant(place);
    }
    if whole.len() > MAX_NAME {
        return Key::Unknown;
    }
    let as_deep = |known: &str| known.split('.').take(path.len()).collect::<Vec<_>>().join(".");
    let under_pilot = applied().filter(|(known, _)| is_istiods(known)).map(|(known, _)| format!("{PILOT}.{known}"));
    let known = applied().map(|(known, _)| known.to_owned()).chain(under_pilot);
    let near = known.map(|known| with_rest(&as_deep(&known), path)).filter_map(|known| {
        let distance = strsim::damerau_levenshtein(&known.to_lowercase(), &whole.to_lowercase());
        (distance * 6 <= whole.len().max(6)).then_some((distance, known))
    });
    match near.min() {
        Some((_, known)) => Key::Meant(known),
        None => Key::Unknown,
    }
}

/// The intended key of a misplaced one: the only key that affects sidecars and ends with the same names.
fn misplaced(path: &[&str]) -> Option<String> {
    // Names that are valid in other places are not reported as mistakes.
    const COMMON: [&str; 9] =
        ["enabled", "env", "image", "level", "profile", "provider", "resources", "address", "revision"];
    if let ["defaultConfig" | "extensionProviders" | "inboundTrafficPolicy" | "trustDomain", ..] = path {
        return Some(format!("meshConfig.{}", path.join(".")));
    }
    for from in 0..path.len() {
        let tail = path.get(from..)?;
        for length in (1..=tail.len()).rev() {
            let part = tail.get(..length)?.join(".");
            if COMMON.contains(&part.as_str()) {
                continue;
            }
            let mut places = applied().map(|(known, _)| known).filter(|known| {
                known.strip_suffix(part.as_str()).is_some_and(|before| before.is_empty() || before.ends_with('.'))
            });
            if let (Some(place), None) = (places.next(), places.next()) {
                let rest = tail.iter().skip(length).copied();
                return Some(std::iter::once(place).chain(rest).collect::<Vec<_>>().join("."));
            }
        }
    }
    None
}

/// The fields of a container's resources (kubernetes API reference, `ResourceRequirements`).
const RESOURCES: [&str; 3] = ["claims", "limits", "requests"];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(path: &str) -> Key {
        key(&path.split('.').collect::<Vec<_>>())
    }

    #[test]
    fn keys_that_affect_sidecars_are_known() {
        for path in ["global.proxy.image", "global.proxy", "global.proxy.resources.limits.cpu", "pilot.env.X"] {
            assert_eq!(of(path), Key::Applied, "{path}");
        }
        for path in [
            "meshConfig.defaultConfig.proxyMetadata.ANY",
            "meshConfig.default_config.proxy_headers.request_id.disabled",
            "meshConfig.defaultConfig.connectionSettings.x",
            "meshConfig.defaultConfig.gatewayTopology.proxyProtocol.x",
            "global.proxy.resources.claims",
        ] {
            assert_eq!(of(path), Key::Applied, "{path}");
        }
        for path in ["meshConfig.defaultConfig.concurrency", "meshConfig.trust_domain", "revision"] {
            assert_eq!(of(path), Key::Applied, "{path}");
        }
    }

    #[test]
    fn keys_without_an_effect_differ_from_unknown_keys() {
        for path in [
            "resources.limits.cpu",
            "pilot.autoscaleMin",
            "pilot.resources",
            "pilot.crlConfigMapName",
            "crlConfigMapName",
            "cni.cniBinDir",
            "global.istiod.x",
            "global.omitSidecarInjectorConfigMap",
        ] {
            assert_eq!(of(path), Key::NoEffect, "{path}");
        }
        for path in [
            "something.entirely.different",
            "pilot.entirelyDifferent",
            "meshConfig.defaultConfig.shiny",
            "meshConfig.defaultConfig.tracing.shiny",
            "global.proxy.resources.cpu",
        ] {
            assert_eq!(of(path), Key::Unknown, "{path}");
        }
    }

    #[test]
    fn every_value_of_the_chart_has_a_row() {
        let values = include_str!("../../../testdata/istio/chart-values-1.30.txt").lines();
        let paths: Vec<&str> = values.filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        assert!(paths.len() > 150);
        for path in paths {
            let row = KEYS.iter().any(|(known, _)| starts_path(path, known));
            let is_mesh_field = path.starts_with("meshConfig.") && of(path) == Key::Applied;
            assert!(row || is_mesh_field, "{path} is missing in the table");
        }
    }

    #[test]
    fn values_for_sidecars_of_other_configurations_are_refused() {
        let refused = |values: &Value| refused(|path| at(values, path)).map(|refusal| refusal.path);
        for (values, path) in [
            (json!({"configMap": true, "global": {"resourceScope": "all"}}), None),
            (json!({"configMap": false}), Some("configMap")),
            (json!({"global": {"omitSidecarInjectorConfigMap": true}}), Some("global.omitSidecarInjectorConfigMap")),
            (json!({"global": {"resourceScope": "cluster"}}), Some("global.resourceScope")),
            (json!({"istiodRemote": {"enabled": true}}), Some("istiodRemote.enabled")),
            (json!({"istiodRemote": {"enabled": true, "enabledLocalInjectorIstiod": true}}), None),
        ] {
            assert_eq!(refused(&values), path, "{values}");
        }
    }

    #[test]
    fn misspelt_and_misplaced_keys_name_the_right_one() {
        for (path, meant) in [
            ("global.proxy.imge", "global.proxy.image"),
            ("globl.proxy.image", "global.proxy.image"),
            ("global.prox", "global.proxy"),
            ("global.proxy.ressources.limits.cpu", "global.proxy.resources.limits.cpu"),
            ("global.holdApplicationUntilProxyStarts", "global.proxy.holdApplicationUntilProxyStarts"),
            ("proxy.logLevel", "global.proxy.logLevel"),
            ("global.statusPort", "global.proxy.statusPort"),
            ("sidecarInjectorWebhook.neverInjectSelectors", "sidecarInjectorWebhook.neverInjectSelector"),
            ("meshConfig.defaultConfg.concurrency", "meshConfig.defaultConfig.concurrency"),
            ("meshConfig.defaultConfig.concurency", "meshConfig.defaultConfig.concurrency"),
            ("meshConfig.defaultConfig.proxyMetdata.A", "meshConfig.defaultConfig.proxyMetadata.A"),
            ("meshConfig.defaultConfig.tracing.samplng", "meshConfig.defaultConfig.tracing.sampling"),
            ("global.proxy.resources.limit.cpu", "global.proxy.resources.limits.cpu"),
            ("defaultConfig.concurrency", "meshConfig.defaultConfig.concurrency"),
            ("pilt.env.A", "pilot.env.A"),
            ("istiod.global.hub", "global.hub"),
            ("_internal_defaults_do_not_set.global.hub", "global.hub"),
        ] {
            assert_eq!(of(path), Key::Meant(meant.to_owned()), "{path}");
        }
    }

    #[test]
    fn types_that_istiod_cannot_load_are_found() {
        for good in [
            json!({"global": {"proxy": {"statusPort": "15020", "privileged": false, "lifecycle": null}, "tag": 1.3}}),
            json!({"global": {"proxy": {"resources": {"limits": {"cpu": null}}}}, "unknown": {"a": 1}}),
            json!({}),
        ] {
            assert_eq!(wrong_type(&good), None, "{good}");
        }
        for (bad, path, expected) in [
            (json!({"global": {"proxy": {"privileged": "false"}}}), "global.proxy.privileged", "a boolean"),
            (json!({"global": {"proxy": []}}), "global.proxy", "a mapping"),
            (json!({"global": {"hub": 5}}), "global.hub", "a string"),
            (json!({"global": {"proxy": {"statusPort": 1.5}}}), "global.proxy.statusPort", "a whole number"),
            (json!({"pilot": {"cni": {"enabled": "yes"}}}), "pilot.cni.enabled", "a boolean"),
            (json!({"pilot": true}), "pilot", "a mapping"),
            (json!({"compatibilityVersion": 1.26}), "compatibilityVersion", "a string"),
        ] {
            let wrong = wrong_type(&bad).unwrap();
            assert_eq!((wrong.path.join(".").as_str(), wrong.expected), (path, expected));
        }
    }

    #[test]
    fn tables_are_sorted_without_duplicates() {
        assert!(tables::MESH_CONFIG.is_sorted());
        assert!(KEYS.is_sorted_by(|(a, _), (b, _)| a < b));
    }
}
