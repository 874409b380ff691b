//! Lines about workloads. They are spooled until the run ends, because only then it is known whether the changes were
//! delivered.

use std::io::{self, BufRead as _, Write};

use anstyle::Style;

use crate::output::Spool;

/// Separates the parts of a spooled line. Control characters are escaped in all parts.
const SEPARATOR: char = '\0';

/// A line: `place: outcome details`.
pub(super) struct Line<'l> {
    pub(super) place: &'l str,
    pub(super) outcome: &'l str,
    /// Whether the outcome is a change.
    pub(super) is_change: bool,
    pub(super) details: &'l str,
}

/// How lines are printed.
#[derive(Clone, Copy, Default)]
pub(super) struct Look {
    /// Print "would be annotated" for "annotated", because the changes were not delivered.
    pub(super) would: bool,
    /// The most characters in a line.
    pub(super) width: Option<usize>,
    pub(super) change: Style,
    pub(super) other: Style,
}

impl<'l> Line<'l> {
    /// The form in which a line is spooled.
    pub(super) fn spooled(&self) -> String {
        let Self { place, outcome, is_change, details } = self;
        let change = if *is_change { "change" } else { "" };
        format!("{place}{SEPARATOR}{change}{SEPARATOR}{outcome}{SEPARATOR}{details}\n")
    }

    fn parse(text: &'l str) -> Option<Self> {
        let mut parts = text.split(SEPARATOR);
        let (place, change, outcome, details) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        Some(Self { place, outcome, is_change: !change.is_empty(), details })
    }

    fn write(&self, out: &mut impl Write, look: &Look) -> io::Result<()> {
        let style = if self.is_change { look.change } else { look.other };
        let would = if self.is_change && look.would { "would be " } else { "" };
        let mut parts = [self.place, ": ", would, self.outcome, self.details];
        let length = |parts: &[&str]| parts.iter().map(|part| part.chars().count()).sum::<usize>();
        let mut end = "";
        if let Some(width) = look.width.filter(|width| length(&parts) > *width) {
            let mut room = width.saturating_sub(1);
            for part in &mut parts {
                *part = fitting(part, &mut room);
            }
            end = "…";
        }
        let [place, colon, would, outcome, details] = parts;
        writeln!(out, "{place}{colon}{style}{would}{outcome}{style:#}{details}{end}")
    }
}

/// The start of `text`, at most `room` characters, which are subtracted from `room`.
fn fitting<'t>(text: &'t str, room: &mut usize) -> &'t str {
    let end = text.char_indices().nth(*room).map_or(text.len(), |(end, _)| end);
    let (fitting, _) = text.split_at(end);
    *room -= fitting.chars().count();
    fitting
}

/// Writes the spooled lines. Lines that are not about a workload are written unchanged.
pub(super) fn write_all(spooled: Spool, out: &mut impl Write, look: &Look) -> io::Result<()> {
    let mut lines = spooled.reader()?;
    let mut text = String::new();
    while lines.read_line(&mut text)? > 0 {
        match Line::parse(text.trim_end_matches('\n')) {
            Some(line) => line.write(out, look)?,
            None => out.write_all(text.as_bytes())?,
        }
        text.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(look: &Look) -> String {
        let lines = [("annotated", true, ", native (größer)"), ("skipped", false, " (host network)")];
        let mut spool = Spool::new(1000);
        for (outcome, is_change, details) in lines {
            let line = Line { place: "a.yaml:3: pod/p", outcome, is_change, details };
            spool.push(line.spooled().as_bytes()).unwrap();
        }
        spool.push(b"  warning: odd\n").unwrap();
        let mut out = Vec::new();
        write_all(spool, &mut out, look).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn undelivered_changes_are_conditional() {
        let other = "a.yaml:3: pod/p: skipped (host network)\n  warning: odd\n";
        assert_eq!(written(&Look::default()), format!("a.yaml:3: pod/p: annotated, native (größer)\n{other}"));
        let look = Look { would: true, ..Look::default() };
        assert_eq!(written(&look), format!("a.yaml:3: pod/p: would be annotated, native (größer)\n{other}"));
    }

    #[test]
    fn long_lines_are_cut_to_the_width() {
        for width in 0..60 {
            let text = written(&Look { width: Some(width), would: true, ..Look::default() });
            let line = text.lines().next().unwrap();
            let whole = "a.yaml:3: pod/p: would be annotated, native (größer)";
            if whole.chars().count() <= width {
                assert_eq!(line, whole);
            } else {
                assert_eq!(line.chars().count(), width.max(1));
                assert!(line.ends_with('…') && whole.starts_with(line.trim_end_matches('…')), "{line}");
            }
        }
    }
}
