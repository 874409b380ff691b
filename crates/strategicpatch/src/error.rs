//! What can go wrong in a merge, and where: the problem plus the path of the value it was found at.

use thiserror::Error;

/// Why a patch could not be merged, and the value of the document at which that showed.
///
/// The path is that of the value being merged (`spec.containers[1].env`); a list index counts the patch's items.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("cannot merge {}: {problem}", self.place())]
pub struct PatchError {
    /// Innermost first: a segment is added at each level the error passes on its way out.
    segments: Vec<Segment>,
    /// What is wrong there.
    pub problem: Problem,
}

impl PatchError {
    /// The path of the value, empty for the document itself: `metadata.annotations["example.com/a"]`.
    pub fn path(&self) -> String {
        let segment = |(depth, segment): (usize, &Segment)| match segment {
            Segment::Key(key) if !is_plain(key) => format!("[{key:?}]"),
            Segment::Key(key) if depth == 0 => key.clone(),
            Segment::Key(key) => format!(".{key}"),
            Segment::Index(index) => format!("[{index}]"),
        };
        self.segments.iter().rev().enumerate().map(segment).collect()
    }

    fn place(&self) -> String {
        let path = self.path();
        if path.is_empty() { "the documents".to_owned() } else { path }
    }

    pub(super) fn under_key(mut self, key: &str) -> Self {
        self.segments.push(Segment::Key(key.to_owned()));
        self
    }

    pub(super) fn under_index(mut self, index: usize) -> Self {
        self.segments.push(Segment::Index(index));
        self
    }
}

impl From<Problem> for PatchError {
    fn from(problem: Problem) -> Self {
        Self { segments: Vec::new(), problem }
    }
}

/// What is wrong with a patch, or with the document it meets.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Problem {
    /// The original or the patch as a whole is a list or a scalar.
    #[error("the {document} must be an object, found {found}")]
    NotAnObject {
        /// `original` or `patch`.
        document: &'static str,
        /// What stands there instead.
        found: &'static str,
    },
    /// The patch nests too deep to be worked on safely.
    #[error("the patch nests deeper than {limit} levels")]
    TooDeep {
        /// The number of levels allowed.
        limit: usize,
    },
    /// Both sides hold an object or a list in a field that the Kubernetes type does not have.
    #[error("{owner} has no field {field:?}, so how to merge its two values is unknown")]
    UnknownField {
        /// The Kubernetes type, as `PodSpec`.
        owner: &'static str,
        /// The field's name as the patch spells it.
        field: String,
    },
    /// Both sides hold an object or a list below a value that has no fields of its own, as a label.
    #[error("an object or a list cannot be merged here: the Kubernetes API holds scalars at this place")]
    NoFields,
    /// Both sides hold a list, or an order for one is given, where the type has something else.
    #[error("this field is not a list in the Kubernetes API")]
    NotAList,
    /// A directive or the value it is about has another type than it needs.
    #[error("expected {expected}, found {found}")]
    WrongType {
        /// What is needed.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// `$patch` holds something else than a known directive.
    #[error("$patch must be \"replace\" or \"delete\", found {found}")]
    UnknownDirective {
        /// The value as JSON.
        found: String,
    },
    /// `$patch: merge` in a list's item, which Kubernetes reserves but does not support.
    #[error("$patch: merge is not supported for an item of a list")]
    MergeDirectiveInList,
    /// `$setElementOrder` or `$deleteFromPrimitiveList` does not name its list.
    #[error("{key:?} does not name a list: write {directive}/<field>")]
    DirectiveWithoutList {
        /// The key as the patch spells it.
        key: String,
        /// The directive it begins with.
        directive: &'static str,
    },
    /// The patch sets a field that its own `$retainKeys` leaves out.
    #[error("the patch sets {field:?}, which its $retainKeys does not list")]
    NotRetained {
        /// The field.
        field: String,
    },
    /// The patch's items are not a part of its `$setElementOrder` list in the same order.
    #[error("the items of the patch do not follow its $setElementOrder list")]
    OrderMismatch,
    /// An item lacks the key by which its list is merged.
    #[error("an item has no {key:?}, the key by which this list is merged")]
    NoMergeKey {
        /// The merge key.
        key: &'static str,
    },
    /// The list holds objects, and the API names no key to tell them apart.
    #[error("items of this list cannot be merged: the Kubernetes API names no merge key for it")]
    NoMergeKeyDeclared,
    /// The two lists hold items of more than one type.
    #[error("the items of the lists are of different types")]
    MixedItems,
    /// An item is a list.
    #[error("an item is a list, and lists of lists cannot be merged")]
    NestedLists,
    /// An item is null.
    #[error("an item is null")]
    NullItem,
    /// An order is given for lists without any item.
    #[error("there is no item to put in order")]
    NoItems,
    /// Items would have to be compared by an object or by a list.
    #[error("items can be compared by scalars only, found an object or a list")]
    NotComparable,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Key(String),
    Index(usize),
}

fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$'))
}
