//! Unified diffs in the format of `diff -u` and git, for files that arrive in parts.

use std::io::Write as _;
use std::ops::Range;

use anstyle::{AnsiColor, Style};
use memchr::{memchr, memchr_iter, memrchr};
use similar::{Algorithm, DiffTag, capture_diff_slices};

use super::printable;

/// The default number of context lines.
pub const DIFF_CONTEXT: usize = 3;

/// The style of a line of a diff.
pub fn diff_style(line: &[u8]) -> Style {
    match line {
        [b'-', b'-', b'-', b' ', ..] | [b'+', b'+', b'+', b' ', ..] => Style::new().bold(),
        [b'-', ..] => AnsiColor::Red.on_default(),
        [b'+', ..] => AnsiColor::Green.on_default(),
        [b'@', ..] => AnsiColor::Cyan.on_default(),
        _ => Style::new(),
    }
}

/// A changed run of lines, as byte ranges. Either range may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedRange {
    /// In the old text.
    pub old: Range<usize>,
    /// In the new text.
    pub new: Range<usize>,
}

/// The lines that differ between two texts, in order.
pub fn changes(old: &[u8], new: &[u8]) -> Vec<ChangedRange> {
    let (old_lines, new_lines) = (lines(old), lines(new));
    let texts = |text, lines: &[Range<usize>]| -> Vec<_> { lines.iter().map(|l| slice(text, l)).collect() };
    let ops = capture_diff_slices(Algorithm::Myers, &texts(old, &old_lines), &texts(new, &new_lines));
    let bytes = |lines: &[Range<usize>], range: Range<usize>| {
        let start = lines
            .get(range.start)
            .or(lines.last())
            .map_or(0, |l| if range.start < lines.len() { l.start } else { l.end });
        let end = range.end.checked_sub(1).and_then(|last| lines.get(last)).map_or(start, |l| l.end);
        start..end.max(start)
    };
    ops.iter()
        .filter(|op| op.tag() != DiffTag::Equal)
        .map(|op| ChangedRange { old: bytes(&old_lines, op.old_range()), new: bytes(&new_lines, op.new_range()) })
        .collect()
}

fn lines(text: &[u8]) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for end in memchr_iter(b'\n', text) {
        lines.push(start..end + 1);
        start = end + 1;
    }
    if start < text.len() {
        lines.push(start..text.len());
    }
    lines
}

fn slice<'t>(text: &'t [u8], range: &Range<usize>) -> &'t [u8] {
    let slice = text.get(range.clone());
    debug_assert!(slice.is_some(), "{range:?} is outside of {} bytes", text.len());
    slice.unwrap_or_default()
}

/// The unified diff of one file, built from its parts in order.
#[derive(Clone, Debug)]
pub struct UnifiedDiff {
    /// The names of the old and the new text.
    names: [String; 2],
    /// The number of context lines.
    around: usize,
    /// How many lines of the old and the new text were read.
    lines: (usize, usize),
    /// The last unchanged lines, at most `around`.
    context: Vec<Vec<u8>>,
    hunk: Option<Hunk>,
    has_header: bool,
}

#[derive(Clone, Debug)]
struct Hunk {
    /// What the first change belongs to, for the header.
    label: String,
    /// The first line of the old and the new text, counted from 0.
    start: (usize, usize),
    /// The number of lines from the old and the new text.
    count: (usize, usize),
    text: Vec<u8>,
    /// Lines added since the last context line. They follow the removed lines.
    added: Vec<u8>,
    /// Unchanged lines after the last change. They may still become part of this hunk.
    after: Vec<Vec<u8>>,
}

impl UnifiedDiff {
    /// A diff of the file `name` with `around` context lines.
    pub fn new(name: &str, around: usize) -> Self {
        Self::between([format!("a/{name}"), format!("b/{name}")], around)
    }

    /// A diff of two texts with names of their own.
    pub fn between(names: [String; 2], around: usize) -> Self {
        Self { names, around, lines: (0, 0), context: Vec::new(), hunk: None, has_header: false }
    }

    /// Adds a part of both texts, which differ in `changes`, and appends completed hunks to `out`. `label` returns what a
    /// line of the old text (counted from 1) belongs to; hunk headers show it.
    pub fn part(
        &mut self,
        old: &[u8],
        new: &[u8],
        changes: &[ChangedRange],
        label: impl Fn(usize) -> String,
        out: &mut Vec<u8>,
    ) {
        let mut done = 0;
        for change in changes {
            self.same(slice(old, &(done..change.old.start)), out);
            self.change(slice(old, &change.old), slice(new, &change.new), &label);
            done = change.old.end;
        }
        self.same(slice(old, &(done..old.len())), out);
    }

    /// Adds a part that is the same in both texts.
    pub fn same(&mut self, mut text: &[u8], out: &mut Vec<u8>) {
        // Lines of an open hunk, which is closed once no further change can join it.
        while let Some(hunk) = self.hunk.as_mut().filter(|_| !text.is_empty()) {
            let (line, rest) = first_line(text);
            text = rest;
            hunk.after.push(line.to_vec());
            self.lines = (self.lines.0 + 1, self.lines.1 + 1);
            if hunk.after.len() > self.around.saturating_mul(2) {
                self.close(out);
            }
        }
        if text.is_empty() {
            return;
        }
        // Lines outside of a hunk: count them, and keep the last ones as context.
        let count = memchr_iter(b'\n', text).count() + usize::from(!text.ends_with(b"\n"));
        self.lines = (self.lines.0 + count, self.lines.1 + count);
        self.context.extend(last_lines(text, self.around).map(<[u8]>::to_vec));
        self.context.drain(..self.context.len().saturating_sub(self.around));
    }

    fn change(&mut self, old: &[u8], new: &[u8], label: impl Fn(usize) -> String) {
        let (context, lines) = (std::mem::take(&mut self.context), self.lines);
        // Added lines belong to what precedes them.
        let line = if old.is_empty() { lines.0.max(1) } else { lines.0 + 1 };
        let hunk = self.hunk.get_or_insert_with(|| Hunk {
            label: label(line),
            start: (lines.0 - context.len(), lines.1 - context.len()),
            count: (0, 0),
            text: Vec::new(),
            added: Vec::new(),
            after: context,
        });
        hunk.push_context(usize::MAX);
        let counts = (push_lines(&mut hunk.text, b'-', old), push_lines(&mut hunk.added, b'+', new));
        hunk.count = (hunk.count.0 + counts.0, hunk.count.1 + counts.1);
        self.lines = (lines.0 + counts.0, lines.1 + counts.1);
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        let Some(mut hunk) = self.hunk.take() else { return };
        hunk.push_context(self.around);
        let rest = hunk.after.len().saturating_sub(self.around);
        self.context = hunk.after.split_off(rest);
        // A changed line may be a whole file.
        out.reserve(hunk.text.len() + hunk.added.len());
        if !std::mem::replace(&mut self.has_header, true) {
            let [old, new] = self.names.each_ref().map(|name| printable(name));
            let _ = write!(out, "--- {old}\n+++ {new}\n");
        }
        let (old, new) = (range(hunk.start.0, hunk.count.0), range(hunk.start.1, hunk.count.1));
        let space = if hunk.label.is_empty() { "" } else { " " };
        let _ = writeln!(out, "@@ -{old} +{new} @@{space}{}", hunk.label);
        out.extend_from_slice(&hunk.text);
        out.extend_from_slice(&hunk.added);
    }

    /// Appends the last hunk to `out`.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        self.close(out);
    }
}

impl Hunk {
    /// Moves up to `limit` of the unchanged lines after the last change into the hunk.
    fn push_context(&mut self, limit: usize) {
        let count = self.after.len().min(limit);
        if count > 0 {
            self.text.append(&mut self.added);
        }
        for line in self.after.drain(..count) {
            push_line(&mut self.text, b' ', &line);
        }
        self.count = (self.count.0 + count, self.count.1 + count);
    }
}

fn push_line(text: &mut Vec<u8>, sign: u8, line: &[u8]) {
    text.push(sign);
    text.extend_from_slice(line);
    if !line.ends_with(b"\n") {
        text.extend_from_slice(b"\n\\ No newline at end of file\n");
    }
}

/// Appends each line of `lines`, and returns their number.
fn push_lines(text: &mut Vec<u8>, sign: u8, mut lines: &[u8]) -> usize {
    let mut count = 0;
    while !lines.is_empty() {
        let (line, rest) = first_line(lines);
        push_line(text, sign, line);
        (lines, count) = (rest, count + 1);
    }
    count
}

fn first_line(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(memchr(b'\n', text).map_or(text.len(), |end| end + 1))
}

/// The last `limit` lines of `text`, in order.
fn last_lines(text: &[u8], limit: usize) -> impl Iterator<Item = &[u8]> {
    let mut start = text.len();
    for _ in 0..limit {
        if start == 0 {
            break;
        }
        start = memrchr(b'\n', slice(text, &(0..start - 1))).map_or(0, |end| end + 1);
    }
    slice(text, &(start..text.len())).split_inclusive(|b| *b == b'\n')
}

fn range(start: usize, count: usize) -> String {
    match count {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        _ => format!("{},{count}", start + 1),
    }
}

/// The diff between two versions of a file. Empty if they are the same.
pub fn unified(name: &str, old: &[u8], new: &[u8]) -> Vec<u8> {
    let (mut diff, mut out) = (UnifiedDiff::new(name, DIFF_CONTEXT), Vec::new());
    diff.part(old, new, &changes(old, new), |_| String::new(), &mut out);
    diff.finish(&mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use similar::TextDiff;

    fn text(old: &str, new: &str) -> String {
        String::from_utf8(unified("a.yaml", old.as_bytes(), new.as_bytes())).unwrap()
    }

    #[test]
    fn a_missing_final_newline_is_shown() {
        assert_eq!(
            text("a: 1\nb: 2", "a: 1\nb: 3"),
            "--- a/a.yaml\n+++ b/a.yaml\n@@ -1,2 +1,2 @@\n a: 1\n-b: 2\n\\ No newline at end of file\n+b: 3\n\\ No newline at end of file\n"
        );
        assert!(text("same", "same").is_empty());
        assert_eq!(text("", "a\n"), "--- a/a.yaml\n+++ b/a.yaml\n@@ -0,0 +1 @@\n+a\n");
    }

    #[test]
    fn a_header_shows_the_label_of_its_first_change() {
        let diff = |around, new: &[u8]| {
            let old = b"a\nb\nc\nd\n";
            let (mut diff, mut out) = (UnifiedDiff::new("x", around), Vec::new());
            diff.part(old, new, &changes(old, new), |line| format!("line {line}"), &mut out);
            diff.finish(&mut out);
            let headers = String::from_utf8(out).unwrap();
            headers.lines().filter(|line| line.starts_with("@@")).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(diff(0, b"a\nB\nc\nD\n"), ["@@ -2 +2 @@ line 2", "@@ -4 +4 @@ line 4"]);
        assert_eq!(diff(usize::MAX, b"a\nB\nc\nD\n"), ["@@ -1,4 +1,4 @@ line 2"]);
        // Added lines belong to the line before them, at the top to the first one.
        assert_eq!(
            diff(0, b"x\na\nb\ny\nc\nd\nz\n"),
            ["@@ -0,0 +1 @@ line 1", "@@ -2,0 +4 @@ line 2", "@@ -4,0 +7 @@ line 4"]
        );
    }

    /// Reproducible pseudo-random numbers.
    fn numbers(mut seed: u64) -> impl FnMut(u64) -> u64 {
        move |below| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        }
    }

    #[test]
    fn the_diff_of_parts_is_the_diff_of_the_whole() {
        let mut number = numbers(1);
        for _ in 0..2000 {
            let (mut old, mut new, mut parts) = (String::new(), String::new(), Vec::new());
            for _ in 0..=number(4) {
                let (mut a, mut b) = (String::new(), String::new());
                for _ in 0..number(12) {
                    // Every line is unique, which leaves only one shortest diff.
                    let line = format!("{}\n", number(1 << 40));
                    match number(6) {
                        0 => a.push_str(&line),
                        1 => b.push_str(&line),
                        _ => {
                            a.push_str(&line);
                            b.push_str(&line);
                        }
                    }
                }
                old.push_str(&a);
                new.push_str(&b);
                parts.push((a, b));
            }
            let of_all = TextDiff::from_lines(&old, &new);
            for around in [0, 1, DIFF_CONTEXT, 1000] {
                let expected = of_all.unified_diff().context_radius(around).header("a/a.yaml", "b/a.yaml").to_string();
                let (mut diff, mut out) = (UnifiedDiff::new("a.yaml", around), Vec::new());
                for (a, b) in &parts {
                    let (a, b) = (a.as_bytes(), b.as_bytes());
                    diff.part(a, b, &changes(a, b), |_| String::new(), &mut out);
                }
                diff.finish(&mut out);
                assert_eq!(String::from_utf8(out).unwrap(), expected);
            }
        }
    }
}
