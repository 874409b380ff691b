//! What an injection records in a pod: the status annotation.

use serde_json::Value;

use crate::istio::names::annotation;

/// The record of an injection; empty if the pod has none, or one that is not JSON.
pub(super) struct InjectionRecord(Option<Value>);

impl InjectionRecord {
    pub(super) fn of(pod: &Value) -> Self {
        let annotations = pod.get("metadata").and_then(|metadata| metadata.get("annotations"));
        let text = annotations.and_then(|annotations| annotations.get(annotation::STATUS)?.as_str());
        Self(text.and_then(|text| serde_json::from_str(text).ok()))
    }

    /// The names that the injection added to a list of the pod.
    pub(super) fn added(&self, list: &str) -> impl Iterator<Item = &str> {
        self.get(list).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// The revision that injected the pod.
    pub(super) fn revision(&self) -> Option<&str> {
        self.get("revision")?.as_str()
    }

    fn get(&self, key: &str) -> Option<&Value> {
        self.0.as_ref()?.get(key)
    }
}
