//! The cause of a difference, as far as the objects show it.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::TemplateSource;
use super::marks;
use crate::cluster::fields::{at, items, text};
use crate::cluster::pod::{Pod, RunningProxy};
use crate::istio::image_tag;
use crate::istio::names::{annotation, container};
use crate::k8s::pod_changes::FieldChange;

/// What a difference comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Another webhook, which marks what it adds.
    Webhook(&'static str),
    /// Something removed `restartPolicy: Always` from the native proxy.
    RestartPolicyStripped,
    /// The registry of an image is another one: a mirror.
    ImageRewritten,
    /// Limits or requests of a `LimitRange`.
    LimitRange,
    /// A container of `kubectl debug`.
    DebugContainer,
    /// The pod was injected by another version or revision of the mesh.
    OlderInjection {
        /// What injected it, such as `1.28.2, revision canary`.
        by: String,
    },
    /// The mesh decides otherwise between native and regular than it did.
    OtherMode,
    /// The pod was not injected when it was created, but would be now.
    NeverInjected,
    /// The pod was injected, but would not be now.
    NotInjectedNow {
        /// The reason.
        why: String,
    },
    /// The same version and revision of the mesh would inject something else now.
    Configuration,
    /// The template of the owner may have changed since.
    TemplateChanged,
    /// Not known.
    Unknown,
}

impl Cause {
    /// All codes.
    pub const CODES: [&str; 12] = [
        "webhook",
        "restart-policy-stripped",
        "image-rewritten",
        "limit-range",
        "debug-container",
        "older-injection",
        "other-mode",
        "never-injected",
        "not-injected-now",
        "configuration",
        "template-changed",
        "unknown",
    ];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::RestartPolicyStripped => "restart-policy-stripped",
            Self::ImageRewritten => "image-rewritten",
            Self::LimitRange => "limit-range",
            Self::DebugContainer => "debug-container",
            Self::OlderInjection { .. } => "older-injection",
            Self::OtherMode => "other-mode",
            Self::NeverInjected => "never-injected",
            Self::NotInjectedNow { .. } => "not-injected-now",
            Self::Configuration => "configuration",
            Self::TemplateChanged => "template-changed",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Webhook(program) => write!(f, "another webhook: {program}"),
            Self::RestartPolicyStripped => f.write_str("another webhook removed restartPolicy: Always"),
            Self::ImageRewritten => f.write_str("the image comes from another registry"),
            Self::LimitRange => f.write_str("a LimitRange of the namespace"),
            Self::DebugContainer => f.write_str("kubectl debug"),
            Self::OlderInjection { by } => write!(f, "an older injection: {by}"),
            Self::OtherMode => f.write_str("the mesh would choose the other kind of proxy now"),
            Self::NeverInjected => f.write_str("not injected when it was created"),
            Self::NotInjectedNow { why } => write!(f, "not injected now: {why}"),
            Self::Configuration => f.write_str("the mesh has another configuration now"),
            Self::TemplateChanged => f.write_str("the owner's template may have changed since"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// The lists in the status annotation with what an injection added.
const ADDED: [&str; 4] = ["initContainers", "containers", "volumes", "imagePullSecrets"];

/// The port on which the agent answers probes, unless the mesh has another one.
const AGENT_PORT: &str = "15020";

/// An injection, by the traces that it left in a pod.
#[derive(Debug, Default)]
struct Injected {
    /// The names of containers, volumes and pull secrets that it added.
    names: BTreeSet<String>,
    revision: String,
    /// The proxy; `None` if nothing was injected.
    proxy: Option<RunningProxy>,
    /// The tag of the proxy's image; empty if it has none.
    tag: String,
}

impl Injected {
    fn of(pod: &Value) -> Self {
        let status = text(pod, &["metadata", "annotations", annotation::STATUS]);
        let status: Value = serde_json::from_str(&status).unwrap_or_default();
        let added = ADDED.iter().flat_map(|list| items(&status, &[list]));
        let pod = Pod::of(pod);
        Self {
            names: added.filter_map(Value::as_str).map(str::to_owned).collect(),
            revision: text(&status, &["revision"]),
            proxy: Some(pod.proxy()).filter(|proxy| *proxy != RunningProxy::None || status.is_object()),
            tag: image_tag(pod.proxy_image()).unwrap_or_default().to_owned(),
        }
    }
}

/// Finds the causes of a pod's differences.
pub(super) struct Causes<'p> {
    actual: &'p Value,
    was: Injected,
    is: Injected,
    /// Why the mesh would not inject the pod.
    not_injected: Option<&'p str>,
    template: &'p TemplateSource,
}

impl<'p> Causes<'p> {
    pub(super) fn new(
        actual: &'p Value,
        expected: &Value,
        not_injected: Option<&'p str>,
        template: &'p TemplateSource,
    ) -> Self {
        Self { actual, was: Injected::of(actual), is: Injected::of(expected), not_injected, template }
    }

    /// The cause of a difference.
    pub(super) fn of(&self, change: &FieldChange) -> Cause {
        let words = change.path.words();
        if let Some(program) = marks::program(change) {
            return Cause::Webhook(program);
        }
        if words.get(1) == Some(&"ephemeralContainers") {
            return Cause::DebugContainer;
        }
        let proxy_restart = ["spec", "initContainers", container::PROXY, "restartPolicy"];
        if words.as_slice() == proxy_restart && change.from.is_none() {
            return Cause::RestartPolicyStripped;
        }
        if words.last() == Some(&"image") && is_mirrored(change) {
            return Cause::ImageRewritten;
        }
        if words.contains(&"resources") {
            let has = |name: &str| !at(self.actual, &["metadata", "annotations", name]).is_null();
            if has(marks::VPA_UPDATES) {
                return Cause::Webhook(marks::VPA);
            }
            if has("kubernetes.io/limit-ranger") && change.to.is_none() {
                return Cause::LimitRange;
            }
        }
        if self.is_istios(&words, change) { self.of_injection() } else { self.of_template() }
    }

    /// Why the injection made something else.
    fn of_injection(&self) -> Cause {
        match (self.was.proxy, self.is.proxy) {
            (Some(_), None) => match self.not_injected {
                Some(why) => return Cause::NotInjectedNow { why: why.to_owned() },
                None => return Cause::Unknown,
            },
            (None, Some(_)) => return Cause::NeverInjected,
            _ => {}
        }
        let is_other = |was: &str, is: &str| !was.is_empty() && !is.is_empty() && was != is;
        let is_other_revision = is_other(&self.was.revision, &self.is.revision);
        if is_other(&self.was.tag, &self.is.tag) || is_other_revision {
            let revision = if is_other_revision { format!(", revision {}", self.was.revision) } else { String::new() };
            let by = format!("{}{revision}", self.was.tag);
            return Cause::OlderInjection { by: by.trim_start_matches([',', ' ']).to_owned() };
        }
        if self.was.proxy != self.is.proxy && self.was.proxy != Some(RunningProxy::Stripped) {
            return Cause::OtherMode;
        }
        Cause::Configuration
    }

    /// Why a field that the injection leaves alone differs.
    fn of_template(&self) -> Cause {
        match self.template {
            TemplateSource::Owner { is_exact: false, .. } => Cause::TemplateChanged,
            TemplateSource::Owner { .. } | TemplateSource::Pod | TemplateSource::Expected(_) => Cause::Unknown,
        }
    }

    /// Whether an injection sets the field.
    fn is_istios(&self, words: &[&str], change: &FieldChange) -> bool {
        let is_added = |name: &str| {
            [container::PROXY, container::INIT, container::VALIDATION].contains(&name)
                || self.was.names.contains(name)
                || self.is.names.contains(name)
        };
        match words {
            ["metadata", _, name, ..] => {
                name.contains("istio.io/")
                    || name.starts_with("prometheus.io/")
                    || name.starts_with("kubectl.kubernetes.io/default-")
            }
            ["spec", "initContainers" | "containers", "order"] => true,
            ["spec", "initContainers" | "containers" | "volumes" | "imagePullSecrets", name, ..] if is_added(name) => {
                true
            }
            ["spec", "securityContext", ..] => words.iter().any(|word| ["sysctls", "fsGroup"].contains(word)),
            // The agent answers the probes of the application.
            [
                "spec",
                "containers" | "initContainers",
                _,
                "livenessProbe" | "readinessProbe" | "startupProbe" | "lifecycle",
                ..,
            ] => {
                let is_agents = |value: &Value| {
                    let text = value.to_string();
                    ["/app-health/", "/app-lifecycle/"].iter().any(|path| text.contains(path)) || text == AGENT_PORT
                };
                [&change.from, &change.to].into_iter().flatten().any(is_agents)
            }
            _ => false,
        }
    }
}

/// Whether two images differ in their registry alone.
fn is_mirrored(change: &FieldChange) -> bool {
    let name = |value: &Option<Value>| {
        let image = value.as_ref()?.as_str()?;
        Some(image.rsplit_once('/').map_or(image, |(_, name)| name).to_owned())
    };
    name(&change.from).is_some_and(|actual| Some(actual) == name(&change.to))
}
