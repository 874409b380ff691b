//! Labels of namespaces that contradict each other or do nothing.

use serde_json::Value;

use super::command::argument;
use super::facts::{Revision, text};
use super::{Answer, Check, Date, Facts, Group};
use crate::istio::names::{DEFAULT_REVISION, label};

pub(super) const CHECK: Check = Check { code: "namespace-labels", group: Group::Admission, decides: false, answers };

/// The label that adds a namespace to the ambient mesh.
const DATAPLANE_MODE: &str = "istio.io/dataplane-mode";

/// A Namespace with the labels that matter; they are empty where absent.
#[derive(Debug)]
pub(super) struct Namespace {
    pub(super) name: String,
    pub(super) injection: String,
    pub(super) revision: String,
    is_ambient: bool,
}

impl Namespace {
    pub(super) fn of(value: &Value) -> Self {
        let label = |name: &str| text(value, &["metadata", "labels", name]).to_owned();
        Self {
            name: text(value, &["metadata", "name"]).to_owned(),
            injection: label(label::INJECTION),
            revision: label(label::REVISION),
            is_ambient: label(DATAPLANE_MODE) == "ambient",
        }
    }

    /// Whether its labels request sidecars.
    pub(super) fn is_injected(&self) -> bool {
        self.injection == "enabled" || (self.injection.is_empty() && !self.revision.is_empty())
    }

    fn has_labels(&self) -> bool {
        !self.injection.is_empty() || !self.revision.is_empty() || self.is_ambient
    }

    fn seen(&self) -> String {
        let labels = [
            (label::INJECTION, self.injection.as_str()),
            (label::REVISION, &self.revision),
            (DATAPLANE_MODE, if self.is_ambient { "ambient" } else { "" }),
        ];
        let labels = labels.iter().filter(|(_, value)| !value.is_empty());
        labels.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
    }

    /// The command that changes its labels.
    fn relabel(&self, change: &str) -> String {
        format!("kubectl label namespace {} {change}", argument(&self.name, "NAMESPACE"))
    }
}

fn answers(facts: &Facts, _: Date) -> Vec<Answer> {
    if facts.namespaces.is_empty() {
        return vec![Answer::unknown("", "the input has no Namespaces").fix("kubectl get namespaces -o yaml")];
    }
    let revisions = facts.revisions();
    let is_addon = facts.is_aks() && !facts.has_own_mesh();
    let labelled = facts.namespaces.iter().filter(|namespace| namespace.has_labels());
    let answers: Vec<Answer> = labelled
        .map(|namespace| {
            let subject = format!("namespace {}", namespace.name);
            answer(facts, &revisions, is_addon, namespace).about(subject)
        })
        .collect();
    if answers.is_empty() { vec![Answer::ok("", "no namespace has labels of Istio")] } else { answers }
}

fn answer(facts: &Facts, revisions: &[Revision<'_>], is_addon: bool, namespace: &Namespace) -> Answer {
    let seen = namespace.seen();
    if namespace.is_ambient && namespace.is_injected() {
        let text = "ambient and sidecars: pods with a sidecar are not part of the ambient mesh";
        return Answer::warn(seen, text).fix(namespace.relabel(&format!("{DATAPLANE_MODE}-")));
    }
    if is_addon && namespace.injection == "enabled" {
        let name = revisions.last().map_or("asm-1-N", |revision| revision.name.as_str());
        let change = format!("{}- {}={}", label::INJECTION, label::REVISION, argument(name, "asm-1-N"));
        let text = format!("the add-on of AKS injects by {} only: this label does nothing", label::REVISION);
        return Answer::warn(seen, text).fix(namespace.relabel(&change));
    }
    let name = &namespace.revision;
    if !namespace.injection.is_empty() && !name.is_empty() {
        return both(facts, revisions, namespace, seen);
    }
    if name.is_empty() || is_served(facts, revisions, name) {
        Answer::ok(seen, "")
    } else if facts.webhooks.is_empty() {
        let text = "not a known revision; whether it is a tag is in the webhooks";
        Answer::unknown(seen, text).fix("kubectl get mutatingwebhookconfigurations -o yaml")
    } else {
        Answer::warn(seen, "no revision or tag has this name: no pod gets a sidecar").fix("istioctl tag list")
    }
}

/// A namespace with both labels of injection. The command keeps what happens now, unless no pod gets a sidecar now although
/// the labels ask for one.
fn both(facts: &Facts, revisions: &[Revision<'_>], namespace: &Namespace, seen: String) -> Answer {
    let name = &namespace.revision;
    let text = format!("{} takes precedence: {} has no effect", label::INJECTION, label::REVISION);
    let without_injection = namespace.relabel(&format!("{}-", label::INJECTION));
    let without_revision = namespace.relabel(&format!("{}-", label::REVISION));
    let is_same = namespace.injection == "enabled" && name == DEFAULT_REVISION;
    if is_same || !is_served(facts, revisions, name) {
        return Answer::warn(seen, text).fix(without_revision);
    }
    let is_asking = namespace.injection == "enabled" && !facts.webhooks.is_empty();
    if is_asking && !is_served(facts, revisions, DEFAULT_REVISION) {
        let text = format!("{text}, and without a revision or tag {DEFAULT_REVISION}, no pod gets a sidecar");
        return Answer::warn(seen, text).fix(without_injection);
    }
    let other = format!("the command keeps it so; to use {name} instead, remove {}", label::INJECTION);
    Answer::warn(seen, format!("{text}; {other}")).fix(without_revision)
}

/// Whether a revision or tag has this name, as far as the facts tell.
fn is_served(facts: &Facts, revisions: &[Revision<'_>], name: &str) -> bool {
    revisions.iter().any(|revision| revision.name == name)
        || facts.webhooks.iter().any(|webhook| {
            webhook.is_istio() && (webhook.tag == name || (webhook.tag.is_empty() && webhook.revision == name))
        })
}
