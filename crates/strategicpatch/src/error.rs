//! Errors of a merge: the problem, and the path of the value.

use thiserror::Error;

/// Why a patch cannot be merged, and the path of the value.
///
/// The path is that of the value being merged (`spec.containers[1].env`). An index in it is that of the patch's list.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("cannot merge {}: {problem}", self.place())]
pub struct PatchError {
    /// The segments of the path, innermost first: each level adds its own.
    segments: Vec<Segment>,
    /// The problem.
    pub problem: Problem,
}

impl PatchError {
    /// The path of the value, such as `metadata.annotations["example.com/a"]`. Empty for the document itself.
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

/// What is wrong with a patch or with the original.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Problem {
    /// The whole original or patch is a list or a scalar.
    #[error("the {document} must be an object, found {found}")]
    NotAnObject {
        /// `original` or `patch`.
        document: &'static str,
        /// The type of the value.
        found: &'static str,
    },
    /// The patch nests too deep.
    #[error("the patch nests deeper than {limit} levels")]
    TooDeep {
        /// The maximum number of levels.
        limit: usize,
    },
    /// Both sides have an object or a list in a field that the Kubernetes type does not have.
    #[error("{owner} has no field {field:?}, so how to merge its two values is unknown")]
    UnknownField {
        /// The Kubernetes type, such as `PodSpec`.
        owner: &'static str,
        /// The name of the field in the patch.
        field: String,
    },
    /// Both sides have an object or a list below a value without fields, such as a label.
    #[error("an object or a list cannot be merged here: the Kubernetes API has a scalar in this field")]
    NoFields,
    /// Both sides have a list, or the patch has an order for one, in a field that is not a list.
    #[error("this field is not a list in the Kubernetes API")]
    NotAList,
    /// A directive or its value has the wrong type.
    #[error("expected {expected}, found {found}")]
    WrongType {
        /// The required type.
        expected: &'static str,
        /// The actual type.
        found: &'static str,
    },
    /// `$patch` is not a known directive.
    #[error("$patch must be \"replace\" or \"delete\", found {found}")]
    UnknownDirective {
        /// The value as JSON.
        found: String,
    },
    /// `$patch: merge` in an item of a list, which Kubernetes reserves but does not support.
    #[error("$patch: merge is not supported for an item of a list")]
    MergeDirectiveInList,
    /// `$setElementOrder` or `$deleteFromPrimitiveList` does not name its list.
    #[error("{key:?} does not name a list: write {directive}/<field>")]
    DirectiveWithoutList {
        /// The key in the patch.
        key: String,
        /// The directive.
        directive: &'static str,
    },
    /// The patch sets a field that its `$retainKeys` does not list.
    #[error("the patch sets {field:?}, which its $retainKeys does not list")]
    NotRetained {
        /// The field.
        field: String,
    },
    /// The items of the patch are not in its `$setElementOrder` list in the same order.
    #[error("the items of the patch do not follow its $setElementOrder list")]
    OrderMismatch,
    /// An item lacks the merge key.
    #[error("an item has no {key:?}, the key by which this list is merged")]
    NoMergeKey {
        /// The merge key.
        key: &'static str,
    },
    /// The list has objects, but the API does not declare a merge key.
    #[error("items of this list cannot be merged: the Kubernetes API names no merge key for it")]
    NoMergeKeyDeclared,
    /// The two lists have items of more than one type.
    #[error("the items of the lists are of different types")]
    MixedItems,
    /// An item is a list.
    #[error("an item is a list, and lists of lists cannot be merged")]
    NestedLists,
    /// An item is null.
    #[error("an item is null")]
    NullItem,
    /// An order for lists without items.
    #[error("there is no item to put in order")]
    NoItems,
    /// Items would have to be compared by an object or a list.
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
