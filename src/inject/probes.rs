//! Stage: probe rewriting. The kubelet cannot reach an application that accepts mutual TLS only. So its probes and
//! lifecycle handlers point at the agent, which runs the originals (`ISTIO_KUBE_APP_PROBERS`).

use gostd::strconv::parse_bool;
use serde_json::{Map, Value, json};

use super::pod::{self, ByName, Group};
use crate::istio::names::container::PROXY;
use crate::istio::names::{annotation, env};
use crate::istio::{Mesh, ReleaseChange};

/// Probes: the field, and the last part of the path at the agent.
pub const PROBES: [(&str, &str); 3] =
    [("readinessProbe", "readyz"), ("livenessProbe", "livez"), ("startupProbe", "startupz")];
/// The same for lifecycle handlers (istio 1.25).
const HANDLERS: [(&str, &str); 2] = [("preStop", "prestopz"), ("postStart", "poststartz")];

/// Points probes and lifecycle handlers at the agent, if the pod or the mesh requests it.
pub(super) fn rewrite(pod: &mut Value, mesh: &Mesh) {
    let asked = pod::annotation(pod, annotation::REWRITE_APP_HTTP_PROBERS).and_then(|text| parse_bool(text).ok());
    if !asked.unwrap_or(mesh.values.rewrite_app_http_probe) || pod::proxy(pod).is_none() {
        return;
    }
    let mesh_port = mesh.config.proxy_config.status_port();
    // Not trimmed, unlike in the template: " 15020 " counts as 0 here (measured).
    let port = pod::annotation(pod, annotation::STATUS_PORT).map_or(mesh_port, |port| port.parse().unwrap_or(0));
    let mut originals = Map::new();
    for group in [Group::InitContainers, Group::Containers] {
        for container in pod::containers_mut(pod, group).into_iter().flatten() {
            if pod::name(container) != PROXY {
                rewrite_container(container, mesh, port, mesh_port, &mut originals);
            }
        }
    }
    if !originals.is_empty() {
        originals.sort_keys();
        pass_to_agent(pod, originals);
    }
}

/// Adds the originals to the proxy's environment. A pod that counts as injected keeps the existing ones.
fn pass_to_agent(pod: &mut Value, mut originals: Map<String, Value>) {
    let counts_as_injected = pod::annotation(pod, annotation::STATUS).is_some();
    let Some(env) = pod::proxy_mut(pod).and_then(pod::env_mut) else { return };
    let existing = env.iter_mut().find(|entry| counts_as_injected && pod::name(entry) == env::KUBE_APP_PROBERS);
    if let Some(existing) = existing {
        if let Ok(earlier) = serde_json::from_str::<Map<String, Value>>(pod::text(existing, "value")) {
            originals.extend(earlier);
            originals.sort_keys();
        }
        if let Some(existing) = existing.as_object_mut() {
            existing.insert("value".to_owned(), gostd::json::marshal(&Value::Object(originals)).into());
        }
    } else {
        let text = gostd::json::marshal(&Value::Object(originals));
        env.push(json!({"name": env::KUBE_APP_PROBERS, "value": text}));
    }
}

fn rewrite_container(
    container: &mut Value,
    mesh: &Mesh,
    port: i64,
    mesh_port: i64,
    originals: &mut Map<String, Value>,
) {
    let has_probe = |(field, _): &(&str, &str)| container.get(field).is_some_and(Value::is_object);
    let has_lifecycle =
        mesh.release.has(ReleaseChange::LifecycleHandlers) && container.get("lifecycle").is_some_and(Value::is_object);
    if !has_lifecycle && !PROBES.iter().any(has_probe) {
        return;
    }
    let name = pod::name(container).to_owned();
    let ports = named_ports(container);
    let at_agent = Agent { port, mesh_port, ports };
    for (field, end) in PROBES {
        let path = format!("/app-health/{name}/{end}");
        if let Some(probe) = container.get_mut(field).and_then(Value::as_object_mut) {
            let timeout = probe.get("timeoutSeconds").filter(|timeout| timeout.as_i64() != Some(0)).cloned();
            if let Some(mut original) = at_agent.rewrite(probe, &path, true) {
                original.extend(timeout.map(|timeout| ("timeoutSeconds".to_owned(), timeout)));
                originals.insert(path, Value::Object(original));
            }
        }
    }
    if !has_lifecycle {
        return;
    }
    for (field, end) in HANDLERS {
        let path = format!("/app-lifecycle/{name}/{end}");
        let handler = container.get_mut("lifecycle").and_then(|lifecycle| lifecycle.get_mut(field));
        if let Some(handler) = handler.and_then(Value::as_object_mut)
            && let Some(original) = at_agent.rewrite(handler, &path, false)
        {
            originals.insert(path, Value::Object(original));
        }
    }
}

/// The ports of a container by name; the last of equal names comes first.
fn named_ports(container: &Value) -> Vec<(String, i64)> {
    let ports = pod::part(container, "ports").as_array();
    let mut named: Vec<_> = ports
        .into_iter()
        .flatten()
        .filter_map(|port| Some((pod::name(port).to_owned(), pod::part(port, "containerPort").as_i64()?)))
        .collect();
    named.reverse();
    named
}

/// Where rewritten handlers point to, and the ports that they may name.
struct Agent {
    port: i64,
    mesh_port: i64,
    ports: Vec<(String, i64)>,
}

impl Agent {
    /// Points a handler at the agent. Returns the original, unless its port is unknown or it already points there.
    fn rewrite(&self, handler: &mut Map<String, Value>, path: &str, with_grpc: bool) -> Option<Map<String, Value>> {
        let kinds: &[&str] = if with_grpc { &["httpGet", "tcpSocket", "grpc"] } else { &["httpGet", "tcpSocket"] };
        let kind = *kinds.iter().find(|kind| handler.get(**kind).is_some_and(Value::is_object))?;
        let original = self.original(kind, handler.get(kind)?);
        if kind == "httpGet" {
            if let Some(get) = handler.get_mut(kind).and_then(Value::as_object_mut) {
                get.insert("path".to_owned(), path.into());
                get.insert("port".to_owned(), self.port.into());
                if get.get("scheme").and_then(Value::as_str) == Some("HTTPS") {
                    get.insert("scheme".to_owned(), "HTTP".into());
                }
            }
        } else {
            replace(handler, kind, "httpGet", json!({"path": path, "port": self.port}));
        }
        original
    }

    fn original(&self, kind: &str, handler: &Value) -> Option<Map<String, Value>> {
        let filled = |field: &str| handler.get(field).filter(|value| crate::istio::value::truthy(Some(value)));
        let mut out = Map::new();
        let mut keep = |field: &str| {
            if let Some(value) = filled(field) {
                out.insert(field.to_owned(), value.clone());
            }
        };
        match kind {
            "grpc" => {
                out.insert("port".to_owned(), pod::part(handler, "port").clone());
                out.insert("service".to_owned(), pod::part(handler, "service").clone());
            }
            "tcpSocket" => {
                out.insert("port".to_owned(), self.port_number(handler)?.into());
                if let Some(host) = filled("host") {
                    out.insert("host".to_owned(), host.clone());
                }
            }
            _ => {
                keep("path");
                out.insert("port".to_owned(), self.port_number(handler)?.into());
                for field in ["host", "scheme", "httpHeaders"] {
                    if let Some(value) = filled(field) {
                        out.insert(field.to_owned(), value.clone());
                    }
                }
            }
        }
        Some(Map::from_iter([(kind.to_owned(), Value::Object(out))]))
    }

    /// The port of an original. A number that is the agent's own is never passed to it, so such a port had a name.
    fn original_port(&self, port: &Value) -> Value {
        let is_own = port.as_i64() == Some(self.mesh_port);
        let named = self.ports.iter().find(|(name, number)| is_own && *number == self.mesh_port && !name.is_empty());
        named.map_or_else(|| port.clone(), |(name, _)| name.as_str().into())
    }

    /// The number of a handler's port; `None` if its name is unknown or it is the agent's own.
    fn port_number(&self, handler: &Value) -> Option<i64> {
        match handler.get("port") {
            Some(Value::String(name)) => self.ports.iter().find(|(known, _)| known == name).map(|(_, port)| *port),
            port => port.and_then(Value::as_i64).or(Some(0)).filter(|port| *port != self.mesh_port),
        }
    }
}

/// Replaces a key, at its position.
fn replace(map: &mut Map<String, Value>, old: &str, new: &str, value: Value) {
    let mut value = Some(value);
    let entries = std::mem::take(map).into_iter();
    *map = entries
        .map(|(key, found)| match value.take_if(|_| key == old) {
            Some(value) => (new.to_owned(), value),
            None => (key, found),
        })
        .collect();
}

/// Restores the original handlers. A handler without a recorded original still points at the agent, at the mesh's port, by which
/// [`rewrite`] recognizes it.
pub(super) fn restore(pod: &mut Value, originals: Option<&Map<String, Value>>, mesh_port: i64) {
    for group in Group::BOTH {
        for container in pod::containers_mut(pod, group).into_iter().flatten() {
            let name = pod::name(container).to_owned();
            if name == PROXY {
                continue;
            }
            let at_agent = Agent { port: mesh_port, mesh_port, ports: named_ports(container) };
            for (field, end) in PROBES {
                let path = format!("/app-health/{name}/{end}");
                restore_handler(container.get_mut(field), &path, originals, &at_agent);
            }
            for (field, end) in HANDLERS {
                let path = format!("/app-lifecycle/{name}/{end}");
                let handler = container.get_mut("lifecycle").and_then(|lifecycle| lifecycle.get_mut(field));
                restore_handler(handler, &path, originals, &at_agent);
            }
        }
    }
}

fn restore_handler(handler: Option<&mut Value>, path: &str, originals: Option<&Map<String, Value>>, at_agent: &Agent) {
    let Some(handler) = handler.and_then(Value::as_object_mut) else { return };
    let Some(Value::Object(get)) = handler.get_mut("httpGet") else { return };
    if get.get("path").and_then(Value::as_str) != Some(path) {
        return;
    }
    let original = originals.and_then(|originals| originals.get(path)?.as_object());
    let original = original.and_then(|original| original.iter().find(|(_, fields)| fields.is_object()));
    let Some((kind, Value::Object(fields))) = original else {
        get.insert("port".to_owned(), at_agent.mesh_port.into());
        return;
    };
    let port = at_agent.original_port(fields.get("port").unwrap_or(&Value::Null));
    if kind == "httpGet" {
        // The other fields were not changed, and the scheme only if it was HTTPS.
        match fields.get("path") {
            Some(path) => drop(get.insert("path".to_owned(), path.clone())),
            None => drop(get.shift_remove("path")),
        }
        get.insert("port".to_owned(), port);
        if let Some(scheme) = fields.get("scheme").filter(|scheme| *scheme != "HTTP") {
            get.insert("scheme".to_owned(), scheme.clone());
        }
        return;
    }
    let mut value: Map<_, _> =
        fields.iter().filter(|(_, value)| !value.is_null()).map(|(k, v)| (k.clone(), v.clone())).collect();
    value.insert("port".to_owned(), port);
    let kind = kind.clone();
    replace(handler, "httpGet", &kind, Value::Object(value));
}

/// Takes the names of ports in probes and handlers from `other`, the same pod elsewhere: only their numbers are recorded.
pub(super) fn name_ports_as(pod: &mut Value, other: &Value) {
    let others = Group::BOTH.map(|group| ByName::new(pod::containers(other, group)));
    for group in Group::BOTH {
        for container in pod::containers_mut(pod, group).into_iter().flatten() {
            let Some(other) = others.iter().find_map(|others| others.get(pod::name(container))) else {
                continue;
            };
            let ports = named_ports(container);
            for (field, _) in PROBES {
                if let Some(probe) = container.get_mut(field) {
                    name_port_as(probe, pod::part(other, field), &ports);
                }
            }
            for (field, _) in HANDLERS {
                if let Some(handler) = container.get_mut("lifecycle").and_then(|lifecycle| lifecycle.get_mut(field)) {
                    name_port_as(handler, pod::part(pod::part(other, "lifecycle"), field), &ports);
                }
            }
        }
    }
}

fn name_port_as(handler: &mut Value, other: &Value, ports: &[(String, i64)]) {
    for kind in ["httpGet", "tcpSocket"] {
        let Some(name) = pod::part(pod::part(other, kind), "port").as_str() else { continue };
        let number = ports.iter().find(|(known, _)| known == name).map(|(_, number)| *number);
        if let Some(port) = handler.get_mut(kind).and_then(|handler| handler.get_mut("port"))
            && number.is_some_and(|number| *port == number)
        {
            *port = name.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rewrites a pod of one container and a proxy; returns the container and what is passed to the agent.
    fn rewritten(container: &Value, annotations: &Value) -> (Value, Option<String>) {
        let mesh = Mesh::install("1.30".parse().unwrap(), &Value::Null).unwrap();
        let mut pod = json!({
            "metadata": {"annotations": annotations},
            "spec": {"containers": [container, {"name": "istio-proxy", "livenessProbe": {"tcpSocket": {"port": 1}}}]}
        });
        rewrite(&mut pod, &mesh);
        let passed = pod::env_value(&pod["spec"]["containers"][1], env::KUBE_APP_PROBERS).map(str::to_owned);
        (pod["spec"]["containers"][0].clone(), passed)
    }

    #[test]
    fn every_kind_of_handler_is_pointed_at_the_agent() {
        let container = json!({
            "name": "app",
            "ports": [{"name": "web", "containerPort": 80}],
            "readinessProbe": {"httpGet": {"path": "/r?a=1&b", "port": "web", "scheme": "HTTPS"}, "timeoutSeconds": 2},
            "livenessProbe": {"periodSeconds": 5, "grpc": {"port": 90}},
            "startupProbe": {"exec": {"command": ["true"]}},
            "lifecycle": {"preStop": {"tcpSocket": {"port": 81, "host": "h"}}}
        });
        let (container, passed) = rewritten(&container, &json!({}));
        assert_eq!(
            container["readinessProbe"],
            json!({"httpGet": {"path": "/app-health/app/readyz", "port": 15020, "scheme": "HTTP"}, "timeoutSeconds": 2})
        );
        assert_eq!(
            container["livenessProbe"],
            json!({"periodSeconds": 5, "httpGet": {"path": "/app-health/app/livez", "port": 15020}})
        );
        assert_eq!(container["startupProbe"], json!({"exec": {"command": ["true"]}}));
        assert_eq!(container["lifecycle"]["preStop"]["httpGet"]["path"], "/app-lifecycle/app/prestopz");
        assert_eq!(
            passed.unwrap(),
            "{\"/app-health/app/livez\":{\"grpc\":{\"port\":90,\"service\":null}},\
             \"/app-health/app/readyz\":{\"httpGet\":{\"path\":\"/r?a=1\\u0026b\",\"port\":80,\"scheme\":\"HTTPS\"},\
             \"timeoutSeconds\":2},\"/app-lifecycle/app/prestopz\":{\"tcpSocket\":{\"port\":81,\"host\":\"h\"}}}"
        );
    }

    #[test]
    fn probes_whose_port_is_unknown_are_rewritten_too() {
        for port in [json!("unknown"), json!(15020)] {
            let container = json!({"name": "app", "livenessProbe": {"httpGet": {"port": port}}});
            let (container, passed) = rewritten(&container, &json!({annotation::STATUS_PORT: "15999"}));
            assert_eq!(container["livenessProbe"]["httpGet"], json!({"port": 15999, "path": "/app-health/app/livez"}));
            assert_eq!(passed, None);
        }
    }

    #[test]
    fn an_annotation_turns_it_off_and_nonsense_does_not() {
        let container = json!({"name": "app", "livenessProbe": {"tcpSocket": {"port": 1}}});
        let off = rewritten(&container, &json!({annotation::REWRITE_APP_HTTP_PROBERS: "false"}));
        assert_eq!(off, (container.clone(), None));
        assert!(rewritten(&container, &json!({annotation::REWRITE_APP_HTTP_PROBERS: "nonsense"})).1.is_some());
    }

    #[test]
    fn equal_ports_keep_their_names() {
        let ports = json!([{"name": "http", "containerPort": 80}]);
        let pod = |port: Value| {
            json!({"spec": {"containers": [{"name": "app", "ports": ports,
            "livenessProbe": {"httpGet": {"port": port}}, "lifecycle": {"preStop": {"tcpSocket": {"port": port}}}}]}})
        };
        for (number, named) in [(80, json!("http")), (81, json!(81))] {
            let mut restored = pod(number.into());
            name_ports_as(&mut restored, &pod("http".into()));
            assert_eq!(restored, pod(named));
        }
    }

    #[test]
    fn restoring_undoes_rewriting() {
        let container = json!({
            "name": "app",
            "ports": [{"name": "status", "containerPort": 15020}],
            "readinessProbe": {"httpGet": {"path": "/r", "port": "status", "scheme": "HTTPS", "host": ""}, "timeoutSeconds": 2},
            "livenessProbe": {"grpc": {"port": 90}},
            "startupProbe": {"httpGet": {"path": "/s", "port": 80, "unknown": 1}},
            "lifecycle": {"preStop": {"tcpSocket": {"port": 81}}}
        });
        let (changed, passed) = rewritten(&container, &json!({}));
        let mut pod = json!({"spec": {"containers": [changed]}});
        restore(&mut pod, Some(&serde_json::from_str(&passed.unwrap()).unwrap()), 15020);
        assert_eq!(pod["spec"]["containers"][0], container);
    }
}
