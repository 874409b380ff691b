//! Compares the table of merge keys with the merge that `k8s-openapi` generates from the Kubernetes API's description.
//!
//! For each list, the original has two items with the merge keys 1 and 2, and the patch has one, once with a new key and
//! once with a known one. The number of items in the result shows whether the list is merged, and by which key.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a document that cannot be read is a failure, too"
)]

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, StatefulSet};
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{Pod, PodTemplate};
use k8s_openapi::{DeepMerge, serde};
use serde_json::{Value, json};
use strategicpatch::{Kind, PatchRule, Strategy};

/// Lists that `k8s-openapi` merges and a strategic merge patch replaces: the API declares a list type for server-side
/// apply, but no patch strategy. (For `volumeClaimTemplates` it declares neither; the key is `k8s-openapi`'s own.)
const MERGED_THERE_ONLY: [&str; 7] = [
    "resources.claims[]",
    "volumeMounts[].bindMountOptions[]",
    "status.nodeAllocatableResourceClaimStatuses[].containers[]",
    "status.volumeHealth[]",
    "status.uncountedTerminatedPods.failed[]",
    "status.uncountedTerminatedPods.succeeded[]",
    "spec.volumeClaimTemplates[]",
];

#[test]
fn k8s_openapi_merges_the_same_lists_by_the_same_keys() {
    let mut compared = 0;
    let mut surprises = Vec::new();
    for kind in Kind::ALL {
        let rules = kind.rules();
        for rule in rules.iter().filter(|rule| rule.path.ends_with("[]") && is_reached(&rule.path, &rules)) {
            let items = if rule.strategy == Strategy::Replace { [1, 1] } else { [3, 2] };
            let merged = [3, 2].map(|number| {
                let merged = deep_merge(kind, document(rule, &rules, &[1, 2]), document(rule, &rules, &[number]));
                count(&merged, &rule.path)
            });
            let known = MERGED_THERE_ONLY.iter().any(|path| rule.path.ends_with(path));
            if (merged == items.map(Some)) == known {
                surprises.push(format!("{kind:?} {}: {merged:?} items, {items:?} by our table", rule.path));
            }
            compared += 1;
        }
    }
    assert!(compared > 800, "only {compared} lists");
    assert!(surprises.is_empty(), "{surprises:#?}");
}

/// Whether the list can be merged, which one inside of a replaced list cannot.
fn is_reached(path: &str, rules: &[PatchRule]) -> bool {
    let mut parents = path.match_indices("[].").map(|(at, _)| &path[..at + 2]);
    parents.all(|parent| rule_of(parent, rules).strategy != Strategy::Replace)
}

fn rule_of<'a>(path: &str, rules: &'a [PatchRule]) -> &'a PatchRule {
    rules.iter().find(|rule| rule.path == path).unwrap()
}

/// A document with the rule's list, which has an item for each number. All lists around it have one item, always the
/// same.
fn document(rule: &PatchRule, rules: &[PatchRule], numbers: &[u8]) -> Value {
    let mut value: Value = numbers.iter().map(|&number| item(rule, number)).collect();
    let mut path = rule.path.trim_end_matches("[]");
    while let Some((parent, name)) = path.rsplit_once('.') {
        (path, value) = match parent.strip_suffix("[]") {
            Some(list) => {
                let mut item = item(rule_of(parent, rules), 1);
                item[name] = value;
                (list, json!([item]))
            }
            None => (parent, json!({ name: value })),
        };
    }
    json!({ path: value })
}

fn item(rule: &PatchRule, number: u8) -> Value {
    match rule.strategy {
        Strategy::Merge { key: Some(key) } => json!({ key: scalar(key, number) }),
        _ if rule.of_objects => json!({}),
        _ => scalar(&rule.path, number),
    }
}

fn scalar(name: &str, number: u8) -> Value {
    let numbers = ["containerPort", "supplementalGroups[]"];
    if numbers.iter().any(|suffix| name.ends_with(suffix)) { json!(number) } else { json!(number.to_string()) }
}

fn deep_merge(kind: Kind, original: Value, patch: Value) -> Value {
    fn typed<T: DeepMerge + serde::Serialize + serde::de::DeserializeOwned>(original: Value, patch: Value) -> Value {
        let mut merged: T = serde_json::from_value(original).unwrap();
        merged.merge_from(serde_json::from_value(patch).unwrap());
        serde_json::to_value(merged).unwrap()
    }
    match kind {
        Kind::Pod => typed::<Pod>(original, patch),
        Kind::PodTemplate => typed::<PodTemplate>(original, patch),
        Kind::Deployment => typed::<Deployment>(original, patch),
        Kind::StatefulSet => typed::<StatefulSet>(original, patch),
        Kind::DaemonSet => typed::<DaemonSet>(original, patch),
        Kind::Job => typed::<Job>(original, patch),
        Kind::CronJob => typed::<CronJob>(original, patch),
    }
}

/// The number of items of the list at this path, in the first item of each list around it.
fn count(document: &Value, path: &str) -> Option<usize> {
    let mut value = document;
    for name in path.strip_suffix("[]")?.split('.') {
        value = match name.strip_suffix("[]") {
            Some(list) => value.get(list)?.get(0)?,
            None => value.get(name)?,
        };
    }
    value.as_array().map(Vec::len)
}
