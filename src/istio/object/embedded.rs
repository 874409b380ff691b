//! A text of YAML or JSON inside a `ConfigMap`.

use serde_json::Value;

use super::{Object, ObjectError, json, yaml};
use crate::k8s::Path;
use lossless_yaml::{NodeKind, Place, Tree};

/// A text inside a `ConfigMap` that is YAML or JSON itself.
pub(in crate::istio) struct Embedded<'o, 'a> {
    object: &'o Object<'a>,
    key: &'o str,
    text: &'o str,
}

impl<'o, 'a> Embedded<'o, 'a> {
    /// The text at this key of the object's `data`; none if the key is absent.
    pub(in crate::istio) fn of(object: &'o Object<'a>, key: &'o str) -> Result<Option<Self>, ObjectError> {
        let data = object.value.get("data").unwrap_or(&Value::Null);
        match data {
            Value::Object(_) | Value::Null => {}
            _ => return Err(object.error(&["data"], "data must be a mapping of strings")),
        }
        match data.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(Self { object, key, text })),
            Some(_) => {
                let error = object.error(&["data", key], format!("key {key} must be a string"));
                Err(error.with_hint(format!("write it as a literal block: `{key}: |-`, followed by indented lines")))
            }
        }
    }

    /// The data in the text.
    pub(in crate::istio) fn value(&self) -> Result<Value, ObjectError> {
        match json(self.text) {
            Some(value) => Ok(value),
            None => yaml(self.text, 1).map_err(|error| {
                // The message may contain a line too: if possible, read again with the lines of the file.
                let again = self.first_line().and_then(|line| yaml(self.text, line).err());
                let message = again.map_or_else(|| error.to_string(), |error| error.to_string());
                let inside = self.error_at(error.place, message);
                ObjectError { hint: error.hint, ..inside }
            }),
        }
    }

    /// An error about the value at a path in the data.
    pub(in crate::istio) fn error(&self, path: &Path, message: impl Into<String>) -> ObjectError {
        let tree = Tree::parse(self.text, 1).ok();
        let place = tree.as_ref().and_then(|t| Some(t.place(path.nearest_node(t, t.root()?))));
        self.error_at(place.unwrap_or(Place { line: 1, column: 1 }), message.into())
    }

    /// An error about a line (from 1) of the literal block at a path in the data.
    pub(in crate::istio) fn error_in_block(&self, path: &Path, line: usize, message: &str) -> ObjectError {
        let tree = Tree::parse(self.text, 1).ok();
        let place = tree.as_ref().and_then(|t| {
            let node = t.resolve_alias(path.nearest_node(t, t.root()?));
            let header = self.text.get(..t.span(node).start)?.matches('\n').count() + 1;
            let is_block = t.kind(node) == NodeKind::Literal;
            Some(if is_block { Place { line: header + line, column: 1 } } else { t.place(node) })
        });
        self.error_at(place.unwrap_or(Place { line: 1, column: 1 }), message.to_owned())
    }

    /// An error at a place in the text. It has the place in the file if the text is a literal block, else both places.
    fn error_at(&self, inside: Place, message: String) -> ObjectError {
        let mut error = self.object.error(&["data", self.key], message);
        error.about = format!("{}, key {}", error.about, self.key);
        match self.in_file(inside) {
            Some(place) => error.place = Some(place),
            None => {
                error.message =
                    format!("line {}, column {} of its text: {}", inside.line, inside.column, error.message);
            }
        }
        error
    }

    /// The line of the file that has the text's first line, if the text is a literal block.
    fn first_line(&self) -> Option<usize> {
        Some(self.in_file(Place { line: 1, column: 1 })?.line)
    }

    /// The place in the file of a place in the text: the lines of a literal block are in the file, indented.
    fn in_file(&self, inside: Place) -> Option<Place> {
        let source = self.object.source;
        let tree = Tree::parse(source.text, source.line).ok()?;
        let node = tree.resolve_alias(self.object.node(&tree, &Path::of_keys(["data", self.key]))?);
        if tree.kind(node) != NodeKind::Literal {
            return None;
        }
        let header = source.text.get(tree.span(node))?;
        let first = source.line + source.text.get(..tree.span(node).start)?.matches('\n').count();
        let written = header.lines().nth(inside.line)?;
        let line = self.text.lines().nth(inside.line - 1)?;
        let indent = written.strip_suffix(line)?;
        Some(Place { line: first + inside.line, column: inside.column + indent.chars().count() })
    }
}
