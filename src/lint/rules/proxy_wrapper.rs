//! A wrapper such as `scuttle` that waits for the proxy and ends it, or its environment variables.
//!
//! ## Why
//!
//! Wrappers start the program when the proxy is ready and end the proxy after the program. Kubernetes does both for a native
//! sidecar. A wrapper that ends it only makes the kubelet restart it.
//!
//! The rule knows `scuttle`, `envoy-preflight`, `kubexit`, `wrapper4`, `istio-quit` and `sidecard` as the program of a
//! container or in a script, and the variables that they read.
//!
//! ## Example
//!
//! ```yaml
//! command: ["/scuttle", "python", "export.py"]
//! env:
//! - name: ISTIO_QUIT_API
//!   value: http://127.0.0.1:15020
//! ```
//!
//! Write instead:
//!
//! ```yaml
//! command: ["python", "export.py"]
//! ```
//!
//! ## Fix
//!
//! None: the wrapper is also in the image or in an init container that copies it.
//!
//! ## Source
//!
//! Native sidecars since Istio 1.20, the annotation since 1.24. [scuttle](https://github.com/redboxllc/scuttle),
//! [envoy-preflight](https://github.com/monzo/envoy-preflight), [kubexit](https://github.com/karlkfi/kubexit)

use crate::explain::Proxy;
use crate::lint::commands::{Call, CommandLine, Commands};
use crate::lint::context::Pod;
use crate::lint::finding::Findings;
use crate::lint::fix::Grade;
use crate::lint::node::Node;
use crate::lint::rule::{Check, Rule, Severity};
use crate::lint::shell::{Purpose, Variables, WRAPPERS, base_name};

pub(super) static RULE: Rule = Rule {
    name: "proxy-wrapper",
    severity: Severity::Warning,
    is_default: true,
    checks: &[Check::Pod { proxies: &[Proxy::Native], find }],
    source: include_str!("proxy_wrapper.rs"),
};

/// The variables that wrappers read.
const VARIABLES: [&str; 14] = [
    "ENVOY_ADMIN_API",
    "ISTIO_QUIT_API",
    "START_WITHOUT_ENVOY",
    "WAIT_FOR_ENVOY_TIMEOUT",
    "ALWAYS_KILL_ENVOY",
    "NEVER_KILL_ISTIO",
    "NEVER_KILL_ISTIO_ON_FAILURE",
    "ISTIO_FALLBACK_PKILL",
    "SCUTTLE_LOGGING",
    "QUIT_WITHOUT_ENVOY_TIMEOUT",
    "KUBEXIT_NAME",
    "KUBEXIT_GRAVEYARD",
    "KUBEXIT_BIRTH_DEPS",
    "KUBEXIT_DEATH_DEPS",
];

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    for call in calls(pod) {
        let found = findings
            .add(call.id(), "this wrapper waits for the proxy and ends it, which Kubernetes does for a native sidecar");
        found.help("run the program without the wrapper, and remove the wrapper's variables");
        call.complete(found, pod, Grade::Unsafe);
    }
}

/// The wrappers of a pod, whatever its proxy is: one for each container.
pub(super) fn calls<'c>(pod: &Pod<'c>) -> Vec<Call<'c>> {
    pod.commands().iter().filter(|commands| !commands.container.is_istios()).filter_map(of_container).collect()
}

fn of_container<'c>(Commands { container, line, .. }: &Commands<'c>) -> Option<Call<'c>> {
    let program = line.as_ref().and_then(CommandLine::program).cloned();
    if let Some(program) = program.filter(|program| WRAPPERS.contains(&base_name(program.written()))) {
        return Some(Call::at(program, None));
    }
    if let Some(call) = line.as_ref().and_then(|line| line.find(Purpose::Wrapper, &Variables::new())) {
        return Some(call);
    }
    let variables = container.node.get("env");
    let mut variables = variables.iter().flat_map(Node::items);
    let is_wrappers =
        |item: &Node<'_>| item.get("name").and_then(|name| name.text()).is_some_and(|name| VARIABLES.contains(&name));
    variables.find(is_wrappers).map(|item| Call::at(item, None))
}
