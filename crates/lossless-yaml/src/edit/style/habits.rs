//! How a whole document is written, as far as new text depends on it, joined from its excerpts.

use std::collections::BTreeMap;

use super::Style;
use crate::edit::layout::{is_cuddled, on_one_line};
use crate::edit::look::{ListStyle, OpenHabits};
use crate::text::{self, byte};
use crate::tree::{NodeId, NodeKind, Tree};

/// How often a document, or excerpts of one, writes something in each way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Habits {
    lists: ListCounts,
    open: OpenCounts,
    /// Those of the list that the excerpts have in common, and of what is around it.
    frame: Option<(ListCounts, OpenCounts)>,
    /// Whether it is JSON, with the separators; `None` if the excerpts differ.
    json: Option<(bool, (&'static str, &'static str))>,
}

/// How new text is written in a document: it does not depend on the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    pub(super) list: ListStyle,
    pub(super) open: OpenHabits,
    pub(super) is_json: bool,
    pub(super) separators: (&'static str, &'static str),
}

impl Habits {
    /// The habits of an excerpt.
    pub fn of(tree: &Tree<'_>) -> Self {
        let style = Style::new(tree);
        let is_frame = |id: NodeId| {
            let parent = tree.parent(id);
            parent.is_none() || (tree.kind(id).is_seq() && parent == tree.root())
        };
        let json = if style.is_json() { (true, style.json_separators()) } else { (false, (", ", ": ")) };
        let mut habits = Self { json: Some(json), ..Self::default() };
        let (mut lists, mut open) = (ListCounts::default(), OpenCounts::default());
        for id in tree.all_ids() {
            match tree.kind(id) {
                NodeKind::BlockSeq => (if is_frame(id) { &mut lists } else { &mut habits.lists }).look_at(tree, id),
                NodeKind::FlowMap | NodeKind::FlowSeq => {
                    (if is_frame(id) { &mut open } else { &mut habits.open }).look_at(tree, id);
                }
                _ => {}
            }
        }
        habits.frame = Some((lists, open));
        habits
    }

    /// Adds the habits of the next excerpt of the same document.
    pub fn add(&mut self, next: &Self) {
        self.json = if self.frame.is_none() || self.json == next.json { next.json } else { None };
        self.frame.get_or_insert_with(|| next.frame.clone().unwrap_or_default());
        self.lists.add(&next.lists);
        self.open.add(next.open);
    }

    /// How new text is written, unless that depends on the place.
    pub fn manner(&self) -> Option<Manner> {
        let (frame_lists, frame_open) = self.frame.clone().unwrap_or_default();
        let (mut lists, mut open) = (self.lists.clone(), self.open);
        lists.add(&frame_lists);
        open.add(frame_open);
        let (is_json, separators) = self.json?;
        let list = ListStyle { offset: most_frequent(&lists.offsets, 0)?, blanks: most_frequent(&lists.blanks, 1)? };
        Some(Manner { list, open: open.habits(is_json), is_json, separators })
    }
}

/// The value that was counted most often, or `default` if none was counted. `None` on a tie.
fn most_frequent(counts: &BTreeMap<usize, usize>, default: usize) -> Option<usize> {
    let most = counts.values().copied().max().unwrap_or(0);
    let mut frequent = counts.iter().filter(|&(_, &count)| count == most).map(|(&value, _)| value);
    let first = frequent.next();
    if frequent.next().is_some() { None } else { Some(first.unwrap_or(default)) }
}

/// Lists in block style under a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct ListCounts {
    /// By columns from the key to the dash.
    offsets: BTreeMap<usize, usize>,
    /// By blanks behind the dash.
    blanks: BTreeMap<usize, usize>,
}

impl ListCounts {
    fn look_at(&mut self, tree: &Tree<'_>, list: NodeId) {
        let Some(shown) = super::shown_list(tree, list) else { return };
        if let Some(offset) = shown.offset {
            *self.offsets.entry(offset).or_default() += 1;
        }
        if let Some(blanks) = shown.blanks {
            *self.blanks.entry(blanks).or_default() += 1;
        }
    }

    fn add(&mut self, other: &Self) {
        for (mine, theirs) in [(&mut self.offsets, &other.offsets), (&mut self.blanks, &other.blanks)] {
            for (&value, &count) in theirs {
                *mine.entry(value).or_default() += count;
            }
        }
    }
}

/// Collections in brackets over several lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OpenCounts {
    /// With a comma behind the last entry, and without.
    trailing: usize,
    closed: usize,
    /// Lists whose items begin where the one before ends, and lists that could be written so and are not.
    cuddled: usize,
    apart: usize,
}

impl OpenCounts {
    pub(super) fn look_at(&mut self, tree: &Tree<'_>, id: NodeId) {
        if on_one_line(tree, id) {
            return;
        }
        let Some(last) = tree.children(id).last() else { return };
        if is_cuddled(tree, id) {
            self.cuddled += 1;
            return;
        }
        if tree.kind(id) == NodeKind::FlowSeq && tree.items(id).all(|item| tree.kind(item).is_flow()) {
            self.apart += 1;
        }
        let has_comma = byte(tree.text, text::skip_trivia(tree.text, tree.end(last))) == b',';
        *(if has_comma { &mut self.trailing } else { &mut self.closed }) += 1;
    }

    fn add(&mut self, other: Self) {
        self.trailing += other.trailing;
        self.closed += other.closed;
        self.cuddled += other.cuddled;
        self.apart += other.apart;
    }

    /// How most are written. If no list shows whether it is cuddled, a trailing comma decides, as in KYAML.
    pub(super) fn habits(self, is_json: bool) -> OpenHabits {
        let trailing = self.trailing > self.closed && !is_json;
        let decided = self.cuddled + self.apart > 0;
        OpenHabits { trailing, cuddled: if decided { self.cuddled > self.apart } else { trailing } }
    }
}
