//! Looks at the lines of a document without parsing it. Large files hold much that nobody needs: what is found here tells
//! which parts are worth parsing. It is a hint, not the truth: a literal block can look like anything.

use memchr::memmem;

use crate::text::{begins_line, line_end, skip_spaces, slice};

/// An item of a list of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListItem<'a> {
    /// The lines, from the indentation of its dash to the next item.
    pub text: &'a str,
    /// The line of the document that it begins on, counted from 0.
    pub line: usize,
    /// The column of its keys, in bytes and counted from 0.
    pub column: usize,
}

/// The items of the list of lines at the top-level key `key`; `None` if the document has no such key, or its value is not
/// written as lines of dashes.
pub fn list_items<'a>(document: &'a str, key: &str) -> Option<impl Iterator<Item = ListItem<'a>>> {
    let header = [key, ":"].concat();
    let is_header =
        |at: usize| begins_line(document, at) && slice(document, at..line_end(document, at)).trim_end() == header;
    let header = memmem::find_iter(document.as_bytes(), header.as_bytes()).find(|&at| is_header(at))?;
    let is_spare = |pos: &usize| matches!(content(document, *pos).bytes().next(), None | Some(b'#'));
    let mut lines = lines(document, line_end(document, header));
    let first = lines.find(|pos| !is_spare(pos)).filter(|&pos| is_dash(content(document, pos)))?;
    let column = indent(document, first);
    let mut begin = Some((document.get(..first)?.matches('\n').count(), first));
    Some(std::iter::from_fn(move || {
        let (line, start) = begin.take()?;
        let (mut count, mut end) = (line, document.len());
        for pos in self::lines(document, line_end(document, start)) {
            count += 1;
            let content = content(document, pos);
            let is_left = indent(document, pos) <= column && !content.is_empty() && !content.starts_with('#');
            let is_next = is_left && indent(document, pos) == column && is_dash(content);
            // The list ends at the next key of the mapping around it.
            if is_next || is_left {
                begin = is_next.then_some((count, pos));
                end = pos;
                break;
            }
        }
        let text = slice(document, start..end);
        Some(ListItem { text, line, column: skip_spaces(text, column + 1) })
    }))
}

/// The values of the keys `key` in this column of `text`, behind dashes or not: what follows the colon on its line, without
/// quotes and comment.
pub fn values_in_column<'a>(text: &'a str, column: usize, key: &str) -> impl Iterator<Item = &'a str> {
    let length = key.len();
    let hits: Vec<usize> = memmem::find_iter(text.as_bytes(), key.as_bytes()).collect();
    hits.into_iter().filter_map(move |at| {
        // From the key backwards, no further than its column: lines may be long.
        let start = at.checked_sub(column)?;
        let is_key = begins_line(text, start) && slice(text, start..at).bytes().all(|b| matches!(b, b' ' | b'-'));
        let rest = text.get(at + length..)?.strip_prefix(':').filter(|_| is_key)?;
        let line = slice(rest, 0..line_end(rest, 0));
        let value = line.split_once(" #").map_or(line, |(value, _)| value).trim();
        Some(value.trim_matches(['"', '\'']))
    })
}

/// The starts of the lines from `pos` on.
fn lines(text: &str, pos: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(pos), move |&pos| Some(line_end(text, pos))).take_while(move |&pos| pos < text.len())
}

/// How many spaces the line at `pos` begins with.
fn indent(text: &str, pos: usize) -> usize {
    skip_spaces(text, pos) - pos
}

/// The line at `pos`, without indentation and line end.
fn content(text: &str, pos: usize) -> &str {
    slice(text, skip_spaces(text, pos)..line_end(text, pos)).trim_end_matches(['\r', '\n'])
}

fn is_dash(content: &str) -> bool {
    content == "-" || content.starts_with("- ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_cut_at_their_dashes() {
        let text =
            "kind: List\nitems:\n\n  # first\n  - a: 1\n    b:\n    - x\n  # second\n  -   a: 2\n\nmetadata: {}\n";
        let items: Vec<_> = list_items(text, "items").unwrap().collect();
        let first = ListItem { text: "  - a: 1\n    b:\n    - x\n  # second\n", line: 4, column: 4 };
        let second = ListItem { text: "  -   a: 2\n\n", line: 8, column: 6 };
        assert_eq!(items, [first, second]);
        assert_eq!(list_items("items:\r\n- a\r\n- b", "items").unwrap().count(), 2);
        for text in ["items: []\n", "items:\n  a: 1\n", "a:\n  items:\n  - 1\n", "items:\n"] {
            assert!(list_items(text, "items").is_none(), "{text}");
        }
    }

    #[test]
    fn values_are_found_in_their_column_only() {
        let text = "\u{feff}kind: A\nx:\n  kind: B\n- kind: 'C' # c\n  akind: D\n  kind: \"E\"";
        assert_eq!(values_in_column(text, 0, "kind").collect::<Vec<_>>(), ["A"]);
        assert_eq!(values_in_column(text, 2, "kind").collect::<Vec<_>>(), ["B", "C", "E"]);
    }
}
