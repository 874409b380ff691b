//! A Job with a regular proxy that nothing ends: it never finishes.
//!
//! ## Why
//!
//! A Job is finished when all its app containers have ended, and a regular proxy runs on. Without a call of the proxy's
//! `/quitquitquit`, a wrapper or a signal, the pod stays `NotReady` until it is deleted. Kubernetes does not wait for a
//! native sidecar.
//!
//! ## Example
//!
//! ```yaml
//! kind: Job
//! spec:
//!   template:
//!     spec:
//!       containers:
//!       - name: migrate
//! ```
//!
//! Write instead:
//!
//! ```yaml
//! kind: Job
//! spec:
//!   template:
//!     metadata:
//!       annotations:
//!         sidecar.istio.io/nativeSidecar: "true"
//!     spec:
//!       containers:
//!       - name: migrate
//! ```
//!
//! ## Fix
//!
//! Unsafe: the annotation is set to `"true"`. None where the release does not read it, or a given node is older than
//! Kubernetes 1.29.
//!
//! ## Source
//!
//! Istio 1.24, which reads the annotation.
//! [Kubernetes: sidecar containers and Jobs](https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/)

use serde_json::Value;

use super::{proxy_kill, proxy_wrapper, quit_endpoint};
use crate::explain::Proxy;
use crate::istio::names::annotation::NATIVE_SIDECAR;
use crate::istio::{OldKubelets, ReleaseChange};
use crate::lint::context::Pod;
use crate::lint::finding::Findings;
use crate::lint::fix::{Edit, Fix};
use crate::lint::rule::{Check, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    name: "job-never-finishes",
    severity: Severity::Error,
    is_default: true,
    checks: &[Check::Pod { proxies: &[Proxy::Regular], find }],
    source: include_str!("job_never_finishes.rs"),
};

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    if !pod.workload.is_job() || pod.decision.is_other_template || ends_its_proxy(pod) {
        return;
    }
    let annotation = pod.annotation(NATIVE_SIDECAR);
    let decides = annotation.as_ref().filter(|entry| entry.value.text().is_some_and(|value| !value.is_empty()));
    let node = decides.map_or_else(|| pod.head(), |entry| entry.value.id());
    let found = findings.add(node, "this Job never finishes: its proxy is an ordinary container, and nothing ends it");
    found.help(format!("set {NATIVE_SIDECAR}: \"true\""));
    found.fix(annotate(pod));
}

fn ends_its_proxy(pod: &Pod<'_>) -> bool {
    !quit_endpoint::calls(pod).is_empty()
        || quit_endpoint::is_in_config_maps(pod)
        || !proxy_wrapper::calls(pod).is_empty()
        || !proxy_kill::calls(pod).is_empty()
}

fn annotate(pod: &Pod<'_>) -> Option<Fix> {
    let mesh = pod.decision.injector.mesh();
    let is_read = mesh.release.has(ReleaseChange::NativeAnnotation);
    if !is_read || OldKubelets::of(&mesh.nodes).is_some() || pod.has_misplaced_mode() {
        return None;
    }
    let (path, before) = pod.metadata_path("annotations", NATIVE_SIDECAR);
    Some(Fix::risky(Edit::Set { path, value: Value::String("true".to_owned()), before }))
}
