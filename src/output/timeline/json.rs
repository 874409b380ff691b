//! The lives of pods as one JSON document (docs/reference/schemas/timeline.schema.json).

use serde_json::{Value, json};

use crate::cluster::timeline::{Run, Timeline, Track, Wait};

/// The timelines as JSON.
pub fn timeline_value(timelines: &[Timeline]) -> Value {
    json!({"version": 1, "pods": timelines.iter().map(one).collect::<Vec<_>>()})
}

fn one(timeline: &Timeline) -> Value {
    let moments = timeline.moments.iter().map(|moment| {
        json!({
            "time": moment.at.to_string(),
            "container": moment.container,
            "code": moment.what.code(),
            "text": super::text::what(timeline, moment),
            "bad": moment.what.is_bad(),
        })
    });
    let gaps = timeline.gaps.iter().map(|gap| json!({"code": gap.code(), "text": gap.to_string()}));
    json!({
        "namespace": timeline.namespace,
        "name": timeline.name,
        "node": timeline.node,
        "proxy": timeline.columns.as_ref().map(|_| timeline.proxy.word()),
        "ready": timeline.columns.as_ref().map(|columns| &columns.ready),
        "status": timeline.columns.as_ref().map(|columns| &columns.status),
        "containers": timeline.tracks.iter().map(track).collect::<Vec<_>>(),
        "moments": moments.collect::<Vec<_>>(),
        "unknown": gaps.collect::<Vec<_>>(),
    })
}

fn track(track: &Track) -> Value {
    json!({
        "name": track.name,
        "role": track.role.word(),
        "injected": track.is_proxy,
        "restarts": track.restarts,
        "waiting": Some(&track.waiting).filter(|reason| !reason.is_empty()),
        "blockedBy": track.blocked_by,
        "runs": track.runs.iter().map(run).collect::<Vec<_>>(),
        "waitedFor": track.waited_for.as_ref().map(wait),
        "outlived": track.outlived.as_ref().map(wait),
    })
}

fn run(run: &Run) -> Value {
    json!({
        "started": run.started.to_string(),
        "ready": run.ready.map(|(at, by)| json!({"time": at.to_string(), "by": by.code()})),
        "ended": run.ended.map(|ended| ended.to_string()),
        "succeeded": run.ended.map(|_| run.succeeded),
    })
}

fn wait(wait: &Wait) -> Value {
    json!({"container": wait.container, "seconds": wait.seconds})
}
