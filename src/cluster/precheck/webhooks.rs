//! Webhooks that may strip `restartPolicy` from native sidecars, and policies that set the annotation before them.

use serde_json::Value;

use super::command::argument;
use super::facts::{items, text};
use super::{Answer, Check, Date, Facts, Group, setters};
use crate::cluster::event::Event;
use crate::cluster::owners::ObjectKey;
use crate::istio::names::label;
use crate::istio::value::at;

pub(super) const CHECK: Check = Check { code: "webhooks", group: Group::Admission, decides: false, answers };

/// A program whose webhook has removed `restartPolicy`: it decodes pods with types that lack the field.
struct Stripper {
    /// A part of the name of its configuration or webhook.
    name: &'static str,
    /// The versions that were seen to do it.
    seen: &'static str,
    /// Where it was reported.
    source: &'static str,
}

const fn stripper(name: &'static str, seen: &'static str, source: &'static str) -> Stripper {
    Stripper { name, seen, source }
}

/// Known strippers.
const STRIPPERS: [Stripper; 12] = [
    stripper("opentelemetry-operator", "0.92.1", "istio#49054"),
    stripper("pod-identity-webhook", "before 2024", "aws/amazon-eks-pod-identity-webhook#208"),
    stripper("datadog", "chart 3.118.0", "DataDog/datadog-agent#37837"),
    stripper("pod-admission-controller.spiffe.gke.io", "2025", "DataDog/datadog-agent#37837"),
    stripper(
        "istio-inject.webhook.crfa.internal.knative.dev",
        "2024-08",
        "GoogleCloudPlatform/gcs-fuse-csi-driver#322",
    ),
    stripper("gcsfuse", "GKE 1.29.4", "GoogleCloudPlatform/gcs-fuse-csi-driver#296"),
    stripper("appmesh", "1.12.7", "aws/aws-app-mesh-controller-for-k8s#774"),
    stripper("secrets-init", "2025-01", "doitintl/kube-secrets-init#53"),
    stripper("gtoken", "2025-02", "doitintl/gtoken#38"),
    stripper("berglas", "2024", "GoogleCloudPlatform/berglas#264"),
    stripper("kube-image-keeper", "1.11.0", "enix/kube-image-keeper#457"),
    stripper("migrations.coderanger.net", "fixed since", "coderanger/migrations-operator#22"),
];

/// Shows what the webhooks make of a pod, in a namespace that Istio and the webhook select.
const PROBE: &str = "kubectl nativesidecar precheck --probe -n NAMESPACE";

/// The starts of the names of Istio's configurations.
const ISTIO: [&str; 2] = ["istio-sidecar-injector", "istio-revision-tag-"];

/// A `MutatingWebhookConfiguration`.
#[derive(Debug)]
pub(super) struct Configuration {
    pub(super) name: String,
    /// The revision and the tag that it serves, if it is Istio's.
    pub(super) revision: String,
    pub(super) tag: String,
    /// The webhooks that are called for new pods.
    hooks: Vec<Hook>,
}

#[derive(Debug)]
struct Hook {
    name: String,
    is_reinvoked: bool,
    /// The selectors, for messages.
    selectors: String,
}

impl Configuration {
    pub(super) fn of(value: &Value) -> Self {
        let label = |name: &str| text(value, &["metadata", "labels", name]).to_owned();
        let hook = |hook: &Value| {
            items(hook, &["rules"]).iter().any(creates_pods).then(|| Hook {
                name: text(hook, &["name"]).to_owned(),
                is_reinvoked: text(hook, &["reinvocationPolicy"]) == "IfNeeded",
                selectors: selectors(hook),
            })
        };
        Self {
            name: text(value, &["metadata", "name"]).to_owned(),
            revision: label(label::REVISION),
            tag: label(label::TAG),
            hooks: items(value, &["webhooks"]).iter().filter_map(hook).collect(),
        }
    }

    pub(super) fn is_istio(&self) -> bool {
        ISTIO.iter().any(|start| self.name.starts_with(start))
    }
}

/// Whether a rule is about the creation of pods.
fn creates_pods(rule: &Value) -> bool {
    let has = |key: &str, among: &[&str]| {
        items(rule, &[key]).iter().any(|item| item.as_str().is_some_and(|item| among.contains(&item)))
    };
    has("apiGroups", &["", "*"])
        && has("apiVersions", &["v1", "*"])
        && has("operations", &["CREATE", "*"])
        && has("resources", &["pods", "*", "*/*"])
}

/// What a webhook selects, such as `namespaces with team=a`; empty if it selects everything.
fn selectors(hook: &Value) -> String {
    let selected =
        [("namespaceSelector", "namespaces"), ("objectSelector", "pods")].iter().filter_map(|(key, what)| {
            let labels = at(hook, &[key, "matchLabels"]).and_then(Value::as_object);
            let equal = labels
                .into_iter()
                .flatten()
                .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()));
            let expression = |expression: &Value| {
                let values: Vec<&str> = items(expression, &["values"]).iter().filter_map(Value::as_str).collect();
                let (key, operator) = (text(expression, &["key"]), text(expression, &["operator"]));
                if values.is_empty() {
                    format!("{key} {operator}")
                } else {
                    format!("{key} {operator} ({})", values.join(", "))
                }
            };
            let all: Vec<String> =
                equal.chain(items(hook, &[key, "matchExpressions"]).iter().map(expression)).collect();
            (!all.is_empty()).then(|| format!("{what} with {}", all.join(", ")))
        });
    selected.collect::<Vec<_>>().join("; ")
}

/// An owner whose pods the API server refuses because their sidecars lack `restartPolicy`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stripped {
    namespace: String,
    kind: String,
    name: String,
}

impl Stripped {
    /// Reads an Event; none if it is about something else.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let ObjectKey { namespace, kind, name } = Event::of(value).filter(Event::is_stripped_sidecar)?.object;
        Some(Self { namespace, kind: kind.kind.to_lowercase(), name })
    }
}

fn answers(facts: &Facts, _: Date) -> Vec<Answer> {
    let mut answers: Vec<Answer> = facts.stripped.iter().map(of_stripped).chain(setters::answers(facts)).collect();
    let configurations = &facts.webhooks;
    if configurations.is_empty() {
        let text = "the input has no MutatingWebhookConfigurations";
        answers.push(Answer::unknown("", text).fix("kubectl get mutatingwebhookconfigurations -o yaml"));
    }
    // Configurations are called in the order of their names; facts are sorted.
    let first = configurations.iter().map(|configuration| configuration.name.as_str());
    let first = first.clone().find(|name| ISTIO.iter().any(|start| name.starts_with(start))).unwrap_or(ISTIO[0]);
    answers.extend(configurations.iter().map(|configuration| of_configuration(configuration, first)));
    answers
}

fn of_stripped(stripped: &Stripped) -> Answer {
    let Stripped { namespace, kind, name } = stripped;
    let text = "its pods are refused: a webhook removes restartPolicy from their native sidecars";
    let command =
        format!("kubectl get events -n {} --field-selector reason=FailedCreate", argument(namespace, "NAMESPACE"));
    Answer::warn("FailedCreate", text).about(format!("{kind} {namespace}/{name}")).fix(command)
}

/// `first` is the name of Istio's first configuration.
fn of_configuration(configuration: &Configuration, first: &str) -> Answer {
    let name = &configuration.name;
    let subject = format!("webhook {name}");
    if configuration.is_istio() {
        return Answer::ok("", "Istio's").about(subject);
    }
    let Some(hook) = configuration.hooks.first() else {
        return Answer::ok("", "not called for new pods").about(subject);
    };
    let late =
        if name.as_str() > first { Some(hook) } else { configuration.hooks.iter().find(|hook| hook.is_reinvoked) };
    let Some(late) = late else {
        return Answer::ok("", "called before Istio's").about(subject);
    };
    let when = if name.as_str() > first { "called after Istio's" } else { "called again after Istio's" };
    let selected = if late.selectors.is_empty() { String::new() } else { format!(", for {}", late.selectors) };
    let hooks = &configuration.hooks;
    let is_known = |stripper: &&Stripper| {
        name.contains(stripper.name) || hooks.iter().any(|hook| hook.name.contains(stripper.name))
    };
    let answer = if let Some(Stripper { seen, source, .. }) = STRIPPERS.iter().find(is_known) {
        let text = format!(
            "{when}{selected}; it has removed restartPolicy from native sidecars ({seen}, {source}): update it"
        );
        let show = format!("kubectl get mutatingwebhookconfiguration {} -o yaml", argument(name, "NAME"));
        Answer::warn("", text).fix(show)
    } else {
        let text = format!("{when}{selected}; a dry run shows whether it keeps restartPolicy (--probe)");
        Answer::unknown("", text).fix(PROBE)
    };
    answer.about(subject)
}
