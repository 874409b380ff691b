//! Stage: the order of containers (`reorderPod`, pkg/kube/inject).

use serde_json::Value;

use super::pod::{self, Group};
use crate::istio::names::container::{CORE_DUMP, INIT, PROXY, VALIDATION};

/// Orders Istio's containers. `hold`: the application waits for the proxy.
pub(super) fn reorder(pod: &mut Value, hold: bool) {
    if let Some(containers) = pod::containers_mut(pod, Group::Containers) {
        if hold { to_front(containers, PROXY) } else { to_back(containers, PROXY) }
    }
    let native = pod::find(pod, Group::InitContainers, PROXY).is_some();
    let Some(containers) = pod::containers_mut(pod, Group::InitContainers) else { return };
    if native {
        // The user's init containers are to be part of the mesh: Istio's come first.
        for name in [CORE_DUMP, PROXY, VALIDATION, INIT] {
            to_front(containers, name);
        }
    } else {
        // They run without a proxy, so traffic is redirected only after them.
        to_front(containers, VALIDATION);
        to_back(containers, INIT);
        to_back(containers, CORE_DUMP);
    }
}

/// Removes all containers of a name, and returns the last.
fn take(containers: &mut Vec<Value>, name: &str) -> Option<Value> {
    containers.extract_if(.., |container| pod::name(container) == name).last()
}

fn to_front(containers: &mut Vec<Value>, name: &str) {
    if let Some(container) = take(containers, name) {
        containers.insert(0, container);
    }
}

fn to_back(containers: &mut Vec<Value>, name: &str) {
    if let Some(container) = take(containers, name) {
        containers.push(container);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ordered(init: &[&str], containers: &[&str], hold: bool) -> (Vec<String>, Vec<String>) {
        let list = |names: &[&str]| names.iter().map(|name| json!({"name": name})).collect::<Vec<_>>();
        let mut pod = json!({"spec": {"initContainers": list(init), "containers": list(containers)}});
        reorder(&mut pod, hold);
        let names = |group| pod::containers(&pod, group).iter().map(|c| pod::name(c).to_owned()).collect();
        (names(Group::InitContainers), names(Group::Containers))
    }

    #[test]
    fn native_proxies_come_before_the_users_init_containers() {
        let (init, _) = ordered(&["a", PROXY, "b", INIT], &["app"], true);
        assert_eq!(init, [INIT, PROXY, "a", "b"]);
    }

    #[test]
    fn regular_proxies_come_last_unless_the_application_waits() {
        let (init, containers) = ordered(&[INIT, "a", "b"], &[PROXY, "app"], false);
        assert_eq!((init, containers), (vec!["a".into(), "b".into(), INIT.into()], vec!["app".into(), PROXY.into()]));
        assert_eq!(ordered(&["a", VALIDATION], &["app", PROXY], true).1, [PROXY, "app"]);
        assert_eq!(ordered(&["a", VALIDATION], &["app", PROXY], true).0, [VALIDATION, "a"]);
    }
}
