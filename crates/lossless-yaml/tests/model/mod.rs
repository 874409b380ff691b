//! Operations on documents and the same on plain data: the expected result of an edit. Shared by the properties of the
//! editor, the suite over real manifests and the fuzz target.

#![allow(unreachable_pub, dead_code, reason = "not every user needs all of it")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a model that does not know its own data is a failure"
)]

pub mod lines;
pub mod text;

use lossless_yaml::{Draft, Step, Tree, YamlError};
use serde_json::Value;

/// A path into data: keys and indices.
pub type Path = Vec<Part>;

#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    Key(String),
    Index(usize),
}

/// Choices on the way down from the root: each selects one of the existing keys or items.
pub type Turns = Vec<u8>;

/// Strings that are hard to write.
pub const TEXTS: [&str; 44] = [
    "plain",
    "",
    "true",
    "yes",
    "off",
    "1",
    "0.5",
    "null",
    "~",
    "a b",
    "a: b",
    "a #b",
    "# x",
    "- x",
    "-",
    "it's",
    "\"q\"",
    "grün",
    "one\ntwo",
    "one\ntwo\n",
    "one\n\n",
    "\none",
    "  lead\nmore\n",
    "trail ",
    "{x}",
    "[x",
    "*a",
    "&a",
    "!t",
    "%d",
    "@x",
    "`x`",
    "0x1f",
    "012",
    "1e3",
    "2020-01-01",
    "<<",
    "=",
    "a:b",
    "tab\there",
    "---",
    "...",
    "x,y",
    "back\\slash",
];

/// Keys, some of them hard to write.
pub const KEYS: [&str; 14] =
    ["name", "a", "b", "spec", "containers", "app.kubernetes.io/name", "c d", "1", "true", "", "x: y", "#", "- a", "n"];

/// An operation before its document is known.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which operation.
    pub kind: u8,
    /// The way to its place.
    pub turns: Turns,
    /// Which item, or before which key.
    pub index: u8,
    /// The key that it sets.
    pub key: String,
    /// The value that it sets or inserts.
    pub value: Value,
}

/// An operation.
#[derive(Clone, Debug)]
pub enum Edit {
    Set { path: Path, value: Value, before: Option<String> },
    Insert { list: Path, index: usize, value: Value },
    Remove { path: Path },
    Move { list: Path, from: usize, to: usize },
}

/// Where `turns` lead in `value`.
pub fn path(turns: &[u8], mut value: &Value) -> Path {
    let mut path = Path::new();
    for turn in turns {
        let among = |n: usize| usize::from(*turn) % n;
        value = match value {
            Value::Object(map) if !map.is_empty() => {
                let (key, value) = map.iter().nth(among(map.len())).unwrap();
                path.push(Part::Key(key.clone()));
                value
            }
            Value::Array(items) if !items.is_empty() => {
                path.push(Part::Index(among(items.len())));
                &items[among(items.len())]
            }
            _ => break,
        };
    }
    path
}

pub fn at<'v>(value: &'v mut Value, path: &[Part]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, part| match part {
        Part::Key(key) => value.get_mut(key),
        Part::Index(index) => value.get_mut(*index),
    })
}

pub fn steps(path: &[Part]) -> Vec<Step<'_>> {
    let step = |part| match part {
        &Part::Index(index) => Step::Index(index),
        Part::Key(key) => Step::Key(key.as_str()),
    };
    path.iter().map(step).collect()
}

impl Plan {
    /// The operation that the plan means on `model`, if it means one.
    pub fn edit(self, model: &Value) -> Option<Edit> {
        let mut path = path(&self.turns, model);
        let index = usize::from(self.index);
        let (value, key) = (self.value, self.key);
        match (self.kind, model.pointer(&pointer(&path))?) {
            (0, Value::Object(map)) => {
                let before = map.keys().nth(index % (map.len() + 1)).cloned();
                path.push(Part::Key(key));
                Some(Edit::Set { path, value, before })
            }
            (0 | 1, Value::Array(items)) => Some(Edit::Insert { list: path, index: index % (items.len() + 1), value }),
            (2, _) if !path.is_empty() => Some(Edit::Remove { path }),
            (3, Value::Array(items)) if items.len() > 1 => {
                let (from, to) = (index % items.len(), index / 16 % items.len());
                Some(Edit::Move { list: path, from, to })
            }
            _ if !path.is_empty() => Some(Edit::Set { path, value, before: None }),
            _ => None,
        }
    }
}

fn pointer(path: &[Part]) -> String {
    let part = |part: &Part| match part {
        Part::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        Part::Index(index) => format!("/{index}"),
    };
    path.iter().map(part).collect()
}

impl Edit {
    pub fn on_data(&self, model: &mut Value) {
        match self {
            Self::Set { path, value, .. } => {
                let (last, parents) = path.split_last().unwrap();
                match (at(model, parents).unwrap(), last) {
                    (Value::Object(map), Part::Key(key)) => drop(map.insert(key.clone(), value.clone())),
                    (parent, Part::Index(index)) => parent[*index] = value.clone(),
                    _ => {}
                }
            }
            Self::Insert { list, index, value } => {
                at(model, list).unwrap().as_array_mut().unwrap().insert(*index, value.clone());
            }
            Self::Remove { path } => {
                let (last, parents) = path.split_last().unwrap();
                match (at(model, parents).unwrap(), last) {
                    (Value::Object(map), Part::Key(key)) => drop(map.shift_remove(key)),
                    (Value::Array(items), Part::Index(index)) => drop(items.remove(*index)),
                    _ => {}
                }
            }
            Self::Move { list, from, to } => {
                let items = at(model, list).unwrap().as_array_mut().unwrap();
                let item = items.remove(*from);
                items.insert(*to, item);
            }
        }
    }

    pub fn on_draft(&self, draft: &mut Draft<'_, '_>) -> Result<(), YamlError> {
        match self {
            Self::Set { path, value, before } => draft.set(&steps(path), value.clone(), before.as_deref()),
            Self::Insert { list, index, value } => draft.insert(&steps(list), *index, value.clone(), None),
            Self::Remove { path } => draft.remove(&steps(path)).map(drop),
            Self::Move { list, from, to } => {
                let mut item = steps(list);
                item.push(Step::Index(*from));
                draft.move_item(&item, &steps(list), *to, None)
            }
        }
    }
}

/// The data of a document.
pub fn read(text: &str) -> Result<Value, YamlError> {
    let tree = Tree::parse(text, 1)?;
    tree.root().map_or(Ok(Value::Null), |root| tree.value(root))
}

/// The text after `edits`.
pub fn edited(text: &str, edits: &[Edit]) -> Result<String, YamlError> {
    let tree = Tree::parse(text, 1)?;
    let mut draft = Draft::new(&tree);
    for edit in edits {
        edit.on_draft(&mut draft)?;
    }
    Ok(draft.finish()?.text.into_owned())
}

/// The value without empty collections and nulls: an edit may remove them, or leave a bare key.
pub fn without_empty(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().map(|(k, v)| (k.clone(), without_empty(v))).filter(|(_, v)| !v.is_null());
            let map: serde_json::Map<_, _> = kept.collect();
            if map.is_empty() { Value::Null } else { Value::Object(map) }
        }
        Value::Array(items) if items.is_empty() => Value::Null,
        Value::Array(items) => Value::Array(items.iter().map(without_empty).collect()),
        other => other.clone(),
    }
}
