//! Where the manifests of a run go: what is printed, what is written, and the exit code.

use std::io;
use std::path::{Component, PathBuf};

use super::part::{Folded, Part, Wanted};
use super::{Finished, output_problem};
use crate::diagnostic::ExitCode;
use crate::input::Source;
use crate::output::{
    DIFF_CONTEXT, Delivered, Entry, ExternalDiff, Form, PendingFile, Pieces, Report, Spool, UnifiedDiff, WriteError,
    printable_file,
};

/// How much of what is to be printed is held in memory, in bytes; and of one file that may have to be written.
const IN_MEMORY: usize = 8 << 20;

/// What goes to standard output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Print {
    /// The whole stream, byte for byte.
    #[default]
    Manifests,
    /// A unified diff.
    Diff(DiffStyle),
    /// What another program shows: its name and arguments.
    ExternalDiff(Vec<String>),
    /// The names of the files that change.
    ChangedFiles,
    /// The names of the workloads that change.
    ChangedWorkloads,
    /// One text made of a piece for each object or each changed one.
    Pieces(&'static dyn Form),
    /// Nothing: changed files are written.
    Nothing,
}

/// How a diff is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiffStyle {
    /// Lines around each change.
    pub context: usize,
    /// Each injected sidecar is shown as one line.
    pub fold: bool,
}

impl Default for DiffStyle {
    fn default() -> Self {
        Self { context: DIFF_CONTEXT, fold: false }
    }
}

/// What the exit code 1 means where nothing failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Asks {
    /// It is not used.
    #[default]
    Nothing,
    /// Something differs.
    Differences,
    /// Something would change, or has to be settled by a person.
    Check,
}

/// What to do with the manifests of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deliver {
    /// What goes to standard output.
    pub print: Print,
    /// Whether changed files are written in place.
    pub write: bool,
    /// What the exit code answers.
    pub asks: Asks,
    /// Whether what succeeded is delivered although something failed.
    pub keep_going: bool,
}

impl Deliver {
    /// Where changed manifests go if all goes well.
    pub(super) fn delivered(&self) -> Delivered {
        match self.print {
            Print::Manifests => Delivered::Manifests,
            Print::Pieces(form) if matches!(form.pieces(), Pieces::Documents(_)) => Delivered::Manifests,
            _ if self.write => Delivered::Manifests,
            _ => Delivered::Preview,
        }
    }

    /// What must be known of each document.
    pub(super) fn wanted(&self) -> Wanted {
        let form = if let Print::Pieces(form) = self.print { Some(form) } else { None };
        let diff = if let Print::Diff(style) = self.print { Some(style) } else { None };
        Wanted { changes: diff.is_some(), fold: diff.is_some_and(|style| style.fold), form }
    }
}

/// Takes in the parts of all sources in their order, and keeps what is to be printed and written until the end.
pub(super) struct Delivery {
    deliver: Deliver,
    stdout: Spool,
    /// Whether the manifests printed so far are JSON objects that follow each other.
    prints_json: bool,
    external: Option<ExternalDiff>,
    pending: Vec<PendingFile>,
    not_written: Option<WriteError>,
    /// The source that is open.
    open: Option<Open>,
    changes: bool,
    withheld: bool,
    failed: Option<io::Error>,
}

struct Open {
    source: Source,
    /// Where its output begins in what is printed.
    start: u64,
    has_part: bool,
    changed: bool,
    diff: UnifiedDiff,
    old: Spool,
    new: Spool,
}

impl Delivery {
    pub(super) fn new(deliver: Deliver) -> Self {
        Self {
            deliver,
            stdout: Spool::new(IN_MEMORY),
            prints_json: false,
            external: None,
            pending: Vec::new(),
            not_written: None,
            open: None,
            changes: false,
            withheld: false,
            failed: None,
        }
    }

    /// Nothing will be delivered: what is kept for that can go.
    pub(super) fn withhold(&mut self) {
        if !std::mem::replace(&mut self.withheld, true) {
            self.stdout = Spool::new(0);
            self.pending.clear();
            self.external = None;
            self.open = None;
        }
    }

    /// Takes in the next part of `source`.
    pub(super) fn part(&mut self, source: &Source, part: &Part) {
        if self.withheld || self.failed.is_some() {
            return;
        }
        if let Err(error) = self.take(source, part) {
            self.failed = Some(error);
        }
    }

    /// The rest of the open source cannot be read: it is left out.
    pub(super) fn give_up_source(&mut self) {
        if let Some(open) = self.open.take()
            && let Err(error) = self.stdout.truncate(open.start)
        {
            self.failed.get_or_insert(error);
        }
    }

    fn take(&mut self, source: &Source, part: &Part) -> io::Result<()> {
        let mut open = self.open.take().unwrap_or_else(|| Open {
            source: source.clone(),
            start: self.stdout.len(),
            has_part: false,
            changed: false,
            diff: UnifiedDiff::new(diff_name(source), self.diff_context()),
            old: Spool::new(IN_MEMORY),
            new: Spool::new(IN_MEMORY),
        });
        open.changed |= part.new.is_some();
        match self.deliver.print {
            Print::Manifests => self.put_manifests(part, !open.has_part, open.start > 0)?,
            Print::Diff(_) => self.put_diff(&mut open.diff, part)?,
            Print::ChangedWorkloads => {
                for document in &part.documents {
                    let changed = document.entries.iter().filter(|entry| entry.outcome.is_change());
                    let mut names: Vec<(Option<usize>, String)> =
                        changed.map(|entry| (entry.item, entry.qualified_name())).collect();
                    // An object with several pod templates has one name.
                    names.dedup();
                    for (_, name) in names {
                        self.stdout.push(format!("{name}\n").as_bytes())?;
                    }
                }
            }
            Print::Pieces(form) => {
                for piece in part.documents.iter().flat_map(|document| &document.pieces) {
                    self.put_piece(form, piece)?;
                }
            }
            Print::ExternalDiff(_) | Print::ChangedFiles | Print::Nothing => {}
        }
        open.has_part = true;
        // A source of one part need not be kept if that part did not change.
        let may_change = open.changed || !part.is_last || !open.new.is_empty();
        if may_change && (self.deliver.write || matches!(self.deliver.print, Print::ExternalDiff(_))) {
            open.old.push(&part.old)?;
            open.new.push(part.text())?;
        }
        if part.is_last {
            return self.end(open);
        }
        self.open = Some(open);
        Ok(())
    }

    fn diff_context(&self) -> usize {
        if let Print::Diff(style) = self.deliver.print { style.context } else { 0 }
    }

    /// All manifests are one stream: byte for byte, with a marker between sources that have none. JSON objects may follow
    /// each other without one, but kubectl reads them so only where nothing else comes before.
    fn put_manifests(&mut self, part: &Part, is_first: bool, is_behind_others: bool) -> io::Result<()> {
        let mut text = part.text();
        if is_first {
            let is_json = begins_json(text) && (self.prints_json || !is_behind_others);
            if is_behind_others {
                text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
                self.end_line()?;
                if !is_json && !text.starts_with(b"---") && !text.starts_with(b"%") {
                    self.stdout.push(b"---\n")?;
                }
            }
            self.prints_json = is_json;
        }
        if self.prints_json || !is_behind_others {
            return self.stdout.push(text);
        }
        let skipped = part.text().len() - text.len();
        for document in &part.documents {
            let text = part.text().get(document.new.start.max(skipped)..document.new.end).unwrap_or_default();
            if text.starts_with(b"{") && !(is_first && document.new.start == 0) {
                self.end_line()?;
                self.stdout.push(b"---\n")?;
            }
            self.stdout.push(text)?;
        }
        Ok(())
    }

    fn end_line(&mut self) -> io::Result<()> {
        if self.stdout.is_empty() || self.stdout.last() == Some(b'\n') { Ok(()) } else { self.stdout.push(b"\n") }
    }

    /// All pieces are one text, whatever source they come from.
    fn put_piece(&mut self, form: &dyn Form, piece: &str) -> io::Result<()> {
        let layout = form.layout();
        if self.stdout.is_empty() {
            self.stdout.push(layout.head.as_bytes())?;
            self.stdout.push(layout.first.as_bytes())?;
        } else {
            self.stdout.push(layout.next.as_bytes())?;
        }
        self.stdout.push(piece.as_bytes())
    }

    /// Puts what comes after the last piece.
    fn put_end(&mut self, form: &dyn Form) -> io::Result<()> {
        let layout = form.layout();
        if self.stdout.is_empty() {
            self.stdout.push(layout.head.as_bytes())?;
            return self.stdout.push(layout.empty.as_bytes());
        }
        self.stdout.push(layout.end.as_bytes())
    }

    fn put_diff(&mut self, diff: &mut UnifiedDiff, part: &Part) -> io::Result<()> {
        let mut out = Vec::new();
        if part.new.is_none() {
            diff.same(&part.old, &mut out);
        } else {
            for document in &part.documents {
                let (old, new) = match &document.folded {
                    Some(Folded { old, new }) => (old.as_bytes(), new.as_bytes()),
                    None => (
                        part.old.get(document.old.clone()).unwrap_or_default(),
                        part.text().get(document.new.clone()).unwrap_or_default(),
                    ),
                };
                // A folded text has other lines: it can be of one workload only.
                let entries = &document.entries[..];
                let entries = if document.folded.is_some() && entries.len() > 1 { &[] } else { entries };
                diff.part(old, new, &document.changes, |line| workload_at(entries, line), &mut out);
            }
        }
        self.stdout.push(&out)
    }

    fn end(&mut self, open: Open) -> io::Result<()> {
        let Open { source, changed, diff, old, new, .. } = open;
        if !changed {
            return Ok(());
        }
        self.changes = true;
        let (mut old, mut new) = (old, new);
        match &self.deliver.print {
            Print::Diff(_) => {
                let mut out = Vec::new();
                diff.finish(&mut out);
                self.stdout.push(&out)?;
            }
            Print::ExternalDiff(program) => {
                let external = self.external.get_or_insert_with(|| ExternalDiff::new(program.clone()));
                external.add(&source.to_string(), &mut old, &mut new)?;
            }
            Print::ChangedFiles => self.stdout.push(format!("{}\n", printable_file(&source.to_string())).as_bytes())?,
            Print::Manifests | Print::ChangedWorkloads | Print::Pieces(_) | Print::Nothing => {}
        }
        if let (true, Source::File(path), None) = (self.deliver.write, &source, &self.not_written) {
            match PendingFile::prepare(path, old, new) {
                Ok(file) => self.pending.push(file),
                Err(error) => self.not_written = Some(error),
            }
        }
        Ok(())
    }

    /// The end of the run: what there is to print, and the files that wait to be put in place.
    pub(super) fn finish(mut self, mut report: Report) -> Finished {
        if let (Print::Pieces(form), false) = (&self.deliver.print, self.withheld)
            && let Err(error) = self.put_end(*form)
        {
            self.failed.get_or_insert(error);
        }
        let failed = self.failed.take().map(|error| format!("a temporary file: {error}"));
        let not_written = self.not_written.take().map(|error| error.to_string());
        if let Some(message) = failed.or(not_written) {
            report.problem(&output_problem(message));
            self.withhold();
        }
        if self.withheld {
            report.delivered = Delivered::Nothing;
        }
        let found = match self.deliver.asks {
            Asks::Nothing => false,
            Asks::Differences => self.changes,
            Asks::Check => self.changes || report.fails_check(),
        };
        let code = match report.first_code() {
            Some(code) => code,
            None if self.withheld => ExitCode::Output,
            None if found => ExitCode::Differences,
            None => ExitCode::Success,
        };
        Finished { stdout: self.stdout, external: self.external, pending: self.pending, code, report }
    }
}

/// The workload that changed at a line of the file: the last that begins there or before, the first of several on one line.
fn workload_at(entries: &[Entry], line: usize) -> String {
    let changed = entries.iter().filter(|entry| entry.outcome.is_change());
    let found = changed.clone().filter(|entry| entry.line <= line).rev().max_by_key(|entry| entry.line);
    found.or_else(|| changed.min_by_key(|entry| entry.line)).map(Entry::short_name).unwrap_or_default()
}

/// Whether kubectl takes a stream that begins like `text` for JSON.
fn begins_json(text: &[u8]) -> bool {
    text.trim_ascii_start().starts_with(b"{")
}

/// A relative name for the headers of a diff.
fn diff_name(source: &Source) -> String {
    match source {
        Source::File(path) => {
            let named = path.components().filter(|c| matches!(c, Component::Normal(_)));
            named.collect::<PathBuf>().display().to_string()
        }
        Source::Stdin | Source::Text(_) => "stdin".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Outcome;

    #[test]
    fn a_line_belongs_to_the_workload_that_begins_before_it() {
        let entry = |name: &str, line, outcome| Entry { line, outcome, ..Entry::new("a.yaml".into(), "", "Pod", name) };
        let changed = Outcome::Injected;
        let entries =
            [entry("a", 3, changed), entry("b", 3, changed), entry("c", 7, Outcome::Skipped), entry("d", 9, changed)];
        for (line, name) in [(1, "pod/a"), (3, "pod/a"), (8, "pod/a"), (9, "pod/d"), (100, "pod/d")] {
            assert_eq!(workload_at(&entries, line), name, "line {line}");
        }
        assert_eq!(workload_at(&entries[2..3], 8), "");
    }
}
