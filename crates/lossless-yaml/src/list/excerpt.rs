//! Trees of excerpts, with the places and paths of the whole document.

use crate::error::{Place, YamlError};
use crate::tree::Tree;

/// Where the items of an excerpt are in the document: the excerpt has the document's head and tail, and some items of its
/// list in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The length of the head, in bytes.
    pub head: usize,
    /// The position in the file of the first item's text.
    pub place: Place,
    /// The index of the first item in the list.
    pub index: usize,
}

impl<'a> Tree<'a> {
    /// Reads an excerpt of a document that begins at `first`. Places and paths are those in the document; those in the
    /// tail are not known.
    pub fn parse_excerpt(text: &'a str, first: impl Into<Place>, excerpt: Excerpt) -> Result<Self, YamlError> {
        let mut tree = Self::parse(text, first)?;
        tree.excerpt = Some(excerpt);
        Ok(tree)
    }
}
