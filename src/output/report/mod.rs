//! The report: what became of each workload, as lines for people and as JSON for programs.

mod diagnostic;
mod entry;
mod json;
mod line;
mod reason;
mod remark;
mod repeated;
mod skipped;
mod totals;

use std::fmt::Write as _;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use self::diagnostic::Hints;
use self::entry::rendered_from;
use self::line::{Line, Look};
use self::repeated::Repeated;
use self::skipped::SkippedPaths;
use self::totals::Totals;
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::k8s::Unhandled;

use super::{Spool, printable, printable_file};

pub use diagnostic::diagnostic_text;
pub use entry::{Entry, InjectedBy, Outcome};
pub use reason::{Reason, Warning};
pub use remark::Remark;
pub use skipped::SkippedPath;
pub(super) use totals::plural;

/// How much of each part of a report is held in memory.
const IN_MEMORY: usize = 1 << 20;

/// How much of the report people see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// Problems only.
    Quiet,
    /// What changed, was skipped or has a problem, and totals.
    #[default]
    Normal,
    /// Every workload, with all reasons.
    Verbose,
}

/// What a report is about, known before the run begins.
#[derive(Clone, Debug, Default)]
pub struct RunInfo {
    /// The mesh that it is done for, if it is done for one.
    pub mesh: Option<Value>,
    /// What was not given, and so assumed.
    pub assumed: Vec<Remark>,
    /// What is printed is meant to be applied: assumptions are reported even where only problems are.
    pub warns_of_assumed: bool,
    /// What is odd about the mesh, or the run as a whole.
    pub warnings: Vec<Remark>,
    /// What was given and has no effect here.
    pub notes: Vec<Remark>,
    /// How much people see.
    pub level: Level,
    /// What is kept of the run beside the text.
    pub keep: Keep,
    /// Whether what people see has colours.
    pub styled: bool,
    /// Characters to a line of the terminal; none where it is no terminal.
    pub width: Option<usize>,
}

/// What a report keeps of a run beside its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// Nothing.
    #[default]
    Text,
    /// All of it as JSON, for [`Report::write_json`].
    Json,
    /// The entries, for [`Report::take_entries`].
    Entries,
}

/// Where what a run makes of the manifests goes, and so what the report may claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// It is printed or written.
    Manifests,
    /// Nothing but what would change: names, a diff, patches.
    Preview,
    /// Nothing, because of a problem.
    Nothing,
    /// Writing or printing failed on the way.
    Incomplete,
}

/// What a run did. It grows with the run: lines that wait for its end are spooled.
#[derive(Debug)]
pub struct Report {
    about: RunInfo,
    lines: Spool,
    unhandled_lines: Repeated,
    /// Warnings about objects that are shown even where only problems are.
    loud_lines: Spool,
    /// Warnings about the run that are shown even where only problems are.
    loud_warnings: Vec<Remark>,
    warning_lines: Repeated,
    skipped_paths: SkippedPaths,
    problem_lines: Spool,
    hints: Hints,
    entries: Vec<Entry>,
    workloads: json::Items,
    unhandled: json::Items,
    skipped: json::Items,
    errors: json::Items,
    totals: Totals,
    problems: usize,
    /// What a check must not pass over, although nothing would change.
    mistakes: usize,
    /// Objects of which workloads are rendered elsewhere.
    elsewhere: usize,
    first_code: Option<ExitCode>,
    restarts: bool,
    recreates: bool,
    /// How many files, or streams, were read.
    pub files: usize,
    /// What comes of the run.
    pub delivered: Delivered,
    failure: Option<io::Error>,
}

impl Report {
    /// A report on nothing yet.
    pub fn new(about: RunInfo, delivered: Delivered) -> Self {
        let spool = || Spool::new(IN_MEMORY);
        let items = || json::Items::new(IN_MEMORY);
        Self {
            about,
            lines: spool(),
            unhandled_lines: Repeated::default(),
            loud_lines: spool(),
            loud_warnings: Vec::new(),
            warning_lines: Repeated::default(),
            skipped_paths: SkippedPaths::default(),
            problem_lines: spool(),
            hints: Hints::default(),
            entries: Vec::new(),
            workloads: items(),
            unhandled: items(),
            skipped: items(),
            errors: items(),
            totals: Totals::default(),
            problems: 0,
            mistakes: 0,
            elsewhere: 0,
            first_code: None,
            restarts: false,
            recreates: false,
            files: 0,
            delivered,
            failure: None,
        }
    }

    /// The exit code of the first problem; none if there was none.
    pub fn first_code(&self) -> Option<ExitCode> {
        self.first_code
    }

    /// How many workloads there were.
    pub fn workloads(&self) -> usize {
        self.totals.workloads()
    }

    /// How many of them were selected.
    pub fn selected(&self) -> usize {
        self.totals.workloads() - self.totals.count(|outcome| outcome == Outcome::NotChosen)
    }

    /// Whether a workload changes, or would.
    pub fn has_changes(&self) -> bool {
        self.totals.count(Outcome::is_change) > 0
    }

    /// Whether there is something that a check must not pass over, although nothing would change.
    pub fn fails_check(&self) -> bool {
        self.mistakes > 0
    }

    /// Takes in a warning about the run as a whole, which is shown even where only problems are.
    pub fn warn_even_if_quiet(&mut self, warning: Remark, fails_check: bool) {
        self.mistakes += usize::from(fails_check);
        self.loud_warnings.push(warning);
    }

    /// Takes in what became of a workload. They come in input order.
    pub fn entry(&mut self, entry: &Entry) {
        self.totals.add(entry);
        self.mistakes += usize::from(entry.is_undecided);
        if entry.outcome.is_change() {
            self.restarts |= !restarts_nothing(&entry.kind);
            self.recreates |= matches!(entry.kind.as_str(), "Job" | "Pod");
        }
        if let Some(warning) = &entry.run_warning
            && !self.about.warnings.contains(warning)
        {
            self.about.warnings.push(warning.clone());
        }
        let level = self.about.level;
        let is_shown = match entry.outcome {
            Outcome::Error => false,
            Outcome::Unchanged | Outcome::NotChosen => level == Level::Verbose,
            _ => level != Level::Quiet,
        };
        if is_shown {
            let line = self.line(entry);
            self.spool(&line);
        }
        for warning in &entry.warnings {
            self.warning(entry, &warning.to_string());
        }
        if self.about.keep == Keep::Json {
            let kept = self.workloads.push(&json::workload(entry));
            self.note(kept);
        }
        if self.about.keep == Keep::Entries {
            self.entries.push(entry.clone());
        }
    }

    /// With `-v`, a warning follows the line of its workload; otherwise, a warning that several share is shown once.
    fn warning(&mut self, entry: &Entry, warning: &str) {
        let (style, warning) = (self.style(AnsiColor::Yellow), printable(warning));
        match self.about.level {
            Level::Quiet if !entry.is_undecided => {}
            Level::Quiet | Level::Normal => {
                let line = || format!("{style}warning{style:#}: {}: {warning}", entry.place());
                self.warning_lines.add(&warning, line);
            }
            Level::Verbose => self.spool(&format!("  {style}warning{style:#}: {warning}\n")),
        }
    }

    /// Takes in an object that passes through, with its file, its document and what that was rendered from.
    pub fn unhandled(&mut self, file: &str, document: usize, source: Option<&str>, unhandled: &Unhandled) {
        let (kind, name, why, hint) = (&unhandled.kind, &unhandled.name, unhandled.why(), unhandled.hint());
        let line = || {
            let kind = kind.to_lowercase();
            let object = if name.is_empty() { kind } else { format!("{kind}/{name}") };
            let what = format!("{}: {object}: {}: {why}", rendered_from(source), unhandled.outcome());
            let hint = hint.as_ref().map_or_else(String::new, |hint| format!("\n  hint: {}", printable(hint)));
            format!("{}:{}{}{hint}", printable_file(file), unhandled.place.line, printable(&what))
        };
        self.elsewhere += usize::from(unhandled.renders_elsewhere());
        if unhandled.is_mistake() {
            self.mistakes += 1;
            let style = self.style(AnsiColor::Yellow);
            let kept = self.loud_lines.push(format!("{style}warning{style:#}: {}\n", line()).as_bytes());
            self.note(kept);
        } else {
            match self.about.level {
                Level::Quiet => {}
                Level::Normal => self.unhandled_lines.add(&format!("{kind}: {why}"), line),
                Level::Verbose => self.spool(&format!("{}\n", line())),
            }
        }
        if self.about.keep == Keep::Json {
            let item = json!({
                "file": file, "source": source, "document": document,
                "kind": kind, "name": name, "code": unhandled.code(), "why": why, "hint": hint,
            });
            let kept = self.unhandled.push(&item);
            self.note(kept);
        }
    }

    /// Takes in what a walk left out.
    pub fn skipped_path(&mut self, path: &str, why: SkippedPath) {
        self.skipped_paths.add(path, why, self.about.level == Level::Verbose);
        if self.about.keep == Keep::Json {
            let kept = self.skipped.push(&json!({"path": path, "code": why.code(), "why": why.why()}));
            self.note(kept);
        }
    }

    /// Takes in a problem. They come in input order.
    pub fn problem(&mut self, problem: &Diagnostic) {
        self.problems += 1;
        self.first_code.get_or_insert(problem.exit_code);
        let lines = self.hints.next(problem, self.style(AnsiColor::Red));
        let kept = self.problem_lines.push(lines.as_bytes());
        self.note(kept);
        if self.about.keep == Keep::Json {
            let kept = self.errors.push(&json::error(problem));
            self.note(kept);
        }
    }

    /// The entries, in input order, if they are kept.
    pub fn take_entries(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.entries)
    }

    fn spool(&mut self, line: &str) {
        let kept = self.lines.push(line.as_bytes());
        self.note(kept);
    }

    /// Keeps the first failure of a spool until the report is written.
    fn note(&mut self, kept: io::Result<()>) {
        if let Err(error) = kept {
            self.failure.get_or_insert(error);
        }
    }

    /// Writes the report as text, for people.
    pub fn write_text(mut self, out: &mut impl Write) -> io::Result<()> {
        let is_quiet = self.about.level == Level::Quiet;
        let (left_out, notes, end) = if is_quiet {
            (self.warning_lines.lines("warnings"), self.warnings(&self.loud_assumed()), String::new())
        } else {
            (self.left_out(), self.notes(), self.end())
        };
        let hint = self.hints.rest();
        let look = Look {
            would: self.would(),
            width: self.about.width.filter(|_| self.about.level != Level::Verbose),
            change: self.style(AnsiColor::Green),
            other: self.style(AnsiColor::Cyan),
        };
        line::write_all(self.lines, out, &look)?;
        out.write_all(left_out.as_bytes())?;
        self.loud_lines.write_to(out)?;
        out.write_all(notes.as_bytes())?;
        self.problem_lines.write_to(out)?;
        out.write_all(hint.as_bytes())?;
        out.write_all(end.as_bytes())?;
        self.failure.take().map_or(Ok(()), Err)
    }

    /// Writes the report as JSON, for programs: an item a line; its schema is docs/report.schema.json.
    pub fn write_json(&mut self, out: &mut impl Write) -> io::Result<()> {
        let is_delivered = self.delivered == Delivered::Manifests;
        let lists = [
            ("workloads", &mut self.workloads),
            ("unhandled", &mut self.unhandled),
            ("skippedPaths", &mut self.skipped),
            ("errors", &mut self.errors),
        ];
        json::write(out, &self.about, &self.loud_warnings, is_delivered, lists)?;
        self.failure.take().map_or(Ok(()), Err)
    }

    /// Whether a file's text begins as a report as JSON does.
    pub fn is_json(text: &[u8]) -> bool {
        json::is_report(text)
    }

    /// Whether changes have not happened.
    fn would(&self) -> bool {
        self.delivered != Delivered::Manifests
    }

    /// The line about a workload, as it waits for the end.
    fn line(&self, entry: &Entry) -> String {
        let mut details = String::new();
        if let Some(mode) = entry.mode.filter(|_| !matches!(entry.outcome, Outcome::Skipped | Outcome::NotChosen)) {
            let _ = write!(details, ", {mode}");
        }
        let several = self.about.mesh.as_ref().is_some_and(|mesh| mesh.get("revisions").is_some());
        let istio = entry.by.as_ref().filter(|_| entry.outcome == Outcome::Injected).map(|by| {
            let revision = if several { format!(", revision {}", by.revision) } else { String::new() };
            format!("istio {}{revision}", by.istio)
        });
        let shown = if self.about.level == Level::Verbose { usize::MAX } else { 1 };
        let of_entry = entry.reasons.iter().map(ToString::to_string).take(shown);
        let reasons: Vec<String> = istio.into_iter().chain(of_entry).collect();
        if !reasons.is_empty() {
            let _ = write!(details, " ({})", printable(&reasons.join("; ")));
        }
        let (outcome, is_change) = (entry.outcome.label(), entry.outcome.is_change());
        Line { place: &entry.place(), outcome, is_change, details: &details }.waiting()
    }

    fn style(&self, color: AnsiColor) -> Style {
        if self.about.styled { color.on_default() } else { Style::new() }
    }

    /// What follows the workloads: what was left out, and warnings about some of them.
    fn left_out(&self) -> String {
        let mut text = self.unhandled_lines.lines("objects");
        text.push_str(&self.skipped_paths.lines());
        text.push_str(&self.warning_lines.lines("warnings"));
        text
    }

    /// Lines of warnings about the run: `warnings`, and those that are always shown.
    fn warnings(&self, warnings: &[Remark]) -> String {
        let mut text = String::new();
        let style = self.style(AnsiColor::Yellow);
        for warning in warnings.iter().chain(&self.loud_warnings) {
            let _ = writeln!(text, "{style}warning{style:#}: {}", printable(&warning.text));
        }
        text
    }

    /// What is odd about the run as a whole, was given in vain, or was not given.
    fn notes(&self) -> String {
        let mut text = self.warnings(&self.about.warnings);
        for note in &self.about.notes {
            let _ = writeln!(text, "note: {}", printable(&note.text));
        }
        for assumed in &self.about.assumed {
            let _ = writeln!(text, "assumed: {}", printable(&assumed.text));
        }
        text
    }

    /// What was assumed, as warnings, where that is reported in any case.
    fn loud_assumed(&self) -> Vec<Remark> {
        let assumed = self.about.assumed.iter().filter(|_| self.about.warns_of_assumed);
        assumed.map(|assumed| Remark::new(assumed.code, format!("assumed {assumed}"))).collect()
    }

    /// The last lines: totals, and what comes of the run.
    fn end(&self) -> String {
        let mut text = self.totals.lines(self.files, self.would());
        if text.is_empty() && self.problems == 0 {
            let elsewhere = match self.elsewhere {
                0 => String::new(),
                1 => ": 1 object renders workloads elsewhere".to_owned(),
                count => format!(": {count} objects render workloads elsewhere"),
            };
            let _ = writeln!(text, "no workloads found in {}{elsewhere}", plural(self.files, "file"));
        }
        if self.problems > 0 {
            let (problems, style) = (plural(self.problems, "problem"), self.style(AnsiColor::Red));
            let nothing = if self.delivered == Delivered::Nothing { ": nothing was printed or written" } else { "" };
            let _ = writeln!(text, "{style}{problems}{style:#}{nothing}");
        }
        let restarts = match self.delivered {
            Delivered::Manifests => "restarts",
            Delivered::Preview => "would restart",
            Delivered::Nothing | Delivered::Incomplete => return text,
        };
        if self.restarts {
            let _ = writeln!(text, "applying these changes {restarts} the pods of these workloads");
        }
        if self.recreates {
            text.push_str("existing Jobs and Pods cannot be changed like this: delete and recreate them\n");
        }
        text
    }
}

/// Kinds whose pods of today stay as they are when their template changes.
fn restarts_nothing(kind: &str) -> bool {
    matches!(kind, "Job" | "Pod" | "CronJob" | "PodTemplate" | "ReplicaSet" | "ReplicationController")
}
