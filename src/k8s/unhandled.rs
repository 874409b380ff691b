//! Objects that pass through although workloads come of them, and why.

use super::detect::Templates;
use crate::yaml::Place;

/// An object that passes through, or of which a part does, although workloads come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unhandled {
    /// Where it begins.
    pub place: Place,
    /// `KIND.GROUP`, or `KIND` in the core group.
    pub kind: String,
    /// `metadata.name`; empty if there is none.
    pub name: String,
    /// Why it passes through.
    pub why: Why,
}

/// Why an object passes through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It has pod templates, and its kind is not known.
    UnknownKind(Templates),
    /// The paths that are known for its kind leave these pod templates out.
    LeftOut(Templates),
    /// None of the paths that were added for its kind leads to a pod template.
    LeadsNowhere {
        /// The paths.
        added: Vec<String>,
        /// Where its pod templates are.
        templates: Templates,
    },
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
        matches!(self.why, Why::NoSuchKind { .. })
    }

    /// What became of it.
    pub fn outcome(&self) -> &'static str {
        if matches!(self.why, Why::LeftOut(_)) { "passed through in part" } else { "passed through" }
    }

    /// Why it passes through, for people.
    pub fn why(&self) -> String {
        match &self.why {
            Why::UnknownKind(templates) => format!("{}, but its kind is not known", has(templates)),
            Why::LeftOut(templates) => format!("{} that no path leads to", has(templates)),
            Why::LeadsNowhere { added, templates } if templates.paths.is_empty() => {
                format!("--pod-template-path {} leads to no pod template in it", added.join(", "))
            }
            Why::LeadsNowhere { added, templates } => {
                format!("--pod-template-path {} leads to no pod template in it; {}", added.join(", "), has(templates))
            }
            Why::Unread(error) => format!("its document is not read: {error}"),
            Why::NoSuchKind { kind: None, .. } => "it has a pod template, but its kind is missing".to_owned(),
            Why::NoSuchKind { api_version: None, meant: Some((kind, right)), .. } => {
                format!("it has a pod template, but its apiVersion is missing: {kind} is in {right}")
            }
            Why::NoSuchKind { api_version: None, .. } => {
                "it has a pod template, but its apiVersion is missing".to_owned()
            }
            Why::NoSuchKind { api_version: Some(version), kind: Some(found), meant } => {
                let right = meant.map(|(kind, right)| format!(": {kind} is in {right}")).unwrap_or_default();
                format!("it has a pod template, but apiVersion {version:?} has no kind {found}{right}")
            }
        }
    }

    /// The flags that include it.
    pub fn hint(&self) -> Option<String> {
        let (Why::UnknownKind(templates) | Why::LeftOut(templates) | Why::LeadsNowhere { templates, .. }) = &self.why
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

fn has(templates: &Templates) -> String {
    let paths = templates.paths.join(", ");
    let more = if templates.more { " and more" } else { "" };
    let count = if templates.paths.len() == 1 && !templates.more { "a pod template" } else { "pod templates" };
    format!("it has {count} at {paths}{more}")
}

/// A word for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
