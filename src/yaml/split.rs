//! Cuts a stream of YAML documents at its markers, without parsing.
//!
//! `---` or `...` at the start of a line, followed by a blank or the line's end, always ends a document: YAML forbids
//! both inside a scalar (YAML 1.2.2, section 9.1.2).

use std::ops::Range;

use memchr::memchr;

/// Where one document stands in its stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Byte range in the stream, markers and comments included. The chunks of a stream cover it without gaps.
    pub range: Range<usize>,
    /// Line of the first byte, counted from 1.
    pub line: usize,
}

/// Cuts `stream` into its documents, in order. Directives and comments before a `---` go with the document that it
/// starts; what follows a `...` and is no document goes with the one before.
pub fn split(stream: &[u8]) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut chunk = Chunk { range: 0..0, line: 1 };
    // Whether the open chunk has a marker or content: the next `---` then starts another.
    let mut begun = false;
    let (mut pos, mut line) = (0, 1);
    while pos < stream.len() {
        let rest = stream.get(pos..).unwrap_or_default();
        let end = memchr(b'\n', rest).map_or(stream.len(), |i| pos + i + 1);
        match marker(rest) {
            Some(Marker::Start) => {
                if begun {
                    chunks.push(Chunk { range: chunk.range.start..pos, line: chunk.line });
                    chunk = Chunk { range: pos..pos, line };
                }
                begun = true;
            }
            Some(Marker::End) => {
                chunks.push(Chunk { range: chunk.range.start..end, line: chunk.line });
                chunk = Chunk { range: end..end, line: line + 1 };
                begun = false;
            }
            None => begun = begun || has_content(stream.get(pos..end).unwrap_or_default()),
        }
        pos = end;
        line += 1;
    }
    match chunks.last_mut() {
        Some(last) if !begun => last.range.end = stream.len(),
        _ => chunks.push(Chunk { range: chunk.range.start..stream.len(), line: chunk.line }),
    }
    chunks
}

enum Marker {
    Start,
    End,
}

fn marker(line: &[u8]) -> Option<Marker> {
    let kind = match line.get(..3)? {
        b"---" => Marker::Start,
        b"..." => Marker::End,
        _ => return None,
    };
    matches!(line.get(3), None | Some(b' ' | b'\t' | b'\r' | b'\n')).then_some(kind)
}

fn has_content(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    match line.iter().find(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n')) {
        None | Some(b'#') => false,
        Some(_) => line.first() != Some(&b'%'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(stream: &str) -> Vec<(&str, usize)> {
        split(stream.as_bytes()).into_iter().map(|c| (stream.get(c.range).unwrap(), c.line)).collect()
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
}
