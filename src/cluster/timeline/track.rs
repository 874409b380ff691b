//! The life of one container: its runs, when it was ready, and what it waited for.

use super::moment::{Moment, What};
use crate::cluster::pod::{ContainerStatus, Pod, State, Terminated};
use crate::explain::Role;
use crate::istio::names::container::PROXY;
use crate::k8s::Time;

/// A container.
#[derive(Clone, Debug)]
pub struct Track {
    /// The name.
    pub name: String,
    /// App, init container or sidecar.
    pub role: Role,
    /// Whether it is the mesh's proxy.
    pub is_proxy: bool,
    /// The runs that are known, in order: at most the last two, as Kubernetes stores no others.
    pub runs: Vec<Run>,
    /// How often it was restarted.
    pub restarts: i64,
    /// Why it does not run now, such as `CrashLoopBackOff`; empty if it runs or ended.
    pub waiting: String,
    /// The container that it waits for now.
    pub blocked_by: Option<String>,
    /// What it waited for before its first run.
    pub waited_for: Option<Wait>,
    /// What it waited for before it ended.
    pub outlived: Option<Wait>,
}

/// A run of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The start.
    pub started: Time,
    /// When it was started or ready at the latest, if that is known, and how.
    pub ready: Option<(Time, ReadyBy)>,
    /// Whether it is still starting: a sidecar whose startup probe has not succeeded.
    pub is_starting: bool,
    /// The end.
    pub ended: Option<Time>,
    /// Whether it ended with exit code 0.
    pub succeeded: bool,
}

/// How it is known when a container was ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadyBy {
    /// The next container started, for which it had to be started.
    NextStarted,
    /// The pod was initialized, for which it had to be started.
    Initialized,
    /// By the proxy's log.
    Log,
}

impl ReadyBy {
    /// The stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::NextStarted => "next-started",
            Self::Initialized => "initialized",
            Self::Log => "log",
        }
    }
}

/// A time during which a container waited for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The other container.
    pub container: String,
    /// For how many seconds.
    pub seconds: i64,
}

/// The containers of a pod in the order in which they start.
pub(super) fn tracks(pod: &Pod) -> Vec<Track> {
    let init = pod.init_containers.iter().map(|container| {
        let role = if container.always_restarts { Role::Sidecar } else { Role::Init };
        track(&container.name, role, &pod.init_statuses)
    });
    let apps = pod.containers.iter().map(|container| track(&container.name, Role::App, &pod.statuses));
    let mut tracks: Vec<Track> = init.chain(apps).collect();
    set_ready(pod, &mut tracks);
    set_waits(&mut tracks);
    set_blocked(&mut tracks);
    tracks
}

fn track(name: &str, role: Role, statuses: &[ContainerStatus]) -> Track {
    // Statuses are found by name: their order may differ.
    let status = statuses.iter().find(|status| status.name == name);
    let mut runs = Vec::new();
    let mut waiting = String::new();
    let ended = |end: &Terminated| {
        let started = end.started.or(end.finished)?;
        Some(Run { started, ready: None, is_starting: false, ended: end.finished, succeeded: end.exit_code == 0 })
    };
    if let Some(status) = status {
        runs.extend(status.last.as_ref().and_then(ended));
        match &status.state {
            State::Running { started: Some(started) } => {
                let is_starting = role == Role::Sidecar && !status.started;
                runs.push(Run { started: *started, ready: None, is_starting, ended: None, succeeded: false });
            }
            State::Terminated(end) => runs.extend(ended(end)),
            State::Waiting { reason } => waiting.clone_from(reason),
            State::Running { started: None } | State::Unknown => {}
        }
    }
    Track {
        name: name.to_owned(),
        role,
        is_proxy: name == PROXY,
        runs,
        restarts: status.map_or(0, |status| status.restarts),
        waiting,
        blocked_by: None,
        waited_for: None,
        outlived: None,
    }
}

impl Track {
    /// The first run of the container, if it is among those that are known.
    fn first_run(&self) -> Option<&Run> {
        self.runs.first().filter(|_| self.earlier_runs() == 0)
    }

    /// How many runs before the known ones there were.
    pub(super) fn earlier_runs(&self) -> i64 {
        let known = i64::try_from(self.runs.len()).unwrap_or(i64::MAX);
        if known == 0 { 0 } else { self.restarts.saturating_add(1).saturating_sub(known).max(0) }
    }

    /// When it last ended, if it does not run.
    fn ended(&self) -> Option<Time> {
        self.runs.last()?.ended
    }

    /// The moments of its runs.
    pub(super) fn moments(&self, status: Option<&ContainerStatus>, limit: Option<Time>) -> Vec<Moment> {
        let mut moments = Vec::new();
        let ends = status.into_iter().flat_map(|status| {
            let now = if let State::Terminated(end) = &status.state { Some(end) } else { None };
            status.last.iter().chain(now)
        });
        for end in ends {
            moments.extend(end.finished.map(|at| Moment::of(&self.name, at, What::ended(end, limit))));
        }
        let last = self.runs.len();
        for (index, run) in self.runs.iter().enumerate() {
            // The last known run follows all restarts.
            let later = i64::try_from(last - 1 - index).unwrap_or_default();
            let restarts = Some(self.restarts.saturating_sub(later).max(0));
            moments.push(Moment::of(&self.name, run.started, What::Started { restarts }));
        }
        moments
    }
}

/// When sidecars had started: Kubernetes does not store it, but containers after them start later.
fn set_ready(pod: &Pod, tracks: &mut [Track]) {
    let initialized = pod.condition("Initialized").filter(|condition| condition.is_true).and_then(|c| c.since);
    let starts: Vec<Option<Time>> = tracks.iter().map(|track| track.first_run().map(|run| run.started)).collect();
    let first_app = |tracks: &[Track]| tracks.iter().position(|track| track.role == Role::App);
    let first_app = first_app(tracks).unwrap_or(tracks.len());
    for index in 0..tracks.len() {
        let Some(track) = tracks.get_mut(index).filter(|track| track.role == Role::Sidecar) else { continue };
        // After the last init container, all apps start at once.
        let after = starts.iter().skip(index + 1);
        let next = if index + 1 < first_app {
            after.take(1).copied().next().flatten()
        } else {
            after.copied().flatten().min()
        };
        let by = next.map(|at| (at, ReadyBy::NextStarted)).into_iter();
        let by = by.chain(initialized.map(|at| (at, ReadyBy::Initialized))).min_by_key(|(at, _)| *at);
        let is_first = track.first_run().is_some();
        if let (Some(run), Some((at, how))) = (track.runs.first_mut().filter(|_| is_first), by)
            && at >= run.started
            && run.ended.is_none_or(|ended| at <= ended)
        {
            run.ready = Some((at, how));
        }
    }
}

/// What containers waited for: in the beginning for the one before them, in the end, as sidecars, for those after them.
fn set_waits(tracks: &mut [Track]) {
    let first_app = tracks.iter().position(|track| track.role == Role::App).unwrap_or(tracks.len());
    for index in 1..tracks.len() {
        // Apps wait for the last init container, not for each other.
        let before = if index >= first_app { first_app.checked_sub(1) } else { Some(index - 1) };
        let Some(before) = before.and_then(|before| tracks.get(before)) else { continue };
        let (Some(other), name) = (before.first_run().map(|run| run.started), before.name.clone()) else { continue };
        let Some(track) = tracks.get_mut(index) else { continue };
        track.waited_for = track
            .first_run()
            .map(|run| run.started.millis_since(other) / 1000)
            .filter(|s| *s >= 0)
            .map(|seconds| Wait { container: name, seconds });
    }
    for index in 0..first_app {
        let ended = tracks.get(index).filter(|track| track.role == Role::Sidecar).and_then(Track::ended);
        let after = tracks.iter().skip(index + 1).filter(|track| track.role != Role::Init);
        let last = after.filter_map(|track| Some((track.ended()?, track.name.clone()))).max();
        if let (Some(ended), Some((last, name)), Some(track)) = (ended, last, tracks.get_mut(index))
            && ended >= last
        {
            track.outlived = Some(Wait { container: name, seconds: ended.millis_since(last) / 1000 });
        }
    }
}

/// What containers that never ran wait for: the first init container that is not done.
fn set_blocked(tracks: &mut [Track]) {
    let is_done = |track: &Track| match (track.role, track.runs.last()) {
        (Role::Init, Some(run)) => run.succeeded,
        (Role::Sidecar, Some(run)) => !run.is_starting && track.waiting.is_empty(),
        (Role::App, _) => true,
        (Role::Init | Role::Sidecar, None) => false,
    };
    let Some(first) = tracks.iter().position(|track| !is_done(track)) else { return };
    let name = tracks.get(first).map(|track| track.name.clone());
    for track in tracks.iter_mut().skip(first + 1).filter(|track| track.runs.is_empty()) {
        track.blocked_by.clone_from(&name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn found(pod: &Value) -> Vec<Track> {
        tracks(&Pod::of(pod))
    }

    fn at(second: &str) -> String {
        format!("2026-11-20T08:00:{second}Z")
    }

    fn time(second: &str) -> Time {
        Time::parse(&at(second)).unwrap()
    }

    /// A pod with a native proxy and an app, with these statuses.
    fn pod(proxy: &Value, app: &Value, conditions: &Value) -> Value {
        json!({
            "spec": {"initContainers": [{"name": "istio-proxy", "restartPolicy": "Always"}], "containers": [{"name": "web"}]},
            "status": {"initContainerStatuses": [proxy], "containerStatuses": [app], "conditions": conditions}
        })
    }

    #[test]
    fn a_sidecar_had_started_when_the_next_container_did() {
        let proxy = json!({"name": "istio-proxy", "started": true, "state": {"running": {"startedAt": at("02")}}});
        let app = json!({"name": "web", "state": {"running": {"startedAt": at("09")}}});
        let conditions = json!([{"type": "Initialized", "status": "True", "lastTransitionTime": at("08")}]);
        let tracks = found(&pod(&proxy, &app, &conditions));
        let [proxy, web] = &tracks[..] else { panic!() };
        assert_eq!(proxy.runs[0].ready, Some((time("08"), ReadyBy::Initialized)));
        assert_eq!(web.waited_for, Some(Wait { container: "istio-proxy".to_owned(), seconds: 7 }));
        assert_eq!(web.runs[0].ready, None);
    }

    #[test]
    fn a_restarted_sidecar_keeps_only_the_facts_of_its_first_run() {
        let ended = json!({"terminated": {"exitCode": 0, "startedAt": at("02"), "finishedAt": at("30")}});
        let state = json!({"running": {"startedAt": at("31")}});
        let proxy =
            json!({"name": "istio-proxy", "started": true, "restartCount": 1, "state": state, "lastState": ended});
        let app = json!({"name": "web", "state": {"running": {"startedAt": at("09")}}});
        let tracks = found(&pod(&proxy, &app, &json!([])));
        let ready: Vec<_> = tracks[0].runs.iter().map(|run| run.ready).collect();
        assert_eq!(ready, [Some((time("09"), ReadyBy::NextStarted)), None]);
        let again = json!({"name": "istio-proxy", "restartCount": 5, "state": state, "lastState": ended});
        let tracks = found(&pod(&again, &app, &json!([])));
        assert_eq!((tracks[0].runs[0].ready, tracks[0].earlier_runs()), (None, 4));
    }

    #[test]
    fn containers_that_never_ran_wait_for_the_first_unfinished_one() {
        let proxy = json!({"name": "istio-proxy", "started": false, "state": {"running": {"startedAt": at("02")}}});
        let app = json!({"name": "web", "state": {"waiting": {"reason": "PodInitializing"}}});
        let tracks = found(&pod(&proxy, &app, &json!([])));
        assert!(tracks[0].runs[0].is_starting);
        assert_eq!((tracks[0].blocked_by.as_deref(), tracks[1].blocked_by.as_deref()), (None, Some("istio-proxy")));
    }

    #[test]
    fn a_sidecar_outlives_the_apps() {
        let ended = |start: &str, end: &str| json!({"terminated": {"exitCode": 0, "startedAt": at(start), "finishedAt": at(end)}});
        let proxy = json!({"name": "istio-proxy", "state": ended("02", "33")});
        let app = json!({"name": "web", "state": ended("09", "30")});
        let tracks = found(&pod(&proxy, &app, &json!([])));
        assert_eq!(tracks[0].outlived, Some(Wait { container: "web".to_owned(), seconds: 3 }));
    }
}
