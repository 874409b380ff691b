//! The lines about workloads. They wait until the run is over: only then it is known whether what they speak of has
//! happened.

use std::io::{self, BufRead as _, Write};

use anstyle::Style;

use crate::output::Spool;

/// Separates the parts of a line that waits. It is a control character, which no part can hold.
const SEPARATOR: char = '\0';

/// A line: `place: outcome details`.
pub(super) struct Line<'l> {
    pub(super) place: &'l str,
    pub(super) outcome: &'l str,
    /// Whether the outcome is a change.
    pub(super) is_change: bool,
    pub(super) details: &'l str,
}

/// How lines are written.
#[derive(Clone, Copy, Default)]
pub(super) struct Look {
    /// Changes have not happened: they would.
    pub(super) would: bool,
    /// Characters that fit a line.
    pub(super) width: Option<usize>,
    pub(super) change: Style,
    pub(super) other: Style,
}

impl<'l> Line<'l> {
    /// The line as it waits.
    pub(super) fn waiting(&self) -> String {
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
                *part = beginning(part, &mut room);
            }
            end = "…";
        }
        let [place, colon, would, outcome, details] = parts;
        writeln!(out, "{place}{colon}{style}{would}{outcome}{style:#}{details}{end}")
    }
}

/// As much of `text` as fits the room, which gets smaller by that.
fn beginning<'t>(text: &'t str, room: &mut usize) -> &'t str {
    let end = text.char_indices().nth(*room).map_or(text.len(), |(end, _)| end);
    let beginning = text.get(..end).unwrap_or_default();
    *room -= beginning.chars().count();
    beginning
}

/// Writes the lines that waited; whole lines among them stay as they are.
pub(super) fn write_all(waiting: Spool, out: &mut impl Write, look: &Look) -> io::Result<()> {
    let mut lines = waiting.reader()?;
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
            spool.push(line.waiting().as_bytes()).unwrap();
        }
        spool.push(b"  warning: odd\n").unwrap();
        let mut out = Vec::new();
        write_all(spool, &mut out, look).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_has_not_happened_would() {
        let other = "a.yaml:3: pod/p: skipped (host network)\n  warning: odd\n";
        assert_eq!(written(&Look::default()), format!("a.yaml:3: pod/p: annotated, native (größer)\n{other}"));
        let look = Look { would: true, ..Look::default() };
        assert_eq!(written(&look), format!("a.yaml:3: pod/p: would be annotated, native (größer)\n{other}"));
    }

    #[test]
    fn a_line_is_cut_to_the_width_that_there_is() {
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
