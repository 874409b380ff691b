//! The pipeline: reads sources in batches, works on batches in parallel, and collects the results in input order.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::iter::Peekable;
use std::ops::Range;
use std::sync::Arc;

use super::batch::{DocumentExtras, EditedBatch};
use super::collector::{CollectorMark, OutputCollector, OutputRequest};
use super::list::{Again, ListPass, ListProgress};
use super::pool::{Pool, Ticket};
use super::preview::DiffedGroups;
use super::shift::Shift;
use super::{Finished, Job};
use crate::diagnostic::Diagnostic;
use crate::input::{Batch, FindError, Inputs, ListFrame, Opened, ReadError, Skipped, WhySkipped};
use crate::lint::Finding;
use crate::output::{Form, Pieces, Remark, Report, ReportMark, RunInfo, SkippedPath};
use lossless_yaml::Place;

/// A single source up to this size, in bytes, needs no other thread: such a document cannot nest deep enough to exhaust
/// the stack of the main thread.
const SMALL: usize = 64 << 10;

/// How many sources a worker takes at once.
const GROUP: usize = 8;

/// The progress of a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Files and streams that are done.
    pub files: usize,
    /// Workloads that are done.
    pub workloads: usize,
    /// Bytes that are done.
    pub bytes: u64,
}

/// Works on all inputs. Nothing is printed or written yet: the caller does that with the result. `progress` is called
/// after each batch.
pub fn run(
    inputs: &Inputs,
    job: &Job<'_>,
    request: OutputRequest,
    info: RunInfo,
    progress: &mut dyn FnMut(Progress),
) -> Finished {
    let mut report = Report::new(info, request.delivered());
    report.files = inputs.sources.len();
    for Skipped { path, why } in &inputs.skipped {
        let why = match why {
            WhySkipped::ChartTemplates => SkippedPath::ChartTemplates,
            WhySkipped::DotFolder => SkippedPath::DotFolder,
            WhySkipped::LinkOut => SkippedPath::LinkOut,
        };
        report.skipped_path(&path.display().to_string(), why);
    }
    let worker = Worker { inputs, job, extras: request.extras() };
    let work = |work| worker.work(work);
    let mut assembler = Assembler {
        inputs,
        unusable: inputs.unusable.iter().peekable(),
        keep_going: request.keep_going,
        form: request.extras().form,
        collector: OutputCollector::new(request),
        report,
        used: BTreeSet::new(),
        findings: Vec::new(),
        fixed: 0,
        chosen: 0,
        shift: Shift::default(),
        progress,
        so_far: Progress::default(),
    };
    std::thread::scope(|scope| {
        let mut pool = Pool::new(scope, &work);
        if inputs.sources.len() == 1 {
            let is_small = |batch: &Batch| batch.is_last && batch.bytes.len() <= SMALL;
            return match worker.first(0, is_small, &DiffedGroups::default()) {
                WorkResult::Read { source, batch, rest } => assembler.stream(source, batch, rest, &mut pool),
                result => assembler.take(result, &mut pool),
            };
        }
        let mut waiting = VecDeque::new();
        for start in (0..inputs.sources.len()).step_by(GROUP) {
            if waiting.len() >= pool.ahead() {
                assembler.take_oldest(&mut waiting, &mut pool);
            }
            waiting.push_back(pool.submit(Work::Sources(start..inputs.sources.len().min(start + GROUP))));
        }
        while !waiting.is_empty() {
            assembler.take_oldest(&mut waiting, &mut pool);
        }
    });
    assembler.take_unusable(usize::MAX);
    assembler.warn_of_flags_that_match_nothing(job);
    assembler.report.add_notes(job.task.notes());
    Finished { findings: assembler.findings, fixed: assembler.fixed, ..assembler.collector.finish(assembler.report) }
}

/// A unit of work.
enum Work {
    /// Whole sources, by their positions.
    Sources(Range<usize>),
    /// A batch of a long source. `pass` is for parts of a List.
    Batch { source: usize, batch: Batch, pass: ListPass },
}

/// The result of a unit of work.
enum WorkResult {
    /// A whole source, or the next batch of one.
    Done { source: usize, batch: EditedBatch },
    /// The first batch of a source that has more, or that needs a thread with a larger stack.
    Read { source: usize, batch: Batch, rest: Opened },
    /// A source that cannot be read.
    Unreadable { source: usize, error: ReadError },
}

#[derive(Clone, Copy)]
struct Worker<'r> {
    inputs: &'r Inputs,
    job: &'r Job<'r>,
    extras: DocumentExtras,
}

impl Worker<'_> {
    fn work(&self, work: Work) -> Vec<WorkResult> {
        let diffed = DiffedGroups::default();
        match work {
            Work::Sources(sources) => {
                sources.map(|source| self.first(source, |batch| batch.is_last, &diffed)).collect()
            }
            Work::Batch { source, batch, pass } => vec![self.batch(source, batch, pass, &diffed)],
        }
    }

    fn open(&self, source: usize) -> io::Result<Opened> {
        if self.job.task.is_by_workload() { self.inputs.open_in_parts(source) } else { self.inputs.open(source) }
    }

    /// Reads the first batch of a source and works on it if `here` allows that.
    fn first(&self, source: usize, here: impl Fn(&Batch) -> bool, diffed: &DiffedGroups) -> WorkResult {
        let read = || -> Result<_, ReadError> {
            let mut batches = self.open(source)?;
            Ok((batches.next().transpose()?.unwrap_or_default(), batches))
        };
        match read() {
            Ok((batch, _)) if here(&batch) => self.batch(source, batch, ListPass::default(), diffed),
            Ok((batch, rest)) => WorkResult::Read { source, batch, rest },
            Err(error) => WorkResult::Unreadable { source, error },
        }
    }

    fn batch(&self, source: usize, batch: Batch, pass: ListPass, diffed: &DiffedGroups) -> WorkResult {
        let name: Arc<str> = self.inputs.sources.get(source).map(ToString::to_string).unwrap_or_default().into();
        WorkResult::Done { source, batch: EditedBatch::work(&name, batch, self.job, self.extras, pass, diffed) }
    }
}

/// Assembles results in the order of the inputs.
struct Assembler<'r> {
    inputs: &'r Inputs,
    unusable: Peekable<std::slice::Iter<'r, (usize, FindError)>>,
    keep_going: bool,
    form: Option<&'static dyn Form>,
    collector: OutputCollector,
    report: Report,
    /// Positions of the given template paths that led to a pod template.
    used: BTreeSet<usize>,
    findings: Vec<Finding>,
    fixed: usize,
    /// How many workloads were chosen by a task that works on whole documents.
    chosen: usize,
    /// How far the rest of the source moves.
    shift: Shift,
    progress: &'r mut dyn FnMut(Progress),
    so_far: Progress,
}

/// The state of the run before a List.
struct Mark {
    report: ReportMark,
    collector: CollectorMark,
    used: BTreeSet<usize>,
    so_far: Progress,
}

type Results = Ticket<Vec<WorkResult>>;
type Cores<'scope, 'env> = Pool<'scope, 'env, Work, Vec<WorkResult>>;

impl Assembler<'_> {
    fn take_oldest(&mut self, waiting: &mut VecDeque<Results>, pool: &mut Cores<'_, '_>) {
        let Some(oldest) = waiting.pop_front() else { return };
        for result in oldest.wait() {
            self.take(result, pool);
        }
    }

    fn take(&mut self, result: WorkResult, pool: &mut Cores<'_, '_>) {
        match result {
            WorkResult::Done { source, batch } => self.batch(source, batch),
            WorkResult::Unreadable { source, error } => self.unreadable(source, &error),
            WorkResult::Read { source, batch, rest } => self.stream(source, batch, rest, pool),
        }
    }

    /// Works on a long source that begins with the batch `first`.
    fn stream(&mut self, source: usize, first: Batch, mut rest: Opened, pool: &mut Cores<'_, '_>) {
        let mut waiting = VecDeque::new();
        let mut next = Some(Ok(first));
        let end = loop {
            match next {
                Some(Ok(batch)) if batch.list.is_some() => {
                    while !waiting.is_empty() {
                        self.take_oldest(&mut waiting, pool);
                    }
                    if let Err(error) = self.list(source, batch, &mut rest, pool) {
                        break Some(error);
                    }
                }
                Some(Ok(batch)) => {
                    waiting.push_back(pool.submit(Work::Batch { source, batch, pass: ListPass::default() }));
                }
                Some(Err(error)) => break Some(error),
                None => break None,
            }
            if waiting.len() >= pool.ahead() {
                self.take_oldest(&mut waiting, pool);
            }
            next = rest.next();
        };
        while !waiting.is_empty() {
            self.take_oldest(&mut waiting, pool);
        }
        if let Some(error) = end {
            self.unreadable(source, &error);
        }
    }

    /// Processes a List that begins with the part `first`: in parts, and again if their results are not valid.
    fn list(
        &mut self,
        source: usize,
        first: Batch,
        rest: &mut Opened,
        pool: &mut Cores<'_, '_>,
    ) -> Result<(), ReadError> {
        let may_be_cut = first.list.as_ref().is_some_and(|list| self.may_be_cut(&list.frame));
        let mut again = if may_be_cut { None } else { Some(Again::Whole) };
        let mut first = Some(first);
        let mark = self.mark();
        loop {
            let pass = match again {
                None => ListPass::default(),
                Some(Again::Parts(pass)) => {
                    rest.rewind_list();
                    pass
                }
                Some(Again::Whole) => break,
            };
            match self.parts(source, first.take(), rest, pass, pool)? {
                Ok(()) => return Ok(()),
                Err(wrong) => again = Some(wrong),
            }
            self.rewind(&mark);
        }
        if let Some(batch) = rest.whole_list().transpose()? {
            for result in pool.submit(Work::Batch { source, batch, pass: ListPass::default() }).wait() {
                self.take(result, pool);
            }
        }
        Ok(())
    }

    /// Processes the parts of a List, and takes the results while they are valid.
    fn parts(
        &mut self,
        source: usize,
        first: Option<Batch>,
        rest: &mut Opened,
        pass: ListPass,
        pool: &mut Cores<'_, '_>,
    ) -> Result<Result<(), Again>, ReadError> {
        let mut waiting = VecDeque::new();
        let mut progress = ListProgress::new(pass);
        let mut next = first.map(Ok).or_else(|| rest.next()).transpose()?;
        loop {
            let is_last = next.as_ref().and_then(|batch| batch.list.as_ref()).is_none_or(|list| list.is_last);
            if let Some(batch) = next.take() {
                waiting.push_back(pool.submit(Work::Batch { source, batch, pass }));
            }
            while waiting.len() >= if is_last { 1 } else { pool.ahead() } {
                let Some(oldest) = waiting.pop_front() else { break };
                for result in oldest.wait() {
                    if let WorkResult::Done { source, mut batch } = result {
                        if let Err(again) = progress.take(&mut batch) {
                            for ticket in waiting {
                                drop(ticket.wait());
                            }
                            return Ok(Err(again));
                        }
                        self.batch(source, batch);
                    }
                }
            }
            if is_last {
                return Ok(Ok(()));
            }
            next = rest.next().transpose()?;
        }
    }

    /// Whether the output allows that a List is worked on in parts: `-o json` prints one of a kind of its own as one
    /// object, and pieces for workloads have their numbers in the List.
    fn may_be_cut(&self, frame: &ListFrame) -> bool {
        let is_flattened = || {
            frame.text("kind").is_some_and(|kind| kind == "List")
                && frame.text("apiVersion").is_some_and(|version| version == "v1")
        };
        match self.form.map(Form::pieces) {
            Some(Pieces::Workloads(_)) => false,
            Some(Pieces::Documents(_)) => is_flattened(),
            Some(Pieces::Changes { .. }) | None => true,
        }
    }

    fn mark(&self) -> Mark {
        let (report, collector) = (self.report.mark(), self.collector.mark());
        Mark { report, collector, used: self.used.clone(), so_far: self.so_far }
    }

    fn rewind(&mut self, mark: &Mark) {
        self.report.rewind(&mark.report);
        self.collector.rewind(&mark.collector);
        self.used.clone_from(&mark.used);
        self.so_far = mark.so_far;
    }

    fn batch(&mut self, source: usize, mut batch: EditedBatch) {
        self.take_unusable(source);
        let Some(source) = self.inputs.sources.get(source) else { return };
        let name = source.to_string();
        for document in &mut batch.documents {
            let results = &mut document.results;
            // In the order of the document: a List may come in parts.
            let mut unhandled = results.unhandled.iter().peekable();
            for (index, entry) in results.entries.iter().enumerate() {
                while let Some(before) = unhandled.next_if(|unhandled| unhandled.templates_before <= index) {
                    self.report.unhandled(&name, document.number, results.source.as_deref(), before);
                }
                self.report.entry(entry);
            }
            for unhandled in unhandled {
                self.report.unhandled(&name, document.number, results.source.as_deref(), unhandled);
            }
            results.problems.iter().for_each(|problem| self.report.problem(problem));
            self.used.extend(&results.used);
            self.shift.apply(&mut results.findings, Place::from(0));
            self.findings.append(&mut results.findings);
            self.fixed += results.fixed;
            self.chosen += results.chosen;
        }
        self.withhold_after_a_problem();
        self.shift = if batch.is_last { Shift::default() } else { self.shift.then(batch.shift) };
        self.collector.batch(source, &batch);
        self.so_far.files += usize::from(batch.is_last);
        self.so_far.bytes += batch.old.len() as u64;
        self.so_far.workloads = self.report.workloads();
        (self.progress)(self.so_far);
    }

    fn unreadable(&mut self, source: usize, error: &ReadError) {
        self.take_unusable(source);
        let file = self.inputs.sources.get(source).map(ToString::to_string).unwrap_or_default();
        self.report.problem(&Diagnostic::from(error).in_file(file));
        self.withhold_after_a_problem();
        self.shift = Shift::default();
        self.collector.give_up_source();
    }

    /// Reports unreadable inputs that were named before the source at `position`.
    fn take_unusable(&mut self, position: usize) {
        while let Some((_, error)) = self.unusable.next_if(|(before, _)| *before <= position) {
            self.report.problem(&Diagnostic::from(error));
        }
        self.withhold_after_a_problem();
    }

    /// Warns of flags that match nothing: they are misspelt or meant for other files. Where files were named one by one,
    /// as pre-commit does, each call sees only some files, and `--check` does not fail for it.
    fn warn_of_flags_that_match_nothing(&mut self, job: &Job<'_>) {
        if self.report.first_code().is_some() {
            return;
        }
        let unused = job.kinds.given().filter(|(position, _)| !self.used.contains(position));
        let unused: Vec<String> = unused.map(|(_, path)| path.to_string()).collect();
        let mut warnings = Vec::new();
        if !unused.is_empty() {
            warnings.push(format!("--pod-template-path {} matches nothing", unused.join(", ")));
        }
        let limits = job.selection.limits();
        if !limits.is_empty() && self.report.selected() == 0 && self.chosen == 0 {
            warnings.push(format!("no workload matches {}", limits.join(" and ")));
        } else {
            warnings.extend(job.task.unmatched());
        }
        for warning in warnings {
            self.report.warn_even_if_quiet(Remark::new("matches-nothing", warning), !self.inputs.named_one_by_one);
        }
    }

    fn withhold_after_a_problem(&mut self) {
        if self.report.first_code().is_some() && !self.keep_going {
            self.collector.withhold();
        }
    }
}
