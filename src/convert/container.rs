//! The containers of a pod template.

use serde_json::Value;

use crate::k8s::{container_name, is_native_sidecar, pod_containers};

/// A list of containers in the spec of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// `containers`.
    Apps,
    /// `initContainers`.
    Init,
}

impl List {
    /// The key of the list in the pod spec.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Apps => "containers",
            Self::Init => "initContainers",
        }
    }
}

/// A container.
#[derive(Clone, Copy, Debug)]
pub(super) struct Container<'p> {
    pub(super) name: &'p str,
    value: &'p Value,
}

/// The containers of a list. Items that are not containers have an empty name.
pub(super) fn containers(pod: &Value, list: List) -> Vec<Container<'_>> {
    let container = |value| Container { name: container_name(value), value };
    pod_containers(pod, list.key()).map(container).collect()
}

impl<'p> Container<'p> {
    /// A field; none if it is absent or null.
    pub(super) fn get(&self, key: &str) -> Option<&'p Value> {
        self.value.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn image(&self) -> Option<&'p str> {
        self.get("image")?.as_str().filter(|image| !image.is_empty())
    }

    /// Whether an init container is a native sidecar.
    pub(super) fn is_native(&self) -> bool {
        is_native_sidecar(self.value)
    }

    /// The items of a list in it.
    pub(super) fn items(&self, key: &str) -> impl Iterator<Item = &'p Value> + use<'p> {
        self.get(key).and_then(Value::as_array).into_iter().flatten()
    }

    /// A handler of its `lifecycle`.
    pub(super) fn handler(&self, name: &str) -> Option<&'p Value> {
        self.get("lifecycle")?.get(name).filter(|handler| !handler.is_null())
    }

    /// The texts of what it runs: `command`, `args`, the handlers, and the values of its environment.
    pub(super) fn texts(&self) -> Vec<&'p str> {
        let mut texts = Vec::new();
        for key in ["command", "args", "lifecycle", "env"] {
            collect_texts(self.get(key), &mut texts);
        }
        texts
    }

    /// The mount of a volume.
    pub(super) fn mount(&self, volume: &str) -> Option<&'p Value> {
        self.items("volumeMounts").find(|mount| mount.get("name").and_then(Value::as_str) == Some(volume))
    }

    /// Whether it declares this port. Named ports are looked up by their name.
    pub(super) fn has_port(&self, port: &Value) -> bool {
        let key = if port.is_string() { "name" } else { "containerPort" };
        self.items("ports").any(|declared| declared.get(key) == Some(port))
    }
}

/// The port of the pod that a probe connects to; none if it runs a command or connects to another host.
pub(super) fn probed_port(probe: &Value) -> Option<&Value> {
    let handler = ["httpGet", "tcpSocket", "grpc"].iter().find_map(|handler| probe.get(handler)?.as_object())?;
    let is_elsewhere = handler.get("host").and_then(Value::as_str).is_some_and(|host| !host.is_empty());
    handler.get("port").filter(|_| !is_elsewhere)
}

fn collect_texts<'p>(value: Option<&'p Value>, texts: &mut Vec<&'p str>) {
    match value {
        Some(Value::String(text)) => texts.push(text),
        Some(Value::Array(items)) => items.iter().for_each(|item| collect_texts(Some(item), texts)),
        Some(Value::Object(map)) => map.values().for_each(|value| collect_texts(Some(value), texts)),
        _ => {}
    }
}
