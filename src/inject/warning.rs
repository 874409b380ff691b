//! What looks wrong, although istiod renders it in the same way.

use std::fmt;

use serde_json::Value;

use super::conflict::{self, Conflict};
use super::pod::{self, Group};
use super::template_data::TemplateData;
use crate::istio::names::container::PROXY;
use crate::istio::names::{annotation, label};
use crate::istio::native::{Decision, Mode, ModeReason};

/// A warning about an injected pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// The annotation that selects the mode is neither `"true"` nor `"false"`.
    OddAnnotation {
        /// The value.
        value: String,
        /// The mode that istiod selects.
        mode: Mode,
    },
    /// Native mode, but the user's own `istio-proxy` stays under `containers`: the pod gets two.
    ProxyStaysUnderContainers,
    /// Regular mode, but the user's own `istio-proxy` stays under `initContainers`: the pod gets two.
    ProxyStaysUnderInitContainers,
    /// `sidecar.istio.io/status` is not JSON, so an earlier injection cannot be undone.
    UnreadableStatus,
    /// `OpenShift`: the namespace's range of users is not known, so the proxy's user is a guess.
    UnknownUserRange {
        /// The namespace.
        namespace: String,
    },
    /// A label, annotation or variable changes more of the overlay than its own place.
    TemplateInjection {
        /// The names.
        what: String,
    },
    /// Native mode, but the pod's templates put the proxy under `containers` (`gateway`, `grpc-agent`).
    TemplateIsNeverNative {
        /// The names.
        templates: String,
    },
    /// The webhook would overwrite the user's settings of a container if it saw the injected pod.
    WebhookUndoes {
        /// The name.
        container: String,
        /// The fields that it overwrites, at least in part.
        fields: Vec<String>,
    },
    /// The API server would reject the injected pod.
    Refused(Conflict),
    /// The API server generates the workload's name, so its telemetry has none.
    UnknownWorkloadName,
}

impl Warning {
    /// The stable name of the warning.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OddAnnotation { .. } => "odd-annotation",
            Self::ProxyStaysUnderContainers => "proxy-stays-under-containers",
            Self::ProxyStaysUnderInitContainers => "proxy-stays-under-init-containers",
            Self::UnreadableStatus => "unreadable-status",
            Self::UnknownUserRange { .. } => "unknown-user-range",
            Self::TemplateInjection { .. } => "template-injection",
            Self::TemplateIsNeverNative { .. } => "template-never-native",
            Self::WebhookUndoes { .. } => "webhook-overwrites",
            Self::Refused(conflict) => conflict.code(),
            Self::UnknownWorkloadName => "unknown-workload-name",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let native = annotation::NATIVE_SIDECAR;
        match self {
            Self::OddAnnotation { value, mode } => {
                write!(
                    f,
                    "annotation {native} is {value:?}, which istiod reads as {mode}; set it to \"true\" or \"false\""
                )
            }
            Self::ProxyStaysUnderContainers => write!(
                f,
                "the pod gets two {PROXY} containers: istiod moves the one under containers only where {native} is \
                 \"true\" or the mesh itself is native"
            ),
            Self::ProxyStaysUnderInitContainers => write!(
                f,
                "the pod gets two {PROXY} containers: in regular mode the one under initContainers stays; \
                 move it to containers"
            ),
            Self::UnreadableStatus => {
                write!(f, "annotation {} is not JSON: an earlier injection is not removed", annotation::STATUS)
            }
            Self::UnknownUserRange { namespace } => write!(
                f,
                "UID range of namespace {namespace} is unknown; assuming 1337: add the Namespace, with its openshift.io \
                 annotations, to the input"
            ),
            Self::TemplateInjection { what } => write!(
                f,
                "{what} contains quotes or line breaks that the mesh's template does not escape: it changes other parts \
                 of the sidecar"
            ),
            Self::TemplateIsNeverNative { templates } => {
                write!(f, "template {templates} puts the proxy under containers: it is regular in every mode")
            }
            Self::WebhookUndoes { container, fields } => write!(
                f,
                "if the webhook also injects these pods, it overwrites {} of container {container}: after injecting, label \
                 the pod template {}: \"false\" (later runs of inject then skip it), or commit only the annotation with \
                 annotate",
                joined(fields),
                label::INJECT
            ),
            Self::Refused(conflict) => write!(f, "the API server will reject this pod: {conflict}"),
            Self::UnknownWorkloadName => {
                f.write_str("the API server generates the name of this workload: its telemetry has no workload name")
            }
        }
    }
}

/// `a, b and c`.
fn joined(names: &[String]) -> String {
    match names {
        [names @ .., last] if !names.is_empty() => format!("{} and {last}", names.join(", ")),
        names => names.concat(),
    }
}

/// Adds why the API server will reject an injected pod, unless another warning covers it: a second proxy.
pub(super) fn add_conflicts(pod: &Value, warnings: &mut Vec<Warning>) {
    let is_about_two_proxies =
        |known: &Warning| matches!(known, Warning::ProxyStaysUnderContainers | Warning::ProxyStaysUnderInitContainers);
    let is_known = warnings.iter().any(is_about_two_proxies);
    let is_new =
        |conflict: &Conflict| !is_known || !matches!(conflict, Conflict::Containers { name, .. } if name == PROXY);
    warnings.extend(conflict::of(pod).into_iter().filter(is_new).map(Warning::Refused));
}

/// The warnings about a pod that is going to be injected.
pub(super) fn of(
    pod: &Value,
    decision: &Decision,
    mode: Mode,
    data: &TemplateData<'_>,
    lacks_range: bool,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for reason in &decision.reasons {
        if let ModeReason::AnnotationOdd { value, mode } = reason {
            warnings.push(Warning::OddAnnotation { value: value.clone(), mode: *mode });
        }
    }
    let has = |group| pod::find(pod, group, PROXY).is_some();
    if mode == Mode::Native && !decision.moves_override && has(Group::Containers) {
        warnings.push(Warning::ProxyStaysUnderContainers);
    }
    if mode == Mode::Regular && has(Group::InitContainers) {
        warnings.push(Warning::ProxyStaysUnderInitContainers);
    }
    if pod::annotation(pod, annotation::STATUS).is_some() {
        warnings.push(Warning::UnreadableStatus);
    }
    if lacks_range {
        warnings.push(Warning::UnknownUserRange { namespace: data.owner().namespace.clone() });
    }
    if data.owner().name.is_empty() {
        warnings.push(Warning::UnknownWorkloadName);
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inject::tests::assert_codes;

    #[test]
    fn warnings_have_documented_codes() {
        let text = String::new;
        assert_codes(&[
            Warning::OddAnnotation { value: text(), mode: Mode::Native }.code(),
            Warning::ProxyStaysUnderContainers.code(),
            Warning::ProxyStaysUnderInitContainers.code(),
            Warning::UnreadableStatus.code(),
            Warning::UnknownUserRange { namespace: text() }.code(),
            Warning::TemplateInjection { what: text() }.code(),
            Warning::TemplateIsNeverNative { templates: text() }.code(),
            Warning::WebhookUndoes { container: text(), fields: Vec::new() }.code(),
            Warning::Refused(Conflict::NoContainers).code(),
            Warning::UnknownWorkloadName.code(),
        ]);
    }

    #[test]
    fn names_are_joined_as_in_a_sentence() {
        let of = |names: &[&str]| joined(&names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(of(&["ports"]), "ports");
        assert_eq!(of(&["readinessProbe", "resources"]), "readinessProbe and resources");
        assert_eq!(of(&["env", "ports", "resources"]), "env, ports and resources");
    }

    #[test]
    fn an_unknown_user_range_is_assumed_and_has_a_hint() {
        assert_eq!(
            Warning::UnknownUserRange { namespace: "shop".to_owned() }.to_string(),
            "UID range of namespace shop is unknown; assuming 1337: add the Namespace, with its openshift.io annotations, \
             to the input"
        );
    }
}
