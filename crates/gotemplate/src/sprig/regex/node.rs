//! Parts of an expression, with the numbers that Go limits.

use regex_syntax::hir::{Class, ClassUnicode, Hir, Look, Repetition};

/// A part of an expression.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) hir: Hir,
    /// The nesting depth
    pub(super) height: usize,
    /// The product of nested counted repetitions
    pub(super) repeats: u32,
}

impl Node {
    fn leaf(hir: Hir) -> Self {
        Self { hir, height: 1, repeats: 1 }
    }

    pub(super) fn literal(c: char) -> Self {
        Self::leaf(Hir::literal(c.encode_utf8(&mut [0; 4]).as_bytes().to_vec()))
    }

    pub(super) fn class(class: ClassUnicode) -> Self {
        Self::leaf(Hir::class(Class::Unicode(class)))
    }

    pub(super) fn look(look: Look) -> Self {
        Self::leaf(Hir::look(look))
    }

    /// A sequence.
    pub(super) fn concat(nodes: Vec<Self>) -> Self {
        Self::joined(nodes, Hir::concat)
    }

    /// Alternatives.
    pub(super) fn alternation(nodes: Vec<Self>) -> Self {
        Self::joined(nodes, Hir::alternation)
    }

    fn joined(mut nodes: Vec<Self>, join: fn(Vec<Hir>) -> Hir) -> Self {
        if nodes.len() == 1
            && let Some(only) = nodes.pop()
        {
            return only;
        }
        let height = nodes.iter().map(|node| node.height).max().unwrap_or(0) + 1;
        let repeats = nodes.iter().map(|node| node.repeats).max().unwrap_or(1);
        Self { hir: join(nodes.into_iter().map(|node| node.hir).collect()), height, repeats }
    }

    /// A node around this one.
    pub(super) fn around(self, wrap: impl FnOnce(Box<Hir>) -> Hir) -> Self {
        Self { hir: wrap(Box::new(self.hir)), height: self.height + 1, repeats: self.repeats }
    }

    /// A repetition of this node.
    pub(super) fn repeated(self, min: u32, max: Option<u32>, greedy: bool) -> Self {
        self.around(|sub| Hir::repetition(Repetition { min, max, greedy, sub }))
    }
}
