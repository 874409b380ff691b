//! Where entries of lists and mappings begin and end in the text, and which comments belong to them.

use std::ops::Range;

use super::look::Dash;
use super::nodes::{Key, Nodes, Slot, State};
use crate::text::{blanks_before, byte, byte_before, is_blank_line, line_end, line_start, skip_blanks, slice};
use crate::tree::{NodeId, NodeKind, Tree};

/// The key of `value` in a block mapping.
pub(super) fn key_of(tree: &Tree<'_>, value: NodeId) -> Option<NodeId> {
    tree.parent(value).filter(|&p| tree.kind(p) == NodeKind::BlockMap)?;
    // A key has no children, so it is the node before its value.
    value.0.checked_sub(1).map(NodeId)
}

/// Column of `pos` in bytes, counted from 0.
pub(super) fn column(tree: &Tree<'_>, pos: usize) -> usize {
    pos - line_start(tree.text, pos)
}

/// Column of the key or dash of `value`.
pub(super) fn column_of_entry(tree: &Tree<'_>, value: NodeId) -> usize {
    let lead = key_of(tree, value).map_or(tree.lead(value), |key| tree.lead(key));
    column(tree, lead)
}

/// How the dash of `item` is written.
pub(super) fn dash_of(tree: &Tree<'_>, item: NodeId) -> Dash {
    let (dash, head) = (tree.lead(item), tree.head(item));
    let alone = line_start(tree.text, dash) != line_start(tree.text, head);
    let text_column = if alone { column(tree, tree.start(item)) } else { column(tree, head) };
    let blanks = match tree.kind(item) {
        NodeKind::Absent => 1,
        _ => text_column.saturating_sub(column(tree, dash) + 1),
    };
    Dash { blanks, alone }
}

/// Whether there are blanks inside the brackets of a flow collection.
pub(super) fn padded(tree: &Tree<'_>, flow: NodeId) -> bool {
    tree.kind(flow) != NodeKind::Pair && matches!(byte(tree.text, tree.start(flow) + 1), b' ' | b'\t')
}

/// Whether a flow collection is on one line.
pub(super) fn on_one_line(tree: &Tree<'_>, flow: NodeId) -> bool {
    let span = tree.span(flow);
    tree.line_at(span.start) == tree.line_at(span.end)
}

/// Whether a list over several lines has each item begin on the line of its bracket or where the one before ends.
pub(super) fn is_cuddled(tree: &Tree<'_>, list: NodeId) -> bool {
    if tree.kind(list) != NodeKind::FlowSeq || on_one_line(tree, list) {
        return false;
    }
    let mut end = tree.start(list);
    for item in tree.items(list) {
        if !tree.kind(item).is_flow() || slice(tree.text, end..tree.head(item)).contains('\n') {
            return false;
        }
        end = tree.end(item);
    }
    !slice(tree.text, end..tree.end(list)).contains('\n')
}

/// Whether the entries of a flow collection begin on the line below its bracket, or are cuddled.
pub(super) fn is_open(tree: &Tree<'_>, container: NodeId) -> bool {
    let after = skip_blanks(tree.text, tree.start(container) + 1);
    matches!(byte(tree.text, after), b'\r' | b'\n' | b'#') || is_cuddled(tree, container)
}

/// One level of indentation in a flow collection over several lines: from the line of a bracket to the first entry that
/// begins a line, in it or in those around it.
pub(super) fn unit_of<'t>(tree: &'t Tree<'_>, container: NodeId) -> &'t str {
    let mut at = Some(container).filter(|&c| tree.kind(c).is_flow());
    while let Some(flow) = at {
        let begins_line =
            |&child: &NodeId| line_start(tree.text, tree.lead(child)) == blanks_before(tree.text, tree.lead(child));
        let first = tree.children(flow).next().filter(begins_line);
        let unit = first.and_then(|child| {
            indentation(tree.text, tree.lead(child)).strip_prefix(indentation(tree.text, tree.start(flow)))
        });
        if let Some(unit) = unit.filter(|unit| !unit.is_empty()) {
            return unit;
        }
        at = tree.parent(flow).filter(|&p| tree.kind(p).is_flow());
    }
    "  "
}

/// The indentation of the line at `pos`.
pub(super) fn indentation(text: &str, pos: usize) -> &str {
    let line = line_start(text, pos);
    slice(text, line..skip_blanks(text, line))
}

/// Whether the text of a scalar means the same inside of brackets.
pub(super) fn fits_flow(tree: &Tree<'_>, id: NodeId) -> bool {
    tree.kind(id) != NodeKind::Plain || !tree.scalar(id).contains([',', '[', ']', '{', '}'])
}

/// Whether a scalar or flow collection in the subtree at `id` spans several lines. Block scalars do not count.
pub(super) fn has_tall_scalar(tree: &Tree<'_>, id: NodeId) -> bool {
    let is_tall = |id: NodeId| {
        let is_block = tree.kind(id).is_block_scalar() || tree.kind(id).is_block_collection();
        !is_block && slice(tree.text, tree.span(id)).contains('\n')
    };
    tree.ids_below(id).any(is_tall)
}

/// The tag of a value that consists of nothing else. New text replaces it.
pub(super) fn lone_tag(tree: &Tree<'_>, old: NodeId) -> Option<Range<usize>> {
    let (tag, _) = tree.props(old)?.tag.as_ref()?;
    (tree.kind(old) == NodeKind::Absent && tag.end == tree.end(old)).then(|| tag.clone())
}

/// Whether `node` is empty brackets with comments between them.
pub(super) fn is_empty_with_comments(tree: &Tree<'_>, node: NodeId) -> bool {
    let is_empty = tree.kind(node).is_flow() && tree.children(node).next().is_none();
    is_empty && slice(tree.text, tree.span(node)).contains('#')
}

/// Own-line comments from this column on belong to the entry above them.
#[derive(Clone, Copy)]
pub(super) struct CommentLimit(pub usize);

/// The entry of an old slot in the tree: its key, or the item, and its value.
pub(super) fn entry_of(nodes: &Nodes<'_, '_>, slot: &Slot) -> Option<(NodeId, NodeId)> {
    match slot.key {
        Key::Old(key) => Some((key, nodes.tree.value_of(key))),
        Key::New(_) => None,
        Key::None => nodes.written_as(slot.elem).map(|item| (item, item)),
    }
}

/// End of the last line of a value that ends at `end`, line end included.
pub(super) fn last_line_end(text: &str, end: usize) -> usize {
    if byte_before(text, end) == b'\n' { end } else { line_end(text, end) }
}

/// End of the last line of a value that ends at `end`, without its line end.
pub(super) fn text_end(text: &str, end: usize) -> usize {
    let line = slice(text, 0..last_line_end(text, end));
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line).len()
}

/// End of the last own-line comment that follows a value, which ends at `end`, and belongs to it by `limit`. There may be
/// blank lines between.
pub(super) fn comments_after(tree: &Tree<'_>, text: &str, end: usize, limit: CommentLimit) -> usize {
    let mut result = last_line_end(text, end);
    let mut pos = result;
    while pos < text.len() {
        let first = skip_blanks(text, pos);
        if byte(text, first) == b'#' {
            if column(tree, first) < limit.0 {
                break;
            }
            result = line_end(text, pos);
        } else if !is_blank_line(text, pos) {
            break;
        }
        pos = line_end(text, pos);
    }
    result
}

/// The column from which on comments after the last entry of `container` belong to it: that of its keys, or of its dashes
/// if they are deeper than the key, or else one more than that.
pub(super) fn comment_limit(tree: &Tree<'_>, container: NodeId) -> CommentLimit {
    let own = column(tree, tree.start(container));
    let flat = tree.kind(container) == NodeKind::BlockSeq
        && key_of(tree, container).is_some_and(|key| column(tree, tree.lead(key)) >= own);
    CommentLimit(own + usize::from(flat))
}

/// The position behind the key's colon, the dash, the anchor or the tag of `container`, whichever is last. Its entries
/// begin below that line, or on it.
pub(super) fn parent_line(tree: &Tree<'_>, container: NodeId) -> usize {
    let props = tree.props(container);
    let anchor = props.and_then(|p| p.anchor.as_ref()).map_or(0, |a| a.end);
    let tag = props.and_then(|p| p.tag.as_ref()).map_or(0, |(t, _)| t.end);
    let sign = tree.lead(container);
    let sign = if matches!(byte(tree.text, sign), b':' | b'-') && sign < tree.head(container) { sign + 1 } else { 0 };
    anchor.max(tag).max(sign)
}

/// Whether there is a comment in `range` outside of the children of `container`.
pub(super) fn has_comment(text: &str, range: Range<usize>, tree: &Tree<'_>, container: NodeId) -> bool {
    let mut pos = range.start;
    let gap_has = |from: usize, to: usize| slice(text, from..to.max(from)).contains('#');
    for child in tree.children(container) {
        if gap_has(pos, tree.head(child)) {
            return true;
        }
        pos = tree.end(child);
    }
    gap_has(pos, range.end)
}

/// The lines that go when an old slot is removed or moved away.
pub(super) fn taken_lines(nodes: &Nodes<'_, '_>, text: &str, slot: &Slot) -> Option<Range<usize>> {
    let tree = nodes.tree;
    let (entry, value) = entry_of(nodes, slot)?;
    Some(match slot.state {
        State::MovedAway => moved_lines(tree, text, value),
        _ => line_start(text, tree.lead(entry))..last_line_end(text, tree.end(value)),
    })
}

/// The lines of an item that moves, with the comments directly above it in the column of its dash, and deeper ones below.
pub(super) fn moved_lines(tree: &Tree<'_>, text: &str, item: NodeId) -> Range<usize> {
    let dash = tree.lead(item);
    let indent = column(tree, dash);
    let mut start = line_start(text, dash);
    while start > 0 {
        let above = line_start(text, start - 1);
        let first = skip_blanks(text, above);
        if byte(text, first) != b'#' || column(tree, first) != indent {
            break;
        }
        start = above;
    }
    start..comments_after(tree, text, tree.end(item), CommentLimit(indent + 1))
}
