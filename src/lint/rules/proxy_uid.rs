//! A container that runs as user 1337 to bypass the proxy.
//!
//! ## Why
//!
//! Traffic of user 1337, the proxy's own, is not captured. Init containers used it because a regular proxy did not run yet.
//! A native sidecar runs before them, and their traffic can use the mesh: with mutual TLS, policies and telemetry.
//!
//! The rule looks at `runAsUser` of init and app containers that are not Istio's, and at the pod's, if a container uses it.
//!
//! ## Example
//!
//! ```yaml
//! initContainers:
//! - name: fetch-secrets
//!   securityContext:
//!     runAsUser: 1337
//! ```
//!
//! Write instead:
//!
//! ```yaml
//! initContainers:
//! - name: fetch-secrets
//! ```
//!
//! ## Fix
//!
//! Unsafe: the container's own key is removed. The traffic is then captured, and files may belong to another user. None for
//! the pod's key, and where the mesh is assumed and the pod template does not have `sidecar.istio.io/nativeSidecar: "true"`.
//!
//! ## Source
//!
//! Native sidecars since Istio 1.20, the annotation since 1.24.
//! [Istio CNI: compatibility with init containers](https://istio.io/latest/docs/setup/additional-setup/cni/)

use crate::explain::Proxy;
use crate::lint::context::Pod;
use crate::lint::finding::Findings;
use crate::lint::fix::{Edit, Grade};
use crate::lint::node::Node;
use crate::lint::rule::{Check, Rule, Severity};
use lossless_yaml::Scalar;

pub(super) static RULE: Rule = Rule {
    name: "proxy-uid",
    severity: Severity::Warning,
    is_default: true,
    checks: &[Check::Pod { proxies: &[Proxy::Native], find }],
    source: include_str!("proxy_uid.rs"),
};

const MESSAGE: &str = "the user of the proxy: the container's traffic bypasses the mesh";

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    let mut inherits = false;
    for container in pod.containers().iter().filter(|container| !container.is_istios()) {
        let own = user(&container.node);
        inherits |= own.is_none();
        let Some(own) = own.filter(is_proxy_uid) else { continue };
        let found = findings.add(own.id(), MESSAGE);
        found.help("remove it: the proxy runs before init containers and app containers");
        pod.fix_workaround(found, Grade::Unsafe, Edit::Remove { path: own.path() });
    }
    if let Some(user) = pod.spec().as_ref().and_then(user).filter(|user| inherits && is_proxy_uid(user)) {
        findings
            .add(user.id(), MESSAGE)
            .help("use another user: the proxy runs before init containers and app containers");
    }
}

/// The user that a pod's spec or a container sets.
fn user<'c>(node: &Node<'c>) -> Option<Node<'c>> {
    node.at(&["securityContext", "runAsUser"]).filter(|user| user.scalar() != Some(Scalar::Null))
}

fn is_proxy_uid(user: &Node<'_>) -> bool {
    matches!(user.scalar(), Some(Scalar::Int(1337) | Scalar::Str("1337")))
}
