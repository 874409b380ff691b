//! Stage: `OpenShift`, where annotations of a namespace assign users and groups to its pods.

use std::collections::BTreeMap;

use serde_json::Value;

use super::pod::{self, Group, part};
use super::template_data::ProxyIds;
use super::workload::Workload;
use crate::istio::names::container::PROXY;
use crate::istio::names::{env, namespace};
use crate::istio::{Mesh, ReleaseChange};

/// Whether istiod runs on `OpenShift`.
pub(super) fn is_platform(mesh: &Mesh) -> bool {
    mesh.env.get(env::PLATFORM).is_some_and(|platform| platform == "openshift")
}

/// The user and group of the proxy: the last of the namespace's range, or fixed ones elsewhere.
pub(super) fn proxy_ids(workload: &Workload, mesh: &Mesh) -> ProxyIds {
    let annotations = workload.namespace_annotations.as_ref().filter(|_| is_platform(mesh));
    annotations.and_then(last_of_range).unwrap_or(ProxyIds::ISTIO)
}

/// Whether the range of the namespace is needed but not known.
pub(super) fn lacks_range(workload: &Workload, mesh: &Mesh) -> bool {
    is_platform(mesh) && workload.namespace_annotations.as_ref().and_then(last_of_range).is_none()
}

fn last_of_range(annotations: &BTreeMap<String, String>) -> Option<ProxyIds> {
    let last = |name: &str| annotations.get(name).and_then(|text| last_of_first_block(text));
    let user = last(namespace::UID_RANGE)?;
    Some(ProxyIds { user, group: last(namespace::SUPPLEMENTAL_GROUPS).unwrap_or(user) })
}

/// The last number of the first block in a list of blocks `start/size` or `start-end`.
fn last_of_first_block(text: &str) -> Option<i64> {
    let block = text.split(',').next()?.trim();
    let number = |text: &str| text.parse::<i64>().ok();
    if let Some((start, size)) = block.split_once('/') {
        return number(start)?.checked_add(number(size)?)?.checked_sub(1);
    }
    block.split_once('-').and_then(|(_, end)| number(end))
}

/// Drops the ids of the user's own proxy that the platform set on all containers: those that the last other container has
/// too.
pub(super) fn drop_given_ids(pod: &mut Value, mesh: &Mesh) {
    if !is_platform(mesh) {
        return;
    }
    let user = |container: &Value| part(part(container, "securityContext"), "runAsUser").as_i64();
    let groups: &[Group] = if mesh.release.has(ReleaseChange::OpenShiftInitContainers) {
        &[Group::InitContainers, Group::Containers]
    } else {
        &[Group::Containers]
    };
    let others = groups.iter().flat_map(|group| pod::containers(pod, *group));
    let given = others.filter(|container| pod::name(container) != PROXY).filter_map(user).next_back();
    if let Some(proxy) = pod::proxy_mut(pod).filter(|proxy| user(proxy) == given)
        && let Some(security) = proxy.get_mut("securityContext").and_then(Value::as_object_mut)
    {
        security.shift_remove("runAsUser");
        security.shift_remove("runAsGroup");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn mesh() -> Mesh {
        let mut mesh = Mesh::install("1.30".parse().unwrap(), &Value::Null).unwrap();
        mesh.env.insert(env::PLATFORM.to_owned(), "openshift".to_owned());
        mesh
    }

    #[test]
    fn ids_are_the_last_of_the_namespaces_range() {
        let ids = |annotations: &[(&str, &str)]| {
            let mut workload = Workload::new("v1", "Pod", "web", "shop");
            let owned = annotations.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            workload.namespace_annotations = Some(owned.collect());
            let ProxyIds { user, group } = proxy_ids(&workload, &mesh());
            (user, group)
        };
        let (uid, groups) = (namespace::UID_RANGE, namespace::SUPPLEMENTAL_GROUPS);
        assert_eq!(ids(&[(uid, "1000620000/10000")]), (1_000_629_999, 1_000_629_999));
        assert_eq!(ids(&[(uid, "1000-1999"), (groups, "5000/10,7000/10")]), (1999, 5009));
        assert_eq!(ids(&[(groups, "5000/10")]), (1337, 1337));
        assert_eq!(ids(&[(uid, "many")]), (1337, 1337));
    }

    #[test]
    fn ids_that_the_platform_set_are_dropped() {
        let dropped = |proxy: Value, app: Value| {
            let mut pod = json!({"spec": {"containers": [
                {"name": "istio-proxy", "securityContext": proxy}, {"name": "app", "securityContext": app}
            ]}});
            drop_given_ids(&mut pod, &mesh());
            pod["spec"]["containers"][0]["securityContext"] == json!({})
        };
        let given = json!({"runAsUser": 7, "runAsGroup": 7});
        assert!(dropped(given.clone(), given.clone()));
        assert!(!dropped(given, json!({"runAsUser": 8})));
        assert!(dropped(json!({"runAsGroup": 7}), json!({})));
    }
}
