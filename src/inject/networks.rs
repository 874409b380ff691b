//! The networks of a pod with Multus (annotation `k8s.v1.cni.cncf.io/networks`).

use serde_json::Value;

use super::pod;

/// Adds a network in the form of the existing ones: names, or a JSON list (`appendMultusNetwork`).
pub(super) fn add(existing: &str, network: &str) -> String {
    if existing.is_empty() {
        return network.to_owned();
    }
    let Some(end) = existing.rfind(']') else {
        let known = existing.split(',').any(|element| element.trim() == network);
        return if known { existing.to_owned() } else { format!("{existing}, {network}") };
    };
    let (namespace, name) = network.split_once('/').unwrap_or(("", network));
    let is_it = |entry: &Value| pod::text(entry, "name") == name && pod::text(entry, "namespace") == namespace;
    match serde_json::from_str::<Vec<Value>>(existing) {
        Ok(entries) if !entries.iter().any(is_it) => {
            let entry = format!(", {{\"name\": \"{name}\", \"namespace\": \"{namespace}\"}}");
            let (before, after) = existing.split_at_checked(end).unwrap_or((existing, ""));
            format!("{before}{entry}{after}")
        }
        _ => existing.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_added_in_the_form_of_the_existing_ones() {
        let table = [
            ("", "default/istio-cni"),
            ("alt", "alt, default/istio-cni"),
            ("a, default/istio-cni", "a, default/istio-cni"),
            ("[{\"name\": \"a\"}]", "[{\"name\": \"a\"}, {\"name\": \"istio-cni\", \"namespace\": \"default\"}]"),
            ("[broken]", "[broken]"),
        ];
        for (existing, expected) in table {
            assert_eq!(add(existing, "default/istio-cni"), expected);
        }
    }
}
