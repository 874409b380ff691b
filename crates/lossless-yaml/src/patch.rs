//! Edits in place that a [`Draft`](crate::Draft) of data cannot express: renaming a key, cutting parts out of a string, and
//! removing a comment.

use std::ops::Range;

use serde_json::Value;

use crate::error::{YamlError, YamlErrorKind};
use crate::path::Step;
use crate::resolve::same;
use crate::tree::{NodeId, NodeKind, Tree};

/// Edits of a document's text, collected and then written at once.
#[derive(Debug)]
pub struct Patch<'t, 'a> {
    tree: &'t Tree<'a>,
    edits: Vec<(Range<usize>, String)>,
    changes: Vec<Change>,
}

/// What an edit changes in the data.
#[derive(Debug)]
enum Change {
    Renamed { key: NodeId, to: String },
    Cut { scalar: NodeId, text: String },
}

impl<'t, 'a> Patch<'t, 'a> {
    /// A patch of `tree` without edits.
    pub fn new(tree: &'t Tree<'a>) -> Self {
        Self { tree, edits: Vec::new(), changes: Vec::new() }
    }

    /// Gives a key another name. It keeps its place and its quotes.
    pub fn rename_key(&mut self, key: NodeId, name: &str) -> Result<(), YamlError> {
        let tree = self.tree;
        self.check_is_used_once(key)?;
        let quote = match tree.kind(key) {
            NodeKind::Plain => "",
            NodeKind::Single => "'",
            NodeKind::Double => "\"",
            _ => return Err(self.refused(key, "this key is written in a way that cannot be renamed")),
        };
        let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '-' | '_'));
        if !is_plain {
            return Err(self.refused(key, "this key cannot get a name that needs quotes"));
        }
        if tree.parent(key).is_some_and(|map| tree.get_last(map, name).is_ok_and(|taken| taken.is_some())) {
            return Err(self.refused(key, "this mapping has a key of the new name already"));
        }
        self.edits.push((tree.span(key), [quote, name, quote].concat()));
        self.changes.push(Change::Renamed { key, to: name.to_owned() });
        Ok(())
    }

    /// Cuts parts out of a string: byte ranges of its text as it is read, in order.
    pub fn cut(
        &mut self,
        scalar: NodeId,
        parts: impl DoubleEndedIterator<Item = Range<usize>>,
    ) -> Result<(), YamlError> {
        let tree = self.tree;
        self.check_is_used_once(scalar)?;
        let mut text = tree.scalar(scalar).to_owned();
        for part in parts.rev() {
            let source = tree.source_of(scalar, part.clone()).filter(|_| text.get(part.clone()).is_some());
            let Some(source) = source else {
                return Err(self.refused(scalar, "this string is written in a way that cannot be cut"));
            };
            text.replace_range(part.clone(), "");
            self.edits.push((source, String::new()));
        }
        self.changes.push(Change::Cut { scalar, text });
        Ok(())
    }

    /// Removes a comment that [`Tree::comments_with`] found: its line, or the comment with the blanks before it.
    pub fn remove_comment(&mut self, comment: Range<usize>) {
        self.edits.push((self.tree.with_blanks(comment), String::new()));
    }

    /// Writes the edits. Fails if the new text does not have the data that the edits are meant to make.
    pub fn finish(mut self) -> Result<String, YamlError> {
        let tree = self.tree;
        let mut text = tree.text().to_owned();
        self.edits.sort_by_key(|(range, _)| range.start);
        let mut last = text.len();
        for (range, new) in self.edits.iter().rev() {
            if range.end > last {
                return Err(self.refused_at_root("two edits touch the same text"));
            }
            last = range.start;
            text.replace_range(range.clone(), new);
        }
        let mut expected = tree.root().map(|root| tree.value(root)).transpose()?.unwrap_or(Value::Null);
        for change in &self.changes {
            change.apply(tree, &mut expected);
        }
        let read = Tree::parse(&text, tree.first)?;
        let value = read.root().map(|root| read.value(root)).transpose()?.unwrap_or(Value::Null);
        if !same(&value, &expected) {
            return Err(self.refused_at_root("this edit would also change other data"));
        }
        Ok(text)
    }

    /// Fails if the node is shown in several places.
    fn check_is_used_once(&self, node: NodeId) -> Result<(), YamlError> {
        let tree = self.tree;
        let around = std::iter::successors(Some(node), |&node| tree.parent(node));
        let is_shared = |anchor: NodeId| tree.aliases.iter().any(|&alias| tree.resolve_alias(alias) == anchor);
        if tree.kind(node) == NodeKind::Alias || around.filter(|&n| tree.anchor(n).is_some()).any(is_shared) {
            return Err(self.refused(node, "this text is shown in several places by aliases"));
        }
        Ok(())
    }

    fn refused(&self, node: NodeId, why: &str) -> YamlError {
        self.tree.error(YamlErrorKind::Edit, node, why)
    }

    fn refused_at_root(&self, why: &str) -> YamlError {
        let place = self.tree.root().map_or(self.tree.first, |root| self.tree.place(root));
        YamlError::new(YamlErrorKind::Edit, place, why)
    }
}

impl Change {
    fn apply(&self, tree: &Tree<'_>, root: &mut Value) {
        let (Self::Renamed { key: node, .. } | Self::Cut { scalar: node, .. }) = self;
        let path = tree.path(*node);
        let Some((last, parents)) = path.split_last() else { return };
        let mut parent = root;
        for step in parents {
            let Some(next) = child(parent, step) else { return };
            parent = next;
        }
        match (self, last) {
            (Self::Renamed { to, .. }, Step::Key(from)) => {
                if let Some(map) = parent.as_object_mut()
                    && let Some(value) = map.remove(*from)
                {
                    map.insert(to.clone(), value);
                }
            }
            (Self::Renamed { .. }, Step::Index(_)) => debug_assert!(false, "items have no key"),
            (Self::Cut { text, .. }, last) => {
                if let Some(value) = child(parent, last) {
                    *value = Value::String(text.clone());
                }
            }
        }
    }
}

fn child<'v>(parent: &'v mut Value, step: &Step<'_>) -> Option<&'v mut Value> {
    match *step {
        Step::Key(key) => parent.get_mut(key),
        Step::Index(index) => parent.get_mut(index),
    }
}

#[cfg(test)]
mod tests {
    use std::iter::once;

    use super::*;

    fn node(tree: &Tree<'_>, key: &str) -> NodeId {
        tree.get(tree.root().unwrap(), key).unwrap().unwrap()
    }

    fn key(tree: &Tree<'_>, name: &str) -> NodeId {
        tree.entries(tree.root().unwrap()).find(|(key, _)| tree.scalar(*key) == name).unwrap().0
    }

    #[test]
    fn keys_keep_their_place_and_quotes() {
        let text = "a: 1 # c\n'b': 2\n\"c\": 3\n";
        let tree = Tree::parse(text, 1).unwrap();
        let mut patch = Patch::new(&tree);
        for (from, to) in [("a", "x"), ("b", "y"), ("c", "z")] {
            patch.rename_key(key(&tree, from), to).unwrap();
        }
        assert_eq!(patch.finish().unwrap(), "x: 1 # c\n'y': 2\n\"z\": 3\n");
    }

    #[test]
    fn a_name_that_exists_is_refused() {
        let tree = Tree::parse("a: 1\nb: 2\n", 1).unwrap();
        let mut patch = Patch::new(&tree);
        assert_eq!(patch.rename_key(key(&tree, "a"), "b").unwrap_err().kind, YamlErrorKind::Edit);
    }

    #[test]
    fn text_that_aliases_show_is_refused() {
        let tree = Tree::parse("a: &x one two\nb: *x\n", 1).unwrap();
        assert!(Patch::new(&tree).cut(node(&tree, "a"), once(0..4)).is_err());
        assert!(Patch::new(&tree).cut(node(&tree, "b"), once(0..4)).is_err());
    }

    #[test]
    fn several_edits_are_made_at_once() {
        let text = "a: one two three # gone\n# gone too\nb: 1\n";
        let tree = Tree::parse(text, 1).unwrap();
        let mut patch = Patch::new(&tree);
        patch.cut(node(&tree, "a"), [0..4, 7..13].into_iter()).unwrap();
        tree.comments_with("gone").into_iter().for_each(|comment| patch.remove_comment(comment));
        assert_eq!(patch.finish().unwrap(), "a: two\nb: 1\n");
    }

    #[test]
    fn overlapping_cuts_are_refused() {
        let tree = Tree::parse("a: one two\n", 1).unwrap();
        let mut patch = Patch::new(&tree);
        patch.cut(node(&tree, "a"), once(0..4)).unwrap();
        patch.cut(node(&tree, "a"), once(2..6)).unwrap();
        assert!(patch.finish().is_err());
    }
}
