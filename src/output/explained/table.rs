//! The default form, and `-o wide`: an aligned table with a line for each workload.

use std::io::{self, BufRead as _, Write};

use anstyle::{AnsiColor, Style};

use super::block::block;
use super::row::{Row, SEPARATOR};
use super::{DetailsOf, ExplainForm, ExplainedRun, joined};
use crate::explain::Proxy;
use crate::output::form::{Form, Pieces};
use crate::output::table::{cut, padded};
use crate::output::{Entry, Spool, printable};

/// The fewest characters of the column that is cut first.
const LEAST: usize = 16;

/// Spaces between columns.
const GAP: usize = 2;

/// One line per workload.
#[derive(Debug)]
pub(super) struct Table;

/// One line per workload, with more columns.
#[derive(Debug)]
pub(super) struct Wide;

/// The table, or the block of a single workload.
#[derive(Debug)]
pub(super) struct TableOrBlock;

/// Begins the lines of a block between spooled rows. Control characters are escaped in rows.
const BLOCK: &str = "\u{1}";

/// The columns of a table.
struct Columns {
    titles: &'static [&'static str],
    /// The positions of the proxy, which has a color, and of the reasons, which are cut first.
    proxy: usize,
    why: usize,
}

const TABLE: Columns = Columns { titles: &["NAMESPACE", "WORKLOAD", "PROXY", "WHY", "WHERE"], proxy: 2, why: 3 };

const WIDE: Columns = Columns {
    titles: &["NAMESPACE", "WORKLOAD", "PROXY", "UNANNOTATED", "WHY", "CODES", "ISTIO", "REVISION", "WHERE"],
    proxy: 2,
    why: 4,
};

impl Form for Table {
    fn name(&self) -> &'static str {
        "table"
    }

    fn help(&self) -> &'static str {
        "One line per workload"
    }

    fn pieces(&self) -> Pieces {
        Pieces::Workloads(row)
    }
}

impl ExplainForm for Table {
    fn details(&self) -> DetailsOf {
        DetailsOf::None
    }

    fn write(&self, pieces: Spool, run: &ExplainedRun<'_>, out: &mut dyn Write) -> io::Result<()> {
        write(&TABLE, pieces, run, out)
    }
}

impl Form for TableOrBlock {
    fn name(&self) -> &'static str {
        "table-or-describe"
    }

    fn help(&self) -> &'static str {
        "The table, or a description of a single workload"
    }

    fn pieces(&self) -> Pieces {
        Pieces::Workloads(|entry| {
            let mut piece = row(entry);
            if entry.details.is_some() {
                block(entry).lines().for_each(|line| piece.extend([BLOCK, line, "\n"]));
            }
            piece
        })
    }
}

impl ExplainForm for TableOrBlock {
    fn details(&self) -> DetailsOf {
        DetailsOf::One
    }

    fn write(&self, pieces: Spool, run: &ExplainedRun<'_>, out: &mut dyn Write) -> io::Result<()> {
        write(&TABLE, pieces, run, out)
    }
}

impl Form for Wide {
    fn name(&self) -> &'static str {
        "wide"
    }

    fn help(&self) -> &'static str {
        "The table with codes, the release, the revision, and the proxy without the annotation"
    }

    fn pieces(&self) -> Pieces {
        Pieces::Workloads(wide_row)
    }
}

impl ExplainForm for Wide {
    fn details(&self) -> DetailsOf {
        DetailsOf::None
    }

    fn write(&self, pieces: Spool, run: &ExplainedRun<'_>, out: &mut dyn Write) -> io::Result<()> {
        write(&WIDE, pieces, run, out)
    }
}

fn row(entry: &Entry) -> String {
    let Row { namespace, workload, proxy, why, place } = Row::new(entry);
    spooled(&[&namespace, &workload, proxy, &why, &place])
}

fn wide_row(entry: &Entry) -> String {
    const ABSENT: &str = "-";
    let Row { namespace, workload, proxy, why, place } = Row::new(entry);
    let explained = entry.explained.as_deref();
    let without = explained.and_then(|explained| explained.without_annotation).map_or(ABSENT, Proxy::word);
    let codes = explained.map(|explained| joined(explained.reasons.iter().map(|located| located.reason.code()), ","));
    let by = explained.and_then(|explained| explained.by.as_ref());
    let (istio, revision) = by.map_or((ABSENT, ABSENT), |(istio, revision)| (istio, revision));
    let codes = codes.as_deref().unwrap_or(ABSENT);
    spooled(&[&namespace, &workload, proxy, without, &why, codes, istio, &printable(revision), &place])
}

/// The form in which a row is spooled.
fn spooled(cells: &[&str]) -> String {
    let mut row = cells.join(&SEPARATOR.to_string());
    row.push('\n');
    row
}

fn write(columns: &Columns, mut rows: Spool, run: &ExplainedRun<'_>, out: &mut dyn Write) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    // The widths of the columns.
    let titles = columns.titles.iter().map(|title| title.len()).collect();
    let mut measured = Widths { columns: titles, rows: 0, has_block: false, rest: Vec::new() };
    rows.copy_to(&mut measured)?;
    let Widths { columns: mut widths, rows: count, has_block, .. } = measured;
    let shows_block = count == 1 && has_block;
    let needed = widths.iter().sum::<usize>() + GAP * (widths.len() - 1);
    if let (Some(width), Some(why)) = (run.width, widths.get_mut(columns.why)) {
        *why = why.saturating_sub(needed.saturating_sub(width)).max(LEAST.min(*why));
    }
    // The lines.
    if !shows_block {
        line(columns.titles.iter().copied(), &widths, None, run, out)?;
    }
    let mut rows = rows.reader()?;
    let mut row = String::new();
    while rows.read_line(&mut row)? > 0 {
        match row.strip_prefix(BLOCK) {
            Some(text) if shows_block => out.write_all(text.as_bytes())?,
            None if !shows_block => {
                let cells = row.trim_end_matches('\n').split(SEPARATOR);
                line(cells, &widths, Some(columns.proxy), run, out)?;
            }
            _ => {}
        }
        row.clear();
    }
    Ok(())
}

/// Measures the cells of spooled rows that are written to it.
struct Widths {
    columns: Vec<usize>,
    rows: usize,
    has_block: bool,
    /// The start of a row that is not complete.
    rest: Vec<u8>,
}

impl Write for Widths {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.rest.extend_from_slice(part);
            let Some(row) = self.rest.strip_suffix(b"\n") else { break };
            if row.starts_with(BLOCK.as_bytes()) {
                self.has_block = true;
                self.rest.clear();
                continue;
            }
            self.rows += 1;
            for (width, cell) in self.columns.iter_mut().zip(String::from_utf8_lossy(row).split(SEPARATOR)) {
                *width = (*width).max(cell.chars().count());
            }
            self.rest.clear();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes a line, with the cell at `proxy` in color, cut to the width of the terminal.
fn line<'c>(
    cells: impl Iterator<Item = &'c str>,
    widths: &[usize],
    proxy: Option<usize>,
    run: &ExplainedRun<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut room = run.width.unwrap_or(usize::MAX);
    let mut gap = 0;
    for (at, (cell, width)) in cells.zip(widths).enumerate() {
        let text = cut(cell, (*width).min(room.saturating_sub(gap)));
        if text.is_empty() && room <= gap {
            break;
        }
        let style = if proxy == Some(at) && run.styled { color(cell) } else { Style::new() };
        write!(out, "{}{style}{text}{style:#}", padded("", gap))?;
        let length = text.chars().count();
        room = room.saturating_sub(gap + length);
        gap = width.saturating_sub(length) + GAP;
    }
    writeln!(out)
}

fn color(proxy: &str) -> Style {
    match proxy {
        "native" => AnsiColor::Green.on_default(),
        "regular" | "depends" => AnsiColor::Yellow.on_default(),
        "error" => AnsiColor::Red.on_default(),
        _ => Style::new().dimmed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::ProxyTotals;

    fn table(width: Option<usize>) -> String {
        let mut rows = Spool::new(100);
        for cells in [
            ["shop", "deployment/web", "native", "annotation \"true\"", "k8s/web.yaml:27"],
            ["größer", "job/migrate", "regular", "node v1.32.4 is older than 1.33; never finishes", "k8s/job.yaml:3"],
        ] {
            rows.push(spooled(&cells).as_bytes()).unwrap();
        }
        let totals = ProxyTotals::default();
        let run = ExplainedRun { mesh: None, assumed: &[], totals: &totals, styled: false, width };
        let mut out = Vec::new();
        write(&TABLE, rows, &run, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_are_aligned() {
        let expected = "\
NAMESPACE  WORKLOAD        PROXY    WHY                                              WHERE
shop       deployment/web  native   annotation \"true\"                                k8s/web.yaml:27
größer     job/migrate     regular  node v1.32.4 is older than 1.33; never finishes  k8s/job.yaml:3
";
        assert_eq!(table(None), expected);
    }

    #[test]
    fn the_reasons_are_cut_first() {
        let text = table(Some(85));
        assert!(text.lines().all(|line| line.chars().count() <= 85), "{text}");
        assert!(text.contains("never fi…  k8s/job.yaml:3") || text.contains('…'), "{text}");
        assert!(text.lines().nth(2).unwrap().ends_with("k8s/job.yaml:3"), "{text}");
        for width in 0..60 {
            let text = table(Some(width));
            assert!(text.lines().all(|line| line.chars().count() <= width.max(1)), "{width}: {text}");
        }
    }
}
