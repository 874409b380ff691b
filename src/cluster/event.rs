//! Events, of either API group.

use serde_json::Value;

use super::fields::{at, number, text, time};
use super::owners::{GroupKind, ObjectKey};
use crate::k8s::Time;

/// An event.
#[derive(Clone, Debug)]
pub struct Event {
    /// The object that it is about.
    pub object: ObjectKey,
    /// The uid of that object; empty if absent.
    pub uid: String,
    /// The part of the object that it is about, such as `spec.initContainers{istio-proxy}`.
    pub field_path: String,
    /// `reason`, such as `Unhealthy`.
    pub reason: String,
    /// `message`.
    pub message: String,
    /// Whether its type is `Warning`.
    pub is_warning: bool,
    /// How often it happened, at least 1.
    pub count: i64,
    /// When it happened first.
    pub first: Option<Time>,
    /// When it happened last.
    pub last: Option<Time>,
}

impl Event {
    /// Reads an event. `None` if the object is not an event.
    pub fn of(object: &Value) -> Option<Self> {
        let kind = GroupKind::of(object);
        if !kind.is("", "Event") && !kind.is("events.k8s.io", "Event") {
            return None;
        }
        // events.k8s.io/v1 has other names for the same fields.
        let either = |core: &[&str], new: &[&str]| {
            Some(text(object, core)).filter(|t| !t.is_empty()).unwrap_or_else(|| text(object, new))
        };
        let involved = if at(object, &["involvedObject"]).is_object() { "involvedObject" } else { "regarding" };
        let happened = time(object, &["eventTime"]).or_else(|| time(object, &["metadata", "creationTimestamp"]));
        let first = time(object, &["firstTimestamp"]).or_else(|| time(object, &["deprecatedFirstTimestamp"]));
        let last = time(object, &["lastTimestamp"])
            .or_else(|| time(object, &["deprecatedLastTimestamp"]))
            .or_else(|| time(object, &["series", "lastObservedTime"]));
        let counts = [&["count"][..], &["deprecatedCount"], &["series", "count"]];
        Some(Self {
            object: ObjectKey {
                namespace: text(object, &[involved, "namespace"]),
                kind: GroupKind::of(at(object, &[involved])),
                name: text(object, &[involved, "name"]),
            },
            uid: text(object, &[involved, "uid"]),
            field_path: text(object, &[involved, "fieldPath"]),
            reason: text(object, &["reason"]),
            message: either(&["message"], &["note"]),
            is_warning: text(object, &["type"]) == "Warning",
            count: counts.iter().map(|path| number(object, path)).max().unwrap_or(0).max(1),
            first: first.or(happened).or(last),
            last: last.or(happened).or(first),
        })
    }

    /// The name of the container that it is about.
    pub fn container(&self) -> Option<&str> {
        self.field_path.split_once('{')?.1.strip_suffix('}')
    }

    /// Whether the API server refused a pod because its native sidecar had lost `restartPolicy: Always`.
    pub fn is_stripped_sidecar(&self) -> bool {
        self.reason == "FailedCreate" && self.message.contains("init containers without restartPolicy=Always")
    }
}
