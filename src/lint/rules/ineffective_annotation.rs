//! A sidecar annotation on a pod that gets no sidecar, or that the release does not read.
//!
//! ## Why
//!
//! Pods with the host's network, pods that opt out of injection, and pods in namespaces that Istio ignores get no sidecar:
//! settings for one do nothing. Releases before Istio 1.24 do not read `sidecar.istio.io/nativeSidecar`.
//!
//! ## Example
//!
//! ```yaml
//! spec:
//!   template:
//!     metadata:
//!       annotations:
//!         sidecar.istio.io/nativeSidecar: "true"
//!     spec:
//!       hostNetwork: true
//! ```
//!
//! Remove the annotation, or let the pod be injected.
//!
//! ## Fix
//!
//! None: either change may be the intended one.
//!
//! ## Source
//!
//! [Istio: controlling the injection policy](https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/)

use crate::explain::Proxy;
use crate::istio::ReleaseChange;
use crate::istio::names::annotation::{INJECT, NATIVE_SIDECAR};
use crate::lint::context::{ANY, Pod};
use crate::lint::finding::Findings;
use crate::lint::keys::is_of_pods;
use crate::lint::rule::{Check, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    name: "ineffective-annotation",
    severity: Severity::Warning,
    is_default: true,
    checks: &[Check::Pod { proxies: ANY, find }],
    source: include_str!("ineffective_annotation.rs"),
};

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    let release = &pod.decision.injector.mesh().release;
    let Some(why_not) = &pod.decision.why_not_injected else {
        if !release.has(ReleaseChange::NativeAnnotation)
            && let Some(entry) = pod.annotation(NATIVE_SIDECAR)
        {
            let message = format!("Istio {release} does not read this annotation");
            findings.add(entry.key, message).help("Istio 1.24 and later read it");
        }
        return;
    };
    debug_assert_eq!(pod.decision.proxy, Proxy::None, "there is a reason not to inject it");
    for entry in pod.annotations().into_iter().filter(|entry| is_of_pods(&entry.name) && entry.name != INJECT) {
        let message = format!("this annotation has no effect: the pod gets no sidecar ({why_not})");
        findings.add(entry.key, message).help("remove it, or let the pod be injected");
    }
}
