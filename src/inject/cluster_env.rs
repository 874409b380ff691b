//! Stage: the proxy's cluster and network, and other variables that the webhook's URL sets. The URL takes precedence over the values, and the
//! pod's own label over both.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::pod;
use crate::istio::Mesh;
use crate::istio::names::{env, label};

/// Sets the known variables at the end of the environment, sorted by name. They replace even the user's own.
pub(super) fn set(pod: &mut Value, mesh: &Mesh) {
    let values = [(env::CLUSTER_ID, &mesh.values.cluster_name), (env::NETWORK, &mesh.values.network)];
    let values = values.into_iter().filter(|(_, value)| !value.is_empty());
    let mut known: BTreeMap<&str, &str> = values.map(|(name, value)| (name, value.as_str())).collect();
    known.extend(mesh.url_env.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let labelled = pod::label(pod, label::NETWORK).filter(|network| !network.is_empty()).map(str::to_owned);
    known.extend(labelled.as_deref().map(|network| (env::NETWORK, network)));
    if known.is_empty() {
        return;
    }
    if let Some(env) = pod::proxy_mut(pod).and_then(pod::env_mut) {
        env.retain(|entry| !known.contains_key(pod::name(entry)));
        env.extend(known.iter().map(|(name, value)| json!({"name": name, "value": value})));
    }
    if let (Some(network), Some(labels)) = (known.get(env::NETWORK), pod::labels_mut(pod)) {
        labels.insert(label::NETWORK.to_owned(), (*network).into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_variables_move_to_the_end_and_the_pods_label_wins() {
        let values = json!({"global": {"network": "net-a", "multiCluster": {"clusterName": "c"}}});
        let mesh = Mesh::install("1.30".parse().unwrap(), &values).unwrap();
        let mut pod = json!({
            "metadata": {"labels": {label::NETWORK: "net-b"}},
            "spec": {"containers": [{"name": "istio-proxy", "env": [
                {"name": env::CLUSTER_ID, "value": "Kubernetes"}, {"name": "X", "value": "y"}
            ]}]}
        });
        set(&mut pod, &mesh);
        let env = json!([{"name": "X", "value": "y"}, {"name": env::CLUSTER_ID, "value": "c"},
            {"name": env::NETWORK, "value": "net-b"}]);
        assert_eq!(pod["spec"]["containers"][0]["env"], env);
        assert_eq!(pod::label(&pod, label::NETWORK), Some("net-b"));
    }

    #[test]
    fn the_webhooks_url_wins_over_the_values() {
        let values = json!({"global": {"multiCluster": {"clusterName": "c"}}});
        let mut mesh = Mesh::install("1.30".parse().unwrap(), &values).unwrap();
        mesh.url_env =
            [("ISTIO_META_CLUSTER_ID", "u"), ("EXTRA", "x")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let mut pod = json!({"spec": {"containers": [{"name": "istio-proxy"}]}});
        set(&mut pod, &mesh);
        let env = json!([{"name": "EXTRA", "value": "x"}, {"name": env::CLUSTER_ID, "value": "u"}]);
        assert_eq!(pod["spec"]["containers"][0]["env"], env);
        assert_eq!(pod::label(&pod, label::NETWORK), None);
    }

    #[test]
    fn a_pod_is_unchanged_if_nothing_is_known() {
        let mesh = Mesh::install("1.30".parse().unwrap(), &Value::Null).unwrap();
        let pod = json!({"spec": {"containers": [{"name": "istio-proxy"}]}});
        let mut same = pod.clone();
        set(&mut same, &mesh);
        assert_eq!(same, pod);
    }
}
