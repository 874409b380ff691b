//! Reports the states of pods as kubelets do: all containers start at once, and stay.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

use crate::control_plane::ControlPlane;

/// A thread that reports until it is dropped.
pub(crate) struct Kubelet {
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        let _ = self.thread.take().unwrap().join();
    }
}

impl Kubelet {
    /// Reports for the pods of a namespace.
    pub(crate) fn of(plane: Arc<ControlPlane>, namespace: &'static str) -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&ends);
        let thread = std::thread::spawn(move || {
            while !until.load(Ordering::Relaxed) {
                report(&plane, namespace);
                std::thread::sleep(Duration::from_millis(200));
            }
        });
        Self { ends, thread: Some(thread) }
    }
}

fn report(plane: &ControlPlane, namespace: &str) {
    let list = plane.kubectl(&["get", "pods", "-n", namespace, "-o", "json"], "");
    let list: Value = serde_json::from_str(&list).unwrap();
    for pod in list["items"].as_array().unwrap() {
        if pod["status"]["phase"] == "Running" || !pod["metadata"]["deletionTimestamp"].is_null() {
            continue;
        }
        let patch = json!({"status": status(pod)}).to_string();
        let name = pod["metadata"]["name"].as_str().unwrap();
        // The pod may be gone.
        plane.try_kubectl(
            &["patch", "pod", name, "-n", namespace, "--subresource=status", "--type=merge", "-p", &patch],
            "",
        );
    }
}

/// The status of a pod whose containers run.
fn status(pod: &Value) -> Value {
    let since = pod["metadata"]["creationTimestamp"].clone();
    let statuses = |list: &str| -> Vec<Value> {
        let containers = pod["spec"][list].as_array().cloned().unwrap_or_default();
        let one = |container: &Value| {
            let stays = list == "containers" || container["restartPolicy"] == "Always";
            let state = if stays {
                json!({"running": {"startedAt": since}})
            } else {
                let times = json!({"exitCode": 0, "reason": "Completed", "startedAt": since, "finishedAt": since});
                json!({"terminated": times})
            };
            json!({"name": container["name"], "image": container["image"], "imageID": "", "restartCount": 0, "ready": true,
                "started": stays, "state": state})
        };
        containers.iter().map(one).collect()
    };
    let condition = |kind: &str| json!({"type": kind, "status": "True", "lastTransitionTime": since});
    let conditions = ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map(condition);
    json!({
        "phase": "Running",
        "startTime": since,
        "conditions": conditions,
        "initContainerStatuses": statuses("initContainers"),
        "containerStatuses": statuses("containers"),
    })
}
