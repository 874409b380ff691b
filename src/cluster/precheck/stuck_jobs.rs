//! Jobs that hang because their regular proxy keeps running.

use serde_json::Value;

use super::command::argument;
use super::facts::{Known, items, text};
use super::{Answer, Check, Date, Facts, Group};
use crate::istio::names::container::PROXY;

pub(super) const CHECK: Check = Check { code: "stuck-jobs", group: Group::Workloads, decides: false, answers };

/// A pod of a Job in which only the regular proxy still runs.
#[derive(Debug)]
pub(super) struct StuckPod {
    pub(super) namespace: String,
    pub(super) job: String,
    pod: String,
    /// When the last app container ended.
    ended: String,
}

impl StuckPod {
    /// Reads a Pod; none if it does not hang.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let owners = items(value, &["metadata", "ownerReferences"]);
        let job = owners.iter().find(|owner| text(owner, &["kind"]) == "Job" && owner["controller"] != false)?;
        let statuses = items(value, &["status", "containerStatuses"]);
        let is_running = |status: &Value| status.pointer("/state/running").is_some_and(Value::is_object);
        let ended = |status: &Value| Some(text(status.pointer("/state/terminated")?, &["finishedAt"]).to_owned());
        let (proxies, apps): (Vec<&Value>, Vec<&Value>) =
            statuses.iter().partition(|status| text(status, &["name"]) == PROXY);
        let ends: Option<Vec<String>> = apps.into_iter().map(ended).collect();
        if !proxies.into_iter().any(is_running) {
            return None;
        }
        Some(Self {
            namespace: text(value, &["metadata", "namespace"]).to_owned(),
            job: text(job, &["name"]).to_owned(),
            pod: text(value, &["metadata", "name"]).to_owned(),
            ended: ends?.into_iter().max()?,
        })
    }
}

fn answers(facts: &Facts, _: Date) -> Vec<Answer> {
    if !facts.known.contains(&Known::Pods) {
        return vec![Answer::unknown("", "the input has no Pods").fix("kubectl get pods -A -o json")];
    }
    let of = |((namespace, job), stuck): (&(String, String), &StuckPod)| {
        let seen = if stuck.ended.is_empty() { String::new() } else { format!("done since {}", stuck.ended) };
        let quit = format!(
            "kubectl exec -n {} {} -c {PROXY} -- pilot-agent request POST quitquitquit",
            argument(namespace, "NAMESPACE"),
            argument(&stuck.pod, "POD")
        );
        let text = "only its regular proxy still runs; with the annotation, the next one finishes";
        Answer::warn(seen, text).about(format!("job {namespace}/{job}")).fix(quit)
    };
    let answers: Vec<Answer> = facts.stuck_jobs.iter().map(of).collect();
    if answers.is_empty() { vec![Answer::ok("none", "")] } else { answers }
}
