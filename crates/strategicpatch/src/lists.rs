//! Merges two lists: objects by their merge key, scalars by value, or the patch's list replaces the original's.

use std::collections::HashSet;
use std::mem;

use serde_json::Value;

use super::error::{PatchError, Problem};
use super::merge::merge_objects;
use super::order::{Arrangement, FirstIndex, Ranks};
use super::schema::{Field, Strategy};
use super::value::{JsonType, Key, directive, field};

/// The purpose of a list in the patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To add or change its items.
    Content,
    /// To remove its items: `$deleteFromPrimitiveList`, which works with any strategy of the field.
    Deletion,
}

/// Merges two lists of one field.
pub(super) fn merge_lists(
    original: Vec<Value>,
    patch: Vec<Value>,
    field: &Field,
    purpose: Purpose,
) -> Result<Arrangement, PatchError> {
    let merge_key = match field.strategy {
        Strategy::Merge { key } => key,
        Strategy::Replace if purpose == Purpose::Deletion => None,
        Strategy::Replace => return Ok(Arrangement::replaced(original, patch)),
    };
    if original.is_empty() && patch.is_empty() {
        return Ok(Arrangement::default());
    }
    match JsonType::of_items(&original, &patch)? {
        JsonType::Object => {
            let merge_key = merge_key.ok_or(Problem::NoMergeKeyDeclared)?;
            merge_object_items(original, patch, field, merge_key)
        }
        _ if purpose == Purpose::Deletion => Ok(Arrangement::unchanged(without(original, &patch))),
        _ => Ok(merge_scalars(original, patch, merge_key)?),
    }
}

fn without(mut list: Vec<Value>, unwanted: &[Value]) -> Vec<Value> {
    let unwanted: HashSet<Key> = unwanted.iter().map(Key::of).collect();
    list.retain(|item| !unwanted.contains(&Key::of(item)));
    list
}

fn merge_scalars(
    original: Vec<Value>,
    patch: Vec<Value>,
    merge_key: Option<&'static str>,
) -> Result<Arrangement, Problem> {
    let (originals, total) = (original.len(), original.len() + patch.len());
    let mut list = Arrangement::unchanged(original);
    list.items.extend(patch);

    list.sequence = deduplicated(&list.items);
    // If the array of the original has room, Go appends the patch to it and then drops duplicates in the same array. The
    // order of the original then has items of the patch in place of duplicates. The capacity of a decoded list is a power
    // of two (a little more beyond 32 items, by the sizes of Go's allocator).
    if total <= originals.next_power_of_two() {
        list.live = list.sequence.iter().copied().take(originals).collect();
    }

    let patched: Vec<_> = (originals..total).collect();
    let wanted = Ranks::new(list.select(&patched), merge_key)?;
    let live = Ranks::new(list.select(&list.live), merge_key)?;
    list.sequence = list.arranged(&wanted, &live)?;
    Ok(list)
}

/// The indices of the items without duplicates. The last index takes the position of a duplicate, as in Kubernetes.
fn deduplicated(items: &[Value]) -> Vec<usize> {
    let mut unique: Vec<(Key, usize)> = items.iter().map(Key::of).zip(0..).collect();
    let mut first = 0;
    while let Some(&(key, _)) = unique.get(first) {
        let mut other = first + 1;
        while let Some(&(other_key, _)) = unique.get(other) {
            if other_key == key {
                unique.swap_remove(other);
            } else {
                other += 1;
            }
        }
        first += 1;
    }
    unique.into_iter().map(|(_, index)| index).collect()
}

fn merge_object_items(
    original: Vec<Value>,
    patch: Vec<Value>,
    field: &Field,
    merge_key: &'static str,
) -> Result<Arrangement, PatchError> {
    let mut list = Arrangement::unchanged(original);
    let Special { content, replace } = apply_special_items(&mut list, patch, merge_key)?;
    let (patched, kept) = if replace {
        list.sequence.clear();
        for (_, item) in content {
            list.sequence.push(list.items.len());
            list.items.push(item);
        }
        (Vec::new(), list.sequence.len())
    } else {
        let kept = list.sequence.len();
        (merge_content(&mut list, content, field, merge_key)?, kept)
    };
    let wanted = Ranks::new(list.select(&patched), Some(merge_key))?;
    let live = Ranks::new(list.select(&list.sequence).take(kept), Some(merge_key))?;
    list.sequence = list.arranged(&wanted, &live)?;
    Ok(list)
}

/// The rest of a patch's list after its items with a `$patch` directive have been applied.
struct Special {
    /// The items without a directive, with their index in the patch.
    content: Vec<(usize, Value)>,
    /// Whether they replace the whole list.
    replace: bool,
}

fn apply_special_items(
    list: &mut Arrangement,
    patch: Vec<Value>,
    merge_key: &'static str,
) -> Result<Special, PatchError> {
    let mut special = Special { content: Vec::with_capacity(patch.len()), replace: false };
    for (place, item) in patch.into_iter().enumerate() {
        let outcome = match directive(&item).map(|directive| (directive, directive.as_str())) {
            None => {
                special.content.push((place, item));
                Ok(())
            }
            Some((_, Some("delete"))) => {
                Key::of_item(&item, Some(merge_key)).and_then(|key| delete(list, key, merge_key))
            }
            Some((_, Some("replace"))) => {
                special.replace = true;
                Ok(())
            }
            Some((_, Some("merge"))) => Err(Problem::MergeDirectiveInList),
            Some((directive, _)) => Err(Problem::UnknownDirective { found: directive.to_string() }),
        };
        outcome.map_err(|problem| PatchError::from(problem).under_index(place))?;
    }
    Ok(special)
}

/// Removes all items with this key from the list.
fn delete(list: &mut Arrangement, key: Key, merge_key: &'static str) -> Result<(), Problem> {
    let mut at = 0;
    while let Some(&index) = list.sequence.get(at) {
        let item = list.items.get(index);
        // An item without a key does not match. It causes an error later, when the list is ordered.
        let found = item.and_then(|item| field(item.as_object()?, merge_key));
        let found = found.map_or(Ok(false), |other| key.equals(Key::of(other)))?;
        if found {
            // Go moves the following items up in the original's array, which changes the original's order, too.
            list.live.copy_within(at + 1..list.sequence.len(), at);
            list.sequence.remove(at);
        } else {
            at += 1;
        }
    }
    Ok(())
}

/// Merges each item into the first one with its key, or appends it. Returns the index of each.
fn merge_content(
    list: &mut Arrangement,
    content: Vec<(usize, Value)>,
    field: &Field,
    merge_key: &'static str,
) -> Result<Vec<usize>, PatchError> {
    let targets = targets(list, &content, merge_key)?;
    for ((place, item), &target) in content.into_iter().zip(&targets) {
        match (list.items.get_mut(target), item) {
            (Some(slot), Value::Object(item)) => {
                let Value::Object(original) = mem::take(slot) else { continue };
                let merged = merge_objects(original, item, field.fields).map_err(|error| error.under_index(place))?;
                *slot = Value::Object(merged);
            }
            (_, item) => {
                // The appended item goes to the original's array, if deletions left room there.
                if let Some(freed) = list.live.get_mut(list.sequence.len()) {
                    *freed = target;
                }
                list.sequence.push(target);
                list.items.push(item);
            }
        }
    }
    Ok(targets)
}

/// The future index of each item of the patch: that of the item it is merged into, or a new one.
fn targets(list: &Arrangement, content: &[(usize, Value)], merge_key: &'static str) -> Result<Vec<usize>, PatchError> {
    let mut by_key = FirstIndex::default();
    for (&index, item) in list.sequence.iter().zip(list.select(&list.sequence)) {
        if let Some(key) = item.as_object().and_then(|item| field(item, merge_key)) {
            by_key.get_or_insert(Key::of(key), index);
        }
    }
    let mut next = list.items.len();
    let mut targets = Vec::with_capacity(content.len());
    for (place, item) in content {
        let key = Key::of_item(item, Some(merge_key)).and_then(Key::comparable);
        let key = key.map_err(|problem| PatchError::from(problem).under_index(*place))?;
        let target = by_key.get_or_insert(key, next);
        if target == next {
            next += 1;
        }
        targets.push(target);
    }
    Ok(targets)
}
