//! What all pods request together: a table for people, and a value for programs.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::plural;
use super::table::table;
use crate::explain::{Fleet, FleetShare, FleetSum, QuotaUse};
use crate::istio::Quotas;
use crate::k8s::{EffectiveResources, Quantity, Resources, resource_names};

/// The name of the row of all namespaces.
const ALL: &str = "all";

/// The resources that a table always shows.
const MAIN: [&str; 2] = ["requests.cpu", "requests.memory"];

/// What a quota allows, in a row.
pub(super) struct FleetQuota {
    pub(super) text: String,
    pub(super) is_exceeded: bool,
}

/// A resource of a namespace, or of all.
pub(super) struct FleetRow {
    pub(super) namespace: String,
    pub(super) pods: u64,
    pub(super) resource: String,
    pub(super) before: Quantity,
    pub(super) after: Quantity,
    pub(super) quota: Option<FleetQuota>,
}

/// The rows of a table: for each namespace, CPU, memory, and what a quota constrains. More than one namespace has a sum.
pub(super) fn rows(fleet: &Fleet, quotas: &Quotas) -> Vec<FleetRow> {
    let shares: Vec<(&str, FleetShare)> = fleet.namespaces().filter(|(_, share)| share.pods.workloads > 0).collect();
    let mut rows = Vec::new();
    for (namespace, share) in &shares {
        let uses: Vec<QuotaUse> = quotas.of(namespace).flat_map(|quota| share.use_of(quota)).collect();
        rows.extend(MAIN.iter().map(|name| row(namespace, &share.pods, name)).map(|mut row| {
            row.quota = quota(uses.iter().filter(|one| is_constraint(&one.constraint, &row.resource)));
            row
        }));
        for one in uses.iter().filter(|one| !MAIN.iter().any(|name| is_constraint(&one.constraint, name))) {
            rows.push(FleetRow {
                namespace: (*namespace).to_owned(),
                pods: share.pods.pods,
                resource: one.constraint.clone(),
                before: one.before,
                after: one.after,
                quota: quota([one]),
            });
        }
    }
    if shares.len() > 1 {
        let total = fleet.total();
        rows.extend(MAIN.iter().map(|name| row(ALL, &total.pods, name)));
    }
    rows
}

/// Whether a constraint of a quota is one of this name: `cpu` is `requests.cpu`.
fn is_constraint(constraint: &str, name: &str) -> bool {
    constraint == name || name.strip_prefix("requests.") == Some(constraint)
}

fn row(namespace: &str, sum: &FleetSum, resource: &str) -> FleetRow {
    let name = resource.trim_start_matches("requests.");
    let of = |all: &EffectiveResources| all.requests.get(name).copied().unwrap_or(Quantity::ZERO);
    FleetRow {
        namespace: namespace.to_owned(),
        pods: sum.pods,
        resource: resource.to_owned(),
        before: of(&sum.before),
        after: of(&sum.after),
        quota: None,
    }
}

/// What the quotas of a resource allow.
fn quota<'u>(uses: impl IntoIterator<Item = &'u QuotaUse>) -> Option<FleetQuota> {
    let (mut texts, mut is_exceeded) = (Vec::new(), false);
    for one in uses {
        is_exceeded |= one.is_exceeded();
        let exceeded = if one.is_exceeded() { ", exceeded" } else { "" };
        texts.push(format!("{} by {}{exceeded}", one.hard, one.quota));
    }
    (!texts.is_empty()).then(|| FleetQuota { text: texts.join("; "), is_exceeded })
}

/// What the rows leave out, and how they count autoscaled workloads.
pub(super) fn remarks(fleet: &Fleet, quotas: &Quotas) -> Vec<String> {
    let total = fleet.total();
    let mut remarks = Vec::new();
    if total.autoscaled > 0 {
        let have = if total.autoscaled == 1 { "has" } else { "have" };
        let pods = plural(usize::try_from(total.most_pods).unwrap_or(usize::MAX), "pod");
        remarks.push(format!("{} {have} an autoscaler: up to {pods} in all", workloads(total.autoscaled)));
    }
    if total.per_node.workloads > 0 {
        let sum = &total.per_node;
        let changes = resource_names(&sum.before.requests, Some(&sum.after.requests)).into_iter().map(|name| {
            let of = |all: &EffectiveResources| all.requests.get(name).copied().unwrap_or(Quantity::ZERO);
            format!("{name} {} -> {}", of(&sum.before), of(&sum.after))
        });
        let changes: Vec<String> = changes.collect();
        let changes = if changes.is_empty() { "no requests".to_owned() } else { changes.join(", ") };
        let daemons = plural(usize::try_from(sum.workloads).unwrap_or(usize::MAX), "DaemonSet");
        remarks.push(format!("not counted, as the nodes are unknown: {daemons}; on each node: {changes}"));
    }
    if total.unknown_replicas > 0 {
        remarks.push(format!("not counted, as their replicas are unknown: {}", workloads(total.unknown_replicas)));
    }
    if total.unknown_sidecars > 0 {
        remarks.push(format!("not counted, as their sidecar is unknown: {}", workloads(total.unknown_sidecars)));
    }
    let scoped: Vec<String> = fleet
        .namespaces()
        .flat_map(|(namespace, _)| {
            quotas.of(namespace).filter(|quota| quota.is_scoped).map(move |quota| format!("{namespace}/{}", quota.name))
        })
        .collect();
    if !scoped.is_empty() {
        remarks.push(format!("not compared, as they have scopes: ResourceQuota {}", scoped.join(", ")));
    }
    remarks
}

fn workloads(count: u64) -> String {
    plural(usize::try_from(count).unwrap_or(usize::MAX), "workload")
}

/// The titles of the table.
pub(super) const TITLES: [&str; 6] = ["NAMESPACE", "PODS", "RESOURCE", "WITHOUT", "WITH SIDECARS", "QUOTA"];

/// The table and its remarks.
pub(super) fn text(fleet: &Fleet, quotas: &Quotas) -> String {
    let cells = |row: FleetRow| {
        let quota = row.quota.map_or_else(String::new, |quota| quota.text);
        vec![row.namespace, row.pods.to_string(), row.resource, row.before.to_string(), row.after.to_string(), quota]
    };
    let rows: Vec<Vec<String>> = rows(fleet, quotas).into_iter().map(cells).collect();
    let mut text = if rows.is_empty() { String::new() } else { table(&TITLES, &rows) };
    for remark in remarks(fleet, quotas) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", super::printable(&remark));
    }
    text
}

/// The value for programs.
pub(super) fn value(fleet: &Fleet, quotas: &Quotas) -> Value {
    let namespaces = fleet.namespaces().map(|(namespace, share)| {
        let uses = quotas.of(namespace).flat_map(|quota| share.use_of(quota));
        let quotas: Vec<Value> = uses
            .map(|one| {
                json!({
                    "quota": one.quota, "constraint": one.constraint, "hard": one.hard.to_string(),
                    "before": one.before.to_string(), "after": one.after.to_string(), "exceeded": one.is_exceeded(),
                })
            })
            .collect();
        let mut value = share_value(&share);
        value.insert("namespace".to_owned(), json!(namespace));
        value.insert("quotas".to_owned(), quotas.into());
        Value::Object(value)
    });
    let namespaces: Vec<Value> = namespaces.collect();
    let mut value = share_value(&fleet.total());
    value.insert("namespaces".to_owned(), namespaces.into());
    value.into()
}

fn share_value(share: &FleetShare) -> Map<String, Value> {
    let mut value = sum_value(&share.pods);
    let counts = [
        ("autoscaledWorkloads", share.autoscaled),
        ("mostPods", share.most_pods),
        ("unknownSidecars", share.unknown_sidecars),
        ("unknownReplicas", share.unknown_replicas),
    ];
    value.extend(counts.map(|(name, count)| (name.to_owned(), json!(count))));
    let mut per_node = sum_value(&share.per_node);
    per_node.remove("pods");
    value.insert("perNode".to_owned(), per_node.into());
    value
}

fn sum_value(sum: &FleetSum) -> Map<String, Value> {
    Map::from_iter([
        ("workloads".to_owned(), json!(sum.workloads)),
        ("pods".to_owned(), json!(sum.pods)),
        ("requests".to_owned(), change(&sum.before.requests, Some(&sum.after.requests))),
        ("limits".to_owned(), change(&sum.before.limits, Some(&sum.after.limits))),
    ])
}

/// Quantities before and after an injection; `after` is null if the sidecar is not known.
pub(super) fn change(before: &Resources, after: Option<&Resources>) -> Value {
    let quantities = |resources: &Resources| -> Map<String, Value> {
        resources.iter().map(|(name, quantity)| (name.clone(), json!(quantity.to_string()))).collect()
    };
    json!({"before": quantities(before), "after": after.map(quantities)})
}
