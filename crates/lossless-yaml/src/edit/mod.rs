//! Edits of a document: named operations on its data, written back as edits of bytes.
//!
//! 1. A [`Draft`] ([`draft`]) takes operations. Each follows a path ([`descend`]) and opens the nodes on it ([`nodes`]);
//!    it adds and removes entries ([`entries`]) or puts data in the place of other data ([`assign`]), and settles how new
//!    text will look ([`style`], [`look`]). [`update`] turns "this data became that data" into operations.
//! 2. When all operations are made, [`prune`] removes what they emptied, and [`anchors`] decides what becomes of aliases.
//! 3. [`emit`] turns what was opened into byte ranges and new text. Everything else keeps its bytes.
//! 4. [`verify`] reads the result again.
//!
//! Where new text goes and how it looks are the rules of docs/explanation/edits.md.

mod anchors;
mod assign;
mod descend;
mod draft;
mod emit;
mod entries;
mod layout;
mod look;
mod nodes;
mod prune;
mod scalar;
mod style;
mod update;
mod verify;

pub use draft::{Draft, Edited, Note};
pub use style::{Habits, Manner};
pub use update::Hints;
