//! Builds the tree of a simple document.

use std::sync::OnceLock;

use super::{Scalar, Sink, Value, read};
use crate::error::Place;
use crate::tree::{Node, NodeId, NodeKind, ScalarText, Tree, add_child, small};

/// The tree of a simple document; `None` for any other document. Its first byte is at `first` of its file.
pub(crate) fn parse(text: &str, first: Place) -> Option<Tree<'_>> {
    if u32::try_from(text.len()).is_err() {
        return None;
    }
    let mut builder = Builder { nodes: Vec::with_capacity(text.len() / 16), texts: Vec::new(), open: Vec::new() };
    read(text, &mut builder)?;
    Some(Tree {
        text,
        first,
        root: Some(NodeId(0)),
        excerpt: None,
        nodes: builder.nodes,
        texts: builder.texts,
        props: Vec::new(),
        anchors: Vec::new(),
        aliases: Vec::new(),
        line_ends: OnceLock::new(),
        chars: OnceLock::new(),
        ordinals: OnceLock::new(),
    })
}

/// A list or mapping that has not ended.
struct Open {
    node: NodeId,
    last_child: Option<NodeId>,
}

struct Builder {
    nodes: Vec<Node>,
    texts: Vec<ScalarText>,
    open: Vec<Open>,
}

impl Builder {
    fn enter(&mut self, kind: NodeKind, lead: usize, start: usize, end: usize) -> NodeId {
        let open = self.open.last_mut();
        let node = Node::new(kind, lead, start, end, open.as_ref().map(|open| open.node));
        let id = add_child(&mut self.nodes, node, open.as_ref().and_then(|open| open.last_child));
        if let Some(open) = open {
            open.last_child = Some(id);
        }
        id
    }
}

impl Sink for Builder {
    const READS_BLOCKS: bool = true;

    fn begin(&mut self, kind: NodeKind, lead: usize, start: usize) -> Option<()> {
        let node = self.enter(kind, lead, start, start);
        self.open.push(Open { node, last_child: None });
        Some(())
    }

    fn end(&mut self, end: usize) {
        let node = self.open.pop().and_then(|open| self.nodes.get_mut(open.node.0 as usize));
        debug_assert!(node.is_some(), "a collection ends that did not begin");
        if let Some(node) = node {
            node.end = small(end);
        }
    }

    fn scalar(&mut self, scalar: Scalar<'_>, lead: usize, start: usize) -> Option<()> {
        let node = self.enter(scalar.kind, lead, start, scalar.end);
        let text = match scalar.value {
            Value::Written => return Some(()),
            Value::Other(value) => ScalarText::Known(value.into()),
            Value::Block(block) => ScalarText::Block(block, OnceLock::new()),
        };
        let index = small(self.texts.len());
        self.texts.push(text);
        self.nodes.get_mut(node.0 as usize)?.data = index;
        Some(())
    }
}
