//! A label and an annotation `sidecar.istio.io/inject` that disagree.
//!
//! ## Why
//!
//! The label takes precedence over the annotation. The annotation of this name is the older form, and often forgotten.
//!
//! ## Example
//!
//! ```yaml
//! metadata:
//!   labels:
//!     sidecar.istio.io/inject: "true"
//!   annotations:
//!     sidecar.istio.io/inject: "false"
//! ```
//!
//! Keep the label only.
//!
//! ## Fix
//!
//! Unsafe: the annotation is removed. The pods stay as they are, but the annotation may be the intended setting.
//!
//! ## Source
//!
//! [Istio: controlling the injection policy](https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/)

use crate::istio::names::annotation::INJECT;
use crate::lint::context::{ANY, Pod};
use crate::lint::finding::Findings;
use crate::lint::fix::{Edit, Fix};
use crate::lint::rule::{Check, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    name: "conflicting-inject",
    severity: Severity::Warning,
    is_default: true,
    checks: &[Check::Pod { proxies: ANY, find }],
    source: include_str!("conflicting_inject.rs"),
};

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    let (Some(label), Some(annotation)) = (pod.label(INJECT), pod.annotation(INJECT)) else { return };
    if let (Some("true"), Some("false")) | (Some("false"), Some("true")) = (label.value.text(), annotation.value.text())
    {
        let does = if label.value.text() == Some("true") { "is injected" } else { "is not injected" };
        let message = format!("the label of the same name has the opposite value and wins: the pod {does}");
        let reported = findings.add(annotation.key, message);
        reported.help("remove the annotation, or correct the label");
        reported.fix(Fix::risky(Edit::Remove { path: annotation.value.path() }));
    }
}
