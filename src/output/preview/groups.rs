//! Collects the workloads whose pods change, in groups that change alike.
//!
//! Of each group, the number of its workloads and the first names are kept. The changes and the diff of its first workload
//! are spooled, and so is what is kept of each workload.

use std::collections::HashMap;
use std::io;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::json::workload_line;
use crate::explain::{PodChange, Proxy};
use crate::output::{Compared, Entry, Flip, Spool, SpoolMark};

/// How much of the changes and diffs is kept in memory, in bytes.
const IN_MEMORY: usize = 8 << 20;

/// How many workloads of a group are named.
const NAMED: usize = 3;

/// The longest name that is kept, in characters.
const LONGEST_NAME: usize = 80;

/// What a change of the mesh changes in the pods of a workload.
#[derive(Clone, Debug, Default)]
pub struct PodPreview {
    /// The changes; empty if there are none.
    pub changes: Vec<PodChange>,
    /// The fingerprint of the changes and of the proxies.
    pub fingerprint: u128,
    /// The diff of the pod template. The first workload of a group must have one.
    pub diff: Option<String>,
}

/// What to keep of each workload, beside the groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreviewKeep {
    /// Nothing.
    Groups,
    /// The diff.
    Diffs,
    /// The item of the JSON form.
    Items,
}

/// The workloads whose pods change, in groups.
#[derive(Debug)]
pub struct PreviewGroups {
    keep: PreviewKeep,
    index: Index,
    /// The first workload of each group: its [`Body`] as JSON.
    bodies: Spool,
    /// What is kept of each workload.
    pub(super) workloads: Spool,
}

/// The state of the groups.
#[derive(Debug)]
pub struct PreviewMark {
    index: Index,
    bodies: SpoolMark,
    workloads: SpoolMark,
}

#[derive(Clone, Debug, Default)]
struct Index {
    by_fingerprint: HashMap<u128, usize>,
    groups: Vec<Group>,
    counts: Counts,
}

/// How many workloads there are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub changed: usize,
    pub unchanged: usize,
    /// Workloads that a mesh cannot render.
    pub undecided: usize,
    pub flips: usize,
}

/// Workloads that change alike.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// The position by first appearance, from 0.
    pub position: usize,
    pub proxies: [Proxy; 2],
    pub count: usize,
    /// The names of its first workloads.
    pub names: Vec<String>,
    body: Range<u64>,
}

impl Group {
    pub(super) fn flips(&self) -> bool {
        let [before, after] = self.proxies;
        before != after
    }
}

/// What is known of the first workload of a group.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Body {
    /// The place and name, for the JSON form.
    pub representative: serde_json::Value,
    pub changes: Vec<PodChange>,
    pub diff: String,
}

impl PreviewGroups {
    /// No groups.
    pub fn new(keep: PreviewKeep) -> Self {
        let spool = || Spool::new(IN_MEMORY);
        Self { keep, index: Index::default(), bodies: spool(), workloads: spool() }
    }

    /// Whether the pods of a workload change.
    pub fn has_changes(&self) -> bool {
        self.index.counts.changed > 0
    }

    /// The state of the groups.
    pub fn mark(&self) -> PreviewMark {
        PreviewMark { index: self.index.clone(), bodies: self.bodies.mark(), workloads: self.workloads.mark() }
    }

    /// Drops everything that was added after `mark`.
    pub fn rewind(&mut self, mark: &PreviewMark) -> io::Result<()> {
        self.index.clone_from(&mark.index);
        self.bodies.rewind(mark.bodies)?;
        self.workloads.rewind(mark.workloads)
    }

    /// Adds a workload. Call it in input order.
    pub fn add(&mut self, entry: &Entry) -> io::Result<()> {
        let counts = &mut self.index.counts;
        counts.flips += usize::from(Flip::of(&entry.compared) == Flip::Flips);
        let mut group = None;
        match entry.preview.as_deref() {
            None if entry.compared.is_empty() && entry.error.is_none() => return Ok(()),
            None => counts.undecided += 1,
            Some(preview) if preview.changes.is_empty() => counts.unchanged += 1,
            Some(preview) => {
                counts.changed += 1;
                group = Some(self.add_to_group(entry, preview)?);
                if self.keep == PreviewKeep::Diffs {
                    self.workloads.push(preview.diff.as_deref().unwrap_or_default().as_bytes())?;
                }
            }
        }
        if self.keep == PreviewKeep::Items {
            self.workloads.push(workload_line(entry, group).as_bytes())?;
        }
        Ok(())
    }

    /// Adds a workload that changes to its group. Returns the group's position.
    fn add_to_group(&mut self, entry: &Entry, preview: &PodPreview) -> io::Result<usize> {
        let mut proxies = entry.compared.iter().filter_map(Compared::proxy);
        let proxies = [proxies.next().unwrap_or(Proxy::None), proxies.next().unwrap_or(Proxy::None)];
        let index = &mut self.index;
        let position = *index.by_fingerprint.entry(preview.fingerprint).or_insert(index.groups.len());
        let name = crate::output::table::cut(&entry.short_name(), LONGEST_NAME);
        if let Some(group) = index.groups.get_mut(position) {
            group.count += 1;
            if group.names.len() < NAMED && !group.names.contains(&name) {
                group.names.push(name);
            }
        } else {
            debug_assert!(preview.diff.is_some(), "{name} is the first of its group");
            let start = self.bodies.len();
            let body = json!({
                "representative": entry.json_place(), "changes": preview.changes,
                "diff": preview.diff.as_deref().unwrap_or_default(),
            });
            self.bodies.push(body.to_string().as_bytes())?;
            let body = start..self.bodies.len();
            index.groups.push(Group { position, proxies, count: 1, names: vec![name], body });
        }
        Ok(position)
    }

    pub(super) fn keeps(&self) -> PreviewKeep {
        self.keep
    }

    pub(super) fn counts(&self) -> Counts {
        self.index.counts
    }

    /// The groups: those that flip come first, then the larger ones.
    pub(super) fn sorted(&self) -> Vec<Group> {
        let mut groups = self.index.groups.clone();
        groups.sort_by_key(|group| (!group.flips(), std::cmp::Reverse(group.count)));
        groups
    }

    /// The first workload of a group.
    pub(super) fn body(&mut self, group: &Group) -> io::Result<Body> {
        Ok(serde_json::from_slice(&self.bodies.read_range(group.body.clone())?)?)
    }
}
