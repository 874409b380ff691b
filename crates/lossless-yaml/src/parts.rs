//! Parts of lists and bytes, at positions that are inside of them.

/// The items before position `end`.
pub(crate) fn before<T>(items: &[T], end: usize) -> &[T] {
    between(items, 0, end)
}

/// The items from position `start` on.
pub(crate) fn from<T>(items: &[T], start: usize) -> &[T] {
    between(items, start, items.len())
}

/// The items from position `start` up to `end`.
pub(crate) fn between<T>(items: &[T], start: usize, end: usize) -> &[T] {
    let part = items.get(start..end);
    debug_assert!(part.is_some(), "{start}..{end} is not inside of {}", items.len());
    part.unwrap_or_default()
}
