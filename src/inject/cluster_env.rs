//! Stage: the cluster and the network that a proxy is in, from values or from the pod's own label.

use serde_json::{Value, json};

use super::pod;
use crate::istio::Mesh;
use crate::istio::names::{env, label};

/// Sets cluster and network where they are known; they replace even the user's own.
pub(super) fn set(pod: &mut Value, mesh: &Mesh) {
    let network = match pod::label(pod, label::NETWORK) {
        Some(network) if !network.is_empty() => network.to_owned(),
        _ => mesh.values.network.clone(),
    };
    let known = [(env::CLUSTER_ID, &mesh.values.cluster_name), (env::NETWORK, &network)];
    let known: Vec<_> = known.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    if known.is_empty() {
        return;
    }
    if let Some(env) = pod::proxy_mut(pod).and_then(pod::env_mut) {
        env.retain(|entry| !known.iter().any(|(name, _)| *name == pod::name(entry)));
        env.extend(known.iter().map(|(name, value)| json!({"name": name, "value": value})));
    }
    if !network.is_empty()
        && let Some(labels) = pod::labels_mut(pod)
    {
        labels.insert(label::NETWORK.to_owned(), network.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_moves_to_the_end_and_the_pods_label_wins() {
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
    fn nothing_known_changes_nothing() {
        let mesh = Mesh::install("1.30".parse().unwrap(), &Value::Null).unwrap();
        let pod = json!({"spec": {"containers": [{"name": "istio-proxy"}]}});
        let mut same = pod.clone();
        set(&mut same, &mesh);
        assert_eq!(same, pod);
    }
}
