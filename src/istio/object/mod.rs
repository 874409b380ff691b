//! Kubernetes objects that are read for facts about a mesh, with their places in the text.
//!
//! | file | job |
//! |---|---|
//! | `text` | finds the texts of objects that matter, without parsing the others |
//! | `embedded` | texts of YAML or JSON inside a `ConfigMap` |
//! | `error` | a problem of an object, and its place |

mod embedded;
mod error;
mod text;

use serde_json::Value;

use super::value::at;
use crate::k8s::{Element, Path, group};
use lossless_yaml::{NodeId, Tree, YamlError};
use text::{ObjectText, object_texts};

pub(super) use embedded::Embedded;
pub use error::ObjectError;

/// How deep Lists may be nested.
const MAX_LISTS: usize = 16;

/// An object and its place.
#[derive(Clone, Debug)]
pub(super) struct Object<'a> {
    pub file: &'a str,
    pub value: Value,
    pub kind: String,
    source: ObjectText<'a>,
    /// The path to it in its source.
    path: Path,
}

impl<'a> Object<'a> {
    /// The objects in a text that begins on line `first` of a file. `is_wanted` selects objects by their kind (empty if
    /// it is not visible without parsing) and text.
    pub(super) fn all_in<'w>(
        file: &'a str,
        text: &'a str,
        first: usize,
        is_wanted: &'w dyn Fn(&str, &str) -> bool,
    ) -> impl Iterator<Item = Result<Vec<Self>, ObjectError>> + use<'a, 'w> {
        object_texts(text, is_wanted).into_iter().map(move |found| Self::read(file, found.at_line(first)))
    }

    /// The objects in a source, items of Lists included.
    fn read(file: &'a str, source: ObjectText<'a>) -> Result<Vec<Self>, ObjectError> {
        let value = match json(source.text) {
            Some(value) => value,
            None => yaml(source.text, source.line).map_err(|error| ObjectError::of_text(file, &error))?,
        };
        let mut found = Vec::new();
        let item_kind = source.list.strip_suffix("List").unwrap_or_default();
        let reader = Reader { file, source };
        match value {
            // An item that was cut out of its List, or a list of objects without a List around it.
            Value::Array(items) => {
                for (index, item) in items.into_iter().enumerate() {
                    reader.flatten(item, Path::from_iter([Element::Index(index)]), item_kind, 1, &mut found)?;
                }
            }
            value => reader.flatten(value, Path::default(), "", 0, &mut found)?,
        }
        Ok(found)
    }

    /// The string at a path; empty if there is none.
    pub(super) fn text(&self, path: &[&str]) -> &str {
        at(&self.value, path).and_then(Value::as_str).unwrap_or_default()
    }

    /// The API group of its kind; empty for the core group.
    pub(super) fn group(&self) -> &str {
        group(self.text(&["apiVersion"]))
    }

    /// The object's name.
    pub(super) fn name(&self) -> &str {
        self.text(&["metadata", "name"])
    }

    /// An error about the value at a path of keys in the object.
    pub(super) fn error(&self, path: &[&str], message: impl Into<String>) -> ObjectError {
        self.error_at(&Path::of_keys(path.iter().copied()), message)
    }

    /// An error about the value at a path in the object.
    pub(super) fn error_at(&self, path: &Path, message: impl Into<String>) -> ObjectError {
        let tree = Tree::parse(self.source.text, self.source.line).ok();
        let place = tree.as_ref().and_then(|tree| Some(tree.place(self.node(tree, path)?)));
        let about = format!("{} {}", self.kind, self.name());
        ObjectError { file: self.file.to_owned(), place, about, ..ObjectError::new(message) }
    }

    /// The node at a path, or the nearest one above it.
    fn node(&self, tree: &Tree<'_>, path: &Path) -> Option<NodeId> {
        Some(path.nearest_node(tree, self.path.nearest_node(tree, tree.root()?)))
    }
}

struct Reader<'a> {
    file: &'a str,
    source: ObjectText<'a>,
}

impl<'a> Reader<'a> {
    fn flatten(
        &self,
        mut value: Value,
        path: Path,
        default: &str,
        depth: usize,
        found: &mut Vec<Object<'a>>,
    ) -> Result<(), ObjectError> {
        let kind = value.get("kind").and_then(Value::as_str).unwrap_or(default).to_owned();
        let items = value.get_mut("items").and_then(Value::as_array_mut).map(std::mem::take);
        let (Some(items), Some(item_kind)) = (items, kind.strip_suffix("List")) else {
            if value.is_object() && !kind.is_empty() {
                found.push(Object { file: self.file, value, kind, source: self.source, path });
            }
            return Ok(());
        };
        if depth == MAX_LISTS {
            let message = format!("Lists are nested deeper than the limit of {MAX_LISTS}");
            return Err(ObjectError { file: self.file.to_owned(), ..ObjectError::new(message) });
        }
        for (index, item) in items.into_iter().enumerate() {
            let mut path = path.clone();
            path.extend([Element::Key("items".to_owned()), Element::Index(index)]);
            self.flatten(item, path, item_kind, depth + 1, found)?;
        }
        Ok(())
    }
}

/// Reads JSON objects, which is faster than reading them as YAML.
fn json(text: &str) -> Option<Value> {
    if text.trim_start().starts_with(['{', '[']) { serde_json::from_str(text).ok() } else { None }
}

fn yaml(text: &str, line: usize) -> Result<Value, YamlError> {
    let tree = Tree::parse(text, line)?;
    tree.root().map_or(Ok(Value::Null), |root| tree.value(root))
}
