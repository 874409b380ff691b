//! Labels and annotations of namespaces, from `Namespace` objects.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::istio::value::at;

/// A namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespace {
    /// The labels.
    pub labels: BTreeMap<String, String>,
    /// The annotations.
    pub annotations: BTreeMap<String, String>,
}

/// Namespaces by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespaces(BTreeMap<String, Namespace>);

impl Namespaces {
    /// The namespace of this name, if it is known.
    pub fn get(&self, name: &str) -> Option<&Namespace> {
        self.0.get(name)
    }

    /// Whether no namespace is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a `Namespace`. As with `kubectl apply`, labels and annotations are merged into those that are known.
    pub(super) fn take(&mut self, object: &Value) {
        let Some(name) = at(object, &["metadata", "name"]).and_then(Value::as_str) else { return };
        let map = |key: &str| {
            let entries = at(object, &["metadata", key]).and_then(Value::as_object);
            entries.into_iter().flatten().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        };
        let namespace = Namespace { labels: map("labels").collect(), annotations: map("annotations").collect() };
        self.extend(Self(BTreeMap::from([(name.to_owned(), namespace)])));
    }

    /// Adds the namespaces of `over`, merging labels and annotations.
    pub fn extend(&mut self, over: Self) {
        for (name, namespace) in over.0 {
            let known = self.0.entry(name).or_default();
            known.labels.extend(namespace.labels);
            known.annotations.extend(namespace.annotations);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::istio::cluster_objects::tests::read;

    #[test]
    fn namespaces_are_found_anywhere_in_a_stream() {
        let (found, _) = read(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  \
             name: a\n  labels: {x: z}\n---\n{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": \
             \"b\"}}\n---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Namespace\n  metadata:\n    name: c\n    \
             annotations:\n      k: v\n---\nkind: Namespace\napiVersion: example.com/v1\nmetadata: {name: d}\n---\na: [\n",
        );
        let found = found.namespaces;
        assert_eq!(found.get("a").unwrap().labels["x"], "z");
        assert_eq!(found.get("b"), Some(&Namespace::default()));
        assert_eq!(found.get("c").unwrap().annotations["k"], "v");
        assert_eq!((found.get("d"), found.get("web")), (None, None));
    }
}
