//! The reasons of an explanation, with stable codes and their places in the manifest.

use std::fmt;

use crate::inject::{Partial, SkipReason, annotation_value};
use crate::istio::names::{annotation, label};
use crate::istio::native::{Mode, ModeReason};
use crate::istio::platform::{NativeDefault, Ruling};
use crate::istio::{MIN_KUBELET_MINOR, RevisionWarning};
use crate::k8s::{Object, Path};
use lossless_yaml::{NodeId, Tree};

/// Why the pods of a workload get the proxy that they get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The annotation, istiod's environment or the nodes decide.
    Mode(ModeReason),
    /// The pods' templates make a regular proxy in either mode.
    TemplateNeverNative {
        /// Their names, comma separated.
        templates: String,
    },
    /// The mesh does not inject the pods.
    Skipped(SkipReason),
    /// No webhook selects the pods.
    NoWebhook(RevisionWarning),
    /// The object has only pod metadata, under this key, and no pod template.
    PodMetadataOnly {
        /// The key.
        key: String,
    },
}

impl Reason {
    /// The stable name of the reason.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Mode(reason) => reason.code(),
            Self::TemplateNeverNative { .. } => "template-never-native",
            Self::Skipped(reason) => reason.code(),
            Self::NoWebhook(warning) => warning.code(),
            Self::PodMetadataOnly { .. } => "pod-metadata-only",
        }
    }

    /// Where a vendor's rule comes from, if this is one.
    pub fn source(&self) -> Option<String> {
        match self {
            Self::Mode(reason) => reason.rule().map(|rule| rule.source.to_string()),
            _ => None,
        }
    }

    /// The vendor's rule, if this is one that leaves istiod's environment open.
    pub fn unknown_istiod(&self) -> Option<&Ruling> {
        match self {
            Self::Mode(ModeReason::Platform(ruling)) if ruling.rule.default == NativeDefault::Unknown => Some(ruling),
            _ => None,
        }
    }

    /// The reason in a few words, for a column of a table.
    pub fn brief(&self) -> String {
        let old = |version: &str| match version {
            "" => format!("has no kubelet version ({MIN_KUBELET_MINOR} needed)"),
            version => format!("{version} is older than 1.{MIN_KUBELET_MINOR}"),
        };
        let node = |name: &str| if name.is_empty() { "node".to_owned() } else { format!("node {}", short(name)) };
        match self {
            Self::Mode(ModeReason::Annotation(mode)) => format!("annotation {:?}", annotation_value(*mode)),
            Self::Mode(ModeReason::AnnotationOdd { value, mode }) => {
                format!("annotation {:?}, read as {mode}", short(value))
            }
            Self::Mode(ModeReason::AnnotationEmpty) => "annotation empty".to_owned(),
            Self::Mode(ModeReason::AnnotationIgnored { .. }) => "annotation ignored by this release".to_owned(),
            Self::Mode(ModeReason::Env(mode)) => format!("istiod's environment: {:?}", annotation_value(*mode)),
            Self::Mode(ModeReason::EnvOdd { value }) => format!("istiod's environment: {:?}", short(value)),
            Self::Mode(ModeReason::Platform(ruling)) => match ruling.rule.default {
                NativeDefault::Unknown => format!("istiod is unknown ({})", ruling.rule.code),
                _ => format!("rule {}", ruling.rule.code),
            },
            Self::Mode(ModeReason::DefaultRegular) => "the release's default".to_owned(),
            Self::Mode(ModeReason::NodeTooOld { name, version, kind }) if name.is_empty() => {
                format!("{kind} {}", old(version))
            }
            Self::Mode(ModeReason::NodeTooOld { name, version, kind }) => {
                format!("{kind} {} {}", short(name), old(version))
            }
            Self::Mode(ModeReason::AllNodesNew { .. }) => format!("nodes are 1.{MIN_KUBELET_MINOR} or later"),
            Self::Mode(ModeReason::NodesAssumed) => format!("nodes of 1.{MIN_KUBELET_MINOR} or later are assumed"),
            Self::Mode(ModeReason::BoundNode { name, version, mode: Mode::Regular }) => {
                format!("bound to {} {}", node(name), old(version))
            }
            Self::Mode(ModeReason::BoundNode { name, version, .. }) => format!("bound to {} {version}", node(name)),
            Self::Mode(ModeReason::NodesUnknown) => "nodes decide, and are unknown".to_owned(),
            Self::TemplateNeverNative { templates } => format!("template {} is never native", short(templates)),
            Self::Skipped(reason) => skipped(reason),
            Self::NoWebhook(warning) => no_webhook(warning),
            Self::PodMetadataOnly { .. } => "no pod template, only pod metadata".to_owned(),
        }
    }

    /// The node of the manifest that is the reason, for reasons that the manifest gives.
    pub fn node(&self, tree: &Tree<'_>, object: &Object) -> Option<NodeId> {
        if let Self::PodMetadataOnly { .. } = self {
            return Some(object.template);
        }
        if let Self::Skipped(SkipReason::IgnoredNamespace { .. }) = self {
            return Path::of_keys(["metadata", "namespace"]).node(tree, object.node);
        }
        self.path()?.node(tree, object.template)
    }

    /// The path of the node below the pod template.
    fn path(&self) -> Option<Path> {
        let annotation = |name| Some(Path::of_keys(["metadata", "annotations", name]));
        match self {
            Self::Mode(
                ModeReason::Annotation(_)
                | ModeReason::AnnotationOdd { .. }
                | ModeReason::AnnotationEmpty
                | ModeReason::AnnotationIgnored { .. },
            ) => annotation(annotation::NATIVE_SIDECAR),
            Self::Mode(ModeReason::BoundNode { .. }) => Some(Path::of_keys(["spec", "nodeName"])),
            Self::TemplateNeverNative { .. } => annotation(annotation::TEMPLATES),
            Self::Skipped(SkipReason::HostNetwork) => Some(Path::of_keys(["spec", "hostNetwork"])),
            Self::Skipped(SkipReason::LabelOptsOut { .. }) => {
                Some(Path::of_keys(["metadata", "labels", label::INJECT]))
            }
            Self::Skipped(SkipReason::AnnotationOptsOut { .. }) => annotation(annotation::INJECT),
            Self::NoWebhook(RevisionWarning::PodLabel { .. }) => {
                Some(Path::of_keys(["metadata", "labels", label::REVISION]))
            }
            _ => None,
        }
    }
}

/// Why a mesh does not inject a pod, in a few words.
fn skipped(reason: &SkipReason) -> String {
    let inject = label::INJECT;
    match reason {
        SkipReason::HostNetwork => "host network".to_owned(),
        SkipReason::IgnoredNamespace { .. } => "istio ignores the namespace".to_owned(),
        SkipReason::LabelOptsOut { value } => format!("label {inject} is {:?}", short(value)),
        SkipReason::AnnotationOptsOut { value } => format!("annotation {inject} is {:?}", short(value)),
        SkipReason::NeverSelector => "neverInjectSelector matches".to_owned(),
        SkipReason::PolicyDisabled => "the mesh injects only pods that ask for it".to_owned(),
        SkipReason::PolicyUnknown { policy } => format!("unknown policy {:?}", short(policy)),
        SkipReason::Partial(Partial::NoContainers) => "no containers".to_owned(),
        SkipReason::Partial(Partial::NoImage { .. }) => "a container without an image".to_owned(),
    }
}

/// Why no webhook selects a pod, in a few words.
fn no_webhook(warning: &RevisionWarning) -> String {
    match warning {
        RevisionWarning::NamespaceLabel { .. } => "no webhook selects the namespace's labels".to_owned(),
        RevisionWarning::NoLabel { .. } => "neither namespace nor pod requests injection".to_owned(),
        RevisionWarning::PodLabel { .. } => "no webhook serves the pod's revision".to_owned(),
        RevisionWarning::OtherRevision { revision } => format!("revision {} injects it", short(revision)),
        RevisionWarning::UnknownNamespace { .. } => "the namespace's labels are unknown".to_owned(),
    }
}

/// The start of a text that may be long.
fn short(text: &str) -> String {
    const MOST: usize = 30;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mode(reason) => reason.fmt(f),
            Self::TemplateNeverNative { templates } => {
                write!(f, "template {templates} puts the proxy under containers in every mode")
            }
            Self::Skipped(reason) => reason.fmt(f),
            Self::NoWebhook(warning) => warning.fmt(f),
            Self::PodMetadataOnly { key } => write!(f, "no pod template, only pod metadata ({key})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::istio::platform;

    #[test]
    fn reasons_are_short_in_a_table() {
        let long = || "a".repeat(300);
        let rules = platform::rules()
            .map(|rule| Reason::Mode(ModeReason::Platform(Ruling { rule, missing: "much more".repeat(20) })));
        let others = [
            Reason::Mode(ModeReason::AnnotationOdd { value: long(), mode: Mode::Native }),
            Reason::Mode(ModeReason::EnvOdd { value: long() }),
            Reason::Mode(ModeReason::AllNodesNew { nodes: 3 }),
            Reason::TemplateNeverNative { templates: long() },
            Reason::Skipped(SkipReason::LabelOptsOut { value: long() }),
            Reason::Skipped(SkipReason::PolicyUnknown { policy: long() }),
            Reason::Skipped(SkipReason::Partial(Partial::NoImage { container: long() })),
            Reason::NoWebhook(RevisionWarning::NoLabel { namespace: long() }),
            Reason::NoWebhook(RevisionWarning::PodLabel { value: long() }),
            Reason::PodMetadataOnly { key: long() },
        ];
        for reason in rules.chain(others) {
            let brief = reason.brief();
            assert!(brief.chars().count() <= 75, "{brief}");
        }
    }
}
