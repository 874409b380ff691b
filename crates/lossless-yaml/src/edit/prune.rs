//! Removes keys whose list or mapping was emptied, up to the next list item or the document. A comment keeps such a key,
//! and so does a merge key or duplicate that would replace it.

use serde_json::json;

use super::layout;
use super::nodes::{Content, Copy, DraftId, Elem, Nodes, Slot, State};
use crate::text::{byte, line_end, skip_blanks};
use crate::tree::NodeId;

pub(super) fn prune(nodes: &mut Nodes<'_, '_>) {
    if let Some(Elem::Draft(root)) = nodes.root {
        visit(nodes, root);
    }
}

/// What becomes of a slot with an opened collection.
enum Fate {
    Stays,
    /// Emptied: its key stays, with empty brackets.
    StaysEmpty,
    /// New and empty: the slot is dropped.
    Vanishes,
    /// Filled and emptied again: as it was in the tree.
    Restored(NodeId),
    /// Emptied: its key is removed.
    Goes,
}

fn visit(nodes: &mut Nodes<'_, '_>, id: DraftId) {
    let is_map = matches!(nodes.get(id).content, Content::Map(_));
    for index in (0..nodes.slots(id).len()).rev() {
        let Some(slot) = nodes.slot(id, index) else { continue };
        let Elem::Draft(child) = slot.elem else { continue };
        if !slot.is_live() {
            continue;
        }
        visit(nodes, child);
        let fate = match fate(nodes, child, is_map) {
            Fate::Goes if nodes.hides_another(id, index) => Fate::StaysEmpty,
            fate => fate,
        };
        if matches!(fate, Fate::StaysEmpty) {
            write_empty(nodes, child);
        }
        let node = nodes.get_mut(id);
        let (Content::Map(slots) | Content::Seq(slots)) = &mut node.content else { continue };
        let Some(slot) = slots.get_mut(index) else { continue };
        match fate {
            Fate::Stays | Fate::StaysEmpty => {}
            Fate::Restored(origin) => slot.elem = Elem::Old(origin),
            Fate::Goes if slot.is_old() => {
                slot.state = State::Removed;
                node.gone += 1;
            }
            Fate::Goes | Fate::Vanishes => {
                slots.remove(index);
            }
        }
    }
}

fn fate(nodes: &mut Nodes<'_, '_>, id: DraftId, in_map: bool) -> Fate {
    let node = nodes.get(id);
    let (Content::Map(slots) | Content::Seq(slots)) = &node.content else { return Fate::Stays };
    if slots.iter().any(Slot::is_live) || !in_map {
        return Fate::Stays;
    }
    match node.origin {
        _ if node.keeps_empty => Fate::StaysEmpty,
        // Otherwise the merge key would add its value again.
        Some(_) if node.copy == Some(Copy::OfMerged) => Fate::StaysEmpty,
        None => Fate::Vanishes,
        Some(origin) if node.replaced && nodes.tree.says_nothing(origin) => Fate::Restored(origin),
        Some(_) if node.replaced => Fate::Goes,
        Some(_) if node.gone == 0 => Fate::Stays,
        Some(origin) if node.copy.is_none() && keeps_comment(nodes, origin, slots) => {
            nodes.get_mut(id).is_bare = true;
            Fate::Stays
        }
        Some(_) => Fate::Goes,
    }
}

/// Replaces a copy that has become empty by new brackets.
fn write_empty(nodes: &mut Nodes<'_, '_>, id: DraftId) {
    let node = nodes.get_mut(id);
    let origin = match node.copy {
        None => return,
        Some(Copy::OfMerged) => None,
        Some(Copy::OfAlias(alias)) => Some(alias),
    };
    let empty = if matches!(node.content, Content::Map(_)) { json!({}) } else { json!([]) };
    (node.copy, node.origin, node.content, node.replaced) = (None, origin, Content::Value(empty), true);
}

/// Whether there is a comment on the line of the key of `origin`, or inside of it and outside of what was removed.
fn keeps_comment(nodes: &Nodes<'_, '_>, origin: NodeId, slots: &[Slot]) -> bool {
    let tree = nodes.tree;
    let text = tree.text;
    if tree.kind(origin).is_flow() {
        let after = skip_blanks(text, tree.end(origin));
        return byte(text, after) == b'#'
            || layout::has_comment(text, tree.start(origin)..tree.end(origin), tree, origin);
    }
    let key_line = layout::parent_line(tree, origin);
    if byte(text, skip_blanks(text, key_line)) == b'#' {
        return true;
    }
    let mut taken = slots.iter().filter(|s| s.is_old()).filter_map(|slot| layout::taken_lines(nodes, text, slot));
    let mut pos = line_end(text, key_line);
    let end = layout::comments_after(tree, text, tree.end(origin), layout::comment_limit(tree, origin));
    let mut next = taken.next();
    while pos < end {
        if let Some(range) = next.clone().filter(|r| r.start <= pos) {
            pos = pos.max(range.end);
            next = taken.next();
            continue;
        }
        if byte(text, skip_blanks(text, pos)) == b'#' {
            return true;
        }
        pos = line_end(text, pos);
    }
    false
}
