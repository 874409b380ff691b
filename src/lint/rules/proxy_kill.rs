//! A signal that ends the proxy's processes, after which the kubelet restarts a native sidecar.
//!
//! ## Why
//!
//! Jobs with a regular proxy share the process namespace and kill `pilot-agent` or `envoy` to finish. A native sidecar ends
//! by itself after the last container, and the kubelet restarts it at once while others still run: until it is ready again, the
//! pod has no network.
//!
//! The rule looks at `command`, `args` and `lifecycle` handlers for `kill`, `pkill` and `killall` with `pilot-agent` or
//! `envoy`, also by way of `pidof` and `pgrep`.
//!
//! ## Example
//!
//! ```yaml
//! shareProcessNamespace: true
//! containers:
//! - name: sweep
//!   command: ["sh", "-c", "./sweep; pkill -f pilot-agent"]
//! ```
//!
//! Write instead:
//!
//! ```yaml
//! containers:
//! - name: sweep
//!   command: ["./sweep"]
//! ```
//!
//! ## Fix
//!
//! None: `shareProcessNamespace`, capabilities and helper containers that were added for the signal can go too, and only a
//! person knows which.
//!
//! ## Source
//!
//! Native sidecars since Istio 1.20, the annotation since 1.24.
//! [Kubernetes: sidecar containers and Jobs](https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/)

use crate::explain::Proxy;
use crate::lint::commands::{self, Call};
use crate::lint::context::Pod;
use crate::lint::finding::Findings;
use crate::lint::fix::Grade;
use crate::lint::rule::{Check, Rule, Severity};
use crate::lint::shell::Purpose;

pub(super) static RULE: Rule = Rule {
    name: "proxy-kill",
    severity: Severity::Warning,
    is_default: true,
    checks: &[Check::Pod { proxies: &[Proxy::Native], find }],
    source: include_str!("proxy_kill.rs"),
};

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    for call in calls(pod) {
        let found = findings.add(call.id(), "this kills the proxy, and kubelet restarts a native sidecar at once");
        found.help("delete it, and shareProcessNamespace if nothing else needs it");
        call.complete(found, pod, Grade::Unsafe);
    }
}

/// The places in a pod that kill the proxy, whatever its proxy is.
pub(super) fn calls<'c>(pod: &Pod<'c>) -> Vec<Call<'c>> {
    commands::find(pod, Purpose::Kill)
}
