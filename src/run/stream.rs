//! The pipeline: sources are read in batches, batches worked on by all cores, and what came of them taken in in order.

use std::collections::{BTreeSet, VecDeque};
use std::iter::Peekable;
use std::ops::Range;
use std::sync::Arc;

use super::deliver::{Deliver, Delivery};
use super::part::{Part, Wanted};
use super::pool::{Pool, Ticket};
use super::{Finished, Job};
use crate::diagnostic::Diagnostic;
use crate::input::{Batch, FindError, Inputs, Opened, ReadError, Skipped, WhySkipped};
use crate::output::{About, Remark, Report, SkippedPath};

/// A single source up to this size, in bytes, is worked on without another thread: documents of that size do not nest
/// so deep that the stack of the first thread is too small.
const SMALL: usize = 64 << 10;

/// How many sources a core takes at once.
const GROUP: usize = 8;

/// How far a run is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Files, or streams, that are done.
    pub files: usize,
    /// Workloads that are done.
    pub workloads: usize,
    /// Bytes that are done.
    pub bytes: u64,
}

/// Works on all inputs. Nothing is printed here; files are written in place if `deliver` asks for it. `progress` is
/// called after each part.
pub fn run(
    inputs: &Inputs,
    job: &Job<'_>,
    deliver: Deliver,
    about: About,
    progress: &mut dyn FnMut(Progress),
) -> Finished {
    let mut report = Report::new(about, deliver.delivered());
    report.files = inputs.sources.len();
    for Skipped { path, why } in &inputs.skipped {
        let why = match why {
            WhySkipped::ChartTemplates => SkippedPath::ChartTemplates,
            WhySkipped::DotFolder => SkippedPath::DotFolder,
            WhySkipped::LinkOut => SkippedPath::LinkOut,
        };
        report.skipped_path(&path.display().to_string(), why);
    }
    let worker = Worker { inputs, job, wanted: deliver.wanted() };
    let work = |work| worker.work(work);
    let mut taker = Taker {
        inputs,
        unusable: inputs.unusable.iter().peekable(),
        keep_going: deliver.keep_going,
        delivery: Delivery::new(deliver),
        report,
        used: BTreeSet::new(),
        progress,
        so_far: Progress::default(),
    };
    std::thread::scope(|scope| {
        let mut pool = Pool::new(scope, &work);
        if inputs.sources.len() == 1 {
            return match worker.first(0, |batch| batch.is_last && batch.bytes.len() <= SMALL) {
                Piece::Read { source, batch, rest } => {
                    let first = pool.submit(Work::Batch { source, batch });
                    taker.stream(source, first, rest, &mut pool);
                }
                piece => taker.take(piece, &mut pool),
            };
        }
        let mut waiting = VecDeque::new();
        for start in (0..inputs.sources.len()).step_by(GROUP) {
            if waiting.len() >= pool.ahead() {
                taker.take_oldest(&mut waiting, &mut pool);
            }
            waiting.push_back(pool.submit(Work::Sources(start..inputs.sources.len().min(start + GROUP))));
        }
        while !waiting.is_empty() {
            taker.take_oldest(&mut waiting, &mut pool);
        }
    });
    taker.take_unusable(usize::MAX);
    taker.warn_of_what_matched_nothing(job);
    taker.delivery.finish(taker.report)
}

/// What a core does at once.
enum Work {
    /// Whole sources, by their positions.
    Sources(Range<usize>),
    /// A part of a long source.
    Batch { source: usize, batch: Batch },
}

/// What comes of it.
enum Piece {
    /// All of a source, or the next part of it.
    Done { source: usize, part: Part },
    /// The first batch of a source that goes on, or that wants another thread.
    Read { source: usize, batch: Batch, rest: Opened },
    /// A source that cannot be read.
    Unreadable { source: usize, error: ReadError },
}

#[derive(Clone, Copy)]
struct Worker<'r> {
    inputs: &'r Inputs,
    job: &'r Job<'r>,
    wanted: Wanted,
}

impl Worker<'_> {
    fn work(&self, work: Work) -> Vec<Piece> {
        match work {
            Work::Sources(sources) => sources.map(|source| self.first(source, |batch| batch.is_last)).collect(),
            Work::Batch { source, batch } => vec![self.batch(source, batch)],
        }
    }

    /// Reads the first batch of a source, and works on it if `here` says so.
    fn first(&self, source: usize, here: impl Fn(&Batch) -> bool) -> Piece {
        let read = || -> Result<_, ReadError> {
            let mut batches = self.inputs.open(source)?;
            Ok((batches.next().transpose()?.unwrap_or_default(), batches))
        };
        match read() {
            Ok((batch, _)) if here(&batch) => self.batch(source, batch),
            Ok((batch, rest)) => Piece::Read { source, batch, rest },
            Err(error) => Piece::Unreadable { source, error },
        }
    }

    fn batch(&self, source: usize, batch: Batch) -> Piece {
        let name: Arc<str> = self.inputs.sources.get(source).map(ToString::to_string).unwrap_or_default().into();
        Piece::Done { source, part: Part::work(&name, batch, self.job, self.wanted) }
    }
}

/// Takes in what came of the work, in the order of the inputs.
struct Taker<'r> {
    inputs: &'r Inputs,
    unusable: Peekable<std::slice::Iter<'r, (usize, FindError)>>,
    keep_going: bool,
    delivery: Delivery,
    report: Report,
    /// Which of the paths that were added led to a pod template, by their positions.
    used: BTreeSet<usize>,
    progress: &'r mut dyn FnMut(Progress),
    so_far: Progress,
}

type Results = Ticket<Vec<Piece>>;
type Cores<'scope, 'env> = Pool<'scope, 'env, Work, Vec<Piece>>;

impl Taker<'_> {
    fn take_oldest(&mut self, waiting: &mut VecDeque<Results>, pool: &mut Cores<'_, '_>) {
        let Some(oldest) = waiting.pop_front() else { return };
        for piece in oldest.wait() {
            self.take(piece, pool);
        }
    }

    fn take(&mut self, piece: Piece, pool: &mut Cores<'_, '_>) {
        match piece {
            Piece::Done { source, part } => self.part(source, &part),
            Piece::Unreadable { source, error } => self.unreadable(source, &error),
            Piece::Read { source, batch, rest } => {
                let first = pool.submit(Work::Batch { source, batch });
                self.stream(source, first, rest, pool);
            }
        }
    }

    /// Takes in a long source, of which the `first` batch is worked on.
    fn stream(&mut self, source: usize, first: Results, mut rest: Opened, pool: &mut Cores<'_, '_>) {
        let mut waiting = VecDeque::from([first]);
        let end = loop {
            match rest.next() {
                Some(Ok(batch)) => waiting.push_back(pool.submit(Work::Batch { source, batch })),
                Some(Err(error)) => break Some(error),
                None => break None,
            }
            if waiting.len() >= pool.ahead() {
                self.take_oldest(&mut waiting, pool);
            }
        };
        while !waiting.is_empty() {
            self.take_oldest(&mut waiting, pool);
        }
        if let Some(error) = end {
            self.unreadable(source, &error);
        }
    }

    fn part(&mut self, source: usize, part: &Part) {
        self.take_unusable(source);
        let Some(source) = self.inputs.sources.get(source) else { return };
        let name = source.to_string();
        for document in &part.documents {
            document.entries.iter().for_each(|entry| self.report.entry(entry));
            for unhandled in &document.unhandled {
                self.report.unhandled(&name, document.number, document.source.as_deref(), unhandled);
            }
            document.problems.iter().for_each(|problem| self.report.problem(problem));
            self.used.extend(&document.used);
        }
        self.withhold_after_a_problem();
        self.delivery.part(source, part);
        self.so_far.files += usize::from(part.is_last);
        self.so_far.bytes += part.old.len() as u64;
        self.so_far.workloads = self.report.workloads();
        (self.progress)(self.so_far);
    }

    fn unreadable(&mut self, source: usize, error: &ReadError) {
        self.take_unusable(source);
        let file = self.inputs.sources.get(source).map(ToString::to_string).unwrap_or_default();
        self.report.problem(&Diagnostic::from(error).in_file(file));
        self.withhold_after_a_problem();
        self.delivery.give_up_source();
    }

    /// Reports what was named before the source at `position` and cannot be read.
    fn take_unusable(&mut self, position: usize) {
        while let Some((_, error)) = self.unusable.next_if(|(before, _)| *before <= position) {
            self.report.problem(&Diagnostic::from(error));
        }
        self.withhold_after_a_problem();
    }

    /// Flags that match nothing are misspelt, or about other files: where files were named one by one, each call sees
    /// some of many.
    fn warn_of_what_matched_nothing(&mut self, job: &Job<'_>) {
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
        if !limits.is_empty() && self.report.selected() == 0 {
            warnings.push(format!("no workload matches {}", limits.join(" and ")));
        }
        for warning in warnings {
            self.report.warn_even_if_quiet(Remark::new("matches-nothing", warning), !self.inputs.named_one_by_one);
        }
    }

    fn withhold_after_a_problem(&mut self) {
        if self.report.first_code().is_some() && !self.keep_going {
            self.delivery.withhold();
        }
    }
}
