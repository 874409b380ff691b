//! `HorizontalPodAutoscaler` objects, which set the replicas of workloads (kubernetes API reference).

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::{Field, Wrong};

/// An autoscaler and its bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Autoscaler {
    /// The name.
    pub name: String,
    /// The fewest replicas.
    pub min: u64,
    /// The most replicas.
    pub max: u64,
}

/// The autoscalers by namespace, and by kind and name of the workload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Autoscalers(BTreeMap<String, BTreeMap<(String, String), Autoscaler>>);

impl Autoscalers {
    /// The autoscaler of a workload.
    pub fn of(&self, namespace: &str, kind: &str, name: &str) -> Option<&Autoscaler> {
        // The key is made only if the namespace has any.
        self.0.get(namespace)?.get(&(kind.to_owned(), name.to_owned()))
    }

    /// Adds a `HorizontalPodAutoscaler`.
    pub(super) fn take(&mut self, namespace: &str, name: &str, object: &Value) -> Result<(), Wrong> {
        let Some(spec) = Field::root(object).get("spec")? else { return Ok(()) };
        let Some(target) = spec.get("scaleTargetRef")? else { return Ok(()) };
        let number = |key: &str| -> Result<Option<u64>, Wrong> {
            let Some(field) = spec.get(key)? else { return Ok(None) };
            field.value.as_u64().map(Some).ok_or_else(|| field.wrong("a whole number"))
        };
        let (kind, target) = (target.text("kind")?.unwrap_or_default(), target.text("name")?.unwrap_or_default());
        let min = number("minReplicas")?.unwrap_or(1);
        let wrong = |problem| Wrong::because(spec.path_to("maxReplicas"), problem);
        let max = number("maxReplicas")?.ok_or_else(|| wrong("is missing"))?;
        if max < min {
            return Err(wrong("is less than minReplicas"));
        }
        let scaler = Autoscaler { name: name.to_owned(), min, max };
        self.0.entry(namespace.to_owned()).or_default().insert((kind.to_owned(), target.to_owned()), scaler);
        Ok(())
    }

    /// Adds the autoscalers of `over`, which replace those of the same workload.
    pub(super) fn extend(&mut self, over: Self) {
        for (namespace, scalers) in over.0 {
            self.0.entry(namespace).or_default().extend(scalers);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::istio::cluster_objects::tests::read;

    #[test]
    fn autoscalers_are_found_by_their_workload() {
        let (found, warnings) = read(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec:\n  scaleTargetRef: \
             {apiVersion: apps/v1, kind: Deployment, name: web}\n  minReplicas: 2\n  maxReplicas: 10\n",
        );
        assert!(warnings.is_empty(), "{warnings:?}");
        let expected = Autoscaler { name: "web".to_owned(), min: 2, max: 10 };
        assert_eq!(found.autoscalers.of("shop", "Deployment", "web"), Some(&expected));
        assert_eq!(found.autoscalers.of("shop", "StatefulSet", "web"), None);
        assert_eq!(found.autoscalers.of("pay", "Deployment", "web"), None);
    }

    #[test]
    fn odd_bounds_are_refused() {
        for (bounds, problem) in [
            ("minReplicas: 20, maxReplicas: 5", "spec.maxReplicas is less than minReplicas"),
            ("minReplicas: 2", "spec.maxReplicas is missing"),
            ("maxReplicas: many", "spec.maxReplicas must be a whole number"),
            ("minReplicas: -1, maxReplicas: 5", "spec.minReplicas must be a whole number"),
        ] {
            let (found, warnings) = read(&format!(
                "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web}}\nspec: \
                 {{scaleTargetRef: {{kind: Deployment, name: web}}, {bounds}}}\n"
            ));
            assert_eq!(found.autoscalers.of("shop", "Deployment", "web"), None, "{bounds}");
            assert!(warnings.iter().any(|warning| warning.contains(problem)), "{bounds}: {warnings:?}");
        }
    }
}
