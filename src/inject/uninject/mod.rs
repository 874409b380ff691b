//! Stage: undoes an earlier injection, so that later stages see the original pod.
//!
//! istiod does this only for what its templates see: a second injection there loses overrides, and adds a second proxy if
//! the mode changes. This stage restores what the user wrote from the records of the earlier injection: the status
//! annotation lists what was added, the overrides annotation holds the user's settings, and the environment of the old
//! proxy holds the application's probes and Prometheus annotations.

mod original;
mod removal;

use std::collections::HashSet;

use gostd::strconv::parse_bool;
use serde_json::{Map, Value};

use super::overrides::{AUTO, Recorded};
use super::pod::{self, Group};
use super::probes;
use super::prometheus;
use crate::istio::Mesh;
use crate::istio::names::{annotation, container, env};
use crate::k8s::defaults::{Admission, settle_container};
use crate::k8s::quantity;

pub use original::{Uninjected, uninject};
pub use removal::{Removal, RemovalError, SidecarRemover};

/// Restores the pod from before an injection from the records. A pod without a readable status annotation is not
/// changed. `defaults`: the records include the API server's defaults, which the manifest may not have.
pub(super) fn earlier_injection(pod: &mut Value, mesh: &Mesh, defaults: Option<Admission<'_>>) {
    let status = pod::annotation(pod, annotation::STATUS).and_then(|text| serde_json::from_str::<Value>(text).ok());
    let Some(status @ Value::Object(_)) = status else { return };
    let names = |key: &str| -> Vec<&str> {
        pod::part(&status, key).as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    };
    // A later stage reports an unreadable record.
    let Ok(as_recorded) = Recorded::of(pod) else { return };
    let mut recorded = as_recorded.clone();

    // Read the records in the old proxy's environment before the proxy is removed.
    let old_proxy = Group::BOTH.into_iter().find_map(|group| {
        let listed = names(group.key()).contains(&container::PROXY);
        listed.then(|| pod::find(pod, group, container::PROXY)).flatten()
    });
    let recorded_in = |variable: &str| {
        let text = old_proxy.and_then(|proxy| pod::env_value(proxy, variable));
        text.and_then(|text| serde_json::from_str::<Value>(text).ok())
    };
    let (probers, scraping) = (recorded_in(env::KUBE_APP_PROBERS), recorded_in(env::PROMETHEUS_ANNOTATIONS));
    let old_ports = old_proxy.and_then(|proxy| pod::env_value(proxy, env::POD_PORTS)).map(str::to_owned);
    let had_proxy = old_proxy.is_some();
    let had_init = !pod::containers(pod, Group::InitContainers).is_empty();

    // Remove containers, volumes and pull secrets.
    for group in [Group::InitContainers, Group::Containers] {
        for name in names(group.key()) {
            remove_container(pod, group, name, &mut recorded, defaults);
        }
    }
    if let Some(old_ports) = old_ports {
        restore_position(pod, &old_ports);
    }
    for key in ["volumes", "imagePullSecrets"] {
        remove_named(pod, key, &names(key));
    }
    if had_init && pod::containers(pod, Group::InitContainers).is_empty() {
        remove_from_spec(pod, Group::InitContainers.key());
    }

    // Restore probes and Prometheus annotations.
    if had_proxy {
        let originals = probers.as_ref().and_then(Value::as_object);
        probes::restore(pod, originals, mesh.config.proxy_config.status_port());
    }
    let merged =
        pod::annotation(pod, annotation::PROMETHEUS_MERGE).and_then(|text| parse_bool(text).ok()) != Some(false);
    if had_proxy && merged {
        prometheus::restore(pod, scraping.as_ref(), mesh);
    }

    // Keep the overrides that came from the annotation.
    match recorded.to_text() {
        _ if recorded == as_recorded => {}
        Some(text) => pod::set_annotation(pod, annotation::OVERRIDES, text),
        None => pod::remove_annotation(pod, annotation::OVERRIDES),
    }
    pod::remove_annotation(pod, annotation::STATUS);
}

/// Removes an injected container, or replaces it by the user's own settings of it.
fn remove_container(
    pod: &mut Value,
    group: Group,
    name: &str,
    recorded: &mut Recorded,
    defaults: Option<Admission<'_>>,
) {
    let injected = pod::containers_mut(pod, group).and_then(|list| {
        let position = list.iter().position(|container| pod::name(container) == name)?;
        Some((position, list.remove(position)))
    });
    let from_annotation = recorded
        .group(group)
        .iter()
        .find(|own| pod::name(own) == name)
        .zip(injected.as_ref())
        .is_some_and(|(own, (_, injected))| was_given_by_annotation(own, injected));
    if from_annotation {
        // The settings stay in the annotation, with the image that the injection cleared.
        let own = recorded.group_mut(group).iter_mut().find(|own| pod::name(own) == name);
        own.into_iter().for_each(set_auto_image);
        return;
    }
    let Some(mut own) = recorded.take(group, name) else { return };
    if own.get("resources").and_then(Value::as_object).is_some_and(Map::is_empty)
        && let Some(own) = own.as_object_mut()
    {
        own.shift_remove("resources");
    }
    let is_proxy = name == container::PROXY;
    // Settings of a native proxy may come from either list. Only those with a restart policy are an init container's.
    let target = match group {
        Group::InitContainers if is_proxy && own.get("restartPolicy").is_none() => Group::Containers,
        group => group,
    };
    // The injection orders Istio's containers; others go back to their position.
    let is_istios = container::INJECTED.contains(&name);
    if is_istios {
        set_auto_image(&mut own);
    }
    if let (Some(own), Some(as_it_is)) = (own.as_object_mut(), injected.as_ref().and_then(|(_, c)| c.as_object())) {
        if let Some(admission) = defaults {
            settle_container(own, as_it_is, &[], admission);
        }
        keep_spelling(own, as_it_is);
    }
    if pod::find(pod, target, name).is_some() {
        return;
    }
    match (injected, pod::containers_mut(pod, target)) {
        (Some((position, _)), Some(list)) if !is_istios && position <= list.len() => list.insert(position, own),
        _ => pod::push_container(pod, target, own),
    }
}

/// Spells limits and requests as the injected container does: the record has them in canonical form.
fn keep_spelling(own: &mut Map<String, Value>, as_it_is: &Map<String, Value>) {
    let Some(own) = own.get_mut("resources").and_then(Value::as_object_mut) else { return };
    for (key, quantities) in own {
        let spelled = as_it_is.get("resources").map(|resources| pod::part(resources, key));
        let Some(spelled) = spelled.and_then(Value::as_object) else { continue };
        for (name, value) in quantities.as_object_mut().into_iter().flatten() {
            if let Some(text) = spelled.get(name).and_then(Value::as_str)
                && quantity::canonical_resource(text) == *value
            {
                *value = text.into();
            }
        }
    }
}

/// Moves the user's own proxy back to its position among the containers. The order of the ports in `old_ports`, the value of
/// `ISTIO_META_POD_PORTS`, shows it.
fn restore_position(pod: &mut Value, old_ports: &str) {
    let Ok(old) = serde_json::from_str::<Vec<Value>>(old_ports) else { return };
    let Some(containers) = pod::containers_mut(pod, Group::Containers) else { return };
    let Some(last) = containers.pop_if(|container| pod::name(container) == container::PROXY) else { return };
    let numbers = |ports: &[Value]| -> Vec<i64> {
        ports.iter().filter_map(|port| pod::part(port, "containerPort").as_i64()).collect()
    };
    let ports = |container: &Value| numbers(pod::part(container, "ports").as_array().map_or(&[], Vec::as_slice));
    let (old, own) = (numbers(&old), ports(&last));
    let mut others = Vec::new();
    // How many ports come before each position that the proxy can have.
    let mut places = vec![0];
    for container in containers.iter() {
        others.extend(ports(container));
        places.push(others.len());
    }
    let fits = |before: usize| {
        let Some((first, rest)) = old.split_at_checked(before) else { return false };
        let (above, below) = others.split_at(before.min(others.len()));
        first == above && rest.strip_prefix(&own[..]) == Some(below)
    };
    let place = places.iter().rposition(|before| fits(*before)).unwrap_or(containers.len());
    containers.insert(place, last);
}

/// Restores the image `auto`, which an injection drops from the settings.
fn set_auto_image(own: &mut Value) {
    if pod::text(own, "image").is_empty()
        && let Some(own) = own.as_object_mut()
    {
        own.insert("image".to_owned(), AUTO.into());
    }
}

/// Whether the user wrote the record into the annotation, instead of a container into the pod. The variables of such a record
/// come before the template's; those of a container come after.
fn was_given_by_annotation(own: &Value, injected: &Value) -> bool {
    let variables = |container: &Value| -> Vec<String> {
        let env = pod::part(container, "env").as_array();
        env.into_iter().flatten().map(|entry| pod::name(entry).to_owned()).collect()
    };
    let own = variables(own);
    variables(injected).first().is_some_and(|first| own.contains(first))
}

fn remove_named(pod: &mut Value, key: &str, names: &[&str]) {
    if names.is_empty() {
        return;
    }
    let list = pod.get_mut("spec").and_then(|spec| spec.get_mut(key)).and_then(Value::as_array_mut);
    let Some(list) = list else { return };
    let names: HashSet<&str> = names.iter().copied().collect();
    list.retain(|item| !names.contains(pod::name(item)));
    if list.is_empty() {
        remove_from_spec(pod, key);
    }
}

fn remove_from_spec(pod: &mut Value, key: &str) {
    if let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) {
        spec.shift_remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const STATUS: &str =
        r#"{"initContainers":["istio-init","istio-proxy"],"containers":null,"volumes":["istio-data"]}"#;

    fn mesh() -> Mesh {
        Mesh::install("1.30".parse().unwrap(), &Value::Null).unwrap()
    }

    #[test]
    fn injected_items_are_removed_and_the_users_own_restored() {
        let mut pod = json!({
            "metadata": {"annotations": {
                annotation::STATUS: STATUS,
                annotation::OVERRIDES: r#"{"initContainers":[{"name":"istio-proxy","resources":{}}]}"#
            }},
            "spec": {
                "initContainers": [{"name": "istio-init"}, {"name": "istio-proxy"}, {"name": "mine"}],
                "containers": [{"name": "app"}],
                "volumes": [{"name": "istio-data"}]
            }
        });
        earlier_injection(&mut pod, &mesh(), Some(Admission::default()));
        let expected = json!({"metadata": {}, "spec": {
            "initContainers": [{"name": "mine"}],
            "containers": [{"name": "app"}, {"name": "istio-proxy", "image": "auto"}]
        }});
        assert_eq!(pod, expected);
    }

    #[test]
    fn a_record_that_was_not_applied_is_kept() {
        let overrides = r#"{"containers":[{"name":"istio-proxy","tty":true}]}"#;
        let mut pod = json!({
            "metadata": {"annotations": {annotation::STATUS: STATUS, annotation::OVERRIDES: overrides}},
            "spec": {"initContainers": [{"name": "istio-proxy"}], "containers": [{"name": "app"}]}
        });
        earlier_injection(&mut pod, &mesh(), Some(Admission::default()));
        assert_eq!(pod["metadata"]["annotations"], json!({annotation::OVERRIDES: overrides}));
        assert_eq!(pod["spec"], json!({"containers": [{"name": "app"}]}));
    }

    #[test]
    fn the_record_restores_the_manifest() {
        // The record alone has defaults, and quantities in canonical form.
        let overrides = json!({"initContainers": [{"name": "istio-proxy",
            "resources": {"limits": {"cpu": "3"}, "requests": {"cpu": "3"}},
            "readinessProbe": {"exec": {"command": ["true"]}, "timeoutSeconds": 1, "periodSeconds": 10},
            "terminationMessagePath": "/dev/termination-log", "imagePullPolicy": "Always"}]});
        let mut pod = json!({
            "metadata": {"annotations": {annotation::STATUS: STATUS, annotation::OVERRIDES: overrides.to_string()}},
            "spec": {"initContainers": [{"name": "istio-proxy", "resources": {"limits": {"cpu": "3000m"}},
                "readinessProbe": {"exec": {"command": ["true"]}, "periodSeconds": 10}, "imagePullPolicy": "Always"}]}
        });
        earlier_injection(&mut pod, &mesh(), Some(Admission::default()));
        let own = json!({"name": "istio-proxy", "image": "auto", "resources": {"limits": {"cpu": "3000m"}},
            "readinessProbe": {"exec": {"command": ["true"]}, "periodSeconds": 10}, "imagePullPolicy": "Always"});
        assert_eq!(pod["spec"], json!({"containers": [own]}));
    }

    #[test]
    fn the_users_proxy_returns_to_its_position() {
        let app = |name: &str, port: u16| json!({"name": name, "ports": [{"containerPort": port}]});
        for (ports, place) in [([1, 2, 3], 0), ([2, 1, 3], 1), ([2, 3, 1], 2), ([7, 8, 9], 2)] {
            let mut containers = vec![app("a", 2), app("b", 3), app(container::PROXY, 1)];
            let old_ports: Value = ports.iter().map(|port| json!({"containerPort": port})).collect();
            let mut pod = json!({"spec": {"containers": containers}});
            restore_position(&mut pod, &old_ports.to_string());
            let proxy = containers.remove(2);
            containers.insert(place, proxy);
            assert_eq!(pod["spec"]["containers"], Value::Array(containers), "{ports:?}");
        }
    }

    #[test]
    fn an_unreadable_status_removes_nothing() {
        let pod = json!({"metadata": {"annotations": {annotation::STATUS: "injected"}},
            "spec": {"initContainers": [{"name": "istio-proxy"}]}});
        let mut stripped = pod.clone();
        earlier_injection(&mut stripped, &mesh(), Some(Admission::default()));
        assert_eq!(stripped, pod);
    }
}
