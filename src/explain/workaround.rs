//! How a Job with a regular proxy finishes all the same: its containers stop the proxy.

use std::fmt;

use serde_json::Value;

use crate::istio::names::container::PROXY;
use crate::k8s::{container_name, pod_containers};

/// A way to stop a regular proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workaround {
    /// A call of the agent's `/quitquitquit`.
    QuitEndpoint,
    /// A wrapper around the command, such as scuttle.
    Wrapper,
    /// A signal to the proxy's processes.
    Kill,
}

/// Programs that wrap a command and stop the proxy after it.
const WRAPPERS: [&str; 3] = ["scuttle", "envoy-preflight", "kubexit"];

/// The same endpoint of other proxies: Cloud SQL, plain Envoy and Consul.
const OTHER_PROXIES: [&str; 4] = [":9091/quitquitquit", "--quitquitquit", ":9901/quitquitquit", ":19000/quitquitquit"];

impl Workaround {
    /// The first workaround that the containers of a pod use.
    pub fn of(pod: &Value) -> Option<Self> {
        let lists = ["containers", "initContainers"];
        let containers = lists.into_iter().flat_map(|list| pod_containers(pod, list));
        let own = containers.filter(|container| container_name(container) != PROXY);
        own.flat_map(|container| ["command", "args", "lifecycle", "env"].map(|key| container.get(key)))
            .flatten()
            .find_map(Self::in_value)
    }

    fn in_value(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Self::in_text(text),
            Value::Array(items) => items.iter().find_map(Self::in_value),
            Value::Object(map) => map.values().find_map(Self::in_value),
            _ => None,
        }
    }

    fn in_text(text: &str) -> Option<Self> {
        let mut calls = text.match_indices("quitquitquit");
        let is_other = |(at, call): (usize, &str)| {
            let until = text.get(..at + call.len()).unwrap_or_default();
            OTHER_PROXIES.iter().any(|other| until.ends_with(other))
        };
        if calls.any(|call| !is_other(call)) {
            return Some(Self::QuitEndpoint);
        }
        let words = || text.split(|c: char| c.is_whitespace() || ";|&()'\"".contains(c));
        if words().any(|word| WRAPPERS.contains(&word.rsplit('/').next().unwrap_or(word))) {
            return Some(Self::Wrapper);
        }
        let is_kill = words().any(|word| matches!(word, "kill" | "pkill" | "killall"));
        (is_kill && (text.contains("pilot-agent") || text.contains("envoy"))).then_some(Self::Kill)
    }
}

impl fmt::Display for Workaround {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::QuitEndpoint => "calls /quitquitquit",
            Self::Wrapper => "wraps its command",
            Self::Kill => "kills the proxy",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(args: &str) -> Option<Workaround> {
        Workaround::of(&json!({"spec": {"containers": [{"name": "job", "args": ["-c", args]}]}}))
    }

    #[test]
    fn workarounds_are_found_in_commands() {
        assert_eq!(of("./run; curl -X POST localhost:15020/quitquitquit"), Some(Workaround::QuitEndpoint));
        assert_eq!(of("/usr/bin/scuttle ./run"), Some(Workaround::Wrapper));
        assert_eq!(of("./run && pkill -f pilot-agent"), Some(Workaround::Kill));
        assert_eq!(of("curl localhost:9091/quitquitquit"), None);
        assert_eq!(of("./run --envoy"), None);
        let proxy = json!({"spec": {"containers": [{"name": "istio-proxy", "args": ["quitquitquit"]}]}});
        assert_eq!(Workaround::of(&proxy), None);
    }
}
