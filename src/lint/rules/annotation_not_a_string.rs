//! An annotation or label with an unquoted boolean or number as its value.
//!
//! ## Why
//!
//! Values of annotations and labels are strings. YAML reads `true`, `yes`, `8080` and `1.10` as booleans and numbers, and
//! the API server rejects the whole object because of one of them. Client-side tools often do not notice.
//!
//! The rule looks at the annotations and labels of workloads, of pod templates and of a `CronJob`'s job template.
//!
//! ## Example
//!
//! ```yaml
//! annotations:
//!   sidecar.istio.io/nativeSidecar: true
//! ```
//!
//! Write instead:
//!
//! ```yaml
//! annotations:
//!   sidecar.istio.io/nativeSidecar: "true"
//! ```
//!
//! ## Fix
//!
//! Safe: the value is quoted as it is written. A list or mapping is reported without a fix. For
//! `sidecar.istio.io/nativeSidecar` the fix writes `"true"` or `"false"`, whichever the value means: Istio 1.27 and later
//! read `"False"` and `"no"` as native.
//!
//! ## Source
//!
//! [Kubernetes: annotations](https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/)

use std::collections::HashMap;

use serde_json::Value;

use crate::inject::{ExistingMode, annotation_value};
use crate::istio::names::annotation::NATIVE_SIDECAR;
use crate::lint::context::{ANY, Pod};
use crate::lint::finding::Findings;
use crate::lint::fix::{Edit, Fix};
use crate::lint::keys::meant;
use crate::lint::node::Entry;
use crate::lint::rule::{Check, Rule, Severity};
use lossless_yaml::Scalar;

pub(super) static RULE: Rule = Rule {
    name: "annotation-not-a-string",
    severity: Severity::Error,
    is_default: true,
    checks: &[Check::Pod { proxies: ANY, find }],
    source: include_str!("annotation_not_a_string.rs"),
};

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    let job = pod.object.at(&["spec", "jobTemplate", "metadata"]).filter(|_| pod.workload.is_job());
    let own = pod.object.get("metadata").filter(|_| !pod.workload.is_pod());
    for metadata in [own, job, pod.metadata()].into_iter().flatten() {
        for (key, what) in [("labels", "label"), ("annotations", "annotation")] {
            let Some(map) = metadata.get(key) else { continue };
            let entries = map.entries();
            let mut counts: HashMap<&str, usize> = HashMap::new();
            for entry in &entries {
                *counts.entry(&*entry.name).or_default() += 1;
            }
            for entry in &entries {
                check(entry, what, counts.get(&*entry.name) == Some(&1), findings);
            }
        }
    }
}

/// Reports a value that is not a string. A fix needs the path of the value, which a key that is repeated or merged lacks.
fn check(entry: &Entry<'_>, what: &str, is_only: bool, findings: &mut Findings<'_>) {
    let value = &entry.value;
    let is = match value.scalar() {
        Some(Scalar::Bool(_)) => "a boolean",
        Some(Scalar::Int(_) | Scalar::Uint(_) | Scalar::Float(_)) => "a number",
        None if value.kind().is_seq() => "a list",
        None if value.kind().is_map() => "a mapping",
        _ => return,
    };
    let found = findings.add(value.id(), format!("the value of this {what} must be a string, found {is}"));
    if value.scalar().is_none() {
        found.help("the API server rejects the object; values of annotations and labels are strings");
        return;
    }
    let text = string(entry);
    found.help(format!("{}: \"{text}\"", if text == value.written() { "quote it" } else { "write" }));
    if !is_only {
        return;
    }
    found.fix(Fix::safe(Edit::Set { path: value.path(), value: Value::String(text.to_owned()), before: None }));
}

/// The string that is meant.
fn string<'c>(entry: &Entry<'c>) -> &'c str {
    let is_mode = entry.name == NATIVE_SIDECAR || meant(&entry.name) == Some(NATIVE_SIDECAR);
    match ExistingMode::of(Some(&entry.value.value())) {
        ExistingMode::Misspelt { mode, .. } if is_mode => annotation_value(mode),
        _ => entry.value.written(),
    }
}
