//! Edits of a document: named operations on its data, written back as edits of bytes.
//!
//! Operations open the nodes on their way ([`draft`]); when all are made, the writers turn what was opened into byte
//! ranges and new text, and everything else keeps its bytes. Where text goes and how it looks are the rules of
//! docs/yaml.md.

mod anchors;
mod emit;
mod layout;
mod look;
mod nodes;
mod prune;
mod scalar;
mod style;
mod update;
mod verify;

pub use self::update::Hints;

use std::borrow::Cow;

use serde_json::Value;

use self::look::{NewStyle, is_flat};
use self::nodes::{Content, Copy, DraftId, DraftNode, Elem, Found, Key, Nodes, Shape, Slot, State};
use self::style::Style;
use crate::error::{YamlError, YamlErrorKind};
use crate::tree::{NodeId, Tree, join_path, path_key};

/// One element of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'p> {
    /// A key of a mapping.
    Key(&'p str),
    /// An item of a list, counted from 0.
    Index(usize),
}

/// What an edit did beside what it was asked to, for the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Line in the file, counted from 1.
    pub line: usize,
    /// What was done, and why.
    pub message: String,
}

/// A document after its edits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited<'a> {
    /// The text; borrowed if nothing changed.
    pub text: Cow<'a, str>,
    /// What was done with anchors.
    pub notes: Vec<Note>,
}

/// Operations on one document, collected and then written at once.
///
/// A path speaks of the document as the operations before have left it. Setting what is there already changes nothing.
pub struct Draft<'t, 'a> {
    nodes: Nodes<'t, 'a>,
    style: Style<'t, 'a>,
}

impl<'t, 'a> Draft<'t, 'a> {
    /// A draft of `tree` without edits.
    pub fn new(tree: &'t Tree<'a>) -> Self {
        Self { nodes: Nodes::new(tree), style: Style::new(tree) }
    }

    /// Takes the last of several equal keys, as Kubernetes' reader does; without it one on the way is an error.
    pub fn take_last_of_equal_keys(&mut self) {
        self.nodes.last_key_counts = true;
    }

    /// The data at `path` as they are now; none where nothing is.
    pub fn get(&self, path: &[Step<'_>]) -> Result<Option<Value>, YamlError> {
        let mut value = match self.nodes.root {
            Some(root) => self.nodes.value(root)?,
            None => return Ok(None),
        };
        for step in path {
            let next = match step {
                Step::Key(key) => value.get_mut(*key).map(Value::take),
                Step::Index(index) => value.get_mut(*index).map(Value::take),
            };
            let Some(next) = next else { return Ok(None) };
            value = next;
        }
        Ok(Some(value))
    }

    /// Sets a key, or replaces an item. A new key goes last, or before the key `before` if its mapping has that.
    /// Parents that are missing or null are made; `before` then speaks of the first of them.
    pub fn set(&mut self, path: &[Step<'_>], value: Value, before: Option<&str>) -> Result<(), YamlError> {
        let Some((last, parents)) = path.split_last() else { return Ok(()) };
        self.check_keys(path, &value)?;
        let mut before = before;
        let parent = self.descend(path, parents.len(), &mut before)?;
        match *last {
            Step::Index(index) => match self.nodes.live(parent, index) {
                Some(slot) => self.replace(parent, slot, value),
                None => Err(self.beyond(path, parents.len(), index, parent)),
            },
            Step::Key(key) => match self.nodes.find(parent, key)? {
                Found::Slot(slot) => self.replace(parent, slot, value),
                Found::Merged(old) if self.nodes.tree.equals(old, &value) => Ok(()),
                found => {
                    let elem = self.nodes.add_value(None, value);
                    self.put_key(parent, key, elem, found, before);
                    Ok(())
                }
            },
        }
    }

    /// Inserts an item before the one at `index` of the list at `list`, or after the last.
    pub fn insert(
        &mut self,
        list: &[Step<'_>],
        index: usize,
        value: Value,
        before: Option<&str>,
    ) -> Result<(), YamlError> {
        self.check_keys(list, &value)?;
        let seq = self.open_list(list, index, before)?;
        let flat = is_flat(&value);
        let elem = self.nodes.add_value(None, value);
        self.put_item(seq, index, elem, flat, State::New);
        Ok(())
    }

    /// Removes a key or an item. What has become empty by that goes too, up to the next item, unless a merge key would
    /// bring something in its place. Returns whether it is gone: removing what is not there changes nothing, nor does
    /// removing a key that a merge key brings, also where the mapping overrides that.
    pub fn remove(&mut self, path: &[Step<'_>]) -> Result<bool, YamlError> {
        let Some((parent, slot)) = self.find_existing(path)? else { return Ok(false) };
        let Some(Step::Key(key)) = path.last().filter(|_| !self.nodes.has_plain_keys(parent)) else {
            self.take(parent, slot, State::Removed);
            return Ok(true);
        };
        if self.nodes.is_merged(parent, key)? {
            return Ok(false);
        }
        while let Some(slot) = self.nodes.find_own(parent, key) {
            self.take(parent, slot, State::Removed);
        }
        Ok(true)
    }

    /// The error for a key at `path` that [`Draft::remove`] does not remove.
    fn not_removed(&mut self, path: &[Step<'_>]) -> YamlError {
        let mut elem = self.nodes.root;
        for step in path {
            elem = elem.and_then(|elem| self.nodes.peek(elem, step).ok().flatten());
        }
        let node = elem.and_then(|elem| self.nodes.origin(elem));
        let place = node.map_or(self.place_of_root(), |node| self.nodes.tree.place(node));
        YamlError::new(YamlErrorKind::Edit, place, "cannot be removed: a merge key brings it")
            .with_path(path_text(path))
            .with_hint("replace the merge key by what it brings")
    }

    /// Keeps the list or mapping at `path` where removals have emptied it.
    pub fn keep(&mut self, path: &[Step<'_>]) -> Result<(), YamlError> {
        let Some((parent, slot)) = self.find_existing(path)? else { return Ok(()) };
        if let Some(Elem::Draft(id)) = self.nodes.slot(parent, slot).map(|s| s.elem)
            && let Some(node) = self.nodes.get_mut(id)
        {
            node.kept = true;
        }
        Ok(())
    }

    /// Moves an item into the list at `to`, before the item at `index` there, counted without the one that moves.
    pub fn move_item(
        &mut self,
        from: &[Step<'_>],
        to: &[Step<'_>],
        index: usize,
        before: Option<&str>,
    ) -> Result<(), YamlError> {
        let Some((parent, slot)) = self.find_existing(from)? else {
            let message = "what is to be moved is not there";
            return Err(
                YamlError::new(YamlErrorKind::Missing, self.place_of_root(), message).with_path(path_text(from))
            );
        };
        if from.split_last() == Some((&Step::Index(index), to)) {
            return Ok(());
        }
        let Some(elem) = self.nodes.slot(parent, slot).map(|s| s.elem) else { return Ok(()) };
        let has_text = self.nodes.slot(parent, slot).is_some_and(|s| !matches!(s.state, State::New(_)));
        let flat = self.nodes.value(elem).is_ok_and(|v| is_flat(&v));
        self.take(parent, slot, State::MovedAway);
        let seq = self.open_list(to, index, before)?;
        self.put_item(seq, index, elem, flat, if has_text { State::Moved } else { State::New });
        Ok(())
    }

    /// The edited document.
    pub fn finish(mut self) -> Result<Edited<'a>, YamlError> {
        let text = self.nodes.tree.text;
        if self.nodes.is_empty() {
            return Ok(Edited { text: Cow::Borrowed(text), notes: Vec::new() });
        }
        if let Some(at) = lone_return(text) {
            let message = "a carriage return ends a line here without a line feed: such a text is read, but not edited";
            let error = YamlError::new(YamlErrorKind::Syntax, self.nodes.tree.place_at(at), message);
            return Err(error.with_hint("write its line ends as LF or CRLF"));
        }
        prune::prune(&mut self.nodes);
        let plan = anchors::plan(&mut self.nodes)?;
        let edited = emit::write(&self.nodes, &self.style, &plan);
        verify::check(&self.nodes, &plan, &edited)?;
        let text = if edited == text { Cow::Borrowed(text) } else { Cow::Owned(edited) };
        Ok(Edited { text, notes: plan.notes })
    }

    /// Fails where a key of `path` or `value` is longer than a key can be written.
    fn check_keys(&self, path: &[Step<'_>], value: &Value) -> Result<(), YamlError> {
        let on_way = path.iter().find_map(|step| match *step {
            Step::Key(key) if scalar::is_too_long(key) => Some(key),
            _ => None,
        });
        let Some(key) = on_way.or_else(|| scalar::too_long_key(value)) else { return Ok(()) };
        let begin: String = key.chars().take(20).collect();
        let message = format!("the key {begin:?}… is over the limit of {} characters", scalar::MAX_KEY);
        Err(YamlError::new(YamlErrorKind::Limit, self.place_of_root(), message))
    }

    /// Opens the first `count` elements of `path`, making what is missing, and returns the collection there.
    fn descend(&mut self, path: &[Step<'_>], count: usize, before: &mut Option<&str>) -> Result<DraftId, YamlError> {
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
                    // Of what is empty there is nothing to copy.
                    found @ Found::Merged(value) if !self.nodes.tree.says_nothing(value) => {
                        let copied = self.nodes.open(Elem::Old(value));
                        if let Some(node) = self.nodes.get_mut(copied) {
                            node.copy = Some(Copy::OfMerged);
                        }
                        self.put_key(at, key, Elem::Draft(copied), found, before.take())
                    }
                    found => {
                        let empty = self.empty_for(path.get(depth + 1), None);
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

    /// Opens `elem`, the node after `depth` elements of `path`, as the collection that the next element needs.
    fn open_at(&mut self, elem: Elem, path: &[Step<'_>], depth: usize) -> Result<DraftId, YamlError> {
        let next = path.get(depth);
        let wanted = match next {
            Some(Step::Key(_)) => Shape::Map,
            _ => Shape::Seq,
        };
        match self.nodes.shape(elem) {
            shape if shape == wanted => Ok(self.nodes.open(elem)),
            Shape::Null => match elem {
                Elem::Old(id) => Ok(self.empty_for(next, Some(id))),
                Elem::Draft(id) => {
                    if let Some(node) = self.nodes.get_mut(id) {
                        node.content =
                            if wanted == Shape::Map { Content::Map(Vec::new()) } else { Content::Seq(Vec::new()) };
                        node.gone = 0;
                    }
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
                let path = path_text(path.get(..depth).unwrap_or_default());
                Err(YamlError::new(YamlErrorKind::WrongType, place, message).with_path(path))
            }
        }
    }

    /// A new collection for the path element that follows, in the place of `origin`.
    fn empty_for(&mut self, next: Option<&Step<'_>>, origin: Option<NodeId>) -> DraftId {
        let content = match next {
            Some(Step::Key(_)) => Content::Map(Vec::new()),
            _ => Content::Seq(Vec::new()),
        };
        self.nodes.add(DraftNode { origin, copy: None, content, replaced: true, hollow: false, kept: false, gone: 0 })
    }

    fn open_list(&mut self, list: &[Step<'_>], index: usize, before: Option<&str>) -> Result<DraftId, YamlError> {
        let mut path = list.to_vec();
        path.push(Step::Index(index));
        let mut before = before;
        let seq = self.descend(&path, list.len(), &mut before)?;
        if index > self.nodes.live_count(seq) {
            return Err(self.beyond(&path, list.len(), index, seq));
        }
        Ok(seq)
    }

    /// The parent and slot of what stands at `path`, opened; none where nothing stands. Makes nothing.
    fn find_existing(&mut self, path: &[Step<'_>]) -> Result<Option<(DraftId, usize)>, YamlError> {
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

    /// Takes a slot out. New text just goes; old text leaves its slot behind, so that neighbours keep their places.
    fn take(&mut self, parent: DraftId, slot: usize, state: State) {
        if self.nodes.slot(parent, slot).is_some_and(Slot::is_old) {
            self.nodes.set_gone(parent, slot, state);
        } else if let Some(slots) = self.nodes.slots_mut(parent) {
            let taken = slots.remove(slot);
            if matches!((taken.state, state), (State::Moved(_), State::Removed)) {
                self.nodes.set_removed_there(taken.elem);
            }
        }
    }

    fn put_item(
        &mut self,
        seq: DraftId,
        index: usize,
        elem: Elem,
        flat: bool,
        state: impl FnOnce(Box<NewStyle>) -> State,
    ) {
        let slots = self.nodes.slots(seq);
        // Right behind the live item before, so that it stays there whatever becomes of what follows.
        let at = match index.checked_sub(1) {
            Some(before) => self.nodes.live(seq, before).map_or(slots.len(), |i| i + 1),
            None if self.nodes.live_count(seq) == 0 => slots.len(),
            None => 0,
        };
        let mut new = style::new_item(&self.nodes, &self.style, slots, at, flat);
        new.last = slots.get(at..).unwrap_or_default().iter().all(|s| !s.is_live());
        if let Some(slots) = self.nodes.slots_mut(seq) {
            slots.insert(at, Slot { key: Key::None, elem, state: state(Box::new(new)) });
        }
    }

    /// Adds a key of which `found` was there before, and returns its slot. What a merge key brings it comes behind, and
    /// in the place of an own key that this overrides.
    fn put_key(&mut self, map: DraftId, key: &str, elem: Elem, found: Found, before: Option<&str>) -> usize {
        let Found::Merged(_) = found else { return self.add_key(map, key, elem, before) };
        if let Some(slot) = self.nodes.find_own(map, key) {
            self.take(map, slot, State::Removed);
        }
        self.add_key(map, key, elem, None)
    }

    /// Adds a key to an opened mapping and returns its slot.
    fn add_key(&mut self, map: DraftId, key: &str, elem: Elem, before: Option<&str>) -> usize {
        let slots = self.nodes.slots(map);
        let named = before.and_then(|name| match self.nodes.find(map, name) {
            Ok(Found::Slot(slot)) => Some(slot),
            _ => None,
        });
        let at = match named {
            // Right behind the live entry before the named key.
            Some(named) => {
                let earlier = slots.get(..named).unwrap_or_default();
                earlier.iter().rposition(Slot::is_live).map_or(0, |i| i + 1)
            }
            None => slots.len(),
        };
        let origin = self.nodes.get(map).origin.filter(|_| !self.nodes.get(map).replaced);
        let mut new = style::new_entry(&self.nodes, &self.style, slots, origin);
        new.last = named.is_none();
        new.beside_merge = slots.iter().any(|s| matches!(s.key, Key::Old(key) if self.nodes.tree.is_merge(key)));
        if let Some(slots) = self.nodes.slots_mut(map) {
            slots.insert(at, Slot { key: Key::New(key.to_owned()), elem, state: State::New(Box::new(new)) });
        }
        at
    }

    /// Puts `value` in the place of a slot's data, and touches no more than differs.
    fn replace(&mut self, parent: DraftId, slot: usize, value: Value) -> Result<(), YamlError> {
        let Some(elem) = self.nodes.slot(parent, slot).map(|s| s.elem) else { return Ok(()) };
        if self.nodes.equals(elem, &value) {
            self.keep_empty(elem);
            return Ok(());
        }
        let new = match (self.nodes.shape(elem), value) {
            (Shape::Map, Value::Object(map)) if !map.is_empty() && self.is_plain_map(elem) => {
                let opened = self.nodes.open(elem);
                self.replace_entries(opened, map)?;
                Elem::Draft(opened)
            }
            (Shape::Seq, Value::Array(items)) if !items.is_empty() && !self.is_empty(elem) => {
                let opened = self.nodes.open(elem);
                self.replace_items(opened, items)?;
                Elem::Draft(opened)
            }
            (_, value) => match elem {
                Elem::Draft(id) if self.nodes.get(id).origin.is_none() => {
                    if let Some(node) = self.nodes.get_mut(id) {
                        (node.content, node.gone) = (Content::Value(value), 0);
                    }
                    elem
                }
                _ => {
                    let origin = self.nodes.written_as(elem);
                    self.nodes.add_value(origin, value)
                }
            },
        };
        self.nodes.set_elem(parent, slot, new);
        Ok(())
    }

    /// What operations emptied is set to be empty: it does not go with what it held.
    fn keep_empty(&mut self, elem: Elem) {
        let Elem::Draft(id) = elem else { return };
        if self.nodes.get(id).gone > 0
            && self.nodes.live_count(id) == 0
            && let Some(node) = self.nodes.get_mut(id)
        {
            node.kept = true;
        }
    }

    /// A mapping with keys of its own only, so that each can be told apart from what a merge brings.
    fn is_plain_map(&self, elem: Elem) -> bool {
        let merges = |key: &NodeId| self.nodes.tree.is_merge(*key);
        match elem {
            Elem::Old(id) => {
                let mut entries = self.nodes.tree.entries(id).peekable();
                entries.peek().is_some() && entries.all(|(k, _)| !merges(&k))
            }
            Elem::Draft(id) => match &self.nodes.get(id).content {
                Content::Map(slots) => {
                    slots.iter().any(Slot::is_live) && !slots.iter().any(|s| matches!(&s.key, Key::Old(k) if merges(k)))
                }
                Content::Value(Value::Object(map)) => !map.is_empty(),
                _ => false,
            },
        }
    }

    fn is_empty(&self, elem: Elem) -> bool {
        match elem {
            Elem::Old(id) => self.nodes.tree.items(id).next().is_none(),
            Elem::Draft(id) => match &self.nodes.get(id).content {
                Content::Value(Value::Array(items)) => items.is_empty(),
                _ => self.nodes.live_count(id) == 0,
            },
        }
    }

    /// Key by key: keys that go are removed, keys that come stand where the first of those stood.
    fn replace_entries(&mut self, map: DraftId, new: serde_json::Map<String, Value>) -> Result<(), YamlError> {
        let mut gone = None;
        for index in (0..self.nodes.slots(map).len()).rev() {
            let Some(slot) = self.nodes.slot(map, index) else { continue };
            if slot.is_live() && !new.contains_key(&self.nodes.key_of(slot)) {
                let stays = slot.is_old();
                self.take(map, index, State::Removed);
                // New text leaves no slot: what stood behind it moves up.
                gone = if stays { Some(index) } else { gone.map(|g: usize| g - 1) };
            }
        }
        for (key, value) in new {
            if let Found::Slot(slot) = self.nodes.find(map, &key)? {
                self.replace(map, slot, value)?;
            } else {
                let elem = self.nodes.add_value(None, value);
                let added = self.add_key(map, &key, elem, None);
                let Some(place) = gone else { continue };
                let Some(slots) = self.nodes.slots_mut(map) else { continue };
                let mut slot = slots.remove(added);
                if let State::New(style) = &mut slot.state {
                    (style.in_place, style.last) = (true, false);
                }
                slots.insert(place + 1, slot);
                gone = Some(place + 1);
            }
        }
        Ok(())
    }

    /// Equal items at the start and the end stay; what is between is replaced item by item.
    fn replace_items(&mut self, seq: DraftId, new: Vec<Value>) -> Result<(), YamlError> {
        let old: Vec<Elem> = self.nodes.slots(seq).iter().filter(|s| s.is_live()).map(|s| s.elem).collect();
        let alike = |pair: &(&Elem, &Value)| self.nodes.equals(*pair.0, pair.1);
        let start = old.iter().zip(&new).take_while(alike).count();
        let most = old.len().min(new.len()) - start;
        let end = old.iter().rev().zip(new.iter().rev()).take(most).take_while(alike).count();
        let (old_middle, new_middle) = (old.len() - start - end, new.len() - start - end);
        for (i, value) in new.into_iter().skip(start).take(new_middle).enumerate() {
            if i < old_middle {
                if let Some(slot) = self.nodes.live(seq, start + i) {
                    self.replace(seq, slot, value)?;
                }
            } else {
                let flat = is_flat(&value);
                let elem = self.nodes.add_value(None, value);
                self.put_item(seq, start + i, elem, flat, State::New);
            }
        }
        for _ in new_middle..old_middle {
            if let Some(slot) = self.nodes.live(seq, start + new_middle) {
                self.take(seq, slot, State::Removed);
            }
        }
        Ok(())
    }

    fn place_of_root(&self) -> crate::error::Place {
        self.nodes.tree.root().map_or(self.nodes.tree.place_at(0), |root| self.nodes.tree.place(root))
    }

    fn beyond(&self, path: &[Step<'_>], depth: usize, index: usize, list: DraftId) -> YamlError {
        let place = self.nodes.get(list).origin.map_or(self.place_of_root(), |id| self.nodes.tree.place(id));
        let count = self.nodes.live_count(list);
        let items = if count == 1 { "item" } else { "items" };
        let message = format!("the list has {count} {items}, index {index} is beyond its end");
        let path = path_text(path.get(..depth).unwrap_or_default());
        YamlError::new(YamlErrorKind::Missing, place, message).with_path(path)
    }
}

/// Where a line ends by a carriage return alone.
fn lone_return(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'\r', bytes).find(|&at| bytes.get(at + 1) != Some(&b'\n'))
}

/// A path as messages show it: `spec.containers[0].name`.
pub fn path_text(path: &[Step<'_>]) -> String {
    let parts: Vec<String> = path
        .iter()
        .map(|step| match step {
            Step::Key(key) => path_key(key),
            Step::Index(index) => format!("[{index}]"),
        })
        .collect();
    join_path(parts.iter().map(String::as_str))
}
