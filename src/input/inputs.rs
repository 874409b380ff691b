//! What is to be read, in order, and what was left out or cannot be read.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Mutex;

use super::Source;
use super::error::FindError;
use super::read::{Batches, Opened, open};

/// What was found.
#[derive(Debug, Default)]
pub struct Inputs {
    /// In the order of the command line, folders in the order of names. Nothing comes twice.
    pub sources: Vec<Source>,
    /// What was left out of folders and may hold manifests.
    pub skipped: Vec<Skipped>,
    /// What cannot be read, each with the number of sources before it.
    pub unusable: Vec<(usize, FindError)>,
    /// Sources that can be read once only, and were read already.
    pub replays: Replays,
    /// All are files that were named one by one.
    pub named_one_by_one: bool,
    /// Files that are read beside the sources: the mesh's, the project's.
    pub beside: Vec<PathBuf>,
}

/// What was read already, to be read again, once: by the position of the source.
#[derive(Default)]
pub struct Replays(BTreeMap<usize, Mutex<Option<Box<dyn Read + Send>>>>);

impl fmt::Debug for Replays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Replays").field(&self.0.keys()).finish()
    }
}

impl Inputs {
    /// The source at this position was read, and this gives it again.
    pub fn replay(&mut self, position: usize, again: Box<dyn Read + Send>) {
        self.replays.0.insert(position, Mutex::new(Some(again)));
    }

    /// Opens the source at this position.
    pub fn open(&self, position: usize) -> io::Result<Opened> {
        let source = self.sources.get(position).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let again = self.replays.0.get(&position).and_then(|replay| replay.lock().ok()?.take());
        again.map_or_else(|| open(source), |again| Ok(Batches::new(again)))
    }
}

/// Something in a folder that was left out and may hold manifests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// A folder, or a link.
    pub path: PathBuf,
    /// Why.
    pub why: WhySkipped,
}

/// Why a walk leaves something out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhySkipped {
    /// A folder with the templates of a Helm chart.
    ChartTemplates,
    /// A folder whose name begins with a dot; `.git` is none that may hold manifests.
    DotFolder,
    /// A symbolic link that leads out of the folder that was named.
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
