//! Matches the items of two lists.

use std::collections::HashMap;

use serde_json::Value;

use super::small_map::field;

/// Up to this number of items, a linear search is faster than an index.
const FEW: usize = 16;

/// The items of a list by the value of a key. The search starts after the previous match, so that similar lists are
/// matched in order, also if several items have the same key.
pub(crate) struct MatchingItems<'v> {
    items: &'v [Value],
    key: &'static str,
    /// The index after the last match.
    next: usize,
    index: Option<HashMap<String, usize>>,
}

impl<'v> MatchingItems<'v> {
    /// The items of `list`, which `key` identifies. If `key` is empty, items match by position. A value that is not a
    /// list has no items.
    pub(crate) fn new(list: Option<&'v Value>, key: &'static str) -> Self {
        let items = list.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        Self { items, key, next: 0, index: None }
    }

    /// The item that matches `item`.
    pub(crate) fn of(&mut self, item: &Value) -> Option<&'v Value> {
        if self.items.is_empty() {
            return None;
        }
        if self.key.is_empty() {
            self.next += 1;
            return self.items.get(self.next - 1);
        }
        let wanted = value_of(item, self.key)?;
        let position = self.position(wanted)?;
        self.next = position + 1;
        self.items.get(position)
    }

    fn position(&mut self, wanted: &Value) -> Option<usize> {
        let key = self.key;
        if self.items.get(self.next).and_then(|item| value_of(item, key)) == Some(wanted) {
            return Some(self.next);
        }
        if self.items.len() <= FEW {
            return self.items.iter().position(|item| value_of(item, key) == Some(wanted));
        }
        let index = self.index.get_or_insert_with(|| {
            // Of several items with the same key, the first is used.
            let keyed = self.items.iter().enumerate().rev();
            keyed.filter_map(|(position, item)| Some((value_of(item, key)?.to_string(), position))).collect()
        });
        index.get(&wanted.to_string()).copied()
    }
}

fn value_of<'v>(item: &'v Value, key: &str) -> Option<&'v Value> {
    field(item.as_object()?, key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn items_match_at_any_position() {
        for count in [4, 40] {
            let list: Value = (0..count).map(|i| json!({"name": format!("v{i}"), "at": i})).collect();
            let mut matching = MatchingItems::new(Some(&list), "name");
            for i in [3, 0, 1, 2] {
                assert_eq!(matching.of(&json!({"name": format!("v{i}")})).unwrap()["at"], i);
            }
            assert_eq!(matching.of(&json!({"name": "other"})), None);
            assert_eq!(matching.of(&json!({})), None);
        }
    }

    #[test]
    fn items_with_the_same_key_match_in_order() {
        let list = json!([{"port": 53, "at": 0}, {"port": 53, "at": 1}]);
        let mut matching = MatchingItems::new(Some(&list), "port");
        let at: Vec<_> = (0..2).map(|_| matching.of(&json!({"port": 53})).unwrap()["at"].clone()).collect();
        assert_eq!(at, [0, 1]);
    }
}
