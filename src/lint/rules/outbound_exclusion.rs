//! Ports or ranges excluded from capture on a pod with init containers, which may no longer be necessary.
//!
//! ## Why
//!
//! Outbound traffic is captured before a regular proxy runs, and init containers have no network. If the ports or
//! ranges that they use are excluded, they connect without the mesh, and so do the app containers. A native sidecar runs before
//! init containers.
//!
//! ## Example
//!
//! ```yaml
//! metadata:
//!   annotations:
//!     traffic.sidecar.istio.io/excludeOutboundPorts: "5432"
//! spec:
//!   initContainers:
//!   - name: migrate
//! ```
//!
//! ## Fix
//!
//! None: the exclusion may be for the app containers, such as a database with its own TLS or a cloud's metadata server.
//!
//! ## Source
//!
//! Native sidecars since Istio 1.20, the annotation since 1.24.
//! [Istio: resource annotations](https://istio.io/latest/docs/reference/config/annotations/)

use crate::explain::Proxy;
use crate::inject::Group;
use crate::istio::names::annotation::{EXCLUDE_OUTBOUND_IP_RANGES, EXCLUDE_OUTBOUND_PORTS};
use crate::lint::context::Pod;
use crate::lint::finding::Findings;
use crate::lint::rule::{Check, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    name: "outbound-exclusion",
    severity: Severity::Info,
    is_default: true,
    checks: &[Check::Pod { proxies: &[Proxy::Native], find }],
    source: include_str!("outbound_exclusion.rs"),
};

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    let containers = pod.containers();
    if !containers.iter().any(|container| container.list == Group::InitContainers && !container.is_istios()) {
        return;
    }
    for name in [EXCLUDE_OUTBOUND_PORTS, EXCLUDE_OUTBOUND_IP_RANGES] {
        if let Some(entry) = pod.annotation(name) {
            let found =
                findings.add(entry.key, "this exclusion may be for init containers, which now run behind the proxy");
            found.help("remove it unless the app containers need it");
        }
    }
}
