//! Cuts a file into the objects in it, so that only those that matter are parsed: documents, and the items of a `List`
//! in the usual form. What is not plainly of another kind is handed on, and its tree tells what it is.

use memchr::memmem;

use lossless_yaml::split;

/// An object's text, or that of several in a form that is not taken apart here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    /// Its text; of a list's item with the dash.
    pub text: &'a str,
    /// The line of the file that it begins on, counted from 1.
    pub line: usize,
    /// What it is the item of, such as `ConfigMapList`; empty outside of lists.
    pub list: &'a str,
}

impl Piece<'_> {
    /// The same piece, of a text that begins on this line of its file.
    pub(super) fn at_line(self, line: usize) -> Self {
        Self { line: self.line + line - 1, ..self }
    }
}

/// The pieces of `text` that may hold an object of the kinds that `wanted` takes; it also sees the object's text. The kind
/// is empty where it does not show.
pub(super) fn pieces<'a>(text: &'a str, wanted: &dyn Fn(&str, &str) -> bool) -> Vec<Piece<'a>> {
    let mut found = Vec::new();
    for chunk in split(text.as_bytes()) {
        let document = Piece { text: text.get(chunk.range).unwrap_or_default(), line: chunk.start.line, list: "" };
        match List::of(document.text) {
            Some(list) => list.items(document, wanted, &mut found),
            None if may_be(document.text, 0, "", wanted) => found.push(document),
            None => {}
        }
    }
    found
}

/// Whether the object `text`, whose keys stand in this column, may be of a wanted kind.
fn may_be(text: &str, column: usize, default: &str, wanted: &dyn Fn(&str, &str) -> bool) -> bool {
    let mut said = false;
    for kind in values(text, column, "kind") {
        said = true;
        if kind.ends_with("List") || wanted(kind, text) {
            return true;
        }
    }
    if said {
        return false;
    }
    // Flow style, quoted keys, or an item that does not say its kind.
    wanted(default, text)
}

/// The plain values of the key `key` where it stands in this column, also behind a dash.
fn values<'a>(text: &'a str, column: usize, key: &str) -> impl Iterator<Item = &'a str> {
    let bytes = text.as_bytes();
    let hits: Vec<usize> = memmem::find_iter(bytes, key.as_bytes()).collect();
    let length = key.len();
    hits.into_iter().filter_map(move |at| {
        // Looked at from the key backwards, and no further than its column: lines may be long.
        let mut start = at.checked_sub(column)?;
        if start > 0 && bytes.get(start - 1) != Some(&b'\n') {
            start = text.strip_prefix('\u{feff}').filter(|rest| text.len() - rest.len() == start).map(|_| start)?;
        }
        let is_key = bytes.get(start..at)?.iter().all(|b| matches!(b, b' ' | b'-'));
        let rest = text.get(at + length..)?.strip_prefix(':').filter(|_| is_key)?;
        let value = rest.lines().next().unwrap_or_default();
        let value = value.split(" #").next().unwrap_or_default().trim();
        Some(value.trim_matches(|c| c == '"' || c == '\''))
    })
}

/// A document that is a `List` with its items as lines.
struct List<'a> {
    kind: &'a str,
    /// The column of the dashes.
    column: usize,
    /// The line of the first dash, counted from 0, and its byte.
    first: (usize, usize),
}

impl<'a> List<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let kind = values(text, 0, "kind").find(|kind| kind.ends_with("List"))?;
        let items = memmem::find_iter(text.as_bytes(), b"items:").find(|&at| {
            let begins = at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n');
            begins && text.get(at..).and_then(|after| after.lines().next()).is_some_and(|l| l.trim_end() == "items:")
        })?;
        let mut start = memchr::memchr(b'\n', text.as_bytes().get(items..)?).map(|end| items + end + 1)?;
        let mut line = text.get(..start)?.matches('\n').count();
        loop {
            let content = text.get(start..)?.lines().next()?;
            let blanks = content.bytes().take_while(|b| *b == b' ').count();
            let rest = content.get(blanks..)?;
            if is_dash(rest) {
                return Some(Self { kind, column: blanks, first: (line, start) });
            }
            if !(rest.is_empty() || rest.starts_with('#')) {
                return None;
            }
            start = memchr::memchr(b'\n', text.as_bytes().get(start..)?).map(|end| start + end + 1)?;
            line += 1;
        }
    }

    /// Adds those items of `document` that are wanted.
    fn items(&self, document: Piece<'a>, wanted: &dyn Fn(&str, &str) -> bool, found: &mut Vec<Piece<'a>>) {
        let text = document.text;
        let (mut line, mut at) = self.first;
        let mut open = (line, at);
        let mut take = |from: (usize, usize), to: usize| {
            let item = text.get(from.1..to).unwrap_or_default();
            let inside = item.get(self.column + 1..).unwrap_or_default();
            let keys = self.column + 1 + inside.bytes().take_while(|b| *b == b' ').count();
            if may_be(item, keys, self.kind.strip_suffix("List").unwrap_or_default(), wanted) {
                found.push(Piece { text: item, line: document.line + from.0, list: self.kind });
            }
        };
        while at < text.len() {
            let rest = text.get(at..).unwrap_or_default();
            let end = memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |end| end + 1);
            let content = rest.get(..end).unwrap_or_default().trim_end_matches(['\r', '\n']);
            let blanks = content.bytes().take_while(|b| *b == b' ').count();
            let inside = content.get(blanks..).unwrap_or_default();
            if blanks == self.column && is_dash(inside) {
                if at > open.1 {
                    take(open, at);
                }
                open = (line, at);
            } else if blanks <= self.column && !inside.is_empty() && !inside.starts_with('#') {
                // A key of the list itself follows.
                break;
            }
            at += end;
            line += 1;
        }
        take(open, at);
    }
}

fn is_dash(content: &str) -> bool {
    content == "-" || content.starts_with("- ")
}
