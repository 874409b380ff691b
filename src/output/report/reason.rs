//! Reasons and warnings of a workload, with stable codes.

use std::fmt;

use crate::convert;
use crate::explain;
use crate::inject::{self, AnnotationChange, SkipReason, annotation_value};
use crate::istio::names::annotation::NATIVE_SIDECAR;
use crate::istio::native::{Mode, ModeReason};
use crate::istio::{Release, RevisionWarning};

/// A reason for a workload's outcome or mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A controller owns it and would revert a change.
    Controlled {
        /// The controller's kind.
        kind: String,
        /// The controller's name.
        name: String,
    },
    /// It has only pod metadata, under this key, and no pod template.
    PodMetadataOnly {
        /// The key.
        key: String,
    },
    /// It does not match a flag that selects workloads.
    NotSelected {
        /// The flag.
        flag: &'static str,
    },
    /// Another object in its document failed.
    DocumentFailed,
    /// No mesh injects it.
    Skipped(SkipReason),
    /// No webhook of the mesh selects it.
    NoWebhook(RevisionWarning),
    /// It is annotated, but the mesh would not inject it for this reason.
    NotInjected(Box<Reason>),
    /// The annotation has this value and is kept.
    AnnotationKept {
        /// The value, as reported.
        value: String,
    },
    /// The annotation had another value.
    AnnotationReplaced {
        /// That value, as reported.
        was: String,
    },
    /// The annotation had an invalid spelling of a boolean.
    AnnotationRepaired {
        /// The value before, as reported.
        was: String,
        /// The mode that it means.
        mode: Mode,
    },
    /// How the injection changed the annotation.
    Annotation(AnnotationChange),
    /// Why the proxy is native or regular.
    Mode(ModeReason),
    /// The pods' templates make a regular proxy in either mode.
    TemplateNeverNative {
        /// The names, comma separated.
        templates: String,
    },
    /// An object of the cluster, such as a `ProxyConfig`, applies to the pod.
    Applies {
        /// The object.
        object: String,
    },
    /// Nothing was injected into it.
    NoSidecar,
    /// The original text was restored from its record.
    Restored {
        /// Whether the workload was edited since it was injected. The edits are kept.
        is_edited: bool,
    },
    /// These labels and annotations were removed because an injection sets them to the values that they had. Whether the
    /// pod had them before is not recorded.
    RemovedUnrecorded {
        /// The names.
        names: Vec<&'static str>,
    },
    /// The annotation that selects native or regular is kept: it is not recorded who wrote it.
    ModeAnnotationKept,
    /// About converted sidecars.
    Converted(convert::Reason),
}

impl From<explain::Reason> for Reason {
    fn from(reason: explain::Reason) -> Self {
        match reason {
            explain::Reason::Mode(reason) => Self::Mode(reason),
            explain::Reason::TemplateNeverNative { templates } => Self::TemplateNeverNative { templates },
            explain::Reason::Skipped(reason) => Self::Skipped(reason),
            explain::Reason::NoWebhook(warning) => Self::NoWebhook(warning),
            explain::Reason::PodMetadataOnly { key } => Self::PodMetadataOnly { key },
        }
    }
}

impl Reason {
    /// The code in the JSON report. It is stable, unlike the text.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Controlled { .. } => "controlled",
            Self::PodMetadataOnly { .. } => "pod-metadata-only",
            Self::NotSelected { .. } => "not-selected",
            Self::DocumentFailed => "document-failed",
            Self::Skipped(reason) => reason.code(),
            Self::NoWebhook(warning) => warning.code(),
            Self::NotInjected(reason) => reason.code(),
            Self::AnnotationKept { .. } => "annotation-kept",
            Self::AnnotationReplaced { .. } => "annotation-replaced",
            Self::AnnotationRepaired { .. } => "annotation-repaired",
            Self::Annotation(change) => change.code(),
            Self::Mode(reason) => reason.code(),
            Self::TemplateNeverNative { .. } => "template-never-native",
            Self::Applies { .. } => "object-applies",
            Self::NoSidecar => "no-sidecar",
            Self::Restored { .. } => "original-restored",
            Self::RemovedUnrecorded { .. } => "removed-unrecorded",
            Self::ModeAnnotationKept => "mode-annotation-kept",
            Self::Converted(reason) => reason.code(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Controlled { kind, name } => write!(f, "controlled by {kind} {name}: change that instead"),
            Self::PodMetadataOnly { key } => {
                write!(f, "no pod template, only pod metadata ({key}): use annotate instead")
            }
            Self::NotSelected { flag } => write!(f, "does not match {flag}"),
            Self::DocumentFailed => f.write_str("its document has an error"),
            Self::Skipped(reason) => reason.fmt(f),
            Self::NoWebhook(warning) => warning.fmt(f),
            Self::NotInjected(reason) => write!(f, "the mesh would not inject it: {reason}"),
            Self::AnnotationKept { value } => write!(f, "the annotation is {value}"),
            Self::AnnotationReplaced { was } => write!(f, "was {was}"),
            Self::AnnotationRepaired { was, mode } => write!(f, "repaired from {was} to {:?}", annotation_value(*mode)),
            Self::Annotation(change) => change.fmt(f),
            Self::Mode(reason) => reason.fmt(f),
            Self::TemplateNeverNative { templates } => {
                write!(f, "template {templates} puts the proxy under containers in every mode")
            }
            Self::Applies { object } => write!(f, "{object} applies"),
            Self::NoSidecar => f.write_str("no injected sidecar"),
            Self::Restored { is_edited: false } => f.write_str("the original text is restored"),
            Self::Restored { is_edited: true } => {
                f.write_str("the original text is restored, with the edits that were made since")
            }
            Self::RemovedUnrecorded { names } => {
                write!(f, "removed too, as an injection sets them to the same values: {}", names.join(", "))
            }
            Self::ModeAnnotationKept => {
                write!(f, "annotation {NATIVE_SIDECAR} is kept (annotate --remove removes it)")
            }
            Self::Converted(reason) => reason.fmt(f),
        }
    }
}

/// A warning about a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// About the injected pod.
    Pod(inject::Warning),
    /// About the revision that injects it.
    Revision(RevisionWarning),
    /// About a converted sidecar.
    Converted(convert::Warning),
    /// A mapping has a key more than once. The last one counts.
    DuplicateKey {
        /// The key's path.
        path: String,
        /// The line of the ignored key.
        earlier: usize,
        /// The line of the key that counts.
        line: usize,
    },
    /// `metadata.namespace` is not a string.
    OddNamespace {
        /// The namespace that the workload counts as one of.
        counted: String,
    },
    /// How many duplicate keys are not listed.
    MoreDuplicateKeys(usize),
    /// The edit changed more than the workload, such as an alias that it expanded.
    Edit {
        /// The line.
        line: usize,
        /// What changed there.
        message: String,
    },
    /// The annotation is neither true nor false.
    AnnotationUnclear {
        /// The value, as reported.
        was: String,
        /// Whether it was kept although the mode was to be set.
        is_kept: bool,
    },
    /// The annotation cannot be removed, because it comes from a merge key.
    AnnotationMerged,
    /// The mesh gives the proxy another mode than the annotation requests.
    OtherMode {
        /// The mesh's release.
        release: Release,
        /// The mode in the mesh.
        mode: Mode,
        /// Reasons for that mode.
        reasons: Vec<ModeReason>,
    },
    /// The mode depends on an unknown template of the mesh.
    TemplateDecides {
        /// The names of the templates.
        templates: String,
    },
    /// The mesh would reject the pod.
    MeshRefuses {
        /// The mesh's error.
        error: String,
    },
    /// It is not known which revision injects it.
    RevisionUndecided {
        /// The cause.
        error: String,
    },
    /// The record of the original does not fit the text, which was rewritten since. istiod's own records were used.
    OriginalRewritten,
    /// These labels and annotations may come from the injection, but another value than an injection would set was found.
    KeptUnrecorded {
        /// The names.
        names: Vec<&'static str>,
    },
}

impl Warning {
    /// The code in the JSON report. It is stable, unlike the text.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Pod(warning) => warning.code(),
            Self::Revision(warning) => warning.code(),
            Self::Converted(warning) => warning.code(),
            Self::DuplicateKey { .. } | Self::MoreDuplicateKeys(_) => "duplicate-key",
            Self::OddNamespace { .. } => "odd-namespace",
            Self::Edit { .. } => "edit",
            Self::AnnotationUnclear { .. } => "annotation-unclear",
            Self::AnnotationMerged => "annotation-merged",
            Self::OtherMode { .. } => "other-mode",
            Self::TemplateDecides { .. } => "template-unknown",
            Self::MeshRefuses { .. } => "mesh-refuses",
            Self::RevisionUndecided { .. } => "revision-undecided",
            Self::OriginalRewritten => "original-rewritten",
            Self::KeptUnrecorded { .. } => "kept-unrecorded",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pod(warning) => warning.fmt(f),
            Self::Revision(warning) => warning.fmt(f),
            Self::Converted(warning) => warning.fmt(f),
            Self::DuplicateKey { path, earlier, line } => {
                write!(f, "duplicate key {path} on lines {earlier} and {line}: the last one counts")
            }
            Self::OddNamespace { counted } => {
                write!(f, "the API server refuses metadata.namespace, which is not a string; it counts as {counted}")
            }
            Self::MoreDuplicateKeys(count) => write!(f, "{count} more duplicate keys"),
            Self::Edit { line, message } => write!(f, "line {line}: {message}"),
            Self::AnnotationUnclear { was, is_kept: false } => {
                write!(f, "annotation {NATIVE_SIDECAR} is {was}, neither \"true\" nor \"false\"")
            }
            Self::AnnotationUnclear { was, is_kept: true } => {
                let change = AnnotationChange::Unclear { was: was.clone() };
                write!(f, "{change}; write \"true\" or \"false\", or pass --mode")
            }
            Self::AnnotationMerged => f.write_str("the annotation was not removed: it comes from a merge key"),
            Self::OtherMode { release, mode, reasons } => {
                let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
                write!(f, "the proxy is {mode} in istio {release}: {}", reasons.join("; "))
            }
            Self::TemplateDecides { templates } => {
                write!(f, "whether the proxy is native depends on template {templates:?} of the mesh")
            }
            Self::MeshRefuses { error } => write!(f, "the mesh would reject it: {error}"),
            Self::RevisionUndecided { error } => f.write_str(error),
            Self::OriginalRewritten => f.write_str(
                "the text was rewritten since the injection: the sidecar was removed by istiod's own records, which do not \
                 have the original text",
            ),
            Self::KeptUnrecorded { names } => {
                write!(f, "kept, as it is not recorded whether the injection set them: {}", names.join(", "))
            }
        }
    }
}
