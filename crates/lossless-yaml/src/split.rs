//! Cuts a stream into documents at its markers, and between consecutive JSON objects, without parsing.
//!
//! `---` or `...` at the start of a line, followed by a space, a tab or the line's end, always ends a document: YAML forbids
//! both inside a scalar (YAML 1.2.2, section 9.1.2). kubectl also accepts a comment directly behind the dashes.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memchr2, memrchr};

use crate::error::Place;
use crate::parts::{between, from};
use crate::text::BOM;

/// One document of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Byte range in the stream, markers and comments included. The chunks of a stream cover it without gaps.
    pub range: Range<usize>,
    /// Position of the first byte: the start of a line, except between JSON objects on one line.
    pub start: Place,
}

/// Cuts `stream` into its documents, in order. Directives and comments before a `---` belong to the document that it
/// starts; comments behind a `...` at the end of the stream belong to the document before. JSON objects need no marker
/// between them, as in the output of `jq`; white space between them belongs to the one before.
pub fn split(stream: &[u8]) -> Vec<Chunk> {
    let at_line = |pos, line| Chunk { range: pos..pos, start: Place { line, column: 1 } };
    let mut chunks = Vec::new();
    let mut chunk = at_line(0, 1);
    let mut holds = Holds::Nothing;
    let (mut pos, mut line) = (0, 1);
    while pos < stream.len() {
        let rest = from(stream, pos);
        let mut end = memchr(b'\n', rest).map_or(stream.len(), |i| pos + i + 1);
        match marker(rest) {
            Some(Marker::Start) => {
                if holds != Holds::Nothing {
                    chunks.push(Chunk { range: chunk.range.start..pos, ..chunk });
                    chunk = at_line(pos, line);
                }
                holds = Holds::Marker;
            }
            Some(Marker::End) => {
                chunks.push(Chunk { range: chunk.range.start..end, ..chunk });
                chunk = at_line(end, line + 1);
                holds = Holds::Nothing;
            }
            None if holds != Holds::Content => {
                if let Some(content) = content(between(stream, pos, end)) {
                    holds = Holds::Content;
                    let objects = chunks.len();
                    chunk = cut_objects(stream, chunk, pos + content, &mut chunks);
                    if chunks.len() > objects {
                        line = chunk.start.line;
                        let start = chunk.range.start;
                        end = memchr(b'\n', from(stream, start)).map_or(stream.len(), |i| start + i + 1);
                    }
                }
            }
            None => {}
        }
        pos = end;
        line += 1;
    }
    match chunks.last_mut() {
        Some(last) if holds == Holds::Nothing => last.range.end = stream.len(),
        _ => chunks.push(Chunk { range: chunk.range.start..stream.len(), ..chunk }),
    }
    chunks
}

/// What the current chunk has so far, besides comments and directives. The next `---` starts a new one if there is any.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Nothing,
    Marker,
    Content,
}

pub(crate) enum Marker {
    Start,
    End,
}

/// The marker that a line begins with.
pub(crate) fn marker(line: &[u8]) -> Option<Marker> {
    let kind = match line.get(..3)? {
        b"---" => Marker::Start,
        b"..." => Marker::End,
        _ => return None,
    };
    let ends = match line.get(3) {
        None | Some(b' ' | b'\t' | b'\r' | b'\n') => true,
        Some(b'#') => matches!(kind, Marker::Start),
        Some(_) => false,
    };
    ends.then_some(kind)
}

/// The position of the content in a line; `None` if there is none.
fn content(line: &[u8]) -> Option<usize> {
    let bom = if has_bom(line) { BOM.len_utf8() } else { 0 };
    let first = line.get(bom..)?.iter().position(|b| !is_space(*b))? + bom;
    match line.get(first)? {
        b'#' => None,
        b'%' if first == bom => None,
        _ => Some(first),
    }
}

/// Whether a stream begins with a byte order mark.
pub(super) fn has_bom(text: &[u8]) -> bool {
    text.starts_with(BOM.encode_utf8(&mut [0; 4]).as_bytes())
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Cuts the chunk `open`, whose content begins at `content`, between the JSON objects at its start. All but the last go to
/// `chunks`; the rest is returned.
fn cut_objects(stream: &[u8], mut open: Chunk, mut content: usize, chunks: &mut Vec<Chunk>) -> Chunk {
    while let Some(next) = next_object(stream, content) {
        let start = place_behind(between(stream, open.range.start, next), open.start);
        chunks.push(Chunk { range: open.range.start..next, ..open });
        open = Chunk { range: next..next, start };
        content = next;
    }
    open
}

/// The position of the end of `text`, which begins at `start`.
fn place_behind(text: &[u8], start: Place) -> Place {
    let lines = memchr_iter(b'\n', text).count();
    let (before, last) = match memrchr(b'\n', text) {
        Some(end) => (1, from(text, end + 1)),
        None => (start.column, text),
    };
    let characters = last.iter().filter(|&&b| b & 0xc0 != 0x80).count() - usize::from(has_bom(last));
    Place { line: start.line + lines, column: before + characters }
}

/// Start of the JSON object that follows the one at `open` with only white space between.
fn next_object(stream: &[u8], open: usize) -> Option<usize> {
    let end = object_end(stream, open)?;
    let next = end + stream.get(end..)?.iter().position(|b| !is_space(*b))?;
    (stream.get(next) == Some(&b'{')).then_some(next)
}

/// End of the JSON object at `open`; `None` if it has characters that JSON does not allow, as a YAML mapping in braces may.
fn object_end(stream: &[u8], open: usize) -> Option<usize> {
    let mut pos = open;
    let mut depth = 0usize;
    if stream.get(pos) != Some(&b'{') {
        return None;
    }
    loop {
        match *stream.get(pos)? {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b'"' => pos = string_end(stream, pos)?,
            // A marker: not JSON.
            b'-' if stream.get(pos + 1) == Some(&b'-') => return None,
            b'.' if stream.get(pos + 1) == Some(&b'.') => return None,
            // The letters of numbers, true, false and null.
            byte if byte.is_ascii_digit() || b",:-+. \t\r\nEaeflnrstu".contains(&byte) => {}
            _ => return None,
        }
        pos += 1;
        if depth == 0 {
            return Some(pos);
        }
    }
}

/// Position of the quote that closes the string at `open`.
fn string_end(stream: &[u8], open: usize) -> Option<usize> {
    let mut pos = open + 1;
    loop {
        pos += memchr2(b'"', b'\\', stream.get(pos..)?)?;
        if stream.get(pos) == Some(&b'"') {
            return Some(pos);
        }
        pos += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(stream: &str) -> Vec<(&str, usize)> {
        split(stream.as_bytes()).into_iter().map(|c| (stream.get(c.range).unwrap(), c.start.line)).collect()
    }

    #[test]
    fn one_document_without_a_marker() {
        assert_eq!(texts("a: 1\n"), [("a: 1\n", 1)]);
        assert_eq!(texts(""), [("", 1)]);
    }

    #[test]
    fn comments_and_directives_before_the_first_marker_go_with_it() {
        assert_eq!(
            texts("# x\n%YAML 1.1\n---\na: 1\n--- # y\nb: 2"),
            [("# x\n%YAML 1.1\n---\na: 1\n", 1), ("--- # y\nb: 2", 5)]
        );
    }

    #[test]
    fn a_document_end_ends_it() {
        assert_eq!(
            texts("a: 1\n...\n# x\n---\nb: 2\n...\n# end\n"),
            [("a: 1\n...\n", 1), ("# x\n---\nb: 2\n...\n# end\n", 3)]
        );
    }

    #[test]
    fn look_alikes_are_text() {
        assert_eq!(texts("a: |\n  ---\n ---\n---a\n").len(), 1);
    }

    #[test]
    fn empty_documents_count() {
        assert_eq!(texts("---\n---\r\n---").len(), 3);
    }

    /// The documents of a stream with their lines and columns.
    fn places(stream: &str) -> Vec<(&str, usize, usize)> {
        let chunk = |c: Chunk| (stream.get(c.range).unwrap(), c.start.line, c.start.column);
        split(stream.as_bytes()).into_iter().map(chunk).collect()
    }

    #[test]
    fn json_objects_follow_each_other_without_markers() {
        assert_eq!(
            places("{\"a\": \"}{ü\\\"\"} {\n  \"b\": [{}]\n}\n\n  {}{\"c\": -1e3}\n\n"),
            [
                ("{\"a\": \"}{ü\\\"\"} ", 1, 1),
                ("{\n  \"b\": [{}]\n}\n\n  ", 1, 16),
                ("{}", 5, 3),
                ("{\"c\": -1e3}\n\n", 5, 5)
            ]
        );
        assert_eq!(
            places("\u{feff}{}{}\n---\n# x\n{}\n{}\n---\na: {}\n"),
            [("\u{feff}{}", 1, 1), ("{}\n", 1, 3), ("---\n# x\n{}\n", 2, 1), ("{}\n", 5, 1), ("---\na: {}\n", 6, 1)]
        );
    }

    #[test]
    fn other_text_than_json_is_cut_only_at_markers() {
        for stream in ["{a: '}{'}\n", "{a: 1 #}{\n}\n", "{}\n# x\n{}\n", "{},{}\n", "{\"a\": \"}\n{}\n", "a: {}\n{}\n"]
        {
            assert_eq!(texts(stream).len(), 1, "{stream}");
        }
        assert_eq!(texts("{\"a\": 1\n---\n{}}\n{}\n").len(), 2);
        assert_eq!(texts("{\"a\":\n...\n{}}\n{}\n").len(), 2);
    }

    #[test]
    fn a_comment_may_follow_the_dashes_at_once() {
        assert_eq!(texts("a: 1\n---# x\nb: 2\n...# x\n").len(), 2);
    }
}
