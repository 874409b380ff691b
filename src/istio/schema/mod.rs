//! The names of Istio's own values and of its mesh configuration, with their types, and which of them a sidecar reads:
//! what a key that is not among them was meant to be, and which types istiod could not load
//! (`operator/pkg/apis/values_types.proto`, istio 1.30; istio.io/api mesh/v1alpha1).

mod tables;

use serde_json::Value;

use super::value::at;
use tables::{MESH_CONFIG, MESH_CONFIG_OLD, OTHER, READ, Type};

/// A value of a type that istiod cannot load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrongType {
    /// Its path.
    pub path: Vec<String>,
    /// What belongs there.
    pub expected: &'static str,
}

/// The first value of a wrong type.
pub(crate) fn wrong_type(values: &Value) -> Option<WrongType> {
    READ.iter().find_map(|(path, kind)| {
        let keys: Vec<&str> = path.split('.').collect();
        let wrong = |upto: usize, expected| WrongType {
            path: keys.iter().take(upto).map(|key| (*key).to_owned()).collect(),
            expected,
        };
        for upto in 1..keys.len() {
            match at(values, keys.get(..upto)?) {
                None => return None,
                Some(Value::Object(_)) => {}
                Some(_) => return Some(wrong(upto, Type::Map.name())),
            }
        }
        at(values, &keys).filter(|value| !kind.takes(value)).map(|_| wrong(keys.len(), kind.name()))
    })
}

/// What is longer is no slip in a name.
const MAX_NAME: usize = 200;

/// What a key of Istio's values is to a sidecar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// It is read.
    Read,
    /// It is another component's, or nobody's.
    NotRead,
    /// It looks like this key, which would be read.
    Meant(String),
}

/// Looks a key up by its path, such as `global.proxy.image`.
pub(crate) fn key(path: &[&str]) -> Key {
    if let ["meshConfig", field, ..] = path {
        return match mesh_field(field) {
            Key::Meant(near) => Key::Meant(with_rest(&format!("meshConfig.{near}"), path)),
            key => key,
        };
    }
    let whole = path.join(".");
    let below = |known: &str| whole.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let above = |known: &str| known.strip_prefix(whole.as_str()).is_some_and(|rest| rest.starts_with('.'));
    if READ.iter().any(|(known, _)| below(known) || above(known)) {
        return Key::Read;
    }
    let is_istiods = matches!(path, ["pilot", name, ..] if OTHER.contains(name));
    if is_istiods || OTHER.iter().any(|known| below(known) && *known != "pilot") {
        return Key::NotRead;
    }
    if let Some(place) = misplaced(path) {
        return Key::Meant(place);
    }
    let as_deep = |known: &str| known.split('.').take(path.len()).collect::<Vec<_>>().join(".");
    if whole.len() > MAX_NAME {
        return Key::NotRead;
    }
    let near = READ.iter().map(|(known, _)| with_rest(&as_deep(known), path)).filter_map(|known| {
        let distance = strsim::damerau_levenshtein(&known.to_lowercase(), &whole.to_lowercase());
        (distance * 6 <= whole.len().max(6)).then_some((distance, known))
    });
    match near.min() {
        Some((_, known)) => Key::Meant(known),
        None => Key::NotRead,
    }
}

/// A known key with what stands below it in `path`, if that goes deeper.
fn with_rest(known: &str, path: &[&str]) -> String {
    let depth = known.split('.').count();
    path.iter().skip(depth).fold(known.to_owned(), |whole, part| format!("{whole}.{part}"))
}

/// The place of a key that stands elsewhere: its last parts are those of one key that is read.
fn misplaced(path: &[&str]) -> Option<String> {
    // What may be meant otherwise is no mistake.
    const COMMON: [&str; 8] = ["enabled", "env", "image", "level", "provider", "resources", "address", "revision"];
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
            let mut places = READ.iter().map(|(known, _)| *known).filter(|known| {
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

/// A mesh configuration's fields that no release knows, each with the one that is meant, if that shows; the first `most`.
pub(crate) fn unknown_mesh_fields(mesh: &Value, most: usize) -> Vec<(String, Option<String>)> {
    let fields = mesh.as_object().into_iter().flatten().map(|(field, _)| field);
    fields
        .filter_map(|field| match mesh_field(field) {
            Key::Read => None,
            Key::NotRead => Some((field.clone(), None)),
            Key::Meant(meant) => Some((field.clone(), Some(meant))),
        })
        .take(most)
        .collect()
}

/// Looks a field of a mesh configuration up.
fn mesh_field(field: &str) -> Key {
    let name = camel_case(field);
    if MESH_CONFIG.contains(&name.as_str()) || MESH_CONFIG_OLD.contains(&name.as_str()) {
        return Key::Read;
    }
    if name.len() > MAX_NAME {
        return Key::NotRead;
    }
    let distance = |known: &str| strsim::damerau_levenshtein(&known.to_lowercase(), &name.to_lowercase());
    let near = MESH_CONFIG.iter().map(|known| (distance(known), *known)).min();
    match near.filter(|(distance, _)| distance * 5 <= name.len()) {
        Some((_, known)) => Key::Meant(known.to_owned()),
        None => Key::NotRead,
    }
}

/// `trust_domain` as `trustDomain`: both are names of the field.
pub(crate) fn camel_case(field: &str) -> String {
    if field == "mesh_mTLS" {
        return "meshMTLS".to_owned();
    }
    let mut out = String::with_capacity(field.len());
    let mut upper = false;
    for c in field.chars() {
        if c == '_' {
            upper = true;
        } else if std::mem::take(&mut upper) {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(path: &str) -> Key {
        key(&path.split('.').collect::<Vec<_>>())
    }

    #[test]
    fn keys_that_are_read_are_known() {
        for path in ["global.proxy.image", "global.proxy", "global.proxy.resources.limits.cpu", "pilot.env.X"] {
            assert_eq!(of(path), Key::Read, "{path}");
        }
        for path in ["meshConfig.defaultConfig.concurrency", "meshConfig.trust_domain", "revision"] {
            assert_eq!(of(path), Key::Read, "{path}");
        }
    }

    #[test]
    fn keys_of_others_are_not_read() {
        for path in
            ["resources.limits.cpu", "pilot.autoscaleMin", "cni.enabled", "ztunnel.x", "global.istiod.x", "env.A"]
        {
            assert_eq!(of(path), Key::NotRead, "{path}");
        }
        assert_eq!(of("something.entirely.different"), Key::NotRead);
    }

    #[test]
    fn misspelt_and_misplaced_keys_are_told_the_right_one() {
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
            ("defaultConfig.concurrency", "meshConfig.defaultConfig.concurrency"),
        ] {
            assert_eq!(of(path), Key::Meant(meant.to_owned()), "{path}");
        }
    }

    #[test]
    fn what_istiod_could_not_load_is_found() {
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
        ] {
            let wrong = wrong_type(&bad).unwrap();
            assert_eq!((wrong.path.join(".").as_str(), wrong.expected), (path, expected));
        }
    }

    #[test]
    fn tables_are_in_order_and_say_nothing_twice() {
        assert!(MESH_CONFIG.is_sorted());
        let mut names: Vec<&str> = READ.iter().map(|(path, _)| *path).chain(OTHER).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), READ.len() + OTHER.len());
    }

    #[test]
    fn unknown_fields_of_a_mesh_configuration_are_named() {
        let mesh = json!({"trustDomain": "a", "trust_domain_aliases": [], "mesh_mTLS": {}, "trustDomian": "b", "x": 1});
        let unknown = [("trustDomian".to_owned(), Some("trustDomain".to_owned())), ("x".to_owned(), None)];
        assert_eq!(unknown_mesh_fields(&mesh, 9), unknown);
    }
}
