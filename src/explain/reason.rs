//! The reasons of an explanation, with stable codes and their places in the manifest.

use std::fmt;

use crate::inject::{SkipReason, annotation_value};
use crate::istio::names::{annotation, label};
use crate::istio::native::{Mode, ModeReason};
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

    /// The reason in a few words, for a column of a table.
    pub fn brief(&self) -> String {
        let old = |version: &str| match version {
            "" => format!("has no kubelet version ({MIN_KUBELET_MINOR} needed)"),
            version => format!("{version} is older than 1.{MIN_KUBELET_MINOR}"),
        };
        let node = |name: &str| if name.is_empty() { "node".to_owned() } else { format!("node {name}") };
        match self {
            Self::Mode(ModeReason::Annotation(mode)) => format!("annotation {:?}", annotation_value(*mode)),
            Self::Mode(ModeReason::AnnotationOdd { value, mode }) => format!("annotation {value:?}, read as {mode}"),
            Self::Mode(ModeReason::AnnotationEmpty) => "annotation empty".to_owned(),
            Self::Mode(ModeReason::AnnotationIgnored { .. }) => "annotation ignored by this release".to_owned(),
            Self::Mode(ModeReason::Env(mode)) => format!("istiod's environment: {:?}", annotation_value(*mode)),
            Self::Mode(ModeReason::EnvOdd { value }) => format!("istiod's environment: {value:?}"),
            Self::Mode(ModeReason::DefaultRegular) => "the release's default".to_owned(),
            Self::Mode(ModeReason::NodeTooOld { name, version, kind }) if name.is_empty() => {
                format!("{kind} {}", old(version))
            }
            Self::Mode(ModeReason::NodeTooOld { name, version, kind }) => format!("{kind} {name} {}", old(version)),
            Self::Mode(ModeReason::BoundNode { name, version, mode: Mode::Regular }) => {
                format!("bound to {} {}", node(name), old(version))
            }
            Self::Mode(ModeReason::BoundNode { name, version, .. }) => format!("bound to {} {version}", node(name)),
            Self::Mode(ModeReason::NodesUnknown) => "nodes decide, and are unknown".to_owned(),
            Self::TemplateNeverNative { templates } => format!("template {templates} is never native"),
            other => other.to_string(),
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
