//! Fixes: edits that remove a finding, graded by their risk.

use std::ops::Range;

use serde_json::Value;

use crate::k8s::Path;

/// The risk of a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// It changes nothing but what the finding is about. `--fix` applies it.
    Safe,
    /// It may change what a workload does. `--unsafe-fixes` applies it.
    Unsafe,
}

impl Grade {
    /// The word in output.
    pub fn label(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
        }
    }
}

/// Edits that remove a finding. All of them are applied, or none.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// The risk.
    pub grade: Grade,
    /// The edits, in order.
    pub edits: Vec<Edit>,
}

/// An edit of a document. Paths begin at its root.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Sets a key, or replaces an item. A new key goes last, or before the key `before`.
    Set {
        /// The key or item.
        path: Path,
        /// The new data.
        value: Value,
        /// The key that a new key, or the first parent that is new, goes before.
        before: Option<String>,
    },
    /// Removes a key or an item, and parents that become empty.
    Remove {
        /// The key or item.
        path: Path,
    },
    /// Moves an item to the end of another list.
    MoveItem {
        /// The item.
        from: Path,
        /// The list.
        to: Path,
        /// The key that a new list goes before.
        before: Option<String>,
    },
    /// Moves a key, with the text of its value, to the end of another mapping.
    MoveKey {
        /// The key.
        from: Path,
        /// The mapping and the key in it.
        to: Path,
        /// The key that the first parent that is new goes before.
        before: Option<String>,
    },
    /// Gives a key another name, in its place.
    RenameKey {
        /// The key.
        path: Path,
        /// The new name.
        name: String,
    },
    /// Cuts parts out of the text of a string. What remains keeps its quotes, lines and indentation.
    Cut {
        /// The string.
        path: Path,
        /// Byte ranges of the string as it is read, in order.
        ranges: Vec<Range<usize>>,
    },
    /// Removes a comment: its line, or the comment with the spaces before it.
    RemoveComment {
        /// The bytes of the comment in the document.
        comment: Range<usize>,
    },
}

impl Fix {
    /// A safe fix of one edit.
    pub fn safe(edit: Edit) -> Self {
        Self { grade: Grade::Safe, edits: vec![edit] }
    }

    /// An unsafe fix of one edit.
    pub fn risky(edit: Edit) -> Self {
        Self { grade: Grade::Unsafe, edits: vec![edit] }
    }
}
