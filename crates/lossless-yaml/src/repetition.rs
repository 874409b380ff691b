//! Limits for aliases: ten lines of them can expand to more than fits into memory.

use crate::error::{YamlError, YamlErrorKind};
use crate::tree::{NONE, NodeId, NodeKind, Tree};

/// How much text aliases may add. go-yaml only counts nodes, however long their text is.
const MAX_REPEATED_MIB: u64 = 64;

/// The size of a node with everything below it.
#[derive(Clone, Copy)]
struct Size {
    nodes: u64,
    bytes: u64,
}

impl Size {
    const NONE: Self = Self { nodes: 0, bytes: 0 };

    fn plus(self, other: Self) -> Self {
        Self { nodes: self.nodes.saturating_add(other.nodes), bytes: self.bytes.saturating_add(other.bytes) }
    }
}

impl Tree<'_> {
    /// Fails if the document with all aliases expanded exceeds the limits. Callers that read many parts of a document check
    /// this first: each part may be within the limits, but not all of them together.
    pub fn check_repetition(&self) -> Result<(), YamlError> {
        if self.aliases.is_empty() {
            return Ok(());
        }
        let id = |index: usize| NodeId(u32::try_from(index).unwrap_or(NONE));
        // The size of each node. Nodes precede those below them, and anchored nodes their aliases.
        let own = |node: NodeId| Size { nodes: 1, bytes: self.bytes(node) };
        let mut sizes: Vec<Size> = (0..self.nodes.len()).map(|index| own(id(index))).collect();
        let written = sizes.iter().fold(Size::NONE, |sum, size| sum.plus(*size));
        let size = |sizes: &[Size], id: NodeId| sizes.get(id.0 as usize).copied().unwrap_or(Size::NONE);
        let add = |sizes: &mut [Size], id: NodeId, more: Size| {
            if let Some(size) = sizes.get_mut(id.0 as usize) {
                *size = size.plus(more);
            }
        };
        let mut open: Vec<NodeId> = Vec::new();
        let close = |sizes: &mut [Size], closed: NodeId| {
            if let Some(parent) = self.parent(closed) {
                let more = size(sizes, closed);
                add(sizes, parent, more);
            }
        };
        for node in (0..self.nodes.len()).map(id) {
            while let Some(&last) = open.last().filter(|&&last| self.parent(node) != Some(last)) {
                close(&mut sizes, last);
                open.pop();
            }
            if self.kind(node) == NodeKind::Alias {
                let more = size(&sizes, self.resolve_alias(node));
                add(&mut sizes, node, more);
            }
            open.push(node);
        }
        while let Some(last) = open.pop() {
            close(&mut sizes, last);
        }
        let decoded = self.root().map_or(Size::NONE, |root| size(&sizes, root));
        let largest = |by: fn(Size) -> u64| self.aliases.iter().copied().max_by_key(|&alias| by(size(&sizes, alias)));
        let too_much = if repeats_too_much(decoded.nodes, decoded.nodes.saturating_sub(written.nodes)) {
            largest(|size| size.nodes).map(|alias| self.repetition(alias))
        } else if decoded.bytes.saturating_sub(written.bytes) > MAX_REPEATED_MIB << 20 {
            let message = format!("aliases expand to more than {MAX_REPEATED_MIB} MiB of text");
            largest(|size| size.bytes).map(|alias| self.error(YamlErrorKind::Limit, alias, message))
        } else {
            None
        };
        too_much.map_or(Ok(()), Err)
    }

    /// The length of a scalar's text.
    fn bytes(&self, id: NodeId) -> u64 {
        let is_text = !self.kind(id).is_collection() && self.kind(id) != NodeKind::Alias;
        let length = if is_text { self.scalar(id).len() } else { 0 };
        u64::try_from(length).unwrap_or(u64::MAX)
    }

    pub(super) fn repetition(&self, id: NodeId) -> YamlError {
        self.error(YamlErrorKind::Limit, id, "aliases expand the document beyond the limit")
            .with_hint("at most 99 % of 1,000 nodes may come from aliases, falling to 10 % of 4 million")
    }
}

/// The limits of go-yaml v2 (decode.go): the more nodes a document has, the fewer of them may come from aliases.
#[allow(clippy::cast_precision_loss, reason = "a ratio of counts far below 2^52, or far beyond the limit")]
pub(super) fn repeats_too_much(decoded: u64, through_alias: u64) -> bool {
    const FEW: f64 = 400_000.0;
    const MANY: f64 = 4_000_000.0;
    if through_alias <= 100 || decoded <= 1000 {
        return false;
    }
    let allowed = 0.99 - 0.89 * ((decoded as f64 - FEW) / (MANY - FEW)).clamp(0.0, 1.0);
    through_alias as f64 / decoded as f64 > allowed
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn fails(text: &str) -> bool {
        Tree::parse(text, 1).unwrap().check_repetition().is_err()
    }

    /// A number of lists, each with the one before ten times.
    fn bomb(levels: usize) -> String {
        let mut text = "- &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..levels {
            let alias = format!("*a{}", level - 1);
            writeln!(text, "- &a{level} [{}]", [alias.as_str(); 10].join(", ")).unwrap();
        }
        text
    }

    #[test]
    fn the_whole_document_counts() {
        assert!(!fails(&bomb(2)));
        assert!(fails(&bomb(8)));
        // Each of these is within the limit, but not all of them together.
        let mut text = bomb(4);
        text.push_str(&"- *a3\n".repeat(1000));
        assert!(fails(&text));
        assert!(!fails(&"- text\n".repeat(2000)));
    }

    #[test]
    fn long_texts_count_by_their_bytes() {
        let text = |long: usize, aliases: usize| format!("- &a {}\n{}", "x".repeat(long), "- *a\n".repeat(aliases));
        assert!(!fails(&text(1 << 20, 64)));
        assert!(fails(&text(1 << 20, 65)));
    }

    #[test]
    fn merge_keys_that_double_are_read_in_time() {
        let mut text = "- &a0 {k: v}\n".to_owned();
        for level in 1..60 {
            writeln!(text, "- &a{level} {{<<: [*a{0}, *a{0}]}}", level - 1).unwrap();
        }
        let tree = Tree::parse(&text, 1).unwrap();
        let last = tree.items(tree.root().unwrap()).last().unwrap();
        assert!(tree.get(last, "k").unwrap().is_some());
        assert_eq!(tree.get(last, "other").unwrap(), None);
        assert_eq!(tree.value(last).unwrap_err().kind, YamlErrorKind::Limit);
        assert!(tree.check_repetition().is_err());
    }
}
