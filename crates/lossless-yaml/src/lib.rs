#![doc = include_str!("../README.md")]

mod comments;
mod duplicates;
mod edit;
mod error;
mod lines;
mod list;
mod literal;
mod parse;
mod parts;
mod patch;
mod path;
mod quoted;
mod repetition;
mod resolve;
mod simple;
mod source_map;
mod split;
mod syntax;
mod text;
mod tree;

pub use edit::{Draft, Edited, Habits, Hints, Manner, Note};
pub use error::{Place, YamlError, YamlErrorKind};
pub use lines::{ListItem, list_items, values_in_column};
pub use list::{Excerpt, ListPart, ListParts, ListScanner, Scanned, frame_text};
pub use parse::{MAX_DEPTH, MAX_DOCUMENT};
pub use patch::Patch;
pub use path::{Path, Step};
pub use resolve::{Scalar, same};
pub use simple::top_level_entries;
pub use split::{Chunk, split};
pub use tree::{Entries, NodeId, NodeKind, Tree};
