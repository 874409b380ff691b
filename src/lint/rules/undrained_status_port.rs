//! A status port at which a native proxy cannot be drained.
//!
//! ## Why
//!
//! A native proxy gets a `preStop` hook that asks the agent at the status port to drain. The agent forwards it to Envoy's
//! admin port only from ports 15000, 15004, 15020 and 15021. With another value of `status.sidecar.istio.io/port` the call
//! always fails, and connections are cut when the pod stops.
//!
//! ## Example
//!
//! ```yaml
//! annotations:
//!   sidecar.istio.io/nativeSidecar: "true"
//!   status.sidecar.istio.io/port: "15090"
//! ```
//!
//! ## Fix
//!
//! None: remove the annotation, or use one of the four ports.
//!
//! ## Source
//!
//! The injection templates of Istio 1.24 to 1.31, and `pilot-agent request`.

use crate::explain::Proxy;
use crate::istio::names::annotation::STATUS_PORT;
use crate::lint::context::Pod;
use crate::lint::finding::Findings;
use crate::lint::rule::{Check, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    name: "undrained-status-port",
    severity: Severity::Warning,
    is_default: true,
    checks: &[Check::Pod { proxies: &[Proxy::Native], find }],
    source: include_str!("undrained_status_port.rs"),
};

/// The ports at which a drain is accepted.
const DRAINED: [u32; 4] = [15000, 15004, 15020, 15021];

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    let Some(entry) = pod.annotation(STATUS_PORT) else { return };
    // Without quotes it is another rule's finding, and means the same.
    let Ok(port) = entry.value.written().trim().parse::<u32>() else { return };
    if !DRAINED.contains(&port) {
        let message = "the proxy cannot be drained at this port: connections are cut when the pod stops";
        findings.add(entry.value.id(), message).help("remove the annotation, or use port 15020 or 15021");
    }
}
