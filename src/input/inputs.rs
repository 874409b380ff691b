//! The inputs of a run, in order, with those that were skipped or cannot be read.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Mutex;

use super::Source;
use super::error::FindError;
use super::list::ListSizes;
use super::read::{Batches, Opened, open};

/// The inputs of a run.
#[derive(Debug, Default)]
pub struct Inputs {
    /// The sources in the order of the command line, those of a folder by name, without duplicates.
    pub sources: Vec<Source>,
    /// Folders and links that were skipped and may contain manifests.
    pub skipped: Vec<Skipped>,
    /// Inputs that cannot be read, each with the number of sources before it.
    pub unusable: Vec<(usize, FindError)>,
    /// Sources that can be read only once and were read before.
    pub replays: Replays,
    /// Whether all sources are files that were named individually.
    pub named_one_by_one: bool,
    /// How long Lists are read.
    pub list_sizes: ListSizes,
    /// Other files that are read: those of the mesh and of the project.
    pub beside: Vec<PathBuf>,
}

/// The contents of sources that were read before, by the index of the source. Each can be read once more.
#[derive(Default)]
pub struct Replays(BTreeMap<usize, Mutex<Option<Box<dyn Read + Send>>>>);

impl fmt::Debug for Replays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Replays").field(&self.0.keys()).finish()
    }
}

impl Inputs {
    /// Replaces the source at this index, which was read, by its contents.
    pub fn replay(&mut self, position: usize, again: Box<dyn Read + Send>) {
        self.replays.0.insert(position, Mutex::new(Some(again)));
    }

    /// The contents of the source at this index, if it was read before. They are not kept.
    pub fn take_replay(&mut self, position: usize) -> Option<Box<dyn Read + Send>> {
        self.replays.0.remove(&position)?.into_inner().ok()?
    }

    /// Opens the source at this index.
    pub fn open(&self, position: usize) -> io::Result<Opened> {
        let source = self.sources.get(position).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let again = self.replays.0.get(&position).and_then(|replay| replay.lock().ok()?.take());
        again.map_or_else(|| open(source), |again| Ok(Batches::new(again)))
    }

    /// Opens the source at this index. Long Lists are read in parts.
    pub fn open_in_parts(&self, position: usize) -> io::Result<Opened> {
        self.open(position).map(|batches| batches.with_sizes(self.list_sizes))
    }
}

/// A folder or link that was skipped and may contain manifests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The path.
    pub path: PathBuf,
    /// The reason.
    pub why: WhySkipped,
}

/// Why a walk skips a folder or link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhySkipped {
    /// A folder with the templates of a Helm chart.
    ChartTemplates,
    /// A folder with a name that starts with a dot, except `.git`.
    DotFolder,
    /// A symbolic link to a target outside the folder.
    LinkOut,
}

/// Collects inputs, each once.
#[derive(Default)]
pub(super) struct Collector {
    pub(super) inputs: Inputs,
    seen: HashSet<Source>,
}

impl Collector {
    pub(super) fn source(&mut self, source: Source) {
        if self.seen.insert(source.clone()) {
            self.inputs.sources.push(source);
        }
    }

    pub(super) fn unusable(&mut self, error: impl Into<FindError>) {
        self.inputs.unusable.push((self.inputs.sources.len(), error.into()));
    }

    pub(super) fn skipped(&mut self, skipped: Skipped) {
        self.inputs.skipped.push(skipped);
    }
}
