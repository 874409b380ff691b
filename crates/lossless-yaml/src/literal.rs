//! Texts of scalars that are not written verbatim. That of a literal block, which can be most of a document, is made when it
//! is asked for.

use std::ops::Range;
use std::sync::OnceLock;

use crate::text::slice;
use crate::tree::small;

/// The text of a scalar.
#[derive(Clone, Debug)]
pub(super) enum ScalarText {
    Known(Box<str>),
    Block(LiteralBlock, OnceLock<Box<str>>),
}

impl ScalarText {
    pub(super) fn get<'t>(&'t self, document: &str) -> &'t str {
        match self {
            Self::Known(text) => text,
            Self::Block(block, text) => text.get_or_init(|| block.text(document).into()),
        }
    }
}

/// A literal block.
#[derive(Clone, Copy, Debug)]
pub(super) struct LiteralBlock {
    start: u32,
    end: u32,
    /// How many spaces precede the text of each line.
    indent: u32,
    /// Whether the last line end is a part of the text.
    keeps_end: bool,
}

impl LiteralBlock {
    /// A block with these lines, by their bytes.
    pub(super) fn new(lines: Range<usize>, indent: usize, keeps_end: bool) -> Self {
        Self { start: small(lines.start), end: small(lines.end), indent: small(indent), keeps_end }
    }

    fn lines<'t>(&self, document: &'t str) -> &'t str {
        slice(document, self.start as usize..self.end as usize)
    }

    /// The lines without their indentation.
    pub(super) fn text(&self, document: &str) -> String {
        let lines = self.lines(document);
        let mut text = String::with_capacity(lines.len());
        for line in lines.split_inclusive('\n') {
            // An empty line may have fewer spaces.
            text.push_str(line.get(self.indent as usize..).filter(|text| !text.is_empty()).unwrap_or("\n"));
        }
        if !self.keeps_end && text.ends_with('\n') {
            text.pop();
        }
        text
    }

    /// Whether another block, of the document `other_document`, has the same lines and indentation.
    pub(super) fn is_written_as(&self, document: &str, other: &Self, other_document: &str) -> bool {
        (self.indent, self.keeps_end) == (other.indent, other.keeps_end)
            && self.lines(document) == other.lines(other_document)
    }
}
