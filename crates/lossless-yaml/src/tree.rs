//! One document as a tree of spans: every node knows the bytes it was read from.

use std::ops::Range;
use std::sync::OnceLock;

use crate::error::{Place, YamlError, YamlErrorKind};
use crate::list::Excerpt;
pub(super) use crate::literal::{LiteralBlock, ScalarText};
use crate::parts::between;
use crate::path::{Path, Step};
use crate::text;

/// A node of a [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(super) u32);

pub(super) const NONE: u32 = u32::MAX;

/// The type of a node, and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A value that is not written: behind a key or a dash.
    Absent,
    /// A plain scalar.
    Plain,
    /// A single-quoted scalar.
    Single,
    /// A double-quoted scalar.
    Double,
    /// A literal block scalar, `|`.
    Literal,
    /// A folded block scalar, `>`.
    Folded,
    /// A list in block style.
    BlockSeq,
    /// A list in brackets.
    FlowSeq,
    /// A mapping in block style.
    BlockMap,
    /// A mapping in braces.
    FlowMap,
    /// A `key: value` without braces in a list in brackets.
    Pair,
    /// An alias, `*name`.
    Alias,
}

impl NodeKind {
    /// Whether the node is a list.
    pub fn is_seq(self) -> bool {
        matches!(self, Self::BlockSeq | Self::FlowSeq)
    }

    /// Whether the node is a mapping.
    pub fn is_map(self) -> bool {
        matches!(self, Self::BlockMap | Self::FlowMap | Self::Pair)
    }

    /// Whether the node is a list or a mapping in brackets or braces.
    pub(super) fn is_flow(self) -> bool {
        matches!(self, Self::FlowSeq | Self::FlowMap | Self::Pair)
    }

    /// Whether the node is a list or a mapping in block style.
    pub(super) fn is_block_collection(self) -> bool {
        matches!(self, Self::BlockSeq | Self::BlockMap)
    }

    /// Whether the node is a literal or folded block scalar.
    pub(super) fn is_block_scalar(self) -> bool {
        matches!(self, Self::Literal | Self::Folded)
    }

    /// Whether the node is a list or a mapping.
    pub fn is_collection(self) -> bool {
        self.is_seq() || self.is_map()
    }
}

/// An explicit tag that changes how Kubernetes reads a scalar (go-yaml v2, resolve.go).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Str,
    Int,
    Float,
    Bool,
    Null,
    Binary,
    Timestamp,
    Merge,
    Other,
}

/// The anchor and the tag of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Props {
    pub node: NodeId,
    /// First byte of the anchor, the tag or the content.
    pub head: u32,
    /// `&name`.
    pub anchor: Option<Range<usize>>,
    pub tag: Option<(Range<usize>, Tag)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub kind: NodeKind,
    /// Whether it has an anchor or a tag.
    pub has_props: bool,
    /// First byte of the entry: the dash of an item, the `?` of an explicit key, the `:` before a value. The same as
    /// [`Tree::head`] if there is none.
    pub lead: u32,
    /// First byte of the content: quote, bracket, the header of a block scalar, the first entry of a block collection.
    pub start: u32,
    /// One past the last byte of the content. A block scalar ends after the line end of its last line.
    pub end: u32,
    pub parent: u32,
    pub next: u32,
    /// First child of a collection; target of an alias; index into `texts` of a scalar that is not written verbatim.
    pub data: u32,
}

/// Trees of huge documents consist of nodes.
const _: () = assert!(size_of::<Node>() == 28);

impl Node {
    /// A node without children, anchor and tag.
    pub(super) fn new(kind: NodeKind, lead: usize, start: usize, end: usize, parent: Option<NodeId>) -> Self {
        Self {
            kind,
            has_props: false,
            lead: small(lead),
            start: small(start),
            end: small(end),
            parent: parent.map_or(NONE, |parent| parent.0),
            next: NONE,
            data: NONE,
        }
    }
}

/// Adds a node behind the last child of its parent.
pub(super) fn add_child(nodes: &mut Vec<Node>, node: Node, last_child: Option<NodeId>) -> NodeId {
    let id = NodeId(small(nodes.len()));
    let before = last_child.map_or(node.parent, |last| last.0);
    nodes.push(node);
    if let Some(before) = nodes.get_mut(before as usize) {
        *(if last_child.is_some() { &mut before.next } else { &mut before.data }) = id.0;
    }
    id
}

/// A position as it is kept in a node. The limit for the length of documents lets all of them fit.
pub(super) fn small(pos: usize) -> u32 {
    u32::try_from(pos).unwrap_or(NONE)
}

/// A document as a tree of spans over its text.
///
/// Children of a mapping alternate: key, value, key, value.
#[derive(Clone, Debug)]
pub struct Tree<'a> {
    pub(super) text: &'a str,
    /// Position of the text in its file.
    pub(super) first: Place,
    pub(super) nodes: Vec<Node>,
    pub(super) texts: Vec<ScalarText>,
    /// Of the nodes that have an anchor or a tag, in their order.
    pub(super) props: Vec<Props>,
    /// Anchored nodes in document order.
    pub(super) anchors: Vec<NodeId>,
    /// Aliases in document order.
    pub(super) aliases: Vec<NodeId>,
    pub(super) root: Option<NodeId>,
    /// If the text is an excerpt: where its items are in the document.
    pub(super) excerpt: Option<Excerpt>,
    /// Positions of the line ends, computed on first use.
    pub(super) line_ends: OnceLock<Vec<u32>>,
    /// How many characters precede each block of [`CHARS_BLOCK`] bytes, computed on first use.
    pub(super) chars: OnceLock<Vec<usize>>,
    /// The position of each node among its siblings, computed when one is far from the first.
    pub(super) ordinals: OnceLock<Vec<u32>>,
}

/// Columns are counted from the last multiple of this: lines may be long.
const CHARS_BLOCK: usize = 1 << 12;

/// Siblings up to this position are counted, others looked up.
const NEAR: usize = 64;

const NO_NODE: Node =
    Node { kind: NodeKind::Absent, has_props: false, lead: 0, start: 0, end: 0, parent: NONE, next: NONE, data: NONE };

impl<'a> Tree<'a> {
    /// The text of the document.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Whether both have the same nodes, with the same spans and texts.
    pub fn is_same(&self, other: &Self) -> bool {
        self.nodes == other.nodes
            && self.texts.iter().map(|text| text.get(self.text)).eq(other.texts.iter().map(|text| text.get(other.text)))
            && self.props == other.props
            && self.root == other.root
            && self.text == other.text
    }

    /// The top node; `None` if the document is empty.
    pub fn root(&self) -> Option<NodeId> {
        self.root
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        let node = self.nodes.get(id.0 as usize);
        debug_assert!(node.is_some(), "ids are used with the tree that they come from");
        node.unwrap_or(const { &NO_NODE })
    }

    /// The type and style of a node. Aliases are not followed.
    pub fn kind(&self, id: NodeId) -> NodeKind {
        self.node(id).kind
    }

    /// Byte range of a node in the text, without its anchor and tag.
    pub fn span(&self, id: NodeId) -> Range<usize> {
        let node = self.node(id);
        node.start as usize..node.end as usize
    }

    pub(super) fn start(&self, id: NodeId) -> usize {
        self.node(id).start as usize
    }

    pub(super) fn end(&self, id: NodeId) -> usize {
        self.node(id).end as usize
    }

    /// First byte of a node in the text, with its anchor and tag.
    pub fn head(&self, id: NodeId) -> usize {
        self.props(id).map_or_else(|| self.start(id), |props| props.head as usize)
    }

    pub(super) fn lead(&self, id: NodeId) -> usize {
        self.node(id).lead as usize
    }

    /// The list or mapping that contains `id`.
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        Some(self.node(id).parent).filter(|&p| p != NONE).map(NodeId)
    }

    pub(super) fn props(&self, id: NodeId) -> Option<&Props> {
        if !self.node(id).has_props {
            return None;
        }
        let at = self.props.binary_search_by_key(&id, |props| props.node);
        debug_assert!(at.is_ok(), "a node that has an anchor or a tag has props");
        self.props.get(at.ok()?)
    }

    pub(super) fn tag(&self, id: NodeId) -> Option<Tag> {
        Some(self.props(id)?.tag.as_ref()?.1)
    }

    pub(super) fn anchor(&self, id: NodeId) -> Option<Range<usize>> {
        self.props(id)?.anchor.clone()
    }

    /// The position of a node in the file.
    pub fn place(&self, id: NodeId) -> Place {
        self.place_at(self.head(id))
    }

    /// The position of a byte of the text in the file.
    pub fn place_at(&self, pos: usize) -> Place {
        let ends = self.line_ends_before(pos);
        let line_start = ends.checked_sub(1).and_then(|last| Some(*self.line_ends().get(last)? as usize + 1));
        let start = line_start.unwrap_or_else(|| text::bom_len(self.text).min(pos));
        let column = match self.excerpt.filter(|excerpt| excerpt.head <= pos) {
            Some(excerpt) if start <= excerpt.head => {
                self.chars_before(pos) - self.chars_before(excerpt.head) + excerpt.place.column
            }
            _ => {
                let first = if line_start.is_none() { self.first.column } else { 1 };
                self.chars_before(pos) - self.chars_before(start) + first
            }
        };
        Place { line: self.line_at(pos), column }
    }

    /// How many characters precede `pos`. Fast even for many positions in one long line.
    fn chars_before(&self, pos: usize) -> usize {
        // Every character has exactly one byte that is not a continuation byte.
        let count = |bytes: &[u8]| bytes.iter().filter(|&&b| b & 0xc0 != 0x80).count();
        let blocks = self.chars.get_or_init(|| {
            let mut sums = vec![0];
            let mut sum = 0;
            for block in self.text.as_bytes().chunks(CHARS_BLOCK) {
                sum += count(block);
                sums.push(sum);
            }
            sums
        });
        let block = pos / CHARS_BLOCK;
        let rest = between(self.text.as_bytes(), block * CHARS_BLOCK, pos);
        debug_assert!(block < blocks.len(), "{pos} is inside of the text");
        blocks.get(block).map_or(0, |before| before + count(rest))
    }

    /// The position of `id` among its siblings.
    fn ordinal(&self, id: NodeId) -> usize {
        let siblings = self.parent(id).into_iter().flat_map(|parent| self.children(parent));
        if let Some(near) = siblings.take(NEAR).position(|sibling| sibling == id) {
            return near;
        }
        let ordinals = self.ordinals.get_or_init(|| {
            let mut ordinals = vec![0; self.nodes.len()];
            // A node comes before its next sibling.
            for (index, node) in self.nodes.iter().enumerate() {
                let next = ordinals.get(index).map_or(0, |ordinal: &u32| ordinal.saturating_add(1));
                if let Some(ordinal) = ordinals.get_mut(node.next as usize) {
                    *ordinal = next;
                }
            }
            ordinals
        });
        ordinals.get(id.0 as usize).map_or(0, |&ordinal| ordinal as usize)
    }

    /// The line of a node in the file, counted from 1.
    pub fn line(&self, id: NodeId) -> usize {
        self.line_at(self.head(id))
    }

    pub(super) fn line_at(&self, pos: usize) -> usize {
        let ends = self.line_ends_before(pos);
        match self.excerpt.filter(|excerpt| excerpt.head <= pos) {
            Some(excerpt) => excerpt.place.line + ends - self.line_ends_before(excerpt.head),
            None => self.first.line + ends,
        }
    }

    fn line_ends(&self) -> &[u32] {
        self.line_ends.get_or_init(|| memchr::memchr_iter(b'\n', self.text.as_bytes()).map(small).collect())
    }

    /// How many lines end before `pos`.
    fn line_ends_before(&self, pos: usize) -> usize {
        self.line_ends().partition_point(|&end| (end as usize) < pos)
    }

    /// Children of a collection. Those of a mapping are keys and values in turn.
    pub(super) fn children(&self, id: NodeId) -> Children<'_, 'a> {
        let node = self.node(id);
        Children { tree: self, next: if node.kind.is_collection() { node.data } else { NONE } }
    }

    /// The next child of the same collection.
    pub(super) fn next_sibling(&self, id: NodeId) -> Option<NodeId> {
        Some(self.node(id).next).filter(|&next| next != NONE).map(NodeId)
    }

    /// The items of a list; none of any other node. An alias is followed.
    pub fn items(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let id = self.resolve_alias(id);

        Children { tree: self, next: if self.kind(id).is_seq() { self.node(id).data } else { NONE } }
    }

    /// The keys and values that are written in a mapping; none of any other node. An alias is followed. Merge keys are
    /// entries like others.
    pub fn entries(&self, id: NodeId) -> Entries<'_, 'a> {
        let id = self.resolve_alias(id);
        Entries(Children { tree: self, next: if self.kind(id).is_map() { self.node(id).data } else { NONE } })
    }

    /// The anchored node if `id` is an alias, else `id`.
    pub fn resolve_alias(&self, id: NodeId) -> NodeId {
        let mut id = id;
        // The target is never an alias: an alias cannot have an anchor.
        if self.kind(id) == NodeKind::Alias {
            id = NodeId(self.node(id).data);
        }
        id
    }

    /// The text of a scalar with quotes, escapes and folding resolved. Empty for other nodes.
    pub fn scalar(&self, id: NodeId) -> &str {
        let node = self.node(id);
        if let Some(text) = self.texts.get(node.data as usize)
            && !node.kind.is_collection()
            && node.kind != NodeKind::Alias
        {
            return text.get(self.text);
        }
        written_text(self.text, node.kind, self.span(id))
    }

    /// Whether `id` is this literal block of another document, with the same indentation.
    pub(super) fn is_block(&self, id: NodeId, block: &LiteralBlock, document: &str) -> bool {
        let node = self.node(id);
        let text = self.texts.get(node.data as usize).filter(|_| node.kind == NodeKind::Literal);
        matches!(text, Some(ScalarText::Block(own, _)) if own.is_written_as(self.text, block, document))
    }

    /// The values of all keys `name` in the mappings below `id`. Aliases are not followed.
    pub fn keys_named<'n>(&'n self, name: &'n str, id: NodeId) -> impl Iterator<Item = NodeId> + 'n {
        let maps = self.ids_below(id).filter(|&map| self.kind(map).is_map());
        maps.flat_map(move |map| self.entries(map).filter(move |&(key, _)| self.scalar(key) == name))
            .map(|(_, value)| value)
    }

    /// The block scalar at the end of a node, if there is one.
    pub(super) fn last_block_scalar(&self, id: NodeId) -> Option<NodeId> {
        let last = std::iter::successors(Some(id), |&id| self.children(id).last()).last();
        last.filter(|&last| self.kind(last).is_block_scalar())
    }

    /// The nodes of the subtree at `id`: their ids follow each other.
    pub(super) fn subtree(&self, id: NodeId) -> Range<NodeId> {
        let mut at = id;
        loop {
            let node = self.node(at);
            if node.next != NONE {
                return id..NodeId(node.next);
            }
            if node.parent == NONE {
                return id..NodeId(NONE);
            }
            at = NodeId(node.parent);
        }
    }

    /// `id` and all nodes below it, in order.
    pub(super) fn ids_below(&self, id: NodeId) -> impl Iterator<Item = NodeId> + use<> {
        let range = self.subtree(id);
        self.ids(range.start.0 as usize..range.end.0 as usize)
    }

    /// All nodes, in order.
    pub(super) fn all_ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        self.ids(0..self.nodes.len())
    }

    /// The nodes at these positions that exist.
    pub(super) fn ids(&self, positions: Range<usize>) -> impl Iterator<Item = NodeId> + use<> {
        (small(positions.start)..small(positions.end.min(self.nodes.len()))).map(NodeId)
    }

    /// The value of a mapping's key.
    pub(super) fn value_of(&self, key: NodeId) -> NodeId {
        NodeId(self.node(key).next)
    }

    /// The anchored nodes of the subtree at `id`, in order.
    pub(super) fn anchors_in(&self, id: NodeId) -> &[NodeId] {
        within(&self.anchors, &self.subtree(id))
    }

    /// The aliases of the subtree at `id`, in order.
    pub(super) fn aliases_in(&self, id: NodeId) -> &[NodeId] {
        within(&self.aliases, &self.subtree(id))
    }

    /// Keys and indices from the root to `id`.
    pub fn path(&self, id: NodeId) -> Path<'_> {
        let mut steps = Vec::new();
        let mut at = id;
        while let Some(parent) = self.parent(at) {
            steps.push(if self.kind(parent).is_seq() {
                let skipped = self.excerpt.filter(|_| self.parent(parent) == self.root).map_or(0, |e| e.index);
                Step::Index(self.ordinal(at) + skipped)
            } else {
                // A key has nothing below it, so its value is the next node.
                let key = if self.ordinal(at).is_multiple_of(2) { at } else { NodeId(at.0.saturating_sub(1)) };
                Step::Key(self.scalar(self.resolve_alias(key)))
            });
            at = parent;
        }
        steps.into_iter().rev().collect()
    }

    /// An error about `id`, for callers with requirements of their own.
    pub fn node_error(
        &self,
        kind: YamlErrorKind,
        id: NodeId,
        message: impl Into<String>,
        hint: Option<String>,
    ) -> YamlError {
        YamlError { hint, ..self.error(kind, id, message) }
    }

    /// An error about `id`.
    pub(super) fn error(&self, kind: YamlErrorKind, id: NodeId, message: impl Into<String>) -> YamlError {
        YamlError::new(kind, self.place(id), message).with_path(self.path(id).to_string())
    }
}

/// The text of a scalar that is written as it reads, without its quotes. Empty for other nodes.
pub(super) fn written_text(text: &str, kind: NodeKind, span: Range<usize>) -> &str {
    match kind {
        NodeKind::Plain => text::slice(text, span),
        NodeKind::Single | NodeKind::Double => text::slice(text, span.start + 1..span.end.saturating_sub(1)),
        _ => "",
    }
}

/// The part of the sorted `nodes` that is in `range`.
fn within<'n>(nodes: &'n [NodeId], range: &Range<NodeId>) -> &'n [NodeId] {
    let from = nodes.partition_point(|&n| n < range.start);
    let to = nodes.partition_point(|&n| n < range.end);
    between(nodes, from, to)
}

/// See [`Tree::children`].
#[derive(Clone)]
pub(super) struct Children<'t, 'a> {
    tree: &'t Tree<'a>,
    next: u32,
}

impl Iterator for Children<'_, '_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        (self.next != NONE).then(|| {
            let id = NodeId(self.next);
            self.next = self.tree.node(id).next;
            id
        })
    }
}

/// See [`Tree::entries`].
#[derive(Clone)]
pub struct Entries<'t, 'a>(Children<'t, 'a>);

impl Iterator for Entries<'_, '_> {
    type Item = (NodeId, NodeId);

    fn next(&mut self) -> Option<(NodeId, NodeId)> {
        Some((self.0.next()?, self.0.next()?))
    }
}
