//! `ProxyConfig` objects (networking.istio.io): what they set, and which of them apply to a pod.
//!
//! The rules of all built-in releases (pilot/pkg/model, `ProxyConfigs`): an object without a selector applies to its
//! namespace, or to the mesh if it is in the root namespace. An object with a selector applies to pods of its own
//! namespace, also in the root namespace. Of several objects, the oldest is used. istiod reads objects without the
//! label `istio.io/rev`, and those with its own revision.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::fields::{Field, Remark, Wrong};
use crate::istio::names::label;
use crate::istio::value::at;

/// A `ProxyConfig` object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyConfigObject {
    /// The fields of the proxy's configuration that it sets: `concurrency`, `proxyMetadata`, `image`.
    pub sets: Map<String, Value>,
    pods: Pods,
    /// `metadata.creationTimestamp`; none for an object that does not exist yet.
    created: Option<String>,
    /// The revision whose istiod reads it; none for all.
    revision: Option<String>,
}

/// The pods of a namespace that an object applies to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Pods {
    All,
    /// Pods with these labels; without labels, no pods.
    With(BTreeMap<String, String>),
}

impl ProxyConfigObject {
    /// Reads an object, as the schema of its `CustomResourceDefinition` allows.
    fn read(object: &Value, remarks: &mut Vec<Remark>) -> Result<Self, Wrong> {
        let metadata = |path: &[&str]| at(object, path).and_then(Value::as_str).map(str::to_owned);
        let mut read = Self {
            sets: Map::new(),
            pods: Pods::All,
            created: metadata(&["metadata", "creationTimestamp"]),
            revision: metadata(&["metadata", "labels", label::REVISION]),
        };
        let Some(spec) = Field::root(object).get("spec")? else { return Ok(read) };
        spec.unknown(&["selector", "concurrency", "environmentVariables", "image"], remarks)?;
        if let Some(selector) = spec.get("selector")? {
            selector.unknown(&["matchLabels"], remarks)?;
            let labels = selector.texts("matchLabels")?;
            if labels.iter().any(|(key, value)| key.contains('*') || value.contains('*')) {
                return Err(Wrong::because(selector.path_to("matchLabels"), "must not contain wildcards"));
            }
            if labels.is_empty() {
                remarks.push(Remark::new(spec.path_to("selector"), "has no labels, so it selects no pods"));
            }
            read.pods = Pods::With(labels.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect());
        }
        if let Some(concurrency) = spec.get("concurrency")? {
            let count = concurrency.value.as_i64().filter(|count| (0..=i64::from(i32::MAX)).contains(count));
            let count = count.ok_or_else(|| concurrency.wrong("a non-negative integer"))?;
            read.sets.insert("concurrency".to_owned(), count.into());
        }
        let mut variables = spec.texts("environmentVariables")?;
        if !variables.is_empty() {
            variables.sort_unstable();
            let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
            read.sets.insert("proxyMetadata".to_owned(), Value::Object(variables));
        }
        if let Some(image) = spec.get("image")? {
            image.unknown(&["imageType"], remarks)?;
            let image = match image.text("imageType")? {
                None | Some("") => json!({}),
                Some(kind) => json!({"imageType": kind}),
            };
            read.sets.insert("image".to_owned(), image);
        }
        Ok(read)
    }

    /// Whether it applies to a whole namespace.
    pub fn is_for_all(&self) -> bool {
        self.pods == Pods::All
    }

    /// Whether its selector selects a pod. `label` returns the value of a label.
    pub fn selects<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        match &self.pods {
            Pods::All => false,
            Pods::With(labels) => !labels.is_empty() && labels.iter().all(|(key, value)| label(key) == Some(value)),
        }
    }
}

/// `ProxyConfig` objects by namespace and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxyConfigs(BTreeMap<String, BTreeMap<String, Arc<ProxyConfigObject>>>);

impl ProxyConfigs {
    /// The namespaces with such objects.
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The objects of a namespace that the istiod of this revision reads, with their names, in order of precedence: by
    /// age, then by name. Objects without a creation time are the youngest.
    pub fn in_order(&self, namespace: &str, revision: &str) -> Vec<(&str, &Arc<ProxyConfigObject>)> {
        let is_seen = |object: &Arc<ProxyConfigObject>| object.revision.as_ref().is_none_or(|of| of == revision);
        let all = self.0.get(namespace).into_iter().flatten().map(|(name, object)| (name.as_str(), object));
        let mut seen: Vec<_> = all.filter(|(_, object)| is_seen(object)).collect();
        seen.sort_by_key(|(_, object)| (object.created.is_none(), object.created.as_deref()));
        seen
    }

    /// Adds an object.
    pub(super) fn take(
        &mut self,
        namespace: &str,
        name: &str,
        object: &Value,
        remarks: &mut Vec<Remark>,
    ) -> Result<(), Wrong> {
        let object = ProxyConfigObject::read(object, remarks)?;
        self.0.entry(namespace.to_owned()).or_default().insert(name.to_owned(), Arc::new(object));
        Ok(())
    }

    /// Adds the objects of `over`, which replace those of the same name. A replaced object keeps its creation time.
    pub(super) fn extend(&mut self, over: Self) {
        for (namespace, objects) in over.0 {
            let known = self.0.entry(namespace).or_default();
            for (name, mut object) in objects {
                match known.entry(name) {
                    Entry::Vacant(entry) => drop(entry.insert(object)),
                    Entry::Occupied(mut entry) => {
                        if object.created.is_none() {
                            Arc::make_mut(&mut object).created.clone_from(&entry.get().created);
                        }
                        entry.insert(object);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::istio::cluster_objects::tests::read;

    fn object(metadata: &Value, spec: &Value) -> String {
        let object = json!({
            "apiVersion": "networking.istio.io/v1beta1", "kind": "ProxyConfig", "metadata": metadata, "spec": spec,
        });
        format!("{object}\n---\n")
    }

    fn names(found: &ProxyConfigs, revision: &str) -> Vec<String> {
        found.in_order("shop", revision).into_iter().map(|(name, _)| name.to_owned()).collect()
    }

    #[test]
    fn fields_become_those_of_the_proxy_configuration() {
        let spec = json!({
            "concurrency": 0, "environmentVariables": {"B": "2", "A": "1"}, "image": {"imageType": "debug"},
            "selector": {"matchLabels": {"app": "web", "tier": "front"}},
        });
        let (found, warnings) = read(&object(&json!({"name": "pc"}), &spec));
        assert!(warnings.is_empty(), "{warnings:?}");
        let objects = found.proxy_configs.in_order("shop", "default");
        let [("pc", object)] = &objects[..] else { panic!("{found:?}") };
        let sets = json!({"concurrency": 0, "proxyMetadata": {"A": "1", "B": "2"}, "image": {"imageType": "debug"}});
        assert_eq!(Value::Object(object.sets.clone()).to_string(), sets.to_string());
        let labels = |all: &'static [(&str, &str)]| {
            move |name: &str| all.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
        };
        assert!(object.selects(labels(&[("app", "web"), ("tier", "front"), ("x", "y")])));
        assert!(!object.selects(labels(&[("app", "web")])));
        assert!(!object.is_for_all());
    }

    #[test]
    fn the_oldest_is_used_and_new_objects_are_young() {
        let at = |name: &str, created: &Value| object(&json!({"name": name, "creationTimestamp": created}), &json!({}));
        let mut found = read(
            &[
                at("b", &json!("2024-05-02T00:00:00Z")),
                at("c", &json!("2024-05-01T23:59:59Z")),
                at("a", &Value::Null),
                at("0", &json!("2024-05-02T00:00:00Z")),
            ]
            .concat(),
        )
        .0;
        assert_eq!(names(&found.proxy_configs, "default"), ["c", "0", "b", "a"]);
        // A manifest does not change the age of an object.
        found.extend(read(&object(&json!({"name": "c"}), &json!({"concurrency": 1}))).0);
        let objects = found.proxy_configs.in_order("shop", "default");
        assert_eq!((objects[0].0, &objects[0].1.sets["concurrency"]), ("c", &json!(1)));
    }

    #[test]
    fn objects_of_other_revisions_are_ignored() {
        let of = |name: &str, labels: &Value| object(&json!({"name": name, "labels": labels}), &json!({}));
        let text = [of("all", &json!({})), of("canary", &json!({"istio.io/rev": "canary"}))].concat();
        let found = read(&text).0;
        assert_eq!(names(&found.proxy_configs, "canary"), ["all", "canary"]);
        assert_eq!(names(&found.proxy_configs, "default"), ["all"]);
    }

    #[test]
    fn an_empty_selector_selects_nothing_with_a_remark() {
        let (found, warnings) = read(&object(&json!({"name": "pc"}), &json!({"selector": {}})));
        let objects = found.proxy_configs.in_order("shop", "default");
        assert!(!objects[0].1.is_for_all() && !objects[0].1.selects(|_| Some("web")));
        assert!(
            warnings[0].ends_with("ProxyConfig pc: spec.selector has no labels, so it selects no pods"),
            "{warnings:?}"
        );
    }

    #[test]
    fn values_that_the_schema_rejects_are_refused() {
        let bad = [
            (json!([]), "spec must be a mapping, found a list"),
            (json!({"concurrency": -1}), "spec.concurrency must be a non-negative integer, found a number"),
            (json!({"concurrency": "2"}), "spec.concurrency must be a non-negative integer, found a string"),
            (
                json!({"environmentVariables": {"A": true}}),
                "spec.environmentVariables.A must be a string, found a boolean",
            ),
            (json!({"image": "debug"}), "spec.image must be a mapping, found a string"),
            (json!({"selector": {"matchLabels": {"a": "*"}}}), "spec.selector.matchLabels must not contain wildcards"),
        ];
        for (spec, expected) in bad {
            let (found, warnings) = read(&object(&json!({"name": "pc"}), &spec));
            assert!(warnings[0].contains(expected), "{warnings:?}");
            assert_eq!(found.proxy_configs, ProxyConfigs::default());
        }
        let unknown = json!({"concurency": 2, "image": {"type": "debug"}, "environment_variables": {"A": "1"}});
        let (found, warnings) = read(&object(&json!({"name": "pc"}), &unknown));
        assert!(warnings[0].ends_with("drops: spec.concurency, spec.environment_variables"), "{warnings:?}");
        assert!(warnings[1].ends_with("drops: spec.image.type"), "{warnings:?}");
        assert_eq!(Value::Object(found.proxy_configs.in_order("shop", "x")[0].1.sets.clone()), json!({"image": {}}));
    }
}
