//! Looks up fields of a mesh configuration and of the messages in it.

use serde_json::Value;

use super::key::{Key, nearest, with_rest};
use super::tables::{MESH_CONFIG, MESH_CONFIG_OLD};

use crate::istio::message_fields::{Field, Kind, PROXY_CONFIG};

/// A field of a mesh configuration that no release has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnknownField {
    /// The path of the field.
    pub path: Vec<String>,
    /// The name that was probably meant.
    pub meant: Option<String>,
}

/// The first `most` fields of a mesh configuration and its `defaultConfig` that no release has.
pub(crate) fn unknown_mesh_fields(mesh: &Value, most: usize) -> Vec<UnknownField> {
    let names = |value| Value::as_object(value).into_iter().flatten().map(|(field, _)| field);
    let own = names(mesh).map(|field| (mesh_field(field), vec![field.clone()]));
    let of_proxies = names(mesh.get("defaultConfig").unwrap_or(&Value::Null));
    let of_proxies = of_proxies
        .map(|field| (message_field(&PROXY_CONFIG, &[field]), vec!["defaultConfig".to_owned(), field.clone()]));
    let unknown = own.chain(of_proxies).filter_map(|(key, path)| match key {
        Key::Applied | Key::NoEffect => None,
        Key::Unknown => Some(UnknownField { path, meant: None }),
        Key::Meant(meant) => Some(UnknownField { path, meant: Some(meant) }),
    });
    unknown.take(most).collect()
}

/// Looks up a path in a message, as far as its fields are listed.
pub(super) fn message_field(fields: &'static [Field], path: &[&str]) -> Key {
    let Some((name, rest)) = path.split_first() else { return Key::Applied };
    let name = camel_case(name);
    let below = |field: &str, key: Key| match key {
        Key::Meant(meant) => Key::Meant(format!("{field}.{meant}")),
        key => key,
    };
    match fields.iter().find(|field| field.name == name) {
        Some(Field { kind: Kind::Message(inner), name, .. }) if !inner.is_empty() => {
            below(name, message_field(inner, rest))
        }
        Some(_) => Key::Applied,
        None => match nearest(&name, fields.iter().map(|field| field.name)) {
            Key::Meant(near) => Key::Meant(with_rest(&near, path)),
            key => key,
        },
    }
}

/// Looks up a field of a mesh configuration.
pub(super) fn mesh_field(field: &str) -> Key {
    let name = camel_case(field);
    if MESH_CONFIG.contains(&name.as_str()) || MESH_CONFIG_OLD.contains(&name.as_str()) {
        return Key::Applied;
    }
    nearest(&name, MESH_CONFIG)
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

    #[test]
    fn unknown_fields_of_a_mesh_configuration_are_named() {
        let mesh = json!({"trustDomain": "a", "trust_domain_aliases": [], "mesh_mTLS": {}, "trustDomian": "b", "x": 1,
            "defaultConfig": {"meshId": "m", "concurency": 2, "stat_name_length": 5}});
        let unknown = unknown_mesh_fields(&mesh, 9).into_iter().map(|field| (field.path.join("."), field.meant));
        let unknown: Vec<(String, Option<String>)> = unknown.collect();
        let expected =
            [("trustDomian", Some("trustDomain")), ("x", None), ("defaultConfig.concurency", Some("concurrency"))];
        assert_eq!(unknown, expected.map(|(path, meant)| (path.to_owned(), meant.map(str::to_owned))));
        assert_eq!(unknown_mesh_fields(&mesh, 1).len(), 1);
    }
}
