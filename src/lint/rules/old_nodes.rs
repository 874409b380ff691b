//! A pod with a native proxy while a node of the cluster is too old to run it.
//!
//! ## Why
//!
//! Kubelets before 1.29 do not know `restartPolicy` of init containers. On such a node the proxy is an init container that
//! never ends, and the pod never starts. Istio's own default looks at the nodes; the annotation and
//! `ENABLE_NATIVE_SIDECARS=true` do not.
//!
//! ## Example
//!
//! With `--node-version v1.28.9,v1.33.2`:
//!
//! ```yaml
//! annotations:
//!   sidecar.istio.io/nativeSidecar: "true"
//! ```
//!
//! ## Fix
//!
//! None: upgrade the nodes, or make the proxy regular.
//!
//! ## Source
//!
//! [Kubernetes: sidecar containers](https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/)

use crate::explain::Proxy;
use crate::istio::names::annotation::NATIVE_SIDECAR;
use crate::lint::context::{Pod, SelectedBy};
use crate::lint::finding::Findings;
use crate::lint::rule::{Check, Need, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    name: "old-nodes",
    severity: Severity::Error,
    is_default: true,
    checks: &[Check::If(Need::Mesh, &Check::Pod { proxies: &[Proxy::Native], find })],
    source: include_str!("old_nodes.rs"),
};

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    let decision = &pod.decision;
    if !matches!(decision.by, SelectedBy::Annotation | SelectedBy::Environment) {
        return;
    }
    let node_name = pod.spec().and_then(|spec| spec.get("nodeName")?.text());
    let Some(problem) = decision.injector.old_kubelets(node_name) else { return };
    let annotation = pod.annotation(NATIVE_SIDECAR).filter(|_| decision.by == SelectedBy::Annotation);
    let at = annotation.map_or_else(|| pod.head(), |entry| entry.value.id());
    findings.add(at, problem).help("upgrade the nodes, or annotate the pod \"false\"");
}
