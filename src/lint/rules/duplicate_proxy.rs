//! A container `istio-proxy` under both `containers` and `initContainers`.
//!
//! ## Why
//!
//! One of the two comes from an injection, the other from an override or from an injection of the other kind. After the next
//! injection the pod has two proxies that compete for the same ports, or is refused.
//!
//! ## Example
//!
//! ```yaml
//! spec:
//!   initContainers:
//!   - name: istio-proxy
//!     restartPolicy: Always
//!   containers:
//!   - name: istio-proxy
//! ```
//!
//! Keep the one that the mesh makes: under `initContainers` if it is native.
//!
//! ## Fix
//!
//! None.
//!
//! ## Source
//!
//! [Istio: customizing injection](https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/#customizing-injection)

use crate::inject::Group;
use crate::istio::names::container::PROXY;
use crate::lint::context::{ANY, Container, Pod};
use crate::lint::finding::Findings;
use crate::lint::rule::{Check, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    name: "duplicate-proxy",
    severity: Severity::Error,
    is_default: true,
    checks: &[Check::Pod { proxies: ANY, find }],
    source: include_str!("duplicate_proxy.rs"),
};

/// The proxy under `containers`, if there is one under `initContainers` too.
pub(super) fn duplicate<'c>(pod: &Pod<'c>) -> Option<Container<'c>> {
    let containers = pod.containers();
    let proxy = |list| containers.iter().find(|container| container.name == PROXY && container.list == list);
    proxy(Group::InitContainers)?;
    proxy(Group::Containers).cloned()
}

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    if let Some(duplicate) = duplicate(pod) {
        let message = "istio-proxy is under initContainers, too: the pod would have two proxies";
        findings.add(duplicate.node.id(), message).help("keep the one that the mesh makes, and remove the other");
    }
}
