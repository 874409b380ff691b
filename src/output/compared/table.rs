//! The default form: a line for each workload with a column for each mesh. Workloads that flip come first.
//!
//! Before and after a change, the reasons after it have a column of their own. Between targets, the table is a matrix.

use std::io::{self, Write};

use super::{Compared, ComparedForm, ComparedRun, Flip};
use crate::output::explained::{Columns, RowOrder, SEPARATOR, error_words, place, why, write_table};
use crate::output::form::{Form, Pieces};
use crate::output::{Entry, Spool, printable};

/// The table of a mesh before and after a change.
pub static COMPARED_TABLE: Table = Table { has_why: true };

/// The table of several targets.
pub static COMPARED_MATRIX: Table = Table { has_why: false };

/// One line per workload, with a column for each mesh.
#[derive(Debug)]
pub struct Table {
    /// Whether it shows the reasons of the last mesh.
    has_why: bool,
}

/// Begins the row of a workload that does not flip.
const SAME: char = '\u{2}';

impl Form for Table {
    fn name(&self) -> &'static str {
        "compared-table"
    }

    fn help(&self) -> &'static str {
        "One line per workload, with a column for each mesh"
    }

    fn pieces(&self) -> Pieces {
        Pieces::Workloads(if self.has_why { |entry| row(entry, true) } else { |entry| row(entry, false) })
    }
}

impl ComparedForm for Table {
    fn write(&self, pieces: Spool, run: &ComparedRun<'_>, out: &mut dyn Write) -> io::Result<()> {
        let columns = &run.comparison.columns;
        let names: Vec<String> = columns.iter().map(|column| printable(&column.name).into_owned()).collect();
        let names = names.iter().map(String::as_str);
        let why = self.has_why.then_some("WHY");
        let titles: Vec<&str> =
            ["NAMESPACE", "WORKLOAD"].into_iter().chain(names).chain(why).chain(["WHERE"]).collect();
        let end = 2 + columns.len();
        let place = titles.len() - 1;
        let columns = Columns { titles: &titles, proxies: 2..end, why: self.has_why.then_some(end), place };
        write_table(&columns, pieces, RowOrder::Later(SAME), run.styled, run.width, out)
    }
}

/// The cells of a workload. The reasons and the place are those of the last mesh.
fn row(entry: &Entry, has_why: bool) -> String {
    let mut row = String::new();
    if Flip::of(&entry.compared) == Flip::Same {
        row.push(SAME);
    }
    let (why, line) = match entry.compared.last() {
        Some(Compared::Explained(explained)) => (why(explained), explained.line()),
        Some(Compared::Error { code, .. }) => (error_words(*code), None),
        None => (String::new(), None),
    };
    let why = has_why.then(|| printable(&why).into_owned());
    let proxies = entry.compared.iter().map(|compared| compared.word().to_owned());
    let cells: Vec<String> = [printable(&entry.namespace).into_owned(), entry.short_name()]
        .into_iter()
        .chain(proxies)
        .chain(why)
        .chain([place(entry, line)])
        .collect();
    row.push_str(&cells.join(&SEPARATOR.to_string()));
    row.push('\n');
    row
}
