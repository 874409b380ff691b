//! Objects that pass through although workloads are created from them, and why.

use super::detect::DetectedTemplates;
use super::shell::shell_quoted;
use lossless_yaml::Place;

/// An object that passes through, in whole or in part, although workloads are created from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unhandled {
    /// The place of the object.
    pub place: Place,
    /// How many pod templates of the document precede it.
    pub templates_before: usize,
    /// `KIND.GROUP`, or `KIND` in the core group.
    pub kind: String,
    /// `metadata.name` or `generateName`; empty if there is neither.
    pub name: String,
    /// Why it passes through.
    pub why: UnhandledReason,
}

/// Why an object passes through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnhandledReason {
    /// The kind is unknown, and the object has pod templates, or its controller is known to create pods.
    UnknownKind {
        /// The pod templates in it.
        templates: DetectedTemplates,
        /// Whether the kind is a known custom kind.
        is_known_crd: bool,
    },
    /// The known paths of the kind do not match these pod templates.
    LeftOut(DetectedTemplates),
    /// None of the paths that were added for the kind matches a pod template.
    LeadsNowhere {
        /// The added paths.
        added: Vec<String>,
        /// The pod templates in it.
        templates: DetectedTemplates,
    },
    /// The object is of a known custom kind, but has nothing at the paths from which its controller copies annotations.
    NothingToAnnotate(Vec<String>),
    /// Workloads are rendered from it by this command.
    RenderedBy(String),
    /// The object has a pod template, but its `apiVersion` has no such kind.
    NoSuchKind {
        /// The `apiVersion`.
        api_version: Option<String>,
        /// The `kind`.
        kind: Option<String>,
        /// The kind that was probably meant, and its current `apiVersion`.
        meant: Option<(&'static str, &'static str)>,
    },
    /// The document cannot be parsed for this reason, but its lines show that it has no pod template.
    Unread(String),
}

impl Unhandled {
    /// Whether the object is certainly a mistake, which checks must not ignore.
    pub fn is_mistake(&self) -> bool {
        matches!(self.why, UnhandledReason::NoSuchKind { .. })
    }

    /// What happened to the object, in words.
    pub fn outcome(&self) -> &'static str {
        if matches!(self.why, UnhandledReason::LeftOut(_)) { "passed through in part" } else { "passed through" }
    }

    /// Whether another tool renders workloads from it.
    pub fn renders_elsewhere(&self) -> bool {
        matches!(self.why, UnhandledReason::RenderedBy(_))
    }

    /// The stable name of the reason why it passes through.
    pub fn code(&self) -> &'static str {
        match &self.why {
            UnhandledReason::UnknownKind { .. } => "unknown-kind",
            UnhandledReason::LeftOut(_) => "template-left-out",
            UnhandledReason::LeadsNowhere { .. } => "path-leads-nowhere",
            UnhandledReason::NothingToAnnotate(_) => "nothing-to-annotate",
            UnhandledReason::RenderedBy(_) => "rendered-elsewhere",
            UnhandledReason::NoSuchKind { .. } => "no-such-kind",
            UnhandledReason::Unread(_) => "unread",
        }
    }

    /// Why it passes through, in words.
    pub fn why(&self) -> String {
        match &self.why {
            UnhandledReason::UnknownKind { templates, .. } if templates.paths.is_empty() => {
                "pods are created from it, but its kind is unknown".to_owned()
            }
            UnhandledReason::UnknownKind { templates, .. } => format!("{}, but its kind is unknown", has(templates)),
            UnhandledReason::NothingToAnnotate(paths) => format!("nothing to annotate at {}", paths.join(", ")),
            UnhandledReason::RenderedBy(command) => format!("workloads are rendered from it by: {command}"),
            UnhandledReason::LeftOut(templates) => format!("{} that no path matches", has(templates)),
            UnhandledReason::LeadsNowhere { added, templates } if templates.paths.is_empty() => {
                format!("--pod-template-path {} does not match a pod template in it", added.join(", "))
            }
            UnhandledReason::LeadsNowhere { added, templates } => {
                format!(
                    "--pod-template-path {} does not match a pod template in it; {}",
                    added.join(", "),
                    has(templates)
                )
            }
            UnhandledReason::Unread(error) => format!("its document cannot be read: {error}"),
            UnhandledReason::NoSuchKind { kind: None, .. } => {
                "it has a pod template, but its kind is missing".to_owned()
            }
            UnhandledReason::NoSuchKind { api_version: None, meant: Some((kind, right)), .. } => {
                format!("it has a pod template, but its apiVersion is missing: {kind} is in {right}")
            }
            UnhandledReason::NoSuchKind { api_version: None, .. } => {
                "it has a pod template, but its apiVersion is missing".to_owned()
            }
            UnhandledReason::NoSuchKind { api_version: Some(version), kind: Some(found), meant } => {
                let right = meant.map(|(kind, right)| format!(": {kind} is in {right}")).unwrap_or_default();
                format!("it has a pod template, but apiVersion {version:?} has no kind {found}{right}")
            }
        }
    }

    /// The flags that include it, as a hint.
    pub fn hint(&self) -> Option<String> {
        if let UnhandledReason::UnknownKind { is_known_crd: true, .. } = self.why {
            return Some("--known-crds includes it".to_owned());
        }
        let (UnhandledReason::UnknownKind { templates, .. }
        | UnhandledReason::LeftOut(templates)
        | UnhandledReason::LeadsNowhere { templates, .. }) = &self.why
        else {
            return None;
        };
        let flags = templates
            .paths
            .iter()
            .map(|path| format!("--pod-template-path {}", shell_quoted(&format!("{}={path}", self.kind))));
        let flags: Vec<String> = flags.collect();
        (!flags.is_empty())
            .then(|| format!("{} includes {}", flags.join(" "), if flags.len() == 1 { "it" } else { "them" }))
    }
}

fn has(templates: &DetectedTemplates) -> String {
    let paths = templates.paths.join(", ");
    let more = if templates.more { " and more" } else { "" };
    let count = if templates.paths.len() == 1 && !templates.more { "a pod template" } else { "pod templates" };
    format!("it has {count} at {paths}{more}")
}
