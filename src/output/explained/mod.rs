//! The forms of output of `explain`. A form is one file and one line of the registry below.
//!
//! A form makes a piece of each workload while others are still being read. The pieces are spooled, and printed once all are
//! known.

mod block;
mod html;
mod json;
mod name;
mod row;
mod table;
mod yaml;

use std::fmt;
use std::io::{self, Write};

use serde_json::Value;

use self::block::Block;
use self::html::Html;
use self::json::Json;
pub(super) use self::json::reasons;
use self::name::Name;
pub(super) use self::row::{SEPARATOR, error_words, place, why};
pub(super) use self::table::{Columns, RowOrder, write_table};
use self::table::{Table, TableOrBlock, Wide};
use self::yaml::Yaml;
use super::report::{ProxyTotals, Remark};
use super::{Form, Spool};
use crate::explain::Fleet;
use crate::istio::Quotas;

/// The forms of `explain -o`, in the order of the help.
pub static EXPLAIN_FORMS: [&dyn ExplainForm; 6] = [&Table, &Wide, &Json, &Yaml, &Name, &Html];

/// The form of `explain` without `-o`: one line per workload.
pub fn table() -> &'static dyn ExplainForm {
    &Table
}

/// The form on a terminal: a table, or a description if there is a single workload.
pub fn table_or_describe() -> &'static dyn ExplainForm {
    &TableOrBlock
}

/// The form of `explain -v`: everything about each workload, as in `kubectl describe`.
pub fn describe() -> &'static dyn ExplainForm {
    &Block
}

/// The workloads whose details a form shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetailsOf {
    /// None.
    None,
    /// One, which is enough to describe a single workload.
    One,
    /// All.
    All,
}

/// A form of output of `explain`.
pub trait ExplainForm: Form {
    /// The workloads whose details it shows. Their sidecars are rendered.
    fn details(&self) -> DetailsOf;

    /// Whether the report shows what all pods request together. Forms with the details of all workloads only.
    fn reports_fleet(&self) -> bool {
        false
    }

    /// Prints the pieces of all workloads.
    fn write(&self, pieces: Spool, run: &ExplainedRun<'_>, out: &mut dyn Write) -> io::Result<()>;
}

/// What a form shows about the run.
#[derive(Clone, Copy, Debug)]
pub struct ExplainedRun<'r> {
    /// The mesh, as the report shows it.
    pub mesh: Option<&'r Value>,
    /// Assumptions made for settings that were not given.
    pub assumed: &'r [Remark],
    /// How many workloads get which proxy.
    pub totals: &'r ProxyTotals,
    /// What the pods request together, where the form has the details of all workloads.
    pub fleet: &'r Fleet,
    /// The quotas to compare that with.
    pub quotas: &'r Quotas,
    /// Whether to use color.
    pub styled: bool,
    /// The terminal's width in characters. `None` if the output is not a terminal.
    pub width: Option<usize>,
}

impl PartialEq for dyn ExplainForm {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for dyn ExplainForm {}

/// A proxy, or `error` for a workload that cannot be decided.
fn proxy_word(entry: &super::Entry) -> &'static str {
    entry.explained.as_ref().map_or("error", |explained| explained.proxy.word())
}

/// Text with each part escaped for a terminal.
fn joined(parts: impl IntoIterator<Item = impl fmt::Display>, separator: &str) -> String {
    parts.into_iter().map(|part| part.to_string()).collect::<Vec<_>>().join(separator)
}
