//! Custom settings for how the proxy drains, which replace or delay the drain of a native sidecar.
//!
//! ## Why
//!
//! A regular proxy stops together with the application. To keep it longer, people gave it a `preStop` handler, or set
//! `EXIT_ON_ZERO_ACTIVE_CONNECTIONS`, `MINIMUM_DRAIN_DURATION` or `terminationDrainDuration`. Kubernetes stops a native
//! sidecar after all app containers, and Istio gives it a `preStop` handler that drains it. A custom handler replaces
//! that one, and a longer drain only delays the end of the pod.
//!
//! The rule looks at your own container `istio-proxy` and at `proxy.istio.io/config`.
//!
//! ## Example
//!
//! ```yaml
//! containers:
//! - name: istio-proxy
//!   image: auto
//!   lifecycle:
//!     preStop:
//!       exec:
//!         command: ["sleep", "15"]
//! ```
//!
//! ## Fix
//!
//! None: how long an application needs to finish its connections is not known.
//!
//! ## Source
//!
//! Native sidecars since Istio 1.20, the annotation since 1.24.
//! [ProxyConfig](https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#ProxyConfig)

use serde_json::Value;

use crate::explain::Proxy;
use crate::istio::names::{annotation, container};
use crate::lint::commands;
use crate::lint::context::Pod;
use crate::lint::finding::Findings;
use crate::lint::node::Node;
use crate::lint::rule::{Check, Rule, Severity};
use lossless_yaml::{Scalar, Tree};

pub(super) static RULE: Rule = Rule {
    name: "proxy-prestop",
    severity: Severity::Warning,
    is_default: true,
    checks: &[Check::Pod { proxies: &[Proxy::Native], find }],
    source: include_str!("proxy_prestop.rs"),
};

/// The variables of the proxy that decide about its drain.
const VARIABLES: [&str; 2] = ["EXIT_ON_ZERO_ACTIVE_CONNECTIONS", "MINIMUM_DRAIN_DURATION"];

/// The field of `proxy.istio.io/config`, by both of its names.
const FIELD: [&str; 2] = ["terminationDrainDuration", "termination_drain_duration"];

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    for container in commands::users_containers(pod).iter().filter(|found| found.name == container::PROXY) {
        let lifecycle = container.node.get("lifecycle");
        let handler = lifecycle.and_then(|lifecycle| lifecycle.entry("preStop"));
        if let Some(handler) = handler.filter(|handler| handler.value.scalar() != Some(Scalar::Null)) {
            let found = findings.add(handler.key, "this replaces the handler that drains a native sidecar");
            found.help("remove it: the proxy stops after the app containers, and drains first");
        }
        for item in container.node.get("env").iter().flat_map(Node::items) {
            let Some(name) = item.get("name").and_then(|name| name.text()) else { continue };
            if VARIABLES.contains(&name) {
                report(&item, name, findings);
            }
        }
    }
    let Some(config) = pod.annotation(annotation::PROXY_CONFIG) else { return };
    let value = config.value.text().and_then(|text| Tree::parse(text, 1).ok()).map(|tree| value(&tree));
    if let Some(name) = value.as_ref().and_then(setting) {
        report(&config.value, name, findings);
    }
}

fn value(tree: &Tree<'_>) -> Value {
    tree.root().and_then(|root| tree.value(root).ok()).unwrap_or(Value::Null)
}

/// The name of a setting that decides about the drain, in a `ProxyConfig`.
fn setting(config: &Value) -> Option<&'static str> {
    let field = FIELD.into_iter().find(|name| config.get(name).is_some_and(|value| !value.is_null()));
    let metadata = ["proxyMetadata", "proxy_metadata"].iter().find_map(|name| config.get(name));
    field.or_else(|| VARIABLES.into_iter().find(|name| metadata.is_some_and(|metadata| metadata.get(name).is_some())))
}

fn report(node: &Node<'_>, name: &str, findings: &mut Findings<'_>) {
    let found = findings.add(node.id(), format!("{name} is for a proxy that stops together with the application"));
    found.help("remove it: a native sidecar stops after the app containers");
}
