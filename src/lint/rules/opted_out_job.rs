//! A Job without a sidecar, which could be in the mesh with a native one.
//!
//! ## Why
//!
//! Many Jobs are kept out of the mesh only because a regular proxy keeps them from finishing. With a native sidecar they
//! finish, and get mutual TLS, policies and telemetry.
//!
//! This rule is not in the default set: select it with `--select opted-out-job`.
//!
//! ## Example
//!
//! ```yaml
//! kind: Job
//! spec:
//!   template:
//!     metadata:
//!       labels:
//!         sidecar.istio.io/inject: "false"
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
//! ```
//!
//! ## Fix
//!
//! None: the Job may be out of the mesh on purpose.
//!
//! ## Source
//!
//! Istio 1.24, which reads the annotation.
//! [Istio: sidecar injection](https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/)

use crate::explain::Proxy;
use crate::istio::names::{annotation, label};
use crate::lint::context::Pod;
use crate::lint::finding::Findings;
use crate::lint::rule::{Check, Rule, Severity};
use lossless_yaml::Scalar;

pub(super) static RULE: Rule = Rule {
    name: "opted-out-job",
    severity: Severity::Info,
    is_default: false,
    checks: &[Check::Pod { proxies: &[Proxy::None], find }],
    source: include_str!("opted_out_job.rs"),
};

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    let host_network = pod.spec().and_then(|spec| spec.get("hostNetwork"));
    if !pod.workload.is_job() || host_network.is_some_and(|node| node.scalar() == Some(Scalar::Bool(true))) {
        return;
    }
    // The label takes precedence.
    let decides = pod.label(label::INJECT).or_else(|| pod.annotation(annotation::INJECT));
    if let Some(entry) = decides.filter(|entry| entry.value.text() == Some("false")) {
        let found =
            findings.add(entry.key, "this Job is kept out of the mesh, where it finishes with a native sidecar");
        found.help(format!("remove it and set {}: \"true\"", annotation::NATIVE_SIDECAR));
    }
}
