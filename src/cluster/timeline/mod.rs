//! `timeline`: when each container of a pod started, became ready and ended, and what it waited for.
//!
//! Times come from statuses and conditions, and from events for what these do not store. The field path of an event names
//! its container; messages are not parsed.
//!
//! | file | job |
//! |---|---|
//! | `collect` | collects pods, events and lines of logs |
//! | `track` | the life of one container |
//! | `moment` | an event at a time |
//! | `log` | lines of a proxy's log |

mod collect;
pub mod log;
mod moment;
mod track;

use std::fmt;

use super::event::Event;
use super::pod::{Pod, RunningProxy, State};
use super::printing::{Columns, columns};
use crate::explain::Role;
use crate::k8s::Time;
use log::LogMoment;

pub use collect::{Collected, Target, TargetError};
pub use moment::{Moment, What};
pub use track::{ReadyBy, Run, Track, Wait};

/// The life of a pod.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The node; empty if it is not known.
    pub node: String,
    /// The proxy that it runs.
    pub proxy: RunningProxy,
    /// What kubectl prints; none if only events of the pod are known.
    pub columns: Option<Columns>,
    /// The containers in the order in which they start.
    pub tracks: Vec<Track>,
    /// What happened, in order.
    pub moments: Vec<Moment>,
    /// Whether something still runs.
    pub is_running: bool,
    /// Whether the pod has ended, so that nothing more happens.
    pub is_over: bool,
    /// What cannot be known.
    pub gaps: Vec<Gap>,
}

/// Something that is not stored anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// When containers became ready.
    ReadyTimes,
    /// Earlier runs of a container.
    EarlierRuns {
        /// The container.
        container: String,
        /// The number of earlier runs.
        count: i64,
    },
    /// How long a container ran: it ended before it started.
    Clock {
        /// The container.
        container: String,
    },
    /// The order in which containers ended.
    StopOrder,
    /// The events are missing.
    Events,
    /// The statuses of the pod are missing.
    Statuses,
}

impl Gap {
    /// The stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ReadyTimes => "ready-times",
            Self::EarlierRuns { .. } => "earlier-runs",
            Self::Clock { .. } => "clock",
            Self::StopOrder => "stop-order",
            Self::Events => "events",
            Self::Statuses => "statuses",
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadyTimes => f.write_str(
                "when each container became ready: Kubernetes stores it only for the pod. A sidecar had started at the latest \
                 when the next container did",
            ),
            Self::EarlierRuns { container, count: 1 } => {
                write!(f, "an earlier run of {container}: Kubernetes stores only the last two")
            }
            Self::EarlierRuns { container, count } => {
                write!(f, "{count} earlier runs of {container}: Kubernetes stores only the last two")
            }
            Self::Clock { container } => write!(
                f,
                "how long {container} ran: it ended before it started, so the node's clock was set back in between"
            ),
            Self::StopOrder => f.write_str(
                "the order in which containers ended: Killing events come for all of them at once, and only the statuses of a pod \
                 that still exists have the times",
            ),
            Self::Events => f.write_str("probe failures and image pulls: no events of the pod are given, or they expired"),
            Self::Statuses => f.write_str("how containers ended: only events of the pod are given"),
        }
    }
}

impl Timeline {
    /// The timeline of a pod, by its statuses, events and log.
    pub(super) fn of(pod: &Pod, events: &[&Event], logs: &[&LogMoment], now: Time) -> Self {
        let is_known = !pod.containers.is_empty();
        let mut tracks = track::tracks(pod);
        for log in logs.iter().filter(|log| log.is_ready) {
            let of_log = |track: &&mut Track| Some(&track.name) == log.moment.container.as_ref();
            let runs = tracks.iter_mut().find(of_log).map(|track| &mut track.runs);
            let run = runs.and_then(|runs| runs.iter_mut().rfind(|run| run.started <= log.moment.at));
            if let Some(run) = run {
                run.ready = Some((log.moment.at, ReadyBy::Log));
            }
        }
        let mut moments = pod_moments(pod);
        let limit = pod.deleted;
        for track in &tracks {
            let statuses = if track.role == Role::App { &pod.statuses } else { &pod.init_statuses };
            let status = statuses.iter().find(|status| status.name == track.name);
            moments.extend(track.moments(status, limit));
        }
        let of_events = events.iter().filter_map(|event| event_moment(event, &moments)).collect::<Vec<_>>();
        moments.extend(of_events);
        moments.extend(logs.iter().map(|log| log.moment.clone()));
        moments.sort_by_key(|moment| moment.at);
        let gaps = gaps(pod, is_known, &tracks, events);
        let runs = |status: &super::pod::ContainerStatus| matches!(status.state, State::Running { .. });
        Self {
            namespace: pod.namespace.clone(),
            name: pod.name.clone(),
            node: pod.node.clone(),
            proxy: pod.proxy(),
            columns: is_known.then(|| columns(pod, now)),
            is_over: pod.is_finished() || pod.deleted.is_some_and(|end| end < now) || !is_known,
            is_running: pod.init_statuses.iter().chain(&pod.statuses).any(runs),
            tracks,
            moments,
            gaps,
        }
    }
}

/// The moments of the pod as a whole.
fn pod_moments(pod: &Pod) -> Vec<Moment> {
    let mut moments = Vec::new();
    moments.extend(pod.created.map(|at| Moment::of_pod(at, What::Created)));
    for condition in &pod.conditions {
        let (yes, no) = match condition.kind.as_str() {
            "PodScheduled" => (What::Scheduled, None),
            "PodReadyToStartContainers" => (What::SandboxReady, None),
            "Initialized" => (What::Initialized, None),
            "ContainersReady" => (What::ContainersReady, None),
            "Ready" => (What::Ready, Some("ready")),
            _ => continue,
        };
        // A condition that was never true has been false since the pod was created.
        let was_true = condition.since.zip(pod.created).is_none_or(|(since, created)| since > created.plus_seconds(2));
        let what = match (condition.is_true, no) {
            (true, _) => yes,
            (false, Some(condition)) if was_true && !pod.statuses.is_empty() => What::NoLonger { condition },
            _ => continue,
        };
        moments.extend(condition.since.map(|at| Moment::of_pod(at, what)));
    }
    // All containers and the pod usually become ready at once.
    let ready = moments.iter().find(|moment| moment.what == What::Ready).map(|moment| moment.at);
    moments.retain(|moment| moment.what != What::ContainersReady || Some(moment.at) != ready);
    if let Some(end) = pod.deleted {
        let grace = pod.deletion_grace.or(pod.grace).unwrap_or(30);
        moments.push(Moment::of_pod(end.plus_seconds(grace.saturating_neg()), What::Deleted { grace }));
        moments.push(Moment::of_pod(end, What::GraceEnds));
    }
    moments
}

/// The moment of an event, unless `known` has it already.
fn event_moment(event: &Event, known: &[Moment]) -> Option<Moment> {
    let at = event.first?;
    let container = event.container().map(str::to_owned);
    let is_near = |moment: &&Moment| moment.at.millis_since(at).abs() <= 2000 && moment.container == container;
    let is_known = match event.reason.as_str() {
        "Started" | "Created" => known.iter().filter(is_near).any(|m| matches!(m.what, What::Started { .. })),
        "Scheduled" => known.iter().any(|moment| moment.what == What::Scheduled),
        _ => false,
    };
    let last = event.last.filter(|last| *last > at);
    (!is_known).then(|| Moment {
        at,
        container,
        what: What::Event {
            reason: event.reason.clone(),
            message: event.message.clone(),
            count: event.count,
            last,
            is_warning: event.is_warning,
        },
    })
}

/// What is not known.
fn gaps(pod: &Pod, is_known: bool, tracks: &[Track], events: &[&Event]) -> Vec<Gap> {
    let mut gaps = Vec::new();
    if !is_known {
        gaps.push(Gap::Statuses);
    }
    let guesses = |track: &Track| track.runs.iter().any(|run| run.ready.is_some_and(|(_, by)| by != ReadyBy::Log));
    if tracks.iter().any(guesses) {
        gaps.push(Gap::ReadyTimes);
    }
    for track in tracks {
        let count = track.earlier_runs();
        if count > 0 {
            gaps.push(Gap::EarlierRuns { container: track.name.clone(), count });
        }
        if track.runs.iter().any(|run| run.ended.is_some_and(|ended| ended < run.started)) {
            gaps.push(Gap::Clock { container: track.name.clone() });
        }
    }
    let has_ends = pod.statuses.iter().any(|status| matches!(status.state, State::Terminated(_)));
    if events.iter().any(|event| event.reason == "Killing") && !has_ends {
        gaps.push(Gap::StopOrder);
    }
    if events.is_empty() {
        gaps.push(Gap::Events);
    }
    gaps
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_out_of_range_do_no_harm() {
        for number in [i64::MIN, i64::MAX] {
            let status = |name: &str| {
                json!({
                    "name": name,
                    "restartCount": number,
                    "lastState": {"terminated": {"exitCode": number, "finishedAt": "2026-11-20T08:00:00Z"}},
                    "state": {"running": {"startedAt": "2026-11-20T08:00:01Z"}},
                })
            };
            let pod = Pod::of(&json!({
                "metadata": {"deletionTimestamp": "2026-11-20T08:00:30Z", "deletionGracePeriodSeconds": number},
                "spec": {"containers": [{"name": "a"}, {"name": "b"}]},
                "status": {"containerStatuses": [status("a"), status("b")]},
            }));
            let timeline = Timeline::of(&pod, &[], &[], Time::from_unix(0));
            assert!(timeline.is_running && timeline.moments.len() > 4, "{number}: {timeline:?}");
        }
    }
}
