//! Where the manifests of a run go: what is printed, what is written, and the exit code.

use std::io;
use std::path::{Component, PathBuf};

use super::part::{Part, Wanted};
use super::{CODE_OUTPUT, Finished};
use crate::input::Source;
use crate::output::{
    Delivered, Entry, ExternalDiff, Form, PendingFile, Problem, Report, Spool, UnifiedDiff, WriteError, commit,
    printable,
};

/// How much of what is to be printed is held in memory, in bytes; and of one file that may have to be written.
const IN_MEMORY: usize = 8 << 20;

/// What to do with the manifests of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line, and they combine")]
pub struct Deliver {
    /// Show a diff in the place of the manifests.
    pub diff: bool,
    /// The program that shows the diff; none if it is printed.
    pub diff_program: Option<Vec<String>>,
    /// Write changed files in place.
    pub write: bool,
    /// Only tell which files would change.
    pub check: bool,
    /// Only name the workloads that change.
    pub names: bool,
    /// The form in which objects or changes are printed, in the place of the manifests.
    pub form: Option<Form>,
    /// What succeeded is delivered although something failed.
    pub keep_going: bool,
}

/// What is printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Printed {
    Manifests,
    Diff,
    ExternalDiff,
    ChangedFiles,
    ChangedWorkloads,
    Pieces(Form),
    Nothing,
}

impl Deliver {
    fn printed(&self) -> Printed {
        match self {
            Self { diff: true, diff_program: Some(_), .. } => Printed::ExternalDiff,
            Self { diff: true, .. } => Printed::Diff,
            Self { form: Some(form), .. } => Printed::Pieces(*form),
            Self { check: true, .. } => Printed::ChangedFiles,
            Self { names: true, .. } => Printed::ChangedWorkloads,
            Self { write: true, .. } => Printed::Nothing,
            _ => Printed::Manifests,
        }
    }

    /// Where changed manifests go if all goes well.
    pub(super) fn delivered(&self) -> Delivered {
        match self.printed() {
            Printed::Manifests | Printed::Pieces(Form::Json) => Delivered::Manifests,
            _ if self.writes() => Delivered::Manifests,
            _ => Delivered::Preview,
        }
    }

    fn writes(&self) -> bool {
        self.write && !self.check
    }

    /// What must be known of each document.
    pub(super) fn wanted(&self) -> Wanted {
        let printed = self.printed();
        let form = if let Printed::Pieces(form) = printed { Some(form) } else { None };
        Wanted { changes: printed == Printed::Diff, form }
    }
}

/// Takes in the parts of all sources in their order, and keeps what is to be printed and written until the end.
pub(super) struct Delivery {
    deliver: Deliver,
    printed: Printed,
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
            printed: deliver.printed(),
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
            diff: UnifiedDiff::new(diff_name(source)),
            old: Spool::new(IN_MEMORY),
            new: Spool::new(IN_MEMORY),
        });
        open.changed |= part.new.is_some();
        match self.printed {
            Printed::Manifests => self.put_manifests(part, !open.has_part, open.start > 0)?,
            Printed::Diff => self.put_diff(&mut open.diff, part)?,
            Printed::ChangedWorkloads => {
                let entries = part.documents.iter().flat_map(|d| &d.entries);
                for name in entries.filter(|e| e.outcome.is_change()).map(Entry::qualified_name) {
                    self.stdout.push(format!("{name}\n").as_bytes())?;
                }
            }
            Printed::Pieces(form) => {
                for piece in part.documents.iter().flat_map(|document| &document.pieces) {
                    self.put_piece(form, piece)?;
                }
            }
            Printed::ExternalDiff | Printed::ChangedFiles | Printed::Nothing => {}
        }
        open.has_part = true;
        // A source of one part need not be kept if that part did not change.
        let may_change = open.changed || !part.is_last || !open.new.is_empty();
        if may_change && (self.deliver.writes() || self.printed == Printed::ExternalDiff) {
            open.old.push(&part.old)?;
            open.new.push(part.text())?;
        }
        if part.is_last {
            return self.end(open);
        }
        self.open = Some(open);
        Ok(())
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
    fn put_piece(&mut self, form: Form, piece: &str) -> io::Result<()> {
        let before = form.before(self.stdout.is_empty());
        if self.stdout.is_empty() {
            self.stdout.push(form.head().as_bytes())?;
        }
        self.stdout.push(before.as_bytes())?;
        self.stdout.push(piece.as_bytes())
    }

    /// What stands behind the last piece.
    fn put_tail(&mut self, form: Form) -> io::Result<()> {
        let has_pieces = !self.stdout.is_empty();
        if !has_pieces {
            self.stdout.push(form.head().as_bytes())?;
        }
        self.stdout.push(form.tail(has_pieces).as_bytes())
    }

    fn put_diff(&mut self, diff: &mut UnifiedDiff, part: &Part) -> io::Result<()> {
        let mut out = Vec::new();
        if part.new.is_none() {
            diff.same(&part.old, &mut out);
        } else {
            for document in &part.documents {
                let old = part.old.get(document.old.clone()).unwrap_or_default();
                let new = part.text().get(document.new.clone()).unwrap_or_default();
                diff.part(old, new, &document.changes, &mut out);
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
        match self.printed {
            Printed::Diff => {
                let mut out = Vec::new();
                diff.finish(&mut out);
                self.stdout.push(&out)?;
            }
            Printed::ChangedFiles => self.stdout.push(format!("{}\n", printable(&source.to_string())).as_bytes())?,
            _ => {}
        }
        let (mut old, mut new) = (old, new);
        if let (Printed::ExternalDiff, Some(program)) = (self.printed, &self.deliver.diff_program) {
            let external = match &mut self.external {
                Some(external) => external,
                none => none.insert(ExternalDiff::new(program.clone())?),
            };
            external.add(&source.to_string(), &mut old, &mut new)?;
        }
        if let (true, Source::File(path), None) = (self.deliver.writes(), &source, &self.not_written) {
            match PendingFile::prepare(path, old, new) {
                Ok(file) => self.pending.push(file),
                Err(error) => self.not_written = Some(error),
            }
        }
        Ok(())
    }

    /// The end of the run: writes files in place, if that was asked for.
    pub(super) fn finish(mut self, mut report: Report) -> Finished {
        if let (Printed::Pieces(form), false) = (self.printed, self.withheld)
            && let Err(error) = self.put_tail(form)
        {
            self.failed.get_or_insert(error);
        }
        let failed = self.failed.take().map(|error| format!("a temporary file: {error}"));
        let not_written = self.not_written.take().map(|error| error.to_string());
        if let Some(message) = failed.or(not_written) {
            report.problem(&problem(message));
            self.withhold();
        }
        if self.withheld {
            report.delivered = Delivered::Nothing;
            let code = report.first_code().unwrap_or(CODE_OUTPUT);
            return Finished { stdout: self.stdout, external: None, code, report };
        }
        if let Err(error) = commit(std::mem::take(&mut self.pending)) {
            report.problem(&problem(error.to_string()));
            report.delivered = Delivered::Incomplete;
        }
        let asks = self.deliver.check || (self.deliver.diff && !self.deliver.write);
        let found = (self.changes && asks) || (self.deliver.check && report.fails_check());
        let code = report.first_code().unwrap_or(u8::from(found));
        Finished { stdout: self.stdout, external: self.external, code, report }
    }
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

fn problem(message: String) -> Problem {
    Problem {
        file: String::new(),
        place: None,
        path: String::new(),
        message,
        excerpt: None,
        hint: None,
        code: CODE_OUTPUT,
    }
}
