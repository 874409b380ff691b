//! Applies fixes to a document: edits of its text first, then operations on its data.

use std::collections::HashMap;
use std::ops::Range;

use super::fix::{Edit, Fix};
use super::node::Node;
use crate::k8s::{Element, Path};
use lossless_yaml::{Draft, NodeId, Patch, Step, Tree, YamlError, YamlErrorKind};

/// What an edit touches. Of two fixes that touch the same text, the second waits for the next round.
#[derive(Clone, Debug, PartialEq)]
enum Touch {
    /// A node and its subtree.
    Node(Path),
    /// Parts of a string.
    Parts(Path, Vec<Range<usize>>),
    /// A part of the document's text.
    Text(Range<usize>),
}

/// The fixes, in order, that touch nothing that an earlier one touches.
pub(super) fn independent<'f>(fixes: impl Iterator<Item = &'f Fix>) -> Vec<&'f Fix> {
    let mut chosen = Vec::new();
    // By the items of a List, which do not touch each other.
    let mut touched: HashMap<Option<usize>, Vec<Touch>> = HashMap::new();
    for fix in fixes {
        let own: Vec<Touch> = fix.edits.iter().flat_map(touches).collect();
        let is_free = |touch: &Touch| match touch.item() {
            Some(item) => {
                let others = [Some(item), None].into_iter().filter_map(|item| touched.get(&item)).flatten();
                !others.into_iter().any(|other| collide(touch, other))
            }
            None => !touched.values().flatten().any(|other| collide(touch, other)),
        };
        if own.iter().all(is_free) {
            for touch in own {
                touched.entry(touch.item()).or_default().push(touch);
            }
            chosen.push(fix);
        }
    }
    chosen
}

impl Touch {
    /// The item of a List that it is in.
    fn item(&self) -> Option<usize> {
        let (Self::Node(path) | Self::Parts(path, _)) = self else { return None };
        match path.as_slice() {
            [Element::Key(items), Element::Index(item), ..] if items == "items" => Some(*item),
            _ => None,
        }
    }
}

fn touches(edit: &Edit) -> Vec<Touch> {
    match edit {
        // Later items move up.
        Edit::Remove { path } if matches!(path.last(), Some(Element::Index(_))) => vec![Touch::Node(parent(path))],
        Edit::Set { path, .. } | Edit::Remove { path } => vec![Touch::Node(path.clone())],
        Edit::MoveItem { from, to, .. } => vec![Touch::Node(parent(from)), Touch::Node(to.clone())],
        Edit::MoveKey { from, to, .. } => vec![Touch::Node(from.clone()), Touch::Node(to.clone())],
        Edit::RenameKey { path, name } => vec![Touch::Node(path.clone()), Touch::Node(renamed(path, name))],
        Edit::Cut { path, ranges } => vec![Touch::Parts(path.clone(), ranges.clone())],
        Edit::RemoveComment { comment } => vec![Touch::Text(comment.clone())],
    }
}

fn collide(a: &Touch, b: &Touch) -> bool {
    match (a, b) {
        (Touch::Parts(a, ranges), Touch::Parts(b, others)) if a == b => {
            ranges.iter().any(|range| others.iter().any(|other| range.start <= other.end && other.start <= range.end))
        }
        (Touch::Text(a), Touch::Text(b)) => a == b,
        (Touch::Text(_), _) | (_, Touch::Text(_)) => false,
        (Touch::Node(a) | Touch::Parts(a, _), Touch::Node(b) | Touch::Parts(b, _)) => {
            a.starts_with(b) || b.starts_with(a)
        }
    }
}

fn parent(path: &Path) -> Path {
    path.iter().take(path.len().saturating_sub(1)).cloned().collect()
}

fn renamed(path: &Path, name: &str) -> Path {
    parent(path).iter().cloned().chain([Element::Key(name.to_owned())]).collect()
}

/// The text of a document with these fixes applied. Fails if one of them would change other data.
pub(super) fn apply(tree: &Tree<'_>, fixes: &[&Fix]) -> Result<String, YamlError> {
    let edits = || fixes.iter().flat_map(|fix| &fix.edits);
    // What an alias refers to cannot be changed in place: the alias is replaced by the new data.
    let mut instead: Vec<Edit> = Vec::new();
    let mut patch = Patch::new(tree);
    let mut cuts: Vec<(&Path, Vec<Range<usize>>)> = Vec::new();
    for edit in edits() {
        match edit {
            Edit::Cut { path, ranges } => match cuts.iter_mut().find(|(other, _)| *other == path) {
                Some((_, all)) => all.extend(ranges.iter().cloned()),
                None => cuts.push((path, ranges.clone())),
            },
            Edit::RenameKey { path, name } => {
                let key = key(tree, path)?;
                if patch.rename_key(key, name).is_err() {
                    let value = value(tree, path)?;
                    instead.push(Edit::Set { path: renamed(path, name), value, before: None });
                    instead.push(Edit::Remove { path: path.clone() });
                }
            }
            Edit::RemoveComment { comment } => patch.remove_comment(comment.clone()),
            _ => {}
        }
    }
    for (path, mut ranges) in cuts {
        ranges.sort_by_key(|range| range.start);
        let node = node(tree, path)?;
        if patch.cut(node, ranges.iter().cloned()).is_err() {
            let mut text = tree.scalar(tree.resolve_alias(node)).to_owned();
            for range in ranges.into_iter().rev() {
                if text.get(range.clone()).is_none() {
                    return Err(tree.node_error(
                        YamlErrorKind::Edit,
                        node,
                        "this part of the string does not exist",
                        None,
                    ));
                }
                text.replace_range(range, "");
            }
            instead.push(Edit::Set { path: path.clone(), value: text.into(), before: None });
        }
    }
    let text = patch.finish()?;
    let tree = Tree::parse(&text, tree.root().map_or(1.into(), |_| tree.place_at(0)))?;
    let mut draft = Draft::new(&tree);
    draft.take_last_of_equal_keys();
    for edit in edits().chain(&instead) {
        change(&mut draft, &tree, edit)?;
    }
    Ok(draft.finish()?.text.into_owned())
}

/// Makes an edit of data.
fn change(draft: &mut Draft<'_, '_>, tree: &Tree<'_>, edit: &Edit) -> Result<(), YamlError> {
    match edit {
        Edit::Set { path, value, before } => draft.set(&path.steps(), value.clone(), before.as_deref()),
        Edit::Remove { path } => {
            if draft.remove(&path.steps())? {
                return Ok(());
            }
            let node = path.nearest_node(tree, root(tree)?);
            Err(tree.node_error(YamlErrorKind::Edit, node, "cannot be removed: it comes from a merge key", None))
        }
        Edit::MoveItem { from, to, before } => {
            let count = draft.get(&to.steps())?.and_then(|list| Some(list.as_array()?.len())).unwrap_or(0);
            draft.move_item(&from.steps(), &to.steps(), count, before.as_deref())
        }
        Edit::MoveKey { from, to, before } => draft.move_key(&from.steps(), &to.steps(), before.as_deref()),
        Edit::RenameKey { .. } | Edit::Cut { .. } | Edit::RemoveComment { .. } => Ok(()),
    }
}

/// The root of a document, which is not empty if something was found in it.
fn root(tree: &Tree<'_>) -> Result<NodeId, YamlError> {
    tree.root().ok_or_else(|| YamlError::missing(tree.place_at(0), "the document is empty"))
}

fn node(tree: &Tree<'_>, path: &Path) -> Result<NodeId, YamlError> {
    let root = root(tree)?;
    let missing = || tree.node_error(YamlErrorKind::Missing, root, format!("there is no {path}"), None);
    path.node(tree, root).ok_or_else(missing)
}

fn value(tree: &Tree<'_>, path: &Path) -> Result<serde_json::Value, YamlError> {
    tree.value(node(tree, path)?)
}

/// The key at the end of a path.
fn key(tree: &Tree<'_>, path: &Path) -> Result<NodeId, YamlError> {
    let map = node(tree, &parent(path))?;
    let named = |name: &str| Node::new(tree, map, []).entry(name).map(|entry| entry.key);
    let found = match path.last().map(Element::step) {
        Some(Step::Key(name)) => named(name),
        _ => None,
    };
    found.ok_or_else(|| tree.node_error(YamlErrorKind::Missing, map, format!("there is no {path}"), None))
}
