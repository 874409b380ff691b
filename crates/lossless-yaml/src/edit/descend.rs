//! Follows paths into a draft, opening the nodes on the way and adding those that are missing.

use serde_json::Value;

use super::Draft;
use super::nodes::{Content, Copy, DraftId, DraftNode, Elem, Found, Shape};
use super::scalar;
use crate::error::{Place, YamlError, YamlErrorKind};
use crate::path::{Path, Step};
use crate::tree::NodeId;

impl Draft<'_, '_> {
    /// Fails if a key of `path` or `value` is too long to be written.
    pub(super) fn check_keys(&self, path: &[Step<'_>], value: &Value) -> Result<(), YamlError> {
        let on_way = path.iter().find_map(|step| match *step {
            Step::Key(key) if scalar::is_too_long(key) => Some(key),
            _ => None,
        });
        let Some(key) = on_way.or_else(|| scalar::too_long_key(value)) else { return Ok(()) };
        let begin: String = key.chars().take(20).collect();
        let message = format!("the key {begin:?}… is over the limit of {} characters", scalar::MAX_KEY);
        Err(YamlError::new(YamlErrorKind::Limit, self.place_of_root(), message))
    }

    /// Follows the first `count` steps of `path`, adding what is missing, and returns the collection there.
    pub(super) fn descend(
        &mut self,
        path: &[Step<'_>],
        count: usize,
        before: &mut Option<&str>,
    ) -> Result<DraftId, YamlError> {
        let root = self.nodes.root.ok_or_else(|| {
            YamlError::new(
                YamlErrorKind::WrongType,
                self.place_of_root(),
                "the document is empty, a mapping is expected",
            )
        })?;
        let mut at = self.open_at(root, path, 0)?;
        self.nodes.root = Some(Elem::Draft(at));
        for depth in 0..count {
            let Some(step) = path.get(depth) else { break };
            let slot = match *step {
                Step::Index(index) => match self.nodes.live(at, index) {
                    Some(slot) => slot,
                    None => return Err(self.beyond(path, depth, index, at)),
                },
                Step::Key(key) => match self.nodes.find(at, key)? {
                    Found::Slot(slot) => slot,
                    // An empty value has nothing to copy.
                    found @ Found::Merged(value) if !self.nodes.tree.says_nothing(value) => {
                        let copied = self.nodes.open(Elem::Old(value));
                        self.nodes.get_mut(copied).copy = Some(Copy::OfMerged);
                        self.put_key(at, key, Elem::Draft(copied), found, before.take())
                    }
                    found => {
                        let empty = self.add_empty(path.get(depth + 1), None);
                        self.put_key(at, key, Elem::Draft(empty), found, before.take())
                    }
                },
            };
            let Some(elem) = self.nodes.slot(at, slot).map(|s| s.elem) else { break };
            let opened = self.open_at(elem, path, depth + 1)?;
            self.nodes.set_elem(at, slot, Elem::Draft(opened));
            at = opened;
        }
        Ok(at)
    }

    /// Opens `elem`, the node after `depth` steps of `path`, as the collection that the next step needs.
    fn open_at(&mut self, elem: Elem, path: &[Step<'_>], depth: usize) -> Result<DraftId, YamlError> {
        let next = path.get(depth);
        let wanted = match next {
            Some(Step::Key(_)) => Shape::Map,
            _ => Shape::Seq,
        };
        match self.nodes.shape(elem) {
            shape if shape == wanted => Ok(self.nodes.open(elem)),
            Shape::Null => match elem {
                Elem::Old(id) => Ok(self.add_empty(next, Some(id))),
                Elem::Draft(id) => {
                    let node = self.nodes.get_mut(id);
                    (node.content, node.gone) = (empty_for(next), 0);
                    Ok(id)
                }
            },
            shape => {
                let found = match shape {
                    Shape::Seq => "a list",
                    Shape::Map => "a mapping",
                    _ => "a scalar",
                };
                let expected = if wanted == Shape::Map { "a mapping" } else { "a list" };
                let place = self.nodes.origin(elem).map_or(self.place_of_root(), |id| self.nodes.tree.place(id));
                let message = format!("must be {expected}, found {found}");
                let path = Path::from(path.get(..depth).unwrap_or(path)).to_string();
                Err(YamlError::new(YamlErrorKind::WrongType, place, message).with_path(path))
            }
        }
    }

    /// Adds an empty collection for the next step, in the place of `origin`.
    fn add_empty(&mut self, next: Option<&Step<'_>>, origin: Option<NodeId>) -> DraftId {
        self.nodes.add(DraftNode::new(origin, empty_for(next)))
    }

    pub(super) fn open_list(
        &mut self,
        list: &[Step<'_>],
        index: usize,
        before: Option<&str>,
    ) -> Result<DraftId, YamlError> {
        let mut path = list.to_vec();
        path.push(Step::Index(index));
        let mut before = before;
        let seq = self.descend(&path, list.len(), &mut before)?;
        if index > self.nodes.live_count(seq) {
            return Err(self.beyond(&path, list.len(), index, seq));
        }
        Ok(seq)
    }

    /// The opened parent of the node at `path`, and its slot; `None` if the path does not exist. Adds nothing.
    pub(super) fn find_existing(&mut self, path: &[Step<'_>]) -> Result<Option<(DraftId, usize)>, YamlError> {
        let Some((last, parents)) = path.split_last() else { return Ok(None) };
        // Look before opening: a draft that is not changed is not written.
        let Some(mut elem) = self.nodes.root else { return Ok(None) };
        for step in parents {
            let Some(next) = self.nodes.peek(elem, step)? else { return Ok(None) };
            elem = next;
        }
        if self.nodes.peek(elem, last)?.is_none() {
            return Ok(None);
        }
        let parent = self.descend(path, parents.len(), &mut None)?;
        let slot = match *last {
            Step::Index(index) => self.nodes.live(parent, index),
            Step::Key(key) => match self.nodes.find(parent, key)? {
                Found::Slot(slot) => Some(slot),
                Found::Merged(_) | Found::Nothing => None,
            },
        };
        Ok(slot.map(|slot| (parent, slot)))
    }

    pub(super) fn place_of_root(&self) -> Place {
        self.nodes.tree.root().map_or(self.nodes.tree.place_at(0), |root| self.nodes.tree.place(root))
    }

    pub(super) fn beyond(&self, path: &[Step<'_>], depth: usize, index: usize, list: DraftId) -> YamlError {
        let place = self.nodes.get(list).origin.map_or(self.place_of_root(), |id| self.nodes.tree.place(id));
        let count = self.nodes.live_count(list);
        let items = if count == 1 { "item" } else { "items" };
        let message = format!("the list has {count} {items}, index {index} is beyond its end");
        let path = Path::from(path.get(..depth).unwrap_or(path)).to_string();
        YamlError::new(YamlErrorKind::Missing, place, message).with_path(path)
    }
}

/// An empty collection that the next step of a path can lead into.
fn empty_for(next: Option<&Step<'_>>) -> Content {
    match next {
        Some(Step::Key(_)) => Content::Map(Vec::new()),
        _ => Content::Seq(Vec::new()),
    }
}
