//! Reports the top-level keys of simple documents, and which keys have lists. A document in which nothing is to be done
//! needs no tree.

use std::ops::Range;

use super::{Scalar, Sink, read};
use crate::text::slice;
use crate::tree::NodeKind;

/// Whether `document` is a simple document: a mapping that is certainly well-formed. `entry` is called with each key of
/// the mapping and its value, empty for a list, a mapping or a block scalar. `list` is called with each key, as it is
/// written and at any depth, whose value is a list. When one of them returns `false`, the result is `false`.
pub fn top_level_entries(
    document: &str,
    entry: impl FnMut(&str, &str) -> bool,
    list: impl FnMut(&str) -> bool,
) -> bool {
    read(document, &mut TopLevel { document, depth: 0, key: None, last: 0..0, entry, list }).is_some()
}

struct TopLevel<'a, E, L> {
    document: &'a str,
    /// How many collections are open.
    depth: usize,
    /// The top-level key whose value comes next.
    key: Option<String>,
    /// The last scalar, which is the key of a value that follows.
    last: Range<usize>,
    entry: E,
    list: L,
}

impl<E: FnMut(&str, &str) -> bool, L: FnMut(&str) -> bool> Sink for TopLevel<'_, E, L> {
    const READS_BLOCKS: bool = false;

    fn begin(&mut self, kind: NodeKind, lead: usize, _: usize) -> Option<()> {
        // The colon follows its key without a space.
        if kind.is_seq() && lead == self.last.end && !(self.list)(slice(self.document, self.last.clone())) {
            return None;
        }
        self.depth += 1;
        match self.depth {
            1 => kind.is_map().then_some(()),
            2 => (self.entry)(&self.key.take()?, "").then_some(()),
            _ => Some(()),
        }
    }

    fn end(&mut self, _: usize) {
        self.depth -= 1;
    }

    fn scalar(&mut self, scalar: Scalar<'_>, _: usize, start: usize) -> Option<()> {
        self.last = start..scalar.end;
        if self.depth > 1 {
            return Some(());
        }
        let text = scalar.text(self.document, start);
        let Some(key) = self.key.take() else {
            self.key = Some(text.into_owned());
            return Some(());
        };
        (self.entry)(&key, &text).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tree;

    fn is_simple(document: &str) -> bool {
        let is_simple = top_level_entries(document, |_, _| true, |_| true);
        assert!(!is_simple || Tree::parse(document, 1).is_ok(), "{document}");
        is_simple
    }

    #[test]
    fn reports_keys_and_values_of_the_root() {
        let mut seen = Vec::new();
        let document =
            "# x\n---\na: 1 # one\nb:\n- c: 'd'\n  e:\n  - f\nkind: \"K\"\ntext: |\n  g: h\n\n  i\nlast: {}\n";
        let entry = |key: &str, value: &str| {
            seen.push(format!("{key}={value}"));
            true
        };
        assert!(top_level_entries(document, entry, |_| true));
        assert_eq!(seen, ["a=1", "b=", "kind=K", "text=", "last="]);
        assert!(!top_level_entries(document, |key, _| key != "kind", |_| true));
    }

    #[test]
    fn reports_keys_of_lists() {
        let mut seen = Vec::new();
        let document =
            "a:\n- b: [1, [2]]\n  c: {\"d\":[], 'e': [], f: {}}\n- - x\ng:\n  h:\n  - i\n  - j:\n    - k\nl: [m]\n";
        let list = |key: &str| {
            seen.push(key.to_owned());
            true
        };
        assert!(top_level_entries(document, |_, _| true, list));
        assert_eq!(seen, ["a", "b", "\"d\"", "'e'", "h", "j", "l"]);
        assert!(!top_level_entries(document, |_, _| true, |key| key != "j"));
    }

    #[test]
    fn recognizes_simple_documents() {
        for document in [
            "a:\n  b:\n    c: 1\n  d: 2\ne: 3",
            "a:\n- 1\n- b: 2\n  c: 3\n-\n  d: 4\n- - 5\n  - 6\ne:\n",
            "a: |\n\n  x\n    y\n  z\nb: >-\n  t\n",
            "  a: 1\n",
            "a: \"x\\n\"\n",
            "\"a\": [1, {b: c}]\n",
            "{\"a\":1,\n \"b\": {}}\n",
            "a: |\n  ü\n",
            "a: -x\nb: http://x:80/#y\nc: $(A)\nd: []\n",
        ] {
            assert!(is_simple(document), "{document}");
        }
    }

    #[test]
    fn leaves_anything_else_to_the_parser() {
        for document in [
            "",
            "# x\n",
            "- a\n",
            "a: 1\n  b: 2\n",
            "a:\n  b: 1\n c: 2\n",
            "a: b: c\n",
            "a: 'x\n",
            "a: &x 1\n",
            "a: *x\n",
            "a: !!str 1\n",
            "a: x\n  y\n",
            "a:\n  x\n",
            "a: 1\n---\nb: 2\n",
            "a: {{ .x }}\n",
            "{{- if }}\na: 1\n",
            "a:\t1\n",
            "a: ü\n",
            "a: 1\r\n",
            "<<: 1\n",
            "? a\n: b\n",
            "a: |2\n  x\n",
            "a: @x\n",
            "a: |\n   \n  x\n",
            "a: |\n    x\n  y\n",
            "a:\n-b\n",
            "a: 'x' y\n",
            "a: 'x'#y\n",
            "a: x:\n",
            "a : 1\n",
            "a:\n- b: 1\n c: 2\n",
            "%X\n---\na: 1\n",
        ] {
            assert!(!is_simple(document), "{document}");
        }
    }
}
