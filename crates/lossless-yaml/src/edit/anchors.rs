//! Decides what becomes of aliases: an edit must not change the data of another place that shows the same text.
//!
//! Walks the edited document in its new order. An alias stays if its anchor still precedes it and has the data that the
//! alias must have. Otherwise a copy of the text takes its place, or takes over the anchor if the anchored node is removed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use super::Note;
use super::nodes::{Content, Copy, DraftId, Elem, Key, Nodes, Slot, State};
use crate::error::YamlError;
use crate::resolve::same;
use crate::text::slice;
use crate::tree::{NodeId, NodeKind, Tree};

/// What becomes of an alias that cannot stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// A copy of the text takes its place.
    WrittenOut,
    /// The same, and the copy gets the anchor.
    TakesOver,
}

#[derive(Default)]
pub(super) struct Plan {
    fates: BTreeMap<NodeId, Fate>,
    /// Opened aliases that stay, because their anchored node has the same data.
    kept: HashSet<DraftId>,
    /// Aliases of merge keys that stay although their anchored mapping is edited.
    settled: HashSet<NodeId>,
    pub notes: Vec<Note>,
}

impl Plan {
    pub(super) fn aliases_in(&self, nodes: Range<NodeId>) -> impl Iterator<Item = (NodeId, Fate)> + '_ {
        self.fates.range(nodes).map(|(&alias, &fate)| (alias, fate))
    }

    /// Whether an alias stays and shows the edited data of its anchored node.
    pub(super) fn follows_its_anchor(&self, alias: NodeId) -> bool {
        self.settled.contains(&alias)
    }

    pub(super) fn keeps(&self, id: DraftId) -> bool {
        self.kept.contains(&id)
    }
}

pub(super) fn plan(nodes: &mut Nodes<'_, '_>) -> Result<Plan, YamlError> {
    if nodes.tree.aliases.is_empty() {
        return Ok(Plan::default());
    }
    let mut census =
        Walk { nodes, live: HashSet::new(), opened: HashMap::new(), beside: Vec::new(), steps: Vec::new() };
    if let Some(root) = nodes.root {
        census.visit(root, false);
    }
    let Walk { live, opened, beside, steps, .. } = census;
    let mut plan = Plan { settled: beside_merges(nodes, &opened, &beside)?, ..Plan::default() };
    let tree = nodes.tree;
    let mut names: HashMap<&str, NodeId> = HashMap::new();
    for step in steps {
        let (alias, draft, copied) = match step {
            WalkStep::Anchor(id) => {
                names.insert(name(tree, id), id);
                continue;
            }
            WalkStep::Alias { alias, draft, copied } => (alias, draft, copied),
        };
        let target = tree.resolve_alias(alias);
        let known = names.get(alias_name(tree, alias)) == Some(&target);
        let anchored = opened.get(&target).map_or(Elem::Old(target), |&d| Elem::Draft(d));
        let changed = nodes.changed(anchored);
        if plan.settled.contains(&alias) {
            continue;
        }
        if let Some(draft) = draft {
            let mine = nodes.value(Elem::Draft(draft))?;
            let theirs = if changed { nodes.value(anchored)? } else { tree.value(target)? };
            if known && same(&mine, &theirs) {
                plan.kept.insert(draft);
            } else {
                let message = "is written out here, because only this place changes";
                plan.notes.push(note(tree, alias, message));
            }
            continue;
        }
        if known && (!changed || nodes.equals(anchored, &tree.value(target)?)) {
            continue;
        }
        if live.contains(&target) || copied {
            let message = if changed {
                "because its anchor changes for others only"
            } else {
                "because its anchor comes after it now"
            };
            plan.notes.push(note(tree, alias, &format!("is written out here, {message}")));
            plan.fates.insert(alias, Fate::WrittenOut);
        } else {
            plan.notes.push(note(tree, alias, "takes over the anchor, because the anchored value is removed"));
            plan.fates.insert(alias, Fate::TakesOver);
            names.insert(alias_name(tree, alias), target);
        }
        // The text that is written out may have aliases of its own.
        let mut targets = vec![target];
        while let Some(target) = targets.pop() {
            for &inner in tree.aliases_in(target) {
                let inner_target = tree.resolve_alias(inner);
                let stays =
                    names.get(alias_name(tree, inner)) == Some(&inner_target) && !opened.contains_key(&inner_target);
                if !stays && plan.fates.insert(inner, Fate::WrittenOut).is_none() {
                    targets.push(inner_target);
                }
            }
        }
    }
    Ok(plan)
}

/// Removes keys that were added next to a merge key if the merged mapping gets the same keys and no others: the merge then
/// adds them. Returns the aliases that therefore stay.
fn beside_merges(
    nodes: &mut Nodes<'_, '_>,
    opened: &HashMap<NodeId, DraftId>,
    maps: &[DraftId],
) -> Result<HashSet<NodeId>, YamlError> {
    let mut settled = HashSet::new();
    for &map in maps {
        let merges = nodes.slots(map).iter().filter_map(|s| match (&s.key, s.elem) {
            (Key::Old(key), Elem::Old(value)) if s.is_live() && nodes.tree.is_merge(*key) => Some(value),
            _ => None,
        });
        let aliases: Vec<NodeId> = merges.filter(|&v| nodes.tree.kind(v) == NodeKind::Alias).collect();
        let [alias] = aliases[..] else { continue };
        let target = nodes.tree.resolve_alias(alias);
        let Some(&draft) = opened.get(&target) else { continue };
        let theirs = nodes.value(Elem::Draft(draft))?;
        let mut mine = nodes.tree.value(target)?;
        let mut brought = HashSet::new();
        for slot in nodes.slots(map).iter().filter(|s| is_beside(s)) {
            let (Key::New(key), Some(mine)) = (&slot.key, mine.as_object_mut()) else { continue };
            if let Some(value) = theirs.get(key).filter(|v| nodes.equals(slot.elem, v)) {
                mine.insert(key.clone(), value.clone());
                brought.insert(key.clone());
            }
        }
        if !brought.is_empty() && same(&mine, &theirs) {
            if let Some(slots) = nodes.slots_mut(map) {
                slots.retain(|s| !(is_beside(s) && matches!(&s.key, Key::New(key) if brought.contains(key))));
            }
            settled.insert(alias);
        }
    }
    Ok(settled)
}

fn is_beside(slot: &Slot) -> bool {
    matches!(&slot.state, State::New(style) if style.beside_merge)
}

fn note(tree: &Tree<'_>, alias: NodeId, what: &str) -> Note {
    let message = format!("alias *{} {what}", alias_name(tree, alias));
    Note { place: tree.place(alias), message }
}

fn name<'t>(tree: &Tree<'t>, anchored: NodeId) -> &'t str {
    tree.anchor(anchored).map_or("", |range| slice(tree.text, range.start + 1..range.end))
}

fn alias_name<'t>(tree: &Tree<'t>, alias: NodeId) -> &'t str {
    slice(tree.text, tree.start(alias) + 1..tree.end(alias))
}

enum WalkStep {
    Anchor(NodeId),
    Alias { alias: NodeId, draft: Option<DraftId>, copied: bool },
}

/// Anchors and aliases in the order of the edited document.
struct Walk<'n, 't, 'a> {
    nodes: &'n Nodes<'t, 'a>,
    live: HashSet<NodeId>,
    /// Anchored nodes that were opened in place.
    opened: HashMap<NodeId, DraftId>,
    /// Mappings with keys that were added next to a merge key.
    beside: Vec<DraftId>,
    steps: Vec<WalkStep>,
}

impl Walk<'_, '_, '_> {
    fn anchor(&mut self, id: NodeId) {
        if self.nodes.tree.anchor(id).is_some() {
            self.live.insert(id);
            self.steps.push(WalkStep::Anchor(id));
        }
    }

    fn visit(&mut self, elem: Elem, copied: bool) {
        let tree = self.nodes.tree;
        let id = match elem {
            Elem::Old(id) => return self.visit_old(id, copied),
            Elem::Draft(id) => id,
        };
        let node = self.nodes.get(id);
        let mut copied = copied;
        match (node.copy, node.origin) {
            (Some(Copy::OfAlias(alias)), _) => {
                let draft = self.nodes.changed(elem).then_some(id);
                self.steps.push(WalkStep::Alias { alias, draft, copied });
                if draft.is_none() {
                    return;
                }
                copied = true;
            }
            (Some(Copy::OfMerged), _) => copied = true,
            (None, Some(origin)) if tree.kind(origin) == NodeKind::Alias => {
                self.steps.push(WalkStep::Alias { alias: origin, draft: Some(id), copied });
                return;
            }
            (None, Some(origin)) => {
                if !copied {
                    self.anchor(origin);
                    if tree.anchor(origin).is_some() {
                        self.opened.insert(origin, id);
                    }
                }
            }
            (None, None) => {}
        }
        let (Content::Map(slots) | Content::Seq(slots)) = &node.content else { return };
        if slots.iter().any(is_beside) {
            self.beside.push(id);
        }
        for slot in slots.iter().filter(|s| s.is_live()) {
            if let Key::Old(key) = slot.key {
                self.visit_old(key, copied);
            }
            self.visit(slot.elem, copied);
        }
    }

    /// Anchors and aliases of a part of the tree that no operation opened.
    fn visit_old(&mut self, id: NodeId, copied: bool) {
        let tree = self.nodes.tree;
        let mut anchors = tree.anchors_in(id).iter().peekable();
        for &alias in tree.aliases_in(id) {
            while let Some(&anchor) = anchors.next_if(|&&a| a < alias) {
                if !copied {
                    self.anchor(anchor);
                }
            }
            self.steps.push(WalkStep::Alias { alias, draft: None, copied });
        }
        for &anchor in anchors.filter(|_| !copied) {
            self.anchor(anchor);
        }
    }
}
