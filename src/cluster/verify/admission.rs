//! What controllers, the API server's own admission plugins, the scheduler and networks add to every pod. None of it
//! depends on the injection.

use serde_json::Value;

use crate::cluster::fields::{at, is_true};
use crate::k8s::pod_changes::FieldChange;

/// Where the service account's token is mounted.
const TOKEN_MOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// The beginning of the name of its volume.
const TOKEN_VOLUME: &str = "kube-api-access-";

/// Fields of the spec that admission plugins, controllers or the scheduler set.
const SPEC: [&str; 10] = [
    "hostname",
    "nodeName",
    "overhead",
    "preemptionPolicy",
    "priority",
    "priorityClassName",
    "resourceClaims",
    "serviceAccount",
    "serviceAccountName",
    "subdomain",
];

/// Labels that controllers and admission plugins set, and the beginnings of their names.
const LABELS: [&str; 13] = [
    "apps.kubernetes.io/",
    "batch.kubernetes.io/",
    "controller-revision-hash",
    "controller-uid",
    "deployment",
    "deploymentconfig",
    "job-name",
    "pod-template-generation",
    "pod-template-hash",
    "rollouts-pod-template-hash",
    "statefulset.kubernetes.io/",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
];

/// Annotations that controllers, admission plugins, networks and `kubectl apply` set, or the beginnings of their names.
const ANNOTATIONS: [&str; 9] = [
    "batch.kubernetes.io/",
    "cni.projectcalico.org/",
    "k8s.ovn.org/",
    "kubectl.kubernetes.io/last-applied-configuration",
    "kubernetes.io/config.",
    "kubernetes.io/limit-ranger",
    "kubernetes.io/psp",
    "openshift.io/",
    "security.openshift.io/",
];

/// Whether Kubernetes itself makes this change to a pod that was made of its template.
pub(super) fn is_known(change: &FieldChange, owner_kind: &str, expected: &Value) -> bool {
    let words = change.path.words();
    let starts = |known: &[&str], name: &str| {
        known.iter().any(|known| if known.ends_with(['/', '.']) { name.starts_with(known) } else { name == *known })
    };
    // Gates go once the pod may be scheduled.
    if words.as_slice() == ["spec", "schedulingGates"] {
        return true;
    }
    let Some(actual) = change.from.as_ref().filter(|_| change.to.is_none()) else {
        return matches!(words.as_slice(), ["spec", "priority" | "nodeName" | "affinity"]) && change.from.is_some();
    };
    match words.as_slice() {
        ["metadata", "labels", name] => starts(&LABELS, name),
        ["metadata", "annotations", name] => {
            starts(&ANNOTATIONS, name) || name.starts_with("k8s.v1.cni.cncf.io/network")
        }
        ["spec", "affinity"] => owner_kind == "DaemonSet",
        ["spec", "imagePullSecrets", _] => at(expected, &["spec", "imagePullSecrets"]).is_null(),
        ["spec", "tolerations", name] => name.starts_with("node.kubernetes.io/"),
        ["spec", "volumes", name] => {
            let is_claim = !at(actual, &["persistentVolumeClaim"]).is_null();
            name.starts_with(TOKEN_VOLUME) || (owner_kind == "StatefulSet" && is_claim)
        }
        ["spec", "containers" | "initContainers", _, "volumeMounts", path] => *path == TOKEN_MOUNT,
        ["spec", "containers" | "initContainers", _, "env", "JOB_COMPLETION_INDEX"] => true,
        // In the network of the node, a port is one of the node.
        ["spec", "containers" | "initContainers", _, "ports", _, "hostPort"] => {
            is_true(expected, &["spec", "hostNetwork"])
        }
        ["spec", field] => SPEC.contains(field),
        _ => false,
    }
}
