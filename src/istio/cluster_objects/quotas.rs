//! `ResourceQuota` objects: what the pods of a namespace may request together (kubernetes API reference, `ResourceQuota`).

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::{Field, Remark, Wrong};
use crate::k8s::{Quantity, Resources};

/// A quota of a namespace.
#[derive(Clone, Debug, PartialEq)]
pub struct Quota {
    /// The name.
    pub name: String,
    /// `spec.hard`, by the name of the constraint, such as `requests.cpu`.
    pub hard: Resources,
    /// `status.used`, likewise.
    pub used: Resources,
    /// Whether it counts only the pods that its scopes select.
    pub is_scoped: bool,
    /// Whether these are the pods without requests and limits.
    pub is_for_best_effort: bool,
}

impl Quota {
    /// A quota without the remarks of a mesh file; `None` if the API server would reject it.
    pub fn of(object: &Value) -> Option<Self> {
        let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        Self::read(name, object, &mut Vec::new()).ok()
    }

    fn read(name: &str, object: &Value, remarks: &mut Vec<Remark>) -> Result<Self, Wrong> {
        let mut quota = Self {
            name: name.to_owned(),
            hard: Resources::new(),
            used: Resources::new(),
            is_scoped: false,
            is_for_best_effort: false,
        };
        if let Some(spec) = Field::root(object).get("spec")? {
            spec.unknown(&["hard", "scopes", "scopeSelector"], remarks)?;
            quota.is_scoped = !spec.items("scopes")?.is_empty() || spec.get("scopeSelector")?.is_some();
            for (constraint, value) in
                spec.get("hard")?.iter().map(Field::map).collect::<Result<Vec<_>, _>>()?.into_iter().flatten()
            {
                let quantity = Quantity::of(value)
                    .ok_or_else(|| Wrong::because(spec.path_to("hard"), format!("has no quantity at {constraint}")))?;
                quota.hard.insert(constraint.clone(), quantity);
            }
        }
        let list = |pointer: &str| object.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
        quota.is_for_best_effort = list("/spec/scopes").any(|scope| scope == "BestEffort");
        let used = object.pointer("/status/used").and_then(Value::as_object).into_iter().flatten();
        quota.used = used.filter_map(|(name, value)| Some((name.clone(), Quantity::of(value)?))).collect();
        Ok(quota)
    }
}

/// The quotas of each namespace, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quotas(BTreeMap<String, BTreeMap<String, Quota>>);

impl Quotas {
    /// The quotas of a namespace, sorted by name.
    pub fn of(&self, namespace: &str) -> impl Iterator<Item = &Quota> {
        self.0.get(namespace).into_iter().flat_map(BTreeMap::values)
    }

    /// The namespaces with quotas, sorted.
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Adds a `ResourceQuota`.
    pub(super) fn take(
        &mut self,
        namespace: &str,
        name: &str,
        object: &Value,
        remarks: &mut Vec<Remark>,
    ) -> Result<(), Wrong> {
        let quota = Quota::read(name, object, remarks)?;
        self.0.entry(namespace.to_owned()).or_default().insert(name.to_owned(), quota);
        Ok(())
    }

    /// Adds the quotas of `over`, which replace those of the same name.
    pub(super) fn extend(&mut self, over: Self) {
        for (namespace, quotas) in over.0 {
            self.0.entry(namespace).or_default().extend(quotas);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::istio::cluster_objects::tests::read;

    #[test]
    fn quotas_are_read_by_namespace() {
        let (found, warnings) = read(
            "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: b, namespace: shop}\nspec: {hard: {requests.cpu: 2, pods: \
             \"4\"}}\n---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: a}\nspec: {scopes: [BestEffort]}\n",
        );
        assert!(warnings.is_empty(), "{warnings:?}");
        let quotas: Vec<_> = found.quotas.of("shop").collect();
        assert_eq!(
            quotas.iter().map(|quota| (&*quota.name, quota.is_scoped)).collect::<Vec<_>>(),
            [("a", true), ("b", false)]
        );
        assert_eq!(quotas[1].hard["requests.cpu"].to_string(), "2");
        assert_eq!(found.quotas.of("pay").count(), 0);
    }

    #[test]
    fn a_quota_that_the_api_server_rejects_is_left_out() {
        let (found, warnings) =
            read("apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: b}\nspec: {hard: {requests.cpu: much}}\n");
        assert_eq!(found.quotas.of("shop").count(), 0);
        assert!(warnings[0].starts_with("a.yaml:4:14: ResourceQuota b: spec.hard has no quantity at"), "{warnings:?}");
    }
}
