//! Stage: the user that the proxy runs as. iptables must spare the proxy's own traffic, which it tells by its user, so
//! the init container follows where the user runs the proxy as somebody else (`adjustInitContainerUser`).

use serde_json::Value;

use super::pod::{self, Group};
use crate::istio::ProxyConfig;
use crate::istio::names::annotation::INTERCEPTION_MODE;
use crate::istio::names::container::{INIT, VALIDATION};

/// Adjusts the merged pod to the user and group of the user's own proxy, if it names any.
pub(super) fn adjust(merged: &mut Value, user_pod: &Value, config: &ProxyConfig) {
    let Some(own) = pod::proxy(user_pod) else { return };
    let security = pod::part(own, "securityContext");
    let (user, group) = (pod::part(security, "runAsUser").as_i64(), pod::part(security, "runAsGroup").as_i64());
    if user.is_none() && group.is_none() {
        return;
    }
    let Some(init) =
        [INIT, VALIDATION].into_iter().find(|name| pod::find(merged, Group::InitContainers, name).is_some())
    else {
        return;
    };
    let tproxy = config.interception_mode() == "TPROXY" || pod::annotation(merged, INTERCEPTION_MODE) == Some("TPROXY");
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

    /// The results' arguments of the init container and security contexts of both.
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
        adjust(&mut merged, &own, &ProxyConfig::default());
        let init = &merged["spec"]["initContainers"][0];
        let proxy = &merged["spec"]["containers"][0];
        (init["args"].clone(), init["securityContext"].clone(), proxy["securityContext"].clone())
    }

    #[test]
    fn iptables_spare_the_users_own_user() {
        let args = json!(["-u", "7", "-m"]);
        let (seven_eight, zero_eight) =
            (json!({"runAsUser": 7, "runAsGroup": 8}), json!({"runAsUser": 0, "runAsGroup": 8}));
        let same = json!({"runAsUser": 1337});
        assert_eq!(adjusted(INIT, "REDIRECT"), (args.clone(), same.clone(), seven_eight.clone()));
        assert_eq!(adjusted(VALIDATION, "REDIRECT"), (args.clone(), seven_eight.clone(), seven_eight));
        assert_eq!(adjusted(INIT, "TPROXY"), (args, same, zero_eight));
    }
}
