//! Lossless YAML: reads documents into trees of spans, reads scalars as Kubernetes does, and turns edits of the data
//! into edits of bytes. Knows nothing of Kubernetes' objects.

mod duplicates;
mod edit;
mod error;
mod parse;
mod plain;
mod quoted;
mod repetition;
mod resolve;
mod skim;
mod split;
mod syntax;
mod text;
mod tree;

pub use edit::{Draft, Edited, Hints, Note, Step, path_text};
pub use error::{Place, YamlError, YamlErrorKind};
pub use parse::{MAX_DEPTH, MAX_DOCUMENT};
pub use resolve::{Scalar, same};
pub use skim::skim;
pub use split::{Chunk, split};
pub use tree::{Entries, NodeId, NodeKind, Tree};
