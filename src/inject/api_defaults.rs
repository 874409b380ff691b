//! Stage: fills in Kubernetes' defaults, as the API server does before it calls the webhook. A later stage removes them again:
//! defaults are noise in a manifest.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::overrides::UserSettings;
use super::pod::{self, Group};
use super::workload::Workload;
use crate::k8s::defaults;

/// Fills in the API server's defaults.
pub(super) fn fill(pod: &mut Value, workload: &Workload) {
    defaults::fill(pod, workload.admission());
}

/// Removes the defaults again, unless the templates state them.
pub(super) fn settle(merged: &mut Value, original: &Value, stated: &[Value], workload: &Workload) {
    defaults::settle(merged, original, stated, workload.admission());
}

/// What the overlays state in fields with defaults: those of the pod, and those of containers that the user has settings of.
/// Most overlays state none.
pub(super) fn stated(overlays: &[Value], settings: &UserSettings) -> Vec<Value> {
    let own: HashSet<&str> = settings.names().collect();
    let is_own = |container: &Value| own.contains(pod::name(container));
    let of_overlay = |overlay: &Value| {
        let mut stated = Map::new();
        for (field, value) in pod::part(overlay, "spec").as_object().into_iter().flatten() {
            if Group::BOTH.iter().any(|group| group.key() == field) {
                let own: Vec<Value> = value.as_array().into_iter().flatten().filter(|c| is_own(c)).cloned().collect();
                if !own.is_empty() {
                    stated.insert(field.clone(), own.into());
                }
            } else if defaults::is_defaulted(field) {
                stated.insert(field.clone(), value.clone());
            }
        }
        (!stated.is_empty()).then(|| Value::Object(Map::from_iter([("spec".to_owned(), Value::Object(stated))])))
    };
    overlays.iter().filter_map(of_overlay).collect()
}

/// The objects of the namespace that admission applied to the pod.
pub(super) fn applied(workload: &Workload, original: &Value, merged: &Value, settings: &UserSettings) -> Vec<String> {
    let mut applied = Vec::new();
    if workload.container_defaults.is_some() && settings.names().next().is_some() {
        applied.push(format!("LimitRange of namespace {}", workload.namespace));
    }
    let has_secrets = |pod: &Value| {
        pod::part(pod::part(pod, "spec"), "imagePullSecrets").as_array().is_some_and(|secrets| !secrets.is_empty())
    };
    if !workload.pull_secrets.is_empty() && has_secrets(merged) && !has_secrets(original) {
        applied.push(format!("ServiceAccount of namespace {} with pull secrets", workload.namespace));
    }
    applied
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::inject::{Injection, Injector, ModeRequest};
    use crate::istio::{ContainerDefaults, Mesh};
    use serde_json::json;

    /// The injected pod, in a namespace with a `LimitRange` and a service account with a pull secret.
    fn injected(pod: &Value, values: &Value) -> Value {
        let mut web = Workload::new("apps/v1", "Deployment", "web", "shop");
        let map = |value: Value| value.as_object().cloned().unwrap();
        let defaults = ContainerDefaults { limits: map(json!({"cpu": "500m"})), requests: map(json!({"cpu": "50m"})) };
        web.container_defaults = Some(Arc::new(defaults));
        web.pull_secrets = vec!["own".to_owned()];
        let injector = Injector::new(Mesh::install("1.30".parse().unwrap(), values).unwrap()).unwrap();
        match injector.inject(&web, pod, ModeRequest::default()) {
            Ok(Injection::Injected(injected)) => injected.pod,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_limit_range_applies_to_the_users_proxy_alone() {
        let pod = json!({"spec": {"containers": [{"name": "web", "image": "web:1"}, {"name": "istio-proxy", "image": "auto"}]}});
        let made = injected(&pod, &Value::Null);
        let proxy = pod::proxy(&made).unwrap();
        let expected =
            json!({"limits": {"cpu": "500m", "memory": "1Gi"}, "requests": {"cpu": "50m", "memory": "128Mi"}});
        assert_eq!(proxy["resources"], expected);
        assert_eq!(made["spec"]["containers"], json!([{"name": "web", "image": "web:1"}]));
    }

    #[test]
    fn pull_secrets_of_the_service_account_are_kept_if_the_mesh_adds_others() {
        let pod = json!({"spec": {"containers": [{"name": "web", "image": "web:1"}]}});
        assert_eq!(injected(&pod, &Value::Null)["spec"].get("imagePullSecrets"), None);
        let values = json!({"global": {"imagePullSecrets": ["mesh"]}});
        // Admission adds the secrets of the service account only to a pod without any.
        let made = injected(&pod, &values);
        assert_eq!(made["spec"]["imagePullSecrets"], json!([{"name": "mesh"}, {"name": "own"}]));
    }
}
