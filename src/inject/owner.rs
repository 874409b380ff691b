//! Stage: the workload that a pod belongs to, as the webhook finds it from the pod that a controller creates.
//!
//! A manifest has the workload, not the pod. So this combines the owner that the controller writes into the pod with what the
//! webhook concludes from it (`GetDeployMetaFromPod`, pkg/kube).

use serde_json::Value;

use super::Workload;
use super::pod::{self, label};
use crate::istio::names::label as labels;

/// The workload in the telemetry of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) api_version: String,
    pub(super) kind: String,
    /// Empty if the API server generates it.
    pub(super) name: String,
    pub(super) namespace: String,
}

impl Owner {
    /// `kubernetes://apis/<apiVersion>/namespaces/<namespace>/<kind>s/<name>`, if the name is known.
    pub(super) fn uri(&self) -> Option<String> {
        if self.name.is_empty() || self.api_version.is_empty() {
            return None;
        }
        let namespace = if self.namespace.is_empty() { "default" } else { &self.namespace };
        let kind = self.kind.to_lowercase();
        Some(format!("kubernetes://apis/{}/namespaces/{namespace}/{kind}s/{}", self.api_version, self.name))
    }
}

/// The owner that the webhook finds.
pub(super) fn of(workload: &Workload, pod: &Value) -> Owner {
    let name = workload.name.as_str();
    let (api_version, kind, name) = match workload.kind.as_str() {
        "Pod" => return of_pod(workload, pod),
        // The webhook finds a Deployment by the name of its ReplicaSet, and a CronJob by that of its Job. The versions are those
        // that current controllers write, whatever the manifest has.
        "Deployment" | "StatefulSet" | "DaemonSet" => ("apps/v1", workload.kind.as_str(), name.to_owned()),
        "CronJob" => ("batch/v1", "CronJob", name.to_owned()),
        "DeploymentConfig" => ("v1", "DeploymentConfig", name.to_owned()),
        "Rollout" => ("v1alpha1", "Rollout", name.to_owned()),
        "ReplicaSet" => guess("apps/v1", "ReplicaSet", name, pod),
        "Job" => guess("batch/v1", "Job", name, pod),
        "ReplicationController" => guess("v1", "ReplicationController", name, pod),
        kind => (workload.api_version.as_str(), kind, name.to_owned()),
    };
    Owner { api_version: api_version.to_owned(), kind: kind.to_owned(), name, namespace: workload.namespace.clone() }
}

fn of_pod(workload: &Workload, pod: &Value) -> Owner {
    let metadata = pod::part(pod, "metadata");
    let owner = |api_version: &str, kind: &str, name: String| Owner {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        name: if name.is_empty() { workload.name.clone() } else { name },
        namespace: workload.namespace.clone(),
    };
    let references = pod::part(metadata, "ownerReferences").as_array();
    let is_controller = |reference: &&Value| pod::part(reference, "controller").as_bool() == Some(true);
    match references.into_iter().flatten().find(is_controller) {
        Some(reference) if !pod::text(metadata, "generateName").is_empty() => {
            let (api_version, kind) = (pod::text(reference, "apiVersion"), pod::text(reference, "kind"));
            let (api_version, kind, name) = guess(api_version, kind, pod::text(reference, "name"), pod);
            owner(api_version, kind, name)
        }
        _ => owner("v1", "Pod", String::new()),
    }
}

/// The owner of an owner, as the webhook guesses it by name and labels.
fn guess<'a>(api_version: &'a str, kind: &'a str, name: &str, pod: &Value) -> (&'a str, &'a str, String) {
    let without_hash = |hash: &str| {
        let found = label(pod, hash).filter(|hash| !hash.is_empty() && name.ends_with(hash))?;
        Some(name.strip_suffix(found).and_then(|rest| rest.strip_suffix('-')).unwrap_or(name).to_owned())
    };
    match kind {
        "ReplicaSet" => {
            if let Some(deployment) = without_hash(labels::POD_TEMPLATE_HASH) {
                return (api_version, "Deployment", deployment);
            }
            if let Some(rollout) = without_hash(labels::ROLLOUTS_POD_TEMPLATE_HASH) {
                return ("v1alpha1", "Rollout", rollout);
            }
        }
        "ReplicationController" => {
            if let Some(config) = label(pod, labels::DEPLOYMENT_CONFIG).filter(|config| !config.is_empty()) {
                return (api_version, "DeploymentConfig", config.to_owned());
            }
        }
        "Job" => {
            if let Some(cron_job) = cron_job_of(name) {
                return ("batch/v1", "CronJob", cron_job.to_owned());
            }
        }
        _ => {}
    }
    (api_version, kind, name.to_owned())
}

/// A Job named `<x>-<8 to 10 digits>` belongs to the `CronJob` `<x>`.
fn cron_job_of(name: &str) -> Option<&str> {
    let (cron_job, digits) = name.rsplit_once('-')?;
    let is_time = (8..=10).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    (is_time && !cron_job.is_empty()).then_some(cron_job)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn uri(api_version: &str, kind: &str, name: &str, pod: &Value) -> Option<String> {
        of(&Workload::new(api_version, kind, name, "shop"), pod).uri()
    }

    #[test]
    fn owners_are_those_that_the_webhook_finds() {
        let none = json!({});
        let table = [
            ("apps/v1", "Deployment", "web", "apps/v1/namespaces/shop/deployments/web"),
            ("extensions/v1beta1", "Deployment", "web", "apps/v1/namespaces/shop/deployments/web"),
            ("apps.openshift.io/v1", "DeploymentConfig", "web", "v1/namespaces/shop/deploymentconfigs/web"),
            ("argoproj.io/v1alpha1", "Rollout", "web", "v1alpha1/namespaces/shop/rollouts/web"),
            ("batch/v1", "CronJob", "web", "batch/v1/namespaces/shop/cronjobs/web"),
            ("batch/v1", "Job", "web-28123456", "batch/v1/namespaces/shop/cronjobs/web"),
            ("batch/v1", "Job", "web-1", "batch/v1/namespaces/shop/jobs/web-1"),
            ("v1", "Pod", "web", "v1/namespaces/shop/pods/web"),
        ];
        for (api_version, kind, name, expected) in table {
            assert_eq!(uri(api_version, kind, name, &none), Some(format!("kubernetes://apis/{expected}")));
        }
    }

    #[test]
    fn a_hash_label_leads_from_a_replica_set_to_its_deployment() {
        let labelled = json!({"metadata": {"labels": {"pod-template-hash": "6f8d"}}});
        let owner = uri("apps/v1", "ReplicaSet", "web-6f8d", &labelled);
        assert_eq!(owner.as_deref(), Some("kubernetes://apis/apps/v1/namespaces/shop/deployments/web"));
        let other = uri("apps/v1", "ReplicaSet", "web-77aa", &labelled);
        assert_eq!(other.as_deref(), Some("kubernetes://apis/apps/v1/namespaces/shop/replicasets/web-77aa"));
    }

    #[test]
    fn a_pods_controller_counts_if_the_pods_name_is_generated() {
        let reference =
            json!({"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "name": "train", "controller": true});
        let mut pod = json!({"metadata": {"generateName": "train-", "ownerReferences": [reference]}});
        let expected = "kubernetes://apis/kubeflow.org/v1/namespaces/shop/pytorchjobs/train";
        assert_eq!(uri("v1", "Pod", "", &pod).as_deref(), Some(expected));
        pod["metadata"]["generateName"] = json!("");
        assert_eq!(uri("v1", "Pod", "", &pod), None);
    }
}
