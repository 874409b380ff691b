//! Bytes, lines and columns of a source text. Nothing here can fail: a position beyond the end reads as the end.

use std::ops::Range;

use memchr::{memchr, memrchr};

/// The byte order mark.
pub(super) const BOM: char = '\u{feff}';

/// The part of `text` in `range`. Nothing if the range reaches beyond the end, or into a character.
pub(super) fn slice(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or("")
}

/// The part of `text` in `range`, which is inside of it.
pub(super) fn part(text: &str, range: Range<usize>) -> &str {
    debug_assert!(text.get(range.clone()).is_some(), "{range:?} is not a part of {} bytes", text.len());
    slice(text, range)
}

/// The bytes from `pos` on; none beyond the end.
fn rest(text: &str, pos: usize) -> &[u8] {
    text.as_bytes().get(pos..).unwrap_or(&[])
}

/// The byte at `pos`, or 0 at the end.
pub(super) fn byte(text: &str, pos: usize) -> u8 {
    text.as_bytes().get(pos).copied().unwrap_or(0)
}

/// Length of the byte order mark that `text` begins with, or 0.
pub(super) fn bom_len(text: &str) -> usize {
    if text.starts_with(BOM) { BOM.len_utf8() } else { 0 }
}

/// Start of the line at `pos`. The first line begins behind a byte order mark.
pub(super) fn line_start(text: &str, pos: usize) -> usize {
    let before = text.as_bytes().get(..pos).unwrap_or(text.as_bytes());
    memrchr(b'\n', before).map_or_else(|| bom_len(text).min(pos), |i| i + 1)
}

/// Start of the line below `pos`.
pub(super) fn line_end(text: &str, pos: usize) -> usize {
    memchr(b'\n', rest(text, pos)).map_or(text.len(), |i| pos + i + 1)
}

/// The byte before `pos`, or 0 at the start.
pub(super) fn byte_before(text: &str, pos: usize) -> u8 {
    pos.checked_sub(1).map_or(0, |p| byte(text, p))
}

/// Whether a line begins at `pos`; the first one may begin behind a byte order mark.
pub(super) fn begins_line(text: &str, pos: usize) -> bool {
    pos == 0 || byte_before(text, pos) == b'\n' || pos == bom_len(text)
}

/// First position at or after `pos` that is not a space.
pub(super) fn skip_spaces(text: &str, pos: usize) -> usize {
    pos + rest(text, pos).iter().take_while(|b| **b == b' ').count()
}

/// The line feed that ends the line of `pos`, or the end of the text.
pub(super) fn line_feed(text: &str, pos: usize) -> usize {
    let rest = rest(text, pos);
    pos + memchr(b'\n', rest).unwrap_or(rest.len())
}

/// First position at or after `pos` that is not a blank (space or tab).
pub(super) fn skip_blanks(text: &str, mut pos: usize) -> usize {
    while matches!(byte(text, pos), b' ' | b'\t') {
        pos += 1;
    }
    pos
}

/// Start of the blanks (spaces and tabs) that end at `pos`.
pub(super) fn blanks_before(text: &str, mut pos: usize) -> usize {
    while matches!(byte_before(text, pos), b' ' | b'\t') {
        pos -= 1;
    }
    pos
}

/// First position at or after `pos` that is neither white space nor inside a comment.
pub(super) fn skip_trivia(text: &str, mut pos: usize) -> usize {
    loop {
        match byte(text, pos) {
            b' ' | b'\t' | b'\r' | b'\n' => pos += 1,
            b'#' => pos = line_end(text, pos),
            0xef if slice(text, pos..pos + 3) == "\u{feff}" => pos += 3,
            _ => return pos,
        }
    }
}

/// Whether the line at `start` is only white space.
pub(super) fn is_blank_line(text: &str, start: usize) -> bool {
    matches!(byte(text, skip_blanks(text, start)), b'\n' | b'\r' | 0)
}

/// Whether the last line of `text`, which has no line end, is part of a block scalar that is indented by `indent`: it has
/// text, or more blanks than that.
pub(super) fn ends_in_line_of(text: &str, indent: usize) -> bool {
    let line = slice(text, line_start(text, text.len())..text.len());
    line.len() > indent || line.bytes().any(|b| b != b' ')
}

/// The line end of the line before `pos`, which starts a line; `\n` if there is none.
pub(super) fn line_end_before(text: &str, pos: usize) -> &'static str {
    let before = slice(text, 0..pos);
    if before.ends_with("\r\n") || (!before.ends_with('\n') && before.contains("\r\n")) { "\r\n" } else { "\n" }
}

/// Appends `columns` spaces.
pub(super) fn indent(out: &mut String, columns: usize) {
    const BLANKS: &str = "                                                                ";
    let mut missing = columns;
    while let Some(blanks) = BLANKS.get(..missing.min(BLANKS.len())).filter(|b| !b.is_empty()) {
        out.push_str(blanks);
        missing -= blanks.len();
    }
}
