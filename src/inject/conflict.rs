//! Why the API server will reject an injected pod: templates, annotations and overrides can combine fields that exclude each
//! other, and a pod whose only container becomes a native sidecar has none left. One pass over the result.
//!
//! Source: Kubernetes' API validation of a `PodSpec` (1.33).

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;

use serde_json::Value;
use smallvec::SmallVec;

use super::pod::{self, Group, part, text};
use crate::k8s::defaults::is_volume_source;
use crate::k8s::quantity::compare_resources;

/// One reason why the API server rejects a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// There is no container under `containers`.
    NoContainers,
    /// Two containers have one name.
    Containers {
        /// The name.
        name: String,
        /// The list of each.
        groups: [Group; 2],
    },
    /// Two volumes have one name.
    Volumes {
        /// The name.
        name: String,
    },
    /// A volume has two sources.
    Sources {
        /// The volume's name.
        volume: String,
        /// Two of them.
        sources: [String; 2],
    },
    /// A probe or lifecycle hook has two handlers.
    Handlers {
        /// The container's name.
        container: String,
        /// The probe or hook, such as `readinessProbe` or `preStop`.
        place: &'static str,
        /// Two of them.
        handlers: [&'static str; 2],
    },
    /// A container mounts two volumes at one path.
    MountPaths {
        /// The container's name.
        container: String,
        /// The path.
        path: String,
    },
    /// A variable has both `value` and `valueFrom`.
    ValueAndSource {
        /// The container's name.
        container: String,
        /// The variable's name.
        variable: String,
    },
    /// A container requests more of a resource than its limit.
    RequestAboveLimit {
        /// The container's name.
        container: String,
        /// Such as `cpu`.
        resource: String,
        /// The request, as written.
        request: String,
        /// The limit, as written.
        limit: String,
    },
}

impl Conflict {
    /// The stable name of the reason.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoContainers => "no-containers",
            Self::Containers { .. } => "duplicate-container",
            Self::Volumes { .. } => "duplicate-volume",
            Self::Sources { .. } => "two-volume-sources",
            Self::Handlers { .. } => "two-handlers",
            Self::MountPaths { .. } => "duplicate-mount-path",
            Self::ValueAndSource { .. } => "value-and-value-from",
            Self::RequestAboveLimit { .. } => "request-above-limit",
        }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoContainers => f.write_str("no container is left under containers (at least one is required)"),
            Self::Containers { name, groups: [first, second] } if first == second => {
                write!(f, "two containers are named {name} (both in {})", first.key())
            }
            Self::Containers { name, groups: [first, second] } => {
                write!(f, "two containers are named {name} ({} and {})", first.key(), second.key())
            }
            Self::Volumes { name } => write!(f, "two volumes are named {name}"),
            Self::Sources { volume, sources: [first, second] } => {
                write!(f, "volume {volume} has two sources ({first} and {second})")
            }
            Self::Handlers { container, place, handlers: [first, second] } => {
                write!(f, "the {place} of container {container} has two handlers ({first} and {second})")
            }
            Self::MountPaths { container, path } => {
                write!(f, "container {container} has two mounts at {path}")
            }
            Self::ValueAndSource { container, variable } => {
                write!(f, "variable {variable} of container {container} has both value and valueFrom")
            }
            Self::RequestAboveLimit { container, resource, request, limit } => {
                write!(f, "the {resource} request of container {container} exceeds its limit ({request} > {limit})")
            }
        }
    }
}

const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];
const HOOKS: [&str; 2] = ["postStart", "preStop"];
const HANDLERS: [&str; 5] = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];

/// All conflicts in a pod.
pub(super) fn of(pod: &Value) -> Vec<Conflict> {
    let mut found = Vec::new();
    if pod::containers(pod, Group::Containers).is_empty() {
        found.push(Conflict::NoContainers);
    }
    let containers = || {
        [Group::InitContainers, Group::Containers]
            .into_iter()
            .flat_map(|group| pod::containers(pod, group).iter().map(move |container| (group, container)))
    };
    let names_used_twice = twice(containers().map(|(_, container)| pod::name(container)));
    if !names_used_twice.is_empty() {
        let mut groups = HashMap::<_, Vec<_>>::new();
        for (group, container) in containers() {
            groups.entry(pod::name(container)).or_default().push(group);
        }
        for name in names_used_twice {
            if let Some(&[first, second, ..]) = groups.get(name).map(Vec::as_slice) {
                found.push(Conflict::Containers { name: name.to_owned(), groups: [first, second] });
            }
        }
    }
    for (_, container) in containers() {
        in_container(container, &mut found);
    }
    let volumes = || items(part(pod, "spec"), "volumes");
    found.extend(twice(volumes().map(pod::name)).into_iter().map(|name| Conflict::Volumes { name: name.to_owned() }));
    for volume in volumes() {
        let is_source = |(key, source): &(&String, &Value)| source.is_object() && is_volume_source(key);
        let mut sources = volume.as_object().into_iter().flatten().filter(is_source);
        if let (Some((first, _)), Some((second, _))) = (sources.next(), sources.next()) {
            let volume = pod::name(volume).to_owned();
            found.push(Conflict::Sources { volume, sources: [first.clone(), second.clone()] });
        }
    }
    found
}

fn in_container(container: &Value, found: &mut Vec<Conflict>) {
    let name = || pod::name(container).to_owned();
    let probes = PROBES.map(|probe| (probe, part(container, probe)));
    let hooks = HOOKS.map(|hook| (hook, part(part(container, "lifecycle"), hook)));
    for (place, at) in probes.into_iter().chain(hooks) {
        let mut handlers = HANDLERS.into_iter().filter(|handler| !part(at, handler).is_null());
        if let (Some(first), Some(second)) = (handlers.next(), handlers.next()) {
            found.push(Conflict::Handlers { container: name(), place, handlers: [first, second] });
        }
    }
    for path in twice(items(container, "volumeMounts").map(|mount| text(mount, "mountPath"))) {
        found.push(Conflict::MountPaths { container: name(), path: path.to_owned() });
    }
    for variable in items(container, "env") {
        if !text(variable, "value").is_empty() && !part(variable, "valueFrom").is_null() {
            found.push(Conflict::ValueAndSource { container: name(), variable: pod::name(variable).to_owned() });
        }
    }
    let resources = part(container, "resources");
    for (resource, limit) in part(resources, "limits").as_object().into_iter().flatten() {
        let (Some(request), Some(limit)) = (quantity(part(part(resources, "requests"), resource)), quantity(limit))
        else {
            continue;
        };
        if compare_resources(&request, &limit) == Some(Ordering::Greater) {
            let (resource, request, limit) = (resource.clone(), request.into_owned(), limit.into_owned());
            found.push(Conflict::RequestAboveLimit { container: name(), resource, request, limit });
        }
    }
}

/// A quantity as written; manifests may write it as a number.
fn quantity(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        _ => None,
    }
}

fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    part(value, key).as_array().into_iter().flatten()
}

/// The texts that occur more than once, without repetition.
fn twice<'a>(texts: impl Iterator<Item = &'a str>) -> SmallVec<[&'a str; 1]> {
    let mut sorted: SmallVec<[&str; 32]> = texts.filter(|text| !text.is_empty()).collect();
    sorted.sort_unstable();
    let mut found = SmallVec::new();
    for pair in sorted.windows(2) {
        if let [first, second] = pair
            && first == second
            && found.last() != Some(first)
        {
            found.push(*first);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inject::tests::assert_codes;
    use serde_json::json;

    #[test]
    fn conflicts_have_documented_codes() {
        let text = String::new;
        assert_codes(&[
            Conflict::NoContainers.code(),
            Conflict::Containers { name: text(), groups: Group::BOTH }.code(),
            Conflict::Volumes { name: text() }.code(),
            Conflict::Sources { volume: text(), sources: [text(), text()] }.code(),
            Conflict::Handlers { container: text(), place: "", handlers: ["", ""] }.code(),
            Conflict::MountPaths { container: text(), path: text() }.code(),
            Conflict::ValueAndSource { container: text(), variable: text() }.code(),
            Conflict::RequestAboveLimit { container: text(), resource: text(), request: text(), limit: text() }.code(),
        ]);
    }

    /// The conflicts of a pod with this spec, except missing containers.
    fn texts(spec: &Value) -> Vec<String> {
        let found = of(&json!({"spec": spec}));
        found.iter().filter(|conflict| **conflict != Conflict::NoContainers).map(ToString::to_string).collect()
    }

    #[test]
    fn a_pod_has_a_container_besides_native_sidecars() {
        let sidecar = json!([{"name": "istio-proxy", "restartPolicy": "Always"}]);
        for spec in [json!({"initContainers": sidecar}), json!({"initContainers": sidecar, "containers": []})] {
            assert_eq!(of(&json!({"spec": spec})), [Conflict::NoContainers], "{spec}");
        }
        assert_eq!(of(&json!({"spec": {"containers": sidecar}})), []);
    }

    #[test]
    fn requests_do_not_exceed_limits() {
        let with = |name: &str, limits: Value, requests: Value| json!({"name": name, "resources": {"limits": limits, "requests": requests}});
        let spec = json!({
            "initContainers": [with("istio-proxy", json!({"cpu": 1, "memory": "1Gi"}), json!({"cpu": "3", "memory": "2G"}))],
            "containers": [
                with("same", json!({"cpu": "1000m", "memory": "1Gi"}), json!({"cpu": 1, "memory": "1024Mi"})),
                with("one", json!({"cpu": "1"}), json!({"memory": "1Gi"})),
                with("odd", json!({"cpu": "much"}), json!({"cpu": "2"}))
            ]
        });
        assert_eq!(
            texts(&spec),
            [
                "the cpu request of container istio-proxy exceeds its limit (3 > 1)",
                "the memory request of container istio-proxy exceeds its limit (2G > 1Gi)"
            ]
        );
    }

    #[test]
    fn names_are_unique_in_a_pod() {
        let named = |name: &str| json!({"name": name});
        let containers = json!({"initContainers": [named("proxy"), named("init")], "containers": [named("proxy")]});
        assert_eq!(texts(&containers), ["two containers are named proxy (initContainers and containers)"]);
        let three = json!({"containers": [named("b"), named("a"), named("b"), named("b")]});
        assert_eq!(texts(&three), ["two containers are named b (both in containers)"]);
        let volumes = json!({"volumes": [{"name": "v", "emptyDir": {}}, {"name": "w"}, {"name": "v"}]});
        assert_eq!(texts(&volumes), ["two volumes are named v"]);
    }

    #[test]
    fn a_volume_has_one_source() {
        let volumes = json!({"volumes": [
            {"name": "v", "emptyDir": {}, "configMap": {"name": "c"}},
            {"name": "w", "emptyDir": null, "secret": {"secretName": "s"}}
        ]});
        assert_eq!(texts(&volumes), ["volume v has two sources (emptyDir and configMap)"]);
    }

    #[test]
    fn a_probe_or_hook_has_one_handler() {
        let exec = json!({"command": ["true"]});
        let container = json!({
            "name": "app",
            "readinessProbe": {"exec": exec, "httpGet": {"port": 80}, "periodSeconds": 1},
            "livenessProbe": {"exec": exec, "httpGet": null},
            "lifecycle": {"preStop": {"sleep": {"seconds": 1}, "exec": exec}, "postStart": {"exec": exec}}
        });
        assert_eq!(
            texts(&json!({"containers": [container]})),
            [
                "the readinessProbe of container app has two handlers (exec and httpGet)",
                "the preStop of container app has two handlers (exec and sleep)"
            ]
        );
    }

    #[test]
    fn a_mount_path_is_used_once_and_a_variable_has_one_value() {
        let from = json!({"fieldRef": {"fieldPath": "metadata.name"}});
        let container = json!({
            "name": "app",
            "volumeMounts": [{"name": "a", "mountPath": "/etc/x"}, {"name": "b", "mountPath": "/etc/x"}, {"name": "c"}],
            "env": [
                {"name": "A", "value": "1", "valueFrom": from},
                {"name": "B", "value": "", "valueFrom": from},
                {"name": "B", "value": "twice is fine"}
            ]
        });
        assert_eq!(
            texts(&json!({"initContainers": [container]})),
            ["container app has two mounts at /etc/x", "variable A of container app has both value and valueFrom"]
        );
    }
}
