//! Paths to values in objects.

use std::fmt;
use std::ops::{Deref, DerefMut};

use lossless_yaml::{NodeId, Step, Tree};

/// One element of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Element {
    /// A key of a mapping.
    Key(String),
    /// An item of a list, counted from 0.
    Index(usize),
}

/// The path to a value. Printed as `spec.containers[0].name`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(Vec<Element>);

impl Element {
    /// The same as a step of an edit.
    pub fn step(&self) -> Step<'_> {
        match self {
            Self::Key(key) => Step::Key(key),
            Self::Index(index) => Step::Index(*index),
        }
    }

    /// The node of this element in `node`, if there is one.
    pub fn node(&self, tree: &Tree<'_>, node: NodeId) -> Option<NodeId> {
        match self {
            Self::Key(key) => tree.get(node, key).ok().flatten(),
            Self::Index(index) => tree.items(node).nth(*index),
        }
    }
}

impl From<&Step<'_>> for Element {
    fn from(step: &Step<'_>) -> Self {
        match *step {
            Step::Key(key) => Self::Key(key.to_owned()),
            Step::Index(index) => Self::Index(index),
        }
    }
}

impl Path {
    /// A path of keys.
    pub fn of_keys<'k>(keys: impl IntoIterator<Item = &'k str>) -> Self {
        keys.into_iter().map(|key| Element::Key(key.to_owned())).collect()
    }

    /// The steps of an edit.
    pub fn steps(&self) -> Vec<Step<'_>> {
        self.iter().map(Element::step).collect()
    }

    /// The node at this path below `from`.
    pub fn node(&self, tree: &Tree<'_>, from: NodeId) -> Option<NodeId> {
        self.iter().try_fold(from, |node, element| element.node(tree, node))
    }

    /// The node at this path below `from`, or the nearest one above it.
    pub fn nearest_node(&self, tree: &Tree<'_>, from: NodeId) -> NodeId {
        let mut at = from;
        for element in self.iter() {
            match element.node(tree, at) {
                Some(node) => at = node,
                None => break,
            }
        }
        at
    }
}

impl Deref for Path {
    type Target = Vec<Element>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Path {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl FromIterator<Element> for Path {
    fn from_iter<I: IntoIterator<Item = Element>>(elements: I) -> Self {
        Self(elements.into_iter().collect())
    }
}

impl<'s> FromIterator<&'s Step<'s>> for Path {
    fn from_iter<I: IntoIterator<Item = &'s Step<'s>>>(steps: I) -> Self {
        steps.into_iter().map(Element::from).collect()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().map(Element::step).collect::<lossless_yaml::Path<'_>>().fmt(f)
    }
}
