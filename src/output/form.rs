//! Output forms that consist of pieces, one for each object or each changed object. A form is one file and one line of
//! a registry below.

use std::fmt;

use serde_json::{Map, Value};

use super::Entry;
use super::ci::{GitHub, GitLab};
use super::json_list::JsonList;
use super::json_patch::JsonPatch;
use super::kustomize::Kustomize;
use crate::k8s::Object;

/// The forms of `-o`, in the order of the help.
pub static OUTPUT_FORMS: [&dyn Form; 3] = [&JsonList, &JsonPatch, &Kustomize];

/// The forms of `--annotations`, in the order of the help.
pub static ANNOTATION_FORMS: [&dyn Form; 2] = [&GitHub, &GitLab];

/// An output form: one text for all inputs.
pub trait Form: fmt::Debug + Sync {
    /// The flag's value that selects it.
    fn name(&self) -> &'static str;

    /// The description in the help.
    fn help(&self) -> &'static str;

    /// The text around and between the pieces.
    fn layout(&self) -> Layout {
        Layout::NOTHING
    }

    /// Which objects have a piece, and how it is rendered.
    fn pieces(&self) -> Pieces;
}

/// Which objects have a piece in a form, and how it is rendered.
pub enum Pieces {
    /// Each workload that was selected and is listed, also if it failed. Renders the piece.
    Workloads(fn(&Entry) -> String),
    /// Each object, changed or not. Renders the pieces of a document.
    Documents(fn(Value) -> Vec<String>),
    /// Each object that changed.
    Changes {
        /// Renders the piece.
        piece: fn(&Changed<'_>) -> String,
        /// Whether an object with several pod templates has a piece for each.
        of_each_template: bool,
        /// Whether the object must have a name.
        needs_name: bool,
    },
}

/// The text around and between the pieces of a form.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Before everything.
    pub head: &'static str,
    /// Before the first piece.
    pub first: &'static str,
    /// Before each further piece.
    pub next: &'static str,
    /// After the last piece.
    pub end: &'static str,
    /// After the head if there are no pieces.
    pub empty: &'static str,
}

impl Layout {
    /// Nothing around the pieces.
    pub(super) const NOTHING: Self = Self { head: "", first: "", next: "", end: "", empty: "" };
    /// One line per piece.
    pub(super) const LINES: Self = Self { head: "", first: "", next: "\n", end: "\n", empty: "" };
    /// A JSON list with one item per piece.
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
    /// The entry in the report.
    pub entry: &'c Entry,
    /// The first changed line, counted from 1.
    pub line: usize,
    /// The object.
    pub object: &'c Object,
    /// The object's data before the change.
    pub old: &'c Value,
    /// The object's data after the change.
    pub new: &'c Value,
    /// The pod template before and after the change.
    pub pods: [&'c Value; 2],
}

impl Changed<'_> {
    /// The `target` of its patch, with kustomize's keys. Without a namespace, kustomize looks in all namespaces.
    pub(super) fn target(&self) -> Map<String, Value> {
        let object = self.object;
        let version = object.api_version.rsplit_once('/').map_or(&*object.api_version, |(_, version)| version);
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

/// `value` as indented JSON. Every line starts with `indent`.
pub(super) fn pretty(value: &Value, indent: &str) -> String {
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    let written = serde::Serialize::serialize(value, &mut serializer);
    debug_assert!(written.is_ok(), "serializing a value into memory cannot fail");
    let text = String::from_utf8_lossy(&out);
    // Newlines in strings are escaped, so these are all between lines of JSON.
    format!("{indent}{}", text.replace('\n', &format!("\n{indent}")))
}
