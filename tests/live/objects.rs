//! The objects of the tests' cluster.

use serde::Deserialize as _;
use serde_json::{Value, json};

use super::server::Cluster;

/// The path of each list, and an object's kind.
const LISTS: [(&str, &str); 18] = [
    ("ConfigMap", "/api/v1/configmaps"),
    ("CronJob", "/apis/batch/v1/cronjobs"),
    ("DaemonSet", "/apis/apps/v1/daemonsets"),
    ("Deployment", "/apis/apps/v1/deployments"),
    ("Event", "/api/v1/events"),
    ("Job", "/apis/batch/v1/jobs"),
    ("LimitRange", "/api/v1/limitranges"),
    ("MutatingWebhookConfiguration", "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"),
    ("Namespace", "/api/v1/namespaces"),
    ("Node", "/api/v1/nodes"),
    ("Pod", "/api/v1/pods"),
    ("ProxyConfig", "/apis/networking.istio.io/v1beta1/proxyconfigs"),
    ("ReplicaSet", "/apis/apps/v1/replicasets"),
    ("ReplicationController", "/api/v1/replicationcontrollers"),
    ("ResourceQuota", "/api/v1/resourcequotas"),
    ("Rollout", "/apis/argoproj.io/v1alpha1/rollouts"),
    ("ServiceAccount", "/api/v1/serviceaccounts"),
    ("StatefulSet", "/apis/apps/v1/statefulsets"),
];

impl Cluster {
    /// Adds an object to the list of its kind.
    pub(crate) fn put(&mut self, object: Value) {
        let path = LISTS.iter().find(|(kind, _)| object["kind"] == *kind).unwrap().1;
        self.add(path, object);
    }

    /// A cluster with Istio 1.30, whose Deployment `shop/web` runs a regular proxy and would get a native one.
    pub(crate) fn shop() -> Self {
        let mut cluster = Self::default();
        for (_, path) in LISTS {
            cluster.allow(path);
        }
        let mesh = include_str!("../../testdata/cli/mesh/file.in/all.yaml");
        for document in serde_yaml::Deserializer::from_str(mesh) {
            let mut object = Value::deserialize(document).unwrap();
            match object["kind"].as_str() {
                Some("ConfigMap") => {}
                Some("Deployment") => {
                    object["metadata"]["labels"] = json!({"app": "istiod", "istio.io/rev": "default"});
                    object["spec"]["template"]["spec"]["containers"][0]["image"] = "istio/pilot:1.30.3".into();
                }
                _ => continue,
            }
            cluster.put(object);
        }
        cluster.put(json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": "shop", "labels": {"istio-injection": "enabled"}},
        }));
        cluster.put(json!({
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"},
            "status": {"nodeInfo": {"kubeletVersion": "v1.34.2", "operatingSystem": "linux"}},
        }));
        cluster.put(owner("apps/v1", "Deployment", "web", None));
        cluster.put(owner("apps/v1", "ReplicaSet", "web-7d9c", Some(("apps/v1", "Deployment", "web"))));
        cluster.put(pod("web-7d9c-x2x4q", &["web", "istio-proxy"], ("apps/v1", "ReplicaSet", "web-7d9c")));
        cluster
    }
}

type Owner<'o> = (&'o str, &'o str, &'o str);

fn owners(owner: Option<Owner<'_>>) -> Value {
    let reference = |(version, kind, name): Owner<'_>| json!({"apiVersion": version, "kind": kind, "name": name, "controller": true});
    owner.into_iter().map(reference).collect()
}

/// An object with a pod template, in the namespace `shop`.
pub(crate) fn owner(version: &str, kind: &str, name: &str, owner: Option<Owner<'_>>) -> Value {
    json!({
        "apiVersion": version, "kind": kind,
        "metadata": {"name": name, "namespace": "shop", "ownerReferences": owners(owner)},
        "spec": {"template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "web:1"}]},
        }},
    })
}

/// A pod that runs these containers, in the namespace `shop`.
pub(crate) fn pod(name: &str, containers: &[&str], owner: Owner<'_>) -> Value {
    let container = |name: &&str| json!({"name": name, "image": format!("{name}:1")});
    let status = |name: &&str| {
        let state = json!({"running": {"startedAt": "2026-11-20T08:00:05Z"}});
        json!({"name": name, "ready": true, "started": true, "restartCount": 0, "state": state})
    };
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": name, "namespace": "shop", "uid": name, "labels": {"app": "web"},
            "creationTimestamp": "2026-11-20T08:00:00Z", "ownerReferences": owners(Some(owner)),
        },
        "spec": {
            "nodeName": "n1", "restartPolicy": "Always",
            "containers": containers.iter().map(container).collect::<Vec<_>>(),
        },
        "status": {
            "phase": "Running", "startTime": "2026-11-20T08:00:00Z",
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-20T08:00:09Z"}],
            "containerStatuses": containers.iter().map(status).collect::<Vec<_>>(),
        },
    })
}
