//! Resources of the pod itself that are too small for the sidecar.
//!
//! ## Why
//!
//! A pod with `spec.resources` of its own must request at least what all containers request, and no container may have a
//! larger limit than the pod. The sidecar is one of the containers: the pod is valid without it, and the API server refuses it
//! once the sidecar is injected.
//!
//! ## Example
//!
//! ```yaml
//! spec:
//!   resources:
//!     requests: {cpu: 500m}
//!   containers:
//!   - name: web
//!     resources:
//!       requests: {cpu: 500m}
//! ```
//!
//! Leave room for the proxy, which requests 100m by default:
//!
//! ```yaml
//! spec:
//!   resources:
//!     requests: {cpu: 600m}
//! ```
//!
//! ## Fix
//!
//! None: request more for the pod, or less for the proxy (`sidecar.istio.io/proxyCPU`, `sidecar.istio.io/proxyMemory`).
//!
//! ## Source
//!
//! [Kubernetes: pod-level resources](https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/)

use crate::explain::Proxy;
use crate::inject::{Injection, ModeRequest};
use crate::istio::native::Mode;
use crate::k8s::{TightPart, TightResources, tight_resources};
use crate::lint::context::{INJECTED, Pod, Seen};
use crate::lint::finding::Findings;
use crate::lint::node::Node;
use crate::lint::rule::{Check, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    name: "pod-resources-too-small",
    severity: Severity::Error,
    is_default: true,
    checks: &[Check::Pod { proxies: INJECTED, find }],
    source: include_str!("pod_resources_too_small.rs"),
};

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    let Some(resources) = pod.spec().and_then(|spec| spec.get("resources")).filter(|own| own.kind().is_map()) else {
        return;
    };
    let Some(Seen { workload, pod: before }) = &pod.decision.seen else { return };
    // Where the nodes decide, both kinds of proxy request the same.
    let mode = match pod.decision.proxy {
        Proxy::Depends => ModeRequest::Set { mode: Mode::Native, keep_existing: false },
        _ => ModeRequest::Mesh,
    };
    let Ok(Injection::Injected(injected)) = pod.decision.injector.inject(workload, before, mode) else { return };
    let known = tight_resources(before, workload.admission());
    let is_known =
        |tight: &TightResources| known.iter().any(|other| other.resource == tight.resource && other.part == tight.part);
    for tight in tight_resources(&injected.pod, workload.admission()).iter().filter(|tight| !is_known(tight)) {
        let Some(at) = place(&resources, tight) else { continue };
        let TightResources { resource, part, own, least } = tight;
        let message = match part {
            TightPart::Request => {
                format!("with the sidecar, the containers request {least} of {resource}: more than the pod")
            }
            TightPart::LimitForRequests => {
                format!("with the sidecar, the pod requests {least} of {resource}: more than its limit")
            }
            TightPart::LimitForContainer => format!("the sidecar may use {least} of {resource}: more than the pod"),
        };
        let found = findings.add(at.id(), format!("{message}, and the API server refuses it"));
        found.help(format!("raise it from {own} to {least} or more, or set less for the proxy by annotations"));
    }
}

/// The quantity that is too small: the limit, if the request follows from it.
fn place<'c>(resources: &Node<'c>, tight: &TightResources) -> Option<Node<'c>> {
    let keys: &[&'static str] = match tight.part {
        TightPart::Request => &["requests", "limits"],
        TightPart::LimitForRequests | TightPart::LimitForContainer => &["limits"],
    };
    keys.iter().find_map(|key| Some(resources.get(key)?.entry(&tight.resource)?.value))
}
