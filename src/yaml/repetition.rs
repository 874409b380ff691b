//! How often a document may repeat itself by aliases: ten lines of them can say more than fits into memory.

use super::error::{YamlError, YamlErrorKind};
use super::tree::{NONE, NodeId, NodeKind, Tree};

impl Tree<'_> {
    /// Fails if the document, with all aliases written out, is beyond the limits of go-yaml. Whoever reads many parts
    /// of a document asks this first: each part may be within the limits, and all together out of proportion.
    pub fn check_repetition(&self) -> Result<(), YamlError> {
        if self.aliases.is_empty() {
            return Ok(());
        }
        let id = |index: usize| NodeId(u32::try_from(index).unwrap_or(NONE));
        // How many nodes each node stands for. Nodes come before those below them, and targets before their aliases.
        let mut sizes = vec![1_u64; self.nodes.len()];
        let size = |sizes: &[u64], id: NodeId| sizes.get(id.0 as usize).copied().unwrap_or_default();
        let add = |sizes: &mut [u64], id: NodeId, more: u64| {
            if let Some(size) = sizes.get_mut(id.0 as usize) {
                *size = size.saturating_add(more);
            }
        };
        let mut open: Vec<NodeId> = Vec::new();
        let close = |sizes: &mut [u64], closed: NodeId| {
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
        let written = u64::try_from(self.nodes.len()).unwrap_or(u64::MAX);
        let decoded = self.root().map(|root| size(&sizes, root)).unwrap_or_default();
        if !repeats_too_much(decoded, decoded.saturating_sub(written)) {
            return Ok(());
        }
        let largest = self.aliases.iter().copied().max_by_key(|&alias| size(&sizes, alias));
        largest.map_or(Ok(()), |alias| Err(self.repetition(alias)))
    }

    pub(super) fn repetition(&self, id: NodeId) -> YamlError {
        self.error(YamlErrorKind::Limit, id, "the document repeats itself by aliases beyond the limit")
            .with_hint("of 1,000 nodes and more at most 99 % may come by alias, of 4 million at most 10 %")
    }
}

/// The limits of go-yaml v2 (decode.go): the more nodes a document has, the fewer of them may come by alias.
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

    /// `levels` lists, each of ten times the one before.
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
        // Each of these is within the limit, and all together are not.
        let mut text = bomb(4);
        text.push_str(&"- *a3\n".repeat(1000));
        assert!(fails(&text));
        assert!(!fails(&"- text\n".repeat(2000)));
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
