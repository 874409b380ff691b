//! The pipeline that every manifest command shares: documents in input order, worked on by all cores; what came of them
//! is put together, and printed or written only when all of it is known.

mod annotate;
mod document;
mod finish;
mod inject;
mod select;

use std::borrow::Cow;

use rayon::prelude::*;

pub use annotate::{Annotate, Change};
pub use finish::{Deliver, Finished, finish};
pub use inject::Inject;
pub use select::Selection;

use crate::input::{FindError, Inputs, Source, read};
use crate::k8s::{Kinds, Object};
use crate::output::{Entry, Problem, Report};
use crate::yaml::{Draft, NodeId, Tree, YamlError, split};

/// The exit code of inputs that cannot be read, parsed or understood, and of workloads that the mesh would refuse.
pub const CODE_INPUT: u8 = 3;

/// The exit code of a mesh whose configuration cannot be read or rendered.
pub const CODE_MESH: u8 = 4;

/// The exit code of output that cannot be written.
pub const CODE_OUTPUT: u8 = 6;

/// Stack of a worker: reading and writing recurse as deep as documents nest ([`crate::yaml::MAX_DEPTH`]).
const WORKER_STACK: usize = 16 << 20;

/// What a command does to one workload.
pub trait Task: Sync {
    /// Edits the workload's pod template, and fills in what became of it.
    fn apply(&self, target: &Target<'_, '_>, draft: &mut Draft<'_, '_>, entry: &mut Entry) -> Result<(), TaskError>;
}

/// A workload, and where it stands.
pub struct Target<'t, 'a> {
    /// The document.
    pub tree: &'t Tree<'a>,
    /// The workload in it.
    pub object: &'t Object,
    /// The namespace it will be in.
    pub namespace: &'t str,
}

/// Why a workload could not be worked on.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// Its text stands in the way.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// The mesh would refuse it, or it cannot be rendered; all that is wrong.
    #[error("{}", .0.iter().map(|r| r.message.as_str()).collect::<Vec<_>>().join("; "))]
    Refused(Vec<Refusal>),
}

/// One thing for which a workload is refused.
#[derive(Debug)]
pub struct Refusal {
    /// Where it stands; none if it is about the workload as a whole.
    pub node: Option<NodeId>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The exit code that belongs to it.
    pub code: u8,
}

/// One run over manifests.
pub struct Job<'j> {
    /// What to do.
    pub task: &'j dyn Task,
    /// With which workloads.
    pub selection: &'j Selection,
    /// Where pod templates are.
    pub kinds: &'j Kinds,
}

/// One file, or standard input, after the run.
pub struct Processed {
    /// Where it came from.
    pub source: Source,
    /// Its text before.
    pub old: String,
    /// Its text now; none where nothing changed.
    pub new: Option<String>,
    /// Workloads that changed, as `kind/name`.
    pub changed: Vec<String>,
}

/// Works on all inputs. Files come out in input order, without those that could not be read.
pub fn run(inputs: &Inputs, job: &Job<'_>) -> (Vec<Processed>, Report) {
    let mut report = Report {
        files: inputs.sources.len(),
        skipped_charts: inputs.skipped_charts.iter().map(|p| p.display().to_string()).collect(),
        ..Report::default()
    };
    let outcomes: Vec<FileOutcome> = match &inputs.sources[..] {
        [one] => vec![file(one, job)],
        many => in_pool(|| many.par_iter().map(|source| file(source, job)).collect()),
    };
    let mut files = Vec::new();
    let mut unusable = inputs.unusable.iter().peekable();
    for (index, outcome) in outcomes.into_iter().enumerate() {
        while let Some((_, error)) = unusable.next_if(|(before, _)| *before <= index) {
            report.problems.push(unusable_input(error));
        }
        report.entries.extend(outcome.entries);
        report.problems.extend(outcome.problems);
        report.unhandled.extend(outcome.unhandled);
        files.extend(outcome.processed);
    }
    report.problems.extend(unusable.map(|(_, error)| unusable_input(error)));
    (files, report)
}

fn unusable_input(error: &FindError) -> Problem {
    Problem {
        file: error.path().map(|p| p.display().to_string()).unwrap_or_default(),
        place: None,
        path: String::new(),
        message: error.to_string(),
        hint: error.hint(),
        code: CODE_INPUT,
    }
}

/// Runs `work` where there is stack enough.
fn in_pool<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    match rayon::ThreadPoolBuilder::new().stack_size(WORKER_STACK).build() {
        Ok(pool) => pool.install(work),
        // No threads to be had: this one does it.
        Err(_) => work(),
    }
}

#[derive(Default)]
struct FileOutcome {
    processed: Option<Processed>,
    entries: Vec<Entry>,
    problems: Vec<Problem>,
    unhandled: Vec<(String, usize, crate::k8s::Unhandled)>,
}

fn file(source: &Source, job: &Job<'_>) -> FileOutcome {
    let name = source.to_string();
    let text = match read(source) {
        Ok(text) => text,
        Err(error) => {
            let problem = Problem {
                file: name,
                place: error.place(),
                path: String::new(),
                message: error.to_string(),
                hint: error.hint().map(str::to_owned),
                code: CODE_INPUT,
            };
            return FileOutcome { problems: vec![problem], ..FileOutcome::default() };
        }
    };
    let chunks = split(text.as_bytes());
    let one = |(index, chunk): (usize, &crate::yaml::Chunk)| {
        let text = text.get(chunk.range.clone()).unwrap_or_default();
        document::document(&name, index + 1, text, chunk.line, job)
    };
    let documents: Vec<document::Outcome<'_>> = match &chunks[..] {
        [chunk] if text.len() < 1 << 16 => vec![one((0, chunk))],
        [chunk] => in_pool(|| vec![one((0, chunk))]),
        chunks if rayon::current_thread_index().is_some() => chunks.par_iter().enumerate().map(one).collect(),
        chunks => in_pool(|| chunks.par_iter().enumerate().map(one).collect()),
    };
    let mut outcome = FileOutcome::default();
    let changed = documents.iter().any(|d| matches!(d.text, Cow::Owned(_)));
    let new = changed.then(|| documents.iter().map(|d| &*d.text).collect::<String>());
    let mut names = Vec::new();
    for document in documents {
        names.extend(document.entries.iter().filter(|e| e.outcome.is_change()).map(Entry::short_name));
        outcome.entries.extend(document.entries);
        outcome.problems.extend(document.problems);
        outcome.unhandled.extend(document.unhandled.into_iter().map(|u| (name.clone(), document.number, u)));
    }
    outcome.processed = Some(Processed { source: source.clone(), new, changed: names, old: text });
    outcome
}
