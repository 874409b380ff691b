//! Chooses the revision of a mesh that injects a pod, as the webhooks would by the labels of the pod and its namespace.

use std::collections::BTreeMap;
use std::fmt;

use super::cluster_objects::Namespaces;
use super::names::{DEFAULT_REVISION, label};
use super::webhook_list::Webhooks;
use crate::diagnostic::{Code, Diagnostic, ExitCode};

/// The revisions of a mesh, and its webhooks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Revisions {
    /// The revisions whose configuration is known.
    pub names: Vec<String>,
    /// The webhooks.
    pub webhooks: Webhooks,
}

/// The revision that injects a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionChoice {
    /// The index in [`Revisions::names`].
    pub revision: usize,
    /// Why the webhooks might not inject the pod, or another revision would.
    pub warning: Option<RevisionWarning>,
}

/// Why webhooks might not inject a pod, or another revision would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevisionWarning {
    /// The namespace has a label by which no webhook selects the pod.
    NamespaceLabel {
        /// The namespace.
        namespace: String,
        /// The label's name.
        label: &'static str,
        /// The label's value.
        value: String,
    },
    /// Neither the namespace nor the pod has a label by which a webhook would select the pod.
    NoLabel {
        /// The namespace.
        namespace: String,
    },
    /// The pod's label `istio.io/rev` names a revision or tag that no webhook serves.
    PodLabel {
        /// The label's value.
        value: String,
    },
    /// A webhook of another revision selects the pod.
    OtherRevision {
        /// The other revision.
        revision: String,
    },
    /// The namespace's labels are unknown.
    UnknownNamespace {
        /// The namespace.
        namespace: String,
        /// Whether they would decide between several revisions.
        decides: bool,
    },
}

impl RevisionWarning {
    /// The stable name of the warning.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NamespaceLabel { .. } => "namespace-label",
            Self::NoLabel { .. } => "no-injection-label",
            Self::PodLabel { .. } => "revision-label",
            Self::OtherRevision { .. } => "other-revision",
            Self::UnknownNamespace { .. } => "namespace-unknown",
        }
    }

    /// Whether it is certain that no webhook of the revision selects the pod.
    pub fn leaves_out(&self) -> bool {
        !matches!(self, Self::UnknownNamespace { .. })
    }

    /// The fact without its consequence.
    fn fact(&self) -> String {
        match self {
            Self::UnknownNamespace { namespace, .. } => format!("namespace {namespace} is unknown"),
            warning => warning.to_string(),
        }
    }
}

impl fmt::Display for RevisionWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NamespaceLabel { namespace, label, value } => {
                write!(f, "namespace {namespace} has label {label}: {value}, with which no webhook selects the pod")
            }
            Self::NoLabel { namespace } => {
                let (injection, rev) = (label::INJECTION, label::REVISION);
                write!(f, "neither namespace {namespace} (labels {injection}, {rev}) nor the pod requests injection")
            }
            Self::PodLabel { value } => {
                write!(f, "the pod has label {}: {value}, which no webhook serves in its namespace", label::REVISION)
            }
            Self::OtherRevision { revision } => {
                write!(f, "by the labels of the pod and its namespace, revision {revision} would inject it")
            }
            Self::UnknownNamespace { decides: true, .. } => {
                write!(f, "{}: assuming the default revision", self.fact())
            }
            Self::UnknownNamespace { decides: false, .. } => {
                write!(f, "{}: assuming that its pods are injected", self.fact())
            }
        }
    }
}

/// Why no revision can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevisionError {
    /// The webhook that selects the pod belongs to a revision whose configuration is missing.
    #[error("revision {revision} would inject it, but its ConfigMaps are missing (available: {known})")]
    Missing {
        /// The revision.
        revision: String,
        /// The revisions that are available, comma separated.
        known: String,
    },
    /// There are several revisions, and the webhooks select none.
    #[error("{}: cannot choose the revision to inject it (available: {known})", warning.fact())]
    Several {
        /// Why the webhooks select none.
        warning: RevisionWarning,
        /// The revisions that are available, comma separated.
        known: String,
    },
}

impl From<&RevisionError> for Diagnostic {
    fn from(error: &RevisionError) -> Self {
        let (code, hint) = match error {
            RevisionError::Several { warning: RevisionWarning::UnknownNamespace { .. }, .. } => (
                Code::RevisionUndecided,
                "pass --revision NAME, or add the Namespace, with its labels, to the mesh file or the manifests",
            ),
            RevisionError::Several { .. } => (
                Code::RevisionUndecided,
                "pass --revision NAME, label the namespace or the pod, or add the ConfigMaps of the revision that its \
                 label names",
            ),
            RevisionError::Missing { .. } => {
                (Code::RevisionUnknown, "pass --revision NAME, or add that revision's ConfigMaps to the mesh file")
            }
        };
        Self::error(code, ExitCode::Mesh, error.to_string()).with_hint(hint)
    }
}

impl Revisions {
    /// One revision that injects all pods.
    pub fn only(name: &str) -> Self {
        Self { names: vec![name.to_owned()], ..Self::default() }
    }

    /// Chooses the revision for a pod of this namespace. `pod` returns the value of a label of the pod.
    pub fn choose<'a>(
        &'a self,
        namespaces: &'a Namespaces,
        namespace: &'a str,
        pod: &impl Fn(&str) -> Option<&'a str>,
    ) -> Result<RevisionChoice, RevisionError> {
        const UNLABELLED: &BTreeMap<String, String> = &BTreeMap::new();
        let known = namespaces.get(namespace).map(|namespace| &namespace.labels);
        let labels = known.unwrap_or(UNLABELLED);
        let hits = || self.webhooks.selecting(namespace, labels, pod);
        let position = |name: &str| self.names.iter().position(|known| known == name);
        if let [name] = &self.names[..] {
            let warning = if self.webhooks.is_empty() || hits().any(|webhook| webhook.revision == *name) {
                None
            } else if let Some(other) = hits().next() {
                Some(RevisionWarning::OtherRevision { revision: other.revision.clone() })
            } else {
                Some(warning(namespace, known, pod, false))
            };
            return Ok(RevisionChoice { revision: 0, warning });
        }
        if let Some(webhook) = hits().next() {
            let missing =
                || RevisionError::Missing { revision: webhook.revision.clone(), known: self.names.join(", ") };
            return Ok(RevisionChoice { revision: position(&webhook.revision).ok_or_else(missing)?, warning: None });
        }
        let warning = warning(namespace, known, pod, true);
        let default = self
            .webhooks
            .default_tag()
            .and_then(|webhook| position(&webhook.revision))
            .or_else(|| position(DEFAULT_REVISION));
        if let Some(revision) = default {
            return Ok(RevisionChoice { revision, warning: Some(warning) });
        }
        Err(RevisionError::Several { warning, known: self.names.join(", ") })
    }
}

/// Why no webhook selects a pod. `decides`: the namespace's labels would decide between several revisions.
fn warning<'a>(
    namespace: &str,
    labels: Option<&BTreeMap<String, String>>,
    pod: &impl Fn(&str) -> Option<&'a str>,
    decides: bool,
) -> RevisionWarning {
    if let Some(labels) = labels {
        for label in [label::INJECTION, label::REVISION] {
            if let Some(value) = labels.get(label) {
                return RevisionWarning::NamespaceLabel {
                    namespace: namespace.to_owned(),
                    label,
                    value: value.clone(),
                };
            }
        }
    }
    match (pod(label::REVISION), labels) {
        (Some(value), _) => RevisionWarning::PodLabel { value: value.to_owned() },
        (None, Some(_)) => RevisionWarning::NoLabel { namespace: namespace.to_owned() },
        (None, None) => RevisionWarning::UnknownNamespace { namespace: namespace.to_owned(), decides },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::istio::{ClusterObjects, Document, Webhook};

    /// Revisions with their webhooks, and tags of them.
    fn tagged(names: &[&str], tags: &[(&str, &str)]) -> Revisions {
        let webhooks = names.iter().flat_map(|name| Webhook::of_revision(name, None, false));
        let of_tags = tags.iter().flat_map(|(revision, tag)| Webhook::of_revision(revision, Some(tag), false));
        let webhooks: Vec<Webhook> = webhooks.chain(of_tags).collect();
        Revisions { names: names.iter().map(|name| (*name).to_owned()).collect(), webhooks: webhooks.into() }
    }

    /// Revisions with their webhooks, and the tag `prod` of `canary`.
    fn revisions(names: &[&str]) -> Revisions {
        tagged(names, &[("canary", "prod")])
    }

    fn namespaces() -> Namespaces {
        let mut objects = ClusterObjects::default();
        for (name, labels) in [
            ("enabled", "istio-injection: enabled"),
            ("disabled", "istio-injection: disabled"),
            ("canary", "istio.io/rev: canary"),
            ("prod", "istio.io/rev: prod"),
            ("gone", "istio.io/rev: gone"),
            ("bare", ""),
        ] {
            let labels = format!("{{{labels}}}");
            let text = format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n  labels: {labels}\n");
            assert!(objects.read(Document { file: "", line: 1, text: &text }, "default").is_empty());
        }
        objects.namespaces
    }

    fn choose(
        revisions: &Revisions,
        namespace: &str,
        pod: Option<(&'static str, &'static str)>,
    ) -> Result<RevisionChoice, RevisionError> {
        revisions.choose(&namespaces(), namespace, &|key| pod.filter(|(name, _)| *name == key).map(|(_, value)| value))
    }

    #[test]
    fn labels_of_namespace_and_pod_choose_between_revisions() {
        let both = revisions(&["default", "canary"]);
        let chosen = |namespace, pod| choose(&both, namespace, pod).map(|c| (c.revision, c.warning.is_some()));
        assert_eq!(chosen("enabled", None), Ok((0, false)));
        assert_eq!(chosen("canary", None), Ok((1, false)));
        assert_eq!(chosen("prod", None), Ok((1, false)));
        assert_eq!(chosen("bare", Some((label::REVISION, "prod"))), Ok((1, false)));
        assert_eq!(chosen("bare", Some((label::INJECT, "true"))), Ok((0, false)));
        assert_eq!(chosen("unknown", Some((label::REVISION, "canary"))), Ok((1, false)));
        // The default revision injects pods that no webhook selects, with a warning.
        for namespace in ["bare", "disabled", "gone", "unknown"] {
            assert_eq!(chosen(namespace, None), Ok((0, true)), "{namespace}");
        }
    }

    #[test]
    fn without_a_default_revision_labels_must_select_one() {
        let both = revisions(&["canary", "stable"]);
        assert_eq!(choose(&both, "canary", None).unwrap().revision, 0);
        let error = choose(&both, "bare", None).unwrap_err();
        assert!(matches!(&error, RevisionError::Several { .. }));
        assert!(error.to_string().ends_with("(available: canary, stable)"), "{error}");
        assert!(choose(&both, "unknown", None).is_err());
        let tagged = tagged(&["canary", "stable"], &[("stable", "default")]);
        assert_eq!(choose(&tagged, "bare", None).unwrap().revision, 1);
        let mut without = both;
        without.names.remove(0);
        without.names.push("other".to_owned());
        assert!(matches!(choose(&without, "canary", None), Err(RevisionError::Missing { .. })));
    }

    #[test]
    fn the_only_revision_is_chosen_with_a_warning() {
        let canary = revisions(&["canary"]);
        let warning = |namespace| choose(&canary, namespace, None).unwrap().warning;
        assert_eq!(warning("canary"), None);
        assert!(matches!(warning("enabled"), Some(RevisionWarning::NamespaceLabel { .. })));
        assert!(matches!(warning("bare"), Some(RevisionWarning::NoLabel { .. })));
        assert!(matches!(warning("unknown"), Some(RevisionWarning::UnknownNamespace { .. })));
        let mut both = revisions(&["default", "canary"]);
        both.names = vec!["canary".to_owned()];
        let choice = choose(&both, "enabled", None).unwrap();
        assert_eq!(choice.warning, Some(RevisionWarning::OtherRevision { revision: "default".to_owned() }));
    }
}
