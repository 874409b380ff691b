//! A node of a document with its path, which fixes need.

use std::borrow::Cow;

use serde_json::Value;

use crate::k8s::Path;
use lossless_yaml::{NodeId, NodeKind, Scalar, Step, Tree};

/// A node and the path that leads to it, through aliases and merge keys.
#[derive(Clone)]
pub struct Node<'c> {
    tree: &'c Tree<'c>,
    id: NodeId,
    steps: Vec<Step<'c>>,
}

/// A key of a mapping and its value.
#[derive(Clone)]
pub struct Entry<'c> {
    /// The key as a string.
    pub name: Cow<'c, str>,
    /// The key's node.
    pub key: NodeId,
    /// The value.
    pub value: Node<'c>,
}

impl<'c> Node<'c> {
    /// The node at this path of the document.
    pub(super) fn new(tree: &'c Tree<'c>, id: NodeId, steps: impl IntoIterator<Item = Step<'c>>) -> Self {
        Self { tree, id, steps: steps.into_iter().collect() }
    }

    /// The node's id, for the position of a finding. The node of an alias is the alias itself.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// The path from the document's root, for fixes.
    pub fn path(&self) -> Path {
        self.steps.iter().collect()
    }

    /// The path of a key or item below the node, which need not exist.
    pub fn path_to<'s>(&self, below: impl IntoIterator<Item = Step<'s>>) -> Path {
        let mut path = self.path();
        path.extend(below.into_iter().map(|step| (&step).into()));
        path
    }

    fn below(&self, step: Step<'c>, id: NodeId) -> Self {
        let mut steps = self.steps.clone();
        steps.push(step);
        Self { tree: self.tree, id, steps }
    }

    /// The node at the end of these steps below this one.
    pub fn follow(&self, steps: &[Step<'c>]) -> Option<Self> {
        steps.iter().try_fold(self.clone(), |node, step| match *step {
            Step::Key(key) => node.get(key),
            Step::Index(index) => node.items().into_iter().nth(index),
        })
    }

    /// The kind of the node that the path leads to, aliases followed.
    pub fn kind(&self) -> NodeKind {
        self.tree.kind(self.tree.resolve_alias(self.id))
    }

    /// The value of a key. Of equal keys, the last counts.
    pub fn get(&self, key: &'c str) -> Option<Self> {
        let id = self.tree.get_last(self.id, key).ok().flatten()?;
        Some(self.below(Step::Key(key), id))
    }

    /// The node at the end of this path of keys.
    pub fn at(&self, keys: &[&'c str]) -> Option<Self> {
        keys.iter().try_fold(self.clone(), |node, key| node.get(key))
    }

    /// The items of a list; none of any other node.
    pub fn items(&self) -> Vec<Self> {
        let items = self.tree.items(self.id).enumerate();
        items.map(|(index, id)| self.below(Step::Index(index), id)).collect()
    }

    /// The entries of a mapping, those that merge keys bring included; none of any other node. Of equal keys, each is an
    /// entry.
    pub fn entries(&self) -> Vec<Entry<'c>> {
        let mut found = Vec::new();
        self.collect_entries(self.id, 0, &mut found);
        found
    }

    fn collect_entries(&self, map: NodeId, depth: usize, found: &mut Vec<Entry<'c>>) {
        const MAX_MERGES: usize = 16;
        let tree = self.tree;
        for (key, value) in tree.entries(map) {
            if tree.is_merge(key) {
                if depth < MAX_MERGES {
                    self.collect_entries(value, depth + 1, found);
                    for item in tree.items(value) {
                        self.collect_entries(item, depth + 1, found);
                    }
                }
                continue;
            }
            let Ok(name) = tree.key(key) else { continue };
            let step = Step::Key(tree.scalar(tree.resolve_alias(key)));
            found.push(Entry { name, key, value: self.below(step, value) });
        }
    }

    /// The entry of a key. Of equal keys, the last counts.
    pub fn entry(&self, key: &str) -> Option<Entry<'c>> {
        self.entries().into_iter().rev().find(|entry| entry.name == key)
    }

    /// The scalar, `None` for lists, mappings and values that do not fit their tag.
    pub fn scalar(&self) -> Option<Scalar<'c>> {
        self.tree.scalar_value(self.id).ok().flatten()
    }

    /// The text of a string; `None` for anything else, numbers and booleans included.
    pub fn text(&self) -> Option<&'c str> {
        if let Some(Scalar::Str(text)) = self.scalar() { Some(text) } else { None }
    }

    /// A scalar's text as it is read, whatever its type: `true` of a boolean.
    pub fn written(&self) -> &'c str {
        self.tree.scalar(self.tree.resolve_alias(self.id))
    }

    /// The data; null where they cannot be read.
    pub fn value(&self) -> Value {
        self.tree.value(self.id).unwrap_or(Value::Null)
    }
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.path())
    }
}
