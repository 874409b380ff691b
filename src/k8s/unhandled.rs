//! Objects that pass through although workloads come of them, and why.

use super::detect::DetectedTemplates;
use lossless_yaml::Place;

/// An object that passes through, or of which a part does, although workloads come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unhandled {
    /// Where it begins.
    pub place: Place,
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
    /// Its kind is not known, and it has pod templates, or its controller is known to make pods of it.
    UnknownKind {
        /// Where its pod templates are.
        templates: DetectedTemplates,
        /// Its kind is one of the custom kinds that are well known.
        is_known_crd: bool,
    },
    /// The paths that are known for its kind leave these pod templates out.
    LeftOut(DetectedTemplates),
    /// None of the paths that were added for its kind leads to a pod template.
    LeadsNowhere {
        /// The paths.
        added: Vec<String>,
        /// Where its pod templates are.
        templates: DetectedTemplates,
    },
    /// It is of a known custom kind, and nothing is at the paths where its controller takes annotations from.
    NothingToAnnotate(Vec<String>),
    /// Workloads come of it elsewhere: the command that renders them.
    RenderedBy(String),
    /// It has a pod template, and there is no such kind in its `apiVersion`.
    NoSuchKind {
        /// Its `apiVersion`.
        api_version: Option<String>,
        /// Its `kind`.
        kind: Option<String>,
        /// The kind that must be meant, and its current `apiVersion`.
        meant: Option<(&'static str, &'static str)>,
    },
    /// Its document cannot be read, for this reason, and plainly holds no pod template.
    Unread(String),
}

impl Unhandled {
    /// Whether the object cannot be what its author wants, so that no check may pass over it.
    pub fn is_mistake(&self) -> bool {
        matches!(self.why, UnhandledReason::NoSuchKind { .. })
    }

    /// What became of it.
    pub fn outcome(&self) -> &'static str {
        if matches!(self.why, UnhandledReason::LeftOut(_)) { "passed through in part" } else { "passed through" }
    }

    /// Whether workloads come of it elsewhere.
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

    /// Why it passes through, for people.
    pub fn why(&self) -> String {
        match &self.why {
            UnhandledReason::UnknownKind { templates, .. } if templates.paths.is_empty() => {
                "pods are made of it, but its kind is not known".to_owned()
            }
            UnhandledReason::UnknownKind { templates, .. } => format!("{}, but its kind is not known", has(templates)),
            UnhandledReason::NothingToAnnotate(paths) => format!("nothing to annotate at {}", paths.join(", ")),
            UnhandledReason::RenderedBy(command) => format!("workloads are rendered from it elsewhere: {command}"),
            UnhandledReason::LeftOut(templates) => format!("{} that no path leads to", has(templates)),
            UnhandledReason::LeadsNowhere { added, templates } if templates.paths.is_empty() => {
                format!("--pod-template-path {} leads to no pod template in it", added.join(", "))
            }
            UnhandledReason::LeadsNowhere { added, templates } => {
                format!("--pod-template-path {} leads to no pod template in it; {}", added.join(", "), has(templates))
            }
            UnhandledReason::Unread(error) => format!("its document is not read: {error}"),
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

    /// The flags that include it.
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
            .map(|path| format!("--pod-template-path {}", quoted(&format!("{}={path}", self.kind))));
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

/// A word for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
