//! Why a workload became what it is, and what deserves a second look: typed, with stable codes, until it is written.

use std::fmt;

use crate::inject::{self, AnnotationChange, SkipReason, annotation_value};
use crate::istio::names::annotation::NATIVE_SIDECAR;
use crate::istio::native::{Mode, ModeReason};
use crate::istio::{Release, RevisionWarning};

/// One reason for what became of a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A controller owns it, and would undo a change.
    Controlled {
        /// The controller's kind.
        kind: String,
        /// The controller's name.
        name: String,
    },
    /// It carries only metadata of pods, under this key.
    PodMetadataOnly {
        /// The key.
        key: String,
    },
    /// A flag of the selection does not match it.
    NotSelected {
        /// The flag.
        flag: &'static str,
    },
    /// Something else in its document failed.
    DocumentFailed,
    /// No mesh injects it.
    Skipped(SkipReason),
    /// No webhook of the mesh selects it.
    NoWebhook(RevisionWarning),
    /// It is annotated, although the mesh would not inject it for this reason.
    NotInjected(Box<Reason>),
    /// The annotation has this value, and is kept.
    AnnotationKept {
        /// The value, as reported.
        value: String,
    },
    /// The annotation had another value.
    AnnotationReplaced {
        /// That value, as reported.
        was: String,
    },
    /// The annotation was misspelt.
    AnnotationRepaired {
        /// The value before, as reported.
        was: String,
        /// What it means.
        mode: Mode,
    },
    /// What an injection did to the annotation.
    Annotation(AnnotationChange),
    /// Why the proxy is native or regular.
    Mode(ModeReason),
    /// An object of the cluster, such as a `ProxyConfig`, applies to the pod.
    Applies {
        /// The object.
        object: String,
    },
}

impl Reason {
    /// The code, for programs. It stays the same when the text changes.
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
            Self::Applies { .. } => "object-applies",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Controlled { kind, name } => write!(f, "controlled by {kind} {name}: change that instead"),
            Self::PodMetadataOnly { key } => {
                write!(f, "no pod template, only metadata of pods ({key}): annotate takes it")
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
            Self::Applies { object } => write!(f, "{object} applies"),
        }
    }
}

/// Something about a workload that deserves a second look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// About the injected pod.
    Pod(inject::Warning),
    /// About the revision that injects it.
    Revision(RevisionWarning),
    /// A key is in its mapping more than once; the last one counts.
    DuplicateKey {
        /// The path of the key.
        path: String,
        /// The line of the key before it.
        earlier: usize,
        /// The line of the key that counts.
        line: usize,
    },
    /// More keys are than are listed.
    MoreDuplicateKeys(usize),
    /// An edit changed more than the workload, such as an alias that was written out.
    Edit {
        /// The line.
        line: usize,
        /// What happened there.
        message: String,
    },
    /// The annotation is neither true nor false.
    AnnotationUnclear {
        /// The value, as reported.
        was: String,
        /// Whether it was to be set, and so is kept; else it was not touched.
        is_kept: bool,
    },
    /// The annotation comes from a merge key and cannot be removed.
    AnnotationMerged,
    /// The mesh gives the proxy another mode than the annotation says.
    OtherMode {
        /// The mesh's release.
        release: Release,
        /// The mode.
        mode: Mode,
        /// Why.
        reasons: Vec<ModeReason>,
    },
    /// The mode depends on a template of the mesh that is not known.
    TemplateDecides {
        /// The names of the templates.
        templates: String,
    },
    /// The mesh would refuse the pod.
    MeshRefuses {
        /// Why.
        error: String,
    },
    /// The revision that injects it is not known.
    RevisionUndecided {
        /// Why.
        error: String,
    },
}

impl Warning {
    /// The code, for programs. It stays the same when the text changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Pod(warning) => warning.code(),
            Self::Revision(warning) => warning.code(),
            Self::DuplicateKey { .. } | Self::MoreDuplicateKeys(_) => "duplicate-key",
            Self::Edit { .. } => "edit",
            Self::AnnotationUnclear { .. } => "annotation-unclear",
            Self::AnnotationMerged => "annotation-merged",
            Self::OtherMode { .. } => "other-mode",
            Self::TemplateDecides { .. } => "template-unknown",
            Self::MeshRefuses { .. } => "mesh-refuses",
            Self::RevisionUndecided { .. } => "revision-undecided",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pod(warning) => warning.fmt(f),
            Self::Revision(warning) => warning.fmt(f),
            Self::DuplicateKey { path, earlier, line } => {
                write!(f, "duplicate key {path} on lines {earlier} and {line}: the last one counts")
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
            Self::AnnotationMerged => f.write_str("the annotation is not removed: a merge key brings it"),
            Self::OtherMode { release, mode, reasons } => {
                let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
                write!(f, "the proxy is {mode} in istio {release}: {}", reasons.join("; "))
            }
            Self::TemplateDecides { templates } => {
                write!(f, "whether the proxy is native depends on template {templates:?} of the mesh")
            }
            Self::MeshRefuses { error } => write!(f, "the mesh would refuse it: {error}"),
            Self::RevisionUndecided { error } => f.write_str(error),
        }
    }
}
