//! Recognises documents of the plainest form at a glance, so that those in which nothing is to be done need no tree.
//!
//! The form: ASCII, one mapping in block style at column 0, keys and values on one line each, literal and folded
//! blocks, comments. It is what most manifests are. Whatever else a document holds, it is not recognised, and a parser
//! has to tell; so what is recognised here is well-formed, and the parser is never contradicted.

use memchr::memchr;

use super::{MAX_KEY, MAX_OPEN, is_text, without_comment};

/// Whether `document` is of the plainest form. `top` gets each entry of its mapping, the value without quotes and as
/// far as it stands on the key's line, and says whether to go on.
pub fn top_level_entries<'a>(document: &'a str, top: impl FnMut(&'a str, &'a str) -> bool) -> bool {
    let mut skimmer = Skimmer { open: Vec::new(), expected: None, top };
    skimmer.lines(document).is_some() && !skimmer.open.is_empty()
}

/// A collection that is open.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Open {
    column: usize,
    is_list: bool,
}

/// What follows a line.
enum Next {
    Line,
    /// A block scalar, whose lines begin with so many blanks at least.
    Block {
        least: usize,
    },
}

struct Skimmer<F> {
    open: Vec<Open>,
    /// The key or dash that was last may still get a value on later lines: where it stands.
    expected: Option<Open>,
    top: F,
}

impl<'a, F: FnMut(&'a str, &'a str) -> bool> Skimmer<F> {
    /// None for what is not of the form.
    fn lines(&mut self, document: &'a str) -> Option<()> {
        let mut rest = document;
        let mut may_have_marker = true;
        while !rest.is_empty() {
            let line = next_line(&mut rest)?;
            let column = line.bytes().take_while(|b| *b == b' ').count();
            let content = line.get(column..)?;
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            if std::mem::take(&mut may_have_marker) && line.trim_end() == "---" {
                continue;
            }
            if let Next::Block { least } = self.nodes(column, content)? {
                skip_block(&mut rest, least)?;
            }
        }
        Some(())
    }

    /// Takes in the dashes, the key and the value of a line.
    fn nodes(&mut self, mut column: usize, mut content: &'a str) -> Option<Next> {
        let mut on_this_line = false;
        while content == "-" || content.starts_with("- ") {
            self.begin(Open { column, is_list: true }, on_this_line)?;
            let after = content.get(1..)?;
            let blanks = after.bytes().take_while(|b| *b == b' ').count();
            content = after.get(blanks..)?;
            if content.is_empty() || content.starts_with('#') {
                self.expected = Some(Open { column, is_list: true });
                return Some(Next::Line);
            }
            column += 1 + blanks;
            on_this_line = true;
        }
        let Some((key, value)) = split_key(content) else {
            // A text may be an item; on a line of its own it may go on a text before it.
            return if on_this_line { scalar(content).map(|_| Next::Line) } else { None };
        };
        self.begin(Open { column, is_list: false }, on_this_line)?;
        let value = value.trim_matches(' ');
        if matches!(value, "|" | "|-" | "|+" | ">" | ">-" | ">+") {
            return self.entry(key, "").then_some(Next::Block { least: column + 1 });
        }
        if value.is_empty() || value.starts_with('#') {
            self.expected = Some(Open { column, is_list: false });
            return self.entry(key, "").then_some(Next::Line);
        }
        let text = scalar(value)?;
        self.entry(key, text).then_some(Next::Line)
    }

    fn entry(&mut self, key: &'a str, value: &'a str) -> bool {
        self.open.len() > 1 || (self.top)(key, value)
    }

    /// A dash or a key stands here: it begins a collection, or goes on with one.
    fn begin(&mut self, here: Open, on_this_line: bool) -> Option<()> {
        let starts = match self.expected.take() {
            Some(parent) => {
                here.column > parent.column || here.is_list && !parent.is_list && here.column == parent.column
            }
            None => on_this_line || self.open.is_empty(),
        };
        if starts {
            if self.open.is_empty() && here != (Open { column: 0, is_list: false }) || self.open.len() == MAX_OPEN {
                return None;
            }
            self.open.push(here);
            return Some(());
        }
        // A list may stand in the column of the key that it belongs to; a key there ends it.
        while self
            .open
            .last()
            .is_some_and(|o| o.column > here.column || o.column == here.column && o.is_list && !here.is_list)
        {
            self.open.pop();
        }
        (self.open.last() == Some(&here)).then_some(())
    }
}

/// Cuts the first line off, without its end; none if a byte stands in it that needs a closer look.
fn next_line<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let end = memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
    let (line, after) = rest.split_at_checked(end)?;
    *rest = after.get(1..).unwrap_or_default();
    line.bytes().fold(true, |plain, b| plain & (b' '..=b'~').contains(&b)).then_some(line)
}

/// Cuts the lines of a block scalar off, which have `least` blanks or more.
fn skip_block(rest: &mut &str, least: usize) -> Option<()> {
    let mut indent = None;
    loop {
        let mut after = *rest;
        if after.is_empty() {
            return Some(());
        }
        let line = next_line(&mut after)?;
        let column = line.bytes().take_while(|b| *b == b' ').count();
        if column == line.len() {
            // Blanks before the first line of text must not be more than it has.
            if indent.is_none() && column > 0 {
                return None;
            }
        } else if column < *indent.get_or_insert(column.max(least)) {
            return (column < least).then_some(());
        }
        *rest = after;
    }
}

/// A key and what follows its colon.
fn split_key(content: &str) -> Option<(&str, &str)> {
    let is_key = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/');
    let length = content.bytes().take_while(is_key).count();
    let (key, after) = content.split_at_checked(length)?;
    let value = after.strip_prefix(':').filter(|v| v.is_empty() || v.starts_with(' '))?;
    (key.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') && length <= MAX_KEY).then_some((key, value))
}

/// The text of a scalar, or of an empty collection, that is all of `content` but a comment.
fn scalar(content: &str) -> Option<&str> {
    for quote in ['"', '\''] {
        if let Some(text) = content.strip_prefix(quote) {
            let (text, after) = text.split_once(quote)?;
            let ends = after.trim_start_matches(' ');
            let is_end = ends.is_empty() || (ends.starts_with('#') && after.starts_with(' '));
            return (is_end && !text.contains('\\')).then_some(text);
        }
    }
    let text = without_comment(content);
    (is_text(text) || matches!(text, "{}" | "[]")).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tree;

    fn is_plain(document: &str) -> bool {
        let plain = top_level_entries(document, |_, _| true);
        assert!(!plain || Tree::parse(document, 1).is_ok(), "{document}");
        plain
    }

    #[test]
    fn entries_of_the_top_are_told() {
        let mut seen = Vec::new();
        let document =
            "# x\n---\na: 1 # one\nb:\n- c: 'd'\n  e:\n  - f\nkind: \"K\"\ntext: |\n  g: h\n\n  i\nlast: {}\n";
        assert!(top_level_entries(document, |key, value| {
            seen.push((key, value));
            true
        }));
        assert_eq!(seen, [("a", "1"), ("b", ""), ("kind", "K"), ("text", ""), ("last", "{}")]);
        assert!(!top_level_entries(document, |key, _| key != "kind"));
    }

    #[test]
    fn the_plain_form_is_recognised() {
        for document in [
            "a:\n  b:\n    c: 1\n  d: 2\ne: 3",
            "a:\n- 1\n- b: 2\n  c: 3\n-\n  d: 4\n- - 5\n  - 6\ne:\n",
            "a: |\n\n  x\n    y\n  z\nb: >-\n  t\n",
            "a: -x\nb: http://x:80/#y\nc: $(A)\nd: []\n",
        ] {
            assert!(is_plain(document), "{document}");
        }
    }

    #[test]
    fn anything_else_is_left_to_the_parser() {
        for document in [
            "",
            "# x\n",
            "- a\n",
            "  a: 1\n",
            "a: 1\n  b: 2\n",
            "a:\n  b: 1\n c: 2\n",
            "a: b: c\n",
            "a: 'x\n",
            "a: \"x\\n\"\n",
            "a: [1]\n",
            "a: &x 1\n",
            "a: *x\n",
            "a: !!str 1\n",
            "a: x\n  y\n",
            "a:\n  x\n",
            "\"a\": 1\n",
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
            assert!(!is_plain(document), "{document}");
        }
    }
}
