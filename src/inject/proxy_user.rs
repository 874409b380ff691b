//! Stage: adapts the init container to the user that the proxy runs as. iptables recognizes the proxy's own traffic by its user,
//! so it must know if the manifest sets another one (`adjustInitContainerUser`).

use serde_json::Value;

use super::pod::{self, Group};
use crate::istio::names::annotation::INTERCEPTION_MODE;
use crate::istio::names::container::{INIT, VALIDATION};

/// The user and group of a proxy in the manifest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ids {
    user: Option<i64>,
    group: Option<i64>,
}

impl Ids {
    /// Those of a pod before its injection; `None` if it sets neither.
    pub(super) fn of(pod: &Value) -> Option<Self> {
        let security = pod::part(pod::proxy(pod)?, "securityContext");
        let id = |field| pod::part(security, field).as_i64();
        let ids = Self { user: id("runAsUser"), group: id("runAsGroup") };
        (ids.user.is_some() || ids.group.is_some()).then_some(ids)
    }
}

/// Adapts the merged pod to these ids. `tproxy`: the proxy's configuration has the interception mode TPROXY, whatever the
/// annotation says.
pub(super) fn adjust(merged: &mut Value, ids: Option<Ids>, tproxy: bool) {
    let Some(Ids { user, group }) = ids else { return };
    let Some(init) =
        [INIT, VALIDATION].into_iter().find(|name| pod::find(merged, Group::InitContainers, name).is_some())
    else {
        return;
    };
    let tproxy = tproxy || pod::annotation(merged, INTERCEPTION_MODE) == Some("TPROXY");
    if tproxy
        && user.is_some()
        && let Some(proxy) = pod::proxy_mut(merged)
    {
        set(proxy, "runAsUser", Some(0));
    }
    let containers = pod::containers_mut(merged, Group::InitContainers);
    let Some(container) = containers.into_iter().flatten().find(|container| pod::name(container) == init) else {
        return;
    };
    if !tproxy && init == VALIDATION {
        set(container, "runAsUser", user);
        set(container, "runAsGroup", group);
    }
    let Some(user) = user.filter(|user| *user != 0) else { return };
    if let Some(Value::Array(args)) = container.get_mut("args")
        && let Some(uid) = args.iter_mut().skip_while(|arg| arg.as_str() != Some("-u")).nth(1)
    {
        *uid = user.to_string().into();
    }
}

fn set(container: &mut Value, field: &str, id: Option<i64>) {
    let (Some(id), Some(security)) = (id, pod::entry(container, "securityContext")) else { return };
    if let Some(security) = security.as_object_mut() {
        security.insert(field.to_owned(), id.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::istio::names::container::PROXY;
    use serde_json::json;

    /// The arguments of the adapted init container, its security context, and the proxy's.
    fn adjusted(init: &str, mode: &str) -> (Value, Value, Value) {
        let own =
            json!({"spec": {"containers": [{"name": PROXY, "securityContext": {"runAsUser": 7, "runAsGroup": 8}}]}});
        let mut merged = json!({
            "metadata": {"annotations": {INTERCEPTION_MODE: mode}},
            "spec": {
                "initContainers": [{"name": init, "args": ["-u", "1337", "-m"], "securityContext": {"runAsUser": 1337}}],
                "containers": [{"name": PROXY, "securityContext": {"runAsUser": 7, "runAsGroup": 8}}]
            }
        });
        adjust(&mut merged, Ids::of(&own), false);
        let init = &merged["spec"]["initContainers"][0];
        let proxy = &merged["spec"]["containers"][0];
        (init["args"].clone(), init["securityContext"].clone(), proxy["securityContext"].clone())
    }

    #[test]
    fn iptables_know_the_proxys_user() {
        let args = json!(["-u", "7", "-m"]);
        let (seven_eight, zero_eight) =
            (json!({"runAsUser": 7, "runAsGroup": 8}), json!({"runAsUser": 0, "runAsGroup": 8}));
        let same = json!({"runAsUser": 1337});
        assert_eq!(adjusted(INIT, "REDIRECT"), (args.clone(), same.clone(), seven_eight.clone()));
        assert_eq!(adjusted(VALIDATION, "REDIRECT"), (args.clone(), seven_eight.clone(), seven_eight));
        assert_eq!(adjusted(INIT, "TPROXY"), (args, same, zero_eight));
    }
}
