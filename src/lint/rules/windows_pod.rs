//! A pod for Windows nodes that Istio injects.
//!
//! ## Why
//!
//! The sidecar and its init container are Linux images, and Windows has no iptables. The pod never starts.
//!
//! ## Example
//!
//! ```yaml
//! spec:
//!   nodeSelector:
//!     kubernetes.io/os: windows
//! ```
//!
//! Label the pod template `sidecar.istio.io/inject: "false"`.
//!
//! ## Fix
//!
//! None.
//!
//! ## Source
//!
//! [Istio: platform requirements](https://istio.io/latest/docs/ops/deployment/platform-requirements/)

use crate::lint::context::{INJECTED, Pod};
use crate::lint::finding::Findings;
use crate::lint::rule::{Check, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    name: "windows-pod",
    severity: Severity::Error,
    is_default: true,
    checks: &[Check::Pod { proxies: INJECTED, find }],
    source: include_str!("windows_pod.rs"),
};

/// The labels of nodes with their operating system.
const OS_LABELS: [&str; 2] = ["kubernetes.io/os", "beta.kubernetes.io/os"];

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    let Some(spec) = pod.spec() else { return };
    let selector = spec.get("nodeSelector");
    let by_selector = OS_LABELS.iter().filter_map(|label| selector.as_ref()?.get(label));
    let fields = spec.at(&["os", "name"]).into_iter().chain(by_selector);
    if let Some(windows) = fields.into_iter().find(|field| field.text() == Some("windows")) {
        let message = "the sidecar does not run on Windows: this pod is injected, and never starts";
        findings.add(windows.id(), message).help("label the pod template sidecar.istio.io/inject: \"false\"");
    }
}
