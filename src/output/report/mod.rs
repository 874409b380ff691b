//! The report on a run: text for people (`text`) and JSON for programs (`json`). This file collects the facts.

mod diagnostic;
mod entry;
mod json;
mod line;
mod mark;
mod reason;
mod remark;
mod repeated;
mod run_info;
mod skipped;
mod text;
mod totals;

use std::io::{self, Write};

use anstyle::AnsiColor;
use serde_json::json;

use self::diagnostic::Hints;
use self::repeated::Repeated;
use self::skipped::SkippedPaths;
use self::text::unhandled_line;
use self::totals::Totals;
use super::{ComparedTotals, Spool, printable};
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::explain::Fleet;
use crate::k8s::Unhandled;

pub use diagnostic::diagnostic_text;
pub use entry::{Entry, InjectedBy, Outcome};
pub use mark::ReportMark;
pub use reason::{Reason, Warning};
pub use remark::Remark;
pub use run_info::{Delivered, Keep, Level, RunInfo};
pub use skipped::SkippedPath;
pub use totals::ProxyTotals;
pub use totals::plural;

/// The bytes of each spooled part of a report that are held in memory.
const IN_MEMORY: usize = 1 << 20;

/// The report on a run. It is filled during the run; lines that are printed at the end are spooled.
#[derive(Debug)]
pub struct Report {
    info: RunInfo,
    /// Lines about workloads, in input order.
    lines: Spool,
    unhandled_lines: Repeated,
    warning_lines: Repeated,
    /// Warnings about objects that `--quiet` shows too.
    urgent_lines: Spool,
    /// Warnings about the run that `--quiet` shows too.
    urgent_warnings: Vec<Remark>,
    skipped_paths: SkippedPaths,
    problem_lines: Spool,
    hints: Hints,
    entries: Vec<Entry>,
    workload_items: json::Items,
    unhandled_items: json::Items,
    skipped_path_items: json::Items,
    error_items: json::Items,
    totals: Totals,
    problems: usize,
    /// Findings that fail `--check` although no manifest would change.
    check_failures: usize,
    /// Objects whose workloads are rendered elsewhere.
    rendered_elsewhere: usize,
    first_code: Option<ExitCode>,
    /// Whether applying the changes restarts pods.
    restarts: bool,
    /// Whether a changed object must be deleted and created again.
    recreates: bool,
    /// How many files and streams were read.
    pub files: usize,
    /// What happened to the changed manifests.
    pub delivered: Delivered,
    /// The first error of a spool, returned when the report is written.
    spool_error: Option<io::Error>,
}

impl Report {
    /// An empty report.
    pub fn new(info: RunInfo, delivered: Delivered) -> Self {
        let spool = || Spool::new(IN_MEMORY);
        let items = || json::Items::new(IN_MEMORY);
        Self {
            info,
            lines: spool(),
            unhandled_lines: Repeated::default(),
            warning_lines: Repeated::default(),
            urgent_lines: spool(),
            urgent_warnings: Vec::new(),
            skipped_paths: SkippedPaths::default(),
            problem_lines: spool(),
            hints: Hints::default(),
            entries: Vec::new(),
            workload_items: items(),
            unhandled_items: items(),
            skipped_path_items: items(),
            error_items: items(),
            totals: Totals::default(),
            problems: 0,
            check_failures: 0,
            rendered_elsewhere: 0,
            first_code: None,
            restarts: false,
            recreates: false,
            files: 0,
            delivered,
            spool_error: None,
        }
    }

    /// The exit code of the first problem.
    pub fn first_code(&self) -> Option<ExitCode> {
        self.first_code
    }

    /// How many workloads there were.
    pub fn workloads(&self) -> usize {
        self.totals.workloads()
    }

    /// How many workloads were selected.
    pub fn selected(&self) -> usize {
        self.totals.workloads() - self.totals.count(|outcome| outcome == Outcome::NotChosen)
    }

    /// Which proxies the workloads get, for a command that explains.
    pub fn proxies(&self) -> &ProxyTotals {
        self.totals.proxies()
    }

    /// Which proxies the workloads get from several meshes, where those are compared.
    pub fn compared(&self) -> &ComparedTotals {
        self.totals.compared()
    }

    /// What the pods request together, where the details of workloads are known.
    pub fn fleet(&self) -> &Fleet {
        self.totals.fleet()
    }

    /// Whether a workload changed, or would change.
    pub fn has_changes(&self) -> bool {
        self.totals.count(Outcome::is_change) > 0
    }

    /// Whether `--check` fails even if no manifest would change.
    pub fn fails_check(&self) -> bool {
        self.check_failures > 0
    }

    /// Adds a warning about the whole run that `--quiet` shows too.
    pub fn warn_even_if_quiet(&mut self, warning: Remark, fails_check: bool) {
        self.check_failures += usize::from(fails_check);
        self.urgent_warnings.push(warning);
    }

    /// Adds notes about the run as a whole.
    pub fn add_notes(&mut self, notes: Vec<Remark>) {
        self.info.notes.extend(notes);
    }

    /// Adds a workload. Call it in input order.
    pub fn entry(&mut self, entry: &Entry) {
        // Counters.
        self.totals.add(entry);
        self.check_failures += usize::from(entry.is_undecided);
        if entry.outcome.is_change() {
            self.restarts |= !keeps_running_pods(&entry.kind);
            self.recreates |= matches!(entry.kind.as_str(), "Job" | "Pod");
        }
        if let Some(warning) = &entry.run_warning
            && !self.info.warnings.contains(warning)
        {
            self.info.warnings.push(warning.clone());
        }
        // Text.
        let level = self.info.level;
        let is_shown = match entry.outcome {
            Outcome::Error => false,
            Outcome::Unchanged | Outcome::NotChosen => level == Level::Verbose,
            _ => level != Level::Quiet,
        };
        if is_shown {
            let line = self.workload_line(entry);
            self.push_line(&line);
        }
        for warning in &entry.warnings {
            self.warning(entry, &warning.to_string());
        }
        // What is kept for other uses.
        match self.info.keep {
            Keep::Text => {}
            Keep::Json => {
                let result = self.workload_items.push(&json::workload(entry));
                self.keep_error(result);
            }
            Keep::Entries => self.entries.push(entry.clone()),
        }
    }

    /// Adds a workload's warning. `-v` shows it below the workload's line, otherwise equal warnings are shown once.
    fn warning(&mut self, entry: &Entry, warning: &str) {
        let (style, warning) = (self.style(AnsiColor::Yellow), printable(warning));
        match self.info.level {
            Level::Quiet if !entry.is_undecided => {}
            Level::Quiet | Level::Normal => {
                let line = || format!("{style}warning{style:#}: {}: {warning}", entry.place());
                self.warning_lines.add(&warning, line);
            }
            Level::Verbose => self.push_line(&format!("  {style}warning{style:#}: {warning}\n")),
        }
    }

    /// Adds an object that is passed through. `document` counts from 1; `source` is the template it was rendered from.
    pub fn unhandled(&mut self, file: &str, document: usize, source: Option<&str>, unhandled: &Unhandled) {
        self.rendered_elsewhere += usize::from(unhandled.renders_elsewhere());
        let line = || unhandled_line(file, source, unhandled);
        if unhandled.is_mistake() {
            self.check_failures += 1;
            let style = self.style(AnsiColor::Yellow);
            let result = self.urgent_lines.push(format!("{style}warning{style:#}: {}\n", line()).as_bytes());
            self.keep_error(result);
        } else {
            match self.info.level {
                Level::Quiet => {}
                Level::Normal => {
                    self.unhandled_lines.add(&format!("{}: {}", unhandled.kind, unhandled.why()), line);
                }
                Level::Verbose => self.push_line(&format!("{}\n", line())),
            }
        }
        if self.info.keep == Keep::Json {
            let result = self.unhandled_items.push(&json::unhandled(file, document, source, unhandled));
            self.keep_error(result);
        }
    }

    /// Adds a path that the search for manifests skipped.
    pub fn skipped_path(&mut self, path: &str, why: SkippedPath) {
        self.skipped_paths.add(path, why, self.info.level == Level::Verbose);
        if self.info.keep == Keep::Json {
            let item = json!({"path": path, "code": why.code(), "why": why.why()});
            let result = self.skipped_path_items.push(&item);
            self.keep_error(result);
        }
    }

    /// Adds a problem. Call it in input order.
    pub fn problem(&mut self, problem: &Diagnostic) {
        self.problems += 1;
        self.first_code.get_or_insert(problem.exit_code);
        let lines = self.hints.next(problem, self.style(AnsiColor::Red));
        let result = self.problem_lines.push(lines.as_bytes());
        self.keep_error(result);
        if self.info.keep == Keep::Json {
            let result = self.error_items.push(&json::error(problem));
            self.keep_error(result);
        }
    }

    /// Takes the entries, in input order. Empty unless [`Keep::Entries`] was requested.
    pub fn take_entries(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.entries)
    }

    fn push_line(&mut self, line: &str) {
        let result = self.lines.push(line.as_bytes());
        self.keep_error(result);
    }

    /// Keeps the first error of a spool until the report is written.
    fn keep_error(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            self.spool_error.get_or_insert(error);
        }
    }

    /// Writes the report as JSON, one item a line. docs/reference/schemas/report.schema.json is its schema.
    pub fn write_json(&mut self, out: &mut impl Write) -> io::Result<()> {
        let is_delivered = self.is_delivered();
        let lists = [
            ("workloads", &mut self.workload_items),
            ("unhandled", &mut self.unhandled_items),
            ("skippedPaths", &mut self.skipped_path_items),
            ("errors", &mut self.error_items),
        ];
        json::write(out, &self.info, &self.urgent_warnings, is_delivered, lists)?;
        self.spool_error.take().map_or(Ok(()), Err)
    }

    /// Whether `text` starts like a JSON report.
    pub fn is_json(text: &[u8]) -> bool {
        json::is_report(text)
    }

    /// Whether the changed manifests were printed or written.
    fn is_delivered(&self) -> bool {
        self.delivered == Delivered::Manifests
    }
}

/// Whether the running pods of this kind are not affected by a change of the pod template.
fn keeps_running_pods(kind: &str) -> bool {
    matches!(kind, "Job" | "Pod" | "CronJob" | "PodTemplate" | "ReplicaSet" | "ReplicationController")
}
