//! How new text looks: settled by its neighbours when an operation is made, and used when it is written.

use serde_json::Value;

use crate::tree::NodeKind;

/// How keys and strings are quoted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Quote {
    /// Only where a reader would take the text for something else.
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
    /// Blanks behind it.
    pub blanks: usize,
    /// Alone on its line, the item below it.
    pub alone: bool,
}

/// Where dashes stand under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ListStyle {
    /// Columns from the key to the dash.
    pub offset: usize,
    /// Blanks behind the dash.
    pub blanks: usize,
}

/// How a new item or entry is written: settled when the operation is made, by the neighbours it then has.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each says one thing about the neighbours, and they combine freely")]
pub(super) struct NewStyle {
    /// Quotes of keys.
    pub keys: Quote,
    /// Quotes of a string that needs some.
    pub strings: Quote,
    /// Strings are quoted even where they need not be.
    pub quote_all: bool,
    /// The item is written in braces, on one line.
    pub flow: bool,
    /// Blanks inside those braces.
    pub padded: bool,
    /// The dash, where a neighbour shows one.
    pub dash: Option<Dash>,
    /// Stands in the lines of a key or item that went, which is the slot before it.
    pub in_place: bool,
    /// Was put behind the last entry there was.
    pub last: bool,
    /// Goes beside a merge key.
    pub beside_merge: bool,
}

/// Whether a space is inside of brackets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Padding {
    pub braces: bool,
    pub brackets: bool,
}

impl Padding {
    /// The same in both.
    pub(super) fn both(padded: bool) -> Self {
        Self { braces: padded, brackets: padded }
    }

    /// Inside those that begin with `open`.
    pub(super) fn of(self, open: char) -> bool {
        if open == '{' { self.braces } else { self.brackets }
    }
}

/// What the document does with commas and lists in brackets over several lines.
#[derive(Clone, Copy)]
pub(super) struct OpenHabits {
    /// A comma follows the last entry too.
    pub trailing: bool,
    /// Collections in a list begin on the line of its bracket, or where the one before ends: `[{`, `}, {`.
    pub cuddled: bool,
}

/// Whether a value is written without a level below it: a scalar, or a mapping of scalars and empty collections.
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
