//! Whether a pod with a native sidecar comes through all webhooks. The answer is that of a dry run: the API server calls the
//! webhooks, and stores nothing.

use serde_json::{Value, json};

use super::command::argument;
use super::facts::{items, text};
use super::{Answer, Check, Date, Facts, Group};
use crate::istio::names::container;
use crate::k8s::is_native_sidecar;

pub(super) const CHECK: Check = Check { code: "webhook-probe", group: Group::Admission, decides: false, answers };

/// The name of the pod.
const NAME: &str = "nativesidecar-probe";

/// The name of its sidecar.
const SIDECAR: &str = "sidecar";

/// An image that is small and everywhere. It is never pulled.
const IMAGE: &str = "registry.k8s.io/pause:3.10";

/// What became of the pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    namespace: String,
    outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    /// The API server returned the pod. `istio` is the mesh's proxy: native or not.
    Pod { is_intact: bool, istio: Option<bool> },
    /// The API server refused the pod, for this reason.
    Refused(String),
}

impl Probe {
    /// A pod with a native sidecar. It meets the strictest of Kubernetes' standards for pods.
    pub fn pod() -> Value {
        let security = json!({
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": true,
            "runAsUser": 65534,
            "seccompProfile": {"type": "RuntimeDefault"},
        });
        let resources = json!({"requests": {"cpu": "1m", "memory": "1Mi"}, "limits": {"cpu": "10m", "memory": "16Mi"}});
        let container =
            |name: &str| json!({"name": name, "image": IMAGE, "resources": resources, "securityContext": security});
        let mut sidecar = container(SIDECAR);
        if let Some(sidecar) = sidecar.as_object_mut() {
            sidecar.insert("restartPolicy".to_owned(), "Always".into());
        }
        json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": NAME},
            "spec": {"initContainers": [sidecar], "containers": [container("app")]},
        })
    }

    /// What a dry run returned, here or saved by kubectl; none if it is another pod.
    pub fn of(pod: &Value) -> Option<Self> {
        if text(pod, &["metadata", "name"]) != NAME {
            return None;
        }
        let init_containers = items(pod, &["spec", "initContainers"]);
        let named = |containers: &[Value], name: &str| containers.iter().find(|c| text(c, &["name"]) == name).cloned();
        let sidecar = named(init_containers, SIDECAR)?;
        let native = named(init_containers, container::PROXY).map(|proxy| is_native_sidecar(&proxy));
        let regular = named(items(pod, &["spec", "containers"]), container::PROXY).map(|_| false);
        let outcome = Outcome::Pod { is_intact: is_native_sidecar(&sidecar), istio: native.or(regular) };
        Some(Self { namespace: text(pod, &["metadata", "namespace"]).to_owned(), outcome })
    }

    /// A pod that was refused.
    pub fn refused(namespace: &str, why: String) -> Self {
        Self { namespace: namespace.to_owned(), outcome: Outcome::Refused(why) }
    }
}

fn answers(facts: &Facts, _: Date) -> Vec<Answer> {
    facts.probes.iter().map(of_probe).collect()
}

fn of_probe(probe: &Probe) -> Answer {
    let namespace = if probe.namespace.is_empty() { "default" } else { &probe.namespace };
    let answer = match &probe.outcome {
        Outcome::Pod { is_intact: false, .. } => {
            Answer::fail("restartPolicy removed", "a webhook removes restartPolicy from native sidecars: update it")
                .fix("kubectl get mutatingwebhookconfigurations")
        }
        Outcome::Pod { istio: Some(true), .. } => {
            Answer::ok("intact", "a native sidecar comes through; the mesh adds a native proxy")
        }
        Outcome::Pod { istio: Some(false), .. } => {
            Answer::ok("intact", "a native sidecar comes through; the mesh adds a regular proxy")
        }
        Outcome::Pod { istio: None, .. } => {
            Answer::ok("intact", "a native sidecar comes through; the mesh adds no proxy in this namespace")
        }
        Outcome::Refused(why) => Answer::unknown("refused", format!("the dry run was refused: {why}"))
            .fix(format!("kubectl auth can-i create pods -n {}", argument(namespace, "NAMESPACE"))),
    };
    answer.about(format!("namespace {namespace}"))
}
