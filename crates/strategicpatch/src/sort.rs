//! Sorting as Go's `sort.SliceStable` does it, for a comparison that no sort can be expected to make sense of.
//!
//! Kubernetes counts an item that is in neither order as less than any other, even where that other one is less, too.
//! What comes out then depends on the steps of the sort: insertion into blocks of 20, and those merged in place by
//! `SymMerge` (Kim and Kutzner, *Stable Minimum Storage Merging by Symmetric Comparisons*, 2004).

const BLOCK: usize = 20;

/// Sorts the list; equal items keep their order if `less` is an order at all.
pub(super) fn stable_sort<T>(list: &mut [T], less: impl Fn(&T, &T) -> bool) {
    let less_at =
        |list: &[T], a: usize, b: usize| matches!((list.get(a), list.get(b)), (Some(a), Some(b)) if less(a, b));
    for block in list.chunks_mut(BLOCK) {
        for end in 1..block.len() {
            let mut at = end;
            while at > 0 && less_at(block, at, at - 1) {
                block.swap(at, at - 1);
                at -= 1;
            }
        }
    }
    let mut sorted = BLOCK;
    while sorted < list.len() {
        for pair in list.chunks_mut(2 * sorted) {
            if pair.len() > sorted {
                merge(pair, sorted, &less_at);
            }
        }
        sorted *= 2;
    }
}

/// Merges the two sorted runs that meet at `middle`; both have an item at least.
fn merge<T>(list: &mut [T], middle: usize, less_at: &impl Fn(&[T], usize, usize) -> bool) {
    let length = list.len();
    if middle == 1 {
        let place = first_not(1, length, |at| less_at(list, at, 0));
        rotate_left(list, 0, 1, place);
        return;
    }
    if length - middle == 1 {
        let place = first_not(0, middle, |at| !less_at(list, middle, at));
        rotate_left(list, place, middle, length);
        return;
    }
    let half = length / 2;
    // Items are compared with their mirror image about this sum, to find what the two runs exchange.
    let mirror = half + middle;
    let (low, high) = if middle > half { (mirror - length, half) } else { (0, middle) };
    let start = first_not(low, high, |at| !less_at(list, mirror - 1 - at, at));
    let end = mirror - start;
    if start < middle && middle < end {
        rotate_left(list, start, middle, end);
    }
    let (left, right) = list.split_at_mut(half);
    if 0 < start && start < half {
        merge(left, start, less_at);
    }
    if half < end && end < length {
        merge(right, end - half, less_at);
    }
}

/// Brings the items from `middle` to `end` before those from `start` to `middle`.
fn rotate_left<T>(list: &mut [T], start: usize, middle: usize, end: usize) {
    if let Some(part) = list.get_mut(start..end) {
        part.rotate_left(middle - start);
    }
}

/// The first place of a range at which `holds` ends, by bisection; `holds` may be asked about fewer places than that.
fn first_not(mut low: usize, mut high: usize, holds: impl Fn(usize) -> bool) -> usize {
    while low < high {
        let half = low.midpoint(high);
        if holds(half) {
            low = half + 1;
        } else {
            high = half;
        }
    }
    low
}
