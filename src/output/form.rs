//! Forms of output that are made of pieces, one for each object or each changed one. A form is one file and one line of
//! the registry.

use std::fmt;

use serde_json::{Map, Value};

use super::Entry;
use super::ci::{GitHub, GitLab};
use super::json_list::JsonList;
use super::json_patch::JsonPatch;
use super::kustomize::Kustomize;
use crate::k8s::Object;

/// The forms that `-o` chooses, in the order of the help.
pub static OUTPUT_FORMS: [&dyn Form; 3] = [&JsonList, &JsonPatch, &Kustomize];

/// The forms that `--annotations` chooses, in the order of the help.
pub static ANNOTATION_FORMS: [&dyn Form; 2] = [&GitHub, &GitLab];

/// A form of output: one text for all inputs, made of pieces.
pub trait Form: fmt::Debug + Sync {
    /// The word that chooses it on the command line.
    fn name(&self) -> &'static str;

    /// What it is, for the help.
    fn help(&self) -> &'static str;

    /// What is printed around and between the pieces.
    fn layout(&self) -> Layout;

    /// What has a piece.
    fn pieces(&self) -> Pieces;
}

/// What has a piece in a form, and how that is made.
pub enum Pieces {
    /// Each object, whatever became of it. Makes the pieces of a document.
    Documents(fn(Value) -> Vec<String>),
    /// Each object that changed.
    Changes {
        /// Makes the piece.
        piece: fn(&Changed<'_>) -> String,
        /// Whether an object with several pod templates has a piece for each.
        of_each_template: bool,
        /// Whether the object must have a name.
        needs_name: bool,
    },
}

/// What is printed around and between the pieces of a form.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Before everything.
    pub head: &'static str,
    /// Before the first piece.
    pub first: &'static str,
    /// Before each other piece.
    pub next: &'static str,
    /// After the last piece.
    pub end: &'static str,
    /// After the head, if there is no piece.
    pub empty: &'static str,
}

impl Layout {
    /// A line for each piece, and nothing else.
    pub(super) const LINES: Self = Self { head: "", first: "", next: "\n", end: "\n", empty: "" };
    /// A JSON list with an item for each piece.
    pub(super) const JSON_LIST: Self = Self { head: "[", first: "\n", next: ",\n", end: "\n]\n", empty: "]\n" };
}

impl PartialEq for dyn Form {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for dyn Form {}

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
    /// The target of a patch for it, with kustomize's keys. An object that names no namespace is looked for in all.
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

/// `value` as indented JSON, on lines that begin with `indent`.
pub(super) fn pretty(value: &Value, indent: &str) -> String {
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    let written = serde::Serialize::serialize(value, &mut serializer);
    debug_assert!(written.is_ok(), "writing data into memory cannot fail");
    let text = String::from_utf8_lossy(&out);
    // Line ends in strings are escaped: these are the ends of lines of JSON.
    format!("{indent}{}", text.replace('\n', &format!("\n{indent}")))
}
