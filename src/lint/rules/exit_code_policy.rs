//! A `podFailurePolicy` whose `onExitCodes` also counts the exit code of the proxy.
//!
//! ## Why
//!
//! Without `containerName`, `onExitCodes` looks at all containers of the pod, init containers and native sidecars included.
//! The exit code of a proxy that is ended by a signal, or that fails, then decides about the Job.
//!
//! ## Example
//!
//! ```yaml
//! podFailurePolicy:
//!   rules:
//!   - action: FailJob
//!     onExitCodes:
//!       operator: In
//!       values: [42]
//! ```
//!
//! Write instead:
//!
//! ```yaml
//! podFailurePolicy:
//!   rules:
//!   - action: FailJob
//!     onExitCodes:
//!       containerName: main
//!       operator: In
//!       values: [42]
//! ```
//!
//! ## Fix
//!
//! None: which container is meant is not known.
//!
//! ## Source
//!
//! Native sidecars since Istio 1.20, the annotation since 1.24.
//! [Kubernetes: pod failure policy](https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy)

use crate::explain::Proxy;
use crate::lint::context::Pod;
use crate::lint::finding::Findings;
use crate::lint::node::Node;
use crate::lint::rule::{Check, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    name: "exit-code-policy",
    severity: Severity::Warning,
    is_default: true,
    checks: &[Check::Pod { proxies: &[Proxy::Native], find }],
    source: include_str!("exit_code_policy.rs"),
};

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    if !pod.workload.is_job() {
        return;
    }
    let job =
        if pod.workload.kind == "CronJob" { pod.object.at(&["spec", "jobTemplate"]) } else { Some(pod.object.clone()) };
    let rules = job.and_then(|job| job.at(&["spec", "podFailurePolicy", "rules"]));
    for rule in rules.iter().flat_map(Node::items) {
        let Some(codes) = rule.entry("onExitCodes").filter(|codes| codes.value.kind().is_map()) else { continue };
        let names_container =
            codes.value.get("containerName").and_then(|name| name.text()).is_some_and(|name| !name.is_empty());
        if !names_container {
            let found = findings.add(codes.key, "this also counts the exit code of the proxy");
            found.help("add containerName");
        }
    }
}
