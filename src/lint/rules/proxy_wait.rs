//! Waiting for the proxy before work starts, which a native sidecar makes unnecessary.
//!
//! ## Why
//!
//! A regular proxy starts together with the application, so scripts wait until it is ready. Kubernetes starts containers and
//! later init containers only after a native sidecar is ready.
//!
//! The rule looks at `command`, `args` and `lifecycle` handlers for calls of `:15021/healthz/ready`, `:15020/healthz/ready`,
//! `:15000/ready` and `:15000/server_info` on the pod's own host, for `nc -z … 15001` and for `pilot-agent wait`. It does
//! not look at probes.
//!
//! ## Example
//!
//! ```yaml
//! args:
//! - |
//!   until curl -fsI http://localhost:15021/healthz/ready; do sleep 1; done
//!   exec ./server
//! ```
//!
//! Write instead:
//!
//! ```yaml
//! args:
//! - |
//!   exec ./server
//! ```
//!
//! ## Fix
//!
//! Unsafe: the loop or the call goes. None for calls in conditions and lists, for loops that do something else too, and
//! where nothing would be left. Where the mesh is assumed and the pod template does not have
//! `sidecar.istio.io/nativeSidecar: "true"`, there is none either.
//!
//! ## Source
//!
//! Native sidecars since Istio 1.20, the annotation since 1.24.
//! [Kubernetes: sidecar containers](https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/)

use crate::explain::Proxy;
use crate::lint::commands;
use crate::lint::context::Pod;
use crate::lint::finding::Findings;
use crate::lint::fix::Grade;
use crate::lint::rule::{Check, Rule, Severity};
use crate::lint::shell::Purpose;

pub(super) static RULE: Rule = Rule {
    name: "proxy-wait",
    severity: Severity::Warning,
    is_default: true,
    checks: &[Check::Pod { proxies: &[Proxy::Native], find }],
    source: include_str!("proxy_wait.rs"),
};

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    for call in commands::find(pod, Purpose::Wait) {
        let found = findings.add(call.id(), "this waits for the proxy, which is ready before the container starts");
        found.help("delete it: Kubernetes starts containers after a native sidecar is ready");
        call.complete(found, pod, Grade::Unsafe);
    }
}
