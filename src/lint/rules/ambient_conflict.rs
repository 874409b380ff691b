//! Labels for ambient mode together with labels for sidecar injection.
//!
//! ## Why
//!
//! A pod is in the mesh by a sidecar or by ambient mode. With labels for both, the sidecar is injected and ambient mode
//! leaves the pod alone, which is not what its label asks for.
//!
//! ## Example
//!
//! ```yaml
//! kind: Namespace
//! metadata:
//!   labels:
//!     istio-injection: enabled
//!     istio.io/dataplane-mode: ambient
//! ```
//!
//! Keep one of the two.
//!
//! ## Fix
//!
//! None.
//!
//! ## Source
//!
//! [Istio: add workloads to an ambient mesh](https://istio.io/latest/docs/ambient/usage/add-workloads/)

use crate::istio::names::label::{INJECT, INJECTION, REVISION};
use crate::lint::context::{ANY, LintedObject, Pod};
use crate::lint::finding::Findings;
use crate::lint::node::Entry;
use crate::lint::rule::{Check, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    name: "ambient-conflict",
    severity: Severity::Warning,
    is_default: true,
    checks: &[Check::Pod { proxies: ANY, find }, Check::Object(find_in_namespace)],
    source: include_str!("ambient_conflict.rs"),
};

/// The label that selects ambient mode.
const DATAPLANE_MODE: &str = "istio.io/dataplane-mode";

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    check(&pod.labels(), findings);
}

fn find_in_namespace(object: &LintedObject<'_>, findings: &mut Findings<'_>) {
    if object.is_namespace() {
        check(&object.labels(), findings);
    }
}

fn check(labels: &[Entry<'_>], findings: &mut Findings<'_>) {
    let value = |name: &str| labels.iter().rev().find(|label| label.name == name)?.value.text();
    let Some(mode) = labels.iter().rev().find(|label| label.name == DATAPLANE_MODE) else { return };
    let injects = match (value(INJECTION), value(REVISION), value(INJECT)) {
        (Some("enabled"), _, _) => INJECTION,
        (_, Some(_), _) => REVISION,
        (_, _, Some("true")) => INJECT,
        _ => return,
    };
    if mode.value.text() == Some("ambient") {
        let message = format!("ambient mode and sidecar injection (label {injects}) exclude each other");
        findings.add(mode.key, message).help("keep one of the two labels");
    }
}
