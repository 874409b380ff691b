//! A draft: operations on the data of one document.

use std::borrow::Cow;

use serde_json::Value;

use super::look::is_flat;
use super::nodes::{DraftId, Elem, Found, Nodes, State};
use super::style::{Manner, Style};
use super::{anchors, emit, prune, verify};
use crate::error::{Place, YamlError, YamlErrorKind};
use crate::path::{Path, Step};
use crate::tree::Tree;

/// A side effect of an edit, for reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Where in the file.
    pub place: Place,
    /// What was done and why, such as `alias *x is written out here, because only this place changes`.
    pub message: String,
}

/// A document after its edits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited<'a> {
    /// The text; borrowed if nothing changed.
    pub text: Cow<'a, str>,
    /// What became of aliases and anchors.
    pub notes: Vec<Note>,
    /// Whether the text of an excerpt depends on items of the document that it does not have.
    pub looked_outside: bool,
}

/// Edits of one document, collected and then written at once.
///
/// Paths refer to the document after the previous operations. Setting data that are already there changes nothing.
pub struct Draft<'t, 'a> {
    pub(super) nodes: Nodes<'t, 'a>,
    pub(super) style: Style<'t, 'a>,
}

impl<'t, 'a> Draft<'t, 'a> {
    /// A draft of `tree` without edits.
    pub fn new(tree: &'t Tree<'a>) -> Self {
        Self { nodes: Nodes::new(tree), style: Style::new(tree) }
    }

    /// A draft of an excerpt. In the whole document, new text is written in this manner; if it is not known, it is written
    /// as in the excerpt.
    pub fn of_excerpt(tree: &'t Tree<'a>, manner: Option<Manner>) -> Self {
        Self { nodes: Nodes::new(tree), style: Style::of_excerpt(tree, manner) }
    }

    /// Uses the last of several equal keys, as Kubernetes does. Without this, a duplicate key on a path is an error.
    pub fn take_last_of_equal_keys(&mut self) {
        self.nodes.last_key_counts = true;
    }

    /// The data at `path` after the operations so far; `None` if the path does not exist.
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

    /// Sets a key, or replaces an item. A new key goes last, or before the key `before` if its mapping has it. Parents that
    /// are missing or null are added; then `before` refers to the first of them.
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
            Step::Key(key) => {
                let found = self.nodes.find(parent, key)?;
                self.set_found(parent, key, found, value, before)
            }
        }
    }

    /// Inserts an item before the one at `index` of the list at `list`, or after the last one. Parents are added as in
    /// [`Draft::set`].
    pub fn insert(
        &mut self,
        list: &[Step<'_>],
        index: usize,
        value: Value,
        before: Option<&str>,
    ) -> Result<(), YamlError> {
        self.insert_all(list, index, vec![value], before)
    }

    /// Inserts several items, as [`Draft::insert`] does one.
    pub(super) fn insert_all(
        &mut self,
        list: &[Step<'_>],
        index: usize,
        values: Vec<Value>,
        before: Option<&str>,
    ) -> Result<(), YamlError> {
        values.iter().try_for_each(|value| self.check_keys(list, value))?;
        let seq = self.open_list(list, index, before)?;
        self.put_items(seq, index, values);
        Ok(())
    }

    /// Sets keys of the mapping at `path`, as [`Draft::set`] does one. New keys go last.
    pub(super) fn set_all<'p>(&mut self, path: &mut Path<'p>, entries: Vec<(&'p str, Value)>) -> Result<(), YamlError> {
        let Some((first, _)) = entries.first() else { return Ok(()) };
        path.push(Step::Key(first));
        let parent = self.descend(path, path.len() - 1, &mut None)?;
        path.pop();
        let mut new = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            path.push(Step::Key(key));
            self.check_keys(path, &value)?;
            path.pop();
            match self.nodes.find(parent, key)? {
                Found::Nothing => new.push((key, value)),
                found => {
                    self.add_keys(parent, std::mem::take(&mut new));
                    self.set_found(parent, key, found, value, None)?;
                }
            }
        }
        self.add_keys(parent, new);
        Ok(())
    }

    /// Sets a key of an opened mapping. `found` is the result of looking it up.
    fn set_found(
        &mut self,
        map: DraftId,
        key: &str,
        found: Found,
        value: Value,
        before: Option<&str>,
    ) -> Result<(), YamlError> {
        match found {
            Found::Slot(slot) => self.replace(map, slot, value),
            Found::Merged(old) if self.nodes.tree.equals(old, &value) => Ok(()),
            found => {
                let elem = self.nodes.add_value(None, value);
                self.put_key(map, key, elem, found, before);
                Ok(())
            }
        }
    }

    /// Removes a key or an item, and parents that become empty, up to the next list item or a key that a merge key also
    /// adds. Returns whether it was removed: nothing changes if the path does not exist, or if a merge key adds the key,
    /// even if the mapping overrides it.
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
    pub(super) fn not_removed(&mut self, path: &[Step<'_>]) -> YamlError {
        let mut elem = self.nodes.root;
        for step in path {
            elem = elem.and_then(|elem| self.nodes.peek(elem, step).ok().flatten());
        }
        let node = elem.and_then(|elem| self.nodes.origin(elem));
        let place = node.map_or(self.place_of_root(), |node| self.nodes.tree.place(node));
        YamlError::new(YamlErrorKind::Edit, place, "cannot be removed: it comes from a merge key")
            .with_path(Path::from(path).to_string())
            .with_hint("replace the merge key with the keys that it adds")
    }

    /// Keeps the list or mapping at `path` even if removals have emptied it.
    pub fn keep(&mut self, path: &[Step<'_>]) -> Result<(), YamlError> {
        let Some((parent, slot)) = self.find_existing(path)? else { return Ok(()) };
        if let Some(Elem::Draft(id)) = self.nodes.slot(parent, slot).map(|s| s.elem) {
            self.nodes.get_mut(id).keeps_empty = true;
        }
        Ok(())
    }

    /// Moves an item with its text and comments into the list at `to`, before the item at `index` there. The moved item
    /// does not count.
    pub fn move_item(
        &mut self,
        from: &[Step<'_>],
        to: &[Step<'_>],
        index: usize,
        before: Option<&str>,
    ) -> Result<(), YamlError> {
        let Some((parent, slot)) = self.find_existing(from)? else {
            return Err(self.nothing_to_move(from));
        };
        if from.split_last() == Some((&Step::Index(index), to)) {
            return Ok(());
        }
        let Some(elem) = self.nodes.slot(parent, slot).map(|s| s.elem) else { return Ok(()) };
        let has_text = self.nodes.slot(parent, slot).is_some_and(|s| !matches!(s.state, State::New(_)));
        let flat = self.nodes.value(elem).is_ok_and(|v| is_flat(&v));
        self.take(parent, slot, State::MovedAway);
        let seq = self.open_list(to, index, before)?;
        self.put_moved(seq, index, elem, flat, if has_text { State::Moved } else { State::New });
        Ok(())
    }

    fn nothing_to_move(&self, from: &[Step<'_>]) -> YamlError {
        let message = "nothing to move: the path does not exist";
        YamlError::new(YamlErrorKind::Missing, self.place_of_root(), message).with_path(Path::from(from).to_string())
    }

    /// Moves a key with the text of its value, and the comment at the end of its line, to the key at `to`. That must be new;
    /// it goes last, or before the key `before` as in [`Draft::set`]. Comments above the key stay.
    pub fn move_key(&mut self, from: &[Step<'_>], to: &[Step<'_>], before: Option<&str>) -> Result<(), YamlError> {
        self.check_keys(to, &Value::Null)?;
        let (Some((Step::Key(key), parents)), Some((source, slot))) = (to.split_last(), self.find_existing(from)?)
        else {
            return Err(self.nothing_to_move(from));
        };
        let Some(elem) = self.nodes.slot(source, slot).map(|s| s.elem) else { return Ok(()) };
        self.take(source, slot, State::Removed);
        let mut before = before;
        let map = self.descend(to, parents.len(), &mut before)?;
        match self.nodes.find(map, key)? {
            Found::Nothing => {
                let slot = self.add_key(map, key, elem, before);
                if let Some(slot) = self.nodes.slots_mut(map).and_then(|slots| slots.get_mut(slot)) {
                    slot.mark_moved();
                }
                Ok(())
            }
            _ => Err(YamlError::new(YamlErrorKind::Edit, self.place_of_root(), "the key to move to exists already")
                .with_path(Path::from(to).to_string())),
        }
    }

    /// Writes the edits. Fails if they cannot be written without changing other data.
    pub fn finish(mut self) -> Result<Edited<'a>, YamlError> {
        let text = self.nodes.tree.text;
        if self.nodes.is_empty() {
            return Ok(Edited { text: Cow::Borrowed(text), notes: Vec::new(), looked_outside: false });
        }
        if let Some(at) = lone_return(text) {
            let message = "a line ends with a lone carriage return here: the document can be read, but not edited";
            let error = YamlError::new(YamlErrorKind::Syntax, self.nodes.tree.place_at(at), message);
            return Err(error.with_hint("convert its line endings to LF or CRLF"));
        }
        prune::prune(&mut self.nodes);
        let plan = anchors::plan(&mut self.nodes)?;
        let edited = emit::write(&self.nodes, &self.style, &plan)?;
        verify::check(&self.nodes, &plan, &edited)?;
        let text = if edited == text { Cow::Borrowed(text) } else { Cow::Owned(edited) };
        Ok(Edited { text, notes: plan.notes, looked_outside: self.style.looked_outside() })
    }
}

/// The position of a carriage return without a line feed.
fn lone_return(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'\r', bytes).find(|&at| bytes.get(at + 1) != Some(&b'\n'))
}
