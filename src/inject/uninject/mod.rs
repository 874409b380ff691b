//! Stage: takes out what an earlier injection added, so that the rest works as on a pod never injected.
//!
//! istiod does this only for what its templates see, and so a second injection there loses overrides and doubles the
//! proxy when the mode changes. Here the records of the earlier injection give back what the user wrote: the status
//! annotation names what was added, the overrides annotation holds what was the user's, and the old proxy's environment
//! holds the application's probes and Prometheus annotations.

mod original;

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

/// Restores the pod of before an injection, as far as its records tell. A pod without a readable status annotation stays
/// as it is. `defaults`: the records have the API server's defaults, which the manifest may not show.
pub(super) fn earlier_injection(pod: &mut Value, mesh: &Mesh, defaults: Option<Admission<'_>>) {
    let status = pod::annotation(pod, annotation::STATUS).and_then(|text| serde_json::from_str::<Value>(text).ok());
    let Some(status @ Value::Object(_)) = status else { return };
    let names = |key: &str| -> Vec<&str> {
        pod::part(&status, key).as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    };
    // An unreadable record is for a later stage to refuse; nothing is taken out then.
    let Ok(as_recorded) = Recorded::of(pod) else { return };
    let mut recorded = as_recorded.clone();

    // What the old proxy was told; it goes with the proxy.
    let old_proxy = Group::BOTH.into_iter().find_map(|group| {
        let listed = names(group.key()).contains(&container::PROXY);
        listed.then(|| pod::find(pod, group, container::PROXY)).flatten()
    });
    let told = |variable: &str| {
        let text = old_proxy.and_then(|proxy| pod::env_value(proxy, variable));
        text.and_then(|text| serde_json::from_str::<Value>(text).ok())
    };
    let (probers, scraping) = (told(env::KUBE_APP_PROBERS), told(env::PROMETHEUS_ANNOTATIONS));
    let old_ports = old_proxy.and_then(|proxy| pod::env_value(proxy, env::POD_PORTS)).map(str::to_owned);
    let had_proxy = old_proxy.is_some();
    let had_init = !pod::containers(pod, Group::InitContainers).is_empty();
    for group in [Group::InitContainers, Group::Containers] {
        for name in names(group.key()) {
            take_out_container(pod, group, name, &mut recorded, defaults);
        }
    }
    if let Some(old_ports) = old_ports {
        put_proxy_in_its_place(pod, &old_ports);
    }
    for key in ["volumes", "imagePullSecrets"] {
        take_out_named(pod, key, &names(key));
    }
    if had_init && pod::containers(pod, Group::InitContainers).is_empty() {
        remove_from_spec(pod, Group::InitContainers.key());
    }
    if had_proxy {
        let originals = probers.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
        probes::restore(pod, &originals, mesh.config.proxy_config.status_port());
    }
    let merged =
        pod::annotation(pod, annotation::PROMETHEUS_MERGE).and_then(|text| parse_bool(text).ok()) != Some(false);
    if had_proxy && merged {
        prometheus::restore(pod, scraping.as_ref(), mesh);
    }
    match recorded.to_text() {
        _ if recorded == as_recorded => {}
        Some(text) => pod::set_annotation(pod, annotation::OVERRIDES, text),
        None => pod::remove_annotation(pod, annotation::OVERRIDES),
    }
    pod::remove_annotation(pod, annotation::STATUS);
}

/// Takes an injected container out, or puts what the user had written in its place.
fn take_out_container(
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
        // It stays in the annotation, with the image that the injection cleared.
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
    // A native proxy's settings may come from either list; only in the init containers' does a restart policy make sense.
    let target = match group {
        Group::InitContainers if is_proxy && own.get("restartPolicy").is_none() => Group::Containers,
        group => group,
    };
    // Containers of Istio's own are put into their place by the injection; others go back to theirs.
    let is_istios = [container::PROXY, container::INIT, container::VALIDATION].contains(&name);
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

/// Spells limits and requests as the container has them: the record has Kubernetes' own form.
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

/// Moves the user's own proxy to where it was among the containers: its ports are listed there in `old_ports`, the value of
/// `ISTIO_META_POD_PORTS` that the injection had made.
fn put_proxy_in_its_place(pod: &mut Value, old_ports: &str) {
    let Ok(old) = serde_json::from_str::<Vec<Value>>(old_ports) else { return };
    let Some(containers) = pod::containers_mut(pod, Group::Containers) else { return };
    let Some(last) = containers.pop_if(|container| pod::name(container) == container::PROXY) else { return };
    let numbers = |ports: &[Value]| -> Vec<i64> {
        ports.iter().filter_map(|port| pod::part(port, "containerPort").as_i64()).collect()
    };
    let ports = |container: &Value| numbers(pod::part(container, "ports").as_array().map_or(&[], Vec::as_slice));
    let (old, own) = (numbers(&old), ports(&last));
    let mut others = Vec::new();
    // How many ports stand before each place that the proxy can have.
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

/// Puts back the image that an injection takes out of a user's settings, unless they have one.
fn set_auto_image(own: &mut Value) {
    if pod::text(own, "image").is_empty()
        && let Some(own) = own.as_object_mut()
    {
        own.insert("image".to_owned(), AUTO.into());
    }
}

/// Was the record in the pod's annotation from the start, rather than made from a container of the pod's? Then the
/// container's variables come before the template's; those of a pod's own container come after.
fn was_given_by_annotation(own: &Value, injected: &Value) -> bool {
    let variables = |container: &Value| -> Vec<String> {
        let env = pod::part(container, "env").as_array();
        env.into_iter().flatten().map(|entry| pod::name(entry).to_owned()).collect()
    };
    let own = variables(own);
    variables(injected).first().is_some_and(|first| own.contains(first))
}

fn take_out_named(pod: &mut Value, key: &str, names: &[&str]) {
    if names.is_empty() {
        return;
    }
    let list = pod.get_mut("spec").and_then(|spec| spec.get_mut(key)).and_then(Value::as_array_mut);
    let Some(list) = list else { return };
    list.retain(|item| !names.contains(&pod::name(item)));
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
    fn what_the_status_names_goes_and_the_users_own_comes_back() {
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
    fn a_record_that_was_not_applied_stays() {
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
    fn the_record_gives_back_what_the_manifest_shows() {
        // Kubernetes' defaults, and quantities in its own form, are in the record alone.
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
    fn the_users_proxy_comes_back_to_its_place() {
        let app = |name: &str, port: u16| json!({"name": name, "ports": [{"containerPort": port}]});
        for (ports, place) in [([1, 2, 3], 0), ([2, 1, 3], 1), ([2, 3, 1], 2), ([7, 8, 9], 2)] {
            let mut containers = vec![app("a", 2), app("b", 3), app(container::PROXY, 1)];
            let told: Value = ports.iter().map(|port| json!({"containerPort": port})).collect();
            let mut pod = json!({"spec": {"containers": containers}});
            put_proxy_in_its_place(&mut pod, &told.to_string());
            let proxy = containers.remove(2);
            containers.insert(place, proxy);
            assert_eq!(pod["spec"]["containers"], Value::Array(containers), "{ports:?}");
        }
    }

    #[test]
    fn an_unreadable_status_takes_nothing_out() {
        let pod = json!({"metadata": {"annotations": {annotation::STATUS: "injected"}},
            "spec": {"initContainers": [{"name": "istio-proxy"}]}});
        let mut stripped = pod.clone();
        earlier_injection(&mut stripped, &mesh(), Some(Admission::default()));
        assert_eq!(stripped, pod);
    }
}
