//! A call of the proxy's `/quitquitquit`, which a native sidecar does not need.
//!
//! ## Why
//!
//! A regular proxy keeps a Job from finishing, so its script ends the proxy through `/quitquitquit`. A native sidecar ends
//! by itself after the last container. The call does harm there: the kubelet restarts the proxy at once, and until it is
//! ready again the pod has no network.
//!
//! The rule looks at `command`, `args`, environment variables and `lifecycle` handlers, and at `ConfigMap`s of the input
//! that pods mount. It knows the ports 15020, 15000 and 15021 on the pod's own host. The same path on other ports belongs to
//! other proxies, such as that of Cloud SQL (9091).
//!
//! ## Example
//!
//! ```yaml
//! command: ["sh", "-c", "./migrate && curl -X POST http://localhost:15020/quitquitquit"]
//! ```
//!
//! Write instead:
//!
//! ```yaml
//! command: ["sh", "-c", "./migrate"]
//! ```
//!
//! ## Fix
//!
//! Safe where the script ends with the same exit code as before: the call is the last command, behind `&&` or under
//! `set -e`, or a `trap … EXIT` of its own. Unsafe where other commands follow, or where the call hid a failure: a Job that
//! failed without anybody noticing now fails. None for calls in loops, conditions, functions, handlers, lists, environment
//! variables and `ConfigMap`s.
//!
//! A fix that is safe requires `sidecar.istio.io/nativeSidecar: "true"` in the pod template. Where only the given mesh makes
//! the proxy native, all fixes are unsafe; where the mesh is assumed, there is none.
//!
//! ## Source
//!
//! Native sidecars since Istio 1.20, the annotation since 1.24. The endpoint:
//! [pilot-agent](https://istio.io/latest/docs/reference/commands/pilot-agent/)

use crate::explain::Proxy;
use crate::lint::commands::{self, Call, Commands};
use crate::lint::context::{LintedObject, Pod};
use crate::lint::facts::{MountedConfigMap, mounted};
use crate::lint::finding::Findings;
use crate::lint::fix::Grade;
use crate::lint::node::Node;
use crate::lint::rule::{Check, Rule, Severity};
use crate::lint::shell::{Purpose, Text, Variables};

pub(super) static RULE: Rule = Rule {
    name: "quit-endpoint",
    severity: Severity::Warning,
    is_default: true,
    checks: &[Check::Pod { proxies: &[Proxy::Native], find }, Check::Object(in_config_map)],
    source: include_str!("quit_endpoint.rs"),
};

const MESSAGE: &str = "this ends the proxy through /quitquitquit, and kubelet restarts a native sidecar at once";
const HELP: &str = "delete the call: a native sidecar ends by itself after the last container";

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    for call in calls(pod) {
        let found = findings.add(call.id(), MESSAGE).help(HELP);
        call.complete(found, pod, Grade::Safe);
    }
}

/// The calls of a pod, whatever its proxy is.
pub(super) fn calls<'c>(pod: &Pod<'c>) -> Vec<Call<'c>> {
    let mut calls = commands::find(pod, Purpose::Quit);
    for Commands { container, variables, .. } in pod.commands() {
        for item in container.node.get("env").iter().flat_map(Node::items) {
            let Some(value) = item.get("value") else { continue };
            let part = value.text().and_then(|text| Text::plain(text).find(Purpose::Quit, variables));
            calls.extend(part.map(|part| Call::at(value, Some(part))));
        }
    }
    calls
}

/// Whether a `ConfigMap` that the pod mounts has a call.
pub(super) fn is_in_config_maps(pod: &Pod<'_>) -> bool {
    mounted(&pod.template).into_iter().any(|name| {
        let config_map = pod.known.facts.config_maps.get(&(pod.namespace.to_owned(), name.to_owned()));
        config_map.is_some_and(|MountedConfigMap { data, .. }| data.iter().any(|(key, text)| is_in_file(key, text)))
    })
}

fn in_config_map(object: &LintedObject<'_>, findings: &mut Findings<'_>) {
    if object.kind != "ConfigMap" || object.api_version != "v1" {
        return;
    }
    let name = (object.namespace.to_owned(), object.name.to_owned());
    if !object.known.facts.config_maps.get(&name).is_some_and(|config_map| config_map.is_native) {
        return;
    }
    for entry in object.node.get("data").iter().flat_map(Node::entries) {
        if let Some(part) = entry.value.text().and_then(|text| find_in_file(&entry.name, text)) {
            findings.add(entry.value.id(), MESSAGE).help(HELP).part(part);
        }
    }
}

fn is_in_file(name: &str, text: &str) -> bool {
    find_in_file(name, text).is_some()
}

fn find_in_file(name: &str, text: &str) -> Option<std::ops::Range<usize>> {
    Text::file(name, text)?.find(Purpose::Quit, &Variables::new())
}
