//! Turns "this data became that data" into the operations that change the least text.

use std::collections::{HashMap, HashSet};
use std::mem::take;

use serde_json::{Map, Value};

use super::Draft;
use crate::error::YamlError;
use crate::parts;
use crate::path::{Path, Step};
use crate::resolve::same;

/// What the caller knows about the data. Paths are relative to the base of the update.
pub trait Hints {
    /// The key that identifies items of the list at `path`, such as `name`.
    fn identity(&self, path: &[Step<'_>]) -> Option<&str>;

    /// The key before which the new key `key` of the mapping at `path` goes; `None` for the last place. `keys` are the
    /// existing keys, in order.
    fn before<'k>(&self, path: &[Step<'_>], key: &str, keys: &[&'k str]) -> Option<&'k str>;
}

impl Draft<'_, '_> {
    /// Changes the data at `base` from `old` to `new`.
    pub fn update(
        &mut self,
        base: &[Step<'_>],
        old: &Value,
        mut new: Value,
        hints: &dyn Hints,
    ) -> Result<(), YamlError> {
        Update { draft: self, hints, base: base.len() }.value(&mut Path::from(base), old, &mut new)
    }
}

/// Up to this number of items, comparing all pairs is faster than an index.
const FEW: usize = 16;

struct Update<'d, 't, 'a, 'h> {
    draft: &'d mut Draft<'t, 'a>,
    hints: &'h dyn Hints,
    base: usize,
}

impl Update<'_, '_, '_, '_> {
    fn value<'p>(&mut self, path: &mut Path<'p>, old: &'p Value, new: &'p mut Value) -> Result<(), YamlError> {
        if same(old, new) {
            // Moves may have emptied it, but it stays.
            let empty = new.as_array().is_some_and(Vec::is_empty);
            return if empty { self.draft.set(path, take(new), None) } else { Ok(()) };
        }
        let is_empty = match new {
            Value::Object(map) => map.is_empty(),
            Value::Array(items) => items.is_empty(),
            _ => true,
        };
        if is_empty {
            return self.draft.set(path, take(new), None);
        }
        match (old, new) {
            (Value::Object(old), Value::Object(new)) => self.map(path, old, new),
            (Value::Array(old), Value::Array(new)) => {
                let identity = self.hints.identity(parts::from(path, self.base)).map(str::to_owned);
                let pair = identity.and_then(|key| {
                    let new_ids = identities(new, &key)?.into_iter().map(str::to_owned).collect::<Vec<_>>();
                    Some((identities(old, &key)?, new_ids))
                });
                match pair {
                    Some((old_ids, new_ids)) => self.list(path, old, &old_ids, new, &new_ids),
                    None => self.draft.set(path, Value::Array(take(new)), None),
                }
            }
            (_, new) => self.draft.set(path, take(new), None),
        }
    }

    fn map<'p>(
        &mut self,
        path: &mut Path<'p>,
        old: &'p Map<String, Value>,
        new: &'p mut Map<String, Value>,
    ) -> Result<(), YamlError> {
        // Mostly the kept keys are in the same order, and need not be looked up.
        let mut others = old.iter().peekable();
        let before = |key: &String| match others.next_if(|(name, _)| *name == key) {
            Some((_, value)) => Some(value),
            None => old.get(key),
        };
        let before: Vec<Option<&'p Value>> = new.keys().map(before).collect();
        let staying = before.iter().flatten().count();
        let (comes, goes) = (staying < new.len(), staying < old.len());
        if comes && goes && path.len() > self.base {
            // Replacing the whole mapping puts new keys in the place of removed ones.
            return self.draft.set(path, Value::Object(take(new)), None);
        }
        for key in old.keys().filter(|key| goes && !new.contains_key(*key)) {
            path.push(Step::Key(key));
            if !self.draft.remove(path)? {
                return Err(self.draft.not_removed(path));
            }
            path.pop();
        }
        let mut keys: Vec<&str> = old.keys().map(String::as_str).collect();
        // New keys that go last, to be added at once.
        let mut last: Vec<(&'p str, Value)> = Vec::new();
        for ((key, value), before) in new.iter_mut().zip(before) {
            let place = match before {
                Some(_) => None,
                None => self.hints.before(parts::from(path, self.base), key, &keys),
            };
            if before.is_none() && place.is_none() {
                last.push((key, take(value)));
                keys.push(key);
                continue;
            }
            self.draft.set_all(path, take(&mut last))?;
            path.push(Step::Key(key));
            if let Some(before) = before {
                self.value(path, before, value)?;
            } else {
                let at = keys.iter().position(|k| Some(*k) == place).unwrap_or(keys.len());
                self.draft.set(path, take(value), place)?;
                keys.insert(at, key);
            }
            path.pop();
        }
        self.draft.set_all(path, last)
    }

    /// Updates a list by the identities of its items. Kept items keep their text, and as many as possible their place.
    fn list<'p>(
        &mut self,
        path: &mut Path<'p>,
        old: &'p [Value],
        old_ids: &[&'p str],
        new: &'p mut [Value],
        new_ids: &[String],
    ) -> Result<(), YamlError> {
        let wanted: HashSet<&str> = new_ids.iter().map(String::as_str).collect();
        let mut now: Vec<&str> = old_ids.to_vec();
        for index in (0..now.len()).rev() {
            if now.get(index).is_some_and(|id| !wanted.contains(id)) {
                path.push(Step::Index(index));
                self.draft.remove(path)?;
                path.pop();
                now.remove(index);
            }
        }
        let positions: HashMap<&str, usize> = now.iter().enumerate().map(|(i, &id)| (id, i)).collect();
        let order: Vec<usize> = new_ids.iter().filter_map(|id| positions.get(id.as_str()).copied()).collect();
        let staying: HashSet<usize> = longest_rising(&order).into_iter().collect();
        let stays = |id: &str| positions.get(id).is_some_and(|p| staying.contains(p));
        let old_by_id: HashMap<&str, &'p Value> = old_ids.iter().copied().zip(old).collect();
        let mut next = 0;
        let mut items = new_ids.iter().map(String::as_str).zip(new).peekable();
        while let Some((id, value)) = items.next() {
            // Most items are where they are expected, and new ones nowhere: only moved ones need a search.
            let found = match now.get(next) {
                Some(&expected) if expected == id => Some(next),
                _ if positions.contains_key(id) => now.iter().position(|&n| n == id),
                _ => None,
            };
            let at = match found {
                Some(at) if stays(id) => at,
                Some(from) => {
                    let to = if from < next { next - 1 } else { next };
                    let list = path.clone();
                    path.push(Step::Index(from));
                    self.draft.move_item(path, &list, to, None)?;
                    path.pop();
                    now.remove(from);
                    now.insert(to.min(now.len()), id);
                    to
                }
                None => {
                    // Together with the new ones behind it.
                    let (mut ids, mut values) = (vec![id], vec![take(value)]);
                    while let Some((id, value)) = items.next_if(|(id, _)| !positions.contains_key(id)) {
                        ids.push(id);
                        values.push(take(value));
                    }
                    let place = next.min(now.len());
                    self.draft.insert_all(path, next, values, None)?;
                    next += ids.len();
                    now.splice(place..place, ids);
                    continue;
                }
            };
            if let Some(&before) = old_by_id.get(id) {
                path.push(Step::Index(at));
                self.value(path, before, value)?;
                path.pop();
            }
            next = at + 1;
        }
        Ok(())
    }
}

/// The identities of all items, if each has one and they are distinct.
fn identities<'v>(items: &'v [Value], key: &str) -> Option<Vec<&'v str>> {
    let ids: Vec<&str> = items.iter().map(|item| item.get(key).and_then(Value::as_str)).collect::<Option<_>>()?;
    let distinct = if ids.len() <= FEW {
        ids.iter().enumerate().all(|(i, id)| !ids.iter().take(i).any(|before| before == id))
    } else {
        ids.iter().copied().collect::<HashSet<&str>>().len() == ids.len()
    };
    distinct.then_some(ids)
}

/// The values of a longest rising subsequence.
fn longest_rising(values: &[usize]) -> Vec<usize> {
    // By length: the smallest last value of a rising subsequence, and its position.
    let mut ends: Vec<(usize, usize)> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(values.len());
    for (index, &value) in values.iter().enumerate() {
        let length = ends.partition_point(|&(end, _)| end < value);
        before.push(length.checked_sub(1).and_then(|l| ends.get(l)).map(|&(_, i)| i));
        match ends.get_mut(length) {
            Some(end) => *end = (value, index),
            None => ends.push((value, index)),
        }
    }
    let mut at = ends.last().map(|&(_, index)| index);
    let mut rising = Vec::new();
    while let Some(index) = at {
        rising.extend(values.get(index));
        at = before.get(index).copied().flatten();
    }
    rising.reverse();
    rising
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;
    use serde_json::json;

    struct ByName;

    impl Hints for ByName {
        fn identity(&self, _: &[Step<'_>]) -> Option<&str> {
            Some("name")
        }

        fn before<'k>(&self, path: &[Step<'_>], key: &str, keys: &[&'k str]) -> Option<&'k str> {
            (path.is_empty() && key == "first").then(|| keys.first().copied()).flatten()
        }
    }

    fn update(text: &str, new: &Value) -> String {
        let tree = Tree::parse(text, 1).unwrap();
        let old = tree.value(tree.root().unwrap()).unwrap();
        let mut draft = Draft::new(&tree);
        draft.update(&[], &old, new.clone(), &ByName).unwrap();
        draft.finish().unwrap().text.into_owned()
    }

    #[test]
    fn moved_items_keep_their_text() {
        let text = "list:\n- name: a # one\n- name: b\n  # two\n  cpu: 2000m\n- name: c\n";
        let new = json!({"list": [{"name": "b", "cpu": "2000m"}, {"name": "new"}, {"name": "c"}, {"name": "a"}]});
        assert_eq!(
            update(text, &new),
            "list:\n- name: b\n  # two\n  cpu: 2000m\n- name: new\n- name: c\n- name: a # one\n"
        );
    }

    #[test]
    fn new_keys_go_where_hints_put_them() {
        assert_eq!(
            update("a: 1 # x\nb: 2\n", &json!({"first": 0, "a": 1, "b": 2, "last": 3})),
            "first: 0\na: 1 # x\nb: 2\nlast: 3\n"
        );
        assert_eq!(update("a: 1\n# x\nb: 2\n", &json!({"a": 1})), "a: 1\n# x\n");
    }

    #[test]
    fn finds_the_longest_rising_subsequence() {
        assert_eq!(longest_rising(&[2, 0, 1, 3]), [0, 1, 3]);
        assert!(longest_rising(&[]).is_empty());
    }
}
