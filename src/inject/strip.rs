//! Stage: takes out what an earlier injection added, so that the rest works as on a pod never injected.
//!
//! istiod does this only for what its templates see, and so a second injection there loses overrides and doubles the
//! proxy when the mode changes. Here the records of the earlier injection give back what the user wrote: the status
//! annotation names what was added, the overrides annotation holds what was the user's, and the old proxy's environment
//! holds the application's probes and Prometheus annotations.

use serde_json::{Map, Value};

use super::go_bool;
use super::overrides::{AUTO, Recorded};
use super::pod::{self, Group};
use super::probes;
use super::prometheus;
use crate::istio::Mesh;
use crate::istio::names::{annotation, container, env};

/// Restores the pod of before an injection, as far as its records tell. A pod without a readable status annotation stays
/// as it is.
pub(super) fn earlier_injection(pod: &mut Value, mesh: &Mesh) {
    let status = pod::annotation(pod, annotation::STATUS).and_then(|text| serde_json::from_str::<Value>(text).ok());
    let Some(status @ Value::Object(_)) = status else { return };
    let names = |key: &str| -> Vec<&str> {
        pod::part(&status, key).as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    };
    // An unreadable record is for a later stage to refuse; nothing is taken out then.
    let Ok(mut recorded) = Recorded::of(pod) else { return };

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
    let had_proxy = old_proxy.is_some();
    for group in [Group::InitContainers, Group::Containers] {
        for name in names(group.key()) {
            take_out_container(pod, group, name, &mut recorded);
        }
    }
    for key in ["volumes", "imagePullSecrets"] {
        take_out_named(pod, key, &names(key));
    }
    if pod::containers(pod, Group::InitContainers).is_empty() {
        remove_from_spec(pod, Group::InitContainers.key());
    }
    if had_proxy {
        let originals = probers.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
        probes::restore(pod, &originals, mesh.config.proxy_config.status_port());
    }
    let merged = pod::annotation(pod, annotation::PROMETHEUS_MERGE).and_then(go_bool) != Some(false);
    if had_proxy && merged {
        prometheus::restore(pod, scraping.as_ref(), mesh);
    }
    match recorded.to_text() {
        Some(text) => pod::set_annotation(pod, annotation::OVERRIDES, text),
        None => pod::remove_annotation(pod, annotation::OVERRIDES),
    }
    pod::remove_annotation(pod, annotation::STATUS);
}

/// Takes an injected container out, or puts what the user had written in its place.
fn take_out_container(pod: &mut Value, group: Group, name: &str, recorded: &mut Recorded) {
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
    if pod::find(pod, target, name).is_some() {
        return;
    }
    match (injected, pod::containers_mut(pod, target)) {
        (Some((position, _)), Some(list)) if !is_istios && position <= list.len() => list.insert(position, own),
        _ => pod::push_container(pod, target, own),
    }
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
        earlier_injection(&mut pod, &mesh());
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
        earlier_injection(&mut pod, &mesh());
        assert_eq!(pod["metadata"]["annotations"], json!({annotation::OVERRIDES: overrides}));
        assert_eq!(pod["spec"], json!({"containers": [{"name": "app"}]}));
    }

    #[test]
    fn an_unreadable_status_takes_nothing_out() {
        let pod = json!({"metadata": {"annotations": {annotation::STATUS: "injected"}},
            "spec": {"initContainers": [{"name": "istio-proxy"}]}});
        let mut stripped = pod.clone();
        earlier_injection(&mut stripped, &mesh());
        assert_eq!(stripped, pod);
    }
}
