//! Whether node pools run, or an operation on them is under way.

use super::command::{aks_cluster, aks_pool, aks_show};
use super::{Answer, Check, Date, Facts, Group};

pub(super) const CHECK: Check = Check { code: "node-pool-state", group: Group::Kubernetes, decides: false, answers };

fn answers(facts: &Facts, _: Date) -> Vec<Answer> {
    if !facts.is_aks() {
        return Vec::new();
    }
    let mut answers = Vec::new();
    if let Some(cluster) = &facts.cluster {
        let states = (cluster.power_state.as_deref(), cluster.provisioning_state.as_deref());
        let show = aks_cluster(Some(cluster), "show");
        answers.push(
            answer(states, (&aks_cluster(Some(cluster), "start"), &show)).about(format!("cluster {}", cluster.name)),
        );
    }
    for pool in facts.pools() {
        let states = (pool.power_state.as_deref(), pool.provisioning_state.as_deref());
        let [start, show] = ["start", "show"].map(|verb| aks_pool(facts, verb, &pool.name));
        answers.push(answer(states, (&start, &show)).about(format!("node pool {}", pool.name)));
    }
    if answers.is_empty() {
        answers.push(Answer::unknown("", "the input has neither the cluster nor its node pools").fix(aks_show(facts)));
    }
    answers
}

/// The meaning of the power state and the provisioning state, with the commands to start and to show it.
fn answer((power, provisioning): (Option<&str>, Option<&str>), (start, show): (&str, &str)) -> Answer {
    let is = |state: Option<&str>, expected: &str| state.is_none_or(|state| state.eq_ignore_ascii_case(expected));
    let seen = [power, provisioning].into_iter().flatten().collect::<Vec<_>>().join(", ");
    if !is(power, "Running") {
        Answer::warn(seen, "not running: its versions count again when it starts").fix(start)
    } else if !is(provisioning, "Succeeded") {
        Answer::warn(seen, "an operation is under way or failed: versions can change").fix(show)
    } else if seen.is_empty() {
        Answer::unknown("", "the document has no state").fix(show)
    } else {
        Answer::ok(seen, "")
    }
}
