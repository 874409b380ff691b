//! Orders the items of a merged list: the items of the patch keep the patch's order, the others theirs, and the two runs
//! are interleaved by the order of the original.
//!
//! This works on indices. The items are moved once, at the end.

use std::collections::HashMap;

use serde_json::Value;

use super::error::Problem;
use super::value::{Key, has_directive};

/// Up to this number of keys, comparing them is faster than hashing.
const FEW: usize = 16;

/// The first index of each key.
#[derive(Default)]
pub(super) struct FirstIndex<'a> {
    /// The first keys.
    few: Vec<(Key<'a>, usize)>,
    /// The others.
    many: HashMap<Key<'a>, usize>,
}

impl<'a> FirstIndex<'a> {
    fn get(&self, key: &Key<'_>) -> Option<usize> {
        let found = self.few.iter().find(|(other, _)| other == key).map(|(_, index)| index);
        found.or_else(|| self.many.get(key)).copied()
    }

    /// The index of `key`, which is `index` unless it is known.
    pub(super) fn get_or_insert(&mut self, key: Key<'a>, index: usize) -> usize {
        if let Some(found) = self.get(&key) {
            return found;
        }
        if self.few.len() < FEW {
            self.few.push((key, index));
        } else {
            self.many.insert(key, index);
        }
        index
    }
}

/// The first index of each key in a list.
pub(super) struct Ranks<'a> {
    first: FirstIndex<'a>,
    merge_key: Option<&'static str>,
}

impl<'a> Ranks<'a> {
    pub(super) fn new(
        items: impl IntoIterator<Item = &'a Value>,
        merge_key: Option<&'static str>,
    ) -> Result<Self, Problem> {
        let mut first = FirstIndex::default();
        for (rank, item) in items.into_iter().enumerate() {
            let key = Key::of_item(item, merge_key)?;
            if merge_key.is_none() {
                key.comparable()?;
            }
            first.get_or_insert(key, rank);
        }
        Ok(Self { first, merge_key })
    }

    pub(super) fn of(&self, item: &Value) -> Result<Option<usize>, Problem> {
        let key = Key::of_item(item, self.merge_key)?;
        match self.first.get(&key) {
            // Without a merge key, Kubernetes uses the item as the key of a map, and looking up anything but a scalar panics.
            found if !key.is_scalar() && (found.is_some() || self.merge_key.is_none()) => Err(Problem::NotComparable),
            found => Ok(found),
        }
    }
}

/// A list that is being ordered, as indices into `items`.
#[derive(Debug, Default)]
pub(super) struct Arrangement {
    /// The items of the original and the new ones of the patch. Removed items stay, since others are ranked by them.
    pub(super) items: Vec<Value>,
    /// The list, as indices into `items`.
    pub(super) sequence: Vec<usize>,
    /// The order of the original list, as indices into `items`.
    pub(super) live: Vec<usize>,
}

impl Arrangement {
    /// A list without changes.
    pub(super) fn unchanged(items: Vec<Value>) -> Self {
        let sequence: Vec<_> = (0..items.len()).collect();
        Self { live: sequence.clone(), items, sequence }
    }

    /// A list that replaces another, whose order still counts as the original's.
    pub(super) fn replaced(original: Vec<Value>, patch: Vec<Value>) -> Self {
        let sequence: Vec<_> = (0..patch.len()).collect();
        let live = (patch.len()..patch.len() + original.len()).collect();
        let mut items = patch;
        items.extend(original);
        Self { items, sequence, live }
    }

    /// The items of `indices`, in this order.
    pub(super) fn select(&self, indices: &[usize]) -> impl Iterator<Item = &Value> {
        indices.iter().filter_map(|&index| self.items.get(index))
    }

    /// The indices ordered by the patch's order and the original's.
    pub(super) fn arranged(&self, requested: &Ranks, live: &Ranks) -> Result<Vec<usize>, Problem> {
        let (mut from_patch, mut server_only) = (Vec::new(), Vec::new());
        for (&index, item) in self.sequence.iter().zip(self.select(&self.sequence)) {
            let run = if requested.of(item)?.is_some() { &mut from_patch } else { &mut server_only };
            run.push((index, item));
        }
        interleave(&sorted(server_only, live)?, &sorted(from_patch, requested)?, live)
    }

    /// The items in order.
    pub(super) fn into_list(mut self) -> Vec<Value> {
        self.sequence.iter().filter_map(|&index| self.items.get_mut(index).map(Value::take)).collect()
    }
}

type Run<'a> = Vec<(usize, &'a Value)>;

/// Sorts a run by rank. Items with `$patch: delete` go last.
fn sorted<'a>(run: Run<'a>, ranks: &Ranks) -> Result<Run<'a>, Problem> {
    let (deleted, kept): (Run, Run) = run.into_iter().partition(|(_, item)| has_directive(item, "delete"));
    if kept.len() < 2 {
        // Nothing is compared, so that a key that is not comparable is not an error.
        return Ok(kept.into_iter().chain(deleted).collect());
    }
    let mut ranked = Vec::with_capacity(kept.len());
    for entry in kept {
        ranked.push((ranks.of(entry.1)?, entry));
    }
    sort_by_rank(&mut ranked);
    Ok(ranked.into_iter().map(|(_, entry)| entry).chain(deleted).collect())
}

/// Go's `sort.SliceStable` sorts blocks of so many items by insertion.
const INSERTION_BLOCK: usize = 20;

/// Sorts by rank; equal items keep their order.
///
/// An item without a rank is new and not in the `$setElementOrder` list. Kubernetes takes it for less than any other item,
/// and any other item for less than it, so that its position depends on how the sort works. Up to the size of a block
/// this gives Go's result; in longer lists, new items come last.
pub(super) fn sort_by_rank<T>(list: &mut [(Option<usize>, T)]) {
    let has_new = list.iter().any(|(rank, _)| rank.is_none());
    if !has_new || list.len() > INSERTION_BLOCK {
        list.sort_by_key(|(rank, _)| (rank.is_none(), *rank));
        return;
    }
    for end in 1..list.len() {
        let mut at = end;
        while let Some([(before, _), (rank, _)]) = at.checked_sub(1).and_then(|start| list.get(start..=at))
            && before.zip(*rank).is_none_or(|(before, rank)| rank < before)
        {
            list.swap(at - 1, at);
            at -= 1;
        }
    }
}

/// Interleaves two runs: an item that only the server has comes first if it was before the patch's next item.
fn interleave(server_only: &Run, from_patch: &Run, live: &Ranks) -> Result<Vec<usize>, Problem> {
    let mut order = Vec::with_capacity(server_only.len() + from_patch.len());
    let (mut left, mut right) = (server_only.iter().peekable(), from_patch.iter().peekable());
    while let (Some((left_index, left_item)), Some((right_index, right_item))) = (left.peek(), right.peek()) {
        match (live.of(left_item)?, live.of(right_item)?) {
            (Some(left_rank), Some(right_rank)) if left_rank < right_rank => {
                order.push(*left_index);
                left.next();
            }
            _ => {
                order.push(*right_index);
                right.next();
            }
        }
    }
    order.extend(left.chain(right).map(|(index, _)| *index));
    Ok(order)
}
