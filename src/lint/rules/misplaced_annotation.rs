//! A pod-level Istio annotation where no pod gets it.
//!
//! ## Why
//!
//! Istio's webhook reads annotations such as `sidecar.istio.io/nativeSidecar` from the pod that is created. On the Deployment
//! itself, on a `CronJob`'s job template, on a Namespace or a Service they are ignored without a warning. Among labels, all
//! but `sidecar.istio.io/inject` do nothing either.
//!
//! The rule is silent if the pod template has the same key with the same value: kustomize's `commonAnnotations` write to all
//! levels.
//!
//! ## Example
//!
//! ```yaml
//! kind: Deployment
//! metadata:
//!   annotations:
//!     sidecar.istio.io/nativeSidecar: "true"
//! ```
//!
//! Write instead:
//!
//! ```yaml
//! kind: Deployment
//! spec:
//!   template:
//!     metadata:
//!       annotations:
//!         sidecar.istio.io/nativeSidecar: "true"
//! ```
//!
//! ## Fix
//!
//! Unsafe: the key moves to the pod template, where it takes effect. There is no fix if the pod template has the key with
//! another value, if `spec.selector` names the label, and on Namespaces and Services.
//!
//! ## Source
//!
//! [Istio: resource annotations](https://istio.io/latest/docs/reference/config/annotations/)

use crate::istio::names::label;
use crate::k8s::Path;
use crate::lint::context::{ANY, LintedObject, Pod};
use crate::lint::finding::Findings;
use crate::lint::fix::{Edit, Fix, Grade};
use crate::lint::keys::{is_of_pods, meant};
use crate::lint::node::{Entry, Node};
use crate::lint::rule::{Check, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    name: "misplaced-annotation",
    severity: Severity::Error,
    is_default: true,
    checks: &[Check::Pod { proxies: ANY, find }, Check::Object(find_in_object)],
    source: include_str!("misplaced_annotation.rs"),
};

/// A key at the wrong place.
struct Misplaced<'c> {
    entry: Entry<'c>,
    /// The map in the pod template's metadata that it belongs to.
    belongs_to: &'static str,
    /// Whether it is on the pod template already, among the labels.
    is_on_template: bool,
}

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    let misplaced = misplaced(pod);
    for (index, found) in misplaced.iter().enumerate() {
        let Misplaced { entry, belongs_to, is_on_template } = found;
        let there = in_template(pod, belongs_to, &entry.name);
        if there.as_ref().is_some_and(|there| there.value.value() == entry.value.value()) {
            continue;
        }
        let message = if *is_on_template {
            "this is an annotation: among labels, it has no effect"
        } else {
            "this annotation has no effect here: only the pod template's counts"
        };
        let reported = findings.add(entry.key, message);
        let template: Path = pod.template.path().iter().skip(pod.object.path().len()).cloned().collect();
        let place = if template.is_empty() { String::new() } else { format!("{template}.") };
        let place = format!("{place}{}.{belongs_to}", pod.workload.metadata_key());
        reported.help(match &there {
            Some(_) => format!("remove it, or change the value in {place}"),
            None => format!("move it to {place}"),
        });
        let twins: Vec<&Entry<'_>> = misplaced
            .iter()
            .enumerate()
            .filter(|(other, twin)| *other != index && twin.entry.name == entry.name && twin.belongs_to == *belongs_to)
            .map(|(_, twin)| &twin.entry)
            .collect();
        let agree = twins.iter().all(|twin| twin.value.value() == entry.value.value());
        if there.is_none() && agree && !is_selected(pod, found) {
            let (to, before) = pod.metadata_path(belongs_to, &entry.name);
            let mut edits = vec![Edit::MoveKey { from: entry.value.path(), to, before }];
            edits.extend(twins.iter().map(|twin| Edit::Remove { path: twin.value.path() }));
            reported.fix(Fix { grade: Grade::Unsafe, edits });
        }
    }
}

/// The keys that are elsewhere than on the pod template, or among its labels.
fn misplaced<'c>(pod: &Pod<'c>) -> Vec<Misplaced<'c>> {
    let job = pod.object.at(&["spec", "jobTemplate", "metadata"]).filter(|_| pod.workload.is_job());
    let own = pod.object.get("metadata").filter(|_| !pod.workload.is_pod());
    let mut found = Vec::new();
    for metadata in [own, job].into_iter().flatten() {
        for map in ["labels", "annotations"] {
            for entry in entries(&metadata, map).into_iter().filter(|entry| is_of_pods(&entry.name)) {
                let belongs_to = if map == "labels" && entry.name == label::INJECT { map } else { "annotations" };
                found.push(Misplaced { entry, belongs_to, is_on_template: false });
            }
        }
    }
    // A misspelt `inject` is a label, too.
    let is_inject = |name: &str| name == label::INJECT || meant(name) == Some(label::INJECT);
    for entry in pod.labels().into_iter().filter(|entry| is_of_pods(&entry.name) && !is_inject(&entry.name)) {
        found.push(Misplaced { entry, belongs_to: "annotations", is_on_template: true });
    }
    found
}

fn entries<'c>(metadata: &Node<'c>, map: &'c str) -> Vec<Entry<'c>> {
    metadata.get(map).map_or_else(Vec::new, |map| map.entries())
}

fn in_template<'c>(pod: &Pod<'c>, map: &str, name: &str) -> Option<Entry<'c>> {
    if map == "labels" { pod.label(name) } else { pod.annotation(name) }
}

/// Whether the workload's selector names a label of the pod template.
fn is_selected(pod: &Pod<'_>, misplaced: &Misplaced<'_>) -> bool {
    misplaced.is_on_template && pod.selects(&misplaced.entry.name)
}

fn find_in_object(object: &LintedObject<'_>, findings: &mut Findings<'_>) {
    if object.api_version != "v1" || !matches!(object.kind, "Namespace" | "Service") {
        return;
    }
    let Some(metadata) = object.node.get("metadata") else { return };
    for map in ["labels", "annotations"] {
        for entry in entries(&metadata, map).into_iter().filter(|entry| is_of_pods(&entry.name)) {
            let message = format!("this annotation has no effect on a {}: only the pod template's counts", object.kind);
            findings.add(entry.key, message).help("move it to the pod templates that it is for");
        }
    }
}
