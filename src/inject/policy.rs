//! Stage: whether istiod injects a pod once its webhook is called (`injectRequired`, pkg/kube/inject).
//!
//! For which pods the webhook is called at all, by labels of pods and namespaces, [`crate::istio::Revisions`] decides.

use std::fmt;

use serde_json::Value;

use super::Workload;
use super::pod::{self, Group, annotation, label};
use crate::istio::names::{self, container};
use crate::istio::{InjectorConfig, Policy};

/// Why a workload is not injected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkipReason {
    /// The pod shares its node's network.
    HostNetwork,
    /// The webhook ignores the namespace.
    IgnoredNamespace {
        /// The name.
        namespace: String,
    },
    /// The label `sidecar.istio.io/inject` opts out.
    LabelOptsOut {
        /// `false`; up to 1.26 anything that does not mean yes.
        value: String,
    },
    /// The annotation `sidecar.istio.io/inject` opts out.
    AnnotationOptsOut {
        /// As for the label.
        value: String,
    },
    /// A `neverInjectSelector` matches the pod's labels.
    NeverSelector,
    /// The mesh injects only pods that request it.
    PolicyDisabled,
    /// The mesh's policy is neither enabled nor disabled, so nothing is injected.
    PolicyUnknown {
        /// The value.
        policy: String,
    },
    /// The pod template is incomplete, as in a patch.
    Partial(Partial),
}

/// What an incomplete pod template lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Partial {
    /// It has no containers.
    NoContainers,
    /// A container has no image.
    NoImage {
        /// The container's name.
        container: String,
    },
}

impl SkipReason {
    /// The stable name of the reason.
    pub fn code(&self) -> &'static str {
        match self {
            Self::HostNetwork => "host-network",
            Self::IgnoredNamespace { .. } => "ignored-namespace",
            Self::LabelOptsOut { .. } => "label-opts-out",
            Self::AnnotationOptsOut { .. } => "annotation-opts-out",
            Self::NeverSelector => "never-inject-selector",
            Self::PolicyDisabled => "policy-disabled",
            Self::PolicyUnknown { .. } => "policy-unknown",
            Self::Partial(Partial::NoContainers) => "partial-without-containers",
            Self::Partial(Partial::NoImage { .. }) => "partial-without-image",
        }
    }

    /// Whether the pod or its namespace is the reason, and not the configuration of the mesh.
    pub fn lies_in_pod(&self) -> bool {
        matches!(
            self,
            Self::HostNetwork
                | Self::IgnoredNamespace { .. }
                | Self::LabelOptsOut { .. }
                | Self::AnnotationOptsOut { .. }
        )
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inject = names::label::INJECT;
        match self {
            Self::HostNetwork => f.write_str("the pod uses the host's network"),
            Self::IgnoredNamespace { namespace } => write!(f, "istio ignores namespace {namespace}"),
            Self::LabelOptsOut { value } => write!(f, "label {inject} is {value:?}"),
            Self::AnnotationOptsOut { value } => write!(f, "annotation {inject} is {value:?}"),
            Self::NeverSelector => f.write_str("the mesh's neverInjectSelector matches the pod"),
            Self::PolicyDisabled => {
                write!(f, "the mesh injects only pods that request it with label {inject}: \"true\"")
            }
            Self::PolicyUnknown { policy } => {
                write!(f, "the mesh's policy {policy:?} is neither enabled nor disabled: nothing is injected")
            }
            Self::Partial(Partial::NoContainers) => f.write_str("a partial pod template: it has no containers"),
            Self::Partial(Partial::NoImage { container }) if container.is_empty() => {
                f.write_str("a partial pod template: a container has no image")
            }
            Self::Partial(Partial::NoImage { container }) => {
                write!(f, "a partial pod template: container {container} has no image")
            }
        }
    }
}

/// Checks in the webhook's order. `None`: the pod is injected.
pub(super) fn skip(workload: &Workload, pod: &Value, config: &InjectorConfig) -> Option<SkipReason> {
    let spec = pod::part(pod, "spec");
    if pod::part(spec, "hostNetwork").as_bool() == Some(true) {
        return Some(SkipReason::HostNetwork);
    }
    let namespace = workload.namespace.as_str();
    if names::IGNORED_NAMESPACES.contains(&namespace) {
        return Some(SkipReason::IgnoredNamespace { namespace: namespace.to_owned() });
    }
    if let Policy::Other(policy) = &config.policy {
        return Some(SkipReason::PolicyUnknown { policy: policy.clone() });
    }
    // A label hides the annotation, even if it is empty.
    let by_label = label(pod, names::label::INJECT);
    let asked = by_label.or_else(|| annotation(pod, names::annotation::INJECT)).unwrap_or("");
    match answer(asked, config.yaml_answers) {
        Some(true) => None,
        Some(false) if by_label.is_some() => Some(SkipReason::LabelOptsOut { value: asked.to_owned() }),
        Some(false) => Some(SkipReason::AnnotationOptsOut { value: asked.to_owned() }),
        _ if config.never.iter().any(|selector| selector.matches(|key| label(pod, key))) => {
            Some(SkipReason::NeverSelector)
        }
        _ if config.always.iter().any(|selector| selector.matches(|key| label(pod, key))) => None,
        _ if config.policy == Policy::Disabled => Some(SkipReason::PolicyDisabled),
        _ => None,
    }
}

/// Whether a pod requests injection; `None` leaves it to the mesh.
fn answer(asked: &str, yaml_answers: bool) -> Option<bool> {
    match asked {
        "true" => Some(true),
        "false" => Some(false),
        "" => None,
        // Releases that accept YAML's booleans take any other value for a no.
        other if yaml_answers => Some(matches!(other.to_lowercase().as_str(), "y" | "yes" | "true" | "on")),
        _ => None,
    }
}

/// Whether the pod template is incomplete. A container may lack its image if something else sets it: the injection, or for some
/// workloads another controller.
pub(super) fn partial(workload: &Workload, pod: &Value) -> Option<Partial> {
    let containers = || Group::BOTH.into_iter().flat_map(|group| pod::containers(pod, group));
    if pod::containers(pod, Group::Containers).is_empty() && pod::proxy(pod).is_none() {
        return Some(Partial::NoContainers);
    }
    if workload.images_filled_elsewhere {
        return None;
    }
    let without = |container: &&Value| {
        pod::text(container, "image").is_empty() && !container::INJECTED.contains(&pod::name(container))
    };
    containers().find(without).map(|container| Partial::NoImage { container: pod::name(container).to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inject::tests::assert_codes;
    use crate::istio::Selector;
    use serde_json::json;

    fn config(policy: Policy) -> InjectorConfig {
        InjectorConfig { policy, ..InjectorConfig::default() }
    }

    fn skips(pod: &Value, config: &InjectorConfig) -> Option<SkipReason> {
        skip(&Workload::new("apps/v1", "Deployment", "web", "shop"), pod, config)
    }

    fn labelled(value: &str) -> Value {
        json!({"metadata": {"labels": {"sidecar.istio.io/inject": value, "app": "web"}}})
    }

    #[test]
    fn skip_reasons_have_documented_codes() {
        let text = String::new;
        assert_codes(&[
            SkipReason::HostNetwork.code(),
            SkipReason::IgnoredNamespace { namespace: text() }.code(),
            SkipReason::LabelOptsOut { value: text() }.code(),
            SkipReason::AnnotationOptsOut { value: text() }.code(),
            SkipReason::NeverSelector.code(),
            SkipReason::PolicyDisabled.code(),
            SkipReason::PolicyUnknown { policy: text() }.code(),
            SkipReason::Partial(Partial::NoContainers).code(),
            SkipReason::Partial(Partial::NoImage { container: text() }).code(),
        ]);
    }

    #[test]
    fn the_label_wins_over_the_annotation() {
        let enabled = config(Policy::Enabled);
        let both = json!({"metadata": {"labels": {"sidecar.istio.io/inject": "true"},
            "annotations": {"sidecar.istio.io/inject": "false"}}});
        assert_eq!(skips(&both, &enabled), None);
        assert_eq!(skips(&labelled("false"), &enabled), Some(SkipReason::LabelOptsOut { value: "false".to_owned() }));
        let annotated = json!({"metadata": {"annotations": {"sidecar.istio.io/inject": "false"}}});
        assert_eq!(skips(&annotated, &enabled), Some(SkipReason::AnnotationOptsOut { value: "false".to_owned() }));
    }

    #[test]
    fn other_values_leave_it_to_the_policy() {
        for value in ["", "False", "no", "yes"] {
            assert_eq!(skips(&labelled(value), &config(Policy::Enabled)), None, "{value}");
            let disabled = skips(&labelled(value), &config(Policy::Disabled));
            assert_eq!(disabled, Some(SkipReason::PolicyDisabled), "{value}");
        }
        let other = config(Policy::Other("off".to_owned()));
        assert_eq!(skips(&labelled("true"), &other), Some(SkipReason::PolicyUnknown { policy: "off".to_owned() }));
    }

    #[test]
    fn older_releases_accept_yamls_booleans() {
        let old = InjectorConfig { yaml_answers: true, ..config(Policy::Disabled) };
        for (value, injected) in [("Yes", true), ("on", true), ("True", true), ("no", false), ("1", false), ("", false)]
        {
            assert_eq!(skips(&labelled(value), &old).is_none(), injected, "{value}");
        }
        let enabled = InjectorConfig { yaml_answers: true, ..config(Policy::Enabled) };
        assert_eq!(skips(&labelled("no"), &enabled), Some(SkipReason::LabelOptsOut { value: "no".to_owned() }));
    }

    #[test]
    fn selectors_win_over_the_policy_and_never_wins_over_always() {
        let web = Selector::from_value(&json!({"matchLabels": {"app": "web"}}));
        let mut config = config(Policy::Disabled);
        config.always = vec![web.clone()];
        assert_eq!(skips(&labelled("no"), &config), None);
        config.never = vec![web];
        assert_eq!(skips(&labelled("no"), &config), Some(SkipReason::NeverSelector));
        assert_eq!(skips(&labelled("true"), &config), None);
    }

    #[test]
    fn host_network_and_system_namespaces_are_never_injected() {
        let host = json!({"spec": {"hostNetwork": true}, "metadata": {"labels": {"sidecar.istio.io/inject": "true"}}});
        assert_eq!(skips(&host, &config(Policy::Enabled)), Some(SkipReason::HostNetwork));
        let system = Workload::new("v1", "Pod", "sys", "kube-system");
        assert!(skip(&system, &labelled("true"), &config(Policy::Enabled)).is_some());
    }

    #[test]
    fn patches_are_partial() {
        let mut workload = Workload::new("apps/v1", "Deployment", "web", "shop");
        assert_eq!(partial(&workload, &json!({"spec": {}})), Some(Partial::NoContainers));
        let pod = json!({"spec": {"containers": [{"name": "istio-proxy"}, {"name": "app"}]}});
        assert_eq!(partial(&workload, &pod), Some(Partial::NoImage { container: "app".to_owned() }));
        workload.images_filled_elsewhere = true;
        assert_eq!(partial(&workload, &pod), None);
    }
}
