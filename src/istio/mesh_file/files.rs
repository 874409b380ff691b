//! The files of a mesh: the kinds that are read from them, and the place of an error in them.

use memchr::memmem;

use crate::istio::cluster_objects;
use crate::istio::object::{Embedded, Object, ObjectError};
use crate::istio::platform::KymaResource;
use crate::k8s::Path;

/// A file and its contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The name for messages.
    pub name: String,
    /// The contents.
    pub text: String,
}

impl ObjectError {
    /// The error about a line of a template (from 1) in the `ConfigMap` named `map`, with its place in the file.
    pub fn of_template(files: &[File], map: &str, template: &str, line: usize, message: &str) -> Option<Self> {
        let path = Path::of_keys(["templates", template]);
        maps(files, |name| name == map)
            .find_map(|map| Some(Embedded::of(&map, "config").ok()??.error_in_block(&path, line, message)))
    }
}

/// The `ConfigMap`s with a name that `is` accepts.
fn maps(files: &[File], is: impl Fn(&str) -> bool) -> impl Iterator<Item = Object<'_>> {
    let objects = files.iter().flat_map(|file| {
        let readable = Object::all_in(&file.name, &file.text, 1, &is_wanted).filter_map(Result::ok);
        readable.flatten()
    });
    objects.filter(move |object| object.kind == "ConfigMap" && is(object.name()))
}

/// The error about the value at a path in the text at `key` of the `ConfigMap` of this name, with its place.
pub(super) fn locate(files: &[File], name: &str, key: &str, path: &Path, message: &str) -> Option<ObjectError> {
    maps(files, |other| other == name).find_map(|map| Some(Embedded::of(&map, key).ok()??.error(path, message)))
}

/// Whether an object of this kind with this text may describe a mesh.
pub(super) fn is_wanted(kind: &str, text: &str) -> bool {
    const KEY: &[u8] = b"name:";
    match kind {
        "Node" => true,
        "ConfigMap" => memmem::find_iter(text.as_bytes(), KEY).any(|at| {
            let name = text.get(at + KEY.len()..);
            name.is_some_and(|name| name.trim_start_matches([' ', '"', '\'']).starts_with("istio"))
        }),
        "Deployment" => text.contains("discovery"),
        "Istio" => text.contains(KymaResource::GROUP),
        "MutatingWebhookConfiguration" => text.contains("inject"),
        // The kind is known after parsing.
        "" => text.contains("istio") || text.contains("Node") || cluster_objects::may_be("", text),
        kind => cluster_objects::may_be(kind, text),
    }
}
