//! Collects the output of a run: standard output, files to write, and the exit code.

use std::io;
use std::path::{Component, PathBuf};

use super::batch::{DocumentExtras, EditedBatch, Folded};
use super::{Finished, output_problem};
use crate::diagnostic::ExitCode;
use crate::input::Source;
use crate::output::{
    DIFF_CONTEXT, Delivered, Entry, ExternalDiff, Form, PendingFile, Pieces, PreviewGroups, PreviewKeep, PreviewMark,
    Report, Spool, SpoolMark, UnifiedDiff, WriteError, changes, printable_file,
};

/// How much of standard output, and of a file to write, is kept in memory, in bytes.
const IN_MEMORY: usize = 8 << 20;

/// Standard output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Print {
    /// The whole stream, byte for byte.
    #[default]
    Manifests,
    /// A unified diff.
    Diff(DiffStyle),
    /// A diff by another program: its name and arguments.
    ExternalDiff(Vec<String>),
    /// The names of the files that change.
    ChangedFiles,
    /// The names of the workloads that change.
    ChangedWorkloads,
    /// An output form that consists of pieces.
    Pieces(&'static dyn Form),
    /// The workloads whose pods change, in groups.
    Groups(PreviewKeep),
    /// Nothing.
    Nothing,
}

/// How a diff is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiffStyle {
    /// Lines around each change.
    pub context: usize,
    /// Whether each injected sidecar is shown as one line.
    pub fold: bool,
}

impl Default for DiffStyle {
    fn default() -> Self {
        Self { context: DIFF_CONTEXT, fold: false }
    }
}

/// When a run that succeeds exits with code 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExitRule {
    /// Never.
    #[default]
    Nothing,
    /// If something differs.
    Differences,
    /// If something would change, or if a person has to decide something.
    Check,
}

/// What a command prints and writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputRequest {
    /// Standard output.
    pub print: Print,
    /// Whether changed files are written in place.
    pub write: bool,
    /// When the exit code is 1.
    pub exit_rule: ExitRule,
    /// Whether to print and write the successful results if something fails.
    pub keep_going: bool,
}

impl OutputRequest {
    /// What the report says about changed manifests if all succeeds.
    pub(super) fn delivered(&self) -> Delivered {
        match self.print {
            Print::Manifests => Delivered::Manifests,
            Print::Pieces(form) if matches!(form.pieces(), Pieces::Documents(_)) => Delivered::Manifests,
            Print::Pieces(form) if matches!(form.pieces(), Pieces::Workloads(_)) => Delivered::Explanations,
            Print::Groups(_) => Delivered::Explanations,
            _ if self.write => Delivered::Manifests,
            _ => Delivered::Preview,
        }
    }

    /// The results that are needed apart from the new text.
    pub(super) fn extras(&self) -> DocumentExtras {
        let form = if let Print::Pieces(form) = self.print { Some(form) } else { None };
        let diff = if let Print::Diff(style) = self.print { Some(style) } else { None };
        DocumentExtras { changes: diff.is_some(), fold: diff.is_some_and(|style| style.fold), form }
    }
}

/// Takes edited batches in input order, and keeps the output until the end of the run.
pub(super) struct OutputCollector {
    request: OutputRequest,
    stdout: Spool,
    /// Whether the manifests so far are JSON objects that follow each other.
    prints_json: bool,
    external: Option<ExternalDiff>,
    groups: Option<PreviewGroups>,
    pending: Vec<PendingFile>,
    not_written: Option<WriteError>,
    /// The source whose batches are being taken.
    open: Option<Open>,
    changes: bool,
    withheld: bool,
    failed: Option<io::Error>,
}

struct Open {
    source: Source,
    /// Where its output begins in `stdout`.
    start: u64,
    has_part: bool,
    changed: bool,
    diff: UnifiedDiff,
    /// The parts so far of a List that is on one line.
    line: SharedLine,
    old: Spool,
    new: Spool,
}

/// The parts of a List that share a line, for a diff.
struct SharedLine {
    old: Spool,
    new: Spool,
    /// The first workload that changed.
    label: Option<String>,
}

/// The state of a collector within a source.
pub(super) struct CollectorMark {
    stdout: SpoolMark,
    prints_json: bool,
    groups: Option<PreviewMark>,
    open: Option<OpenMark>,
}

struct OpenMark {
    has_part: bool,
    changed: bool,
    diff: UnifiedDiff,
    old: SpoolMark,
    new: SpoolMark,
}

impl OutputCollector {
    pub(super) fn new(request: OutputRequest) -> Self {
        let groups = if let Print::Groups(keep) = request.print { Some(PreviewGroups::new(keep)) } else { None };
        Self {
            request,
            stdout: Spool::new(IN_MEMORY),
            prints_json: false,
            external: None,
            groups,
            pending: Vec::new(),
            not_written: None,
            open: None,
            changes: false,
            withheld: false,
            failed: None,
        }
    }

    /// Drops all output: nothing will be printed or written.
    pub(super) fn withhold(&mut self) {
        if !std::mem::replace(&mut self.withheld, true) {
            self.stdout = Spool::new(0);
            self.pending.clear();
            (self.external, self.groups) = (None, None);
            self.open = None;
        }
    }

    /// Takes the next batch of `source`.
    pub(super) fn batch(&mut self, source: &Source, batch: &EditedBatch) {
        if self.withheld || self.failed.is_some() {
            return;
        }
        if let Err(error) = self.take(source, batch) {
            self.failed = Some(error);
        }
    }

    /// The state of the output, before a List.
    pub(super) fn mark(&self) -> CollectorMark {
        let open = self.open.as_ref().map(|open| OpenMark {
            has_part: open.has_part,
            changed: open.changed,
            diff: open.diff.clone(),
            old: open.old.mark(),
            new: open.new.mark(),
        });
        let groups = self.groups.as_ref().map(PreviewGroups::mark);
        CollectorMark { stdout: self.stdout.mark(), prints_json: self.prints_json, groups, open }
    }

    /// Drops everything since `mark`. The source has not ended in between.
    pub(super) fn rewind(&mut self, mark: &CollectorMark) {
        if self.withheld || self.failed.is_some() {
            return;
        }
        self.prints_json = mark.prints_json;
        let mut results = vec![self.stdout.rewind(mark.stdout)];
        results.extend(self.groups.as_mut().zip(mark.groups.as_ref()).map(|(groups, mark)| groups.rewind(mark)));
        self.open = self.open.take().zip(mark.open.as_ref()).map(|(mut open, mark)| {
            (open.has_part, open.changed, open.diff) = (mark.has_part, mark.changed, mark.diff.clone());
            open.line = SharedLine::new();
            results.extend([open.old.rewind(mark.old), open.new.rewind(mark.new)]);
            open
        });
        self.failed = results.into_iter().find_map(Result::err);
    }

    /// Drops the output of the open source, the rest of which cannot be read.
    pub(super) fn give_up_source(&mut self) {
        if let Some(open) = self.open.take()
            && let Err(error) = self.stdout.truncate(open.start)
        {
            self.failed.get_or_insert(error);
        }
    }

    fn take(&mut self, source: &Source, batch: &EditedBatch) -> io::Result<()> {
        let mut open = self.open.take().unwrap_or_else(|| Open {
            source: source.clone(),
            start: self.stdout.len(),
            has_part: false,
            changed: false,
            diff: UnifiedDiff::new(&diff_name(source), self.diff_context()),
            line: SharedLine::new(),
            old: Spool::new(IN_MEMORY),
            new: Spool::new(IN_MEMORY),
        });
        open.changed |= batch.new.is_some();
        match self.request.print {
            Print::Manifests => self.put_manifests(batch, !open.has_part, open.start > 0)?,
            Print::Diff(_) => self.put_diff(&mut open, batch)?,
            Print::ChangedWorkloads => {
                for document in &batch.documents {
                    let changed = document.results.entries.iter().filter(|entry| entry.outcome.is_change());
                    let mut names: Vec<(Option<usize>, String)> =
                        changed.map(|entry| (entry.item, entry.qualified_name())).collect();
                    // An object with several pod templates is named once.
                    names.dedup();
                    for (_, name) in names {
                        self.stdout.push(format!("{name}\n").as_bytes())?;
                    }
                }
            }
            Print::Pieces(form) => {
                for piece in batch.documents.iter().flat_map(|document| &document.results.pieces) {
                    self.put_piece(form, piece)?;
                }
            }
            Print::Groups(_) => {
                let mut entries = batch.documents.iter().flat_map(|document| &document.results.entries);
                if let Some(groups) = &mut self.groups {
                    entries.try_for_each(|entry| groups.add(entry))?;
                }
            }
            Print::ExternalDiff(_) | Print::ChangedFiles | Print::Nothing => {}
        }
        open.has_part = true;
        // A source of a single, unchanged batch need not be kept.
        let may_change = open.changed || !batch.is_last || !open.new.is_empty();
        if may_change && (self.request.write || matches!(self.request.print, Print::ExternalDiff(_))) {
            open.old.push(&batch.old)?;
            open.new.push(batch.text())?;
        }
        if batch.is_last {
            return self.end(open);
        }
        self.open = Some(open);
        Ok(())
    }

    fn diff_context(&self) -> usize {
        if let Print::Diff(style) = self.request.print { style.context } else { 0 }
    }

    /// Prints manifests byte for byte, with a `---` between sources that have none. JSON objects can follow each other
    /// without one, but kubectl reads that only if nothing else precedes them.
    fn put_manifests(&mut self, batch: &EditedBatch, is_first: bool, is_behind_others: bool) -> io::Result<()> {
        let mut text = batch.text();
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
        let goes_on = batch.part.as_ref().is_some_and(|part| !part.list.is_first);
        if self.prints_json || !is_behind_others || goes_on {
            return self.stdout.push(text);
        }
        let skipped = batch.text().len() - text.len();
        for document in &batch.documents {
            let text = batch.text().get(document.new.start.max(skipped)..document.new.end).unwrap_or_default();
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

    /// Prints a piece. The pieces of all sources are one text.
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

    /// Writes the text after the last piece.
    fn put_end(&mut self, form: &dyn Form) -> io::Result<()> {
        let layout = form.layout();
        if self.stdout.is_empty() {
            self.stdout.push(layout.head.as_bytes())?;
            return self.stdout.push(layout.empty.as_bytes());
        }
        self.stdout.push(layout.end.as_bytes())
    }

    fn put_diff(&mut self, open: &mut Open, batch: &EditedBatch) -> io::Result<()> {
        let diff = &mut open.diff;
        let mut out = Vec::new();
        if let Some(part) = batch.part.as_ref().filter(|part| !part.list.has_own_lines()) {
            open.line.add(batch)?;
            if part.list.is_last {
                let SharedLine { old, new, label } = std::mem::replace(&mut open.line, SharedLine::new());
                let (old, new) = (old.into_bytes()?, new.into_bytes()?);
                diff.part(&old, &new, &changes(&old, &new), |_| label.clone().unwrap_or_default(), &mut out);
            }
        } else if batch.new.is_none() {
            diff.same(&batch.old, &mut out);
        } else {
            for document in &batch.documents {
                let (old, new) = match &document.folded {
                    Some(Folded { old, new }) => (old.as_bytes(), new.as_bytes()),
                    None => (
                        batch.old.get(document.old.clone()).unwrap_or_default(),
                        batch.text().get(document.new.clone()).unwrap_or_default(),
                    ),
                };
                // The lines of a folded text are others: they cannot be assigned to one of several workloads.
                let entries = &document.results.entries[..];
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
        match &self.request.print {
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
            Print::Manifests | Print::ChangedWorkloads | Print::Pieces(_) | Print::Groups(_) | Print::Nothing => {}
        }
        if let (true, Source::File(path), None) = (self.request.write, &source, &self.not_written) {
            match PendingFile::prepare(path, old, new) {
                Ok(file) => self.pending.push(file),
                Err(error) => self.not_written = Some(error),
            }
        }
        Ok(())
    }

    /// Ends the run: the output, the files to replace, and the exit code.
    pub(super) fn finish(mut self, mut report: Report) -> Finished {
        if let (Print::Pieces(form), false) = (&self.request.print, self.withheld)
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
        self.changes |= self.groups.as_ref().is_some_and(PreviewGroups::has_changes);
        let found = match self.request.exit_rule {
            ExitRule::Nothing => false,
            ExitRule::Differences => self.changes,
            ExitRule::Check => self.changes || report.fails_check(),
        };
        let code = match report.first_code() {
            Some(code) => code,
            None if self.withheld => ExitCode::Output,
            None if found => ExitCode::Differences,
            None => ExitCode::Success,
        };
        let (stdout, external, groups, pending) = (self.stdout, self.external, self.groups, self.pending);
        Finished { stdout, external, groups, pending, code, report, findings: Vec::new(), fixed: 0 }
    }
}

impl SharedLine {
    fn new() -> Self {
        Self { old: Spool::new(IN_MEMORY), new: Spool::new(IN_MEMORY), label: None }
    }

    fn add(&mut self, part: &EditedBatch) -> io::Result<()> {
        self.old.push(&part.old)?;
        self.new.push(part.text())?;
        let mut entries = part.documents.iter().flat_map(|document| &document.results.entries);
        if self.label.is_none() {
            self.label = entries.find(|entry| entry.outcome.is_change()).map(Entry::short_name);
        }
        Ok(())
    }
}

/// The changed workload at a line of the file: the last one that begins there or before; the first if several begin on
/// that line.
fn workload_at(entries: &[Entry], line: usize) -> String {
    let changed = entries.iter().filter(|entry| entry.outcome.is_change());
    let found = changed.clone().filter(|entry| entry.line <= line).rev().max_by_key(|entry| entry.line);
    found.or_else(|| changed.min_by_key(|entry| entry.line)).map(Entry::short_name).unwrap_or_default()
}

/// Whether kubectl reads a stream that begins like `text` as JSON.
fn begins_json(text: &[u8]) -> bool {
    text.trim_ascii_start().starts_with(b"{")
}

/// The relative path in the headers of a diff.
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
