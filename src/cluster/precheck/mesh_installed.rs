//! Which mesh there is.

use super::command::GET_ISTIOD;
use super::{Answer, Check, Date, Facts, Group};

pub(super) const CHECK: Check = Check { code: "mesh-installed", group: Group::Istio, decides: false, answers };

fn answers(facts: &Facts, _: Date) -> Vec<Answer> {
    let revisions = facts.revisions();
    let names = |is_addon: bool| {
        let names = revisions.iter().filter(|revision| revision.is_addon == is_addon);
        names.map(|revision| revision.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let mut answers = Vec::new();
    if revisions.iter().any(|revision| revision.is_addon) {
        answers.push(Answer::ok(names(true), "the Istio add-on of AKS"));
    }
    if revisions.iter().any(|revision| !revision.is_addon) {
        let text = if facts.kyma.is_empty() { "Istio" } else { "the Istio module of Kyma" };
        answers.push(Answer::ok(names(false), text));
    } else if facts.kyma.iter().any(|resource| resource.state == "Ready") {
        answers.push(Answer::ok("Ready", "the Istio module of Kyma"));
    }
    if answers.is_empty() {
        let text = match &facts.cluster {
            Some(_) => "the Istio add-on is off, and AKS's documents do not say whether another Istio is installed",
            None => "the input has no istiod",
        };
        answers.push(Answer::unknown("", text).fix(GET_ISTIOD));
    }
    answers
}
