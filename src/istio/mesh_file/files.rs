//! The files of a mesh: which objects in them matter, and the place of an error in them.

use memchr::memmem;

use crate::istio::cluster_objects;
use crate::istio::object::{Embedded, Object, ObjectError, Step};

/// A file, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// As people name it.
    pub name: String,
    /// What it says.
    pub text: String,
}

impl ObjectError {
    /// The error about a line of a template, counted from 1, with its place in the `ConfigMap` of this name.
    pub fn of_template(files: &[File], map: &str, template: &str, line: usize, message: &str) -> Option<Self> {
        let path = [Step::Key("templates".to_owned()), Step::Key(template.to_owned())];
        maps(files, |name| name == map)
            .find_map(|map| Some(Embedded::of(&map, "config").ok()??.error_in_block(&path, line, message)))
    }
}

/// The `ConfigMap`s whose names are such.
fn maps(files: &[File], is: impl Fn(&str) -> bool) -> impl Iterator<Item = Object<'_>> {
    let objects = files.iter().flat_map(|file| {
        let readable = Object::all_in(&file.name, &file.text, 1, &is_wanted).filter_map(Result::ok);
        readable.flatten()
    });
    objects.filter(move |object| object.kind == "ConfigMap" && is(object.name()))
}

/// The error about what stands at a path of keys in the text at `key` of the `ConfigMap` of this name, with its place.
pub(super) fn locate(files: &[File], name: &str, key: &str, path: &[Step], message: &str) -> Option<ObjectError> {
    maps(files, |other| other == name).find_map(|map| Some(Embedded::of(&map, key).ok()??.error(path, message)))
}

/// Whether an object of this kind, with this text, may tell of a mesh.
pub(super) fn is_wanted(kind: &str, text: &str) -> bool {
    const KEY: &[u8] = b"name:";
    match kind {
        "Node" => true,
        "ConfigMap" => memmem::find_iter(text.as_bytes(), KEY).any(|at| {
            let name = text.get(at + KEY.len()..);
            name.is_some_and(|name| name.trim_start_matches([' ', '"', '\'']).starts_with("istio"))
        }),
        "Deployment" => text.contains("discovery"),
        "MutatingWebhookConfiguration" => text.contains("inject"),
        // A closer look tells.
        "" => text.contains("istio") || text.contains("Node") || cluster_objects::may_be("", text),
        kind => cluster_objects::may_be(kind, text),
    }
}
