//! Byte ranges of a text and what replaces them, collected in any order and applied at once.

use std::ops::Range;

use crate::parts::from;
use crate::text::slice;

/// A byte range of the text, and its replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Edit {
    range: Range<usize>,
    text: String,
    /// Whether it only keeps a filler line out of the block scalar above.
    is_guard: bool,
}

impl Edit {
    fn inserts_text(&self) -> bool {
        !self.text.is_empty()
    }
}

/// Edits of one text.
#[derive(Default)]
pub(super) struct Edits(Vec<Edit>);

impl Edits {
    pub(super) fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.0.push(Edit { range, text: text.into(), is_guard: false });
    }

    pub(super) fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    pub(super) fn delete(&mut self, range: Range<usize>) {
        self.replace(range, "");
    }

    /// Deletes whole lines, if there are any in `lines`.
    pub(super) fn delete_lines(&mut self, lines: Range<usize>) {
        if lines.start < lines.end {
            self.delete(lines);
        }
    }

    /// Replaces the start of a filler line by `indent` spaces, so that it stays out of the block scalar above it.
    pub(super) fn guard(&mut self, range: Range<usize>, indent: usize) {
        self.0.push(Edit { range, text: " ".repeat(indent), is_guard: true });
    }

    /// Whether `range` is replaced by other text.
    pub(super) fn replace_all_of(&self, range: &Range<usize>) -> bool {
        let covers = |e: &Edit| e.range.start <= range.start && range.end <= e.range.end;
        self.0.iter().any(|e| e.inserts_text() && covers(e))
    }

    /// Whether anything in `range` changes.
    pub(super) fn touch(&self, range: &Range<usize>) -> bool {
        self.0.iter().any(|e| e.range.start < range.end && range.start < e.range.end)
    }

    /// Whether text is inserted at a position.
    pub(super) fn insert_at(&self, pos: usize) -> bool {
        self.0.iter().any(|e| e.range == (pos..pos) && e.inserts_text())
    }

    /// Whether text is inserted at `pos` or behind it.
    pub(super) fn insert_behind(&self, pos: usize) -> bool {
        self.0.iter().any(|e| e.range.start >= pos && e.inserts_text())
    }

    /// Whether the byte at `pos` is deleted or replaced, by an edit that does not begin behind it.
    pub(super) fn take(&self, pos: usize) -> bool {
        self.0.iter().any(|e| e.range.start <= pos && pos < e.range.end)
    }

    /// Whether all edits end at `pos` or before.
    pub(super) fn end_by(&self, pos: usize) -> bool {
        self.0.iter().all(|e| e.range.end <= pos)
    }

    /// Whether all edits insert text, and delete none.
    pub(super) fn only_insert(&self) -> bool {
        self.0.iter().all(|e| e.range.is_empty())
    }

    /// The ranges that are deleted or replaced, in order.
    pub(super) fn cuts(&self) -> Vec<Range<usize>> {
        let cuts = self.0.iter().filter(|e| !e.is_guard && !e.range.is_empty());
        let mut cuts: Vec<_> = cuts.map(|e| e.range.clone()).collect();
        cuts.sort_by_key(|r| (r.start, r.end));
        cuts
    }

    /// The edits in the order of their positions.
    pub(super) fn sorted(&self) -> Sorted {
        let mut edits = self.0.clone();
        edits.sort_by_key(|e| (e.range.start, e.range.end));
        let reach = edits.iter().scan(0, |far, e| {
            *far = e.range.end.max(*far);
            Some(*far)
        });
        Sorted { reach: reach.collect(), edits }
    }

    /// The text in `range` after the edits, which lie inside it. Edits inside a deleted part have no effect.
    pub(super) fn apply(mut self, text: &str, range: Range<usize>) -> String {
        // The sort is stable: insertions at one place stay in their order, and come before what is cut out there.
        self.0.sort_by_key(|e| (e.range.start, e.range.end));
        let mut out = String::with_capacity(range.len() + self.0.iter().map(|e| e.text.len()).sum::<usize>());
        let (mut at, mut is_cut) = (range.start, false);
        for edit in self.0 {
            if edit.range.start < at {
                // Two cuts that overlap are one.
                at = if is_cut && !edit.inserts_text() { at.max(edit.range.end) } else { at };
                continue;
            }
            is_cut = !edit.inserts_text();
            out.push_str(slice(text, at..edit.range.start));
            out.push_str(&edit.text);
            at = edit.range.end;
        }
        out.push_str(slice(text, at..range.end));
        out
    }
}

/// See [`Edits::sorted`].
pub(super) struct Sorted {
    edits: Vec<Edit>,
    /// The furthest position that the edits up to each one reach.
    reach: Vec<usize>,
}

impl Sorted {
    /// Follows the cuts from `pos` on while nothing but lines for which `is_filler` holds lies between them. Calls `shown`
    /// for each of these lines that comes to follow `pos` because something between was cut. `is_filler` returns the start
    /// of the next line.
    pub(super) fn filler_behind(
        &self,
        mut pos: usize,
        is_filler: impl Fn(usize) -> Option<usize>,
        mut shown: impl FnMut(usize),
    ) {
        let earlier = self.edits.partition_point(|e| e.range.start < pos);
        if earlier.checked_sub(1).and_then(|i| self.reach.get(i)).is_some_and(|&far| far >= pos) {
            // What is before `pos` is cut or replaced itself.
            return;
        }
        let mut later = from(&self.edits, earlier).iter().peekable();
        let mut is_cut = false;
        loop {
            if let Some(edit) = later.next_if(|e| e.range.start <= pos) {
                if edit.inserts_text() {
                    return;
                }
                (is_cut, pos) = (true, pos.max(edit.range.end));
                continue;
            }
            let Some(next) = is_filler(pos) else { return };
            if is_cut {
                shown(pos);
            }
            pos = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(edits: &[(Range<usize>, &str)]) -> String {
        let mut all = Edits::default();
        for (range, text) in edits {
            all.replace(range.clone(), *text);
        }
        all.apply("0123456789", 0..10)
    }

    #[test]
    fn overlapping_cuts_are_one() {
        assert_eq!(applied(&[(2..6, ""), (4..8, ""), (8..8, "x")]), "01x89");
        assert_eq!(applied(&[(2..6, "new"), (2..8, "")]), "01new6789");
        assert_eq!(applied(&[(2..6, ""), (3..4, "gone")]), "016789");
    }
}
