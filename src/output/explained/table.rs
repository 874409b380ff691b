//! The default form, and `-o wide`: an aligned table with a line for each workload.

use std::io::{self, Write};
use std::ops::Range;

use anstyle::{AnsiColor, Style};

use super::block::block;
use super::row::{Row, SEPARATOR};
use super::{DetailsOf, ExplainForm, ExplainedRun, joined};
use crate::explain::Proxy;
use crate::output::form::{Form, Pieces};
use crate::output::table::{cut, cut_start, padded};
use crate::output::{Entry, Spool, printable};

/// The fewest characters of the reasons, which are cut first, and of the places, which are cut next.
const LEAST: [usize; 2] = [12, 16];

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
pub(in crate::output) struct Columns<'t> {
    pub(in crate::output) titles: &'t [&'t str],
    /// The positions of proxies, which have a color.
    pub(in crate::output) proxies: Range<usize>,
    /// The position of the reasons, which are cut first.
    pub(in crate::output) why: Option<usize>,
    /// The position of the places.
    pub(in crate::output) place: usize,
}

/// The order of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::output) enum RowOrder {
    /// As they are spooled.
    Input,
    /// Rows that begin with this character come after the others, without it.
    Later(char),
}

const TABLE: Columns<'static> =
    Columns { titles: &["NAMESPACE", "WORKLOAD", "PROXY", "WHY", "WHERE"], proxies: 2..3, why: Some(3), place: 4 };

const WIDE: Columns<'static> = Columns {
    titles: &["NAMESPACE", "WORKLOAD", "PROXY", "UNANNOTATED", "WHY", "CODES", "ISTIO", "REVISION", "WHERE"],
    proxies: 2..3,
    why: Some(4),
    place: 8,
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
        "The table with codes, the release, the revision, and the proxy without the annotation; totals of requests"
    }

    fn pieces(&self) -> Pieces {
        Pieces::Workloads(wide_row)
    }
}

impl ExplainForm for Wide {
    fn details(&self) -> DetailsOf {
        DetailsOf::All
    }

    fn reports_fleet(&self) -> bool {
        true
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
    let Row { namespace, workload, proxy, why, place } = Row::full(entry);
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

fn write(columns: &Columns<'_>, rows: Spool, run: &ExplainedRun<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_table(columns, rows, RowOrder::Input, run.styled, run.width, out)
}

/// Writes spooled rows as a table, cut to the terminal's width.
pub(in crate::output) fn write_table(
    columns: &Columns<'_>,
    mut rows: Spool,
    order: RowOrder,
    styled: bool,
    width: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    // The widths of the columns.
    let mut widths: Vec<usize> = columns.titles.iter().map(|title| title.chars().count()).collect();
    let (mut count, mut has_block) = (0, false);
    let later = |row: &str| matches!(order, RowOrder::Later(mark) if row.starts_with(mark));
    let unmarked = |row: &str| -> String {
        match order {
            RowOrder::Later(mark) => row.trim_start_matches(mark).to_owned(),
            RowOrder::Input => row.to_owned(),
        }
    };
    rows.each_line(|row| {
        if row.starts_with(BLOCK) {
            has_block = true;
            return Ok(());
        }
        count += 1;
        for (width, cell) in widths.iter_mut().zip(cells(&unmarked(row))) {
            *width = (*width).max(cell.chars().count());
        }
        Ok(())
    })?;
    let shows_block = count == 1 && has_block;
    if let Some(width) = width {
        fit(&mut widths, columns, width);
    }
    let look = Look { columns, widths: &widths, styled, width };
    // The lines.
    if !shows_block {
        look.line(columns.titles.iter().copied(), false, out)?;
    }
    let passes: &[bool] = if order == RowOrder::Input { &[false] } else { &[false, true] };
    for pass in passes {
        rows.each_line(|row| match row.strip_prefix(BLOCK) {
            Some(text) if shows_block => out.write_all(text.as_bytes()),
            None if !shows_block && later(row) == *pass => look.line(cells(&unmarked(row)), true, out),
            _ => Ok(()),
        })?;
    }
    Ok(())
}

/// The cells of a spooled row.
fn cells(row: &str) -> impl Iterator<Item = &str> {
    row.trim_end_matches('\n').split(SEPARATOR)
}

/// Shortens columns until a line fits in this width, as far as possible.
fn fit(widths: &mut [usize], columns: &Columns<'_>, width: usize) {
    for (column, least) in [columns.why, Some(columns.place)].into_iter().zip(LEAST) {
        let needed = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
        if let Some(column) = column.and_then(|column| widths.get_mut(column)) {
            *column = column.saturating_sub(needed.saturating_sub(width)).max(least.min(*column));
        }
    }
}

/// How lines are written.
struct Look<'l> {
    columns: &'l Columns<'l>,
    widths: &'l [usize],
    styled: bool,
    /// The terminal's width.
    width: Option<usize>,
}

impl Look<'_> {
    /// Writes a line, cut to the width of the terminal.
    fn line<'c>(&self, cells: impl Iterator<Item = &'c str>, is_row: bool, out: &mut dyn Write) -> io::Result<()> {
        let mut room = self.width.unwrap_or(usize::MAX);
        let mut gap = 0;
        for (at, (cell, width)) in cells.zip(self.widths).enumerate() {
            let most = (*width).min(room.saturating_sub(gap));
            // The end of a place is more specific than its start.
            let text = if at == self.columns.place { cut_start(cell, most) } else { cut(cell, most) };
            if text.is_empty() && room <= gap {
                break;
            }
            let has_color = is_row && self.styled && self.columns.proxies.contains(&at);
            let style = if has_color { color(cell) } else { Style::new() };
            write!(out, "{}{style}{text}{style:#}", padded("", gap))?;
            let length = text.chars().count();
            room = room.saturating_sub(gap + length);
            gap = width.saturating_sub(length) + GAP;
        }
        writeln!(out)
    }
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
    use crate::explain::Fleet;
    use crate::istio::Quotas;
    use crate::output::ProxyTotals;

    fn table(width: Option<usize>) -> String {
        let mut rows = Spool::new(100);
        for cells in [
            ["shop", "deployment/web", "native", "annotation \"true\"", "k8s/web.yaml:27"],
            ["größer", "job/migrate", "regular", "node v1.32.4 is older than 1.33; never finishes", "k8s/job.yaml:3"],
        ] {
            rows.push(spooled(&cells).as_bytes()).unwrap();
        }
        let (totals, fleet, quotas) = <(ProxyTotals, Fleet, Quotas)>::default();
        let run = ExplainedRun {
            mesh: None,
            assumed: &[],
            totals: &totals,
            fleet: &fleet,
            quotas: &quotas,
            styled: false,
            width,
        };
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
        // The end of a place says more than its start.
        let text = table(Some(60));
        assert!(text.lines().nth(2).unwrap().ends_with(".yaml:3"), "{text}");
        for width in 0..60 {
            let text = table(Some(width));
            assert!(text.lines().all(|line| line.chars().count() <= width.max(1)), "{width}: {text}");
        }
    }
}
