//! Forms of output that are made of pieces, one for each object or each changed one: how they are put together.

use serde_json::{Map, Value};

use super::{Entry, ci, json_list, json_patch, kustomize, summary};
use crate::k8s::Object;

/// A form of output that is one text for all inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// All objects, as one JSON `List`.
    Json,
    /// A JSON list of patches (RFC 6902), each with its target.
    JsonPatch,
    /// The `patches:` of a kustomization: a strategic merge patch for each workload.
    Kustomize,
    /// Commands of a GitHub workflow: a note at a line for each workload.
    GitHub,
    /// GitLab's report on code quality, with the same notes.
    CodeQuality,
    /// A line for each workload: what is added.
    Summary,
}

/// A workload that changed.
#[derive(Clone, Copy, Debug)]
pub struct Changed<'c> {
    /// What became of it.
    pub entry: &'c Entry,
    /// The first line of it that changed, counted from 1.
    pub line: usize,
    /// The object.
    pub object: &'c Object,
    /// Its data before.
    pub old: &'c Value,
    /// Its data now.
    pub new: &'c Value,
    /// Its pod template, before and now.
    pub pods: [&'c Value; 2],
}

impl Changed<'_> {
    /// What a patch for it says that it is for, in the words of kustomize. An object that names no namespace is looked
    /// for in any.
    pub(super) fn target(&self) -> Map<String, Value> {
        let object = self.object;
        let version = object.api_version.rsplit('/').next().unwrap_or_default();
        let named = [
            ("group", Some(object.group())),
            ("version", Some(version)),
            ("kind", Some(object.kind.as_str())),
            ("namespace", object.namespace.as_deref()),
            ("name", Some(object.name.as_str())),
        ];
        named.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.into()))).collect()
    }
}

impl Form {
    /// What stands before the first piece.
    pub fn head(self) -> &'static str {
        match self {
            Self::Json => "{\n    \"apiVersion\": \"v1\",\n    \"kind\": \"List\",\n    \"items\": [",
            Self::JsonPatch | Self::CodeQuality => "[",
            Self::Kustomize => "patches:",
            Self::GitHub | Self::Summary => "",
        }
    }

    /// What stands before each piece; `is_first` of them or not.
    pub fn before(self, is_first: bool) -> &'static str {
        match (self, is_first) {
            (Self::GitHub | Self::Summary, true) => "",
            (Self::Kustomize | Self::GitHub | Self::Summary, _) | (_, true) => "\n",
            (_, false) => ",\n",
        }
    }

    /// What stands after the last piece, or after the head where there is none.
    pub fn tail(self, has_pieces: bool) -> &'static str {
        match (self, has_pieces) {
            (Self::Json, true) => "\n    ]\n}\n",
            (Self::Json, false) => "]\n}\n",
            (Self::JsonPatch | Self::CodeQuality, true) => "\n]\n",
            (Self::JsonPatch | Self::CodeQuality, false) => "]\n",
            (Self::Kustomize | Self::GitHub | Self::Summary, true) => "\n",
            (Self::GitHub | Self::Summary, false) => "",
            (Self::Kustomize, false) => " []\n",
        }
    }

    /// The pieces that a document is, whatever has become of it.
    pub fn of_document(self, document: Value) -> Vec<String> {
        match self {
            Self::Json => json_list::items(document),
            _ => Vec::new(),
        }
    }

    /// The piece that tells of a workload that changed.
    pub fn of_change(self, changed: &Changed<'_>) -> Option<String> {
        match self {
            Self::Json => None,
            Self::JsonPatch => Some(json_patch::entry(changed)),
            Self::Kustomize => Some(kustomize::entry(changed)),
            Self::GitHub => Some(ci::github(changed)),
            Self::CodeQuality => Some(ci::code_quality(changed)),
            Self::Summary => Some(summary::line(changed)),
        }
    }

    /// Whether it tells of changes only.
    pub fn is_of_changes(self) -> bool {
        self != Self::Json
    }

    /// Whether an object with several pod templates has a piece for each.
    pub fn is_of_templates(self) -> bool {
        self == Self::Summary
    }

    /// Whether it tells by the names of what changes.
    pub fn needs_names(self) -> bool {
        matches!(self, Self::JsonPatch | Self::Kustomize)
    }
}

/// `value` as indented JSON, on lines that begin with `indent`.
pub(super) fn pretty(value: &Value, indent: &str) -> String {
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    // Data write themselves into memory without fail.
    let _ = serde::Serialize::serialize(value, &mut serializer);
    let text = String::from_utf8_lossy(&out);
    // A line end in a text is written as an escape: each that stands here ends a line of JSON.
    format!("{indent}{}", text.replace('\n', &format!("\n{indent}")))
}
