//! The objects of a mesh file as data, each knowing where it stands; and the texts inside of a `ConfigMap`.

use serde_json::Value;

use super::error::MeshFileError;
use super::object_text::ObjectText;
use lossless_yaml::{NodeId, NodeKind, Place, Tree, YamlError};

/// How deep Lists may stand in Lists.
const MAX_LISTS: usize = 16;

/// An object, and where it stands.
#[derive(Clone, Debug)]
pub(in crate::istio) struct Object<'a> {
    pub file: &'a str,
    pub value: Value,
    pub kind: String,
    source: ObjectText<'a>,
    /// Keys and indices that lead to it in its source.
    path: Vec<Step>,
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::istio) enum Step {
    Key(String),
    Index(usize),
}

impl<'a> Object<'a> {
    /// The objects of a source, those of lists one by one.
    pub(super) fn read(file: &'a str, source: ObjectText<'a>) -> Result<Vec<Self>, MeshFileError> {
        let value = match json(source.text) {
            Some(value) => value,
            None => yaml(source.text, source.line).map_err(|error| MeshFileError::of_text(file, &error))?,
        };
        let mut found = Vec::new();
        let item_kind = source.list.strip_suffix("List").unwrap_or_default();
        let reader = Reader { file, source };
        match value {
            // The one item that was cut out of its list.
            Value::Array(items) if !source.list.is_empty() => {
                for (index, item) in items.into_iter().enumerate() {
                    reader.flatten(item, vec![Step::Index(index)], item_kind, 1, &mut found)?;
                }
            }
            value => reader.flatten(value, Vec::new(), "", 0, &mut found)?,
        }
        Ok(found)
    }

    /// The text at a path of keys; empty if there is none.
    pub(in crate::istio) fn text(&self, path: &[&str]) -> &str {
        crate::istio::value::at(&self.value, path).and_then(Value::as_str).unwrap_or_default()
    }

    /// The API group of its kind; empty for the core group.
    pub(in crate::istio) fn group(&self) -> &str {
        self.text(&["apiVersion"]).split_once('/').map_or("", |(group, _)| group)
    }

    /// The object's name.
    pub(in crate::istio) fn name(&self) -> &str {
        self.text(&["metadata", "name"])
    }

    /// An error about the object, or about what stands at a path of keys in it.
    pub(super) fn error(&self, path: &[&str], message: impl Into<String>) -> MeshFileError {
        let path: Vec<Step> = path.iter().map(|key| Step::Key((*key).to_owned())).collect();
        self.error_at(&path, message)
    }

    /// The same, for a path with positions in lists.
    pub(in crate::istio) fn error_at(&self, path: &[Step], message: impl Into<String>) -> MeshFileError {
        let tree = Tree::parse(self.source.text, self.source.line).ok();
        let place = tree.as_ref().and_then(|tree| Some(tree.place(self.node(tree, path)?)));
        let about = format!("{} {}", self.kind, self.name());
        MeshFileError { file: self.file.to_owned(), place, about, ..MeshFileError::new(message) }
    }

    /// The node at a path, or the last on the way to it.
    fn node(&self, tree: &Tree<'_>, path: &[Step]) -> Option<NodeId> {
        Some(follow(tree, tree.root()?, self.path.iter().chain(path)))
    }
}

/// Where a path leads to from `from`; as far as it goes.
fn follow<'s>(tree: &Tree<'_>, from: NodeId, steps: impl IntoIterator<Item = &'s Step>) -> NodeId {
    let mut at = from;
    for step in steps {
        let next = match step {
            Step::Key(key) => tree.get(at, key).ok().flatten(),
            Step::Index(index) => tree.items(at).nth(*index),
        };
        match next {
            Some(node) => at = node,
            None => break,
        }
    }
    at
}

struct Reader<'a> {
    file: &'a str,
    source: ObjectText<'a>,
}

impl<'a> Reader<'a> {
    fn flatten(
        &self,
        mut value: Value,
        path: Vec<Step>,
        default: &str,
        depth: usize,
        found: &mut Vec<Object<'a>>,
    ) -> Result<(), MeshFileError> {
        let kind = value.get("kind").and_then(Value::as_str).unwrap_or(default).to_owned();
        let items = value.get_mut("items").and_then(Value::as_array_mut).map(std::mem::take);
        let (Some(items), Some(item_kind)) = (items, kind.strip_suffix("List")) else {
            if value.is_object() && !kind.is_empty() {
                found.push(Object { file: self.file, value, kind, source: self.source, path });
            }
            return Ok(());
        };
        if depth == MAX_LISTS {
            let message = format!("Lists stand in each other deeper than the limit of {MAX_LISTS}");
            return Err(MeshFileError { file: self.file.to_owned(), ..MeshFileError::new(message) });
        }
        for (index, item) in items.into_iter().enumerate() {
            let mut path = path.clone();
            path.extend([Step::Key("items".to_owned()), Step::Index(index)]);
            self.flatten(item, path, item_kind, depth + 1, found)?;
        }
        Ok(())
    }
}

/// What is plainly JSON is read as such: it is faster.
fn json(text: &str) -> Option<Value> {
    if text.trim_start().starts_with('{') { serde_json::from_str(text).ok() } else { None }
}

fn yaml(text: &str, line: usize) -> Result<Value, YamlError> {
    let tree = Tree::parse(text, line)?;
    tree.root().map_or(Ok(Value::Null), |root| tree.value(root))
}

/// A text inside of a `ConfigMap`, that is YAML or JSON itself.
pub(super) struct Embedded<'o, 'a> {
    object: &'o Object<'a>,
    key: &'o str,
    text: &'o str,
}

impl<'o, 'a> Embedded<'o, 'a> {
    /// The text at this key of the object's `data`; none if there is no such key.
    pub(super) fn of(object: &'o Object<'a>, key: &'o str) -> Result<Option<Self>, MeshFileError> {
        let data = object.value.get("data").unwrap_or(&Value::Null);
        match data {
            Value::Object(_) | Value::Null => {}
            _ => return Err(object.error(&["data"], "data must be a mapping of texts")),
        }
        match data.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(Self { object, key, text })),
            Some(_) => {
                let error = object.error(&["data", key], format!("key {key} must be a text"));
                Err(error.with_hint(format!("write it as a block: `{key}: |-`, and its lines indented below")))
            }
        }
    }

    /// The data that the text says.
    pub(super) fn value(&self) -> Result<Value, MeshFileError> {
        match json(self.text) {
            Some(value) => Ok(value),
            None => yaml(self.text, 1).map_err(|error| {
                // Read again with the lines of the file, where it has them: they are in the text of the error too.
                let again = self.first_line().and_then(|line| yaml(self.text, line).err());
                let message = again.map_or_else(|| error.to_string(), |error| error.to_string());
                let inside = self.error_at(error.place, message);
                MeshFileError { hint: error.hint, ..inside }
            }),
        }
    }

    /// An error about what stands at a path of keys in the data.
    pub(super) fn error(&self, path: &[Step], message: impl Into<String>) -> MeshFileError {
        let tree = Tree::parse(self.text, 1).ok();
        let place = tree.as_ref().and_then(|t| Some(t.place(follow(t, t.root()?, path))));
        self.error_at(place.unwrap_or(Place { line: 1, column: 1 }), message.into())
    }

    /// An error about a line, counted from 1, of the literal block that stands at a path of keys in the data.
    pub(super) fn error_in_block(&self, path: &[Step], line: usize, message: &str) -> MeshFileError {
        let tree = Tree::parse(self.text, 1).ok();
        let place = tree.as_ref().and_then(|t| {
            let node = t.resolve_alias(follow(t, t.root()?, path));
            let header = self.text.get(..t.span(node).start)?.matches('\n').count() + 1;
            let is_block = t.kind(node) == NodeKind::Literal;
            Some(if is_block { Place { line: header + line, column: 1 } } else { t.place(node) })
        });
        self.error_at(place.unwrap_or(Place { line: 1, column: 1 }), message.to_owned())
    }

    /// An error at a place of the text: told as the place in the file where the text is a block, else as both.
    fn error_at(&self, inside: Place, message: String) -> MeshFileError {
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

    /// The line of the file that the text's first line stands on, if its lines stand there as they are.
    fn first_line(&self) -> Option<usize> {
        Some(self.in_file(Place { line: 1, column: 1 })?.line)
    }

    /// The place in the file of a place in the text: lines of a literal block stand in the file as they are, indented.
    fn in_file(&self, inside: Place) -> Option<Place> {
        let source = self.object.source;
        let tree = Tree::parse(source.text, source.line).ok()?;
        let node =
            tree.resolve_alias(self.object.node(&tree, &["data", self.key].map(|key| Step::Key(key.to_owned())))?);
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
