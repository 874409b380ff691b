//! How far the text of a document is from its old place, because documents before it in the source were fixed.

use crate::lint::Finding;
use lossless_yaml::Place;

/// How far texts moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shift {
    lines: isize,
    /// On the line on which the last document ended.
    columns: isize,
}

impl Shift {
    /// Moves the findings of a document that began at `first`.
    pub(super) fn apply(self, findings: &mut [Finding], first: Place) {
        if self != Self::default() {
            for finding in findings {
                finding.shift(self.lines, self.columns, first.line);
            }
        }
    }

    /// Adds the shift of the documents behind, which begin a line.
    pub(super) fn then(self, next: Self) -> Self {
        Self { lines: self.lines + next.lines, columns: next.columns }
    }

    /// Adds the change of a document that began at `first`.
    pub(super) fn add(&mut self, first: Place, old: &[u8], new: &[u8]) {
        let moved = Place { column: first.column.saturating_add_signed(self.columns), ..first };
        let (old, new) = (end(first, old), end(moved, new));
        self.lines += difference(new.line, old.line);
        self.columns = difference(new.column, old.column);
    }
}

/// Where a text that begins at `first` ends.
fn end(first: Place, text: &[u8]) -> Place {
    let characters = |text: &[u8]| text.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
    match memchr::memrchr(b'\n', text) {
        Some(last) => Place {
            line: first.line + memchr::memchr_iter(b'\n', text).count(),
            column: 1 + characters(text.get(last + 1..).unwrap_or_default()),
        },
        None => Place { column: first.column + characters(text), ..first },
    }
}

fn difference(new: usize, old: usize) -> isize {
    new.cast_signed() - old.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_the_columns_of_a_shared_line_move() {
        let at = |line, column| Place { line, column };
        let mut shift = Shift::default();
        shift.add(at(1, 1), b"a\nb\nc\n", b"a\n");
        assert_eq!(shift, Shift { lines: -2, columns: 0 });
        shift.add(at(4, 1), b"{\"a\": 1}", "{\"a\": \"ö\"}".as_bytes());
        assert_eq!(shift, Shift { lines: -2, columns: 2 });
        shift.add(at(4, 9), b"{\"b\": 1}", b"{\"b\": 22}");
        assert_eq!(shift, Shift { lines: -2, columns: 3 });
        shift.add(at(4, 17), b"\n---\n", b"\n---\n");
        assert_eq!(shift, Shift { lines: -2, columns: 0 });
    }
}
