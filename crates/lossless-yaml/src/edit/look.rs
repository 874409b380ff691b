//! How new text looks. Settled when an operation is made, by the neighbors at that time, and used when the text is
//! written.

use serde_json::Value;

use crate::tree::NodeKind;

/// How keys and strings are quoted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Quote {
    /// Only if some reader would not read the text as a string.
    #[default]
    Plain,
    Single,
    Double,
}

impl Quote {
    /// The quotes of a scalar of this kind.
    pub(super) fn of_kind(kind: NodeKind) -> Self {
        match kind {
            NodeKind::Single => Self::Single,
            NodeKind::Double => Self::Double,
            _ => Self::Plain,
        }
    }
}

/// How an item's dash is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dash {
    /// How many blanks are behind it.
    pub blanks: usize,
    /// Whether it is alone on its line, with the item below.
    pub alone: bool,
}

/// How a list under a key is indented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ListStyle {
    /// Columns from the key to the dash.
    pub offset: usize,
    /// How many blanks are behind the dash.
    pub blanks: usize,
}

/// How a new item or entry is written.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each describes the neighbors independently of the others")]
pub(super) struct NewStyle {
    /// Quotes of keys.
    pub keys: Quote,
    /// Quotes of a string that needs some.
    pub strings: Quote,
    /// Whether strings are quoted even if they need not be.
    pub quote_all: bool,
    /// Whether the item is written in braces, on one line.
    pub flow: bool,
    /// Whether there are blanks inside of those braces.
    pub padded: bool,
    /// The dash, if a neighbor shows one.
    pub dash: Option<Dash>,
    /// Whether it takes the lines of the slot before it, which was removed.
    pub in_place: bool,
    /// Whether it was added behind the last entry.
    pub last: bool,
    /// Whether its mapping has a merge key.
    pub beside_merge: bool,
}

/// Whether there are spaces inside of braces and of brackets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Padding {
    pub braces: bool,
    pub brackets: bool,
}

impl Padding {
    /// The same for both.
    pub(super) fn both(padded: bool) -> Self {
        Self { braces: padded, brackets: padded }
    }

    /// Whether there are spaces inside of those that begin with `open`.
    pub(super) fn of(self, open: char) -> bool {
        if open == '{' { self.braces } else { self.brackets }
    }
}

/// How the document writes lists and mappings in brackets over several lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OpenHabits {
    /// Whether a comma follows the last entry.
    pub trailing: bool,
    /// Whether collections in a list begin on the line of its bracket, or where the one before ends: `[{`, `}, {`.
    pub cuddled: bool,
}

/// Whether a value is a scalar, or a mapping of scalars and empty collections.
pub(super) fn is_flat(value: &Value) -> bool {
    let simple = |v: &Value| match v {
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => true,
    };
    match value {
        Value::Object(map) => map.values().all(simple),
        other => simple(other),
    }
}
