//! READY, STATUS, RESTARTS and AGE of a pod as `kubectl get pods` prints them with a Kubernetes 1.35 API server
//! (pkg/printers/internalversion, `printPod`).

use super::pod::{ContainerStatus, Pod, State, Terminated};
use crate::k8s::Time;

/// The columns of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// READY, such as `1/2`.
    pub ready: String,
    /// STATUS, such as `Init:CrashLoopBackOff`.
    pub status: String,
    /// RESTARTS, such as `3 (46m ago)`.
    pub restarts: String,
    /// AGE, such as `47m`.
    pub age: String,
}

/// The columns of `pod` at the time `now`.
pub fn columns(pod: &Pod, now: Time) -> Columns {
    let mut walk = Walk { status: initial_status(pod), ready: 0, restarts: Restarts::default() };
    let is_initialized = walk.init_containers(pod);
    if is_initialized || pod.condition("Initialized").is_some_and(|condition| condition.is_true) {
        walk.app_containers(pod);
    }
    if pod.deleted.is_some() {
        if pod.reason == "NodeLost" {
            "Unknown".clone_into(&mut walk.status);
        } else if !pod.is_finished() {
            "Terminating".clone_into(&mut walk.status);
        }
    }
    let natives = pod.init_containers.iter().filter(|container| container.always_restarts).count();
    Columns {
        ready: format!("{}/{}", walk.ready, natives + pod.containers.len()),
        status: walk.status,
        restarts: walk.restarts.text(now),
        age: pod.created.map_or_else(|| "<unknown>".to_owned(), |created| duration(now.millis_since(created))),
    }
}

fn initial_status(pod: &Pod) -> String {
    let is_gated = pod.condition("PodScheduled").is_some_and(|condition| condition.reason == "SchedulingGated");
    match pod.reason.as_str() {
        _ if is_gated => "SchedulingGated".to_owned(),
        "" => pod.phase.clone(),
        reason => reason.to_owned(),
    }
}

/// The walk over the statuses of a pod's containers.
struct Walk {
    status: String,
    ready: usize,
    restarts: Restarts,
}

impl Walk {
    /// Walks over the statuses of init containers up to the first that is not done. Returns whether all are done.
    fn init_containers(&mut self, pod: &Pod) -> bool {
        let mut natives = Restarts::default();
        for (index, container) in pod.init_statuses.iter().enumerate() {
            let is_native = pod.is_native(&container.name);
            self.restarts.add(container);
            if is_native {
                natives.add(container);
            }
            let status = match &container.state {
                State::Terminated(Terminated { exit_code: 0, .. }) => continue,
                _ if is_native && container.started => {
                    self.ready += usize::from(container.ready);
                    continue;
                }
                State::Terminated(terminated) => terminated.word(),
                State::Waiting { reason } if !matches!(reason.as_str(), "" | "PodInitializing") => reason.clone(),
                _ => format!("{index}/{}", pod.init_containers.len()),
            };
            self.status = format!("Init:{status}");
            if pod.condition("Initialized").is_some_and(|condition| condition.is_true) {
                self.restarts = natives;
            }
            return false;
        }
        self.restarts = natives;
        true
    }

    /// Walks over the statuses of ordinary containers, from the last to the first.
    fn app_containers(&mut self, pod: &Pod) {
        let (mut is_running, mut failure) = (false, None);
        for container in pod.statuses.iter().rev() {
            self.restarts.add(container);
            match &container.state {
                State::Waiting { reason } if !reason.is_empty() => self.status.clone_from(reason),
                State::Terminated(terminated) => {
                    self.status = terminated.word();
                    if terminated.exit_code != 0 {
                        failure = Some(terminated.word());
                    }
                }
                State::Running { .. } if container.ready => {
                    is_running = true;
                    self.ready += 1;
                }
                _ => {}
            }
        }
        if self.status == "Completed" {
            let is_ready = pod.condition("Ready").is_some_and(|condition| condition.is_true);
            match failure {
                _ if is_running && is_ready => "Running".clone_into(&mut self.status),
                Some(failure) => self.status = failure,
                None if is_running => "NotReady".clone_into(&mut self.status),
                None => {}
            }
        }
    }
}

/// The restarts of some containers.
#[derive(Default)]
struct Restarts {
    count: i64,
    last: Option<Time>,
}

impl Restarts {
    fn add(&mut self, container: &ContainerStatus) {
        self.count = self.count.saturating_add(container.restarts);
        self.last = self.last.max(container.last.as_ref().and_then(|last| last.finished));
    }

    fn text(&self, now: Time) -> String {
        match self.last {
            Some(last) if self.count != 0 => format!("{} ({} ago)", self.count, duration(now.millis_since(last))),
            _ => self.count.to_string(),
        }
    }
}

/// A duration in milliseconds as kubectl prints it (`HumanDuration`): one or two units, rounded down.
pub fn duration(millis: i64) -> String {
    let seconds = millis / 1000;
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let two = |large: i64, unit: char, small: i64, small_unit: char| {
        if small == 0 { format!("{large}{unit}") } else { format!("{large}{unit}{small}{small_unit}") }
    };
    match (seconds, minutes, hours) {
        (..-1, ..) => "<invalid>".to_owned(),
        (..0, ..) => "0s".to_owned(),
        (..120, ..) => format!("{seconds}s"),
        (_, ..10, _) => two(minutes, 'm', seconds % 60, 's'),
        (_, ..180, _) => format!("{minutes}m"),
        (.., ..8) => two(hours, 'h', minutes % 60, 'm'),
        (.., ..48) => format!("{hours}h"),
        (.., ..192) => two(hours / 24, 'd', hours % 24, 'h'),
        (.., ..17_520) => format!("{}d", hours / 24),
        (.., ..70_080) => two(hours / 24 / 365, 'y', hours / 24 % 365, 'd'),
        _ => format!("{}y", hours / 24 / 365),
    }
}
