//! A `preStop` sleep that leaves the proxy no time to drain.
//!
//! ## Why
//!
//! `terminationGracePeriodSeconds` is for the whole pod. A native sidecar is stopped after the app containers, with what is
//! left of the period. If the `preStop` handler of a container sleeps as long as the period, the proxy gets two seconds at
//! most: then it is killed and open connections break.
//!
//! The rule looks at `sleep` actions and at `sleep` with a whole number of seconds in `preStop` handlers of app containers,
//! and reports those of at least the period, 30 seconds by default, minus 2.
//!
//! ## Example
//!
//! ```yaml
//! terminationGracePeriodSeconds: 30
//! containers:
//! - name: web
//!   lifecycle:
//!     preStop:
//!       exec:
//!         command: ["sleep", "30"]
//! ```
//!
//! Write instead:
//!
//! ```yaml
//! terminationGracePeriodSeconds: 45
//! containers:
//! - name: web
//!   lifecycle:
//!     preStop:
//!       exec:
//!         command: ["sleep", "30"]
//! ```
//!
//! ## Fix
//!
//! None: either the sleep or the period may be wrong.
//!
//! ## Source
//!
//! Native sidecars since Istio 1.20, the annotation since 1.24.
//! [Kubernetes: termination of pods](https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination)

use crate::explain::Proxy;
use crate::inject::Group;
use crate::istio::names::container;
use crate::lint::commands::{Call, CommandLine};
use crate::lint::context::Pod;
use crate::lint::finding::Findings;
use crate::lint::fix::Grade;
use crate::lint::node::Node;
use crate::lint::rule::{Check, Rule, Severity};
use lossless_yaml::Scalar;

pub(super) static RULE: Rule = Rule {
    name: "grace-period-too-short",
    severity: Severity::Warning,
    is_default: true,
    checks: &[Check::Pod { proxies: &[Proxy::Native], find }],
    source: include_str!("grace_period_too_short.rs"),
};

/// The period where none is set.
const DEFAULT_PERIOD: i64 = 30;

/// What kubelet gives containers that are still there at the end of the period.
const LAST_SECONDS: i64 = 2;

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    let period = pod.spec().and_then(|spec| spec.get("terminationGracePeriodSeconds"));
    let period = period.and_then(|period| whole(&period)).unwrap_or(DEFAULT_PERIOD);
    let containers = pod.containers().into_iter().filter(|container| container.list == Group::Containers);
    for container in containers.filter(|container| container.name != container::PROXY) {
        let Some(handler) = container.node.at(&["lifecycle", "preStop"]) else { continue };
        let Some((seconds, call)) = sleep(&handler).filter(|(seconds, _)| *seconds >= period - LAST_SECONDS) else {
            continue;
        };
        let message =
            format!("this sleeps {seconds} s of a grace period of {period} s, and leaves the proxy no time to drain");
        let found = findings.add(call.id(), message);
        found.help("raise terminationGracePeriodSeconds, or sleep less");
        call.complete(found, pod, Grade::Unsafe);
    }
}

/// The longest sleep of a handler, in seconds.
fn sleep<'c>(handler: &Node<'c>) -> Option<(i64, Call<'c>)> {
    if let Some(seconds) = handler.at(&["sleep", "seconds"]) {
        return Some((whole(&seconds)?, Call::at(seconds, None)));
    }
    let (seconds, call) = CommandLine::of_handler(handler)?.longest_sleep()?;
    Some((i64::try_from(seconds).ok()?, call))
}

fn whole(node: &Node<'_>) -> Option<i64> {
    if let Some(Scalar::Int(number)) = node.scalar() { Some(number) } else { None }
}
